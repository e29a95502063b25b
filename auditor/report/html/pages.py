"""The HTML pages of the report, by their path below ``report/``. Pure: models in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.audit.assessors.traces import build_accept_trace_command, build_open_incident_command
from auditor.audit.controls import Catalogue
from auditor.models import Finding, Lang, Model, Run, Subject
from auditor.models.exceptions.record import ExceptionState
from auditor.report.html import chart
from auditor.report.html.addresses import (
    get_control_page_path,
    get_framework_page_path,
    get_host_page_path,
    get_site_page_path,
    map_subject_pages,
)
from auditor.report.html.brief import list_decisions
from auditor.report.html.pagination import ListPage, split_list_into_pages
from auditor.report.html.renderer import Renderer, is_urgent
from auditor.results import containment, exceptions, hunts, intrusions, traces
from auditor.results.by_clause import FrameworkResult, assess_frameworks, list_cited_frameworks
from auditor.results.by_control import (
    ControlResult,
    build_control_results,
    group_findings_not_open_by_bucket,
    list_work,
    list_work_items_worst_first,
)
from auditor.results.by_reason import list_unevaluated_hosts
from auditor.results.compare import RunComparison, build_matrix, compare_runs, compare_subjects, count_unshared_hosts
from auditor.results.hunts import HostTraces
from auditor.results.summary import (
    FOR_AN_INCIDENT,
    POSTURES,
    FleetSummary,
    HostSummary,
    SiteSummary,
    sort_by_urgency,
    summarize_run,
)
from auditor.results.traces import SiteTraces, group_items_unique_to_each_site
from auditor.results.trend import TrendPoint, select_last_trend_point_of_each_month, select_trend_points_until_run
from auditor.text.rules import describe_trace_rules
from auditor.text.translations import Words

MAX_TRACES = 50
"""Traces of one site that its page shows."""


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A page that every page leads to."""

    name: str
    path: str


class SiteChange(Model):
    """A site's open findings before and after, with the bars' lengths out of 100."""

    site: SiteSummary
    comparison: RunComparison
    before_bar: float
    after_bar: float


@dataclass(frozen=True)
class _ReportSource:
    """What the pages of a report are made from."""

    run: Run
    catalogue: Catalogue
    summary: FleetSummary
    trend: Sequence[TrendPoint]
    words: Words
    renderer: Renderer


def iter_html_report_pages(
    run: Run,
    catalogue: Catalogue,
    lang: Lang,
    before: Run | None = None,
    trend: Sequence[TrendPoint] = (),
) -> Iterator[tuple[str, str]]:
    """Yield every page: its path below ``report/`` and its text. ``trend`` is oldest first."""
    words = Words(lang)
    summary = summarize_run(run)
    earlier = summarize_run(before) if before else None
    site_changes = _list_changes_of_sites_in_both_runs(summary, earlier) if earlier else ()
    where = map_subject_pages(summary)
    points = select_trend_points_until_run(trend, run)
    controls = build_control_results(run.findings, catalogue)
    unevaluated_hosts = list_unevaluated_hosts(summary, lang)
    comparison = compare_runs(before, run) if before else None
    site_lists = split_list_into_pages(summary.sites, "index.html", "sites")
    host_lists = split_list_into_pages(summary.hosts, "index.html", "hosts")
    has_page = {
        "overview": True,
        "controls": bool(controls),
        "frameworks": bool(run.hosts and list_cited_frameworks(catalogue)),
        "changes": comparison is not None,
        "unevaluated": bool(unevaluated_hosts),
        "only_here": bool(run.only_here),
    }
    renderer = Renderer(
        lang,
        catalogue,
        {
            "run": run,
            "summary": summary,
            "before": before,
            "trend": points,
            "where": where,
            "entries": _list_navigation_entries(has_page),
            "comparison": comparison,
            "matrix": build_matrix(comparison) if comparison else None,
        },
    )

    to_do = list_work(run, catalogue)
    active_intrusions = intrusions.find_intrusions(run)
    waiver_uses = exceptions.list_waiver_uses_of_run_by_validity(run)
    yield renderer.render_page_from_template(
        "fleet.html.j2",
        "index.html",
        "overview",
        headline=write_headline_for_office_chair(summary, words),
        work=to_do,
        decisions=list_decisions(
            to_do, run, exceptions.count_exceptions_expiring_soon(waiver_uses), active_intrusions, run.incidents or ()
        ),
        intruded=active_intrusions,
        incidents=run.incidents or (),
        left_out=_list_known_sites_missing_from_run(run, points[-1]),
        exceptions=[_ExceptionView(state, run, catalogue, words) for state in exceptions.list_exceptions_of_run(run)],
        site_list=site_lists[0],
        host_list=host_lists[0],
        content=_list_findings_shared_by_sites_or_hosts(run, catalogue, words),
        contained=containment.format_containment_lines(run.contained, words),
        lost_hosts=[host for host in summary.hosts if not host.is_reached or host.outcome.area_errors],
        months=select_last_trend_point_of_each_month(points),
        site_changes=site_changes,
    )
    yield from _iter_further_list_pages(site_lists, host_lists, renderer)
    if len(site_lists) > 1:
        yield renderer.render_page_from_template(
            "names.html.j2", "names.html", sites=sorted(summary.sites, key=lambda site: site.domain)
        )
    if before:
        left_out = count_unshared_hosts(before, run)
        yield renderer.render_page_from_template("changes.html.j2", "changes.html", "changes", left_out=left_out)
    if unevaluated_hosts:
        yield renderer.render_page_from_template(
            "unevaluated.html.j2", "unevaluated.html", "unevaluated", lost=unevaluated_hosts
        )
    if run.only_here:
        yield renderer.render_page_from_template(
            "only_here.html.j2", "only_here.html", "only_here", alone=group_items_unique_to_each_site(run)
        )
    yield from _iter_control_pages(controls, renderer)
    yield from _iter_framework_pages(
        assess_frameworks(run, catalogue),
        {place.name: place.path for place in where.values()},
        renderer,
        has_overview=has_page["frameworks"],
    )
    comparisons = {change.site.subject: change.comparison for change in site_changes}
    if earlier:
        comparisons |= {host.subject: change for host, change in compare_subjects(earlier.hosts, summary.hosts)}
    source = _ReportSource(run, catalogue, summary, points, words, renderer)
    yield from _iter_host_and_site_pages(source, comparisons)


def _list_navigation_entries(has_page: Mapping[str, bool]) -> tuple[NavigationEntry, ...]:
    return tuple(
        NavigationEntry(name, "index.html" if name == "overview" else f"{name}.html")
        for name, there in has_page.items()
        if there
    )


def _iter_further_list_pages(
    site_lists: Sequence[ListPage[SiteSummary]], host_lists: Sequence[ListPage[HostSummary]], renderer: Renderer
) -> Iterator[tuple[str, str]]:
    """Yield the pages of lists that are too long for the first page."""
    for kind, sheets in (("sites", site_lists[1:]), ("hosts", host_lists[1:])):
        for sheet in sheets:
            yield renderer.render_page_from_template("list.html.j2", sheet.path, kind=kind, sheet=sheet)


def _iter_control_pages(controls: Sequence[ControlResult], renderer: Renderer) -> Iterator[tuple[str, str]]:
    if controls:
        yield renderer.render_page_from_template("controls.html.j2", "controls.html", "controls", controls=controls)
    for result in controls:
        yield renderer.render_page_from_template(
            "control.html.j2", get_control_page_path(result.control.id), result=result
        )


def _iter_framework_pages(
    frameworks: Sequence[FrameworkResult],
    paths_by_name: Mapping[str, str],
    renderer: Renderer,
    *,
    has_overview: bool,
) -> Iterator[tuple[str, str]]:
    if has_overview:
        yield renderer.render_page_from_template(
            "frameworks.html.j2", "frameworks.html", "frameworks", frameworks=frameworks
        )
    for framework_result in frameworks:
        yield renderer.render_page_from_template(
            "framework.html.j2",
            get_framework_page_path(framework_result.framework.id),
            one=framework_result,
            named=paths_by_name,
        )


def _list_known_sites_missing_from_run(run: Run, now: TrendPoint) -> tuple[str, ...]:
    """Return the sites that are declared or known from earlier runs but not in this one.

    Hosts stand for sites where they have none.
    """
    here = {name for host in run.hosts for name in (host.name, *(site.domain for site in host.sites))}
    known_sites = {name: tuple(host.sites) for name, host in now.hosts.items()}
    declared_sites = {omission.host: omission.sites for omission in run.left_out or ()}
    names = (name for host, sites in (known_sites | declared_sites).items() for name in sites or (host,))
    return tuple(sorted({name for name in names if name not in here}))


def _iter_host_and_site_pages(
    source: _ReportSource, comparisons: Mapping[Subject, RunComparison]
) -> Iterator[tuple[str, str]]:
    """Yield the page of every host and of every site on it."""
    run, catalogue, summary = source.run, source.catalogue, source.summary
    trend, words, renderer = source.trend, source.words, source.renderer
    content = {
        site_traces.site_domain: _SiteContentView(site_traces, words)
        for site_traces in traces.list_site_traces(run, catalogue)
    }
    hunt_views = {
        host_traces.hunt.host: _HuntView(host_traces, words) for host_traces in hunts.list_host_traces(run, catalogue)
    }
    active_intrusions = intrusions.find_intrusions(run)
    for host in summary.hosts:
        name, sites = host.host.name, summary.sites_by_host.get(host.host.name, ())
        host_open = _OpenFindings(host.findings, name, renderer)
        on_host = tuple(intrusion for intrusion in active_intrusions if intrusion.subject == host.subject)
        to_do = list_work_items_worst_first(host_open.findings, [host.host], catalogue)
        yield renderer.render_page_from_template(
            "subject.html.j2",
            get_host_page_path(name),
            host=host,
            site=None,
            served=sites,
            comparison=comparisons.get(host.subject),
            past=[(point.started, point.hosts[name].own) for point in trend if name in point.hosts],
            todo=host_open.findings,
            decisions=list_decisions(to_do, run, 0, on_host, host.incidents),
            intruded=on_host,
            incidents=host.incidents,
            traces_told=host_open.traces_told,
            own_open=host_open.findings,
            own_told=host_open.told,
            shared_open=(),
            shared_told=(),
            others=group_findings_not_open_by_bucket(host.findings),
            hunted=hunt_views.get(name),
            contained=containment.format_containment_lines(
                (action for action in run.contained if action.host == name), words
            ),
        )
        for site in sites:
            own = _OpenFindings(site.own, site.domain, renderer)
            todo = sort_by_urgency((*own.findings, *host_open.findings))
            on_site = (
                *(site_intrusion for site_intrusion in active_intrusions if site_intrusion.subject == site.subject),
                *on_host,
            )
            yield renderer.render_page_from_template(
                "subject.html.j2",
                get_site_page_path(site.domain),
                host=host,
                site=site,
                served=sites,
                comparison=comparisons.get(site.subject),
                past=[(point.started, point.sites[site.domain]) for point in trend if site.domain in point.sites],
                todo=todo,
                decisions=list_decisions(
                    list_work_items_worst_first(todo, [host.host], catalogue), run, 0, on_site, site.incidents
                ),
                intruded=on_site,
                incidents=site.incidents,
                traces_told=(*own.traces_told, *host_open.traces_told),
                own_open=own.findings,
                own_told=own.told,
                shared_open=host_open.findings,
                shared_told=host_open.told,
                others=group_findings_not_open_by_bucket(site.findings),
                content=content.get(site.domain),
                hunted=None,
                contained=containment.format_containment_lines(
                    containment.select_containments_by_site_and_incidents(run.contained, site.site, site.incidents),
                    words,
                ),
            )


def _list_findings_shared_by_sites_or_hosts(run: Run, catalogue: Catalogue, words: Words) -> tuple[str, ...]:
    """Return what looks say of several sites or hosts together.

    Traces that they share, sites never reviewed, leave that is not used.
    """
    sites = traces.list_site_traces(run, catalogue)
    on_hosts = [
        (
            words(
                "hunts.shared",
                n=len(host_trace.where),
                what=traces.describe_trace_kind(host_trace.trace, words),
            )
            + f": {', '.join(host_trace.where)}"
        )
        for host_trace in hunts.find_alarming_traces_shared_by_hosts(hunts.list_host_traces(run, catalogue))[
            :MAX_TRACES
        ]
    ]
    if not sites:
        return tuple(on_hosts)
    lines = [
        words(
            "reviews.shared",
            n=len(shared_trace.where),
            what=traces.describe_trace_kind(shared_trace.trace, words),
        )
        + f": {', '.join(shared_trace.where)}"
        for shared_trace in traces.find_alarming_traces_on_several_subjects(
            (site_traces.site_domain, site_traces.alarming_traces) for site_traces in sites
        )[:MAX_TRACES]
    ]
    never = traces.list_unreviewed_sites(run)
    if never:
        lines.append(f"{words('reviews.never', n=len(never))}: {', '.join(never)}")
    return (*lines, *on_hosts, *exceptions.describe_unused_or_expiring_authorizations(run, words))


class _ExceptionView:
    """An exception, in words."""

    def __init__(self, state: ExceptionState, run: Run, catalogue: Catalogue, words: Words) -> None:
        self.validity, self.days_left = state.validity, state.days_left
        self.control = state.about if state.about in catalogue.controls_by_id else ""
        self.about = state.about
        self.name = exceptions.format_name_of_exception(state, words)
        self.places = exceptions.format_places_of_exception(state, run.organisation, words)
        self.span = exceptions.format_span_of_exception(state, words)
        self.is_equivalent = "compensating" in state.details and state.is_in_force
        self.use = next((use for use in run.waivers if state.kind == "waiver" and use.waiver.id == state.name), None)
        self.is_in_force = state.is_in_force
        self.terms = tuple(exceptions.iter_labelled_terms_of_exception(state, words))


class _SiteContentView:
    """The last look at a site, in words."""

    def __init__(self, site: SiteTraces, words: Words) -> None:
        review = site.review
        self.seen = traces.describe_time_and_coverage_of_review(review, words)
        self.not_seen = traces.describe_manners_not_seen(review, words)
        self.traces = tuple(
            (
                words(f"certainty.{trace.certainty}"),
                traces.describe_trace_kind(trace, words),
                trace.where,
                words("reviews.places", n=trace.places),
                trace.sample,
                build_open_incident_command(site.site_domain) if trace.certainty != "weak" else "",
                build_accept_trace_command(site.site_domain, trace),
            )
            for trace in (*site.alarming_traces[:MAX_TRACES], *review.weak)
        )
        self.more = max(0, len(site.alarming_traces) - MAX_TRACES)
        self.accepted = tuple(
            traces.describe_acceptance(acceptance.trace, acceptance.by, words) for acceptance in review.accepted
        )


class _HuntView:
    """The last hunt on a host, in words; its alarms are among the findings."""

    def __init__(self, host: HostTraces, words: Words) -> None:
        self.seen = hunts.describe_time_and_coverage_of_hunt(host.hunt, words)
        self.explained = tuple(
            (words(f"explained.{name}"), "–" if count is None else words.format_number(count))
            for name, count in zip(hunts.EXPLAINED, hunts.list_explained_counts(host.hunt), strict=False)
        )
        self.let_in_by = ", ".join(host.let_in_by)
        self.weak = tuple(
            (
                traces.describe_trace_kind(trace, words),
                trace.where,
                describe_trace_rules(trace.rules, words),
                build_accept_trace_command(host.hunt.host, trace),
            )
            for trace in host.hunt.weak
        )
        self.accepted = tuple(
            traces.describe_acceptance(acceptance.trace, acceptance.by, words) for acceptance in host.hunt.accepted
        )


class _OpenFindings:
    """The open findings of a host or site, with their texts there; what intruders did apart."""

    def __init__(self, findings: Iterable[Finding], limit: str, renderer: Renderer) -> None:
        theirs, others = intrusions.split_intrusions(finding for finding in findings if finding.is_open)
        self.findings = sort_by_urgency(others)
        finding = renderer.macros["../"].finding
        self.traces_told = tuple(finding(intruder_finding, limit, True) for intruder_finding in sort_by_urgency(theirs))
        self.told = tuple(finding(open_finding, limit, is_urgent(open_finding)) for open_finding in self.findings)


def write_headline_for_office_chair(summary: FleetSummary, words: Words) -> str:
    """Return what the chair of the office reads first, in one sentence."""
    subjects: Sequence[SiteSummary | HostSummary] = summary.sites or summary.hosts
    of = len(subjects)
    if summary.sites:
        what = words("sites") if of != 1 else words("site")
    else:
        what = words("hosts") if of != 1 else words("host")
    counts = {name: summary.count_sites_or_hosts_in_postures(name) for name in POSTURES}
    if not subjects:
        return words("headline.nothing")
    for name in (*FOR_AN_INCIDENT, "urgent"):
        n = counts[name]
        if n == of == 1:
            return words(f"headline.{name}_only", what=what)
        if n == of:
            return words(f"headline.{name}_all", of=of, what=what)
        if n:
            return words(f"headline.{name}_some", n=n, of=of, what=what)
    if n := counts["unread"]:
        return words("headline.unread_all" if n == of else "headline.unread", what=what)
    if n := counts["open"]:
        return words("headline.open_only", what=what) if of == 1 else words("headline.open", n=n, of=of, what=what)
    if n := counts["unsure"]:
        return words("headline.unsure_only", what=what) if of == 1 else words("headline.unsure", n=n, of=of, what=what)
    return words("headline.clean", of=of, what=what)


def _list_changes_of_sites_in_both_runs(summary: FleetSummary, earlier: FleetSummary) -> tuple[SiteChange, ...]:
    """Return the sites that both runs hold."""
    comparisons = tuple(compare_subjects(earlier.sites, summary.sites))
    top = max((max(c.open_count_before, c.open_count_after) for _, c in comparisons), default=0)
    return tuple(
        SiteChange(
            site=site,
            comparison=comparison,
            before_bar=chart.scale_value_to_bar_length(comparison.open_count_before, top, 100),
            after_bar=chart.scale_value_to_bar_length(comparison.open_count_after, top, 100),
        )
        for site, comparison in comparisons
    )
