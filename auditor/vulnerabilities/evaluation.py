"""What the imported data says of a source package or component: every record of the kind that is believed there.

Pure over ``VulnerabilityDatabase``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.vulnerabilities.installed_software import Component
from auditor.vulnerabilities.kinds import COMPONENT_KINDS, KIND_BY_NAME
from auditor.vulnerabilities.verdicts import (
    SourcePackage,
    Verdict,
    judge_component_record,
)

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import VulnerabilityDatabase


def judge_package(release: str, package: SourcePackage, database: VulnerabilityDatabase) -> Iterator[Verdict]:
    """Yield verdicts on a source package in a release; none where no data tells of the release."""
    kind = database.kind_by_release.get(release)
    if kind is None:
        return iter(())
    judge = KIND_BY_NAME[kind].judge_package
    verdicts = (judge(record, package) for record in database.load_package_records(kind, release, package.source))
    support = database.get_support_notes(release, package.source)
    return (_apply_support_note(verdict, support) for verdict in verdicts) if support else verdicts


def _apply_support_note(verdict: Verdict, support: Mapping[str, str]) -> Verdict:
    """Return the verdict with what debian-security-support says of the package, where nobody will fix it."""
    if verdict.state != "affected" or verdict.fixed_version:
        return verdict
    note = next((text for text in (verdict.notes.no_advisory, *support.values()) if text), "")
    reason = "end_of_life" if "ended" in support else verdict.reason
    return replace(verdict, reason=reason, notes=replace(verdict.notes, no_advisory=note))


def judge_component(component: Component, database: VulnerabilityDatabase) -> Iterator[tuple[Verdict, Sequence[Any]]]:
    """Yield verdicts on a component, each with its record: id, title, ranges, mended versions, CVSS score."""
    for kind in COMPONENT_KINDS:
        for record in database.load_component_records(kind, component.name):
            yield judge_component_record(record, component.name, component.version, component.path), record
