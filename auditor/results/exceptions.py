"""Waivers, attestations and authorizations as a reader of a run meets them, what needs attention first. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.models import (
    AppliedAttestation,
    ExceptionScope,
    Finding,
    Model,
    Organisation,
    Run,
    Subject,
    Validity,
    WaiverUse,
)
from auditor.system.groups import group_by
from auditor.text.translations import Words

_ORDER: tuple[Validity, ...] = ("expired", "expiring", "active", "future")


class AttestationUse(Model):
    """An attestation and what it answers in one run."""

    control: str
    attested: AppliedAttestation
    subjects: tuple[Subject, ...]


def list_waiver_uses_of_run_by_validity(run: Run) -> tuple[WaiverUse, ...]:
    """Return the run's waivers: those that are over, those about to be, those that nothing needs, the others."""
    return tuple(
        sorted(
            run.waivers, key=lambda use: (_ORDER.index(use.validity), not use.is_unused, use.days_left, use.waiver.id)
        )
    )


def list_attestations(run: Run) -> tuple[AttestationUse, ...]:
    """Return the run's attestations: those that are over, those about to be, the others."""
    by_answer = group_by(run.findings, lambda finding: (finding.control, finding.attestation))
    uses = [
        AttestationUse(control=control, attested=attestation, subjects=tuple(finding.subject for finding in findings))
        for (control, attestation), findings in by_answer.items()
        if attestation is not None
    ]
    return tuple(sorted(uses, key=lambda use: (use.attested.days_left, use.control)))


def describe_unused_or_expiring_authorizations(run: Run, words: Words) -> Iterator[str]:
    """Yield why an authorization is not used or soon will not be, by the name of its document.

    One that another takes the place of is left out.
    """
    for use in run.authorizations:
        others = {
            site for other in run.authorizations if other.validity == "active" and other != use for site in other.sites
        }
        days = {
            "expired": use.authorization.expires,
            "expiring": use.authorization.expires,
            "future": use.authorization.dated,
        }
        if not use.sites:
            yield words("leave.no_site", document=use.authorization.document)
        elif use.validity in days and not others.issuperset(use.sites):
            yield words(
                f"authorization.{use.validity}",
                n=len(use.sites),
                document=use.authorization.document,
                day=words.format_date(days[use.validity]),
                sites=", ".join(use.sites),
            )


def count_waivers_expiring_soon(waiver_uses: tuple[WaiverUse, ...]) -> int:
    """Return how many waivers are in their last days."""
    return sum(use.validity == "expiring" for use in waiver_uses)


def format_days_left(validity: Validity, days_left: int, words: Words) -> str:
    """Return how long a paper still holds, in words."""
    if validity == "future":
        return words("validity.future")
    if validity == "expired":
        return words("papers.expired", n=-days_left)
    return words("papers.left", n=days_left) if days_left else words("papers.last_day")


def format_scope_of_exception(scope: ExceptionScope, organisation: Organisation | None) -> str:
    """Return where a paper holds: offices by name, hosts, sites."""
    unit_names = {unit.id: unit.name for unit in organisation.units} if organisation is not None else {}
    return ", ".join((*(unit_names.get(unit, unit) for unit in scope.units), *scope.hosts, *scope.sites))


def describe_waiver_or_attestation_of_finding(finding: Finding, words: Words) -> str:
    """Return what a finding's waiver or attestation says; empty when it has none."""
    if finding.waiver is not None:
        until = words("waived.until", day=words.format_date(finding.waiver.expires))
        return f"{until} ({finding.waiver.id}): {finding.waiver.reason}"
    if finding.attestation is not None:
        day = words.format_date(finding.attestation.valid_until)
        is_expired = finding.attestation.validity == "expired"
        return words("attested.expired", day=day) if is_expired else words("attested.until", day=day)
    return ""
