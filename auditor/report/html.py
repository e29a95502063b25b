"""The HTML pages of the report, by their path below ``report/``. Pure: models in, text out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.controls import Catalogue
from auditor.models import Lang, Model, Run
from auditor.report import chart, papers
from auditor.report.addresses import control_page, framework_page, host_page, places, site_page
from auditor.report.by_clause import by_clause
from auditor.report.by_control import by_control
from auditor.report.by_reason import unevaluated
from auditor.report.paging import paged
from auditor.report.rendering import environment
from auditor.report.summary import (
    Comparison,
    FleetSummary,
    HostSummary,
    SiteSummary,
    TrendPoint,
    compare,
    fleet,
    months,
    trend_point,
    work,
)
from auditor.report.transitions import between, matrix
from auditor.words import Words


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
    points = trend if trend and trend[-1].run_id == run.id else (*trend, trend_point(run))
    controls = by_control(run.findings, catalogue)
    frameworks = by_clause(run, catalogue)
    lost = unevaluated(summary, lang)
    comparison = between(before, run) if before else None
    site_lists = paged(summary.sites, "index.html", "sites")
    host_lists = paged(summary.hosts, "index.html", "hosts")
    told = {
        "overview": True,
        "controls": bool(controls),
        "frameworks": bool(frameworks),
        "changes": comparison is not None,
        "unevaluated": bool(lost),
    }
    common: dict[str, Any] = {
        "run": run,
        "summary": summary,
        "before": before,
        "trend": points,
        "catalogue": catalogue,
        "where": places(summary),
        "entries": tuple(
            Entry(name, "index.html" if name == "overview" else f"{name}.html") for name, there in told.items() if there
        ),
        "comparison": comparison,
        "matrix": matrix(comparison) if comparison else None,
    }

    def page(template: str, path: str, here: str = "", **values: Any) -> tuple[str, str]:
        root = "../" * path.count("/")
        return path, environment(lang).get_template(template).render({**common, "root": root, "here": here, **values})

    yield page(
        "fleet.html.j2",
        "index.html",
        "overview",
        headline=headline(summary, words),
        work=work(run, catalogue),
        waivers=papers.waivers(run),
        attestations=papers.attestations(run),
        site_list=site_lists[0],
        host_list=host_lists[0],
        lost_hosts=[host for host in summary.hosts if not host.reached or host.outcome.area_errors],
        months=months(points),
        site_changes=_site_changes(summary, fleet(before)) if before else (),
    )
    for kind, sheets in (("sites", site_lists), ("hosts", host_lists)):
        for sheet in sheets[1:]:
            yield page("list.html.j2", sheet.path, kind=kind, sheet=sheet)
    if len(site_lists) > 1:
        yield page("names.html.j2", "names.html", sites=sorted(summary.sites, key=lambda site: site.domain))
    if comparison:
        left_out = len(run.hosts) + len(before.hosts) - 2 * len(_names(run) & _names(before)) if before else 0
        yield page("changes.html.j2", "changes.html", "changes", left_out=left_out)
    if lost:
        yield page("unevaluated.html.j2", "unevaluated.html", "unevaluated", lost=lost)
    if controls:
        yield page("controls.html.j2", "controls.html", "controls", controls=controls)
    for result in controls:
        yield page("control.html.j2", control_page(result.control.id), result=result)
    if frameworks:
        yield page("frameworks.html.j2", "frameworks.html", "frameworks", frameworks=frameworks)
    named = {place.name: place.path for place in common["where"].values()}
    for one in frameworks:
        yield page("framework.html.j2", framework_page(one.framework.id), one=one, named=named)
    yield from _subjects(summary, fleet(before) if before else None, page)


def _names(run: Run) -> set[str]:
    return {host.name for host in run.hosts}


def _subjects(
    summary: FleetSummary, earlier: FleetSummary | None, page: Callable[..., tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """The page of every host and of every site on it."""
    served: dict[str, list[SiteSummary]] = defaultdict(list)
    for site in summary.sites:
        served[site.host.host.name].append(site)
    were = {site.domain: site for site in earlier.sites} if earlier else {}
    for host in summary.hosts:
        sites = served[host.host.name]
        yield page("subject.html.j2", host_page(host.host.name), host=host, site=None, served=sites, comparison=None)
        for site in sites:
            was = were.get(site.domain)
            compared = compare(was.findings, site.findings) if was else None
            yield page(
                "subject.html.j2", site_page(site.domain), host=host, site=site, served=sites, comparison=compared
            )


def headline(summary: FleetSummary, words: Words) -> str:
    """What the chair of the office reads first, in one sentence."""
    subjects: Sequence[SiteSummary | HostSummary] = summary.sites or summary.hosts
    of = len(subjects)
    if summary.sites:
        what = words("sites") if of != 1 else words("site")
    else:
        what = words("hosts") if of != 1 else words("host")
    standing = {name: summary.standing(name) for name in ("urgent", "unread", "open", "unsure")}
    if not subjects:
        return words("headline.nothing")
    if n := standing["urgent"]:
        if of == 1:
            return words("headline.urgent_only", what=what)
        if n == of:
            return words("headline.urgent_all", of=of, what=what)
        return words("headline.urgent", n=n, of=of, what=what)
    if n := standing["unread"]:
        return words("headline.unread_all" if n == of else "headline.unread", what=what)
    if n := standing["open"]:
        return words("headline.open_only", what=what) if of == 1 else words("headline.open", n=n, of=of, what=what)
    if n := standing["unsure"]:
        return words("headline.unsure_only", what=what) if of == 1 else words("headline.unsure", n=n, of=of, what=what)
    return words("headline.clean", of=of, what=what)


def _site_changes(summary: FleetSummary, earlier: FleetSummary) -> tuple[SiteChange, ...]:
    were = {site.domain: site for site in earlier.sites}
    pairs = [(site, were.get(site.domain)) for site in summary.sites]
    compared = [(site, compare(was.findings if was else (), site.findings)) for site, was in pairs]
    top = max((max(c.before.open_total, c.after.open_total) for _, c in compared), default=0)
    return tuple(
        SiteChange(
            site=site,
            comparison=comparison,
            before_bar=chart.share(comparison.before.open_total, top, 100),
            after_bar=chart.share(comparison.after.open_total, top, 100),
        )
        for site, comparison in compared
    )
