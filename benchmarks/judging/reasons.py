"""Why a rule of a judge fails on a host that ours has hardened: ``docs/judges.md``, read and held against verdicts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/judges.md"
SECTIONS = {
    "openscap": "OpenSCAP",
    "openscap-vm": "OpenSCAP",
    "cis": "OpenSCAP",
    "lynis": "Lynis",
    "ssh-audit": "ssh-audit",
    "systemd": "systemd-analyze",
}
"""The page's section for each judge; both contents of OpenSCAP come from one project and have rules in common."""
KINDS = ("otherwise", "false", "kernel", "reinstall", "breaks", "office", "open")

_CELLS = re.compile(r"(?<!\\)\|")
_QUOTED = re.compile(r"`([^`]+)`")
_CONTROL = re.compile(r"^[a-z_]+\.[a-z0-9_]+$")


@dataclass(frozen=True)
class Reason:
    """Why a rule fails. ``why`` may quote controls, and for ``false`` it ends with a command that shows it."""

    kind: str
    why: str

    @property
    def quoted(self) -> list[str]:
        """What is in backticks, in its order."""
        return [each.replace(r"\|", "|") for each in _QUOTED.findall(self.why)]

    @property
    def shown_by(self) -> str | None:
        """The command that succeeds on a host where the judge is wrong."""
        return self.quoted[-1] if self.kind == "false" and self.quoted else None


Reasons = Mapping[str, Mapping[str, Reason]]
"""By section and rule."""


def read(page: str) -> Reasons:
    """The reasons in the tables of a page. Raises ValueError for a rule that has two, or one of an unknown kind."""
    found: dict[str, dict[str, Reason]] = {}
    section: dict[str, Reason] = {}
    for line in page.splitlines():
        if line.startswith("## "):
            section = found.setdefault(line[3:].strip(), {})
        cells = [cell.strip() for cell in _CELLS.split(line)]
        if len(cells) != 5 or not cells[1].startswith("`") or cells[0] or cells[4]:
            continue
        if cells[2] not in KINDS:
            raise ValueError(f"{cells[2]!r} is no kind of reason: {line}")
        for rule in _QUOTED.findall(cells[1]):
            if rule in section:
                raise ValueError(f"{rule} has two reasons")
            section[rule] = Reason(cells[2], cells[3])
    return found


def unfounded(reasons: Reasons, controls: Mapping[str, bool]) -> Iterator[str]:
    """Reasons that lack what they have to bring: a control of ours that there is, a command that shows it.

    ``controls`` tells of each whether it takes a kernel of its own to judge it, as it does where ``kernel`` is the reason.
    """
    for section, rules in reasons.items():
        for rule, reason in rules.items():
            named = [each for each in reason.quoted if _CONTROL.match(each)]
            if reason.kind == "otherwise" and not named:
                yield f"{section}, {rule}: names no control that meets it otherwise"
            if reason.kind == "false" and reason.shown_by is None:
                yield f"{section}, {rule}: nothing shows that the judge is wrong"
            if reason.kind != "false":
                yield from (f"{section}, {rule}: there is no control {each}" for each in named if each not in controls)
            if reason.kind == "kernel":
                judged = [each for each in named if not controls.get(each, True)]
                yield from (f"{section}, {rule}: {each} is judged in a container, too" for each in judged)


def complaints(fails: Mapping[str, Collection[str]], reasons: Reasons) -> Iterator[str]:
    """Rules that fail without a reason, and reasons of rules that do not fail; ``fails`` by judge."""
    for section in dict.fromkeys(SECTIONS.values()):
        failing = {rule for judge, rules in fails.items() if SECTIONS[judge] == section for rule in rules}
        known = reasons.get(section, {})
        yield from (f"{section}, {rule}: fails, and there is no reason" for rule in sorted(failing - set(known)))
        yield from (f"{section}, {rule}: has a reason, and does not fail" for rule in sorted(set(known) - failing))


def by_kind(judge: str, fails: Collection[str], reasons: Reasons) -> dict[str, int]:
    """How many of a judge's failing rules have a reason of each kind, in the order of ``KINDS``."""
    known = reasons.get(SECTIONS[judge], {})
    counted = Counter(known[rule].kind for rule in fails if rule in known)
    return {kind: counted[kind] for kind in KINDS if counted[kind]}


def commands(reasons: Reasons) -> dict[str, list[str]]:
    """What shows that judges are wrong: each command, and the rules that it is for."""
    found: dict[str, list[str]] = {}
    for rules in reasons.values():
        for rule, reason in rules.items():
            if reason.shown_by is not None:
                found.setdefault(reason.shown_by, []).append(rule)
    return found
