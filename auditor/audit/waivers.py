"""What waivers and attestations make of findings. Pure; the day is always an argument."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from auditor.audit.controls import OFFICE, Catalogue
from auditor.audit.evaluate import evaluate_control
from auditor.audit.exceptions import list_hosts_or_sites_in_scope
from auditor.models import (
    AppliedAttestation,
    AppliedWaiver,
    Attestation,
    Finding,
    Host,
    Inventory,
    Organisation,
    Status,
    Subject,
    Waiver,
    WaiverUse,
)


@dataclass(frozen=True)
class MarkedFindings:
    """Findings with the papers that hold for them, and what each waiver comes to."""

    findings: tuple[Finding, ...]
    waivers: tuple[WaiverUse, ...]


def mark_findings_covered_by_papers(
    inventory: Inventory, catalogue: Catalogue, hosts: Sequence[Host], findings: Iterable[Finding], today: date
) -> MarkedFindings:
    """Mark what waivers cover and what attestations answer, and judge the papers themselves (controls ``office.*``).

    Of several papers on one finding the one that holds longest counts. ``hosts`` are those of the run.
    """
    waivers = _group_papers_by_control_and_subject(inventory.waivers, inventory.organisation, catalogue, hosts)
    attestations = _group_papers_by_control_and_subject(
        inventory.attestations, inventory.organisation, catalogue, hosts
    )
    marked_findings = tuple(
        _mark_finding_with_its_papers(finding, waivers.get(finding.key, ()), attestations.get(finding.key, ()), today)
        for finding in findings
    )
    findings_by_waiver: dict[str, list[Finding]] = defaultdict(list)
    for finding in marked_findings:
        for waiver in waivers.get(finding.key, ()):
            findings_by_waiver[waiver.id].append(finding)
    return MarkedFindings(
        findings=(*marked_findings, *_judge_office_controls_by_waivers(waivers, catalogue, hosts, today)),
        waivers=tuple(
            _summarize_waiver_use(waiver, findings_by_waiver[waiver.id], today)
            for waiver in inventory.waivers
            if waiver.id in findings_by_waiver
        ),
    )


type _Key = tuple[str, Subject]


def _group_papers_by_control_and_subject[Paper: (Waiver, Attestation)](
    papers: Iterable[Paper], organisation: Organisation | None, catalogue: Catalogue, hosts: Sequence[Host]
) -> Mapping[_Key, Sequence[Paper]]:
    papers_by_finding: dict[_Key, list[Paper]] = defaultdict(list)
    for paper in papers:
        for subject in list_hosts_or_sites_in_scope(paper.scope, catalogue[paper.control].subject, organisation, hosts):
            papers_by_finding[paper.control, subject].append(paper)
    return papers_by_finding


def _mark_finding_with_its_papers(
    finding: Finding, waivers: Sequence[Waiver], attestations: Sequence[Attestation], today: date
) -> Finding:
    if finding.status.is_open and (waiver := _find_waiver_in_force_longest(waivers, today)) is not None:
        return replace(finding, waiver=_make_applied_waiver(waiver, today))
    if finding.status is Status.MANUAL:
        begun_attestations = [attestation for attestation in attestations if attestation.when <= today]
        if begun_attestations:
            latest = max(begun_attestations, key=lambda attestation: attestation.valid_until)
            return replace(finding, attestation=_make_applied_attestation(latest, today))
    return finding


def _find_waiver_in_force_longest(waivers: Iterable[Waiver], today: date) -> Waiver | None:
    return max(
        (waiver for waiver in waivers if waiver.is_in_force_on_day(today)),
        key=lambda waiver: waiver.expires,
        default=None,
    )


def _make_applied_waiver(waiver: Waiver, today: date) -> AppliedWaiver:
    return AppliedWaiver.model_validate(
        {
            **waiver.model_dump(exclude={"control", "scope"}),
            "days_left": (waiver.expires - today).days,
            "validity": waiver.determine_validity_on_day(today),
        }
    )


def _make_applied_attestation(attestation: Attestation, today: date) -> AppliedAttestation:
    return AppliedAttestation.model_validate(
        {
            **attestation.model_dump(exclude={"control", "scope"}),
            "days_left": (attestation.valid_until - today).days,
            "validity": attestation.determine_validity_on_day(today),
        }
    )


def _judge_office_controls_by_waivers(
    waivers: Mapping[_Key, Sequence[Waiver]], catalogue: Catalogue, hosts: Sequence[Host], today: date
) -> tuple[Finding, ...]:
    """Return the findings on the papers themselves. They rest on no host's facts, so an unread host has them too."""
    begun_waivers: dict[Subject, list[Waiver]] = defaultdict(list)
    over: dict[Subject, list[Waiver]] = defaultdict(list)
    for (_control, subject), papers in waivers.items():
        begun_waivers[subject] += [waiver for waiver in papers if waiver.granted <= today]
        if _find_waiver_in_force_longest(papers, today) is None:
            over[subject] += [waiver for waiver in papers if waiver.expires < today]
    paper_findings = []
    for control in catalogue.controls:
        if control.area == OFFICE:
            for subject, host in _iter_subjects_with_host_name(control.subject, hosts):
                context = {
                    "waivers": {
                        "granted": [
                            _build_waiver_context_for_expression(waiver, today) for waiver in begun_waivers[subject]
                        ],
                        "expired": [_build_waiver_context_for_expression(waiver, today) for waiver in over[subject]],
                    }
                }
                finding = evaluate_control(control, subject, host, context, {})
                worst = max(
                    (finding.severity, *(catalogue[waiver.control].severity for waiver in over[subject])),
                    key=lambda severity: severity.rank,
                )
                paper_findings.append(replace(finding, severity=worst))
    return tuple(paper_findings)


def _iter_subjects_with_host_name(
    kind: Literal["host", "site"], hosts: Sequence[Host]
) -> Iterable[tuple[Subject, str]]:
    for host in hosts:
        for name in [host.name] if kind == "host" else [site.domain for site in host.sites]:
            yield Subject(kind=kind, id=name), host.name


def _build_waiver_context_for_expression(waiver: Waiver, today: date) -> dict[str, Any]:
    return {
        "waiver": waiver.id,
        "control": waiver.control,
        "expires": waiver.expires.isoformat(),
        "days_left": (waiver.expires - today).days,
    }


def _summarize_waiver_use(waiver: Waiver, findings: Iterable[Finding], today: date) -> WaiverUse:
    """Return what a waiver comes to, given the findings in its scope."""
    counts: Counter[str] = Counter()
    for finding in findings:
        if finding.status.is_open:
            is_covered = finding.waiver is not None and finding.waiver.id == waiver.id
            counts["waived" if is_covered else "open"] += 1
        else:
            counts["not_evaluated" if finding.status is Status.NOT_EVALUATED else "met"] += 1
    return WaiverUse(
        waiver=waiver,
        validity=waiver.determine_validity_on_day(today),
        days_left=(waiver.expires - today).days,
        waived=counts["waived"],
        open=counts["open"],
        not_evaluated=counts["not_evaluated"],
        met=counts["met"],
    )
