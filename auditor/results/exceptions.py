"""The office's exceptions as a reader of a run meets them, what needs attention first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from auditor.models.exceptions.record import ExceptionState, ExceptionTerms
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


def list_exceptions_of_run(run: Run) -> tuple[ExceptionState, ...]:
    """Return the run's exceptions: those that are over, those about to be, waivers that nothing needs, the others.

    Of a run that did not note them: those that it has of its waivers, attestations and authorizations.
    """
    states = run.exceptions if run.exceptions is not None else tuple(_iter_exceptions_of_older_run(run))
    unused = {use.waiver.id for use in run.waivers if use.is_unused}

    def rank(state: ExceptionState) -> tuple[int, bool, bool, int]:
        is_unused = state.kind == "waiver" and state.name in unused
        return _ORDER.index(state.validity), not is_unused, state.days_left is None, state.days_left or 0

    return tuple(sorted(states, key=rank))


def _iter_exceptions_of_older_run(run: Run) -> Iterator[ExceptionState]:
    uses = [(use.waiver.terms, use.validity, use.days_left) for use in run.waivers]
    uses += [(use.authorization.terms, use.validity, use.days_left) for use in run.authorizations]
    for terms, validity, days_left in uses:
        yield ExceptionState(**dict(terms), validity=validity, days_left=days_left, covers=terms.places)
    for answer in list_attestations(run):
        attested, names = answer.attested, tuple(subject.id for subject in answer.subjects)
        yield ExceptionState(
            kind="attestation",
            name=answer.control,
            about=answer.control,
            role=attested.who,
            reason=attested.evidence,
            places=names,
            first_day=attested.when,
            last_day=attested.valid_until,
            details={"sha256": attested.sha256, **_name_if_given("compensating", attested.compensating)},
            validity=attested.validity,
            days_left=attested.days_left,
            covers=names,
        )


def _name_if_given(name: str, value: str | None) -> dict[str, str]:
    return {name: value} if value else {}


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


def count_exceptions_expiring_soon(states: Iterable[ExceptionState | WaiverUse]) -> int:
    """Return how many exceptions are in their last days."""
    return sum(state.validity == "expiring" for state in states)


def format_days_left(validity: Validity, days_left: int | None, words: Words) -> str:
    """Return how long an exception still holds, in words."""
    if validity == "future":
        return words("validity.future")
    if days_left is None:
        return words("baseline.no_end")
    if validity == "expired":
        return words("papers.expired", n=-days_left)
    return words("papers.left", n=days_left) if days_left else words("papers.last_day")


def format_name_of_exception(state: ExceptionTerms, words: Words) -> str:
    """Return of what kind it is, and what it is called by where that is not what it is about."""
    kind = words(f"exceptions.kind.{state.kind}")
    return kind if state.name == state.about and state.kind != "authorization" else f"{kind} {state.name}"


def format_roles_of_exception(state: ExceptionTerms) -> str:
    """Return the office roles that answer for it."""
    return ", ".join(filter(None, (state.role, state.second))) or "–"


def format_covers_of_exception(state: ExceptionState, words: Words) -> str:
    """Return the hosts or sites that it applies to."""
    return (", ".join(state.covers) or "–") if state.places else words("exceptions.everywhere")


def format_places_of_exception(state: ExceptionTerms, organisation: Organisation | None, words: Words) -> str:
    """Return where it holds as it says so: offices by name, hosts, sites."""
    unit_names = {unit.id: unit.name for unit in organisation.units} if organisation is not None else {}
    return ", ".join(unit_names.get(place, place) for place in state.places) or words("exceptions.everywhere")


def format_span_of_exception(state: ExceptionTerms, words: Words) -> str:
    """Return from which day to which it holds; empty where nobody wrote it down."""
    if state.first_day is None:
        return ""
    first = words.format_date(state.first_day)
    if state.last_day is None:
        return words("exceptions.since", first=first)
    return words("waiver.span", first=first, last=words.format_date(state.last_day))


def iter_labelled_terms_of_exception(state: ExceptionTerms, words: Words) -> Iterator[tuple[str, str]]:
    """Yield why it is all right, what compensates for it, and who answers for it, each with its label."""
    if state.kind == "attestation":
        digest = state.details["sha256"][:16]
        yield words("attestation.who"), state.role
        yield words("attestation.evidence"), f"{state.reason} SHA-256 {digest}…"
    elif state.reason:
        yield words("reason"), state.reason
    if "compensating" in state.details:
        yield words("waiver.compensating"), state.details["compensating"]
    if state.kind != "attestation" and state.role:
        yield words("waiver.approver"), format_roles_of_exception(state)


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
