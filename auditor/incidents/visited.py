"""Things are contained or cleaned with a visit to the host's sites before and after.

A site that no longer serves gets all back that it may live by: that seems to have looked like the intruder's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.hardening.serving import smoke
from auditor.incidents.case import Action
from auditor.incidents.containing import Containing
from auditor.incidents.means.table import MEANS
from auditor.models import Host
from auditor.models.incidents import Contained, Released


@dataclass(frozen=True)
class Fell:
    """A site that serves no more without what was taken away, which therefore was put back."""

    domain: str
    released: tuple[Released, ...]


def visited[Other](
    command: Containing, host: Host, deeds: Iterable[Contained | Other], ca_file: str | None
) -> Iterator[Contained | Other | Fell]:
    """What is done on a host, each as it is done, then the sites that fell."""
    authorities = {host.name: ca_file}
    before = smoke.visit([host], authorities)
    taken: list[Action] = []
    for one in deeds:
        yield one
        if isinstance(one, Contained) and MEANS[one.means].missed and one.state != "refused":
            taken.append(Action(one.number, host.name, one.means, one.what, one.state))
    if not taken:
        return
    fallen = sorted({*smoke.broken(smoke.visit([host], authorities, again=before))} - {*smoke.broken(before)})
    if fallen:
        released = tuple(command.release(action) for action in reversed(taken))
        yield from (Fell(domain, released) for domain in fallen)
