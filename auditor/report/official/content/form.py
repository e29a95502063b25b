"""The form of an official report, and the situation that it tells first. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.inventory import offices
from auditor.report.official.content.annexes import Annexed
from auditor.report.official.content.given import (
    _COMMITTEE,
    _PLACES,
    _TEXT_WIDTH,
    GREETED,
    _fitted,
    _kind_of_place,
    _listed,
)
from auditor.report.official.document import (
    HEADER_COLUMNS,
    SIZE_AGENCY,
    SIZE_BODY,
    SIZE_CONCERNING,
)


class Formed(Annexed):
    """With head and foot."""

    # --- the form ---------------------------------------------------------------------------------------

    def _superior(self) -> tuple[str, ...]:
        """A people's committee stands under nobody's name; other offices stand under the one above them."""
        above = offices.superior(self.figures.organisation, self.unit)
        if above is None or self.unit.name.startswith(_COMMITTEE):
            return ()
        return _fitted(above.name.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=False)

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
