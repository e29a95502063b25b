"""The sentences and tables of an official report. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.assessment import ClauseTotal, Result, assess_run, total
from auditor.audit.frameworks.clauses import Clause, Framework
from auditor.inventory import offices
from auditor.models import Bucket, DocumentKind, Finding, Lang, Regime, Severity, Status, Unit, WaiverUse
from auditor.report.official import metrics
from auditor.report.official.anonymous import guard
from auditor.report.official.deadlines import Deadlines
from auditor.report.official.document import (
    COLUMNS,
    HEADER_COLUMNS,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    PAGE,
    SIZE_AGENCY,
    SIZE_BODY,
    SIZE_CONCERNING,
    Annex,
    AnnexKey,
    Block,
    Document,
)
from auditor.report.official.period import Period
from auditor.results.office_month import Figures, Requirement, by_office, requirements, waivers
from auditor.results.summary import SEVERITIES, Change, SiteSummary
from auditor.text.visible import one_line
from auditor.text.words import Words

NOTABLE = 5
"""So many requirements are named in the body, the worst; all are in the annex."""
NAMED = 10
"""So many sites are named where sites are listed; beyond them they are counted."""
GREETED = 10
"""So many offices are greeted by name; more by what they are."""

_COMMITTEE = "Ủy ban nhân dân"
_PLACES = ("tỉnh", "thành phố", "thị xã", "thị trấn", "huyện", "quận", "phường", "xã", "đặc khu")
_BLANK = "\u00a0" * 7
_OPEN: tuple[Bucket, ...] = ("fail", "partial")
_APART: tuple[Bucket, ...] = ("attested", "not_applicable", "manual", "not_evaluated")
_CHANGES: tuple[Change, ...] = ("fixed", "still", "regressed", "new", "waived", "unknown", "gone")
_ROMAN = ("I", "II", "III", "IV", "V")
_POINTS = "abcdđeg"
"""How the points of a letter are counted."""


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


class _Writer:
    """One document's givens, so that its sentences need not pass them on."""

    def __init__(
        self,
        figures: Figures,
        catalogue: Catalogue,
        period: Period,
        moments: Sequence[str],
        deadlines: Deadlines,
        regime: Regime,
        kind: DocumentKind,
        lang: Lang,
        previous: str | None,
        framework: Framework,
    ) -> None:
        self.figures, self.catalogue, self.period, self.moments = figures, catalogue, period, moments
        self.regime, self.kind, self.lang, self.previous = regime, kind, lang, previous
        self.framework, self.deadlines = framework, deadlines
        self.words = Words(lang)
        self.unit = figures.unit
        self.above = offices.addressees(figures.organisation, figures.unit)
        self.below = tuple(unit for unit, _ in figures.owners if unit.id != figures.unit.id)
        self.downward = kind == "cong-van" and bool(self.below)
        self.open = requirements(figures.run, catalogue, *_OPEN)
        self.security = self.words(f"official.security.{regime}")
        self.month = self.words.whole_month(period.year, period.month)

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

    # --- the form ---------------------------------------------------------------------------------------

    def _kind(self) -> str:
        return self.words(f"official.kind.{self.kind}")

    def _superior(self) -> tuple[str, ...]:
        """A people's committee stands under nobody's name; other offices stand under the one above them."""
        above = offices.superior(self.figures.organisation, self.unit)
        if above is None or self.unit.name.startswith(_COMMITTEE):
            return ()
        return _fitted(above.name.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=False)

    def _symbol(self) -> str:
        own = self.unit.abbreviation or ("UBND" if self.unit.name.startswith(_COMMITTEE) else "…")
        if self.kind == "cong-van":
            return f"{own}-{self.unit.drafter}" if self.unit.drafter else own
        return f"BC-{own}"

    def _place(self) -> str:
        if self.unit.place:
            return self.unit.place
        kind = _kind_of_place(self.unit.name)
        return self.unit.name.removeprefix(_COMMITTEE).strip().removeprefix(f"{kind} ") if kind else "…"

    def _subject(self) -> tuple[str, ...]:
        text = self.words("official.subject", security=self.security, month=self.month)
        return _fitted(text, _TEXT_WIDTH * 0.8, SIZE_BODY, bold=True)

    def _concerning(self) -> tuple[str, ...]:
        if self.kind != "cong-van":
            return ()
        text = self.words(
            "official.concerning.request" if self.downward else "official.concerning.report",
            security=self.security,
            month=self.month,
        )
        return _fitted(text, HEADER_COLUMNS[0] - 4, SIZE_CONCERNING, bold=False)

    def _receivers(self) -> tuple[str, ...]:
        """Who is greeted: by name, or, when they are many, as what they are; annex I has all of their names."""
        receivers = self.below if self.downward else self.above
        names = [unit.name for unit in receivers]
        if len(names) <= GREETED:
            return tuple(names)
        kinds = {kind for name in names if (kind := _kind_of_place(name))}
        others = [name for name in names if not _kind_of_place(name)]
        if len(others) > GREETED:
            others = [self.words("official.greeting.others")]
        told = [self.words("official.greeting.committees", kinds=self._list([one for one in _PLACES if one in kinds]))]
        listed = [*(told if kinds else ()), *others]
        return (*listed[:-1], self.words("official.greeting.listed", last=listed[-1], annex=self._labels["units"]))

    def _recipients(self) -> tuple[str, ...]:
        words = self.words
        copied = [unit.name for unit in offices.copied(self.figures.organisation, self.unit)]
        drafter = f", {self.unit.drafter}" if self.unit.drafter else ""
        return _listed([words("official.as_above"), *copied, words("official.kept", drafter=drafter)])

    def _signing(self) -> tuple[str, ...]:
        words = self.words
        if self.unit.name.startswith(_COMMITTEE):
            return (words("official.signing.committee"), words("official.signing.chair"))
        return (words("official.signing.head"),)

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

    def _situation(self) -> Iterable[str]:
        words, figures = self.words, self.figures
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
            if (count := sum(site.site.level == level for site in sites))
        ]
        yield f"{scope} {words('official.situation.levels', levels=self._list(levels))}" if levels else scope
        yield self._when()
        yield from self._missing()

    def _when(self) -> str:
        words, moments = self.words, self.moments
        if len(moments) == 1:
            return words("official.situation.run", when=words.moment(moments[0]), version=self.figures.run.version)
        return words(
            "official.situation.runs",
            runs=words("official.runs_n", n=len(moments)),
            first=words.moment(moments[-1]),
            last=words.moment(moments[0]),
            version=self.figures.run.version,
        )

    def _missing(self) -> Iterable[str]:
        words, figures = self.words, self.figures
        unread, hosts = figures.summary.unread, figures.summary.hosts
        if unread:
            told = {"count": len(unread), "hosts": words("hosts_n", n=len(hosts))}
            if figures.unread:
                names = self._domains(site.domain for site in figures.unread)
                yield words("official.missing.unread", **told, sites=names)
            else:
                yield words("official.missing.unread_bare", **told)
        if unread and 2 * len(unread) >= len(hosts):
            yield words("official.missing.half")
        if figures.unaudited:
            yield words(
                "official.missing.unaudited",
                sites=words("sites_n", n=len(figures.unaudited)),
                names=self._domains(site.domain for site in figures.unaudited),
            )
        if figures.homeless:
            yield words(
                "official.missing.homeless",
                sites=words("sites_n", n=len(figures.homeless)),
                names=self._domains(site.domain for site in figures.homeless),
            )

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

    @cached_property
    def _open_findings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.figures.findings if finding.is_open)

    def _change(self) -> Iterable[str]:
        words, change = self.words, self.figures.change
        if change is not None and self.previous is not None:
            before, after = change.open_before, change.open_after
            key = "less" if after < before else "more" if after > before else "same"
            yield words(f"official.compared.{key}", when=words.moment(self.previous), before=before, after=after)
            counted = {one: change.count(one) for one in _CHANGES} | {"unseen": change.unseen_before}
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

    # --- small parts ------------------------------------------------------------------------------------

    def _where(self, one: Requirement) -> str:
        words = self.words
        if not one.of_host:
            return self._domains(one.domains)
        hosts = words("hosts_n", n=len(one.hosts))
        if not one.domains:
            return hosts
        return words("official.where.hosts", hosts=hosts, sites=self._domains(one.domains))

    def _clauses(self, one: Requirement) -> str:
        by_level = one.references.get(self.framework.key)
        if not isinstance(by_level, Mapping):
            return ""
        told = (clause for level in sorted(one.levels or {2}) for clause in by_level.get(f"l{level}") or ())
        return "; ".join(dict.fromkeys(str(clause) for clause in told))

    def _domains(self, domains: Iterable[str]) -> str:
        names = tuple(dict.fromkeys(domains))
        if len(names) <= NAMED:
            return ", ".join(names)
        return self.words("official.where.more", names=", ".join(names[:NAMED]), n=len(names) - NAMED)

    def _list(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)

    def _of_severity(self, severity: Severity, count: int) -> str:
        return self.words(
            "official.of_severity",
            points=self.words("official.points_n", n=count),
            severity=self.words(f"official.severity.{severity.value}"),
        )

    def _with_former_name(self, unit: Unit) -> str:
        if not unit.former_name:
            return unit.name
        return self.words("official.formerly", name=unit.name, former=unit.former_name)

    def _last_deadline(self) -> datetime.date:
        asked = map(self.deadlines.asked, self._open_findings)
        return max(asked, default=self.deadlines.within(Severity.MEDIUM))


_TEXT_WIDTH = PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT


def _agency(name: str) -> tuple[str, ...]:
    """The office's name in the header: a people's committee in two lines, its kind and its place."""
    rest = name.removeprefix(_COMMITTEE).strip()
    parts = (_COMMITTEE, rest) if rest != name and rest else (name,)
    return tuple(line for part in parts for line in _fitted(part.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=True))


def _fitted(text: str, width: float, size: float, *, bold: bool) -> tuple[str, ...]:
    return metrics.lines(text, lambda line: metrics.width(line, size, bold=bold), width)


def _kind_of_place(name: str) -> str | None:
    """What a people's committee is of: a commune, a ward, …; None for another office."""
    place = name.removeprefix(_COMMITTEE).strip()
    return next((kind for kind in _PLACES if place != name and place.startswith(f"{kind} ")), None)


def _addressees(names: Sequence[str]) -> tuple[str, ...]:
    """One stands beside the greeting; several stand below it, one a line."""
    return tuple(names) if len(names) == 1 else _listed(names)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    """Lines with a dash, each with a semicolon, the last with a full stop."""
    return tuple(f"- {name}{'.' if number == len(names) else ';'}" for number, name in enumerate(names, 1))


def _numbered(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _punctuated(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Of items that follow each other each ends with a semicolon, the last with a full stop."""
    found = list(blocks)
    for index, block in enumerate(found):
        if block.kind == "item":
            last = index + 1 == len(found) or found[index + 1].kind != "item"
            found[index] = block.model_copy(update={"text": f"- {block.text}{'.' if last else ';'}"})
    return tuple(found)


def _paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def _closing(text: str) -> Block:
    return Block(kind="closing", text=f"{text}./.")


def _item(text: str) -> Block:
    return Block(kind="item", text=text)


__all__ = ["document"]
