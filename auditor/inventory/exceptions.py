"""Read and check the office's exceptions in files: waivers, attestations, authorizations and VEX statements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import InputError, Sentence
from auditor.models import Attestation, Authorization, ExceptionScope, Host, Organisation, Statement, Waiver
from auditor.models.exceptions.record import ExceptionTerms
from auditor.system.yaml_source import YamlPlace, find_line_of_path_in_yaml_file, load_yaml, validate_yaml_data_as_model

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
class _PaperEntry:
    """One paper as written."""

    file: Path
    index: int
    values: Mapping[str, Any]

    def make_error_at_entry(self, what: str, mend: str, *below: int | str, **values: object) -> InputError:
        return InputError(
            "{paper}: {problem}",
            paper=self.display_name,
            problem=Sentence(what, values),
            mend=Sentence(mend, values),
            file=self.file,
            line=find_line_of_path_in_yaml_file(self.file, [self.index, *below]),
        )

    def parse_into_paper_model[Paper: (Waiver, Attestation, Authorization, Statement)](
        self, model: type[Paper], **extra_fields: str
    ) -> Paper:
        return validate_yaml_data_as_model(
            model,
            {**extra_fields, **self.values},
            "{paper}: {where}: {why}",
            mend="see docs/en/review-settings.md"
            if self.file.name == AUTHORIZATIONS
            else "see docs/en/vulnerabilities.md"
            if self.file.name == STATEMENTS
            else "see docs/en/waivers.md",
            place=YamlPlace(self.file, [self.index]),
            paper=self.display_name,
        )

    @property
    def display_name(self) -> str:
        return str(next(filter(None, map(self.values.get, _NAMES)), f"entry {self.index + 1}"))


def _format_pointer_to_docs_of_file(file: Path) -> str:
    return f"see docs/en/{_PAGES.get(file.name, 'waivers')}.md"


def get_office_folder_of_inventory(inventory_path: str | Path) -> Path:
    """Return where an inventory's office papers are."""
    path = Path(inventory_path)
    return (path if path.is_dir() else path.parent) / "office"


def load_papers[Paper: (Waiver, Attestation, Authorization, Statement)](
    paper_file: PaperFile[Paper], office_folder: Path, organisation: Organisation | None, hosts: Sequence[Host]
) -> tuple[Paper, ...]:
    """Return the exceptions of one file, in its order; none when there is no such file.

    Raises InputError naming file, line and mend.
    """
    papers: list[Paper] = []
    names: set[str] = set()
    statements: dict[tuple[str, str], list[Statement]] = {}
    subjects = _list_declared_subjects(organisation, hosts)
    for entry in _iter_paper_entries_in_file(office_folder / paper_file.name):
        paper = paper_file.parse(entry, office_folder)
        terms = paper.terms
        if "id" in paper_file.model.model_fields and terms.name in names:
            raise entry.make_error_at_entry(
                "two statements have this ID" if isinstance(paper, Statement) else "two waivers have this ID",
                "give each one its own ID",
                "id",
            )
        names.add(terms.name)
        _check_dates_are_at_most_a_year_apart(entry, paper_file, terms)
        _check_scope_names_declared_subjects(entry, paper.scope, subjects)
        if isinstance(paper, Statement):
            others = statements.setdefault((paper.vulnerability, paper.product), [])
            _check_statement_applies_to_hosts_and_contradicts_none(entry, paper, others)
            others.append(paper)
        papers.append(paper)
    return tuple(papers)


@dataclass(frozen=True)
class PaperFile[Paper: (Waiver, Attestation, Authorization, Statement)]:
    """A file of exceptions: its model, and the names of its dates."""

    name: str
    model: type[Paper]
    first_day: str
    last_day: str

    def parse(self, entry: _PaperEntry, office_folder: Path) -> Paper:
        """Return an entry as what it is; an attestation with the digest of its evidence file."""
        if self.name != ATTESTATIONS:
            return entry.parse_into_paper_model(self.model)
        digest = _compute_sha256_of_evidence_file(office_folder, entry)
        paper = entry.parse_into_paper_model(self.model, sha256=digest)
        if paper.terms.details["sha256"] != digest:
            raise entry.make_error_at_entry(
                "{path} has changed since it was attested",
                "restore the old file, or attest to the new one: sha256: {digest}",
                "sha256",
                path=paper.terms.reason,
                digest=digest,
            )
        return paper


WAIVER_FILE = PaperFile(WAIVERS, Waiver, "granted", "expires")
ATTESTATION_FILE = PaperFile(ATTESTATIONS, Attestation, "when", "valid_until")
AUTHORIZATION_FILE = PaperFile(AUTHORIZATIONS, Authorization, "dated", "expires")
STATEMENT_FILE = PaperFile(STATEMENTS, Statement, "granted", "expires")


def _check_statement_applies_to_hosts_and_contradicts_none(
    entry: _PaperEntry, statement: Statement, others: Iterable[Statement]
) -> None:
    if statement.scope.sites:
        raise entry.make_error_at_entry(
            "applies to units and hosts, not to sites", "name the site's host", "scope", "sites"
        )
    against = next((other for other in others if _are_statements_contradictory(other, statement)), None)
    if against is not None:
        raise entry.make_error_at_entry("contradicts {other}", "keep one of the two", "status", other=against.id)


def _are_statements_contradictory(statement: Statement, other: Statement) -> bool:
    """Return whether two statements on one vulnerability in one product say different things of one place and day."""
    differ = statement.status != other.status
    together = statement.granted <= other.expires and other.granted <= statement.expires
    shares_scope = {*statement.scope.units} & {*other.scope.units} or {*statement.scope.hosts} & {*other.scope.hosts}
    return differ and together and bool(shares_scope)


def _iter_paper_entries_in_file(file: Path) -> Iterator[_PaperEntry]:
    entries = load_yaml(file) if file.is_file() else None
    if entries is None:
        return
    if not isinstance(entries, list):
        raise InputError(
            "{path} must be a list",
            file=file,
            line=1,
            mend="start each entry with '- '; {example}",
            path=file.name,
            example=_format_pointer_to_docs_of_file(file),
        )
    for index, values in enumerate(entries):
        if not isinstance(values, dict):
            raise InputError(
                "entry {position} is not a mapping",
                file=file,
                line=find_line_of_path_in_yaml_file(file, [index]),
                mend=_format_pointer_to_docs_of_file(file),
                position=index + 1,
            )
        yield _PaperEntry(file, index, values)


def _check_dates_are_at_most_a_year_apart(
    entry: _PaperEntry, paper_file: PaperFile[Any], terms: ExceptionTerms
) -> None:
    first, last, begins, ends = paper_file.first_day, paper_file.last_day, terms.first_day, terms.last_day
    if begins is None or ends is None:
        return
    if ends < begins:
        raise entry.make_error_at_entry(
            "{last} {ends} is before {first} {begins}",
            "fix the dates",
            last,
            last=last,
            ends=ends,
            first=first,
            begins=begins,
        )
    if (ends - begins).days > LONGEST:
        raise entry.make_error_at_entry(
            "is valid from {begins} to {ends}, longer than a year",
            "review the decision at least once a year",
            last,
            begins=begins,
            ends=ends,
        )


def _list_declared_subjects(
    organisation: Organisation | None, hosts: Sequence[Host]
) -> Mapping[str, frozenset[str | None]]:
    """Return the units, hosts and sites that a scope may name, by its keys."""
    sites = [site for host in hosts for site in host.sites]
    declared_units = {host.unit for host in hosts} | {site.unit for site in sites}
    units = {unit.id for unit in organisation.units} if organisation is not None else declared_units
    return {
        "units": frozenset(units),
        "hosts": frozenset(host.name for host in hosts),
        "sites": frozenset(site.domain for site in sites),
    }


def _check_scope_names_declared_subjects(
    entry: _PaperEntry, scope: ExceptionScope, subjects: Mapping[str, frozenset[str | None]]
) -> None:
    if not (scope.units or scope.hosts or scope.sites):
        raise entry.make_error_at_entry("scope is empty", "name units, hosts or sites", "scope")
    for key, names in (("units", scope.units), ("hosts", scope.hosts), ("sites", scope.sites)):
        for index, name in enumerate(names):
            if name not in subjects[key]:
                raise entry.make_error_at_entry(
                    "{name} is not among the inventory's {kind}",
                    "see 'auditor inventory check'",
                    "scope",
                    key,
                    index,
                    name=name,
                    kind=key,
                )


def _compute_sha256_of_evidence_file(office_folder: Path, entry: _PaperEntry) -> str:
    """Return the SHA-256 of the evidence file, which lies in the office folder and nowhere else."""
    file_name = entry.values.get("evidence")
    if not isinstance(file_name, str) or not file_name:
        raise entry.make_error_at_entry(
            "has no evidence file",
            "add 'evidence: FILE'; {example}",
            "evidence",
            example=_format_pointer_to_docs_of_file(entry.file),
        )
    file = (office_folder / file_name).resolve()
    if not file.is_relative_to(office_folder.resolve()):
        raise entry.make_error_at_entry(
            "evidence {path} is outside the office folder",
            "move the file to {folder}",
            "evidence",
            path=file_name,
            folder=office_folder,
        )
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise entry.make_error_at_entry(
            "evidence {path} cannot be read: {why}",
            "move the file to {folder}",
            "evidence",
            path=file_name,
            why=error.strerror,
            folder=office_folder,
        ) from error
