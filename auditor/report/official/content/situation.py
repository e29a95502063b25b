"""What was audited and when, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.models import Site
from auditor.report.official.content.given import Given
from auditor.report.official.content.phrases import listed


def situation(given: Given) -> Iterable[str]:
    """What was audited and when, and what is missing."""
    words, figures = given.words, given.figures
    sites, hosts = figures.summary.sites, figures.summary.hosts
    scope = words(
        "official.situation.scope",
        sites=words("official.sites_n", n=len(sites)),
        units=words("official.units_n", n=len(figures.owners)),
        hosts=words("hosts_n", n=len(hosts)),
    )
    levels = [
        words("official.situation.level", sites=words("sites_n", n=count), level=str(level))
        for level in (1, 2, 3)
        if (count := sum(site.site.level_declared and site.site.level == level for site in sites))
    ]
    told = [scope]
    if levels:
        told.append(words("official.situation.levels", levels=", ".join(levels)))
    if undeclared := sum(not site.site.level_declared for site in sites):
        usual = str(Site.model_fields["level"].default)
        told.append(words("official.situation.no_level", sites=words("sites_n", n=undeclared), level=usual))
    yield " ".join(told)
    yield _when(given)
    yield from _missing(given)


def _when(given: Given) -> str:
    words, moments = given.words, given.moments
    if len(moments) == 1:
        return words("official.situation.run", when=words.moment(moments[0]), version=given.figures.run.version)
    return words(
        "official.situation.runs",
        runs=words("official.runs_n", n=len(moments)),
        first=words.moment(moments[-1]),
        last=words.moment(moments[0]),
        version=given.figures.run.version,
    )


def _missing(given: Given) -> Iterable[str]:
    words, figures = given.words, given.figures
    unread, hosts = figures.summary.unread, figures.summary.hosts
    if unread:
        told = {"count": len(unread), "hosts": words("hosts_n", n=len(hosts))}
        if figures.unread:
            names = listed(given, (site.domain for site in figures.unread))
            yield words("official.missing.unread", **told, sites=names)
        else:
            yield words("official.missing.unread_bare", **told)
    if unread and 2 * len(unread) >= len(hosts):
        yield words("official.missing.half")
    if figures.unaudited:
        yield words(
            "official.missing.unaudited",
            sites=words("sites_n", n=len(figures.unaudited)),
            names=listed(given, (site.domain for site in figures.unaudited)),
        )
    if figures.homeless:
        yield words(
            "official.missing.homeless",
            sites=words("sites_n", n=len(figures.homeless)),
            names=listed(given, (site.domain for site in figures.homeless)),
        )
