"""Put a plan in force so that no host is lost: snapshot, timer, apply, probe, then confirm or bring back.

Hosts go in batches. A host that does not serve as before is brought back at once, and the rollout stops. What
happens is on this machine's disk before it happens on a host, so that a run that was killed can be told of.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

from auditor.audit.controls import Catalogue
from auditor.errors import InputError
from auditor.facts import HostFacts
from auditor.fleet.collect import answers, declared
from auditor.fleet.reasons import blame
from auditor.fleet.runner import Playbook, Task, interruptible, play
from auditor.hardening import guard_answers, rollout
from auditor.hardening.journal import Journal
from auditor.hardening.not_done import Left, left_alone
from auditor.hardening.plan import Plan, TaskPreview, preview
from auditor.hardening.serving import beside, look
from auditor.hardening.steps.apply import play_plan
from auditor.hardening.steps.record import Record, now, stamp
from auditor.hardening.steps.why import (
    ENDED,
    INTERRUPTED,
    NOTHING,
    UNTIMELY,
    failure,
    stopped_by,
    with_cause,
    with_left,
    with_problems,
)
from auditor.inventory import reach as reaching
from auditor.models import ControlId, Hardening, Host, HostHardening, HostOutcome, HostState, Inventory, Text
from auditor.system.reserve import Reserve

SETTLE_SECONDS = 900
CONFIRM_SECONDS = 600
"""In which a host has to be confirmed, unless told otherwise."""
REVERT_SECONDS = 300
"""How long after its deadline a host may take to be back."""

TEMPORARY_ROOM = 16 << 20
"""Bytes for ending a run on a disk for temporary files that has run full since it began."""

_STATES: Mapping[str, HostState] = {"confirmed": "confirmed", "reverted": "reverted", "rolled_back": "rolled_back"}


Order = Literal["confirm", "revert", "status"]


@dataclass(frozen=True)
class Options:
    """How careful to be. Raises InputError for a batch size that makes no sense."""

    batch: str = rollout.DEFAULT
    seconds: int = CONFIRM_SECONDS
    by_wish: frozenset[str] = frozenset()
    """Domains of sites whose answers bring no host back."""

    def __post_init__(self) -> None:
        rollout.batches((), self.batch)


@dataclass(frozen=True)
class Hardened:
    """What came of putting a plan in force, and how the hosts were read in the end."""

    hardening: Hardening
    facts: Mapping[str, HostFacts]
    outcomes: Mapping[str, HostOutcome]
    left: tuple[Left, ...] = ()
    """What tasks let be."""


class Interrupted(KeyboardInterrupt):
    """A hardening was told to end; its hosts are confirmed, brought back, or untouched."""

    def __init__(self, hardening: Hardening) -> None:
        super().__init__()
        self.hardening = hardening


class Stopped(Exception):
    """A hardening could not go on for a reason of this machine's, ``why``; its hosts are brought back as far as known."""

    def __init__(self, hardening: Hardening, why: Exception) -> None:
        super().__init__(str(why))
        self.hardening, self.why = hardening, why


def try_out(inventory: Inventory, plan: Plan) -> tuple[tuple[TaskPreview, ...], Mapping[str, Text]]:
    """What the plan's tasks would change, by a check run that changes nothing; and the hosts where that failed."""
    if plan.is_empty:
        return (), {}
    run = play_plan(
        inventory, plan.as_variables(), {"luytre_asides": plan.as_asides(), "luytre_lost": plan.as_losses()}, check=True
    )
    ended = ENDED.get(run.status)
    return preview(run), {host: why for host in plan.as_variables() if (why := failure(run, host) or ended)}


def harden(
    inventory: Inventory,
    hosts: Sequence[Host],
    plan: Plan,
    catalogue: Catalogue,
    journal: Journal,
    run_id: str,
    options: Options | None = None,
    watch: Callable[[Task], None] | None = None,
    release: Sequence[ControlId] = (),
    facts: Mapping[str, HostFacts] | None = None,
) -> Hardened:
    """Put the plan in force, batch by batch; ends with every host confirmed, brought back, or untouched.

    The caller holds the journal's lock. On Ctrl-C and SIGTERM the hosts under way are brought back, then
    Interrupted is raised; told once more, it leaves them to their own timers. An error of this machine, such as a full
    disk, brings them back, too, and raises Stopped; room for that is kept aside, and without it InputError is
    raised. Only a host that answers no more is left to its own timer, and waited for.
    ``release``: controls that are no longer to be in force on the plan's hosts. ``facts`` of hosts tell what answers
    there besides the declared sites, which has to go on answering.
    """
    options = options or Options()
    by_name = {host.name: host for host in hosts}
    names = tuple(plan.as_variables())
    batches = rollout.batches(names, options.batch)
    touches = {one.host: {change.control: change.touches for change in one.due} for one in plan.hosts}
    hardening = Hardening(
        id=run_id,
        inventory=inventory.path,
        started=now(),
        seconds=options.seconds,
        by_wish=tuple(sorted(options.by_wish)),
        hosts=(
            *(
                HostHardening(
                    host=name,
                    batch=number,
                    controls=() if release else tuple(plan.as_variables()[name]),
                    touches={} if release else touches[name],
                )
                for number, batch in enumerate(batches, start=1)
                for name in batch
            ),
            *(HostHardening(host=one.host, state="refused", why=one.refused) for one in plan.hosts if one.refused),
        ),
    )
    with journal.reserve, interruptible(), _for_ssh() as sockets:
        record = Record(journal, hardening)
        rolling = _Rollout(inventory, plan, catalogue, record, sockets, watch, tuple(release))
        rolling.beside = {
            name: beside.of(by_name[name], read, catalogue.effects(plan.as_variables()[name]))
            for name, read in (facts or {}).items()
            if name in names
        }
        for batch in batches:
            rolling.harden([by_name[name] for name in batch])
            if record.now.having("reverted", "in_part", "lost"):
                break
        record.update(ended=now())
    return Hardened(record.now, rolling.facts, rolling.outcomes, tuple(rolling.left))


def find_out(
    inventory: Inventory, hosts: Sequence[Host], journal: Journal, watch: Callable[[Task], None] | None = None
) -> tuple[Hardening, ...]:
    """Learn how hardenings that were killed ended, bringing back what is still open. The hardenings, as known now.

    The caller holds the journal's lock.
    """
    found = []
    for hardening in journal.unfinished(inventory.path):
        record = Record(journal, hardening)
        open_hosts = {entry.host for entry in hardening.having("applying", "armed", "lost")}
        with journal.reserve, interruptible(), _for_ssh() as sockets:
            rolling = _Rollout(inventory, Plan(hosts=()), Catalogue(controls=()), record, sockets, watch)
            rolling.look_after([host for host in hosts if host.name in open_hosts])
        if not record.now.having("applying", "armed", "lost"):
            record.update(ended=record.now.ended or now())
        found.append(record.now)
    return tuple(found)


@contextmanager
def _for_ssh() -> Iterator[Path]:
    """A folder for connections, with room kept beside them for ending a run."""
    with tempfile.TemporaryDirectory(prefix="luytre-ssh-") as folder, _reserve(Path(folder)):
        yield Path(folder)


def _reserve(sockets: Path) -> Reserve:
    return Reserve(sockets / "room", TEMPORARY_ROOM)


@dataclass
class _Rollout:
    inventory: Inventory
    plan: Plan
    catalogue: Catalogue
    record: Record
    sockets: Path
    watch: Callable[[Task], None] | None
    release: tuple[ControlId, ...] = ()
    facts: dict[str, HostFacts] = field(default_factory=dict)
    outcomes: dict[str, HostOutcome] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    beside: Mapping[str, beside.Beside] = field(default_factory=dict)
    suspects: dict[str, Sequence[ControlId]] = field(default_factory=dict)
    """By host, the controls that may have done what its probes saw."""
    until: dict[str, float] = field(default_factory=dict)
    """When, on the monotonic clock, a host must be back by itself."""

    def harden(self, hosts: Sequence[Host]) -> None:
        """One batch, to its end."""
        reach = reaching.reach(Path(self.inventory.path))
        names = [host.name for host in hosts]
        try:
            first = look.take(hosts, reach, None, self.beside)
            expected = look.learn(first, look.take(hosts, reach, first), frozenset(self.record.now.by_wish))
            self.record.update(
                broken_before=(*self.record.now.broken_before, *expected.broken_sites),
                unjudged=(*self.record.now.unjudged, *expected.unjudged),
            )
            self.record.put(names, state="applying")
            run = self._apply(names)
            wrong = self._unfinished(run, names)
            probed = [host for host in hosts if self._state(host.name) == "armed" and host.name not in wrong]
            wrong.update(self._suspected(self._failing(probed, expected, reach)))
            open_ones = dict.fromkeys((*self._armed(names), *wrong))
            self._settle(hosts, {name: "revert" if name in wrong else "confirm" for name in open_ones}, wrong)
        except BaseException as why:
            begun = [name for name in names if self._state(name) in ("applying", "armed")]
            self.record.end_anyhow()
            with suppress(KeyboardInterrupt, InputError, OSError):  # told again, or nothing works here: timers run
                self._settle(hosts, dict.fromkeys(begun, "revert"), dict.fromkeys(begun, stopped_by(why)))
                self.record.update(ended=now())
            if isinstance(why, KeyboardInterrupt):
                raise Interrupted(self.record.now) from None
            if isinstance(why, Exception):
                raise Stopped(self.record.now, why) from why
            raise
        self._look_again(hosts, expected, reach)

    def look_after(self, hosts: Sequence[Host]) -> None:
        """Hosts of a hardening that was killed: what they came to, brought back where it is still open.

        One whose own time is long over is asked once: what it has not said by now, nobody has to wait for.
        """
        names = [host.name for host in hosts]
        for name in names:
            entry = self.record.now.of(name)
            if entry is not None and entry.deadline is not None:
                left = (datetime.fromisoformat(entry.deadline) - datetime.now(UTC)).total_seconds() + REVERT_SECONDS
                self.until[name] = time.monotonic() + min(left, self.record.now.seconds + REVERT_SECONDS)
        self._settle(hosts, dict.fromkeys(names, "revert"), dict.fromkeys(names, INTERRUPTED))

    def _apply(self, names: Sequence[str]) -> Playbook:
        plan = {name: self.plan.as_variables()[name] for name in names}
        touches = {
            host.host: sorted({touch for change in host.due for touch in change.touches})
            for host in self.plan.hosts
            if host.host in names
        }
        guarding = {
            "luytre_run": self.record.now.id,
            "luytre_seconds": self.record.now.seconds,
            "luytre_touches": touches,
            "luytre_asides": self.plan.as_asides(),
            "luytre_lost": self.plan.as_losses(),
            "luytre_release": dict.fromkeys(names, self.release),
        }
        areas = {control.partition(".")[0] for control in self.release}
        beside = [one.id for one in self.catalogue.controls if one.area in areas]
        run = play_plan(
            self.inventory,
            plan,
            guarding,
            tags=beside,
            patience=self.record.now.seconds / 2,
            watch=self._seen,
            sockets=self.sockets,
        )
        self.left += left_alone(run)
        for name in names:
            changed = tuple(task.name for task in run.changed(name) if task.action != guard_answers.ACTION)
            self.record.put([name], tasks=changed)
        return run

    def _seen(self, task: Task) -> None:
        if task.action == guard_answers.ACTION and task.outcome == "changed":
            seconds = self.record.now.seconds
            self.until[task.host] = time.monotonic() + seconds + REVERT_SECONDS
            deadline = datetime.now(UTC) + timedelta(seconds=seconds)
            self.record.put(
                [task.host],
                state="armed",
                digest=guard_answers.digest(task.result, "digest"),
                deadline=stamp(deadline),
                notes=guard_answers.notes(task.result),
            )
        if self.watch is not None:
            self.watch(task)

    def _unfinished(self, run: Playbook, names: Sequence[str]) -> dict[str, Text]:
        """Why hosts did not get through; refused are those of which nothing was touched.

        One that was lost while it armed may have done so: it is to be brought back, too.
        """
        wrong = {}
        unclear = run.status != "successful" and not any(run.failure(name) for name in names)
        ended = ENDED.get(run.status) or (UNTIMELY if unclear else None)
        for name in names:
            why = failure(run, name) or ended
            if why is None:
                continue
            task = run.failure(name)
            if self._state(name) == "armed" or (
                task and task.action == guard_answers.ACTION and task.outcome == "unreachable"
            ):
                wrong[name] = why
            else:
                self.record.put([name], state="refused", why=why)
        return wrong

    def _failing(
        self, hosts: Sequence[Host], expected: look.Expectation, reach: Mapping[str, reaching.Reach]
    ) -> dict[str, tuple[look.Failed, ...]]:
        """What hosts do no longer as before; a second look tells it from a hiccup of a daemon that was just reloaded."""
        now = look.take(hosts, reach, expected.first)
        self.record.update(unjudged=(*self.record.now.unjudged, *look.told(expected, now)))
        failed = look.compare(expected, now)
        if not failed:
            return {}
        suspects = [host for host in hosts if host.name in failed]
        return look.compare(expected, look.take(suspects, reach, expected.first))

    def _suspected(self, failed: Mapping[str, tuple[look.Failed, ...]]) -> dict[str, Text]:
        """What failed on a host; the controls that may have done it are remembered."""
        found = {}
        for host, failures in failed.items():
            entry = self.record.now.of(host)
            controls = entry.controls if entry else ()
            suspects = [
                c for c in controls if any(c.split(".")[0] in failure.areas for failure in failures)
            ] or controls
            self.suspects[host] = suspects
            both = {lang: "; ".join(getattr(one.what, lang) for one in failures[:5]) for lang in ("vi", "en")}
            found[host] = Text(**both)
        return found

    def _settle(self, hosts: Sequence[Host], orders: Mapping[str, Order], wrong: Mapping[str, Text]) -> None:
        """Confirm or bring back; a host that does not answer is waited for until it is back by itself."""
        left = dict(orders)
        for name in left:
            self.until.setdefault(name, time.monotonic() + self.record.now.seconds + REVERT_SECONDS)
        while left:
            concerned = [host for host in hosts if host.name in left]
            run = self._played_to_end(left, concerned)
            facts, outcomes = answers(run, concerned)
            self.facts.update(facts)
            self.outcomes.update({outcome.host: outcome for outcome in outcomes})
            for name in list(left):
                if self._settled(run, name, left[name], wrong.get(name)):
                    del left[name]
                elif time.monotonic() > self.until.get(name, 0):
                    said = guard_answers.answer(run, name)
                    why = with_problems(wrong.get(name) or NOTHING, said) if said else wrong.get(name)
                    self.record.put([name], state="lost", why=why)
                    del left[name]
                elif (task := guard_answers.task(run, name)) and task.outcome == "failed":
                    left[name] = "status"
            if left:
                time.sleep(1)

    def _played_to_end(self, orders: Mapping[str, Order], concerned: Sequence[Host]) -> Playbook:
        if disk_usage(self.sockets).free < TEMPORARY_ROOM:
            _reserve(self.sockets).give_up()
        return play(
            "settle.yml",
            inventory=self.inventory.path,
            limit=list(orders),
            variables={"luytre_settle": orders, "luytre_run": self.record.now.id, **declared(concerned)},
            timeout=SETTLE_SECONDS,
            watch=self.watch,
            sockets=self.sockets,
        )

    def _settled(self, run: Playbook, name: str, order: Order, why: Text | None) -> bool:
        """Record the host's answer. False when it has given none that ends the matter."""
        answer = guard_answers.answer(run, name) or {}
        state = _STATES.get(str(answer.get("state")))
        if state == "reverted" and guard_answers.differs(answer):
            state = "in_part"
        if state is None and order == "status" and answer.get("state") == "none":
            self.record.put([name], state="refused", why=why)
            return True
        if state is None:
            return False
        changes: dict[str, Any] = {"state": state}
        entry = self.record.now.of(name)
        if digest := guard_answers.digest(answer, "digest"):
            changes["digest"] = entry.digest if entry and entry.digest else digest
        if after := guard_answers.digest(answer, "after"):
            changes["after"] = after
        if state in ("reverted", "in_part"):
            controls = entry.controls if entry else ()
            cause = blame(
                with_cause(why, answer), guard_answers.last_words(answer), controls, self.suspects.get(name, ())
            )
            changes["why"] = with_left(with_problems(cause, answer), answer)
        self.record.put([name], **changes)
        return True

    def _look_again(self, hosts: Sequence[Host], expected: look.Expectation, reach: Mapping[str, Any]) -> None:
        """Say of hosts that were brought back whether they serve as before."""
        back = [host for host in hosts if self._state(host.name) in ("reverted", "in_part")]
        still = look.compare(expected, look.take(back, reach, expected.first), logs=False) if back else {}
        for host in back:
            entry = self.record.now.of(host.name)
            why = (entry.why if entry else None) or NOTHING
            failures = still.get(host.name, ())
            if failures:
                vi, en = ("; ".join(getattr(f.what, lang) for f in failures[:5]) for lang in ("vi", "en"))
                after = Text(vi=f"; sau khi khôi phục vẫn còn: {vi}", en=f"; still so after the way back: {en}")
            elif self._state(host.name) == "in_part":
                after = Text(vi="; các trang vẫn phục vụ như trước", en="; what is looked at serves as before")
            else:
                after = Text(
                    vi="; đã khôi phục, mọi thứ phục vụ như trước", en="; brought back, everything serves as before"
                )
            self.record.put([host.name], why=Text(vi=why.vi + after.vi, en=why.en + after.en))

    def _state(self, name: str) -> HostState:
        entry = self.record.now.of(name)
        return entry.state if entry else "waiting"

    def _armed(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self._state(name) == "armed"]
