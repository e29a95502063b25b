"""What findings name is contained at once, as far as a person need not look at each: what only an intruder put there.

Changed files of an application are left, as the site would be gone with them, and so is whatever a trace does not tell the whole place of. A site that
no longer serves without a file gets all of them back: it seems to live by what looked like the intruder's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.compromise.footholds import path_of
from auditor.errors import InputError
from auditor.hardening.serving import smoke
from auditor.incidents.case import Action
from auditor.incidents.containing import Containing, Wanted
from auditor.incidents.means.table import MEANS
from auditor.models import Finding, Host
from auditor.models.incidents import Contained, Released
from auditor.models.ranks import Means
from auditor.models.reviews import Kind
from auditor.text import paths

_MEANS: Mapping[Kind, Means] = {"program": "file", "executable": "file", "temporary": "file", "doorway": "path"}
_CUT = "\u2026"


@dataclass(frozen=True)
class Named:
    """One thing that a finding names."""

    host: str
    kind: Kind
    where: str
    wanted: Wanted | None
    """How it is contained; None: a person has to."""


def named(findings: Iterable[Finding]) -> tuple[Named, ...]:
    """All that the findings name, each once, in their order."""
    found = [_named(finding, member) for finding in findings for member in finding.violations]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _named(finding: Finding, member: Any) -> Named | None:
    if not isinstance(member, Mapping) or "kind" not in member or not isinstance(member.get("where"), str):
        return None
    kind, where = member["kind"], path_of(member["kind"], member["where"])
    return Named(finding.host, kind, where, _wanted(_MEANS.get(kind), finding.subject.id, where))


def _wanted(means: Means | None, subject: str, where: str) -> Wanted | None:
    if means is None or not where.startswith("/") or _CUT in where:
        return None
    try:
        return Wanted(means, MEANS[means].read(paths.read(where) if means == "file" else f"{subject}{where}"), None)
    except InputError:  # it has a query, or leads elsewhere
        return None


@dataclass(frozen=True)
class Fell:
    """A site that serves no more without what was taken away, which therefore was put back."""

    domain: str
    released: tuple[Released, ...]


def contained(
    command: Containing, host: Host, found: Sequence[Named], ca_file: str | None
) -> Iterator[Contained | Fell]:
    """Contain what is found on a host, each as it is done, with a visit to its sites before and after."""
    authorities = {host.name: ca_file}
    before = smoke.visit([host], authorities)
    taken: list[Action] = []
    for one in found:
        if one.wanted is None:
            continue
        came_to = command.contain(host, one.wanted)
        yield came_to
        if one.wanted.means == "file" and came_to.state != "refused":
            taken.append(Action(came_to.number, host.name, came_to.means, came_to.what, came_to.state))
    if not taken:
        return
    fallen = sorted({*smoke.broken(smoke.visit([host], authorities, again=before))} - {*smoke.broken(before)})
    if fallen:
        released = tuple(command.release(action) for action in reversed(taken))
        yield from (Fell(domain, released) for domain in fallen)
