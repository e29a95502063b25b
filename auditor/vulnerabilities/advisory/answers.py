"""Every id of a list on every host: the verdict, what proves it, and by when it has to be done. Pure over ``Known``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from auditor.inventory.table.columns import folded
from auditor.models.vulnerabilities import COMPONENT_KINDS, PACKAGE_KINDS, State
from auditor.vulnerabilities import installed, judging
from auditor.vulnerabilities.advisory.reading import Advisory, Item
from auditor.vulnerabilities.stated import NOTHING, Stated, said
from auditor.vulnerabilities.verdicts import Verdict, by_changelog

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import Exploited, Known

WORST: tuple[State, ...] = (
    *("affected", "restart_owed", "unknown", "mitigated", "fixed", "not_affected", "not_installed"),
)


@dataclass(frozen=True)
class Line:
    """One verdict on an id, with all hosts that it holds for."""

    verdict: Verdict
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One id of a list."""

    id: str
    numbers: tuple[int, ...]
    """The rows or entries that name it."""
    product: str
    due: date | None
    exploited: Exploited | None
    score: float | None
    lines: tuple[Line, ...]

    @property
    def state(self) -> State:
        """The worst of its lines."""
        return min((line.verdict.state for line in self.lines), key=WORST.index, default="unknown")


@dataclass(frozen=True)
class Answers:
    """What a list comes to."""

    title: str
    answers: tuple[Answer, ...]
    wrong: tuple[tuple[int, str], ...]
    """Row or entry, and what was meant for an id, or a date, and is none."""


def answer(
    advisory: Advisory,
    hosts: Mapping[str, Mapping[str, Any] | None],
    known: Known,
    products: Sequence[str],
    due: date | None,
    stated: Mapping[str, Stated] = MappingProxyType({}),
) -> Answers:
    """``hosts``: facts by area as plain data, None for a host that could not be read. ``products``: what no host of ours has.

    ``due`` holds where a row has no day of its own; ``stated`` by host what the office says. Order: what is worst, then what ransomware uses, what is exploited, what is likely.
    """
    by_id: dict[str, list[Item]] = {}
    for item in advisory.items:
        for one in item.ids:
            by_id.setdefault(one, []).append(item)
    found = [_answer(name, items, hosts, known, products, due, stated) for name, items in by_id.items()]
    wrong = [(item.number, text) for item in advisory.items for text in (*item.wrong, item.due_text) if text]
    return Answers(advisory.title, tuple(sorted(found, key=_rank)), tuple(wrong))


def _rank(one: Answer) -> tuple[Any, ...]:
    listed = one.exploited
    return (
        WORST.index(one.state),
        not (listed and listed.ransomware),
        listed is None,
        -(one.score or 0.0),
        one.numbers[0],
    )


def _answer(
    name: str,
    items: Sequence[Item],
    hosts: Mapping[str, Mapping[str, Any] | None],
    known: Known,
    products: Sequence[str],
    due: date | None,
    stated: Mapping[str, Stated],
) -> Answer:
    product = next((item.product for item in items if item.product), "")
    own = [item.due for item in items if item.due]
    lines: dict[Verdict, list[str]] = {}
    for host, data in hosts.items():
        for verdict in _on_host(name, data, known, is_foreign(product, products)):
            lines.setdefault(said(verdict, stated.get(host, NOTHING)), []).append(host)
    return Answer(
        id=name,
        numbers=tuple(item.number for item in items),
        product=product,
        due=min(own) if own else due,
        exploited=known.exploited.get(name),
        score=known.score(name),
        lines=tuple(
            Line(verdict, tuple(names))
            for verdict, names in sorted(lines.items(), key=lambda each: WORST.index(each[0].state))
        ),
    )


def _on_host(name: str, data: Mapping[str, Any] | None, known: Known, foreign: bool) -> Iterable[Verdict]:
    about, named = known.about(name), tuple(_by_changelogs(name, data or {}))
    if not about and foreign and not named:
        return [_verdict(name, "not_installed", "product")]
    if not about:
        return named or [_verdict(name, "unknown", _unnamed(data or {}))]
    if data is None:
        return [_verdict(name, "unknown", "unread")]
    proven = {(one.subject, one.installed): one for one in named}
    found = [
        proven.get((one.subject, one.installed), one) if one.state == "unknown" else one
        for one in _found(name, about, data, known)
    ]
    return found or [
        _verdict(name, "not_installed", "none_of_it", ", ".join(sorted({one for _kind, one in about}))[:200])
    ]


def _unnamed(data: Mapping[str, Any]) -> str:
    """Why nothing is known of an id that no data names."""
    if "changelogs" not in data:
        return "no_data"
    read = data["changelogs"]
    return (
        "no_changelogs"
        if read["without"] == read["packages"]
        else "some_changelogs"
        if read["cut_short"]
        else "no_changelog"
    )


def _by_changelogs(name: str, data: Mapping[str, Any]) -> Iterator[Verdict]:
    """What of the host's packages has a changelog that names the id, where that was asked."""
    entries = {
        one["package"]: one["entry"]
        for one in data.get("changelogs", {}).get("named", ())
        if one["vulnerability"] == name
    }
    for built in installed.built(data) if entries and "packages" in data else ():
        version = next((entries[binary] for binary in built.binaries if binary in entries), None)
        if version is not None:
            yield by_changelog(name, built, version)


def _verdict(name: str, state: State, reason: str, subject: str = "") -> Verdict:
    return Verdict(name, subject, "", state, reason)


def _found(name: str, about: Sequence[tuple[str, str]], data: Mapping[str, Any], known: Known) -> Iterator[Verdict]:
    """What the host has of what the id is about."""
    sources = {one for kind, one in about if kind in PACKAGE_KINDS}
    if sources and "packages" not in data:
        yield _verdict(name, "unknown", "unread")
    elif sources:
        release = installed.release(data)
        for built in installed.built(data):
            if built.source in sources:
                yield next(
                    (one for one in judging.of_built(release, built, known) if one.id == name),
                    Verdict(name, built.source, built.version, "unknown", "not_in_release", where=built.binaries),
                )
    components = {one for kind, one in about if kind in COMPONENT_KINDS}
    for component in installed.components(data):
        if component.name in components:
            yield from (one for one, _record in judging.of_part(component, known) if one.id == name)


def is_foreign(product: str, products: Sequence[str]) -> bool:
    """Whether a product is one that no host of ours has."""
    told = f" {folded(product)} "
    return any(re.search(rf" {re.escape(folded(one))} ", told) for one in products if folded(one))
