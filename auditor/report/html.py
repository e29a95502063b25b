"""The HTML pages of the report, by their path below ``report/``. Pure: models in, text out.

Whatever a template prints goes through ``visible`` and is escaped; the only markup is the templates' own.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from auditor.controls import Catalogue, Control
from auditor.discover import LOCAL
from auditor.models import Bucket, Finding, Lang, Model, Run, Severity, Text, Validity
from auditor.report import chart, papers, shown
from auditor.report.summary import (
    SEVERITIES,
    URGENT,
    Comparison,
    FleetSummary,
    HostSummary,
    SiteSummary,
    TrendPoint,
    WorkItem,
    by_urgency,
    compare,
    fleet,
    trend_point,
    work,
)
from auditor.report.visible import one_line, visible
from auditor.words import Words

MAX_FIRST = 7
_SAFE_NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,198}[a-z0-9])?$")


def site_page(domain: str) -> str:
    """The path of a site's page below the report."""
    return f"sites/{_file_name(domain)}.html"


def host_page(name: str) -> str:
    """The path of a host's page below the report."""
    return f"hosts/{_file_name(name)}.html"


def _file_name(name: str) -> str:
    return name if _SAFE_NAME.match(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:24]


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
    environment = _environment(lang)
    common: dict[str, Any] = {"run": run, "summary": summary, "before": before, "trend": points, "catalogue": catalogue}

    yield (
        "index.html",
        environment.get_template("fleet.html.j2").render(
            **common,
            root="",
            headline=headline(summary, words),
            work=work(run, catalogue),
            waivers=papers.waivers(run),
            attestations=papers.attestations(run),
            comparison=compare(before.findings, run.findings) if before else None,
            site_changes=_site_changes(summary, earlier) if earlier else (),
        ),
    )
    subject = environment.get_template("subject.html.j2")
    for host in summary.hosts:
        served = [site for site in summary.sites if site.host.host.name == host.host.name]
        yield host_page(host.host.name), subject.render(**common, root="../", host=host, site=None, served=served)
        for site in served:
            was = earlier.site(site.domain) if earlier else None
            yield (
                site_page(site.domain),
                subject.render(
                    **common,
                    root="../",
                    host=host,
                    site=site,
                    served=served,
                    comparison=compare(was.findings, site.findings) if was else None,
                ),
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


class ReasonGroup(Model):
    """Findings that came to no result for the same reason."""

    reason: str
    findings: tuple[Finding, ...]


def _by_reason(findings: Iterable[Finding], lang: Lang) -> tuple[ReasonGroup, ...]:
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.reason.get(lang) if finding.reason else ""].append(finding)
    ordered = sorted(grouped.items(), key=lambda item: -len(item[1]))
    return tuple(ReasonGroup(reason=reason, findings=tuple(members)) for reason, members in ordered)


def _open(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return by_urgency(finding for finding in findings if finding.is_open)


def _counted_as(findings: Iterable[Finding], bucket: Bucket) -> tuple[Finding, ...]:
    return by_urgency(finding for finding in findings if finding.bucket == bucket)


def _command(verb: str, inventory: str, limit: str | None = None) -> str:
    only = f" --limit {shlex.quote(limit)}" if limit else ""
    return f"auditor {verb} -i {shlex.quote(inventory)}{only}"


def _is_urgent(thing: Finding | WorkItem) -> bool:
    return thing.severity in URGENT


def _has_fix(findings: Iterable[Finding], catalogue: Catalogue) -> bool:
    return any(catalogue[finding.control].fix is not None for finding in findings)


def _touching(item: WorkItem) -> tuple[tuple[str, str], ...]:
    """The pages that a piece of work shows on: label and path."""
    if item.domains:
        return tuple((domain, site_page(domain)) for domain in item.domains)
    return tuple((name, host_page(name)) for name in item.hosts)


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet and its hash for the content security policy."""
    source, _, _ = PackageLoader("auditor.report").get_source(Environment(autoescape=True), "style.css")
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return Markup(source), digest  # noqa: S704  our own file


@cache
def _environment(lang: Lang) -> Environment:
    words = Words(lang)
    environment = Environment(
        loader=PackageLoader("auditor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, digest = _style()

    def text(of: Text | None) -> str:
        return of.get(lang) if of else ""

    def evidence(finding: Finding, started: str) -> tuple[shown.Row, ...]:
        return shown.evidence(finding, words, started)

    def violations(finding: Finding, started: str) -> shown.Table | None:
        return shown.violations(finding, words, started)

    def said(finding: Finding) -> str:
        return papers.said(finding, words)

    def left(validity: Validity, days_left: int) -> str:
        return papers.left(validity, days_left, words)

    def references(control: Control) -> tuple[tuple[str, str], ...]:
        return shown.references(control.references, words)

    def reasons(findings: Iterable[Finding]) -> tuple[ReasonGroup, ...]:
        return _by_reason(findings, lang)

    helpers: Mapping[str, Any] = {
        "t": words,
        "lang": lang,
        "text": text,
        "style": style,
        "style_digest": digest,
        "severities": SEVERITIES,
        "Severity": Severity,
        "site_page": site_page,
        "host_page": host_page,
        "command": _command,
        "local": LOCAL.path,
        "line": chart.line,
        "evidence": evidence,
        "violations": violations,
        "references": references,
        "said": said,
        "left": left,
        "lapsing": papers.lapsing,
        "places": papers.places,
        "reasons": reasons,
        "is_urgent": _is_urgent,
        "has_fix": _has_fix,
        "touching": _touching,
        "MAX_FIRST": MAX_FIRST,
    }
    environment.globals.update(helpers)
    environment.filters["open"] = _open
    environment.filters["is_urgent"] = _is_urgent
    environment.filters["cut"] = lambda foreign, limit: one_line(foreign or "", limit)
    environment.filters["sum_of"] = lambda severities: sum(severities.values())
    environment.filters["urgent_of"] = lambda severities: sum(severities.get(severity, 0) for severity in URGENT)
    environment.filters["counted_as"] = _counted_as
    return environment
