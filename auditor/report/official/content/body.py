"""The text of an official report, and of a letter that asks for work, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from auditor.report.official.content import incidents, intrusions, proposals, results, situation, work
from auditor.report.official.content.blocks import closing, heading, item, paragraph, part
from auditor.report.official.content.given import Given
from auditor.report.official.document import AnnexKey, Block


def report(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """A report to the offices above, part by part."""
    words = given.words
    yield _opening(given)
    yield part(given, 1, words("official.part.situation"))
    yield from map(paragraph, situation.situation(given))
    yield part(given, 2, words("official.part.results"))
    number = count(1)
    if given.intrusions:
        yield heading(given, next(number), words("official.results.intrusions"))
        yield from intrusions.details(given)
    yield heading(given, next(number), words("official.results.overall"))
    yield from map(paragraph, results.overall(given, labels))
    yield heading(given, next(number), words("official.results.change"))
    yield from work.within(given, labels)
    yield from map(paragraph, results.compared(given))
    yield heading(given, next(number), words("official.results.hosts"))
    yield from results.notable(given, labels, [one for one in given.open if one.of_host], "official.notable.hosts")
    yield heading(given, next(number), words("official.results.sites"))
    yield from results.notable(given, labels, [one for one in given.open if not one.of_host], "official.notable.sites")
    yield heading(given, next(number), words("official.results.content"))
    yield from map(paragraph, results.content(given))
    yield heading(given, next(number), words("official.results.sharing", security=given.security))
    yield paragraph(
        words("official.sharing.annex", annex=labels["sharing"])
        if "sharing" in labels
        else words("official.no_data.sharing")
    )
    yield part(given, 3, words("official.part.incidents"))
    yield from incidents.incidents(given, labels)
    yield part(given, 4, words("official.part.shortcomings"))
    yield heading(given, 1, words("official.shortcomings"))
    yield from proposals.shortcomings(given, labels)
    yield heading(given, 2, words("official.causes"))
    yield from map(paragraph, proposals.causes(given))
    yield part(given, 5, words("official.part.proposals"))
    yield from proposals.proposals(given, labels)
    yield closing(
        words(
            "official.closing.report",
            security=given.security,
            month=given.month,
            unit=given.unit.name,
            above=", ".join(unit.name for unit in given.above),
        )
    )


def _opening(given: Given) -> Block:
    return paragraph(
        given.words(
            "official.opening.request" if given.downward else "official.opening",
            bases=given.words(f"official.bases.{given.regime}"),
            unit=given.unit.name,
            security=given.security,
            month=given.month,
        )
    )


def request(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """A letter that asks offices below for work, part by part."""
    words = given.words
    yield _opening(given)
    yield part(given, 1, words("official.request.results"))
    told = (*situation.situation(given), *intrusions.summary(given), *results.overall(given, labels))
    yield from map(paragraph, told)
    yield from work.within(given, labels)
    yield from map(paragraph, results.compared(given))
    yield part(given, 2, words("official.request.tasks"))
    yield from proposals.tasks(given, labels)
    yield from proposals.shared_hosts(given)
    yield item(words("official.request.evidence", force=words(f"official.force.{given.regime}")))
    yield part(given, 3, words("official.request.report_back"))
    yield paragraph(
        words("official.request.report_by", unit=given.unit.name, date=given.words.day(proposals.last_deadline(given)))
    )
    yield closing(words("official.closing.request", unit=given.unit.name))
