"""The tables of an official report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from auditor.audit.frameworks.assessment import ClauseTotal, Result, assess_run, total
from auditor.audit.frameworks.clauses import Clause
from auditor.models import Bucket, Status, WaiverUse
from auditor.report.official.anonymous import guard
from auditor.report.official.content.given import _BLANK, _ROMAN, Given, _numbered
from auditor.report.official.document import (
    COLUMNS,
    Annex,
    AnnexKey,
)
from auditor.results.office_month import Requirement, by_office, requirements, waivers
from auditor.results.summary import SiteSummary
from auditor.text.visible import one_line


class Annexed(Given):
    """With its annexes."""

    # --- the annexes ------------------------------------------------------------------------------------

    def _annexes(self) -> tuple[Annex, ...]:
        return tuple(self._annex(key, rows) for key, rows in self._rows.items() if key in self._labels)

    @cached_property
    def _labels(self) -> Mapping[AnnexKey, str]:
        """What the annexes are called, in their order. One with nothing in it is none; the last is always there."""
        present = [key for key, rows in self._rows.items() if rows or key == "clauses"]
        if len(present) == 1:
            return {present[0]: self.words("official.annex.only")}
        return {key: self.words("official.annex", number=number) for number, key in zip(_ROMAN, present, strict=False)}

    @cached_property
    def _rows(self) -> Mapping[AnnexKey, tuple[tuple[str, ...], ...]]:
        rows: dict[AnnexKey, Iterable[tuple[str, ...]]] = {
            "units": self._unit_rows(),
            self._list_of_open: self._asked_rows() if self.downward else self._open_rows(),
            "waivers": self._waiver_rows(),
            "unsure": self._unsure_rows(),
            "clauses": self._clause_rows(),
        }
        return {key: _numbered(found) for key, found in rows.items()}

    @property
    def _list_of_open(self) -> AnnexKey:
        """What is open by requirement; in a letter to offices below by office, so that each finds its own."""
        return "asked" if self.downward else "open"

    def _annex(self, key: AnnexKey, rows: tuple[tuple[str, ...], ...]) -> Annex:
        words = self.words
        return Annex(
            key=key,
            label=self._labels[key],
            title=words(f"official.annex.{key}.title"),
            attached=words(
                "official.annex.attached",
                kind=self._kind(),
                number=words("official.number.inline", blank=_BLANK, symbol=self._symbol()),
                blank=_BLANK,
                unit=self.unit.name,
            ),
            note=words(f"official.annex.{key}.note", merged=words(f"official.clauses.merged.{self.regime}"))
            if rows
            else words("official.annex.empty"),
            columns=tuple(words(f"official.column.{column.key}") for column in COLUMNS[key]),
            rows=rows,
        )

    def _unit_rows(self) -> Iterable[tuple[str, ...]]:
        for unit, sites in self.figures.owners:
            for site in sites:
                yield (self._with_former_name(unit), *self._site_cells(site))

    def _site_cells(self, site: SiteSummary) -> tuple[str, ...]:
        counts, number = site.counts, self.words.number
        figures = (
            counts.status[Status.PASS],
            sum(finding.bucket == "partial" for finding in site.findings),
            sum(finding.bucket == "fail" for finding in site.findings),
            counts.urgent,
            counts.not_evaluated + counts.unanswered,
        )
        told = (
            tuple(number(figure) for figure in figures)
            if site.host.reached
            else ("–", "–", "–", "–", number(figures[-1]))
        )
        return (site.domain, str(site.site.level), *told, self.words(f"standing.{site.standing}"))

    def _open_rows(self) -> Iterable[tuple[str, ...]]:
        words = self.words
        for one in self.open:
            yield (
                one.title.get(self.lang),
                words(f"severity.{one.severity.value}"),
                self._clauses(one) or "–",
                self._where(one),
                words("auto") if one.automated else words("by_hand"),
                self._due(one),
            )

    def _asked_rows(self) -> Iterable[tuple[str, ...]]:
        words = self.words
        for unit, asked in by_office(self.figures, self.catalogue):
            for one in asked:
                yield (
                    self._with_former_name(unit),
                    one.title.get(self.lang),
                    words(f"severity.{one.severity.value}"),
                    self._where(one),
                    words("auto") if one.automated else words("by_hand"),
                    self._due(one),
                )

    def _due(self, one: Requirement) -> str:
        """The first day that is asked for, and what is late."""
        words, deadlines = self.words, self.deadlines
        day = words.day(min(map(deadlines.asked, one.findings)))
        late = deadlines.late(one.findings)
        if not late:
            return day
        oldest = min(map(deadlines.first, late))
        return words("official.due.late", n=len(late), day=day, month=f"{oldest.month:02}/{oldest.year}")

    def _waiver_rows(self) -> Iterable[tuple[str, ...]]:
        words = self.words
        for use, domains in waivers(self.figures, self.catalogue):
            waiver = use.waiver
            control = self.catalogue.by_id.get(waiver.control)
            yield (
                self._guarded(waiver.id),
                control.title.get(self.lang) if control else waiver.control,
                self._domains(domains),
                self._guarded(waiver.reason),
                self._measure(use),
                self._guarded(waiver.approver),
                words(f"official.waiver.{use.validity}", day=words.day(waiver.expires)),
            )

    def _measure(self, use: WaiverUse) -> str:
        """What is done instead, as long as the waiver that counts it as equivalent holds."""
        if use.waiver.compensating is None:
            return self.words("official.waiver.no_measure")
        if use.validity in ("expired", "future"):
            return self.words(f"official.waiver.not_equivalent.{use.validity}")
        return self._guarded(use.waiver.compensating)

    def _guarded(self, text: str) -> str:
        """What somebody wrote, on one line, without addresses and the names of hosts."""
        return self._guard(one_line(text, 300))

    @cached_property
    def _guard(self) -> Callable[[str], str]:
        domains = {site.site.domain for site in self.figures.summary.sites}
        names = {text for host in self.figures.run.hosts for text in (host.name, host.address)} - domains
        return guard(names, self.words("official.guarded"))

    def _unsure_rows(self) -> Iterable[tuple[str, ...]]:
        words, figures = self.words, self.figures
        unread = {host.host.name for host in figures.summary.unread}
        for host in figures.summary.unread:
            names = [site.domain for site in host.host.sites]
            yield (
                words("official.unsure.everything"),
                self._domains(names) if names else words("official.where.bare_n", n=1),
                words("official.unsure.unread"),
            )
        read = figures.run.model_copy(
            update={"findings": tuple(finding for finding in figures.findings if finding.host not in unread)}
        )
        whys: tuple[tuple[Bucket, str], ...] = (
            ("not_evaluated", words("official.unsure.not_evaluated")),
            ("manual", words("official.unsure.manual")),
        )
        for bucket, why in whys:
            for one in requirements(read, self.catalogue, bucket):
                yield (one.title.get(self.lang), self._where(one), why)

    @cached_property
    def _clause_totals(self) -> tuple[ClauseTotal, ...]:
        """The clauses over the sites, each at its level; over the hosts where there are no sites."""
        assessed = assess_run(self.framework, self.figures.run, self.catalogue)
        sites = bool(self.figures.summary.sites)
        return total(one for one in assessed if one.site is not None or not sites)

    def _clause_rows(self) -> Iterable[tuple[str, ...]]:
        words = self.words
        for one in self._clause_totals:
            yield (
                one.clause.number,
                one.clause.text.get(self.lang),
                words(f"coverage.{one.clause.status}"),
                self._result(one.clause, one.result),
                self._tally((one.clause, result, count) for result, count in one.counts.items()),
            )

    def _tally(self, counted: Iterable[tuple[Clause, Result, int]]) -> str:
        """How many have which result, best first; what nothing checks is apart from what could not be read."""
        told: dict[str, int] = Counter()
        for clause, result, count in sorted(counted, key=lambda one: one[1].rank):
            told[self._result(clause, result)] += count
        return "; ".join(
            self.words("official.clauses.of", result=result, count=count) for result, count in told.items()
        )

    def _result(self, clause: Clause, result: Result) -> str:
        if result is not Result.NOT_EVALUATED:
            return self.words(f"result.{result.value}")
        outside = clause.status == "not_covered"
        return self.words("coverage.not_covered" if outside else "official.clauses.not_read")
