"""Evidence of one host.

It is received over one connection, kept in a folder of its own, listed, signed, and written to the case log.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from auditor.errors import InputError
from auditor.fleet import ssh_exec
from auditor.history.incidents import IncidentStore
from auditor.incidents import transitions
from auditor.incidents.evidence import signatures
from auditor.incidents.evidence.event_stream import (
    EvidenceStreamError,
    FileAttributes,
    MemberEnd,
    MemberOmission,
    MemberStart,
    iter_evidence_stream_events,
)
from auditor.incidents.evidence.manifest import (
    MANIFEST,
    SUMS,
    EvidenceFile,
    EvidenceManifest,
    OmittedFile,
    Redaction,
    render_manifest,
    render_sha256sum_lines,
)
from auditor.incidents.evidence.names import map_host_path_into_collection
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import CollectedEvent
from auditor.system import files, resources, sqlite_file
from auditor.text.sanitize import escape_text_to_one_line

SECONDS = 80.0
"""For the connection: the host stops by itself after 60."""
LOG = "uac.log"
"""By which readers of UAC's layout know it."""
OURS = "luytre"
"""The folder of what we knew before."""
CLOCK = "live_response/system/clock.txt"
_LONGEST_LINE = 1_300
MAX_REDACTIONS = 1_000
_STALE_SECONDS = 86_400
"""Seconds; a collection takes ``SECONDS``."""
_ON_HOST = resources.get_resources_folder() / "on_host" / "evidence"
_OMISSION_REASONS = ("secret", "packed", "no_redaction")
"""Reasons for which nothing of a file is sent but what it is."""


def get_evidence_folder_of_incident(incident: str) -> Path:
    """Return where the evidence of an incident is kept."""
    return sqlite_file.get_state_folder() / "evidence" / incident


def fetch_evidence_stream_from_host(
    reach: Reach, requested_paths_and_roots: Mapping[str, Sequence[str]]
) -> Iterator[bytes]:
    """Yield what a host sends, asked by ``flagged`` for files and told its web roots by ``roots``, piece by piece.

    Both are keys of ``requested_paths_and_roots``. Raises NoAnswer.
    """
    return ssh_exec.stream_as_root(reach, _ON_HOST / "evidence.py", requested_paths_and_roots, SECONDS)


@dataclass(frozen=True)
class EvidenceCollector:
    """The settings that all hosts of one command have in common."""

    inventory: str
    incident: str
    who: str
    office: Path
    reach: Mapping[str, Reach]
    ledgers: IncidentStore
    fetch: Callable[[Reach, Mapping[str, Sequence[str]]], Iterator[bytes]] = fetch_evidence_stream_from_host

    def collect_from_host(
        self, host: Host, requested_paths: Sequence[str], sidecars: Mapping[str, bytes]
    ) -> CollectedEvent:
        """Collect from a host, and write it to the ledger.

        Files of our own come ``sidecars`` it, by their paths below ``luytre/``.

        Raises NoAnswer when nothing came, InputError when it cannot be kept.
        """
        start = clock.now()
        name = _find_free_collection_name(
            get_evidence_folder_of_incident(self.incident), f"{host.name}-{clock.format_compact_utc_moment(start)}"
        )
        target = get_evidence_folder_of_incident(self.incident) / name
        draft = target.with_name(f".{name}")
        try:
            for place in (target.parents[2], target.parents[1], target.parent, draft):
                place.mkdir(exist_ok=place != draft, mode=0o700)
            _remove_drafts_of_killed_collections(target.parent)
            box = DraftEvidenceCollection(draft)
            roots = [site.document_root for site in host.sites if site.document_root]
            stop_reason = box.store_evidence_stream(
                self.fetch(self.reach[host.name], {"flagged": list(requested_paths), "roots": roots})
            )
            for path, content in sidecars.items():
                box.add_file_written_by_controller(f"{OURS}/{path}", content)
            manifest = self._build_manifest_of_draft(host.name, start, box, stop_reason)
            collection_event = self._write_and_sign_manifest(draft, manifest, name)
            draft.rename(target)
        except OSError as error:
            raise InputError(
                "evidence cannot be stored: {why}",
                why=error.strerror or error,
                mend="free some space there, and collect again",
                file=target.parent,
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _, deed = self.ledgers.write(
            self.inventory,
            self.who,
            transitions.make_collection_recording_decision(self.incident, collection_event),
            start,
        )
        if not isinstance(deed, CollectedEvent):
            raise TypeError(deed.kind)
        return deed

    def _build_manifest_of_draft(
        self, host: str, start_time: datetime, draft: DraftEvidenceCollection, stop_reason: str
    ) -> EvidenceManifest:
        end = clock.now()
        log = [
            f"luytre {self.incident} {host}",
            clock.format_iso_moment(start_time),
            clock.format_iso_moment(end),
            *([stop_reason] if stop_reason else []),
        ]
        lines = [
            *log,
            *(f"{item.why}  {item.what}" for item in draft.left_out),
            *(
                f"redacted {redaction.count} in {redaction.files}  {redaction.source}"
                for redaction in draft.redaction_counts_by_file
            ),
        ]
        # What was left out, and why, is told by the host: a line of the log is one entry, whatever it says.
        draft.add_file_written_by_controller(
            LOG, "".join(f"{escape_text_to_one_line(line, _LONGEST_LINE)}\n" for line in lines).encode()
        )
        return EvidenceManifest(
            incident=self.incident,
            host=host,
            who=self.who,
            begun=clock.format_iso_moment(start_time),
            ended=clock.format_iso_moment(end),
            clock=draft.clock,
            stopped=stop_reason,
            files=tuple(sorted(draft.files, key=lambda file: file.path)),
            left_out=tuple(draft.left_out),
            redactions=draft.redaction_counts_by_file,
        )

    def _write_and_sign_manifest(self, draft: Path, manifest: EvidenceManifest, folder_name: str) -> CollectedEvent:
        content = render_manifest(manifest)
        digest = hashlib.sha256(content).hexdigest()
        files.write_file_atomically(draft / MANIFEST, [content])
        files.write_file_atomically(draft / SUMS, [render_sha256sum_lines(manifest, digest)])
        signatures.sign_manifest_with_own_key(draft / MANIFEST)
        return CollectedEvent(
            number=1,
            host=manifest.host,
            folder=folder_name,
            sha256=digest,
            files=len(manifest.files),
            size=sum(file.size for file in manifest.files),
            key=signatures.get_own_signing_key_fingerprint() or "",
            stopped=manifest.stopped,
        )


@dataclass
class DraftEvidenceCollection:
    """A folder that is being filled with what a host sends. Nothing in it is there before."""

    root: Path
    files: list[EvidenceFile] = field(default_factory=list)
    left_out: list[OmittedFile] = field(default_factory=list)
    clock: float | None = None
    """Seconds by which the host's clock is ahead."""
    _used_paths: set[str] = field(default_factory=set)
    _redaction_counts: dict[str, list[int]] = field(default_factory=dict)
    """How often, and in how many files, what a file of the host has was taken out."""

    @property
    def redaction_counts_by_file(self) -> tuple[Redaction, ...]:
        """Return what was taken out of what the host sent, by the file that has it, the most frequent first."""
        top_redactions = sorted(self._redaction_counts.items(), key=lambda item: (-item[1][0], item[0]))[
            :MAX_REDACTIONS
        ]
        return tuple(Redaction(source=source, count=count, files=files) for source, (count, files) in top_redactions)

    def store_evidence_stream(self, stream_pieces: Iterable[bytes]) -> str:
        """Keep what comes; why it stopped before its end, empty when it did not. Raises OSError, NoAnswer."""
        open_one: _OpenEvidenceFile | None = None
        try:
            for event in iter_evidence_stream_events(stream_pieces):
                match event:
                    case MemberStart():
                        open_one = self._open_member_at_free_path(event)
                    case bytes() if open_one is not None:
                        self._append_to_member_file(open_one, event)
                    case MemberEnd() if open_one is not None:
                        self._close_member_and_list_file(open_one, event)
                        open_one = None
                    case MemberOmission():
                        self.left_out.append(OmittedFile(what=event.what, why=event.why))
        except EvidenceStreamError as broken:
            return str(broken)
        finally:
            if open_one is not None:
                self._close_member_and_list_file(open_one, MemberEnd(why="cut"))
        return ""

    def add_file_written_by_controller(self, path: str, content: bytes) -> None:
        """Add a file of ours."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_file_atomically(target, [content])
        self.files.append(EvidenceFile(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest()))

    def _open_member_at_free_path(self, member_start: MemberStart) -> _OpenEvidenceFile:
        try:
            path = map_host_path_into_collection(member_start.place, member_start.path)
            if path in self._used_paths:
                raise ValueError("name_twice")
        except ValueError as error:
            self.left_out.append(OmittedFile(what=member_start.path, why=str(error)))
            return _OpenEvidenceFile(None)
        self._used_paths.add(path)
        return _OpenEvidenceFile(path)

    def _append_to_member_file(self, member: _OpenEvidenceFile, content: bytes) -> None:
        if member.path is None:
            return
        try:
            member.stream = member.stream or _create_private_file_below(self.root, member.path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            self.left_out.append(OmittedFile(what=member.path, why="name_twice"))
            member.path = None
            return
        member.stream.write(content)
        member.size += len(content)
        member.digest.update(content)

    def _close_member_and_list_file(self, member: _OpenEvidenceFile, member_end: MemberEnd) -> None:
        facts = FileAttributes.model_validate(member_end.model_dump(exclude={"why", "redacted"}))
        for source, count in member_end.redacted.items() if len(self._redaction_counts) < MAX_REDACTIONS else ():
            counts = self._redaction_counts.setdefault(source, [0, 0])
            counts[0], counts[1] = counts[0] + count, counts[1] + 1
        if member.stream is None and member.path is not None and member_end.why in _OMISSION_REASONS:
            self.left_out.append(OmittedFile(what=member_end.origin or member.path, why=member_end.why, told=facts))
            return
        self._append_to_member_file(member, b"")
        if member.stream is None or member.path is None:
            return
        member.stream.close()
        self.files.append(
            EvidenceFile(
                path=member.path,
                size=member.size,
                sha256=member.digest.hexdigest(),
                cut=member_end.why,
                told=facts if member_end.origin else None,
            )
        )
        if member.path == CLOCK:
            self.clock = _compute_clock_skew_from_utc_file((self.root / member.path).read_bytes()[:1_000])


@dataclass
class _OpenEvidenceFile:
    """A file that is coming; made when its first bytes are there.

    Without a path it is refused, and what comes of it is thrown away.
    """

    path: str | None
    stream: IO[bytes] | None = None
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


def _remove_drafts_of_killed_collections(evidence_folder: Path) -> None:
    """Take away what collections left that were killed, once nobody can be at it any more."""
    for leftover in evidence_folder.glob(".*"):
        if clock.now().timestamp() - leftover.lstat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)


def _find_free_collection_name(evidence_folder: Path, name: str) -> str:
    """Return the name, or the first after it that nothing has."""
    others = (f"{name}-{number}" for number in itertools.count(2))
    return next(
        candidate for candidate in itertools.chain([name], others) if not (evidence_folder / candidate).exists()
    )


def _create_private_file_below(root: Path, path: str) -> IO[bytes]:
    """Return a new file for its owner only. All folders on the way are ours: no link is ever made there."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _compute_clock_skew_from_utc_file(clock_file: bytes) -> float | None:
    match = re.match(rb"utc ([0-9]{1,12}\.[0-9]{3})\n", clock_file)
    return round(float(match[1]) - clock.now().timestamp(), 1) if match else None
