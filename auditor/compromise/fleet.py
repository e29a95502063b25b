"""Hunts on many hosts: one trip lists the files, more fetch the contents that nothing explains, children judge them."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from auditor.compromise import classifier, file_triage, persistence, snippets
from auditor.compromise.applications import iter_cms_administrators_as_autoruns
from auditor.compromise.autoruns import Autorun, AutorunList, parse_autoruns
from auditor.compromise.classifier import Judgement, JudgeRequest
from auditor.compromise.file_listing import (
    FileList,
    ListingError,
    WebFile,
    pack_compressed_json,
    parse_file_list,
    unpack_file_contents,
)
from auditor.compromise.known_good import archives, checksums, file_diff
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.rules.folder import SUFFIXES
from auditor.compromise.rules.rule_set import SUFFIX
from auditor.compromise.scan_cache import ScanCache
from auditor.facts import HostFacts
from auditor.fleet import collect
from auditor.fleet.runner import AnsibleTask, PlaybookOrder, PlaybookRun, play
from auditor.models import Host, HostOutcome, clock
from auditor.models.hunts import Explained, Hunt, RuleSetUse
from auditor.scans.dedup import limit_traces_per_kind, merge_traces_by_key
from auditor.system import memory

LIST_SECONDS = 240
"""For lists, besides the time in which facts are read."""
FETCH_SECONDS = 180
JUDGE_SECONDS = 1_200
"""For the judges, of one host; what they have no time for comes first the next time."""
MAX_TRIPS = 12
"""For contents, of one host: eight megabytes each, packed."""
AT_ONCE = 6_000
"""Paths that are asked for in one trip."""
PARTS = 2 << 20
"""Bytes of head and tail, which are read of a file that is larger."""
AHEAD = 4
"""Hosts whose lists are looked at while others, or they themselves, still read.

What is known of each is kept until all have read.
"""
_JUDGEMENT = TypeAdapter(Judgement)


class HuntStore(Protocol):
    """The store of hunts, and of what is kept between them."""

    def load_scan_cache_of_host(self, inventory: str, host: str) -> ScanCache:
        """Return what earlier hunts read of a host."""

    def store_hunt(self, inventory: str, hunt: Hunt, scan_cache: ScanCache) -> None:
        """Keep a hunt."""


@dataclass(frozen=True)
class HuntRun:
    """The settings that all hunts of one time have in common."""

    inventory: str
    shelf: HuntStore
    manifests: Sequence[ReleaseManifest]
    rules: Path | None = None
    """A folder of others' rules."""
    rule_sets: tuple[RuleSetUse, ...] = ()
    """What lies in it."""
    whole: bool = False
    """Whether everything is read, whatever earlier hunts have read."""
    fact_query: collect.FactsRequest = collect.ALL
    """What hosts are asked for along the way, for the audit after the hunt."""
    sockets: Path | None = field(default=None)

    def hunt_hosts(
        self,
        hosts: Sequence[Host],
        watch: Callable[[str], None] | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> tuple[tuple[Hunt, ...], Mapping[str, HostFacts], tuple[HostOutcome, ...]]:
        """Return a hunt on each host that can be reached, kept as soon as it is over.

        And the facts that were read along the way.

        Facts are read while files are listed, each over a connection of its own. ``meanwhile`` is done here while hosts
        do both.
        """
        started = clock.now()  # whatever happens on the hosts from now on may go unseen
        scan_caches = {host.name: self.shelf.load_scan_cache_of_host(self.inventory, host.name) for host in hosts}
        md5 = any(map(checksums.has_md5_digests, self.manifests))
        stamps = {
            name: b""
            if self.whole or (md5 and not host_cache.has_md5_of_all_files)
            else host_cache.stamps_of_known_files
            for name, host_cache in scan_caches.items()
        }
        sound = {name: scan_caches[name].sound for name, sent_stamps in stamps.items() if sent_stamps}
        triages: dict[str, _FileTriage | None] = {}

        def look(task: AnsibleTask) -> _FileTriage | None:
            file_list = _parse_file_list_of_task(task, len(stamps[task.host]) // 8)
            return self._triage_files_of_host(scan_caches[task.host], file_list) if file_list is not None else None

        def ahead(task: AnsibleTask) -> None:
            if _is_successful_task_of_action(task, _LISTS) and len(triages) < AHEAD:
                triages[task.host] = look(task)

        facts: Mapping[str, HostFacts] = {}
        outcomes: tuple[HostOutcome, ...] = ()

        def read() -> None:
            nonlocal facts, outcomes
            facts, outcomes = collect.collect(self.inventory, hosts, meanwhile=meanwhile, request=self.fact_query)

        run = self._run_listing_playbook(hosts, stamps, sound, ahead, read, md5=md5)
        hunts = []
        for host in hosts:
            task = _find_successful_task_of_action(run, host.name, _LISTS)
            triage = triages.pop(host.name) if host.name in triages else look(task) if task is not None else None
            if triage is not None:
                there = _read_autoruns_of_host(run, host.name, facts.get(host.name))
                hunts.append(
                    self._finish_hunt_on_host(
                        host, scan_caches[host.name], triage, there, started, warm=bool(stamps[host.name])
                    )
                )
            if watch is not None:
                watch(host.name)
        return tuple(hunts), facts, outcomes

    def _run_listing_playbook(
        self,
        hosts: Sequence[Host],
        stamps: Mapping[str, bytes],
        sound: Mapping[str, str],
        watch: Callable[[AnsibleTask], None],
        meanwhile: Callable[[], object],
        *,
        md5: bool,
    ) -> PlaybookRun:
        stamps_by_host = {name: base64.b64encode(host_stamps).decode("ascii") for name, host_stamps in stamps.items()}
        return play(
            PlaybookOrder(
                "hunt.yml",
                inventory=self.inventory,
                limit=[host.name for host in hosts],
                variables={
                    **collect.build_collector_variables(hosts),
                    "luytre_stamps": stamps_by_host,
                    "luytre_sound": dict(sound),
                    "luytre_md5": md5,
                },
                timeout=LIST_SECONDS + collect.COLLECT_SECONDS,
                sockets=self.sockets,
            ),
            watch=watch,
            meanwhile=meanwhile,
        )

    def _triage_files_of_host(self, scan_cache: ScanCache, file_list: FileList) -> _FileTriage:
        """Return what is known of a host's files without asking it for more."""
        files = (*scan_cache.restore_unchanged_files(file_list.same), *file_list.files)
        triage = file_triage.triage_files(
            files, self.manifests, is_complete_listing=not (file_list.left_count or file_list.cut_short)
        )
        judgements = (
            _parse_judgements(scan_cache.judged) if scan_cache.rules == _hash_judging_code_and_rules(self.rules) else {}
        )
        reads_skimmed_again = not scan_cache.stamps_of_known_files
        unjudged_files = [
            file
            for file in triage.suspect_files
            if file.sha256 is not None
            and (file.sha256 not in judgements or (reads_skimmed_again and judgements[file.sha256].skimmed))
        ]
        pending_files = tuple({file.sha256: file for file in unjudged_files}.values())
        return _FileTriage(
            file_list,
            files,
            triage,
            judgements,
            pending_files,
            None if pending_files else file_triage.find_traces_in_triaged_files(triage, judgements),
        )

    def _finish_hunt_on_host(
        self,
        host: Host,
        scan_cache: ScanCache,
        host_triage: _FileTriage,
        autorun_list: AutorunList | None,
        started_at: datetime,
        *,
        warm: bool,
    ) -> Hunt:
        began = time.monotonic()
        file_list, triage = host_triage.told, host_triage.triage
        judgements = {
            **host_triage.judgements,
            **self._fetch_and_judge_files(
                host, host_triage.pending_files, _load_release_originals_by_path(triage, host_triage.pending_files)
            ),
        }
        findings = host_triage.findings or file_triage.find_traces_in_triaged_files(triage, judgements)
        outside = _drop_snippets_and_mark_unexplained(autorun_list, triage) if autorun_list is not None else ()
        code = snippets.find_traces_in_snippets(autorun_list.all, self.rules) if autorun_list is not None else ()
        persistence_traces = persistence.find_traces_in_autoruns(outside, scan_cache.places)
        persistence_traces = persistence.escalate_new_administrators(
            persistence_traces, (*findings.traces, *persistence_traces, *code)
        )
        outside_traces, left_out = limit_traces_per_kind(merge_traces_by_key([*persistence_traces, *code]))
        hunt = Hunt(
            id=f"{clock.format_compact_utc_moment(started_at)}-{secrets.token_hex(3)}",
            host=host.name,
            started=clock.format_iso_moment(started_at),
            seconds=round(time.monotonic() - began, 3),
            warm=warm,
            seen=file_list.file_count,
            same=len(file_list.same),
            known=triage.known_count + findings.generated_count,
            judged=sum(1 for file in triage.suspect_files if file.sha256 in judgements) - findings.generated_count,
            unjudged=findings.unjudged_count,
            left=file_list.left_count,
            cut_short=file_list.cut_short,
            processor=file_list.processor + (autorun_list.processor if autorun_list is not None else 0.0),
            traces=(*findings.traces, *outside_traces),
            skimmed=findings.skimmed_count,
            left_out=findings.left_out + left_out,
            places=autorun_list.seen_count if autorun_list is not None else None,
            places_left=autorun_list.cut_short if autorun_list is not None else (),
            rule_sets=self.rule_sets,
            explained=_count_explained(
                host_triage, judgements, findings, autorun_list, len(persistence_traces) + len(code)
            ),
        )
        texts = {digest: _JUDGEMENT.dump_json(judgement).decode() for digest, judgement in judgements.items()}
        keys = None
        if (
            autorun_list is not None
        ):  # what was not seen to its end keeps what was known of it, so that it is not new the next time
            keys = persistence.select_keys_known_to_next_hunt(outside, persistence_traces) | (
                set(scan_cache.places or ()) if autorun_list.cut_short else frozenset()
            )
        sound = autorun_list.sound if autorun_list is not None else ""
        after = scan_cache.build_cache_for_next_hunt(
            host_triage.files,
            texts,
            _hash_judging_code_and_rules(self.rules),
            warm=warm,
            autorun_keys=keys,
            sound=sound,
        )
        self.shelf.store_hunt(self.inventory, hunt, after)
        return hunt

    def _fetch_and_judge_files(
        self, host: Host, files: Sequence[WebFile], originals: Mapping[str, bytes]
    ) -> dict[str, Judgement]:
        """Return what judges say of the contents of these files, by SHA-256.

        Of those that could be fetched as they were listed.

        While they judge what one trip brought, the next one is under way.
        """
        judgements: dict[str, Judgement] = {}
        remaining_files = list(files)
        large = file_triage.select_files_whose_large_trees_are_read(files)
        given_up, ends = Event(), time.monotonic() + JUDGE_SECONDS
        judge_task: Future[dict[str, Judgement]] | None = None
        there: list[tuple[WebFile, bytes]] = []

        def is_over() -> bool:
            return given_up.is_set() or time.monotonic() > ends

        with ThreadPoolExecutor(max_workers=1) as beside:
            try:
                for _ in range(MAX_TRIPS):
                    here = remaining_files[:AT_ONCE]
                    fetched_contents = self._fetch_file_contents(host, here) if here else []
                    judgements |= judge_task.result() if judge_task is not None else {}
                    judge_task, there = None, []
                    memory.release_memory()
                    if not fetched_contents:
                        break
                    there = [
                        (file, content)
                        for file, content in zip(here, fetched_contents, strict=False)
                        if content is not None and _has_content_as_listed(file, content)
                    ]
                    judge_task = beside.submit(self._judge_fetched_files, there, originals, large, is_over)
                    remaining_files = remaining_files[len(fetched_contents) :]
                judgements |= judge_task.result() if judge_task is not None else {}
            except BaseException:
                given_up.set()
                raise
        return judgements

    def _judge_fetched_files(
        self,
        fetched_files: Sequence[tuple[WebFile, bytes]],
        originals: Mapping[str, bytes],
        large: Collection[str],
        is_over: Callable[[], bool],
    ) -> dict[str, Judgement]:
        """Return the judgements of what one trip brought."""
        answers = classifier.judge_files_in_child_processes(
            [
                JudgeRequest(file.path, content, reads_large_trees=file.full_path in large)
                for file, content in fetched_files
            ],
            self.rules,
            is_over,
        )
        judgements = {
            file.sha256 or "": judgement
            for (file, _), judgement in zip(fetched_files, answers, strict=True)
            if judgement.unjudged != classifier.OUT_OF_TIME
        }
        changed_files = [
            item for item in fetched_files if item[0].sha256 in judgements and item[0].full_path in originals
        ]
        return (
            judgements | self._judge_changed_release_files(changed_files, originals, judgements)
            if changed_files
            else judgements
        )

    def _judge_changed_release_files(
        self,
        fetched_files: Sequence[tuple[WebFile, bytes]],
        originals: Mapping[str, bytes],
        judgements: Mapping[str, Judgement],
    ) -> dict[str, Judgement]:
        """Return the judgements of changed files of releases, with how they differ.

        What was added is judged by itself, too.
        """
        how = [file_diff.diff_contents(originals[file.full_path], content) for file, content in fetched_files]
        alone = classifier.judge_files_in_child_processes(
            [
                JudgeRequest(file.path, diff.php_of_added_lines)
                for (file, _), diff in zip(fetched_files, how, strict=True)
            ],
            self.rules,
        )
        changed_judgements = {}
        for (file, content), one, added_judgement in zip(fetched_files, how, alone, strict=True):
            judgement = judgements[file.sha256 or ""]
            differs = file_diff.render_redacted_diff(one, originals[file.full_path], content, file.path)
            worse = (
                added_judgement.hits[:1]
                and added_judgement.hits[0].level == "exact"
                and not (judgement.hits and judgement.hits[0].level == "exact")
            )
            changed_judgements[file.sha256 or ""] = replace(
                judgement, differs=differs, hits=added_judgement.hits if worse else judgement.hits
            )
        return changed_judgements

    def _fetch_file_contents(self, host: Host, files: Sequence[WebFile]) -> list[bytes | None]:
        file_request = pack_compressed_json([[file.root, file.path, file.sha256] for file in files])
        run = play(
            PlaybookOrder(
                "hunt_contents.yml",
                inventory=self.inventory,
                limit=[host.name],
                variables={"luytre_wanted": {host.name: file_request}},
                timeout=FETCH_SECONDS,
                sockets=self.sockets,
            )
        )
        task = _find_successful_task_of_action(run, host.name, "hunt_contents")
        if task is None:
            return []
        try:
            return unpack_file_contents(task.result.get("contents"), task.result.get("lengths"), len(files))
        except ListingError:
            return []


@dataclass(frozen=True)
class _FileTriage:
    """A host's files, and what is known of them before any is fetched."""

    told: FileList
    files: Sequence[WebFile]
    triage: file_triage.TriageResult
    judgements: Mapping[str, Judgement]
    pending_files: Sequence[WebFile]
    """Those whose contents have to be fetched."""
    findings: file_triage.HuntFindings | None
    """The traces, when nothing has to be fetched."""


def _load_release_originals_by_path(triage: file_triage.TriageResult, files: Sequence[WebFile]) -> dict[str, bytes]:
    """Return what releases have in place of these files, by path.

    Files whose archives no longer lie where they were imported from are missing.
    """
    changed_files = {
        file.full_path: triage.known_good.originals[file.full_path]
        for file in files
        if file.full_path in triage.known_good.originals
    }
    by_release: dict[str, tuple[ReleaseManifest, set[str]]] = {}
    for manifest, digest in changed_files.values():
        by_release.setdefault(f"{manifest.name}\0{manifest.version}", (manifest, set()))[1].add(digest)
    contents_of: dict[str, bytes] = {}
    for manifest, digests in by_release.values():
        contents_of |= archives.extract_release_contents_by_sha256(manifest, digests)
    return {where: contents_of[digest] for where, (_, digest) in changed_files.items() if digest in contents_of}


def _has_content_as_listed(file: WebFile, content: bytes) -> bool:
    """Return whether this is what was listed: what was changed meanwhile is judged the next time.

    Of parts the host has seen to it.
    """
    is_part = len(content) == PARTS < file.size
    return is_part or hashlib.sha256(content).hexdigest() == file.sha256


_LISTS = "hunt_files"


def _is_successful_task_of_action(task: AnsibleTask, action: str) -> bool:
    return task.action == action and task.outcome == "ok"


def _find_successful_task_of_action(run: PlaybookRun, host: str, action: str) -> AnsibleTask | None:
    return next((task for task in run.list_tasks(host) if _is_successful_task_of_action(task, action)), None)


def _parse_file_list_of_task(task: AnsibleTask, stamp_count: int) -> FileList | None:
    try:
        return parse_file_list(task.result.get("listing"), stamp_count)
    except ListingError:
        return None


def _read_autoruns_of_host(run: PlaybookRun, host: str, facts: HostFacts | None) -> AutorunList | None:
    task = _find_successful_task_of_action(run, host, "hunt_places")
    if task is None:
        return None
    try:
        autoruns = parse_autoruns(task.result.get("places"))
    except ListingError:
        return None
    return replace(autoruns, all=(*autoruns.all, *iter_cms_administrators_as_autoruns(facts)))


def _count_explained(
    host_triage: _FileTriage,
    judgements: Mapping[str, Judgement],
    findings: file_triage.HuntFindings,
    autorun_list: AutorunList | None,
    place_trace_count: int,
) -> Explained:
    """Return what is explained on a host, before anybody accepts anything.

    What the host did not tell of, for want of time or room, is not.
    """
    file_count = len(host_triage.files)
    unexplained_count = min(
        len(file_triage.list_unexplained_places(host_triage.triage, judgements, findings.traces)), file_count
    )
    known_count = min(host_triage.triage.known_count + findings.generated_count, file_count - unexplained_count)
    return Explained(
        known_good=known_count,
        packages=max(0, autorun_list.seen_count - place_trace_count) if autorun_list is not None else None,
        without_code=file_count - unexplained_count - known_count,
        unexplained=unexplained_count + host_triage.told.left_count + place_trace_count,
    )


def _drop_snippets_and_mark_unexplained(
    autorun_list: AutorunList, triage: file_triage.TriageResult
) -> tuple[Autorun, ...]:
    """Return the places but for snippets of code, which are judged as code.

    Scripts that are posted to are marked when nothing explains them.
    """
    unexplained_paths = {file.full_path for file in triage.suspect_files if file.place}
    return tuple(
        replace(place, marks=place.marks | {"unexplained"})
        if place.slot == "order" and place.where in unexplained_paths
        else place
        for place in autorun_list.all
        if place.slot != "snippet"
    )


def _parse_judgements(judgements_json: Mapping[str, str]) -> dict[str, Judgement]:
    judgements = {}
    for digest, text in judgements_json.items():
        try:
            judgements[digest] = _JUDGEMENT.validate_json(text)
        except ValidationError:  # of another version: it is judged anew
            continue
    return judgements


_RULE_FILES = frozenset({SUFFIX, *SUFFIXES})


@cache
def _hash_judging_code_and_rules(rules: Path | None) -> str:
    """Return what tells judgements of these judges from those of others: our own code, and others' rules."""
    digest = hashlib.sha256()
    ours = sorted(Path(__file__).parent.rglob("*.py")) + sorted(Path(__file__).parent.rglob("*.yar"))
    others = sorted(file for file in rules.rglob("*") if file.suffix in _RULE_FILES) if rules is not None else []
    for path in (*ours, *others):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]
