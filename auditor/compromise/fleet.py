"""Hunts on many hosts: one trip lists the files, more fetch the contents that nothing explains, children judge them."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from auditor.compromise import footholds, hunting, judge, snippets
from auditor.compromise.applications import administrators
from auditor.compromise.judge import Asked, Judgement
from auditor.compromise.known import archives, checksums, differing
from auditor.compromise.known.manifest import Manifest
from auditor.compromise.listing import BadListing, File, Listing, contents, listing, packed
from auditor.compromise.places import Place, Places, places
from auditor.compromise.remembered import Remembered
from auditor.facts import HostFacts
from auditor.fleet import collect
from auditor.fleet.runner import Playbook, Task, play
from auditor.looks.gathered import bounded, merged
from auditor.models import Host, HostOutcome, clock
from auditor.models.hunts import Hunt
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
"""Hosts whose lists are looked at while others, or they themselves, still read: what is known of each is kept until all have read."""
_JUDGEMENT = TypeAdapter(Judgement)


class Shelf(Protocol):
    """Where hunts, and what is kept between them, are kept."""

    def remembered(self, inventory: str, host: str) -> Remembered:
        """What earlier hunts read of a host."""

    def keep(self, inventory: str, hunt: Hunt, remembered: Remembered) -> None:
        """Keep a hunt."""


@dataclass(frozen=True)
class Hunting:
    """What all hunts of one time have in common."""

    inventory: str
    shelf: Shelf
    manifests: Sequence[Manifest]
    rules: Path | None = None
    """A folder of others' rules."""
    whole: bool = False
    """Whether everything is read, whatever earlier hunts have read."""
    asked: collect.Asked = collect.ALL
    """What hosts are asked for along the way, for the audit after the hunt."""
    sockets: Path | None = field(default=None)

    def all(
        self,
        hosts: Sequence[Host],
        watch: Callable[[str], None] | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> tuple[tuple[Hunt, ...], Mapping[str, HostFacts], tuple[HostOutcome, ...]]:
        """A hunt on each host that can be reached, kept as soon as it is over; and the facts that were read along the way.

        Facts are read while files are listed, each over a connection of its own. ``meanwhile`` is done here while hosts do both.
        """
        started = clock.now()  # whatever happens on the hosts from now on may go unseen
        known = {host.name: self.shelf.remembered(self.inventory, host.name) for host in hosts}
        md5 = any(map(checksums.by_md5, self.manifests))
        stamps = {name: b"" if self.whole or (md5 and not one.has_md5) else one.stamps for name, one in known.items()}
        sound = {name: known[name].sound for name, given in stamps.items() if given}
        looked: dict[str, _Looked | None] = {}

        def look(task: Task) -> _Looked | None:
            told = _told(task, len(stamps[task.host]) // 8)
            return self._looked(known[task.host], told) if told is not None else None

        def ahead(task: Task) -> None:
            if _is_answer(task, _LISTS) and len(looked) < AHEAD:
                looked[task.host] = look(task)

        facts: Mapping[str, HostFacts] = {}
        outcomes: tuple[HostOutcome, ...] = ()

        def read() -> None:
            nonlocal facts, outcomes
            facts, outcomes = collect.collect(self.inventory, hosts, meanwhile=meanwhile, asked=self.asked)

        run = self._listed(hosts, stamps, sound, ahead, read, md5=md5)
        hunts = []
        for host in hosts:
            task = _task(run, host.name, _LISTS)
            seen = looked.pop(host.name) if host.name in looked else look(task) if task is not None else None
            if seen is not None:
                there = _places(run, host.name, facts.get(host.name))
                hunts.append(self._one(host, known[host.name], seen, there, started, warm=bool(stamps[host.name])))
            if watch is not None:
                watch(host.name)
        return tuple(hunts), facts, outcomes

    def _listed(
        self,
        hosts: Sequence[Host],
        stamps: Mapping[str, bytes],
        sound: Mapping[str, str],
        watch: Callable[[Task], None],
        meanwhile: Callable[[], object],
        *,
        md5: bool,
    ) -> Playbook:
        given = {name: base64.b64encode(one).decode("ascii") for name, one in stamps.items()}
        return play(
            "hunt.yml",
            inventory=self.inventory,
            limit=[host.name for host in hosts],
            variables={
                **collect.declared(hosts),
                "luytre_stamps": given,
                "luytre_sound": dict(sound),
                "luytre_md5": md5,
            },
            timeout=LIST_SECONDS + collect.COLLECT_SECONDS,
            watch=watch,
            sockets=self.sockets,
            meanwhile=meanwhile,
        )

    def _looked(self, known: Remembered, told: Listing) -> _Looked:
        """What is known of a host's files without asking it for more."""
        files = (*known.again(told.same), *told.files)
        seen = hunting.seen(files, self.manifests, whole=not (told.left or told.cut_short))
        judgements = _read(known.judged) if known.rules == _rests_on(self.rules) else {}
        asked = [file for file in seen.wanted if file.sha256 is not None and file.sha256 not in judgements]
        wanted = tuple({file.sha256: file for file in asked}.values())
        return _Looked(told, files, seen, judgements, wanted, None if wanted else hunting.found(seen, judgements))

    def _one(
        self, host: Host, known: Remembered, looked: _Looked, there: Places | None, started: datetime, *, warm: bool
    ) -> Hunt:
        began = time.monotonic()
        told, seen = looked.told, looked.seen
        judgements = {**looked.judgements, **self._judged(host, looked.wanted, _originals(seen, looked.wanted))}
        found = looked.found or hunting.found(seen, judgements)
        outside = _outside(there, seen) if there is not None else ()
        code = snippets.found(there.all, self.rules) if there is not None else ()
        footing = footholds.found(outside, known.places)
        footing = footholds.with_new_administrators(footing, (*found.traces, *footing, *code))
        kept, left_out = bounded(merged([*footing, *code]))
        hunt = Hunt(
            id=f"{clock.compact(started)}-{secrets.token_hex(3)}",
            host=host.name,
            started=clock.stamp(started),
            seconds=round(time.monotonic() - began, 3),
            warm=warm,
            seen=told.seen,
            same=len(told.same),
            known=seen.known + found.generated,
            judged=sum(1 for file in seen.wanted if file.sha256 in judgements) - found.generated,
            unjudged=found.unjudged,
            left=told.left,
            cut_short=told.cut_short,
            processor=told.processor + (there.processor if there is not None else 0.0),
            traces=(*found.traces, *kept),
            left_out=found.left_out + left_out,
            places=there.seen if there is not None else None,
            places_left=there.cut_short if there is not None else (),
        )
        texts = {digest: _JUDGEMENT.dump_json(one).decode() for digest, one in judgements.items()}
        keys = None
        if (
            there is not None
        ):  # what was not seen to its end keeps what was known of it, so that it is not new the next time
            keys = footholds.no_news(outside, footing) | (set(known.places or ()) if there.cut_short else frozenset())
        sound = there.sound if there is not None else ""
        after = known.after(looked.files, texts, _rests_on(self.rules), warm=warm, places=keys, sound=sound)
        self.shelf.keep(self.inventory, hunt, after)
        return hunt

    def _judged(self, host: Host, files: Sequence[File], originals: Mapping[str, bytes]) -> dict[str, Judgement]:
        """What judges say of the contents of these files, by SHA-256; of those that could be fetched as they were listed.

        While they judge what one trip brought, the next one is under way.
        """
        found: dict[str, Judgement] = {}
        left = list(files)
        given_up, ends = Event(), time.monotonic() + JUDGE_SECONDS
        judging: Future[dict[str, Judgement]] | None = None
        there: list[tuple[File, bytes]] = []

        def is_over() -> bool:
            return given_up.is_set() or time.monotonic() > ends

        with ThreadPoolExecutor(max_workers=1) as beside:
            try:
                for _ in range(MAX_TRIPS):
                    here = left[:AT_ONCE]
                    given = self._fetched(host, here) if here else []
                    found |= judging.result() if judging is not None else {}
                    judging, there = None, []
                    memory.give_back()
                    if not given:
                        break
                    there = [
                        (file, content)
                        for file, content in zip(here, given, strict=False)
                        if content is not None and _is(file, content)
                    ]
                    judging = beside.submit(self._of_trip, there, originals, is_over)
                    left = left[len(given) :]
                found |= judging.result() if judging is not None else {}
            except BaseException:
                given_up.set()
                raise
        return found

    def _of_trip(
        self, there: Sequence[tuple[File, bytes]], originals: Mapping[str, bytes], is_over: Callable[[], bool]
    ) -> dict[str, Judgement]:
        """The judgements of what one trip brought."""
        told = judge.all_judged([Asked(file.path, content) for file, content in there], self.rules, is_over)
        found = {
            file.sha256 or "": one
            for (file, _), one in zip(there, told, strict=True)
            if one.unjudged != judge.OUT_OF_TIME
        }
        changed = [one for one in there if one[0].sha256 in found and one[0].where in originals]
        return found | self._of_changed(changed, originals, found) if changed else found

    def _of_changed(
        self, there: Sequence[tuple[File, bytes]], originals: Mapping[str, bytes], found: Mapping[str, Judgement]
    ) -> dict[str, Judgement]:
        """The judgements of changed files of releases, with how they differ: what was added is judged by itself, too."""
        how = [differing.differing(originals[file.where], content) for file, content in there]
        alone = judge.all_judged(
            [Asked(file.path, one.program) for (file, _), one in zip(there, how, strict=True)], self.rules
        )
        changed = {}
        for (file, content), one, added in zip(there, how, alone, strict=True):
            said = found[file.sha256 or ""]
            differs = differing.shown(one, originals[file.where], content, file.path)
            worse = (
                added.hits[:1] and added.hits[0].level == "exact" and not (said.hits and said.hits[0].level == "exact")
            )
            changed[file.sha256 or ""] = replace(said, differs=differs, hits=added.hits if worse else said.hits)
        return changed

    def _fetched(self, host: Host, files: Sequence[File]) -> list[bytes | None]:
        wanted = packed([[file.root, file.path, file.sha256] for file in files])
        run = play(
            "hunt_contents.yml",
            inventory=self.inventory,
            limit=[host.name],
            variables={"luytre_wanted": {host.name: wanted}},
            timeout=FETCH_SECONDS,
            sockets=self.sockets,
        )
        task = _task(run, host.name, "hunt_contents")
        if task is None:
            return []
        try:
            return contents(task.result.get("contents"), task.result.get("lengths"), len(files))
        except BadListing:
            return []


@dataclass(frozen=True)
class _Looked:
    """A host's files, and what is known of them before any is fetched."""

    told: Listing
    files: Sequence[File]
    seen: hunting.Seen
    judgements: Mapping[str, Judgement]
    wanted: Sequence[File]
    """Those whose contents have to be fetched."""
    found: hunting.Found | None
    """The traces, when nothing has to be fetched."""


def _originals(seen: hunting.Seen, files: Sequence[File]) -> dict[str, bytes]:
    """What releases have in place of these files, by path, as far as their archives still lie where they were imported from."""
    changed = {file.where: seen.told.originals[file.where] for file in files if file.where in seen.told.originals}
    by_release: dict[str, tuple[Manifest, set[str]]] = {}
    for manifest, digest in changed.values():
        by_release.setdefault(f"{manifest.name}\0{manifest.version}", (manifest, set()))[1].add(digest)
    contents_of: dict[str, bytes] = {}
    for manifest, digests in by_release.values():
        contents_of |= archives.contents(manifest, digests)
    return {where: contents_of[digest] for where, (_, digest) in changed.items() if digest in contents_of}


def _is(file: File, content: bytes) -> bool:
    """Whether this is what was listed: what was changed meanwhile is judged the next time. Of parts the host has seen to it."""
    is_part = len(content) == PARTS < file.size
    return is_part or hashlib.sha256(content).hexdigest() == file.sha256


_LISTS = "hunt_files"


def _is_answer(task: Task, action: str) -> bool:
    return task.action == action and task.outcome == "ok"


def _task(run: Playbook, host: str, action: str) -> Task | None:
    return next((task for task in run.of(host) if _is_answer(task, action)), None)


def _told(task: Task, stamps: int) -> Listing | None:
    try:
        return listing(task.result.get("listing"), stamps)
    except BadListing:
        return None


def _places(run: Playbook, host: str, facts: HostFacts | None) -> Places | None:
    task = _task(run, host, "hunt_places")
    if task is None:
        return None
    try:
        told = places(task.result.get("places"))
    except BadListing:
        return None
    return replace(told, all=(*told.all, *administrators(facts)))


def _outside(there: Places, seen: hunting.Seen) -> tuple[Place, ...]:
    """The places but for code, which is judged as code; of scripts that are posted to, whether nothing explains them."""
    unexplained = {file.where for file in seen.wanted if file.place}
    return tuple(
        replace(one, marks=one.marks | {"unexplained"}) if one.slot == "order" and one.where in unexplained else one
        for one in there.all
        if one.slot != "snippet"
    )


def _read(judged: Mapping[str, str]) -> dict[str, Judgement]:
    found = {}
    for digest, text in judged.items():
        try:
            found[digest] = _JUDGEMENT.validate_json(text)
        except ValidationError:  # of another version: it is judged anew
            continue
    return found


@cache
def _rests_on(rules: Path | None) -> str:
    """What tells judgements of these judges from those of others: our own code, and others' rules."""
    digest = hashlib.sha256()
    ours = sorted(Path(__file__).parent.rglob("*.py")) + sorted(Path(__file__).parent.rglob("*.yar"))
    others = sorted(rules.rglob("*.yar*")) if rules is not None else []
    for path in (*ours, *others):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]
