"""The HTML pages of the report, by their path below ``report/``. Pure: models in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.controls import Catalogue
from auditor.models import Lang, Model, Run
from auditor.report import chart, papers
from auditor.report.addresses import control_page, host_page, places, site_page
from auditor.report.by_control import by_control
from auditor.report.by_reason import unevaluated
from auditor.report.rendering import environment
from auditor.report.summary import (
    Comparison,
    FleetSummary,
    HostSummary,
    SiteSummary,
    TrendPoint,
    compare,
    fleet,
    trend_point,
    work,
)
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
    earlier = fleet(before) if before else None
    points = trend if trend and trend[-1].run_id == run.id else (*trend, trend_point(run))
    controls = by_control(run.findings, catalogue)
    lost = unevaluated(summary, lang)
    entries = [Entry("overview", "index.html")]
    entries += [Entry("controls", "controls.html")] if controls else []
    entries += [Entry("unevaluated", "unevaluated.html")] if lost else []
    common: dict[str, Any] = {
        "run": run,
        "summary": summary,
        "before": before,
        "trend": points,
        "catalogue": catalogue,
        "where": places(summary),
        "entries": tuple(entries),
    }

    def page(template: str, path: str, here: str, **values: Any) -> tuple[str, str]:
        root = "../" * path.count("/")
        return path, environment(lang).get_template(template).render(**common, root=root, here=here, **values)

    yield page(
        "fleet.html.j2",
        "index.html",
        "overview",
        headline=headline(summary, words),
        work=work(run, catalogue),
        waivers=papers.waivers(run),
        attestations=papers.attestations(run),
        comparison=compare(before.findings, run.findings) if before else None,
        site_changes=_site_changes(summary, earlier) if earlier else (),
    )
    if controls:
        yield page("controls.html.j2", "controls.html", "controls", controls=controls)
    for result in controls:
        yield page("control.html.j2", control_page(result.control.id), "", result=result)
    if lost:
        yield page("unevaluated.html.j2", "unevaluated.html", "unevaluated", lost=lost)
    for host in summary.hosts:
        served = [site for site in summary.sites if site.host.host.name == host.host.name]
        yield page("subject.html.j2", host_page(host.host.name), "", host=host, site=None, served=served)
        for site in served:
            was = earlier.site(site.domain) if earlier else None
            yield page(
                "subject.html.j2",
                site_page(site.domain),
                "",
                host=host,
                site=site,
                served=served,
                comparison=compare(was.findings, site.findings) if was else None,
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
    pairs = [(site, earlier.site(site.domain)) for site in summary.sites]
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
