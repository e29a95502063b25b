"""What was put right within a month: since its first run, when, and whether by a hardening. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import Field

from auditor.models import ControlId, Finding, Model, Run, Status, Subject
from auditor.results.compare import Comparison, between

type Key = tuple[ControlId, Subject]
"""Control and subject, as ``Finding.key`` has them."""


class Hardened(NamedTuple):
    """A hardening by the audits around it."""

    before: Run
    after: Run
    """With the hardening."""


class Work(Model):
    """What became of a month's findings from its first run to its last."""

    begun: str = Field(description="when the first run was, ISO 8601 with offset")
    change: Comparison
    hardened: Mapping[Key, str] = Field(
        description="of what was fixed by a hardening and still is, when that began, ISO 8601 with offset"
    )
    hosts: int = Field(description="on how many hosts hardenings fixed something that still is")

    @property
    def fixed(self) -> Sequence[Finding]:
        """What was open in the first run and is met in the last."""
        return self.change.changes.get("fixed", ())

    def when(self, finding: Finding) -> str | None:
        """When the hardening began that fixed it; None: it was fixed by something else between two runs."""
        return self.hardened.get(finding.key)


def work(first: Run, last: Run, hardenings: Iterable[Hardened], hosts: frozenset[str]) -> Work:
    """What became of the findings of ``hosts``. ``hardenings`` are those in between, oldest first."""
    change = between(first, last, hosts)
    fixed = {finding.key: finding.host for finding in change.changes.get("fixed", ())}
    when: dict[Key, str] = {}
    for one in hardenings:
        hardening = one.after.hardening
        if hardening is not None:
            kept = frozenset(entry.host for entry in hardening.having("confirmed"))
            when |= {key: hardening.started for key in _mended(one, kept) if key in fixed}
    return Work(begun=first.started, change=change, hardened=when, hosts=len({fixed[key] for key in when}))


def _mended(one: Hardened, hosts: frozenset[str]) -> Iterable[Key]:
    open_before = {finding.key for finding in one.before.findings if finding.is_open}
    for finding in one.after.findings:
        if finding.host in hosts and finding.status is Status.PASS and finding.key in open_before:
            yield finding.key
