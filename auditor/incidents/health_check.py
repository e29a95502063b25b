"""Things are contained or cleaned with a visit to the host's sites before and after.

A site serves when every URL that served before does, but for those that were to be shut. One that does not gets back
what it lives by, one thing after the other until it serves: that seems to have looked like the intruder's. Its own
things come first, then those that are no site's, and never another site's. What came back in vain is contained again:
whoever has a site in hand has it break when something is missing. What only shuts somebody out stays, and is named.

Others may be at work on the same host: before a site is said to fall, the ledgers are read again, and a site that
somebody has shut meanwhile tells nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from auditor.errors import InputError
from auditor.hardening.health import smoke
from auditor.history.concurrent_actions import ActionsOfOthersOnHost
from auditor.incidents.actions.registry import ACTION_KINDS, CONTAINMENT_KINDS
from auditor.incidents.case import ResponseAction
from auditor.incidents.containment import ActionRequest, Responder
from auditor.models import Host, Site
from auditor.models.incidents import ActiveContainment, ContainedEvent, LiftedEvent
from auditor.text import paths

PAUSES = (1, 2, 4)
"""Seconds before each further look at a site that fails.

A daemon may have been told to reload, perhaps on a busy machine.
"""
OPCACHE_SECONDS = 3
"""For which PHP goes on with what it has read, as it comes, where it cannot be told to forget that."""


@dataclass(frozen=True)
class SiteOutage:
    """A site that serves no more since something was done."""

    incident: str
    domain: str
    failures: tuple[smoke.SiteRegression, ...]
    """The URLs that no longer serve."""
    lift_events: tuple[LiftedEvent, ...]
    """What was put back for it."""
    persisting_failures: tuple[smoke.SiteRegression, ...]
    """The URLs that do not serve after that, either."""
    remaining_numbers: tuple[int, ...]
    """The actions that stay in force, by their numbers, where it does not serve with them."""
    others: tuple[str, ...] = ()
    """What others contained or released on its host meanwhile: it may have fallen by that."""
    shut: tuple[str, ...] = ()
    """What others keep visitors from it by, since something was put back: nothing tells whether it serves."""


@dataclass(frozen=True)
class UncheckedSites:
    """Sites that served nothing before, or that others keep from visitors.

    Nothing tells whether they live by what was done.
    """

    domains: tuple[str, ...]
    shut: tuple[str, ...] = ()
    """By what others keep visitors from them; none: by nothing that is known."""


@dataclass(frozen=True)
class ServingSites:
    """All sites of a host that served before and were not to be shut serve after what was done.

    How many, at how many URLs.
    """

    sites: int
    urls: int


def check_sites_and_undo_actions_breaking_them[Other](
    responder: Responder, host: Host, events: Iterable[ContainedEvent | Other], ca_file: str | None
) -> Iterator[ContainedEvent | Other | SiteOutage | UncheckedSites | ServingSites]:
    """Yield what is done on a host, each as it is done, then how its sites fare.

    The sites that fell come first, then those that could not be judged; if there is neither, that all serve.

    For what the sites answer that the command names in ``unjudged_sites``, nothing is put back.
    """
    visits = _HostSiteVisits(host, ca_file, responder.watch_actions_of_others_on_host(host.name))
    active_actions: list[ResponseAction] = []
    for event in events:
        yield event
        if isinstance(event, ContainedEvent) and event.state != "refused":
            active_actions.append(ResponseAction(event.number, host.name, event.means, event.what, event.state))
    if not active_actions or not host.sites or any(action.means == "isolation" for action in active_actions):
        return
    _let_new_code_come_into_force(responder, host, active_actions)
    fell = visits.find_lasting_failures_per_site(active_actions)
    for domain, failures in fell.items():
        attempt = _SiteRollback(responder, host, visits, domain, active_actions)
        if domain in responder.unjudged_sites or not (candidates := attempt.list_actions_site_may_live_by()):
            remaining_numbers = tuple(action.number for action in active_actions)
            yield SiteOutage(
                responder.incident,
                domain,
                failures,
                (),
                (),
                remaining_numbers,
                visits.list_actions_of_others_meanwhile(),
            )
        else:
            yield from attempt.put_back_until_site_serves(candidates, failures)
            active_actions = attempt.done
    unseen = {
        **{
            domain: visits.list_earlier_closures_of_site_by_others(domain)
            for domain in visits.broken
            if not _is_site_closed_by_actions(host, domain, active_actions)
        },
        **visits.shut,
    }
    for shut in dict.fromkeys(unseen.values()):
        yield UncheckedSites(tuple(domain for domain, names in unseen.items() if names == shut), shut)
    if not fell and not unseen and (url_counts := visits.count_still_serving_urls_per_site()):
        yield ServingSites(len(url_counts), sum(url_counts.values()))


def _let_new_code_come_into_force(responder: Responder, host: Host, actions: Iterable[ResponseAction]) -> None:
    """Wait for PHP to read its files again, where an action changed code and PHP cannot be told to."""
    changes_code = any(ACTION_KINDS[action.means].needs_code_reset for action in actions)
    if changes_code and not responder.reset_php_code_cache_on_host(host.name):
        time.sleep(OPCACHE_SECONDS)


class _SiteRollback:
    """Things are put back on a host until a site of it serves again."""

    def __init__(
        self,
        command: Responder,
        host: Host,
        visits: _HostSiteVisits,
        domain: str,
        active_actions: Sequence[ResponseAction],
    ) -> None:
        self._command, self._host, self._visits, self._domain = command, host, visits, domain
        self._site = _get_site(host, domain)
        self.done = list(active_actions)
        """What is in force."""
        self._released: list[LiftedEvent] = []

    def list_actions_site_may_live_by(self) -> list[ResponseAction]:
        """Return what the site may live by, in the order in which it is put back.

        The last one first, as it may rest on those before it.
        """
        risky_actions = [action for action in reversed(self.done) if ACTION_KINDS[action.means].may_break_site]
        others = [site for site in self._host.sites if site is not self._site]
        own = [action for action in risky_actions if _concerns_only_site(self._site, action)]
        nobodys = [
            action
            for action in risky_actions
            if not any(_concerns_only_site(site, action) for site in (self._site, *others))
        ]
        return [*own, *nobodys]

    def put_back_until_site_serves(
        self, candidates: Sequence[ResponseAction], failures: tuple[smoke.SiteRegression, ...]
    ) -> Iterator[ContainedEvent | SiteOutage]:
        """Put back what the site lives by, and tell what that came to."""
        lifted_actions: list[ResponseAction] = []
        persisting_failures = failures
        for action in candidates:
            self._release_and_record_action(action)
            lifted_actions.append(action)
            persisting_failures = self._find_failures_of_site(PAUSES if action is candidates[-1] else PAUSES[:1])
            if not persisting_failures:
                break
        shut = self._visits.shut.pop(self._domain, ())
        serves = not persisting_failures and not shut
        for action in lifted_actions[:-1] if serves else lifted_actions:
            yield from self._contain_again_unless_site_breaks(action, check=serves)
        remaining_numbers = tuple(action.number for action in self.done) if not serves else ()
        others = self._visits.list_actions_of_others_meanwhile()
        yield SiteOutage(
            self._command.incident,
            self._domain,
            failures,
            tuple(self._released),
            persisting_failures,
            remaining_numbers,
            others,
            shut,
        )

    def _release_and_record_action(self, action: ResponseAction) -> None:
        self._released.append(self._command.release(action))
        self.done.remove(action)

    def _contain_again_unless_site_breaks(self, action: ResponseAction, *, check: bool) -> Iterator[ContainedEvent]:
        """Contain again what was put back; when the site misses it, it is put back after all.

        What was cleaned stays undone.
        """
        if action.means not in CONTAINMENT_KINDS:
            return
        try:
            containment = self._command.contain(self._host, ActionRequest(action.means, action.what, None))
        except InputError:  # somebody else has begun to
            return
        if containment.state == "refused":
            return
        again = ResponseAction(
            containment.number, self._host.name, containment.means, containment.what, containment.state
        )
        self.done.append(again)
        self._released = [lift_event for lift_event in self._released if lift_event.number != action.number]
        if ACTION_KINDS[containment.means].needs_code_reset:
            self._command.reset_php_code_cache_on_host(self._host.name)
        if check and self._find_failures_of_site(PAUSES[:1]):
            self._release_and_record_action(again)
        else:
            yield containment

    def _find_failures_of_site(self, pauses: Sequence[int]) -> tuple[smoke.SiteRegression, ...]:
        return self._visits.find_lasting_failures_per_site(self.done, pauses).get(self._domain, ())


def _concerns_only_site(site: Site, action: ResponseAction) -> bool:
    """Return whether an action is about what is one site's alone."""
    if action.means in ("file", "cron"):
        root = (site.document_root or "").rstrip("/")
        return bool(root) and paths.percent_decode_path(action.what).startswith(root + "/")
    return action.what.partition("/")[0] in (site.domain, *site.aliases)


class _HostSiteVisits:
    """The answers of a host's sites before something is done, and those that they lack afterwards."""

    def __init__(self, host: Host, ca_file: str | None, others: ActionsOfOthersOnHost) -> None:
        self._host, self._authorities, self._others = host, {host.name: ca_file}, others
        self._stood = others.list_in_force() if host.sites else ()
        self._before = smoke.visit_smoke_urls_of_sites([host], self._authorities) if host.sites else {}
        self.broken = smoke.find_domains_that_serve_no_smoke_url(self._before)
        self.shut: dict[str, tuple[str, ...]] = {}
        """Sites that others keep from visitors since then, by what: what they lost tells nothing."""
        self._gone: dict[str, int] = {}
        """How many URLs of each site no longer served at the last look, also those that were to be shut."""

    def list_actions_of_others_meanwhile(self) -> tuple[str, ...]:
        """Return what others contained or released on the host meanwhile."""
        return self._others.list_since()

    def list_earlier_closures_of_site_by_others(self, domain: str) -> tuple[str, ...]:
        """Return by what others kept visitors from a site as a whole at the beginning."""
        site = _get_site(self._host, domain)
        return tuple(
            earlier_action.id_on_host
            for earlier_action in self._stood
            if _is_action_expected_to_close_url(site, f"http://{domain}/", earlier_action)
        )

    def count_still_serving_urls_per_site(self) -> dict[str, int]:
        """Return how many URLs of each site served at the last look as they did before."""
        url_counts = {
            domain: count - self._gone.get(domain, 0)
            for domain, count in smoke.count_serving_urls_by_domain(self._before).items()
        }
        return {domain: count for domain, count in url_counts.items() if count}

    def find_lasting_failures_per_site(
        self, active_actions: Sequence[ResponseAction], retry_pauses: Sequence[int] = PAUSES
    ) -> dict[str, tuple[smoke.SiteRegression, ...]]:
        """Return the URLs of each site that no longer serve and should, also when the site had its time."""
        failures_by_domain = self._visit_again_and_find_failures(active_actions)
        for pause in retry_pauses:
            if not failures_by_domain:
                break
            time.sleep(pause)
            failures_by_domain = self._visit_again_and_find_failures(active_actions)
        return failures_by_domain

    def _visit_again_and_find_failures(
        self, active_actions: Sequence[ResponseAction]
    ) -> dict[str, tuple[smoke.SiteRegression, ...]]:
        standing_actions = self._others.list_in_force()
        after = smoke.visit_smoke_urls_of_sites([self._host], self._authorities, again=self._before)
        failures_by_domain = {}
        self.shut = {}
        failures_by_site = smoke.find_urls_no_longer_served_by_domain(self._before, after)
        self._gone = {domain: len(urls) for domain, urls in failures_by_site.items()}
        for domain, urls in failures_by_site.items():
            site = _get_site(self._host, domain)
            failures = [
                failure
                for failure in urls
                if not any(_is_action_expected_to_close_url(site, failure.url, action) for action in active_actions)
            ]
            theirs = (*standing_actions, *self._others.list_in_force()) if failures else ()
            by = {
                failure.url: [
                    other.id_on_host for other in theirs if _is_action_expected_to_close_url(site, failure.url, other)
                ]
                for failure in failures
            }
            if unexplained_failures := tuple(failure for failure in failures if not by[failure.url]):
                failures_by_domain[domain] = unexplained_failures
            elif failures:
                self.shut[domain] = tuple(dict.fromkeys(name for names in by.values() for name in names))
        return failures_by_domain


def _is_site_closed_by_actions(host: Host, domain: str, active_actions: Sequence[ResponseAction]) -> bool:
    """Return whether a site as a whole was to be shut."""
    site = _get_site(host, domain)
    return any(
        _is_action_expected_to_close_url(site, f"http://{domain}/", action)
        for action in active_actions
        if action.means == "site"
    )


def _get_site(host: Host, domain: str) -> Site:
    return next(site for site in host.sites if site.domain == domain)


def _is_action_expected_to_close_url(site: Site, url: str, action: ResponseAction | ActiveContainment) -> bool:
    """Return whether an action is there for a URL of a site not to serve.

    Its very file was taken away, its path or the site shut, its host cut off.
    """
    path = b"/" + unquote_to_bytes(urlsplit(url).path).strip(b"/")
    match action.means:
        case "isolation":
            return True
        case "site":
            return action.what in (site.domain, *site.aliases)
        case "path":
            domain, _, what = action.what.partition("/")
            shut = b"/" + unquote_to_bytes(what)
            return domain in (site.domain, *site.aliases) and (path + b"/").startswith(shut + b"/")
        case "file":
            root = (site.document_root or "").rstrip("/").encode()
            return (
                bool(root)
                and path != b"/"
                and root + path == paths.percent_decode_path(action.what).encode("utf-8", "surrogateescape")
            )
    return False
