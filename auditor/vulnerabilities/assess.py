"""A whole host: verdicts on all that it has installed, and the area ``vulnerabilities`` of control expressions. Pure over ``Known``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from auditor.models import clock
from auditor.models.vulnerabilities import PACKAGE_KINDS, Imported, State
from auditor.vulnerabilities import installed, judging, reached
from auditor.vulnerabilities.components import COMPOSER
from auditor.vulnerabilities.stated import NOTHING, OVER, Stated, said
from auditor.vulnerabilities.verdicts import Built, Verdict

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import Exploited, Known

MAX_LISTED = 1_000
"""Of a host's findings: a host that nobody has mended for years has hundreds, and tables count them."""
STALE_DAYS = 35
LIKELY = 0.1
"""EPSS from which a vulnerability counts although the distribution has no fix yet."""
HARMLESS = "unimportant"
"""Debian's word for what is no work for anybody."""
_OPEN = ("affected", "restart_owed")


@dataclass(frozen=True)
class Weighed:
    """A verdict with what tells how urgent it is."""

    verdict: Verdict
    exploited: Exploited | None
    way: str | None
    """How a stranger's bytes come to it."""
    score: float | None

    @property
    def rank(self) -> tuple[Any, ...]:
        """What comes first: ransomware, exploited, within strangers' reach, likely."""
        listed = self.exploited
        return (
            not (listed and listed.ransomware),
            listed is None,
            self.way is None,
            -(self.score or 0.0),
            self.verdict.id,
            self.verdict.subject,
        )


def verdicts(data: Mapping[str, Any], known: Known) -> Iterator[Verdict]:
    """Every record on what the host has installed. A release that the data does not hold has none: see ``covered``."""
    yield from packages(data, known)
    for component in installed.components(data):
        yield from (verdict for verdict, _record in judging.of_part(component, known))


def packages(data: Mapping[str, Any], known: Known) -> Iterator[Verdict]:
    """Those on packages."""
    release = installed.release(data)
    for built in installed.built(data) if "packages" in data else ():
        yield from judging.of_built(release, built, known)


@dataclass(frozen=True)
class Standing:
    """What the verdicts on one source in one version come to: hosts share most of them."""

    counts: Mapping[State, int]
    exploited: tuple[Verdict, ...]
    """What CISA lists and is not known to be clean."""
    mendable: tuple[Verdict, ...]
    """What is open and somebody can do something about, or has to: what the distribution calls harmless or leaves unfixed is no work."""


def _is_work(verdict: Verdict, known: Known) -> bool:
    return bool(verdict.fixed) or (known.score(verdict.id) or 0.0) >= LIKELY


def _standing(release: str, built: Built, known: Known) -> Standing:
    counts: dict[State, int] = {}
    exploited, mendable = [], []
    for verdict in judging.of_built(release, built, known):
        counts[verdict.state] = counts.get(verdict.state, 0) + 1
        if verdict.id in known.exploited and verdict.state in OVER:
            exploited.append(verdict)
        elif verdict.state in _OPEN and verdict.said.urgency != HARMLESS and _is_work(verdict, known):
            mendable.append(verdict)
    return Standing(counts, tuple(exploited), tuple(mendable))


def covered(data: Mapping[str, Any], known: Known) -> bool:
    """Whether the data tells of the host's release."""
    return installed.release(data) in known.telling


def area(
    data: Mapping[str, Any], errors: Mapping[str, str], now: int, known: Known | None, stated: Stated = NOTHING
) -> dict[str, Any]:
    """The area ``vulnerabilities``. ``errors`` says why an area is not in ``data``.

    ``about`` tells what data was imported on; what cannot be told of a host is not there, with the reason beside it.
    """
    kinds = {source.kind for source in known.sources} if known is not None else set()
    told: dict[str, Any] = {
        "about": {
            "packages": not kinds.isdisjoint(PACKAGE_KINDS),
            "components": "wordfence" in kinds,
            "anything": bool(kinds),
        }
    }
    if known is None or not kinds:
        return told
    told["release"] = installed.release(data)
    told["sources"] = [_source(source, clock.day(clock.at(now))) for source in known.sources]
    told["gaps"] = list(_gaps(told, data, known))
    if "packages" not in data:
        told["untold"] = dict.fromkeys(("known_exploited", "exposed"), errors.get("packages", "not collected"))
    elif not covered(data, known):
        why = {"why": "vulnerability_release", "release": told["release"] or "?"}
        told.update(known_exploited_unread=why, exposed_unread=why)
    else:
        told.update(_of_packages(data, errors, known, stated))
    if "wordpress" in data:
        told["components"] = list(_of_components(data, known, stated))
    else:
        told.setdefault("untold", {})["components"] = errors.get("wordpress", "not collected")
    return told


def _source(source: Imported, today: date) -> dict[str, Any]:
    age = (today - source.dated).days
    return {"kind": source.kind, "part": source.part, "dated": str(source.dated), "age_days": age}


def _gaps(told: Mapping[str, Any], data: Mapping[str, Any], known: Known) -> Iterator[dict[str, Any]]:
    """What the data is too old for, or does not hold."""
    for source in told["sources"]:
        if source["age_days"] > STALE_DAYS:
            yield {
                "data": source["kind"],
                "part": source["part"],
                "dated": source["dated"],
                "age_days": source["age_days"],
            }
    for lock in data.get("packages", {}).get("composer", ()):
        if lock["packages"] is None:
            yield {"data": "composer", "path": lock["path"]}
    if told["about"]["packages"] and not covered(data, known):
        yield {"data": "packages", "release": told["release"] or "?"}


def _of_packages(data: Mapping[str, Any], errors: Mapping[str, str], known: Known, stated: Stated) -> dict[str, Any]:
    """``counts`` are by the data alone."""
    ways, release = reached.by_strangers(data), installed.release(data)
    counts: dict[State, int] = {}
    exploited, exposed = [], []
    for built in installed.built(data):
        standing = known.kept((release, built), partial(_standing, release, built, known))
        for state, number in standing.counts.items():
            counts[state] = counts.get(state, 0) + number
        exploited += [weigh(verdict, ways or {}, known) for verdict in _unanswered(standing.exploited, stated)]
        if standing.mendable and reached.way(built.source, ways or {}) is not None:
            exposed += [weigh(verdict, ways or {}, known) for verdict in _unanswered(standing.mendable, stated)]
    way = reached.by_web(ways or {})
    for weighed in _of_libraries(data, way, known, stated):
        if weighed.exploited is not None:
            exploited.append(weighed)
        elif weighed.verdict.state == "affected" and way is not None:
            exposed.append(weighed)
    told = {"counts": counts, "known_exploited": listed(exploited)}
    if ways is None:
        return {**told, "untold": {"exposed": errors.get("firewall", "not collected")}}
    return {**told, "exposed": listed(exposed)}


def _of_libraries(data: Mapping[str, Any], way: str | None, known: Known, stated: Stated) -> Iterator[Weighed]:
    """What is open in packages of PHP, which a stranger's bytes come to as they come to their site."""
    for component in installed.of_composer(data):
        verdicts = (verdict for verdict, _record in judging.of_part(component, known) if verdict.state in OVER)
        for verdict in _unanswered(verdicts, stated):
            yield Weighed(verdict, known.exploited.get(verdict.id), way, known.score(verdict.id))


def _unanswered(verdicts: Iterable[Verdict], stated: Stated) -> Iterator[Verdict]:
    """Those that no statement answers."""
    return (one for one in verdicts if said(one, stated) is one)


def weigh(verdict: Verdict, ways: Mapping[str, str], known: Known) -> Weighed:
    """A verdict on a package with what tells how urgent it is."""
    way = reached.way(verdict.subject, ways)
    return Weighed(verdict, known.exploited.get(verdict.id), way, known.score(verdict.id))


def listed(weighed: list[Weighed]) -> list[dict[str, Any]]:
    """As findings show them, what is most urgent first."""
    return [_shown(one) for one in sorted(weighed, key=lambda each: each.rank)[:MAX_LISTED]]


def _shown(one: Weighed) -> dict[str, Any]:
    verdict = one.verdict
    told: dict[str, Any] = {
        "vulnerability": verdict.id,
        "package": verdict.subject,
        "installed": verdict.installed,
        "state": verdict.state,
        "reason": verdict.reason,
    }
    more = {
        "fixed": verdict.fixed,
        "urgency": verdict.said.urgency,
        "no_advisory": verdict.said.no_advisory,
        "held": verdict.held,
        "still_run_by": list(verdict.still_run_by),
        "path": verdict.where[0] if verdict.subject.startswith(COMPOSER) else "",
        "reached": one.way,
        "epss": one.score,
        "exploited_since": one.exploited.added if one.exploited else "",
        "ransomware": bool(one.exploited and one.exploited.ransomware),
    }
    return {**told, **{name: value for name, value in more.items() if value}}


def _of_components(data: Mapping[str, Any], known: Known, stated: Stated) -> Iterator[dict[str, Any]]:
    found = []
    for component in installed.of_wordpress(data):
        for verdict, record in judging.of_part(component, known):
            if verdict.state in OVER and said(verdict, stated) is verdict:
                found.append(
                    (Weighed(verdict, known.exploited.get(verdict.id), "http", known.score(verdict.id)), record)
                )
    for one, record in sorted(found, key=lambda each: each[0].rank)[:MAX_LISTED]:
        shown = {key: value for key, value in _shown(one).items() if key != "reached"}
        shown["component"] = shown.pop("package")
        yield {**shown, "title": record[1], "cvss": record[4] or 0, "path": one.verdict.where[0]}
