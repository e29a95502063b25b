"""The HTML pages of the report, by their path below ``report/``. Pure: models in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.audit.controls import Catalogue
from auditor.audit.reviews import accepting, responding
from auditor.models import Finding, Lang, Model, Run, Subject
from auditor.report.html import chart
from auditor.report.html.addresses import control_page, framework_page, host_page, places, site_page
from auditor.report.html.brief import decisions
from auditor.report.html.paging import paged
from auditor.report.html.rendering import Renderer, is_urgent
from auditor.results import contained, hunts, intrusions, papers, traces
from auditor.results.by_clause import by_clause, cited
from auditor.results.by_control import by_control, others, work, worst_first
from auditor.results.by_reason import unevaluated
from auditor.results.compare import Comparison, between, by_subject, hosts_of_one, matrix
from auditor.results.hunts import HostTraces
from auditor.results.summary import (
    FOR_AN_INCIDENT,
    STANDINGS,
    FleetSummary,
    HostSummary,
    SiteSummary,
    by_urgency,
    fleet,
)
from auditor.results.traces import SiteTraces, only_here
from auditor.results.trend import TrendPoint, months, until
from auditor.text.rules import in_words
from auditor.text.words import Words

MAX_TRACES = 50
"""Traces of one site that its page shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that every page leads to."""

    name: str
    path: str


class SiteChange(Model):
    """A site's open findings before and after, with the bars' lengths out of 100."""

    site: SiteSummary
    comparison: Comparison
    before_bar: float
    after_bar: float


def pages(
    run: Run,
    catalogue: Catalogue,
    lang: Lang,
    before: Run | None = None,
    trend: Sequence[TrendPoint] = (),
) -> Iterator[tuple[str, str]]:
    """Every page: its path below ``report/`` and its text. ``trend`` is oldest first."""
    words = Words(lang)
    summary = fleet(run)
    earlier = fleet(before) if before else None
    site_changes = _site_changes(summary, earlier) if earlier else ()
    where = places(summary)
    points = until(trend, run)
    controls = by_control(run.findings, catalogue)
    lost = unevaluated(summary, lang)
    comparison = between(before, run) if before else None
    site_lists = paged(summary.sites, "index.html", "sites")
    host_lists = paged(summary.hosts, "index.html", "hosts")
    told = {
        "overview": True,
        "controls": bool(controls),
        "frameworks": bool(run.hosts and cited(catalogue)),
        "changes": comparison is not None,
        "unevaluated": bool(lost),
        "only_here": bool(run.only_here),
    }
    rendered = Renderer(
        lang,
        catalogue,
        {
            "run": run,
            "summary": summary,
            "before": before,
            "trend": points,
            "where": where,
            "entries": tuple(
                Entry(name, "index.html" if name == "overview" else f"{name}.html")
                for name, there in told.items()
                if there
            ),
            "comparison": comparison,
            "matrix": matrix(comparison) if comparison else None,
        },
    )

    to_do = work(run, catalogue)
    intruded = intrusions.intrusions(run)
    waived = papers.waivers(run)
    yield rendered.page(
        "fleet.html.j2",
        "index.html",
        "overview",
        headline=headline(summary, words),
        work=to_do,
        decisions=decisions(to_do, run, papers.lapsing(waived), intruded, run.incidents or ()),
        intruded=intruded,
        incidents=run.incidents or (),
        left_out=_left_out(run, points[-1]),
        waivers=waived,
        attestations=papers.attestations(run),
        site_list=site_lists[0],
        host_list=host_lists[0],
        content=_content(run, catalogue, words),
        contained=contained.lines(run.contained, words),
        lost_hosts=[host for host in summary.hosts if not host.reached or host.outcome.area_errors],
        months=months(points),
        site_changes=site_changes,
    )
    for kind, sheets in (("sites", site_lists), ("hosts", host_lists)):
        for sheet in sheets[1:]:
            yield rendered.page("list.html.j2", sheet.path, kind=kind, sheet=sheet)
    if len(site_lists) > 1:
        yield rendered.page("names.html.j2", "names.html", sites=sorted(summary.sites, key=lambda site: site.domain))
    if comparison:
        left_out = hosts_of_one(before, run) if before else 0
        yield rendered.page("changes.html.j2", "changes.html", "changes", left_out=left_out)
    if lost:
        yield rendered.page("unevaluated.html.j2", "unevaluated.html", "unevaluated", lost=lost)
    if run.only_here:
        yield rendered.page("only_here.html.j2", "only_here.html", "only_here", alone=only_here(run))
    if controls:
        yield rendered.page("controls.html.j2", "controls.html", "controls", controls=controls)
    for result in controls:
        yield rendered.page("control.html.j2", control_page(result.control.id), result=result)
    frameworks = by_clause(run, catalogue)
    if told["frameworks"]:
        yield rendered.page("frameworks.html.j2", "frameworks.html", "frameworks", frameworks=frameworks)
    named = {place.name: place.path for place in where.values()}
    for one in frameworks:
        yield rendered.page("framework.html.j2", framework_page(one.framework.id), one=one, named=named)
    compared = {change.site.subject: change.comparison for change in site_changes}
    if earlier:
        compared |= {host.subject: change for host, change in by_subject(earlier.hosts, summary.hosts)}
    yield from _subjects(run, catalogue, summary, compared, points, rendered, words)


def _left_out(run: Run, now: TrendPoint) -> tuple[str, ...]:
    """The sites that are declared or known from earlier runs but not in this one; hosts, where they have none."""
    here = {name for host in run.hosts for name in (host.name, *(site.domain for site in host.sites))}
    known = {name: tuple(host.sites) for name, host in now.hosts.items()}
    declared = {one.host: one.sites for one in run.left_out or ()}
    names = (name for host, sites in (known | declared).items() for name in sites or (host,))
    return tuple(sorted({name for name in names if name not in here}))


def _subjects(
    run: Run,
    catalogue: Catalogue,
    summary: FleetSummary,
    compared: Mapping[Subject, Comparison],
    trend: Sequence[TrendPoint],
    rendered: Renderer,
    words: Words,
) -> Iterator[tuple[str, str]]:
    """The page of every host and of every site on it."""
    content = {one.site: _Content(one, words) for one in traces.by_site(run, catalogue)}
    hunted = {one.hunted.host: _Hunted(one, words) for one in hunts.by_host(run, catalogue)}
    intruded = intrusions.intrusions(run)
    for host in summary.hosts:
        name, sites = host.host.name, summary.served.get(host.host.name, ())
        shared = _Open(host.findings, name, rendered)
        on_host = tuple(one for one in intruded if one.subject == host.subject)
        to_do = worst_first(shared.findings, [host.host], catalogue)
        yield rendered.page(
            "subject.html.j2",
            host_page(name),
            host=host,
            site=None,
            served=sites,
            comparison=compared.get(host.subject),
            past=[(point.started, point.hosts[name].own) for point in trend if name in point.hosts],
            todo=shared.findings,
            decisions=decisions(to_do, run, 0, on_host, host.incidents),
            intruded=on_host,
            incidents=host.incidents,
            traces_told=shared.traces_told,
            own_open=shared.findings,
            own_told=shared.told,
            shared_open=(),
            shared_told=(),
            others=others(host.findings),
            hunted=hunted.get(name),
            contained=contained.lines((one for one in run.contained if one.host == name), words),
        )
        for site in sites:
            own = _Open(site.own, site.domain, rendered)
            todo = by_urgency((*own.findings, *shared.findings))
            on_site = (*(one for one in intruded if one.subject == site.subject), *on_host)
            yield rendered.page(
                "subject.html.j2",
                site_page(site.domain),
                host=host,
                site=site,
                served=sites,
                comparison=compared.get(site.subject),
                past=[(point.started, point.sites[site.domain]) for point in trend if site.domain in point.sites],
                todo=todo,
                decisions=decisions(worst_first(todo, [host.host], catalogue), run, 0, on_site, site.incidents),
                intruded=on_site,
                incidents=site.incidents,
                traces_told=(*own.traces_told, *shared.traces_told),
                own_open=own.findings,
                own_told=own.told,
                shared_open=shared.findings,
                shared_told=shared.told,
                others=others(site.findings),
                content=content.get(site.domain),
                hunted=None,
                contained=contained.lines(contained.of_incidents(run.contained, site.site, site.incidents), words),
            )


def _content(run: Run, catalogue: Catalogue, words: Words) -> tuple[str, ...]:
    """What looks say of several sites or hosts together: traces that they share, sites never reviewed, leave that is not used."""
    sites = traces.by_site(run, catalogue)
    on_hosts = [
        f"{words('hunts.shared', n=len(one.where), what=traces.what_it_is(one.trace, words))}: {', '.join(one.where)}"
        for one in hunts.shared(hunts.by_host(run, catalogue))[:MAX_TRACES]
    ]
    if not sites:
        return tuple(on_hosts)
    told = [
        f"{words('reviews.shared', n=len(one.where), what=traces.what_it_is(one.trace, words))}: {', '.join(one.where)}"
        for one in traces.shared((one.site, one.alarming) for one in sites)[:MAX_TRACES]
    ]
    never = traces.never_reviewed(run)
    if never:
        told.append(f"{words('reviews.never', n=len(never))}: {', '.join(never)}")
    return (*told, *on_hosts, *papers.authorizations(run, words))


class _Content:
    """What the last look at a site saw, in words."""

    def __init__(self, site: SiteTraces, words: Words) -> None:
        reviewed = site.reviewed
        self.seen = traces.seen(reviewed, words)
        self.traces = tuple(
            (
                words(f"certainty.{one.certainty}"),
                traces.what_it_is(one, words),
                one.where,
                words("reviews.places", n=one.places),
                one.sample,
                responding(site.site) if one.certainty != "weak" else "",
                accepting(site.site, one),
            )
            for one in (*site.alarming[:MAX_TRACES], *reviewed.weak)
        )
        self.more = max(0, len(site.alarming) - MAX_TRACES)
        self.accepted = tuple(traces.accepted_line(one.trace, one.by, words) for one in reviewed.accepted)


class _Hunted:
    """What the last hunt on a host saw, in words; its alarms are among the findings."""

    def __init__(self, host: HostTraces, words: Words) -> None:
        self.seen = hunts.seen(host.hunted, words)
        self.let_in_by = ", ".join(host.let_in_by)
        self.weak = tuple(
            (traces.what_it_is(one, words), one.where, in_words(one.rules, words), accepting(host.hunted.host, one))
            for one in host.hunted.weak
        )
        self.accepted = tuple(traces.accepted_line(one.trace, one.by, words) for one in host.hunted.accepted)


class _Open:
    """What is open on a host or site, and how it is told there; what intruders did apart."""

    def __init__(self, findings: Iterable[Finding], limit: str, rendered: Renderer) -> None:
        theirs, others = intrusions.apart(finding for finding in findings if finding.is_open)
        self.findings = by_urgency(others)
        finding = rendered.macros["../"].finding
        self.traces_told = tuple(finding(one, limit, True) for one in by_urgency(theirs))
        self.told = tuple(finding(one, limit, is_urgent(one)) for one in self.findings)


def headline(summary: FleetSummary, words: Words) -> str:
    """What the chair of the office reads first, in one sentence."""
    subjects: Sequence[SiteSummary | HostSummary] = summary.sites or summary.hosts
    of = len(subjects)
    if summary.sites:
        what = words("sites") if of != 1 else words("site")
    else:
        what = words("hosts") if of != 1 else words("host")
    standing = {name: summary.standing(name) for name in STANDINGS}
    if not subjects:
        return words("headline.nothing")
    for name in (*FOR_AN_INCIDENT, "urgent"):
        n = standing[name]
        if n == of == 1:
            return words(f"headline.{name}_only", what=what)
        if n == of:
            return words(f"headline.{name}_all", of=of, what=what)
        if n:
            return words(f"headline.{name}_some", n=n, of=of, what=what)
    if n := standing["unread"]:
        return words("headline.unread_all" if n == of else "headline.unread", what=what)
    if n := standing["open"]:
        return words("headline.open_only", what=what) if of == 1 else words("headline.open", n=n, of=of, what=what)
    if n := standing["unsure"]:
        return words("headline.unsure_only", what=what) if of == 1 else words("headline.unsure", n=n, of=of, what=what)
    return words("headline.clean", of=of, what=what)


def _site_changes(summary: FleetSummary, earlier: FleetSummary) -> tuple[SiteChange, ...]:
    """The sites that both runs hold."""
    compared = tuple(by_subject(earlier.sites, summary.sites))
    top = max((max(c.open_before, c.open_after) for _, c in compared), default=0)
    return tuple(
        SiteChange(
            site=site,
            comparison=comparison,
            before_bar=chart.share(comparison.open_before, top, 100),
            after_bar=chart.share(comparison.open_after, top, 100),
        )
        for site, comparison in compared
    )
