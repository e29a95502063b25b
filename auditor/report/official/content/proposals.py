"""What falls short and why, and who is asked to do what by when. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, Severity
from auditor.report.official.content import intrusions
from auditor.report.official.content.blocks import heading, item, paragraph
from auditor.report.official.content.given import NAMED, Given
from auditor.report.official.content.phrases import listed, of_severity, with_former_name
from auditor.report.official.document import AnnexKey, Block
from auditor.results.intrusions import apart, is_intrusion
from auditor.results.summary import SEVERITIES, URGENT, SiteSummary


def shortcomings(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """Where what is urgent is open, office by office."""
    words, figures = given.words, given.figures
    if given.intrusions:
        yield item(words("official.shortcomings.intruded"))
    counted = [(unit, {site.domain: _urgent(site) for site in sites}) for unit, sites in figures.owners]
    urgent = [(unit, sum(some.values()), [domain for domain, n in some.items() if n]) for unit, some in counted]
    urgent = sorted((one for one in urgent if one[1]), key=lambda one: -one[1])
    for unit, count, domains in urgent[:NAMED]:
        yield item(
            words(
                "official.shortcomings.unit",
                unit=with_former_name(given, unit),
                points=words("official.points_n", n=count),
                sites=listed(given, domains),
            )
        )
    if len(urgent) > NAMED:
        yield item(words("official.shortcomings.more", n=len(urgent) - NAMED, annex=labels["units"]))
    if figures.unread:
        yield item(words("official.shortcomings.unread", sites=listed(given, (site.domain for site in figures.unread))))
    if not urgent and not figures.unread and not given.intrusions:
        yield paragraph(
            words("official.shortcomings.not_urgent", annex=labels["open"])
            if given.open
            else words("official.shortcomings.none")
        )


def _urgent(site: SiteSummary) -> int:
    """Return how many urgent findings it has, its host's too, that are no intrusion."""
    return sum(one.is_open and one.severity in URGENT and not is_intrusion(one) for one in site.findings)


def causes(given: Given) -> Iterable[str]:
    """Why so much is open: what a machine mends, what people have to."""
    words, change = given.words, given.figures.change
    if given.intrusions:
        yield words("official.causes.intruded")
    if not given.open:
        if not given.intrusions:
            yield words("official.causes.none")
        return
    auto = sum(one.automated for one in given.open)
    counted = {"requirements": words("official.requirements_n", n=len(given.open))}
    if 0 < auto < len(given.open):
        yield words("official.causes.work", **counted, auto=auto, hand=len(given.open) - auto)
    else:
        yield words("official.causes.auto" if auto else "official.causes.hand", **counted)
    if change is not None and (still := _mendable(change.changes.get("still", ()))):
        yield words("official.causes.still", n=still)
    if change is not None and (regressed := _mendable(change.changes.get("regressed", ()))):
        yield words("official.causes.regressed", n=regressed)


def _mendable(findings: Iterable[Finding]) -> int:
    return sum(not is_intrusion(finding) for finding in findings)


def proposals(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """Who is asked for what."""
    words = given.words
    yield heading(
        given,
        1,
        words("official.proposals.units") if given.below else words("official.proposals.own", unit=given.unit.name),
    )
    yield from tasks(given, labels)
    yield heading(given, 2, words("official.proposals.above", above=", ".join(unit.name for unit in given.above)))
    yield from shared_hosts(given)
    yield item(words("official.proposals.guide", security=given.security))


def tasks(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """What is asked of those who own the sites, the worst first."""
    words, counts = given.words, given.figures.counts
    yield from intrusions.task(given)
    for severity in SEVERITIES:
        yield from map(item, _to_mend(given, labels, [one for one in given.open_findings if one.severity is severity]))
    if given.figures.unread:
        yield item(
            words(
                "official.tasks.unread",
                sites=listed(given, (site.domain for site in given.figures.unread)),
                date=words.day(given.deadlines.within(Severity.CRITICAL)),
            )
        )
    if given.figures.unaudited:
        yield item(
            words(
                "official.tasks.unaudited",
                sites=listed(given, (site.domain for site in given.figures.unaudited)),
                date=words.day(given.deadlines.within(Severity.HIGH)),
            )
        )
    if counts.unanswered:
        yield item(
            words(
                "official.tasks.manual",
                points=words("official.points_n", n=counts.unanswered),
                annex=labels["unsure"],
                date=words.day(given.deadlines.within(Severity.MEDIUM)),
            )
        )
    if not counts.open_total:
        yield item(words("official.tasks.keep"))


def _to_mend(given: Given, labels: Mapping[AnnexKey, str], findings: Sequence[Finding]) -> Iterable[str]:
    """What of one severity is asked for: what is late at once, the rest by the days on which it is due."""
    deadlines = given.deadlines
    asked: dict[tuple[str, datetime.date], int] = Counter(
        ("late" if deadlines.is_late(finding) else "mend", deadlines.asked(finding)) for finding in findings
    )
    for (what, day), count in sorted(asked.items()):
        yield given.words(
            f"official.tasks.{what}",
            points=of_severity(given, findings[0].severity, count),
            annex=labels[given.list_of_open],
            date=given.words.day(day),
        )


def shared_hosts(given: Given) -> Iterable[Block]:
    """What is open on hosts that other offices own."""
    for unit, found in given.figures.foreign:
        theirs, findings = apart(found)
        if theirs:
            yield item(given.words("official.tasks.shared_intruded", unit=unit.name))
        if not findings:
            continue
        yield item(
            given.words(
                "official.tasks.shared",
                unit=unit.name,
                points=given.words("official.points_n", n=len(findings)),
                date=given.words.day(min(map(given.deadlines.asked, findings))),
            )
        )


def last_deadline(given: Given) -> datetime.date:
    """The last day on which something is due."""
    asked = map(given.deadlines.asked, given.open_findings)
    return max(asked, default=given.deadlines.within(Severity.MEDIUM))
