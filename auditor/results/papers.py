"""Waivers, attestations and authorizations as a reader of a run meets them, what needs attention first. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.models import Attested, Finding, Model, Organisation, Run, Scope, Subject, Validity, WaiverUse
from auditor.system.grouped import grouped
from auditor.text.words import Words

_ORDER: tuple[Validity, ...] = ("expired", "expiring", "active", "future")


class AttestationUse(Model):
    """An attestation and what it answers in one run."""

    control: str
    attested: Attested
    subjects: tuple[Subject, ...]


def waivers(run: Run) -> tuple[WaiverUse, ...]:
    """The run's waivers: those that are over, those about to be, those that nothing needs, the others."""
    return tuple(
        sorted(run.waivers, key=lambda use: (_ORDER.index(use.validity), not use.unused, use.days_left, use.waiver.id))
    )


def attestations(run: Run) -> tuple[AttestationUse, ...]:
    """The run's attestations: those that are over, those about to be, the others."""
    by_answer = grouped(run.findings, lambda finding: (finding.control, finding.attestation))
    uses = [
        AttestationUse(control=control, attested=attested, subjects=tuple(finding.subject for finding in findings))
        for (control, attested), findings in by_answer.items()
        if attested is not None
    ]
    return tuple(sorted(uses, key=lambda use: (use.attested.days_left, use.control)))


def authorizations(run: Run, words: Words) -> Iterator[str]:
    """Why an authorization is not used or soon will not be, by the name of its document, unless another one takes its place."""
    for one in run.authorizations:
        others = {
            site for other in run.authorizations if other.validity == "active" and other != one for site in other.sites
        }
        days = {
            "expired": one.authorization.expires,
            "expiring": one.authorization.expires,
            "future": one.authorization.dated,
        }
        if not one.sites:
            yield words("leave.no_site", document=one.authorization.document)
        elif one.validity in days and not others.issuperset(one.sites):
            yield words(
                f"authorization.{one.validity}",
                n=len(one.sites),
                document=one.authorization.document,
                day=words.day(days[one.validity]),
                sites=", ".join(one.sites),
            )


def lapsing(uses: tuple[WaiverUse, ...]) -> int:
    """How many waivers are in their last days."""
    return sum(use.validity == "expiring" for use in uses)


def left(validity: Validity, days_left: int, words: Words) -> str:
    """How long a paper still holds, in words."""
    if validity == "future":
        return words("validity.future")
    if validity == "expired":
        return words("papers.expired", n=-days_left)
    return words("papers.left", n=days_left) if days_left else words("papers.last_day")


def places(scope: Scope, organisation: Organisation | None) -> str:
    """Where a paper holds: offices by name, hosts, sites."""
    named = {unit.id: unit.name for unit in organisation.units} if organisation is not None else {}
    return ", ".join((*(named.get(unit, unit) for unit in scope.units), *scope.hosts, *scope.sites))


def said(finding: Finding, words: Words) -> str:
    """What a finding's waiver or attestation says; empty when it has none."""
    if finding.waiver is not None:
        until = words("waived.until", day=words.day(finding.waiver.expires))
        return f"{until} ({finding.waiver.id}): {finding.waiver.reason}"
    if finding.attestation is not None:
        day = words.day(finding.attestation.valid_until)
        expired = finding.attestation.validity == "expired"
        return words("attested.expired", day=day) if expired else words("attested.until", day=day)
    return ""
