"""How hosts and their sites serve at one moment, and whether they still do so later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from auditor.hardening.health import other_endpoints, probes, smoke
from auditor.hardening.health.other_endpoints import OtherEndpoints
from auditor.hardening.health.probes import HostProbes
from auditor.inventory.reach import Reach
from auditor.models import Host, Text
from auditor.models.applications.registry import CMS_KINDS


@dataclass(frozen=True)
class HealthSnapshot:
    """The state of hosts and their sites at one moment."""

    hosts: tuple[Host, ...]
    pages: smoke.Answers
    probes: Mapping[str, HostProbes]
    endpoints: Mapping[str, OtherEndpoints] = field(default_factory=dict)
    """What answers on a host besides its sites, as far as its facts tell."""
    endpoint_responses: Mapping[str, other_endpoints.EndpointResponses] = field(default_factory=dict)


@dataclass(frozen=True)
class HealthBaseline:
    """The state of hosts before: the measure of their state after."""

    first: HealthSnapshot
    second: HealthSnapshot
    pages: smoke.SmokeBaseline
    by_wish: frozenset[str] = frozenset()
    """Domains of the sites whose answers are told, and never judged."""

    @property
    def domains_that_served_nothing(self) -> tuple[str, ...]:
        """Return sites that served nothing, and are not judged."""
        return smoke.find_domains_that_serve_no_smoke_url(self.first.pages)

    @property
    def sentences_on_what_is_not_judged(self) -> tuple[Text, ...]:
        """Return what failed or varied by itself, in sentences: nothing later is measured by it."""
        hosts = (
            what.with_prefix(host)
            for host in self.first.probes
            for what in probes.list_probes_that_failed_before(self.get_probes_of_both_looks_at_host(host))
        )
        others = (
            what.with_prefix(host)
            for host, endpoints in self.first.endpoints.items()
            if (responses := self.get_endpoint_responses_of_both_looks(host))
            for what in other_endpoints.list_endpoints_not_comparable(endpoints, responses)
        )
        named_domains = {*self.domains_that_served_nothing, *self.by_wish}
        return (
            *hosts,
            *others,
            *(
                remark.sentence_with_site_and_url
                for remark in self.pages.exclusions_grouped_by_site_and_reason
                if remark.domain not in named_domains
            ),
        )

    def get_probes_of_both_looks_at_host(self, host: str) -> tuple[HostProbes, ...]:
        """Return a host's probes of both looks."""
        return tuple(look.probes[host] for look in (self.first, self.second) if host in look.probes)

    def get_endpoint_responses_of_both_looks(self, host: str) -> tuple[other_endpoints.EndpointResponses, ...]:
        """Return what answered besides a host's sites at both looks."""
        return tuple(
            look.endpoint_responses[host] for look in (self.first, self.second) if host in look.endpoint_responses
        )


@dataclass(frozen=True)
class Regression:
    """Something that a host no longer does as before."""

    what: Text
    areas: frozenset[str]
    """The areas whose controls may have done it."""


_SITE_AREAS = frozenset({"nginx", "apache", "php_fpm", "tls", "web", "mariadb", "filesystem", "firewall", *CMS_KINDS})


_PORT_AREAS = frozenset({"firewall", "services", "kernel", "ssh", "mariadb", "php_fpm", "nginx", "apache"})


def take_snapshot(
    hosts: Sequence[Host],
    reach: Mapping[str, Reach],
    earlier_snapshot: HealthSnapshot | None = None,
    endpoints: Mapping[str, OtherEndpoints] | None = None,
) -> HealthSnapshot:
    """Probe the hosts, visit their sites and ``endpoints`` others, all at once.

    ``earlier_snapshot`` is an earlier look, at the very same URLs and others.
    """
    ca_files = {name: host_reach.ca_file for name, host_reach in reach.items()}
    endpoints = endpoints or (earlier_snapshot.endpoints if earlier_snapshot else {})
    with ThreadPoolExecutor(max_workers=2) as aside:
        probe_future = aside.submit(probes.probe_hosts_over_ssh, hosts, reach)
        others = aside.submit(
            other_endpoints.query_endpoints_besides_sites,
            hosts,
            endpoints,
            earlier_snapshot.endpoint_responses if earlier_snapshot else None,
        )
        pages = smoke.visit_smoke_urls_of_sites(
            hosts, ca_files, again=earlier_snapshot.pages if earlier_snapshot else None
        )
        return HealthSnapshot(tuple(hosts), pages, probe_future.result(), endpoints, others.result())


def learn_health_baseline_from_two_snapshots(
    first: HealthSnapshot, second: HealthSnapshot, by_wish: frozenset[str] = frozenset()
) -> HealthBaseline:
    """Return what to expect of hosts that were looked at twice.

    ``by_wish`` are domains of sites that are not to be judged.
    """
    return HealthBaseline(first, second, smoke.learn_smoke_baseline_from_two_visits(first.pages, second.pages), by_wish)


def find_regressions_since_health_baseline(
    baseline: HealthBaseline, now: HealthSnapshot, *, logs: bool = True
) -> dict[str, tuple[Regression, ...]]:
    """Return what the hosts of a later look no longer do as before; a host without any is not in it.

    Not ``logs``: what they say by now may be over.
    """
    regressions: dict[str, tuple[Regression, ...]] = {}
    for host in now.hosts:
        pages = baseline.pages.select_baseline_of_domains({site.domain for site in host.sites} - baseline.by_wish)
        failed_probes = probes.find_probes_that_newly_fail(
            baseline.get_probes_of_both_looks_at_host(host.name), now.probes[host.name]
        )
        faults = [probe for probe in failed_probes if not probes.is_failed_probe_of_log(probe)]
        log_faults = (
            [probe for probe in failed_probes if probes.is_failed_probe_of_log(probe)]
            if logs and not baseline.by_wish
            else []
        )
        failures = (
            *(Regression(fault.what, fault.areas) for fault in faults),
            *(
                Regression(remark.sentence_with_site_and_url, _SITE_AREAS)
                for remark in smoke.find_urls_unlike_smoke_baseline(pages, now.pages)
            ),
            *_find_endpoint_regressions(baseline, now, host),
            *(Regression(log_fault.what, log_fault.areas) for log_fault in log_faults),
        )
        if failures:
            regressions[host.name] = failures
    return regressions


def _find_endpoint_regressions(baseline: HealthBaseline, now: HealthSnapshot, host: Host) -> tuple[Regression, ...]:
    responses, endpoints = (
        baseline.get_endpoint_responses_of_both_looks(host.name),
        baseline.first.endpoints.get(host.name),
    )
    if endpoints is None or not responses or host.name not in now.endpoint_responses:
        return ()
    by_wish = {name for site in host.sites if site.domain in baseline.by_wish for name in (site.domain, *site.aliases)}
    faults = other_endpoints.find_endpoints_worse_than_before(
        endpoints, responses, now.endpoint_responses[host.name], by_wish
    )
    return tuple(Regression(what, _SITE_AREAS if is_site else _PORT_AREAS) for what, is_site in faults)


def describe_unjudged_changes(baseline: HealthBaseline, now: HealthSnapshot) -> tuple[Text, ...]:
    """Return what is new and not judged: sites' answers by wish, and what logs say that is not a fault for certain."""
    log_texts = (
        what.with_prefix(host)
        for host, host_probes in now.probes.items()
        for what in probes.describe_new_log_lines_not_judged(
            baseline.get_probes_of_both_looks_at_host(host), host_probes
        )
    )
    pages = smoke.find_urls_unlike_smoke_baseline(
        baseline.pages.select_baseline_of_domains(baseline.by_wish), now.pages
    )
    return (*(remark.sentence_with_site_and_url for remark in pages), *log_texts)
