"""What a host's files come to: known good first, then what judges say, and of it the traces.

Pure but for the judges' children.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from auditor.compromise.classifier import SMALL, Judgement
from auditor.compromise.confidence import FileVerdict, weigh_judgement
from auditor.compromise.file_listing import CACHE, PHP, PROGRAM, SCRIPT, SWAPPED, UNREAD, UPLOAD, WebFile
from auditor.compromise.known_good import checksums, matcher
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.known_good.matcher import HostFile, MatchResult
from auditor.compromise.rules import engine
from auditor.models.applications.registry import CMSS
from auditor.models.reviews import Family, Trace
from auditor.scans.dedup import limit_traces_per_kind, merge_traces_by_key_and_place
from auditor.scans.traces import build_masked_trace, convert_to_trace_on_host, format_path_on_host


@dataclass(frozen=True)
class TriageResult:
    """A host's files, and what is known of them."""

    files: Sequence[WebFile]
    known_good: MatchResult
    suspect_files: Sequence[WebFile]
    """Those whose content has to be judged: they hold code, and nothing explains them."""
    known_count: int


def triage_files(
    files: Sequence[WebFile], manifests: Sequence[ReleaseManifest], *, is_complete_listing: bool = True
) -> TriageResult:
    """Return what manifests explain of a host's files, and what they leave to be judged.

    ``is_complete_listing``: these are all that the host has; else nothing is told to be missing.
    """
    if any(map(checksums.has_md5_digests, manifests)):
        known_by = {file.md5: file.sha256 for file in files if file.md5 is not None and file.sha256 is not None}
        manifests = [checksums.replace_md5_by_sha256(manifest, known_by) for manifest in manifests]
    host_files = [HostFile(file.full_path, file.sha256, file.size, bool(file.what & (PHP | SCRIPT))) for file in files]
    match_result = matcher.match_files_to_manifests(host_files, manifests)
    if not is_complete_listing:
        match_result = replace(match_result, missing_files=())
    status_by_path = {path: how for path, (how, _release) in match_result.standings.items()}
    known_count = sum(1 for how in status_by_path.values() if how == "known")
    suspect_files = [file for file in files if file.is_worth_judging and status_by_path.get(file.full_path) != "known"]
    return TriageResult(
        files, match_result, sorted(suspect_files, key=lambda file: (-file.ctime_ns, file.path)), known_count
    )


@dataclass(frozen=True)
class HuntFindings:
    """The traces of one hunt."""

    traces: tuple[Trace, ...]
    left_out: int
    unjudged_count: int = field(default=0)
    generated_count: int = field(default=0)
    """Files that an application makes by itself, known by their shape."""
    skimmed_count: int = field(default=0)
    """Large files that rules alone have read."""


def find_traces_in_triaged_files(triage: TriageResult, judgements: Mapping[str, Judgement]) -> HuntFindings:
    """Return the traces in a host's files, by what was judged of their contents (by SHA-256)."""
    traces, left_out = limit_traces_per_kind(
        merge_traces_by_key_and_place(_iter_traces_of_triaged_files(triage, judgements))
    )
    unjudged_count = sum(1 for file in triage.suspect_files if file.sha256 is None or file.sha256 not in judgements)
    generated_count = sum(
        1 for file in triage.suspect_files if _is_judged_as_generated_file(judgements.get(file.sha256 or ""))
    )
    skimmed_count = sum(1 for file in triage.suspect_files if is_skimmed(judgements.get(file.sha256 or "")))
    return HuntFindings(traces, left_out, unjudged_count, generated_count, skimmed_count)


def is_skimmed(judgement: Judgement | None) -> bool:
    """Return whether rules alone have read a file."""
    return judgement is not None and judgement.skimmed


def select_files_whose_large_trees_are_read(files: Iterable[WebFile]) -> frozenset[str]:
    """Return the files that are read whole though they are large, of files in the order of their suspicion."""
    selected, room = set(), _LARGE_BYTES
    for file in files:
        if file.size > SMALL and file.size <= room:
            selected.add(file.full_path)
            room -= file.size
    return frozenset(selected)


_LARGE_BYTES = 8_000_000
"""Of large files that no rule asks to be read as a tree: four seconds of one processor's time."""


def list_unexplained_places(
    triage: TriageResult, judgements: Mapping[str, Judgement], traces: Iterable[Trace]
) -> frozenset[str]:
    """Return where files lie that nothing explains: code that nobody knows, and whatever has a trace."""
    unknown_code = {
        format_path_on_host(file.full_path)
        for file in triage.suspect_files
        if not _is_judged_as_generated_file(judgements.get(file.sha256 or ""))
    }
    return frozenset(unknown_code | {trace.where for trace in traces if trace.kind != "missing"})


def _is_judged_as_generated_file(judgement: Judgement | None) -> bool:
    return judgement is not None and bool(judgement.generated)


def _iter_traces_of_triaged_files(triage: TriageResult, judgements: Mapping[str, Judgement]) -> Iterator[Trace]:
    suspect_paths = {file.full_path for file in triage.suspect_files}
    installers = {
        file.full_path.removesuffix(mark) + installer
        for file in triage.files
        for mark, installer in _INSTALLERS
        if file.full_path.endswith(f"/{mark}")
    }
    for file in triage.files:
        where = file.full_path
        how, release = triage.known_good.standings.get(where, (None, ""))
        if how == "known":
            continue
        judgement = judgements.get(file.sha256 or "") if where in suspect_paths else None
        is_near_release = any(
            where.startswith(base.rstrip("/") + "/") for base, _release in triage.known_good.release_folders
        )
        trace = _find_file_trace(
            file,
            how,
            release,
            judgement,
            is_near_release=is_near_release,
            is_at_installer_path=where in installers,
        )
        if trace is not None:
            yield trace
    yield from _find_missing_release_files(triage)


def _find_missing_release_files(triage: TriageResult) -> Iterator[Trace]:
    """Yield what releases have and the host has not; a folder that is not there at all is told once."""
    there = {folder for file in triage.files for folder in _iter_parent_folders(file.full_path)}
    reported_paths = set()
    for path, release in triage.known_good.missing_files:
        where = next((folder for folder in _iter_parent_folders(path) if folder not in there), path)
        if where not in reported_paths:
            reported_paths.add(where)
            yield _build_file_trace(FileVerdict("missing", "weak", ("known",), ("missing",)), where, where, release)


def _iter_parent_folders(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, from the top."""
    at = path.find("/", 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _find_file_trace(
    file: WebFile,
    match_status: matcher.DeviatingStatus | None,
    release: str,
    judgement: Judgement | None,
    *,
    is_near_release: bool,
    is_at_installer_path: bool,
) -> Trace | None:
    where = file.full_path
    if file.what & UNREAD:
        return _build_file_trace(FileVerdict("unjudged", "weak", ("structure",), ("unread",)), where, where, "")
    is_upload_folder = bool(file.place & (UPLOAD | CACHE))
    is_loaded_unasked = file.is_worth_judging and _LOADED_UNASKED.search(file.path) is not None
    is_unexplained = match_status in ("unknown", "changed")
    if judgement is not None:
        verdict = weigh_judgement(
            judgement,
            is_upload_folder=is_upload_folder or is_loaded_unasked,
            is_unexplained=is_unexplained,
            is_at_installer_path=is_at_installer_path,
        )
        if verdict is not None and (verdict.certainty != "weak" or match_status is None):
            sample = judgement.settings[0].line if judgement.settings else judgement.differs or judgement.sample
            sample = engine.format_credits(judgement.others) + sample
            return _build_file_trace(verdict, file.sha256 or where, where, sample)
    if match_status is not None:
        return _build_trace_of_standing(file, match_status, release, judgement, is_upload_folder=is_upload_folder)
    is_foreign = is_loaded_unasked and (is_near_release or _ALWAYS_FOREIGN.search(file.path) is not None)
    return _build_trace_of_place(file, is_foreign=is_foreign)


def _build_trace_of_place(file: WebFile, *, is_foreign: bool) -> Trace | None:
    """Return what a file that no release lies around comes to by where it lies."""
    where, essence = file.full_path, file.sha256 or file.full_path
    if file.place & UPLOAD and file.what & PROGRAM:
        return _build_file_trace(FileVerdict("executable", "weak", ("place",), ("program",)), essence, where, "")
    if is_foreign and file.size > _STUB:
        return _build_file_trace(FileVerdict("unknown", "weak", ("place",), ("loaded_unasked",)), essence, where, "")
    if file.is_worth_judging and (file.what & SWAPPED or file.sha256 is None):
        return _build_file_trace(FileVerdict("unjudged", "weak", ("structure",), ("unread",)), where, where, "")
    return None


def _build_trace_of_standing(
    file: WebFile,
    match_status: matcher.DeviatingStatus,
    release: str,
    judgement: Judgement | None,
    *,
    is_upload_folder: bool,
) -> Trace | None:
    """Return what manifests say of a file that they do not know as it is, where its content says no more."""
    where, sample = file.full_path, release
    if match_status == "unknown" and _is_judged_as_generated_file(judgement):
        return None
    families: tuple[Family, ...] = ("known", "place") if match_status == "misplaced" else ("known",)
    if match_status == "changed":
        sample = f"{release} {judgement.differs if judgement is not None else ''}".rstrip()
    is_strong = (match_status == "changed" and file.is_worth_judging) or (
        match_status == "misplaced" and is_upload_folder
    )
    return _build_file_trace(
        FileVerdict(match_status, "strong" if is_strong else "weak", families, (match_status,)),
        file.sha256 or where,
        where,
        sample,
    )


_INSTALLERS = tuple(cms.mark_and_installer for cms in CMSS if cms.mark_and_installer is not None)
_ALWAYS_FOREIGN = re.compile(rf"(?:^|/)(?:{'|'.join(cms.always_foreign for cms in CMSS if cms.always_foreign)})$")
"""What a CMS loads by itself at each request, and no release of it has."""
_LOADED_UNASKED = re.compile(
    rf"{_ALWAYS_FOREIGN.pattern}|(?:^|/)(?:{'|'.join(cms.loaded_unasked for cms in CMSS if cms.loaded_unasked)})$"
)
"""Those, and what its releases have some of, too."""
_STUB = 60
"""Bytes: a page that says nothing is no longer."""


def _build_file_trace(verdict: FileVerdict, essence: str, where: str, sample: str) -> Trace:
    file_trace = build_masked_trace(
        verdict.kind,
        essence,
        where=where,
        sample=sample,
        families=verdict.families,
        rules=[_normalize_rule_name(rule) for rule in verdict.rules],
    )
    return convert_to_trace_on_host(file_trace, where, verdict.certainty)


def _normalize_rule_name(rule: str) -> str:
    """Return a rule's name as traces have it."""
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "_" for letter in rule.lower()
    )
    return (name if name[:1].isalpha() else f"r{name}")[:30]
