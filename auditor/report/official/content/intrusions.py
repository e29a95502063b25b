"""What intruders did to sites and hosts: an incident to handle, told before and apart from what is not configured well. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.report.official.content.blocks import item, paragraph
from auditor.report.official.content.given import NOTABLE, Given
from auditor.report.official.content.phrases import listed, where
from auditor.report.official.document import Block


def summary(given: Given) -> Iterable[str]:
    """Say where intruders left traces, how sure that is, and whether an incident is open on it."""
    words, found = given.words, given.intrusions
    if not found:
        return
    told = (
        words(f"official.intrusions.{name}", count=count)
        for name, count in (
            ("certain", sum(one.certain for one in found)),
            ("likely", sum(one.likely for one in found)),
        )
        if count
    )
    yield words("official.intrusions.found", where=_places(given), traces=", ".join(told))
    ids = [one.id for one in given.incidents if one.closed is None]
    yield words("official.intrusions.open", ids=", ".join(ids)) if ids else words("official.intrusions.unopened")


def details(given: Given) -> Iterable[Block]:
    """The same, with what was found by name."""
    yield from map(paragraph, summary(given))
    for one in given.intruded[:NOTABLE]:
        yield item(given.words("official.intrusions.one", title=one.title.get(given.lang), where=where(given, one)))
    if len(given.intruded) > NOTABLE:
        yield item(given.words("official.change.more", n=len(given.intruded) - NOTABLE))


def task(given: Given) -> Iterable[Block]:
    """Ask for what cannot wait: the incident is handled at once, and the authority told in time."""
    if given.intrusions:
        yield item(given.words(f"official.tasks.intruded.{given.regime}", where=_places(given)))


def _places(given: Given) -> str:
    """Return the sites that have traces themselves, and how many hosts do, with what they serve; hosts' names are for the technical annex alone."""
    words = given.words
    hosts = {one.host for one in given.intrusions if one.subject.kind == "host"}
    sites = [one for one in given.figures.summary.sites if one.standing in ("intruded", "suspected")]
    themselves = listed(given, sorted(one.domain for one in sites))
    if not hosts:
        return themselves
    served = sorted(one.domain for one in given.figures.summary.sites if one.host.host.name in hosts)
    counted = words("hosts_n", n=len(hosts))
    of_hosts = words("official.where.hosts", hosts=counted, sites=listed(given, served)) if served else counted
    return words("official.intrusions.places", sites=themselves, hosts=of_hosts) if sites else of_hosts
