"""What the imported data says of a source package or component: every record of the kind that is believed there. Pure over ``Known``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.models.vulnerabilities import COMPONENT_KINDS
from auditor.vulnerabilities.installed import Component
from auditor.vulnerabilities.verdicts import Built, Verdict, of_component, of_feed, of_package

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import Known


def of_built(release: str, built: Built, known: Known) -> Iterator[Verdict]:
    """Verdicts on a source package in a release; none where no data tells of the release."""
    kind = known.telling.get(release)
    judge = of_feed if kind == "debsecan" else of_package
    verdicts = (judge(record, built) for record in known.of_package(kind, release, built.source)) if kind else iter(())
    support = known.support(release, built.source)
    return (_supported(one, support) for one in verdicts) if support else verdicts


def _supported(verdict: Verdict, support: Mapping[str, str]) -> Verdict:
    """With what debian-security-support says of the package, where nobody will fix it."""
    if verdict.state != "affected" or verdict.fixed:
        return verdict
    note = next((one for one in (verdict.said.no_advisory, *support.values()) if one), "")
    reason = "end_of_life" if "ended" in support else verdict.reason
    return replace(verdict, reason=reason, said=replace(verdict.said, no_advisory=note))


def of_part(component: Component, known: Known) -> Iterator[tuple[Verdict, Sequence[Any]]]:
    """Verdicts on a component, each with its record: id, title, ranges, mended versions, CVSS score."""
    for kind in COMPONENT_KINDS:
        for record in known.of_component(kind, component.name):
            yield of_component(record, component.name, component.version, component.path), record
