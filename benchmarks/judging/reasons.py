"""Why a rule of a judge fails on a host that ours has hardened: ``docs/judges.md``, read and held against verdicts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    "nikto": "Nikto",
    "mozilla": "SSLyze",
}
"""The page's section for each judge; both contents of OpenSCAP come from one project and have rules in common."""
KINDS = ("otherwise", "false", "kernel", "reinstall", "breaks", "office", "open")

_CELLS = re.compile(r"(?<!\\)\|")
_QUOTED = re.compile(r"`([^`]+)`")
_CONTROL = re.compile(r"^[a-z_]+\.[a-z0-9_]+$")


@dataclass(frozen=True)
class Reason:
    """The reason why a rule fails, and the command that shows it: it succeeds on a host where the reason holds."""

    kind: str
    why: str
    shown_by: str | None

    @property
    def controls(self) -> list[str]:
        """Return the controls of ours that ``why`` names."""
        return [each for each in _QUOTED.findall(self.why) if _CONTROL.match(each)]


Reasons = Mapping[str, Mapping[str, Reason]]
"""By section and rule."""


def read(page: str) -> Reasons:
    """Return the reasons in the tables of a page.

    Raises ValueError for a rule that has two, or one of an unknown kind.
    """
    found: dict[str, dict[str, Reason]] = {}
    section: dict[str, Reason] = {}
    for line in page.splitlines():
        if line.startswith("## "):
            section = found.setdefault(line[3:].strip(), {})
        cells = [cell.strip() for cell in _CELLS.split(line)]
        if len(cells) != 6 or not cells[1].startswith("`") or cells[0] or cells[5]:
            continue
        if cells[2] not in KINDS:
            raise ValueError(f"{cells[2]!r} is no kind of reason: {line}")
        command = _QUOTED.fullmatch(cells[4].replace(r"\|", "|"))
        for rule in _QUOTED.findall(cells[1]):
            if rule in section:
                raise ValueError(f"{rule} has two reasons")
            section[rule] = Reason(cells[2], cells[3], command[1] if command else None)
    return found


def unfounded(reasons: Reasons, controls: Mapping[str, bool]) -> Iterator[str]:
    """Yield reasons that lack what they have to bring: a control of ours that there is, a command that shows it.

    ``controls`` tells of each whether it takes a kernel of its own to judge it, as it does where ``kernel`` is the
    reason.
    """
    for section, rules in reasons.items():
        for rule, reason in rules.items():
            if reason.kind == "otherwise" and not reason.controls:
                yield f"{section}, {rule}: names no control that meets it otherwise"
            if reason.shown_by is None:
                yield f"{section}, {rule}: nothing shows it"
            yield from (
                f"{section}, {rule}: there is no control {each}" for each in reason.controls if each not in controls
            )
            if reason.kind == "kernel":
                judged = [each for each in reason.controls if not controls.get(each, True)]
                yield from (f"{section}, {rule}: {each} is judged in a container, too" for each in judged)


def failing(fails: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Return the rules that fail for any judge of a section; ``fails`` by judge."""
    found: dict[str, set[str]] = {}
    for judge, rules in fails.items():
        found.setdefault(SECTIONS[judge], set()).update(rules)
    return found


def unexplained(fails: Mapping[str, Collection[str]], reasons: Reasons, *, container: bool) -> Iterator[str]:
    """Yield rules that fail without a reason, or with one of a container's kernel outside of a container."""
    for section, rules in failing(fails).items():
        known = reasons.get(section, {})
        yield from (f"{section}, {rule}: fails, and there is no reason" for rule in sorted(rules - set(known)))
        of_kernel = sorted(rule for rule in rules & set(known) if known[rule].kind == "kernel" and not container)
        yield from (f"{section}, {rule}: fails on a kernel of its own, too" for rule in of_kernel)


def outlived(
    every: Iterable[Mapping[str, Collection[str]]], reasons: Reasons, in_part: Collection[str] = ()
) -> Iterator[str]:
    """Yield reasons of rules that fail nowhere; ``every`` has what fails at each place.

    Nothing is said of the judges that judged ``in_part``.
    """
    places = [failing(fails) for fails in every]
    unknown = {SECTIONS[judge] for judge in in_part}
    for section in (section for section in dict.fromkeys(SECTIONS.values()) if section not in unknown):
        anywhere = {rule for place in places for rule in place.get(section, ())}
        for rule in sorted(set(reasons.get(section, {})) - anywhere):
            yield f"{section}, {rule}: has a reason, and does not fail"


def by_kind(judge: str, fails: Collection[str], reasons: Reasons) -> dict[str, int]:
    """Return how many of a judge's failing rules have a reason of each kind, in the order of ``KINDS``."""
    known = reasons.get(SECTIONS[judge], {})
    counted = Counter(known[rule].kind for rule in fails if rule in known)
    return {kind: counted[kind] for kind in KINDS if counted[kind]}


def commands(fails: Mapping[str, Collection[str]], reasons: Reasons) -> dict[str, list[str]]:
    """Return what shows the reasons of what fails: each command, and the rules that it is for."""
    found: dict[str, list[str]] = {}
    for section, rules in failing(fails).items():
        for rule in sorted(rules & set(reasons.get(section, {}))):
            command = reasons[section][rule].shown_by
            if command is not None:
                found.setdefault(command, []).append(rule)
    return found


def met_by(fails: Mapping[str, Collection[str]], reasons: Reasons) -> dict[str, list[str]]:
    """Return the controls that are said to meet otherwise what fails, each with the rules that it is for."""
    found: dict[str, list[str]] = {}
    for section, rules in failing(fails).items():
        for rule in sorted(rules & set(reasons.get(section, {}))):
            reason = reasons[section][rule]
            for control in reason.controls if reason.kind == "otherwise" else ():
                found.setdefault(control, []).append(rule)
    return found
