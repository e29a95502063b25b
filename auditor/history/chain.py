"""The chain that the kept runs hang on: each link's hash rests on the one before. Pure.

A link states one event as canonical JSON: a run or a look was kept, with the digests of what was kept, runs were
pruned, a trace was accepted on a site, a host's record of its files was seen, or an entry was written to an incident's
ledger. A pruned run's link stays, so that the chain holds without what it stood for. There is no key in it: it shows
that something was changed to whoever knows an earlier hash, and to whoever trusts that not all of it was made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from auditor.models import Model, Text, TraceAcceptance
from auditor.models.incidents import CaseLogEntry, IncidentId
from auditor.models.reviews import Key
from auditor.text.translations import make_text

START = "0" * 64
"""What the first link rests on."""


class RunKept(Model):
    """A run was kept."""

    kind: Literal["run"] = "run"
    at: str = Field(description="when it was put in the chain, ISO 8601 with offset")
    id: str
    started: str
    inventory: str
    purpose: str
    document: str = Field(description="sha256 of the run's JSON, in hex")
    trend: str = Field(description="sha256 of its trend point's JSON, in hex")


class RunsPruned(Model):
    """Runs were taken away by the retention policy."""

    kind: Literal["prune"] = "prune"
    at: str = Field(description="ISO 8601 with offset")
    keep_days: int
    runs: tuple[str, ...]


class LookKept(Model):
    """A look at a site was kept, in place of older ones."""

    kind: Literal["look"] = "look"
    at: str = Field(description="ISO 8601 with offset")
    id: str
    started: str
    inventory: str
    subject: str = Field(description="what was looked at: a site's domain, or host:NAME")
    document: str = Field(description="sha256 of the look's JSON, in hex")
    dropped: tuple[str, ...] = Field(default=(), description="older looks of the subject that it took the place of")


class TraceAccepted(Model):
    """An office accepts one trace on one site."""

    kind: Literal["accept"] = "accept"
    at: str = Field(description="ISO 8601 with offset")
    inventory: str
    accepted: TraceAcceptance


class AcceptanceWithdrawn(Model):
    """It no longer does."""

    kind: Literal["withdraw"] = "withdraw"
    at: str = Field(description="ISO 8601 with offset")
    inventory: str
    subject: str
    key: Key
    reason: str


class RecordSeen(Model):
    """The record of a host's programs and settings, as it was when a run first saw it, or when a hardening made it."""

    kind: Literal["record"] = "record"
    at: str = Field(description="ISO 8601 with offset")
    inventory: str
    host: str
    digest: str = Field(description="sha256 of the record, in hex")


class IncidentEntry(Model):
    """An entry was written to an incident's ledger. It is kept nowhere else."""

    kind: Literal["incident"] = "incident"
    at: str = Field(description="ISO 8601 with offset")
    inventory: str
    incident: IncidentId
    entry: CaseLogEntry


type AnyStatement = RunKept | RunsPruned | LookKept | TraceAccepted | AcceptanceWithdrawn | RecordSeen | IncidentEntry
_STATEMENT: TypeAdapter[AnyStatement] = TypeAdapter(Annotated[AnyStatement, Field(discriminator="kind")])


@dataclass(frozen=True)
class ChainLink:
    """One link: its place (from 1), what it states, its hash."""

    position: int
    statement: str
    hash: str

    def parse_statement(self) -> AnyStatement | None:
        """Return what it states; None when that is not a statement of this version's."""
        try:
            return _STATEMENT.validate_json(self.statement)
        except ValidationError:
            return None


@dataclass(frozen=True)
class StoredRun:
    """The parts of a run that are kept beside its link."""

    started: str
    inventory: str
    purpose: str
    trend: bytes
    document: bytes | None
    """None: it cannot be unpacked."""


@dataclass(frozen=True)
class StoredLook:
    """The parts of a look that are kept beside its link."""

    started: str
    inventory: str
    subject: str
    document: bytes | None
    """None: it cannot be unpacked."""


@dataclass(frozen=True)
class BrokenLink:
    """The first link that does not hold, and why; position 0 for a run or look that no link speaks of."""

    position: int
    run_id: str | None
    """The run, or the look, that it is about."""
    why: Text


def compute_sha256_hex(content: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def make_next_link(last: ChainLink | None, statement: AnyStatement) -> ChainLink:
    """Return the link after ``last`` that states ``statement``."""
    text = json.dumps(statement.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ChainLink(
        position=last.position + 1 if last else 1,
        statement=text,
        hash=_compute_link_hash(last.hash if last else START, text),
    )


def find_pruned_runs(links: Iterable[ChainLink]) -> dict[str, RunsPruned]:
    """Return which runs were pruned, and by what."""
    pruned_runs: dict[str, RunsPruned] = {}
    for link in links:
        statement = link.parse_statement()
        if isinstance(statement, RunsPruned):
            pruned_runs |= dict.fromkeys(statement.runs, statement)
    return pruned_runs


def find_ids_of_superseded_looks(links: Iterable[ChainLink]) -> frozenset[str]:
    """Return the looks that later ones took the place of."""
    statements = (link.parse_statement() for link in links)
    return frozenset(
        look_id for statement in statements if isinstance(statement, LookKept) for look_id in statement.dropped
    )


@dataclass(frozen=True)
class StoredRecords:
    """The records beside the chain."""

    run: Callable[[str], StoredRun | None]
    """What is kept of a run."""
    look: Callable[[str], StoredLook | None]
    run_ids: Iterable[str]
    """All kept runs."""
    look_ids: Iterable[str]


def find_first_broken_link(links: Sequence[ChainLink], stored_records: StoredRecords) -> BrokenLink | None:
    """Return the first link that does not hold, or None."""
    pruned_runs, dropped_looks = find_pruned_runs(links), find_ids_of_superseded_looks(links)
    last: ChainLink | None = None
    linked_ids: set[str] = set()
    for link in links:
        statement = link.parse_statement()
        about = statement.id if isinstance(statement, RunKept | LookKept) else None
        why = _explain_broken_link(last, link, statement)
        if why is None and isinstance(statement, RunKept):
            why = _explain_lost_run(statement, stored_records.run(statement.id), is_pruned=statement.id in pruned_runs)
        if why is None and isinstance(statement, LookKept):
            why = _explain_lost_look(
                statement, stored_records.look(statement.id), is_dropped=statement.id in dropped_looks
            )
        if why is not None:
            return BrokenLink(link.position, about, why)
        if about is not None:
            linked_ids.add(about)
        last = link
    for run_id in stored_records.run_ids:
        if run_id not in linked_ids:
            return BrokenLink(0, run_id, make_text("no link speaks of this run"))
    for look_id in stored_records.look_ids:
        if look_id not in linked_ids:
            return BrokenLink(0, look_id, make_text("no link speaks of this look"))
    return None


def _compute_link_hash(previous_hash: str, statement: str) -> str:
    return compute_sha256_hex(f"{previous_hash}\n{statement}".encode())


def _explain_broken_link(last: ChainLink | None, link: ChainLink, statement: AnyStatement | None) -> Text | None:
    if link.position != (last.position + 1 if last else 1):
        return make_text("the link before it is missing")
    if link.hash != _compute_link_hash(last.hash if last else START, link.statement):
        return make_text("its hash does not match")
    if statement is None:
        return make_text("what it states cannot be read")
    return None


def _explain_lost_run(statement: RunKept, stored_run: StoredRun | None, *, is_pruned: bool) -> Text | None:
    if stored_run is None:
        return None if is_pruned else make_text("gone, and not by pruning")
    if is_pruned:
        return make_text("pruned, and yet it is there")
    if stored_run.document is None or compute_sha256_hex(stored_run.document) != statement.document:
        return make_text("its findings were changed")
    if compute_sha256_hex(stored_run.trend) != statement.trend:
        return make_text("its trend point was changed")
    if (stored_run.started, stored_run.inventory, stored_run.purpose) != (
        statement.started,
        statement.inventory,
        statement.purpose,
    ):
        return make_text("its time, inventory or purpose was changed")
    return None


def _explain_lost_look(statement: LookKept, stored_look: StoredLook | None, *, is_dropped: bool) -> Text | None:
    if stored_look is None:
        return None if is_dropped else make_text("the look is gone")
    if is_dropped:
        return make_text("replaced by a later look, and yet it is there")
    if stored_look.document is None or compute_sha256_hex(stored_look.document) != statement.document:
        return make_text("what it saw was changed")
    if (stored_look.started, stored_look.inventory, stored_look.subject) != (
        statement.started,
        statement.inventory,
        statement.subject,
    ):
        return make_text("its time, inventory or site was changed")
    return None
