"""The sentences and tables of an official report. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from auditor import units
from auditor.controls import Catalogue
from auditor.frameworks.assessment import ClauseTotal, Result, assess_run, total
from auditor.frameworks.clauses import Framework
from auditor.models import Bucket, DocumentKind, Finding, Lang, Regime, Severity, Status, Unit
from auditor.report.official import metrics
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
from auditor.report.official.figures import Figures, Requirement, requirements, waivers
from auditor.report.official.period import Period
from auditor.report.summary import SEVERITIES, Change, SiteSummary
from auditor.report.visible import one_line
from auditor.words import Words

DEADLINE_DAYS: Mapping[Severity, int] = {
    Severity.CRITICAL: 7,
    Severity.HIGH: 15,
    Severity.MEDIUM: 30,
    Severity.LOW: 60,
}
"""Days after the period's end, where the organisation's file gives no others."""

NOTABLE = 5
"""So many requirements are named in the body, the worst; all are in the annex."""
NAMED = 10
"""So many sites are named where sites are listed; beyond them they are counted."""

_COMMITTEE = "Ủy ban nhân dân"
_PLACES = ("tỉnh", "thành phố", "thị xã", "thị trấn", "huyện", "quận", "phường", "xã", "đặc khu")
_BLANK = "\u00a0" * 7
_OPEN: tuple[Bucket, ...] = ("fail", "partial")
_APART: tuple[Bucket, ...] = ("attested", "not_applicable", "manual", "not_evaluated")
_CHANGES: tuple[Change, ...] = ("fixed", "still", "regressed", "new", "waived", "unknown", "gone")
_ROMAN = ("I", "II", "III", "IV", "V")


def document(
    figures: Figures,
    catalogue: Catalogue,
    period: Period,
    moments: Sequence[str],
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
    return _Writer(figures, catalogue, period, moments, regime, kind, lang, previous, framework).document()


class _Writer:
    """One document's givens, so that its sentences need not pass them on."""

    def __init__(
        self,
        figures: Figures,
        catalogue: Catalogue,
        period: Period,
        moments: Sequence[str],
        regime: Regime,
        kind: DocumentKind,
        lang: Lang,
        previous: str | None,
        framework: Framework,
    ) -> None:
        self.figures, self.catalogue, self.period, self.moments = figures, catalogue, period, moments
        self.regime, self.kind, self.lang, self.previous = regime, kind, lang, previous
        self.framework = framework
        self.words = Words(lang)
        self.unit = figures.unit
        self.above = units.addressees(figures.organisation, figures.unit)
        self.below = tuple(unit for unit, _ in figures.owners if unit.id != figures.unit.id)
        self.open = requirements(figures.run, catalogue, *_OPEN)
        self.security = self.words(f"official.security.{regime}")
        self.month = self.words("official.month", month=f"{period.month:02}", year=str(period.year))

    def document(self) -> Document:
        words = self.words
        downward = self.kind == "cong-van" and bool(self.below)
        receivers = self.below if downward else self.above
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
            addressees=_addressees(receivers),
            body=_punctuated(self._request() if downward else self._report()),
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
        above = units.superior(self.figures.organisation, self.unit)
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
        words = self.unit.name.removeprefix(_COMMITTEE).strip()
        kind = next((kind for kind in _PLACES if words.startswith(f"{kind} ")), None)
        return words.removeprefix(f"{kind} ") if kind and words != self.unit.name else "…"

    def _subject(self) -> tuple[str, ...]:
        text = self.words("official.subject", security=self.security, month=self.month)
        return _fitted(text, _TEXT_WIDTH * 0.8, SIZE_BODY, bold=True)

    def _concerning(self) -> tuple[str, ...]:
        if self.kind != "cong-van":
            return ()
        text = self.words("official.concerning", security=self.security, month=self.month)
        return _fitted(text, HEADER_COLUMNS[0] - 4, SIZE_CONCERNING, bold=False)

    def _recipients(self) -> tuple[str, ...]:
        words = self.words
        copied = [unit.name for unit in units.copied(self.figures.organisation, self.unit)]
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
        yield _part(words("official.part.situation"))
        yield from map(_paragraph, self._situation())
        yield _part(words("official.part.results"))
        yield _heading(1, words("official.results.overall"))
        yield from map(_paragraph, self._overall())
        yield _heading(2, words("official.results.change"))
        yield from map(_paragraph, self._change())
        yield _heading(3, words("official.results.hosts"))
        yield from self._notable([one for one in self.open if one.of_host], "official.notable.hosts")
        yield _heading(4, words("official.results.sites"))
        yield from self._notable([one for one in self.open if not one.of_host], "official.notable.sites")
        yield _heading(5, words("official.results.content"))
        yield _paragraph(words("official.no_data.content"))
        yield _heading(6, words("official.results.sharing", security=self.security))
        yield _paragraph(words("official.no_data.sharing"))
        yield _part(words("official.part.incidents"))
        yield _paragraph(words("official.no_data.incidents"))
        yield _part(words("official.part.shortcomings"))
        yield _heading(1, words("official.shortcomings"))
        yield from self._shortcomings()
        yield _heading(2, words("official.causes"))
        yield from map(_paragraph, self._causes())
        yield _part(words("official.part.proposals"))
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
            words("official.opening.request", unit=self.unit.name, security=self.security, month=self.month)
        )
        yield _heading(1, words("official.request.results"))
        yield from map(_paragraph, (*self._situation(), *self._overall(), *self._change()))
        yield _heading(2, words("official.request.tasks"))
        yield from self._tasks()
        yield from self._shared_hosts()
        yield _item(words("official.request.evidence", force=words(f"official.force.{self.regime}")))
        yield _heading(3, words("official.request.report_back"))
        yield _paragraph(
            words("official.request.report_by", unit=self.unit.name, date=self.words.day(self._last_deadline()))
        )
        yield _closing(words("official.closing.request", unit=self.unit.name))

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
            results=self._tally(Counter(one.result for one in self._clause_totals)),
        )
        if counts.open_total:
            yield words(
                "official.overall.open",
                open=words("official.points_n", n=counts.open_total),
                severities=self._list(
                    [self._of_severity(one, counts.open[one]) for one in SEVERITIES if counts.open[one]]
                ),
                urgent=sum(bool(site.counts.urgent) for site in summary.sites),
                sites=words("sites_n", n=len(summary.sites)),
            )

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
            words("official.notable.worst", n=len(named)) if len(open_) > len(named) else words("official.notable.all")
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
            yield _item(words("official.shortcomings.more", n=len(urgent) - NAMED))
        if figures.unread:
            yield _item(
                words("official.shortcomings.unread", sites=self._domains(site.domain for site in figures.unread))
            )
        if not urgent and not figures.unread:
            yield _paragraph(words("official.shortcomings.not_urgent" if self.open else "official.shortcomings.none"))

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
        yield _heading(
            1,
            words("official.proposals.units") if self.below else words("official.proposals.own", unit=self.unit.name),
        )
        yield from self._tasks()
        yield _heading(2, words("official.proposals.above", above=self._list([unit.name for unit in self.above])))
        shared = tuple(self._shared_hosts())
        yield from shared
        yield _item(words("official.proposals.guide", security=self.security))

    def _tasks(self) -> Iterable[Block]:
        words, counts = self.words, self.figures.counts
        for severity in SEVERITIES:
            if counts.open[severity]:
                yield _item(
                    words(
                        "official.tasks.mend",
                        points=self._of_severity(severity, counts.open[severity]),
                        date=self.words.day(self._deadline(severity)),
                    )
                )
        if self.figures.unread:
            yield _item(
                words(
                    "official.tasks.unread",
                    sites=self._domains(site.domain for site in self.figures.unread),
                    date=self.words.day(self._deadline(Severity.CRITICAL)),
                )
            )
        if self.figures.unaudited:
            yield _item(
                words(
                    "official.tasks.unaudited",
                    sites=self._domains(site.domain for site in self.figures.unaudited),
                    date=self.words.day(self._deadline(Severity.HIGH)),
                )
            )
        if counts.unanswered:
            yield _item(
                words(
                    "official.tasks.manual",
                    points=words("official.points_n", n=counts.unanswered),
                    date=self.words.day(self._deadline(Severity.MEDIUM)),
                )
            )
        if not counts.open_total:
            yield _item(words("official.tasks.keep"))

    def _shared_hosts(self) -> Iterable[Block]:
        for unit, findings in self.figures.foreign:
            worst = max((finding.severity for finding in findings), key=lambda severity: severity.rank)
            yield _item(
                self.words(
                    "official.tasks.shared",
                    unit=unit.name,
                    points=self.words("official.points_n", n=len(findings)),
                    date=self.words.day(self._deadline(worst)),
                )
            )

    # --- the annexes ------------------------------------------------------------------------------------

    def _annexes(self) -> tuple[Annex, ...]:
        rows: dict[AnnexKey, Iterable[tuple[str, ...]]] = {
            "units": self._unit_rows(),
            "open": self._open_rows(),
            "waivers": self._waiver_rows(),
            "unsure": self._unsure_rows(),
            "clauses": self._clause_rows(),
        }
        return tuple(
            self._annex(number, key, _numbered(found))
            for number, (key, found) in zip(_ROMAN, rows.items(), strict=False)
        )

    def _annex(self, number: str, key: AnnexKey, rows: tuple[tuple[str, ...], ...]) -> Annex:
        words = self.words
        return Annex(
            key=key,
            label=words("official.annex", number=number),
            title=words(f"official.annex.{key}.title"),
            attached=words(
                "official.annex.attached",
                kind=self._kind(),
                number=words("official.number.inline", blank=_BLANK, symbol=self._symbol()),
                blank=_BLANK,
                unit=self.unit.name,
            ),
            note=words(f"official.annex.{key}.note" if rows else "official.annex.empty"),
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
                self.words.day(self._deadline(one.severity)),
            )

    def _waiver_rows(self) -> Iterable[tuple[str, ...]]:
        words = self.words
        for use, domains in waivers(self.figures, self.catalogue):
            waiver = use.waiver
            control = self.catalogue.by_id.get(waiver.control)
            yield (
                control.title.get(self.lang) if control else waiver.control,
                self._domains(domains),
                self._guarded(waiver.reason),
                self._guarded(waiver.compensating) if waiver.compensating else words("official.waiver.no_measure"),
                words(f"official.waiver.{use.validity}", day=words.day(waiver.expires)),
            )

    def _guarded(self, text: str) -> str:
        """What somebody wrote, on one line, without addresses and the names of hosts."""
        return self._hosts.sub(self.words("official.guarded"), one_line(text, 300))

    @cached_property
    def _hosts(self) -> re.Pattern[str]:
        domains = {site.site.domain for site in self.figures.summary.sites}
        names = {text for host in self.figures.run.hosts for text in (host.name, host.address)} - domains
        told = [rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in sorted(names, key=len, reverse=True)]
        return re.compile(
            "|".join([*told, r"\b\d{1,3}(?:\.\d{1,3}){3}\b", r"\b(?:[0-9a-f]{1,4}:+){2,}[0-9a-f:]*"]), re.I
        )

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
                words(f"result.{one.result.value}"),
                self._tally(one.counts),
            )

    def _tally(self, counts: Mapping[Result, int]) -> str:
        words = self.words
        told = [
            words("official.clauses.of", result=words(f"result.{result.value}"), count=counts[result])
            for result in Result
            if counts.get(result)
        ]
        return "; ".join(told)

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

    def _deadline(self, severity: Severity) -> datetime.date:
        days = {**DEADLINE_DAYS, **self.figures.organisation.deadline_days}[severity]
        return self.period.last_day + datetime.timedelta(days=days)

    def _last_deadline(self) -> datetime.date:
        asked = [self._deadline(severity) for severity in SEVERITIES if self.figures.counts.open[severity]]
        return max(asked, default=self._deadline(Severity.MEDIUM))


_TEXT_WIDTH = PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT


def _agency(name: str) -> tuple[str, ...]:
    """The office's name in the header: a people's committee in two lines, its kind and its place."""
    rest = name.removeprefix(_COMMITTEE).strip()
    parts = (_COMMITTEE, rest) if rest != name and rest else (name,)
    return tuple(line for part in parts for line in _fitted(part.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=True))


def _fitted(text: str, width: float, size: float, *, bold: bool) -> tuple[str, ...]:
    return metrics.lines(text, lambda line: metrics.width(line, size, bold=bold), width)


def _addressees(units: Sequence[Unit]) -> tuple[str, ...]:
    """One stands beside the greeting; several stand below it, one a line."""
    if len(units) == 1:
        return (units[0].name,)
    return _listed([unit.name for unit in units])


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


def _part(text: str) -> Block:
    return Block(kind="part", text=text)


def _heading(number: int, text: str) -> Block:
    return Block(kind="heading", text=f"{number}. {text}")


def _paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def _closing(text: str) -> Block:
    return Block(kind="closing", text=f"{text}./.")


def _item(text: str) -> Block:
    return Block(kind="item", text=text)


__all__ = ["DEADLINE_DAYS", "document"]
