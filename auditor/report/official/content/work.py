"""What was put right within the month, how and when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.models import Finding, clock
from auditor.report.official.content.blocks import item, paragraph
from auditor.report.official.content.given import NOTABLE, Given
from auditor.report.official.content.phrases import of_severity, where
from auditor.report.official.document import AnnexKey, Block
from auditor.results.compare import Change
from auditor.results.month_work import Work
from auditor.results.office_month import Requirement, requirements
from auditor.results.summary import SEVERITIES

_BESIDE: tuple[Change, ...] = ("regressed", "new", "waived", "unknown", "gone")


def within(given: Given, labels: Mapping[AnnexKey, str]) -> Iterable[Block]:
    """From the month's first run to its last: how much was open, what was fixed and how, and the worst of it by name."""
    words, work = given.words, given.figures.work
    if work is None:
        yield paragraph(words("official.work.one_run"))
        return
    before, after = work.change.open_before, work.change.open_after
    key = "less" if after < before else "more" if after > before else "same"
    moments = {"first": words.moment(work.begun), "last": words.moment(given.moments[0])}
    yield paragraph(words(f"official.work.span.{key}", **moments, before=before, after=after))
    fixed = done(given)
    yield paragraph(_how(given, work, fixed) if fixed else words("official.work.none"))
    beside = [words(f"official.became.{one}", n=work.change.count(one)) for one in _BESIDE if work.change.count(one)]
    if beside:
        yield paragraph(words("official.work.beside", parts="; ".join(beside)))
    if fixed:
        yield paragraph(words("official.work.notable", n=len(fixed[:NOTABLE]), annex=labels["done"]))
    for one in fixed[:NOTABLE]:
        severity = words(f"official.severity.{one.severity.value}")
        yield item(
            words("official.work.one", title=one.title.get(given.lang), where=where(given, one), severity=severity)
        )


def done(given: Given) -> tuple[Requirement, ...]:
    """What was fixed within the month, the worst first."""
    work = given.figures.work
    if work is None:
        return ()
    return requirements(given.figures.run.model_copy(update={"findings": work.fixed}), given.catalogue, "pass")


def done_rows(given: Given) -> Iterable[tuple[str, ...]]:
    """The same as rows of an annex: what, how severe, where, how, when."""
    words, work = given.words, given.figures.work
    if work is None:
        return
    for one in done(given):
        hardened, otherwise = _split(work, one.findings)
        yield (
            one.title.get(given.lang),
            words(f"severity.{one.severity.value}"),
            where(given, one),
            "; ".join(words(f"official.work.by.{way}") for way in _ways(hardened, otherwise)),
            _days(given, work, hardened) or words("official.work.in_month"),
        )


def _how(given: Given, work: Work, fixed: Sequence[Requirement]) -> str:
    """How many were fixed, how severe they were, and by what."""
    words = given.words
    hardened, otherwise = _split(work, work.fixed)
    told = []
    if hardened:
        told.append(
            words(
                "official.work.hardened",
                points=words("official.points_n", n=len(hardened)),
                hosts=words("hosts_n", n=work.hosts),
                days=_days(given, work, hardened),
            )
        )
    if otherwise:
        told.append(words("official.work.otherwise", points=words("official.points_n", n=len(otherwise))))
    counts = Counter(finding.severity for finding in work.fixed)
    return words(
        "official.work.fixed",
        points=words("official.points_n", n=len(work.fixed)),
        requirements=words("official.requirements_n", n=len(fixed)),
        severities=", ".join(of_severity(given, one, counts[one]) for one in SEVERITIES if counts[one]),
        ways="; ".join(told),
    )


def _split(work: Work, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that a hardening fixed, and the others."""
    hardened: list[Finding] = []
    otherwise: list[Finding] = []
    for finding in findings:
        (otherwise if work.when(finding) is None else hardened).append(finding)
    return hardened, otherwise


def _ways(hardened: Sequence[Finding], otherwise: Sequence[Finding]) -> Iterable[str]:
    if hardened:
        yield "hardening"
    if otherwise:
        yield "other"


def _days(given: Given, work: Work, hardened: Iterable[Finding]) -> str:
    """The days of the hardenings that fixed these."""
    days = {clock.read(when).date() for finding in hardened if (when := work.when(finding))}
    return ", ".join(map(given.words.day, sorted(days)))
