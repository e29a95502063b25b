"""What a month comes to for one office: its units, sites and hosts, each finding counted once. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from auditor.audit.controls import Catalogue
from auditor.audit.exceptions import list_hosts_or_sites_in_scope
from auditor.inventory import offices as units
from auditor.models import Bucket, Finding, Host, Model, Organisation, Run, Severity, Site, Text, Unit, WaiverUse
from auditor.models.exceptions.record import ExceptionState
from auditor.results.by_control import iter_work_items
from auditor.results.compare import RunComparison, compare_runs
from auditor.results.month_work import HardeningAudits, MonthWork, build_month_work
from auditor.results.summary import FindingCounts, FleetSummary, SiteSummary, summarize_run
from auditor.system.groups import group_by
from auditor.text.sanitize import escape_text_to_one_line

MAX_NAME = 200
"""Characters of an office's name."""


class Requirement(Model):
    """One control with its findings of one kind: one line of an annex."""

    id: str
    title: Text = Field(description="what is wrong where the findings are open, else what is required")
    severity: Severity
    references: Mapping[str, object]
    is_automated: bool
    of_host: bool
    hosts: tuple[str, ...]
    domains: tuple[str, ...]
    levels: frozenset[int]
    findings: tuple[Finding, ...]


class OfficeMonthFigures(Model):
    """The office's month.

    ``change`` is since the last month before that has a run, ``work`` since the first run of the month.
    """

    unit: Unit
    units: tuple[Unit, ...]
    organisation: Organisation
    run: Run
    summary: FleetSummary
    findings: tuple[Finding, ...]
    counts: FindingCounts
    unaudited_sites: tuple[Site, ...] = Field(
        description="its sites without figures: not audited, or audited before a unit was declared for them"
    )
    homeless: tuple[Site, ...] = Field(description="sites of the run that no office has, to this day")
    change: RunComparison | None
    work: MonthWork | None
    incomparable: tuple[str, ...]

    def owner(self, site: SiteSummary) -> Unit:
        """Return the office that answers for a site today."""
        return units.resolve_successor(self.organisation, site.unit) if site.unit else self.unit

    @cached_property
    def owners(self) -> tuple[tuple[Unit, tuple[SiteSummary, ...]], ...]:
        """Return the sites of each office, offices in the order of the organisation's file."""
        sites_by_unit = group_by(self.summary.sites, lambda site: self.owner(site).id)
        return tuple((unit, sites_by_unit[unit.id]) for unit in self.organisation.units if unit.id in sites_by_unit)

    @cached_property
    def finding_count_by_bucket(self) -> Mapping[Bucket, int]:
        """Return how many findings are counted where."""
        return Counter(finding.bucket for finding in self.findings)

    @property
    def equivalent(self) -> int:
        """Return findings under a waiver with a compensating measure."""
        return sum(
            finding.bucket == "waived" and finding.waiver is not None and finding.waiver.compensating is not None
            for finding in self.findings
        )

    @property
    def unread(self) -> tuple[SiteSummary, ...]:
        """Return sites on hosts that could not be read."""
        return tuple(site for site in self.summary.sites if not site.host.is_reached)

    @cached_property
    def foreign(self) -> tuple[tuple[Unit, tuple[Finding, ...]], ...]:
        """Open findings of hosts that serve these sites but are run by an office outside."""
        mine = {unit.id for unit in self.units}
        of_unit: dict[str, list[Finding]] = defaultdict(list)
        for host in self.summary.hosts:
            if host.unit is not None and host.unit.id not in mine:
                of_unit[units.resolve_successor(self.organisation, host.unit).id] += [
                    finding for finding in host.findings if finding.is_open
                ]
        unit_pairs = (
            (self.organisation.find_unit_by_id(unit_id), tuple(findings)) for unit_id, findings in of_unit.items()
        )
        return tuple((unit, findings) for unit, findings in unit_pairs if unit is not None and findings)


@dataclass(frozen=True)
class MonthRuns:
    """The states that a month is judged by."""

    run: Run
    before: Run | None = None
    """The state of an earlier month."""
    first: Run | None = None
    """That with which this month began, None where ``run`` is the month's only one."""
    hardenings: Iterable[HardeningAudits] = ()
    """Those since, oldest first."""


def compute_office_month_figures(
    organisation: Organisation, unit: Unit, hosts: Iterable[Host], runs: MonthRuns
) -> OfficeMonthFigures:
    """Count for ``unit`` and the units below it. ``hosts`` are those of the inventory as it is now."""
    run = runs.run
    organisation = _make_organisation_presentable(organisation)
    unit = organisation.find_unit_by_id(unit.id) or unit
    scope = units.list_units_within_unit(organisation, unit)
    ids = frozenset(scope_unit.id for scope_unit in scope)
    mine = _narrow_run_to_units(run, ids, organisation)
    earlier = _narrow_run_to_units(runs.before, ids, organisation) if runs.before else None
    month_start = _narrow_run_to_units(runs.first, ids, organisation) if runs.first else None
    summary = summarize_run(mine)
    known_units = {known_unit.id for known_unit in organisation.units}
    audited_sites, declared_sites = _pair_sites_with_units(run.hosts), _pair_sites_with_units(hosts)
    owned_domains, of_somebody = (
        {site.domain for site, unit_id in pairs if unit_id in known_units} for pairs in (audited_sites, declared_sites)
    )
    comparable = _list_names_of_reached_hosts(earlier) & _list_names_of_reached_hosts(mine) if earlier else set()
    return OfficeMonthFigures(
        unit=unit,
        units=scope,
        organisation=organisation,
        run=mine,
        summary=summary,
        findings=mine.findings,
        counts=summary.totals,
        unaudited_sites=tuple(
            site for site, unit_id in declared_sites if unit_id in ids and site.domain not in owned_domains
        ),
        homeless=tuple(
            site for site, unit_id in audited_sites if unit_id not in known_units and site.domain not in of_somebody
        ),
        change=compare_runs(earlier, mine, comparable) if earlier and comparable else None,
        work=_build_work_since_month_start(month_start, mine, runs.hardenings) if month_start else None,
        incomparable=_list_domains_of_other_hosts(mine.hosts, comparable) if earlier else (),
    )


def _list_domains_of_other_hosts(hosts: Iterable[Host], names: Container[str]) -> tuple[str, ...]:
    return tuple(site.domain for host in hosts if host.name not in names for site in host.sites)


def _build_work_since_month_start(month_start: Run, run: Run, hardenings: Iterable[HardeningAudits]) -> MonthWork:
    in_both = _list_names_of_reached_hosts(month_start) & _list_names_of_reached_hosts(run)
    return build_month_work(month_start, run, hardenings, frozenset(in_both))


def _pair_sites_with_units(hosts: Iterable[Host]) -> list[tuple[Site, str | None]]:
    """Return each site with the unit that answers for it: its own, else its host's."""
    return [(site, site.unit or host.unit) for host in hosts for site in host.sites]


def _make_organisation_presentable(organisation: Organisation) -> Organisation:
    """Return the offices with people's texts about them made fit to be shown.

    Each is one line, bounded, with nothing invisible.
    """
    return Organisation(
        name=organisation.name,
        regime=organisation.regime,
        deadline_days=organisation.deadline_days,
        units=tuple(_make_unit_presentable(unit) for unit in organisation.units),
    )


def _make_unit_presentable(unit: Unit) -> Unit:
    texts = {field: getattr(unit, field) for field in ("name", "former_name", "place", "abbreviation", "drafter")}
    presentable_texts = {
        field: escape_text_to_one_line(text, MAX_NAME) for field, text in texts.items() if text is not None
    }
    return unit.model_copy(
        update={**presentable_texts, "signing": tuple(escape_text_to_one_line(line, MAX_NAME) for line in unit.signing)}
    )


def _narrow_run_to_units(run: Run, units: frozenset[str], organisation: Organisation) -> Run:
    """Return the sites of ``units`` with the hosts that serve them, and the hosts that ``units`` run."""
    hosts = []
    for host in run.hosts:
        sites = tuple(site for site in host.sites if (site.unit or host.unit) in units)
        if sites or host.unit in units:
            hosts.append(host.model_copy(update={"sites": sites}))
    names = {host.name for host in hosts}
    domains = {site.domain for host in hosts for site in host.sites}
    return run.model_copy(
        update={
            "organisation": organisation,
            "hosts": tuple(hosts),
            "reviews": tuple(review for review in run.reviews if review.site in domains),
            "incidents": tuple(
                incident for incident in run.incidents if incident.is_about_any_subject(*names, *domains)
            )
            if run.incidents is not None
            else None,
            "outcomes": tuple(outcome for outcome in run.outcomes if outcome.host in names),
            "findings": tuple(finding for finding in run.findings if _is_finding_about_any(finding, names, domains)),
        }
    )


def _is_finding_about_any(finding: Finding, hosts: Container[str], domains: Container[str]) -> bool:
    return finding.host in hosts and (finding.subject.kind == "host" or finding.subject.id in domains)


def _list_names_of_reached_hosts(run: Run) -> set[str]:
    return {outcome.host for outcome in run.outcomes if outcome.reached}


def build_requirements_from_findings_in_buckets(
    run: Run, catalogue: Catalogue, *buckets: Bucket
) -> tuple[Requirement, ...]:
    """Return the findings in ``buckets`` by control, worst first, then what touches most sites.

    A control that the catalogue no longer has goes by its id.
    """
    findings = [finding for finding in run.findings if finding.bucket in buckets]
    levels = {site.domain: site.level for host in run.hosts for site in host.sites}
    unsorted_requirements = [
        Requirement(
            id=item.control.id,
            title=item.control.get_problem_or_title_for_bucket(item.findings[0].bucket),
            severity=item.severity,
            references=item.control.references,
            is_automated=item.is_automated,
            of_host=item.findings[0].subject.kind == "host",
            hosts=item.hosts,
            domains=tuple(sorted(item.domains)),
            levels=frozenset(levels[domain] for domain in item.domains),
            findings=item.findings,
        )
        for item in iter_work_items(findings, run.hosts, catalogue.add_retired_controls_of_findings(findings))
    ]
    return tuple(
        sorted(
            unsorted_requirements,
            key=lambda requirement: (
                -requirement.severity.rank,
                -len(requirement.domains),
                -len(requirement.hosts),
                requirement.id,
            ),
        )
    )


def group_open_requirements_by_office(
    figures: OfficeMonthFigures, catalogue: Catalogue
) -> Iterable[tuple[Unit, tuple[Requirement, ...]]]:
    """Yield what is open by the office that has to mend it, offices in the order of the organisation's file.

    A site's findings are its office's; a host's those of the office that runs it, else of all whose sites it serves.
    """
    of_site = {site.domain: unit.id for unit, sites in figures.owners for site in sites}
    of_host = {
        host.host.name: {units.resolve_successor(figures.organisation, host.unit).id}
        if host.unit is not None
        else {of_site[site.domain] for site in host.host.sites}
        for host in figures.summary.hosts
    }
    of_unit: dict[str, list[Finding]] = defaultdict(list)
    for finding in figures.findings:
        if finding.is_open:
            of = of_host[finding.host] if finding.subject.kind == "host" else {of_site[finding.subject.id]}
            for unit_id in of:
                of_unit[unit_id].append(finding)
    for unit in figures.organisation.units:
        if unit.id in of_unit:
            run = figures.run.model_copy(update={"findings": tuple(of_unit[unit.id])})
            yield unit, build_requirements_from_findings_in_buckets(run, catalogue, "fail", "partial")


def list_other_exceptions_in_force_with_touched_sites(
    figures: OfficeMonthFigures,
) -> tuple[tuple[ExceptionState, tuple[str, ...]], ...]:
    """Return the exceptions but waivers that hold for these hosts and sites, with the sites that they touch.

    First to expire first.
    """
    domains_by_host = {host.name: tuple(site.domain for site in host.sites) for host in figures.run.hosts}
    domains = {domain for host_domains in domains_by_host.values() for domain in host_domains}
    touched = []
    for state in figures.run.exceptions or ():
        if state.kind == "waiver" or not state.is_in_force:
            continue
        covered = [name for name in state.covers if name in domains or name in domains_by_host]
        if covered or not state.places:
            names = (domain for name in covered for domain in domains_by_host.get(name, (name,)))
            touched.append((state, tuple(dict.fromkeys(names))))
    return tuple(touched)


def list_waivers_with_touched_sites(
    figures: OfficeMonthFigures, catalogue: Catalogue
) -> tuple[tuple[WaiverUse, tuple[str, ...]], ...]:
    """Return the waivers that hold, or held, for these hosts and sites, with the sites that they touch.

    First to expire first.
    """
    hosts = figures.run.hosts
    domains_by_host = {host.name: [site.domain for site in host.sites] for host in hosts}
    uses = []
    for use in figures.run.waivers:
        control = catalogue.controls_by_id.get(use.waiver.control)
        kind = control.subject if control else "site"
        subjects = list_hosts_or_sites_in_scope(use.waiver.scope, kind, figures.organisation, hosts)
        if subjects:
            domains = (domain for subject in subjects for domain in domains_by_host.get(subject.id, [subject.id]))
            uses.append((use, tuple(dict.fromkeys(domains))))
    return tuple(sorted(uses, key=lambda entry: (entry[0].waiver.expires, entry[0].waiver.id)))
