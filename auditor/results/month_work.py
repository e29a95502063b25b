"""What was put right within a month: since its first run, when, and whether by a hardening. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import Field

from auditor.models import ControlId, Finding, Model, Run, Status, Subject
from auditor.results.compare import RunComparison, compare_runs

type Key = tuple[ControlId, Subject]
"""Control and subject, as ``Finding.key`` has them."""


class HardeningAudits(NamedTuple):
    """A hardening by the audits around it."""

    before: Run
    after: Run
    """With the hardening."""


class MonthWork(Model):
    """The changes of a month's findings from its first run to its last."""

    started_at: str = Field(description="when the first run was, ISO 8601 with offset")
    change: RunComparison
    hardening_starts: Mapping[Key, str] = Field(
        description="of what was fixed by a hardening and still is, when that began, ISO 8601 with offset"
    )
    hosts: int = Field(description="on how many hosts hardenings fixed something that still is")

    @property
    def fixed_findings(self) -> Sequence[Finding]:
        """Return what was open in the first run and is met in the last."""
        return self.change.changes.get("fixed", ())

    def find_start_of_hardening_that_fixed(self, finding: Finding) -> str | None:
        """Return when the hardening began that fixed it; None: it was fixed by something else between two runs."""
        return self.hardening_starts.get(finding.key)


def build_month_work(first: Run, last: Run, hardenings: Iterable[HardeningAudits], hosts: frozenset[str]) -> MonthWork:
    """Return what became of the findings of ``hosts``. ``hardenings`` are those in between, oldest first."""
    change = compare_runs(first, last, hosts)
    fixed_hosts = {finding.key: finding.host for finding in change.changes.get("fixed", ())}
    when: dict[Key, str] = {}
    for hardening_audits in hardenings:
        hardening = hardening_audits.after.hardening
        if hardening is not None:
            confirmed_hosts = frozenset(entry.host for entry in hardening.select_by_state("confirmed"))
            when |= {
                key: hardening.started
                for key in _iter_keys_of_findings_mended_by_hardening(hardening_audits, confirmed_hosts)
                if key in fixed_hosts
            }
    return MonthWork(
        started_at=first.started, change=change, hardening_starts=when, hosts=len({fixed_hosts[key] for key in when})
    )


def _iter_keys_of_findings_mended_by_hardening(
    hardening_audits: HardeningAudits, hosts: frozenset[str]
) -> Iterable[Key]:
    open_before = {finding.key for finding in hardening_audits.before.findings if finding.is_open}
    for finding in hardening_audits.after.findings:
        if finding.host in hosts and finding.status is Status.PASS and finding.key in open_before:
            yield finding.key
