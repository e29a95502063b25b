"""The sentences and tables of an official report. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import Framework
from auditor.models import DocumentKind, Finding, Lang, Regime, Severity
from auditor.report.official.content.form import Formed
from auditor.report.official.content.given import (
    _APART,
    _BLANK,
    _OPEN,
    _POINTS,
    _ROMAN,
    NAMED,
    NOTABLE,
    _addressees,
    _agency,
    _closing,
    _item,
    _paragraph,
    _punctuated,
)
from auditor.report.official.deadlines import Deadlines
from auditor.report.official.document import (
    Block,
    Document,
)
from auditor.report.official.period import Period
from auditor.results.compare import CHANGES
from auditor.results.office_month import Figures, Requirement, requirements
from auditor.results.summary import SEVERITIES


def document(
    figures: Figures,
    catalogue: Catalogue,
    period: Period,
    moments: Sequence[str],
    deadlines: Deadlines,
    *,
    regime: Regime,
    kind: DocumentKind,
    lang: Lang,
    previous: str | None,
    framework: Framework,
) -> Document:
    """The whole document.

    ``moments``: when the runs behind it were, newest first; ``previous``: when that of the month was that it is compared with.
    """
    return _Writer(figures, catalogue, period, moments, deadlines, regime, kind, lang, previous, framework).document()


class _Writer(Formed):
    def document(self) -> Document:
        words = self.words
        return Document(
            lang=self.lang,
            kind=self.kind,
            name=words("official.document_name", kind=self._kind(), unit=self.unit.name, month=self.month),
            made=self.moments[0],
            superior=self._superior(),
            agency=_agency(self.unit.name),
            nation=words("official.nation"),
            motto=words("official.motto"),
            number=words("official.number", blank=_BLANK, symbol=self._symbol()),
            place_and_date=words("official.place_and_date", place=self._place(), blank=_BLANK),
            concerning=self._concerning(),
            circulation=words("official.circulation"),
            title="" if self.kind == "cong-van" else words("official.title"),
            subject=() if self.kind == "cong-van" else self._subject(),
            greeting=words("official.greeting"),
            addressees=_addressees(self._receivers()),
            body=_punctuated(self._request() if self.downward else self._report()),
            recipients_title=words("official.recipients"),
            recipients=self._recipients(),
            signing=self.unit.signing or self._signing(),
            annexes=self._annexes(),
        )

    # --- the body ---------------------------------------------------------------------------------------

    def _report(self) -> Iterable[Block]:
        words = self.words
        yield _paragraph(
            words(
                "official.opening",
                bases=words(f"official.bases.{self.regime}"),
                unit=self.unit.name,
                security=self.security,
                month=self.month,
            )
        )
        yield self._part(1, words("official.part.situation"))
        yield from map(_paragraph, self._situation())
        yield self._part(2, words("official.part.results"))
        yield self._heading(1, words("official.results.overall"))
        yield from map(_paragraph, self._overall())
        yield self._heading(2, words("official.results.change"))
        yield from map(_paragraph, self._change())
        yield self._heading(3, words("official.results.hosts"))
        yield from self._notable([one for one in self.open if one.of_host], "official.notable.hosts")
        yield self._heading(4, words("official.results.sites"))
        yield from self._notable([one for one in self.open if not one.of_host], "official.notable.sites")
        yield self._heading(5, words("official.results.content"))
        yield _paragraph(words("official.no_data.content"))
        yield self._heading(6, words("official.results.sharing", security=self.security))
        yield _paragraph(words("official.no_data.sharing"))
        yield self._part(3, words("official.part.incidents"))
        yield _paragraph(words("official.no_data.incidents"))
        yield self._part(4, words("official.part.shortcomings"))
        yield self._heading(1, words("official.shortcomings"))
        yield from self._shortcomings()
        yield self._heading(2, words("official.causes"))
        yield from map(_paragraph, self._causes())
        yield self._part(5, words("official.part.proposals"))
        yield from self._proposals()
        yield _closing(
            words(
                "official.closing.report",
                security=self.security,
                month=self.month,
                unit=self.unit.name,
                above=", ".join(unit.name for unit in self.above),
            )
        )

    def _request(self) -> Iterable[Block]:
        words = self.words
        yield _paragraph(
            words(
                "official.opening.request",
                bases=words(f"official.bases.{self.regime}"),
                unit=self.unit.name,
                security=self.security,
                month=self.month,
            )
        )
        yield self._part(1, words("official.request.results"))
        yield from map(_paragraph, (*self._situation(), *self._overall(), *self._change()))
        yield self._part(2, words("official.request.tasks"))
        yield from self._tasks()
        yield from self._shared_hosts()
        yield _item(words("official.request.evidence", force=words(f"official.force.{self.regime}")))
        yield self._part(3, words("official.request.report_back"))
        yield _paragraph(
            words("official.request.report_by", unit=self.unit.name, date=self.words.day(self._last_deadline()))
        )
        yield _closing(words("official.closing.request", unit=self.unit.name))

    def _part(self, number: int, title: str) -> Block:
        """A part of a report; in a letter, which has none, a numbered point."""
        if self.kind == "cong-van":
            return Block(kind="heading", text=f"{number}. {title}")
        return Block(kind="part", text=f"{_ROMAN[number - 1]}. {title.upper()}")

    def _heading(self, number: int, text: str) -> Block:
        if self.kind == "cong-van":
            return Block(kind="point", text=f"{_POINTS[number - 1]}) {text}")
        return Block(kind="heading", text=f"{number}. {text}")

    def _overall(self) -> Iterable[str]:
        words, counts, summary = self.words, self.figures.counts, self.figures.summary
        if not counts.evaluated:
            yield words("official.overall.nothing")
            return
        buckets = self.figures.buckets
        results = [
            words(
                "official.overall.passed",
                count=buckets["pass"],
                percent=words.decimal(100 * buckets["pass"] / counts.evaluated),
            ),
            words("official.overall.partial", count=buckets["partial"]),
            words("official.overall.fail", count=buckets["fail"]),
        ]
        if buckets["waived"]:
            results.append(
                words("official.overall.waived", count=buckets["waived"], equivalent=self.figures.equivalent)
            )
        yield words(
            "official.overall", evaluated=words("official.points_n", n=counts.evaluated), results="; ".join(results)
        )
        apart = [
            words(f"official.apart.{bucket}", points=words("official.points_n", n=buckets[bucket]))
            for bucket in _APART
            if buckets[bucket]
        ]
        if apart:
            yield words("official.overall.apart", parts="; ".join(apart))
        yield words(
            "official.overall.clauses",
            clauses=words("official.clauses_n", n=len(self._clause_totals)),
            framework=self.framework.title.get(self.lang),
            merged=words(f"official.clauses.merged.{self.regime}"),
            results=self._tally((one.clause, one.result, 1) for one in self._clause_totals),
            annex=self._labels["clauses"],
        )
        if counts.open_total:
            told = words(
                "official.overall.open",
                open=words("official.points_n", n=counts.open_total),
                severities=self._list(
                    [self._of_severity(one, counts.open[one]) for one in SEVERITIES if counts.open[one]]
                ),
            )
            urgent = sum(bool(site.counts.urgent) for site in summary.sites)
            yield f"{told} {self._urgent(urgent, len(summary.sites))}" if summary.sites else told
            yield from self._late()

    def _urgent(self, urgent: int, sites: int) -> str:
        if urgent == sites == 1:
            return self.words("official.overall.urgent.single")
        if urgent in (0, sites):
            which = "all" if urgent else "none"
            return self.words(f"official.overall.urgent.{which}", sites=self.words("sites_n", n=sites))
        return self.words("official.overall.urgent", n=urgent, sites=self.words("sites_n", n=sites))

    def _late(self) -> Iterable[str]:
        late = self.deadlines.late(self._open_findings)
        if late:
            oldest = min(map(self.deadlines.first, late))
            yield self.words(
                "official.overall.late", n=len(late), month=self.words.whole_month(oldest.year, oldest.month)
            )

    def _change(self) -> Iterable[str]:
        words, change = self.words, self.figures.change
        if change is not None and self.previous is not None:
            before, after = change.open_before, change.open_after
            key = "less" if after < before else "more" if after > before else "same"
            yield words(f"official.compared.{key}", when=words.moment(self.previous), before=before, after=after)
            counted = {one: change.count(one) for one in CHANGES} | {"unseen": change.unseen_before}
            counted["new"] -= counted["unseen"]
            parts = [words(f"official.became.{one}", n=count) for one, count in counted.items() if count]
            if parts:
                yield words("official.change.detail", parts="; ".join(parts))
            yield from self._regressed(change.changes.get("regressed", ()))
        elif not self.figures.incomparable:
            yield words("official.change.none")
        if self.figures.incomparable:
            yield words("official.change.incomparable", names=self._domains(self.figures.incomparable))

    def _regressed(self, findings: Sequence[Finding]) -> Iterable[str]:
        """What was met before and is not now, the worst by name: somebody changed it."""
        came_back = requirements(self.figures.run.model_copy(update={"findings": findings}), self.catalogue, *_OPEN)
        named = [f"{one.title.get(self.lang)} ({self._where(one)})" for one in came_back[:NOTABLE]]
        if len(came_back) > NOTABLE:
            named.append(self.words("official.change.more", n=len(came_back) - NOTABLE))
        if named:
            yield self.words("official.change.regressed", names="; ".join(named))

    def _notable(self, open_: Sequence[Requirement], key: str) -> Iterable[Block]:
        words = self.words
        if not open_:
            yield _paragraph(words("official.notable.none"))
            return
        findings = words("official.points_n", n=sum(len(one.findings) for one in open_))
        count = words("official.requirements_n", n=len(open_))
        hosts = key == "official.notable.hosts"
        lead = words(
            "official.notable.hosts" if hosts else "official.notable.sites", points=findings, requirements=count
        )
        named = open_[:NOTABLE]
        more = (
            words("official.notable.worst", n=len(named), annex=self._labels["open"])
            if len(open_) > len(named)
            else words("official.notable.all")
        )
        yield _paragraph(f"{lead} {more}")
        for one in named:
            yield _item(
                words(
                    "official.notable.one",
                    title=one.title.get(self.lang),
                    severity=words(f"official.severity.{one.severity.value}"),
                    where=self._where(one),
                )
            )

    def _shortcomings(self) -> Iterable[Block]:
        words, figures = self.words, self.figures
        urgent = [
            (unit, sum(site.counts.urgent for site in sites), [site.domain for site in sites if site.counts.urgent])
            for unit, sites in figures.owners
        ]
        urgent = sorted((one for one in urgent if one[1]), key=lambda one: -one[1])
        for unit, count, domains in urgent[:NAMED]:
            yield _item(
                words(
                    "official.shortcomings.unit",
                    unit=self._with_former_name(unit),
                    points=words("official.points_n", n=count),
                    sites=self._domains(domains),
                )
            )
        if len(urgent) > NAMED:
            yield _item(words("official.shortcomings.more", n=len(urgent) - NAMED, annex=self._labels["units"]))
        if figures.unread:
            yield _item(
                words("official.shortcomings.unread", sites=self._domains(site.domain for site in figures.unread))
            )
        if not urgent and not figures.unread:
            yield _paragraph(
                words("official.shortcomings.not_urgent", annex=self._labels["open"])
                if self.open
                else words("official.shortcomings.none")
            )

    def _causes(self) -> Iterable[str]:
        words, change = self.words, self.figures.change
        if not self.open:
            yield words("official.causes.none")
            return
        auto = sum(one.automated for one in self.open)
        counted = {"requirements": words("official.requirements_n", n=len(self.open))}
        if 0 < auto < len(self.open):
            yield words("official.causes.work", **counted, auto=auto, hand=len(self.open) - auto)
        else:
            yield words("official.causes.auto" if auto else "official.causes.hand", **counted)
        if change is not None and change.count("still"):
            yield words("official.causes.still", n=change.count("still"))
        if change is not None and change.count("regressed"):
            yield words("official.causes.regressed", n=change.count("regressed"))

    def _proposals(self) -> Iterable[Block]:
        words = self.words
        yield self._heading(
            1,
            words("official.proposals.units") if self.below else words("official.proposals.own", unit=self.unit.name),
        )
        yield from self._tasks()
        yield self._heading(2, words("official.proposals.above", above=self._list([unit.name for unit in self.above])))
        shared = tuple(self._shared_hosts())
        yield from shared
        yield _item(words("official.proposals.guide", security=self.security))

    def _tasks(self) -> Iterable[Block]:
        words, counts = self.words, self.figures.counts
        for severity in SEVERITIES:
            yield from map(_item, self._to_mend([one for one in self._open_findings if one.severity is severity]))
        if self.figures.unread:
            yield _item(
                words(
                    "official.tasks.unread",
                    sites=self._domains(site.domain for site in self.figures.unread),
                    date=words.day(self.deadlines.within(Severity.CRITICAL)),
                )
            )
        if self.figures.unaudited:
            yield _item(
                words(
                    "official.tasks.unaudited",
                    sites=self._domains(site.domain for site in self.figures.unaudited),
                    date=words.day(self.deadlines.within(Severity.HIGH)),
                )
            )
        if counts.unanswered:
            yield _item(
                words(
                    "official.tasks.manual",
                    points=words("official.points_n", n=counts.unanswered),
                    annex=self._labels["unsure"],
                    date=words.day(self.deadlines.within(Severity.MEDIUM)),
                )
            )
        if not counts.open_total:
            yield _item(words("official.tasks.keep"))

    def _to_mend(self, findings: Sequence[Finding]) -> Iterable[str]:
        """What of one severity is asked for: what is late at once, the rest by the days on which it is due."""
        deadlines = self.deadlines
        asked: dict[tuple[str, datetime.date], int] = Counter(
            ("late" if deadlines.is_late(finding) else "mend", deadlines.asked(finding)) for finding in findings
        )
        for (what, day), count in sorted(asked.items()):
            yield self.words(
                f"official.tasks.{what}",
                points=self._of_severity(findings[0].severity, count),
                annex=self._labels[self._list_of_open],
                date=self.words.day(day),
            )

    def _shared_hosts(self) -> Iterable[Block]:
        for unit, findings in self.figures.foreign:
            yield _item(
                self.words(
                    "official.tasks.shared",
                    unit=unit.name,
                    points=self.words("official.points_n", n=len(findings)),
                    date=self.words.day(min(map(self.deadlines.asked, findings))),
                )
            )


__all__ = ["document"]
