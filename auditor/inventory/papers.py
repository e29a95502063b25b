"""The office's papers, ``office/waivers.yml``, ``office/attestations.yml`` and ``office/authorizations.yml``: read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.models import Attestation, Authorization, Host, Organisation, Scope, Statement, Waiver
from auditor.system.yaml_source import fitted, line_of, load_yaml

WAIVERS = "waivers.yml"
ATTESTATIONS = "attestations.yml"
AUTHORIZATIONS = "authorizations.yml"
STATEMENTS = "statements.yml"
_PAGES = {AUTHORIZATIONS: "review-settings", STATEMENTS: "vulnerabilities"}
"""What tells of a paper, where it is not the page on waivers."""
LONGEST = 366
"""Days that a paper may hold: what nobody has looked at for a year is not known any more."""

_NAMES = ("id", "control", "document")
"""What a paper is called by."""


@dataclass(frozen=True)
class _Entry:
    """One paper as written."""

    file: Path
    index: int
    values: Mapping[str, Any]

    def error(self, what: str, mend: str, *below: int | str) -> InputError:
        return InputError(
            f"{self.name}: {what}", mend=mend, file=self.file, line=line_of(self.file, [self.index, *below])
        )

    def fitted[Paper: (Waiver, Attestation, Authorization, Statement)](self, model: type[Paper], **known: str) -> Paper:
        return fitted(
            model,
            {**known, **self.values},
            "{paper}: {where}: {why}",
            mend="see docs/en/review-settings.md"
            if self.file.name == AUTHORIZATIONS
            else "see docs/en/vulnerabilities.md"
            if self.file.name == STATEMENTS
            else "see docs/en/waivers.md",
            file=self.file,
            at=[self.index],
            paper=self.name,
        )

    @property
    def name(self) -> str:
        return str(next(filter(None, map(self.values.get, _NAMES)), f"entry {self.index + 1}"))


def _example(file: Path) -> str:
    return f"see docs/en/{_PAGES.get(file.name, 'waivers')}.md"


def folder(inventory: str | Path) -> Path:
    """Where an inventory's office papers are."""
    path = Path(inventory)
    return (path if path.is_dir() else path.parent) / "office"


def waivers(office: Path, organisation: Organisation | None, hosts: Sequence[Host]) -> tuple[Waiver, ...]:
    """The waivers, in the file's order; none when there is no file. Raises InputError naming file, line and mend."""
    found: dict[str, Waiver] = {}
    for entry in _entries(office / WAIVERS):
        waiver = entry.fitted(Waiver)
        if waiver.id in found:
            raise entry.error("two waivers have this ID", "give each one its own ID", "id")
        _check_dates(entry, "granted", waiver.granted, "expires", waiver.expires)
        _check_scope(entry, waiver.scope, organisation, hosts)
        found[waiver.id] = waiver
    return tuple(found.values())


def attestations(office: Path, organisation: Organisation | None, hosts: Sequence[Host]) -> tuple[Attestation, ...]:
    """The attestations, in the file's order, each with the digest of its evidence file. Raises InputError likewise."""
    found = []
    for entry in _entries(office / ATTESTATIONS):
        digest = _digest(office, entry)
        attestation = entry.fitted(Attestation, sha256=digest)
        if attestation.sha256 != digest:
            raise entry.error(
                f"{attestation.evidence} has changed since it was attested",
                f"restore the old file, or attest to the new one: sha256: {digest}",
                "sha256",
            )
        _check_dates(entry, "when", attestation.when, "valid_until", attestation.valid_until)
        _check_scope(entry, attestation.scope, organisation, hosts)
        found.append(attestation)
    return tuple(found)


def authorizations(office: Path, organisation: Organisation | None, hosts: Sequence[Host]) -> tuple[Authorization, ...]:
    """The authorizations, in the file's order. Raises InputError likewise."""
    found = []
    for entry in _entries(office / AUTHORIZATIONS):
        authorization = entry.fitted(Authorization)
        _check_dates(entry, "dated", authorization.dated, "expires", authorization.expires)
        _check_scope(entry, authorization.scope, organisation, hosts)
        found.append(authorization)
    return tuple(found)


def statements(office: Path, organisation: Organisation | None, hosts: Sequence[Host]) -> tuple[Statement, ...]:
    """The statements on vulnerabilities, in the file's order. Raises InputError likewise, and for two that contradict each other."""
    found: list[Statement] = []
    for entry in _entries(office / STATEMENTS):
        statement = entry.fitted(Statement)
        if any(other.id == statement.id for other in found):
            raise entry.error("two statements have this ID", "give each one its own ID", "id")
        _check_dates(entry, "granted", statement.granted, "expires", statement.expires)
        _check_scope(entry, statement.scope, organisation, hosts)
        if statement.scope.sites:
            raise entry.error("applies to units and hosts, not to sites", "name the site's host", "scope", "sites")
        against = next((other for other in found if _contradict(other, statement)), None)
        if against is not None:
            raise entry.error(f"contradicts {against.id}", "keep one of the two", "status")
        found.append(statement)
    return tuple(found)


def _contradict(one: Statement, other: Statement) -> bool:
    about = (one.vulnerability, one.product) == (other.vulnerability, other.product) and one.status != other.status
    together = one.granted <= other.expires and other.granted <= one.expires
    shared = {*one.scope.units} & {*other.scope.units} or {*one.scope.hosts} & {*other.scope.hosts}
    return about and together and bool(shared)


def _entries(file: Path) -> Iterator[_Entry]:
    entries = load_yaml(file) if file.is_file() else None
    if entries is None:
        return
    if not isinstance(entries, list):
        raise InputError(
            f"{file.name} must be a list", file=file, line=1, mend=f"start each entry with '- '; {_example(file)}"
        )
    for index, values in enumerate(entries):
        if not isinstance(values, dict):
            raise InputError(
                f"entry {index + 1} is not a mapping",
                file=file,
                line=line_of(file, [index]),
                mend="see docs/en/review-settings.md"
                if file.name == AUTHORIZATIONS
                else "see docs/en/vulnerabilities.md"
                if file.name == STATEMENTS
                else "see docs/en/waivers.md",
            )
        yield _Entry(file, index, values)


def _check_dates(entry: _Entry, first: str, begins: date, last: str, ends: date) -> None:
    if ends < begins:
        raise entry.error(f"{last} {ends} is before {first} {begins}", "fix the dates", last)
    if (ends - begins).days > LONGEST:
        raise entry.error(
            f"is valid from {begins} to {ends}, longer than a year", "review the decision at least once a year", last
        )


def _check_scope(entry: _Entry, scope: Scope, organisation: Organisation | None, hosts: Sequence[Host]) -> None:
    sites = [site for host in hosts for site in host.sites]
    declared = {host.unit for host in hosts} | {site.unit for site in sites}
    units = {unit.id for unit in organisation.units} if organisation is not None else declared
    if not (scope.units or scope.hosts or scope.sites):
        raise entry.error("scope is empty", "name units, hosts or sites", "scope")
    for key, named, known in (
        ("units", scope.units, units),
        ("hosts", scope.hosts, {host.name for host in hosts}),
        ("sites", scope.sites, {site.domain for site in sites}),
    ):
        for index, name in enumerate(named):
            if name not in known:
                raise entry.error(
                    f"{name} is not among the inventory's {key}", "see 'auditor inventory check'", "scope", key, index
                )


def _digest(office: Path, entry: _Entry) -> str:
    """The SHA-256 of the evidence file, which lies in the office folder and nowhere else."""
    named = entry.values.get("evidence")
    if not isinstance(named, str) or not named:
        raise entry.error("has no evidence file", f"add 'evidence: FILE'; {_example(entry.file)}", "evidence")
    file = (office / named).resolve()
    if not file.is_relative_to(office.resolve()):
        raise entry.error(f"evidence {named} is outside the office folder", f"move the file to {office}", "evidence")
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise entry.error(
            f"evidence {named} cannot be read: {error.strerror}", f"move the file to {office}", "evidence"
        ) from error
