"""What was audited and when, and what is missing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from auditor.models import Site
from auditor.report.official.content.context import ReportContext
from auditor.report.official.content.phrases import format_site_names_or_count, get_declared_level_of_site


def iter_sentences_on_audit_coverage(context: ReportContext) -> Iterable[str]:
    """Yield what was audited and when, and what is missing."""
    words, figures = context.words, context.figures
    sites, hosts = figures.summary.sites, figures.summary.hosts
    scope = words(
        "official.situation.scope",
        sites=words("official.sites_n", n=len(sites)),
        units=words("official.units_n", n=len(figures.owners)),
        hosts=words("hosts_n", n=len(hosts)),
    )
    yield " ".join((scope, *_iter_sentences_on_declared_site_levels(context)))
    yield _describe_run_dates(context)
    yield from _iter_sentences_on_what_is_missing(context)


def _iter_sentences_on_declared_site_levels(context: ReportContext) -> Iterable[str]:
    """Yield how many sites have which declared level.

    It says, too, to which level they are held where that is another one, or none is declared.
    """
    words = context.words
    declared = [(site.site, get_declared_level_of_site(context, site.site)) for site in context.figures.summary.sites]
    counts = Counter(level for _, level in declared if level is not None)
    if counts:
        levels = (
            words("official.situation.level", sites=words("sites_n", n=count), level=str(level))
            for level, count in sorted(counts.items())
        )
        yield words("official.situation.levels", levels=", ".join(levels))
    others = Counter(site.level for site, level in declared if level not in (None, site.level))
    for level, count in sorted(others.items()):
        yield words("official.situation.other_level", sites=words("sites_n", n=count), level=str(level))
    if undeclared := sum(level is None for _, level in declared):
        usual = str(Site.model_fields["level"].default)
        yield words("official.situation.no_level", sites=words("sites_n", n=undeclared), level=usual)


def _describe_run_dates(context: ReportContext) -> str:
    words, moments = context.words, context.moments
    if len(moments) == 1:
        return words(
            "official.situation.run", when=words.format_iso_moment(moments[0]), version=context.figures.run.version
        )
    return words(
        "official.situation.runs",
        runs=words("official.runs_n", n=len(moments)),
        first=words.format_iso_moment(moments[-1]),
        last=words.format_iso_moment(moments[0]),
        version=context.figures.run.version,
    )


def _iter_sentences_on_what_is_missing(context: ReportContext) -> Iterable[str]:
    words, figures = context.words, context.figures
    unread, hosts = figures.summary.unread_hosts, figures.summary.hosts
    if unread:
        values = {"count": len(unread), "hosts": words("hosts_n", n=len(hosts))}
        if figures.unread:
            names = format_site_names_or_count(context, (site.domain for site in figures.unread))
            yield words("official.missing.unread", **values, sites=names)
        else:
            yield words("official.missing.unread_bare", **values)
    if unread and 2 * len(unread) >= len(hosts):
        yield words("official.missing.half")
    if figures.unaudited_sites:
        yield words(
            "official.missing.unaudited",
            sites=words("sites_n", n=len(figures.unaudited_sites)),
            names=format_site_names_or_count(context, (site.domain for site in figures.unaudited_sites)),
        )
    if figures.homeless:
        yield words(
            "official.missing.homeless",
            sites=words("sites_n", n=len(figures.homeless)),
            names=format_site_names_or_count(context, (site.domain for site in figures.homeless)),
        )
