"""The incidents of the month, from the case log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models import clock
from auditor.report.official.content.blocks import item, paragraph
from auditor.report.official.content.given import Given
from auditor.report.official.document import AnnexKey, Block
from auditor.report.official.incidents import IncidentSummary
from auditor.text.visible import one_line


def incidents(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """Say how many incidents there were, and of each what was done and reported; that there was none only where the case log has none."""
    words, some = given.words, given.incidents
    if not some:
        yield paragraph(words("official.incidents.none"))
        return
    began = sum((one.detected.year, one.detected.month) == (given.period.year, given.period.month) for one in some)
    closed = sum(one.closed is not None for one in some)
    numbers = {"count": len(some), "began": began, "closed": closed, "open": len(some) - closed}
    yield paragraph(words("official.incidents.some", **numbers, annex=labels["incidents"]))
    for one in some:
        where, _, contained, reports, state = row(given, one)[1:]
        detected = words("official.incidents.detected", moment=_moment(given, one))
        yield item(f"{one.id} ({where}): {detected}; {contained}; {reports}; {state}")


def rows(given: Given) -> Iterable[tuple[str, ...]]:
    """Yield the rows of the annex."""
    return (row(given, one) for one in given.incidents)


def row(given: Given, one: IncidentSummary) -> tuple[str, ...]:
    """Return an incident's cells: number, where, detected, what was contained, which reports went out, how it stands."""
    return (
        one.id,
        _where(given, one),
        _moment(given, one),
        _contained(given, one),
        _reports(given, one),
        _state(given, one),
    )


def _moment(given: Given, one: IncidentSummary) -> str:
    detected = given.words.moment(clock.stamp(one.detected))
    if one.recorded is None:
        return detected
    return given.words(
        "official.incidents.recorded", detected=detected, moment=given.words.moment(clock.stamp(one.recorded))
    )


def _where(given: Given, one: IncidentSummary) -> str:
    hosts = (given.words("hosts_n", n=one.hosts),) if one.hosts else ()
    return ", ".join((*one.domains, *hosts))


def _contained(given: Given, one: IncidentSummary) -> str:
    words = given.words
    told = [words("official.incidents.contained", count=one.contained, in_force=one.in_force)]
    if one.unsettled:
        told.append(words("official.incidents.unsettled", count=one.unsettled))
    return "; ".join(told)


def _reports(given: Given, one: IncidentSummary) -> str:
    words = given.words
    told = [
        words(
            "official.incidents.sent",
            report=words(f"official.incidents.report.{sent.report}"),
            how=given.anonymous(one_line(sent.how, 200)),
            moment=words.moment(clock.stamp(sent.when)),
        )
        for sent in one.reports
    ]
    told += [
        words("official.incidents.overdue", report=words(f"official.incidents.report.{report}"))
        for report in one.overdue
    ]
    return "; ".join(told) or words("official.incidents.unreported")


def _state(given: Given, one: IncidentSummary) -> str:
    if one.closed is None:
        return given.words("official.incidents.open")
    cause = given.anonymous(one_line(one.cause, 300)).rstrip(". ")
    return given.words("official.incidents.closed", moment=given.words.moment(clock.stamp(one.closed)), cause=cause)
