"""How a hardening ends when hosts and people do what they should not. Ansible and the looks are stood in for here;
test_faults.py meets the real ones on real hosts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.audit.controls import Catalogue
from auditor.commands.output.hardenings import show_interrupted_hardening
from auditor.errors import InputError
from auditor.fleet.runner import CUT_SHORT, AnsibleTask, PlaybookOrder, PlaybookRun
from auditor.hardening import harden
from auditor.hardening.health import snapshot
from auditor.hardening.health.probes import HostProbes, Probe
from auditor.hardening.interruption import HardeningStopError
from auditor.hardening.journal import ROOM, Journal
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.steps import apply, batch, commit, health_check
from auditor.history.incidents import NEW, IncidentStore
from auditor.inventory import reach as reaching
from auditor.models import Hardening, Host, HostHardening, Inventory, Site, Text
from auditor.models.incidents import ContainedEvent, OpenedEvent
from auditor.web.fetch import FetchResult

HOST = Host(
    name="h",
    address="192.0.2.1",
    sites=(Site(domain="a.test", aliases=("www.a.test",), host="h"), Site(domain="b.test", host="h")),
)
INVENTORY = Inventory(path="i", organisation=None, hosts=(HOST,))
PLAN = HardeningPlan(
    hosts=(HostPlan(host="h", changes=(ControlChange(control="x.y", disruption="none", touches=("/etc/x",)),)),)
)
DIGEST = "a" * 64


def guarded(outcome: Any, **result: Any) -> AnsibleTask:
    return AnsibleTask("h", "guard", "guard", "guard", outcome, result)


ARMED = guarded("changed", digest=DIGEST)
DONE = AnsibleTask("h", "write", "x", "copy", "changed", {})


class Ansible:
    """Answers each playbook with the next of its lines; notes what was ordered of the host."""

    def __init__(self, apply: Callable[[], PlaybookRun] | PlaybookRun, *settle: PlaybookRun) -> None:
        self.apply, self.settle = apply, iter(settle)
        self.orders: list[str] = []

    def __call__(self, order: PlaybookOrder, **given: Any) -> PlaybookRun:
        if order.playbook == "settle.yml":
            self.orders.append(order.variables["luytre_settle"]["h"])
            played = next(self.settle)
        else:
            played = self.apply if isinstance(self.apply, PlaybookRun) else self.apply()
        for task in played.tasks if given["watch"] is not None else ():
            given["watch"](task)
        return played


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Ansible], Any]]:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(reaching, "load_reach", lambda _path: {})
    seen = snapshot.take_snapshot([], {})
    monkeypatch.setattr(snapshot, "take_snapshot", lambda *_: seen)
    monkeypatch.setattr(commit.time, "sleep", lambda _seconds: None)

    def run(ansible: Ansible, options: harden.RolloutOptions | None = None, *others: str, **more: Any) -> Any:
        for module in (apply, commit):
            monkeypatch.setattr(module, "play", ansible)
        hosts = [HOST, *(Host(name=name, address="192.0.2.2") for name in others)]
        plan = HardeningPlan(hosts=(*PLAN.hosts, *(PLAN.hosts[0].model_copy(update={"host": name}) for name in others)))
        done = harden.harden_hosts_in_batches(
            harden.HardeningOrder(
                INVENTORY,
                hosts,
                plan,
                Catalogue(controls=()),
                Journal(tmp_path),
                "r",
                options or harden.RolloutOptions(),
                **more,
            )
        )
        return done.hardening.hosts[0]

    yield run


def said(state: str, **more: Any) -> PlaybookRun:
    return PlaybookRun("successful", (guarded("ok", state=state, **more),))


REFUSES = PlaybookRun("failed", (guarded("failed", msg="the run r is not armed on this host"),))
SILENT = PlaybookRun("failed", (guarded("unreachable", msg="timed out"),))


def test_what_serves_is_confirmed(ended: Callable[[Ansible], Any]) -> None:
    ansible = Ansible(PlaybookRun("successful", (ARMED, DONE)), said("confirmed", digest=DIGEST, after="b" * 64))
    entry = ended(ansible)
    assert (entry.state, entry.digest, entry.after, entry.tasks) == ("confirmed", DIGEST, "b" * 64, ("write",))
    assert ansible.orders == ["confirm"]


def answering(**status: int) -> snapshot.HealthSnapshot:
    """What hosts are seen to do: their SSH well, the sites with these statuses."""
    pages = {f"{name}.test": (FetchResult(f"http://{name}.test/", status=code),) for name, code in status.items()}
    probes = {"h": HostProbes("h", tuple(Probe(name, True) for name in ("ssh", "become", "complete")))}
    return snapshot.HealthSnapshot((HOST,), pages, probes)


@pytest.mark.parametrize(("closed", "order"), [("a.test", "confirm"), ("www.a.test", "confirm"), ("b.test", "revert")])
def test_a_site_that_an_incident_closed_meanwhile_brings_no_host_back(
    ended: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, closed: str, order: str
) -> None:
    seen = iter([answering(a=200, b=200)] * 2)

    def taken(*_: Any) -> snapshot.HealthSnapshot:
        found = next(seen, None)
        if found is None:
            open_now = OpenedEvent(detected="2026-11-27T20:15:00+07:00", subjects=("h",), regime="2026")
            incident, _opened = IncidentStore().write("i", "VP", lambda _ledgers: (NEW, open_now))
            told = ContainedEvent(number=1, host="h", means="site", what=closed, state="confirmed")
            IncidentStore().write("i", "VP", lambda _ledgers: (incident, told))
        return found or answering(a=503, b=200)

    monkeypatch.setattr(snapshot, "take_snapshot", taken)
    state = {"confirm": "confirmed", "revert": "reverted"}[order]
    ansible = Ansible(PlaybookRun("successful", (ARMED, DONE)), said(state, digest=DIGEST, after="b" * 64))
    ended(ansible)
    assert ansible.orders == [order]


@pytest.mark.parametrize(
    ("site", "by_wish", "order"),
    [("a", set(), "revert"), ("a", {"a.test"}, "confirm"), ("b", {"a.test"}, "revert")],
)
def test_a_site_that_is_not_judged_by_wish_brings_no_host_back_and_is_told(
    ended: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: str, by_wish: set[str], order: str
) -> None:
    fails = answering(**{"a": 200, "b": 200, site: 500})
    seen = iter([answering(a=200, b=200)] * 2)
    monkeypatch.setattr(snapshot, "take_snapshot", lambda *_: next(seen, fails))
    state = {"confirm": "confirmed", "revert": "reverted"}[order]
    ansible = Ansible(PlaybookRun("successful", (ARMED, DONE)), said(state, digest=DIGEST))
    assert ended(ansible, harden.RolloutOptions(by_wish=frozenset(by_wish))).state == state
    assert ansible.orders == [order]
    (kept,) = Journal(tmp_path).list_hardenings("i")
    assert kept.by_wish == tuple(by_wish)
    told = ["a.test: http://a.test/: status 200 → 500"] if order == "confirm" else []
    assert [one.en for one in kept.unjudged] == told


@pytest.mark.parametrize(
    ("looks_until_up", "after"),
    [
        (1, "; rolled back, everything serves as before"),
        (len(health_check.PAUSES), "; rolled back, everything serves as before"),
        (len(health_check.PAUSES) + 1, "; still so after the rollback: b.test: http://b.test/: status 200 → 502"),
    ],
)
def test_a_site_that_is_slow_to_come_up_after_the_way_back_has_its_time(
    ended: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, looks_until_up: int, after: str
) -> None:
    sound, slow = answering(a=200, b=200), answering(a=200, b=502)
    seen = iter([sound, sound, *[answering(a=500, b=200)] * 2, *[slow] * looks_until_up])
    paused: list[float] = []
    monkeypatch.setattr(snapshot, "take_snapshot", lambda *_: next(seen, sound))
    monkeypatch.setattr(commit.time, "sleep", paused.append)
    ansible = Ansible(PlaybookRun("successful", (ARMED, DONE)), said("reverted", digest=DIGEST))
    assert ended(ansible).why.en.endswith(after)
    assert paused == list(health_check.PAUSES[:looks_until_up])


def test_nobody_is_confirmed_by_a_run_that_was_ended_because_another_host_failed_in_it(
    ended: Callable[..., Any],
) -> None:
    gone = AnsibleTask("g", "write", "x", "copy", "unreachable", {"msg": "timed out"})
    ansible = Ansible(PlaybookRun(CUT_SHORT, (ARMED, DONE, gone)), said("reverted", cause="asked"))
    assert ended(ansible, harden.RolloutOptions(batch="100%"), "g").state == "reverted"
    assert ansible.orders == ["revert"]


def test_a_disk_that_is_full_here_leaves_no_host_in_the_middle(
    ended: Callable[[Ansible], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, ansible = (
        Journal.write_progress_of_hardening,
        Ansible(PlaybookRun("successful", (ARMED, DONE)), said("reverted", cause="asked")),
    )

    def no_room(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    def full(self: Journal, hardening: Hardening) -> None:
        if hardening.hosts[0].state == "armed":
            monkeypatch.setattr(os, "fsync", no_room)
        write(self, hardening)

    monkeypatch.setattr(Journal, "write_progress_of_hardening", full)
    with pytest.raises(HardeningStopError, match=r"r\.json: No space") as stopped:
        ended(ansible)
    assert ansible.orders == ["revert"]
    assert isinstance(stopped.value.why, InputError)
    assert stopped.value.hardening.hosts[0].state == "reverted", "known here, though it could not be written"


def test_on_a_full_disk_a_run_is_ended_and_recorded_with_the_room_that_was_kept(
    ended: Callable[[Ansible], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sync, room = os.fsync, tmp_path / "room"

    def full(handle: int) -> None:
        if room.exists():
            raise OSError(28, "No space left on device")
        sync(handle)

    class Filled(Ansible):
        def __call__(self, order: PlaybookOrder, **given: Any) -> PlaybookRun:
            if order.playbook == "apply.yml":
                assert room.stat().st_size == ROOM
            monkeypatch.setattr(os, "fsync", full)
            return super().__call__(order, **given)

    ansible = Filled(PlaybookRun("successful", (ARMED, DONE)), said("confirmed", digest=DIGEST))
    assert ended(ansible).state == "confirmed"
    (kept,) = Journal(tmp_path).list_hardenings("i")
    assert (kept.hosts[0].state, room.exists()) == ("confirmed", False)


def test_what_stops_a_run_here_tells_which_hosts_are_open_when_they_are_back_and_what_to_do(
    ended: Callable[[Ansible], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(Ansible):
        def __call__(self, order: PlaybookOrder, **given: Any) -> PlaybookRun:
            if order.playbook == "settle.yml":
                raise OSError(28, "No space left on device")
            super().__call__(order, **given)
            raise OSError(28, "No space left on device")

    with pytest.raises(HardeningStopError) as stopped:
        ended(Full(PlaybookRun("successful", (ARMED, DONE))))
    show_interrupted_hardening(stopped.value.hardening, "en")
    told = " ".join("".join(capsys.readouterr()).split())
    assert "h: not finished: unless it was confirmed, the host rolls back by itself from" in told
    assert "run 'auditor harden -i i'" in told


def test_a_host_that_is_not_wholly_back_is_said_to_be_so_by_name(ended: Callable[[Ansible], Any]) -> None:
    differs = {"/etc/motd": "still differs (content)"}
    ansible = Ansible(
        PlaybookRun("failed", (ARMED, DONE)), said("reverted", cause="asked", differs=differs, problems=[])
    )
    entry = ended(ansible)
    assert entry.state == "in_part"
    assert "could not be rolled back: /etc/motd: still differs (content)" in entry.why.en
    assert "everything" not in entry.why.en


def test_a_host_that_is_back_is_told_with_the_packages_that_stay_upgraded(ended: Callable[[Ansible], Any]) -> None:
    kept = {"staying": {"bash": "5.2.37-2 -> 5.2.37-3"}}
    ansible = Ansible(PlaybookRun("failed", (ARMED, DONE)), said("reverted", cause="asked", packages=kept, problems=[]))
    entry = ended(ansible)
    assert entry.state == "reverted"
    assert "packages stay upgraded: bash 5.2.37-2 -> 5.2.37-3" in entry.why.en
    assert "bash 5.2.37-2 -> 5.2.37-3" in entry.why.vi


def test_told_to_end_twice_it_tells_what_is_still_open(
    ended: Callable[[Ansible], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Told(Ansible):
        def __call__(self, order: PlaybookOrder, **given: Any) -> PlaybookRun:
            super().__call__(order, **given)
            raise KeyboardInterrupt

    with pytest.raises(batch.HardeningInterrupt) as told:
        ended(Told(PlaybookRun("successful", (ARMED, DONE)), SILENT))
    assert told.value.hardening.hosts[0].state == "armed"
    assert Journal(tmp_path).find_hardenings_of_unknown_end("i") == (told.value.hardening,)
    show_interrupted_hardening(told.value.hardening, "en")
    assert "not finished: the host rolls back by itself" in "".join(capsys.readouterr())


def test_a_host_whose_time_is_long_over_is_asked_once_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    journal, ansible = Journal(tmp_path), Ansible(SILENT, SILENT)
    entry = HostHardening(host="h", state="lost", deadline="2026-11-26T00:00:00+07:00")
    journal.write_progress_of_hardening(
        Hardening(id="r", inventory="i", started="2026-11-26T00:00:00+07:00", seconds=600, hosts=(entry,))
    )
    monkeypatch.setattr(commit, "play", ansible)
    seen: list[AnsibleTask] = []
    (known,) = harden.recover_killed_hardenings(INVENTORY, [HOST], journal, seen.append)
    assert seen == list(SILENT.tasks)
    assert (known.hosts[0].state, ansible.orders) == ("lost", ["revert"])


@pytest.mark.parametrize(
    ("status", "words"),
    [("timeout", "it was not finished in the time allowed"), (CUT_SHORT, "the run was interrupted")],
)
def test_a_preview_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch, status: str, words: str) -> None:
    monkeypatch.setattr(harden, "play", lambda *_, **__: PlaybookRun(status, (DONE,)))
    _, why = harden.preview_plan_by_check_run(INVENTORY, PLAN)
    assert why["h"].en == words


def test_a_host_lost_while_it_armed_is_brought_back(ended: Callable[[Ansible], Any]) -> None:
    ansible = Ansible(SILENT, SILENT, said("reverted", cause="timer"))
    assert ended(ansible).state == "reverted"
    assert ansible.orders == ["revert", "revert"]


def test_a_host_lost_before_it_armed_was_refused(ended: Callable[[Ansible], Any]) -> None:
    ansible = Ansible(SILENT, REFUSES, said("none"))
    assert ended(ansible).state == "refused"
    assert ansible.orders == ["revert", "status"]


def test_a_playbook_cut_short_is_never_confirmed(ended: Callable[[Ansible], Any]) -> None:
    ansible = Ansible(PlaybookRun("failed", (ARMED, DONE)), said("reverted", cause="asked"))
    assert ended(ansible).state == "reverted"
    assert ansible.orders == ["revert"]


@pytest.mark.parametrize(("settle", "state"), [((REFUSES, said("none")), "refused"), ((said("reverted"),), "reverted")])
def test_told_to_end_it_settles_what_it_began(
    ended: Callable[[Ansible], Any], tmp_path: Path, settle: tuple[PlaybookRun, ...], state: str
) -> None:
    def apply() -> PlaybookRun:
        raise KeyboardInterrupt

    ansible, seen = Ansible(apply, *settle), list[tuple[list[str], str, int]]()

    def going_back(names: Sequence[str], why: Text) -> None:
        seen.append(([*names], why.en, len(ansible.orders)))
        raise SystemExit(1)  # the terminal is gone

    with pytest.raises(batch.HardeningInterrupt) as told:
        ended(ansible, going_back=going_back)
    assert seen == [(["h"], "the run was interrupted", 0)], "said before the host is brought back"
    assert told.value.hardening.hosts[0].state == state
    (kept,) = Journal(tmp_path).list_hardenings("i")
    assert kept == told.value.hardening and kept.ended is not None
