"""Evidence of one host: received over one connection, kept in a folder of its own, listed, signed, written to the ledger."""

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
from auditor.fleet import fresh
from auditor.history.incidents import Incidents
from auditor.incidents import deciding
from auditor.incidents.evidence import signing
from auditor.incidents.evidence.manifest import MANIFEST, SUMS, File, LeftOut, Manifest, Redaction, sums, written
from auditor.incidents.evidence.names import mapped
from auditor.incidents.evidence.receiving import Began, Broken, Ended, Facts, Left, told
from auditor.inventory.reach import Reach
from auditor.models import Host, clock
from auditor.models.incidents import Collected
from auditor.system import files, resources, sqlite_file
from auditor.text.visible import one_line

SECONDS = 80.0
"""For the connection: the host stops by itself after 60."""
LOG = "uac.log"
"""By which readers of UAC's layout know it."""
OURS = "luytre"
"""The folder of what we knew before."""
CLOCK = "live_response/system/clock.txt"
_LONGEST_LINE = 1_300
MOST_REDACTIONS = 1_000
_ABANDONED = 86_400
"""Seconds; a collection takes ``SECONDS``."""
_ON_HOST = resources.root() / "on_host" / "evidence"
_PACKAGE = Path(__file__).resolve().parents[2]
_UNSENT = ("secret", "packed", "no_redaction")
"""Reasons for which nothing of a file is sent but what it is."""
_REDACTION = ("redact", "secret_blocks", "secret_names", "secret_spans")


def folder(incident: str) -> Path:
    """Where the evidence of an incident is kept."""
    return sqlite_file.state_folder() / "evidence" / incident


def sent(reach: Reach, question: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
    """What a host sends that is asked for the ``flagged`` files, and told its web ``roots``. Raises NoAnswer."""
    modules = (_ON_HOST / "module_utils" / "luytre_evidence").glob("*.py")
    beside = {f"ansible/module_utils/luytre_evidence/{module.name}": module for module in modules}
    beside |= {f"auditor/text/{name}.py": _PACKAGE / "text" / f"{name}.py" for name in _REDACTION}
    return fresh.streamed_as_root(reach, _ON_HOST / "evidence.py", beside, question, SECONDS)


@dataclass(frozen=True)
class Collecting:
    """What all hosts of one command have in common."""

    inventory: str
    incident: str
    who: str
    office: Path
    reach: Mapping[str, Reach]
    ledgers: Incidents
    sent: Callable[[Reach, Mapping[str, Sequence[str]]], Iterator[bytes]] = sent

    def collect(self, host: Host, flagged: Sequence[str], beside: Mapping[str, bytes]) -> Collected:
        """Collect from a host, and write it to the ledger; files of our own come ``beside`` it, by their paths below ``luytre/``.

        Raises NoAnswer when nothing came, InputError when it cannot be kept.
        """
        begun = clock.now()
        name = _free(folder(self.incident), f"{host.name}-{clock.compact(begun)}")
        target = folder(self.incident) / name
        draft = target.with_name(f".{name}")
        try:
            for place in (target.parents[2], target.parents[1], target.parent, draft):
                place.mkdir(exist_ok=place != draft, mode=0o700)
            _clear(target.parent)
            box = Box(draft)
            roots = [site.document_root for site in host.sites if site.document_root]
            stopped = box.fill(self.sent(self.reach[host.name], {"flagged": list(flagged), "roots": roots}))
            for path, content in beside.items():
                box.own(f"{OURS}/{path}", content)
            manifest = self._manifest(host.name, begun, box, stopped)
            collected = self._sealed(draft, manifest, name)
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
        _, deed = self.ledgers.write(self.inventory, self.who, deciding.collecting(self.incident, collected), begun)
        if not isinstance(deed, Collected):
            raise TypeError(deed.kind)
        return deed

    def _manifest(self, host: str, begun: datetime, box: Box, stopped: str) -> Manifest:
        ended = clock.now()
        log = [
            f"luytre {self.incident} {host}",
            clock.stamp(begun),
            clock.stamp(ended),
            *([stopped] if stopped else []),
        ]
        lines = [
            *log,
            *(f"{one.why}  {one.what}" for one in box.left_out),
            *(f"redacted {one.count} in {one.files}  {one.source}" for one in box.redactions),
        ]
        # What was left out, and why, is told by the host: a line of the log is one entry, whatever it says.
        box.own(LOG, "".join(f"{one_line(line, _LONGEST_LINE)}\n" for line in lines).encode())
        return Manifest(
            incident=self.incident,
            host=host,
            who=self.who,
            begun=clock.stamp(begun),
            ended=clock.stamp(ended),
            clock=box.clock,
            stopped=stopped,
            files=tuple(sorted(box.files, key=lambda file: file.path)),
            left_out=tuple(box.left_out),
            redactions=box.redactions,
        )

    def _sealed(self, draft: Path, manifest: Manifest, name: str) -> Collected:
        content = written(manifest)
        digest = hashlib.sha256(content).hexdigest()
        files.whole(draft / MANIFEST, [content])
        files.whole(draft / SUMS, [sums(manifest, digest)])
        signing.sign(draft / MANIFEST)
        return Collected(
            number=1,
            host=manifest.host,
            folder=name,
            sha256=digest,
            files=len(manifest.files),
            size=sum(file.size for file in manifest.files),
            key=signing.own() or "",
            stopped=manifest.stopped,
        )


@dataclass
class Box:
    """A folder that is being filled with what a host sends. Nothing in it is there before."""

    root: Path
    files: list[File] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    clock: float | None = None
    """Seconds by which the host's clock is ahead."""
    _taken: set[str] = field(default_factory=set)
    _redacted: dict[str, list[int]] = field(default_factory=dict)
    """How often, and in how many files, what a file of the host has was taken out."""

    @property
    def redactions(self) -> tuple[Redaction, ...]:
        """Return what was taken out of what the host sent, by the file that has it, the most frequent first."""
        found = sorted(self._redacted.items(), key=lambda one: (-one[1][0], one[0]))[:MOST_REDACTIONS]
        return tuple(Redaction(source=source, count=count, files=files) for source, (count, files) in found)

    def fill(self, pieces: Iterable[bytes]) -> str:
        """Keep what comes; why it stopped before its end, empty when it did not. Raises OSError, NoAnswer."""
        open_one: _Open | None = None
        try:
            for one in told(pieces):
                match one:
                    case Began():
                        open_one = self._opened(one)
                    case bytes() if open_one is not None:
                        self._add(open_one, one)
                    case Ended() if open_one is not None:
                        self._closed(open_one, one)
                        open_one = None
                    case Left():
                        self.left_out.append(LeftOut(what=one.what, why=one.why))
        except Broken as broken:
            return str(broken)
        finally:
            if open_one is not None:
                self._closed(open_one, Ended(why="cut"))
        return ""

    def own(self, path: str, content: bytes) -> None:
        """Add a file of ours."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.whole(target, [content])
        self.files.append(File(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest()))

    def _opened(self, began: Began) -> _Open:
        try:
            path = mapped(began.place, began.path)
            if path in self._taken:
                raise ValueError("name_twice")
        except ValueError as error:
            self.left_out.append(LeftOut(what=began.path, why=str(error)))
            return _Open(None)
        self._taken.add(path)
        return _Open(path)

    def _add(self, one: _Open, content: bytes) -> None:
        if one.path is None:
            return
        try:
            one.stream = one.stream or _created(self.root, one.path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            self.left_out.append(LeftOut(what=one.path, why="name_twice"))
            one.path = None
            return
        one.stream.write(content)
        one.size += len(content)
        one.digest.update(content)

    def _closed(self, one: _Open, ended: Ended) -> None:
        facts = Facts.model_validate(ended.model_dump(exclude={"why", "redacted"}))
        for source, count in ended.redacted.items() if len(self._redacted) < MOST_REDACTIONS else ():
            found = self._redacted.setdefault(source, [0, 0])
            found[0], found[1] = found[0] + count, found[1] + 1
        if one.stream is None and one.path is not None and ended.why in _UNSENT:
            self.left_out.append(LeftOut(what=ended.origin or one.path, why=ended.why, told=facts))
            return
        self._add(one, b"")
        if one.stream is None or one.path is None:
            return
        one.stream.close()
        self.files.append(
            File(
                path=one.path,
                size=one.size,
                sha256=one.digest.hexdigest(),
                cut=ended.why,
                told=facts if ended.origin else None,
            )
        )
        if one.path == CLOCK:
            self.clock = _ahead((self.root / one.path).read_bytes()[:1_000])


@dataclass
class _Open:
    """A file that is coming; made when its first bytes are there. Without a path it is refused, and what comes of it is thrown away."""

    path: str | None
    stream: IO[bytes] | None = None
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


def _clear(place: Path) -> None:
    """Take away what collections left that were killed, once nobody can be at it any more."""
    for left in place.glob(".*"):
        if clock.now().timestamp() - left.lstat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _free(place: Path, name: str) -> str:
    """The name, or the first after it that nothing has."""
    others = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], others) if not (place / one).exists())


def _created(root: Path, path: str) -> IO[bytes]:
    """A new file for its owner only. All folders on the way are ours: no link is ever made there."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _ahead(told: bytes) -> float | None:
    found = re.match(rb"utc ([0-9]{1,12}\.[0-9]{3})\n", told)
    return round(float(found[1]) - clock.now().timestamp(), 1) if found else None
