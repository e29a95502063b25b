"""One way back: its steps in their order, what is done again, and what it says of what did not work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.files import tree  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import restore, verify  # type: ignore[import-not-found]

FILE = {"type": "file", "mode": 0o644, "mtime": 1, "sha256": "a"}
FOLDER = {"type": "folder", "mode": 0o755, "mtime": 1, "names": []}


class Plan:
    """A plan of files that notes what it is asked to put back."""

    def __init__(self, snap: Any, paths: dict[str, str]) -> None:
        self.snap, self.paths = snap, paths
        self.problems: list[str] = list(snap.problems)
        self.failed: dict[str, str] = dict(snap.failed)

    def put_back_files_of_root(self) -> None:
        self.snap.done.append(("files", tuple(sorted(self.paths))))

    def compare_and_put_back_untrusted_places(self) -> dict[str, str]:
        self.snap.done.append("places")
        return dict(self.snap.of_places)

    def note_problem_once(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def attempt_change_of_path_and_note_failure(self, path: str, change: Any) -> None:
        self.snap.done.append(("change", path))
        change()


@pytest.fixture
def snap(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A snapshot and a host that does what it is told; ``done`` has the steps in their order."""
    snap = SimpleNamespace(
        done=[],
        problems=[],
        failed={},
        of_places={},
        paths={"/etc/a": "content", "/etc/n": "new"},
        differences={},
        live={},
        staying={},
        unloadable={},
        broken={},
        outcome={},
        unfinished={},
        messages=[],
        units={"a.service": {}},
        entries={},
        room="room",
        run="r",
        parts={None: {}},
        kept=SimpleNamespace(get_path_of_run_file=lambda _run, name: name),
        scope=SimpleNamespace(units=["a.service"], packages=[]),
        shares=SimpleNamespace(
            left={}, unloadable={}, aside={}, known=True, is_package_work_of_run_fully_recorded=True
        ),
        around=SimpleNamespace(changed={}),
        manifest={"ruleset": {}, "sysctls": {}, "units": {}, "database": None, "packages": {}, "mounts": {}},
        list_paths_left_alone_with_reason=lambda items: [{"path": path, "reason": why} for path, why in items],
    )
    snap.refresh_containment_overlay = lambda: snap.done.append("overlay")

    def step(name: str, values: Any = ()) -> Any:
        def run(*arguments: Any, **_more: Any) -> Any:
            snap.done.append(name)
            if name in snap.broken:
                for errors in (each for each in arguments if isinstance(each, list)):
                    errors.append(snap.broken[name])
                    break
                else:
                    raise OSError(snap.broken[name])
            return values

        return run

    put = monkeypatch.setattr
    put(restore, "RestorePlan", Plan)
    put(
        restore,
        "find_differences_before_restore",
        lambda _snap, again: (
            {"paths": dict(snap.paths), "units": {}},
            {**snap.paths, **snap.differences},
            snap.messages,
        ),
    )
    put(restore.package_dependencies, "drop_new_files_of_staying_packages", lambda _names, paths: dict(paths))
    put(restore.package_dependencies, "find_packages_needed_by_now_with_reason", lambda *_: dict(snap.staying))
    put(restore.packages, "compare_installed_packages", lambda *_: ([], {}, []))
    put(restore.packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=dict))
    put(
        restore.packages,
        "restore_packages_of_before",
        lambda *_, **__: snap.done.append("packages") or dict(snap.outcome),
    )
    put(restore.packages, "find_packages_not_yet_restored", lambda *_: dict(snap.unfinished))
    put(
        restore,
        "_start_config_trial_of_restore",
        lambda *_: SimpleNamespace(
            take_back_files_that_daemons_refuse=lambda paths, last: snap.done.append(("daemons", tuple(sorted(paths))))
        ),
    )
    put(restore, "_restore_sshd_and_packet_filter_first", step("way in"))
    put(restore.failure_logs, "collect_log_lines_of_failed_daemons", lambda *_: snap.done.append("logs") or ["a line"])
    put(
        restore.incident,
        "reapply_site_blocks_to_web_servers",
        lambda: snap.done.append("sites") or snap.broken.get("sites"),
    )
    put(restore.runtime_state, "put_own_nft_table_into_target_state", step("packet filter", ["table"]))
    put(restore.runtime_state, "put_sysctls", step("sysctls", ["kernel.a"]))
    put(restore.mounts, "restore_mount_flags", step("mounts", ["/srv"]))
    put(restore.units, "restore_units_and_reload_daemons", lambda *a: step("units", ["a.service started"])(a[2]))
    put(
        restore.database,
        "restore_database_privileges_and_settings",
        lambda _before, errors, _left: step("database", True)(errors),
    )
    put(restore, "restore_dpkg_records_if_packages_match", lambda *_: snap.done.append("records"))
    put(restore, "restore_mtimes_of_unchanged_folders", lambda _snap: snap.done.append("times"))
    put(restore.config_check, "find_config_errors_at_next_start", lambda *_: list(snap.unloadable))
    put(restore.verify, "find_differences_but_of_staying_packages", lambda *_: dict(snap.differences))
    put(restore.verify, "find_live_differences", lambda *_: dict(snap.live))
    put(restore.disk_reserve, "run_and_free_reserve_when_disk_is_full", lambda _room, do: do())
    put(restore.os, "sync", lambda: None)
    return snap


def revert(snap: Any, **earlier: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what one try came to, and what was recorded on the way."""
    recorded: list[dict[str, Any]] = []
    host = restore.HostRevert(snap, earlier, lambda done: recorded.append(dict(done)))
    return host.revert_host_completely(), recorded


WHOLE = [
    ("files", ("/etc/a", "/etc/n")),
    *("way in", "packages"),
    ("daemons", ("/etc/a", "/etc/n")),
    *("sites", "overlay", "packet filter", "sysctls", "mounts", "units", "database", "records", "times", "places"),
]


def test_whoever_brings_a_host_back_lets_people_in_first_and_says_what_came_back(snap: Any) -> None:
    done, recorded = revert(snap)
    assert snap.done == WHOLE
    assert {key: done[key] for key in ("files", "removed", "count")} == {
        "files": ["/etc/a"],
        "removed": ["/etc/n"],
        "count": 2,
    }
    assert (done["ruleset"], done["sysctls"], done["mounts"]) == (["table"], ["kernel.a"], ["/srv"])
    assert (done["units"], done["database"]) == (["a.service started"], True)
    assert (done["pending"], done["held"], done["problems"], done["differs"]) == ({}, False, [], {})
    assert len(recorded) > 10, "after every step"


@pytest.mark.parametrize(
    ("step", "name", "held"),
    [
        ("way in", "way in", True),
        ("packet filter", "packet filter", True),
        ("sysctls", verify.KERNEL, False),
        ("mounts", verify.MOUNTS, False),
        ("units", verify.UNITS, False),
        ("database", "database", False),
    ],
)
def test_a_step_that_failed_is_pending_and_the_rest_is_done(snap: Any, step: str, name: str, held: bool) -> None:
    snap.broken[step] = "it hurts"
    done, _ = revert(snap)
    assert snap.done == WHOLE
    assert set(done["pending"]) == {name}
    assert "it hurts" in done["pending"][name]
    assert done["held"] is held
    assert done["problems"] == []


def test_what_is_not_done_again_is_a_problem(snap: Any) -> None:
    snap.broken["sites"] = "nginx says no"
    done, _ = revert(snap)
    assert (done["pending"], done["problems"]) == ({}, ["nginx says no"])


def test_again_only_what_was_pending_is_done(snap: Any) -> None:
    snap.differences = {"/etc/b": "content", "/etc/c": "content"}
    done, _ = revert(snap, pending={"/etc/b": "busy", verify.UNITS: "x"}, files=["/etc/z"], count=9, armed=5)
    assert snap.done == [("files", ("/etc/b",)), "units", ("files", ("/etc/b",))]
    assert (done["files"], done["count"]) == (["/etc/z"], 9), "as the first try counted them"
    assert done["said"] == []
    assert done["differs"] == {"/etc/b": "still differs (content)"}, "of what others did since nothing is told"
    assert done["pending"] == {"/etc/b": "still differs (content)"}


def test_packages_again_bring_back_their_files_and_times(snap: Any) -> None:
    done, _ = revert(snap, pending={"packages": "dpkg"})
    assert snap.done == ["packages", ("files", ()), "times"] or snap.done == [
        ("files", ()),
        "packages",
        ("files", ()),
        "times",
    ]
    assert done["pending"] == {}


@pytest.mark.parametrize(
    ("earlier", "collected"),
    [
        ({"armed": 5}, True),
        ({"armed": 5, "said": ["before"]}, False),
        ({}, False),
        ({"armed": 5, "cause": "boot"}, False),
        ({"armed": 5, "pending": {"/etc/a": "x"}}, False),
    ],
)
def test_what_failed_daemons_logged_is_collected_once(snap: Any, earlier: dict[str, Any], collected: bool) -> None:
    done, _ = revert(snap, **earlier)
    assert ("logs" in snap.done) is collected
    assert done["said"] == (["a line"] if collected else earlier.get("said", []))


def test_daemons_judge_nothing_of_the_way_in(snap: Any) -> None:
    snap.paths = {"/etc/ssh/sshd_config": "content", "/etc/nginx/nginx.conf": "content"}
    revert(snap)
    assert ("daemons", ("/etc/nginx/nginx.conf",)) in snap.done


def test_what_work_on_packages_changed_is_put_back_afterwards(snap: Any) -> None:
    snap.differences = {"/var/lib/x": "content"}
    snap.outcome = {"purged": ["b"], "staying": {}}
    revert(snap)
    files = [step[1] for step in snap.done if step[0] == "files"]
    assert files == [("/etc/a", "/etc/n", "/var/lib/x"), ("/etc/a", "/etc/n", "/var/lib/x"), ("/var/lib/x",)]


@pytest.mark.parametrize("outcome", [{"reinstalled": ["b"]}, {"purged": ["b"]}])
def test_files_of_packages_are_put_back_once_packages_came_or_went(snap: Any, outcome: dict[str, Any]) -> None:
    snap.outcome = outcome
    done, _ = revert(snap, packages={"purged": ["a"], "reinstalled": ["c"]})
    assert [step for step in snap.done if step[0] == "files"] == [("files", ("/etc/a", "/etc/n"))] * 2
    assert done["packages"]["purged"] == sorted({"a", *outcome.get("purged", [])})
    assert done["packages"]["reinstalled"] == sorted({"c", *outcome.get("reinstalled", [])})


def test_of_packages_that_did_not_change_nothing_is_counted(snap: Any) -> None:
    done, _ = revert(snap, packages={"purged": ["a"]})
    assert done["packages"] == {}
    assert [step for step in snap.done if step[0] == "files"] == [("files", ("/etc/a", "/etc/n"))]


def test_what_dpkg_has_not_done_with_is_pending(snap: Any) -> None:
    snap.unfinished = {"b": "half", "a": "half"}
    done, _ = revert(snap)
    assert done["pending"] == {"packages": "dpkg has not done with a, b"}
    assert done["held"] is False


def test_what_still_differs_is_named_and_tried_again_unless_it_is_known_why(snap: Any) -> None:
    snap.differences = {"/etc/x": "mode", "/etc/known": "mode", "/etc/busy": "content"}
    snap.problems, snap.failed = ["/etc/known: immutable"], {"/etc/busy": "it is busy"}
    done, _ = revert(snap)
    assert done["differs"] == {
        "/etc/busy": "it is busy",
        "/etc/known": "still differs (mode)",
        "/etc/x": "still differs (mode)",
    }
    assert done["pending"] == {"/etc/x": "still differs (mode)", "/etc/busy": "it is busy"}
    assert done["held"] is True, "a path failed"


def test_what_is_in_force_and_differs_is_pending_by_its_part(snap: Any) -> None:
    snap.live = {verify.KERNEL: {"sysctl b": "is 1, not 0", "sysctl a": "is 0, not 1"}}
    done, _ = revert(snap)
    assert done["pending"] == {verify.KERNEL: "sysctl a is 0, not 1; sysctl b is 1, not 0"}
    assert done["differs"] == snap.live[verify.KERNEL]
    snap.broken["sysctls"] = "no such key"
    done, _ = revert(snap)
    assert done["pending"] == {verify.KERNEL: "no such key"}, "the reason says more"
    done, _ = revert(snap, pending={verify.UNITS: "x"})
    assert (done["pending"], done["differs"]) == ({}, {}), "what others set since is theirs"
    done, _ = revert(snap, pending={verify.KERNEL: "x"})
    assert set(done["differs"]) == set(snap.live[verify.KERNEL])


def test_what_would_not_load_and_what_was_noted_is_told_once(snap: Any) -> None:
    snap.unloadable, snap.messages = {"nginx would not load": 1}, ["a folder was not read", "a folder was not read"]
    done, _ = revert(snap, problems=["from before", "a folder was not read"])
    assert done["problems"] == ["from before", "a folder was not read", "nginx would not load"]


def test_what_lesser_users_shape_is_counted_with_the_rest(snap: Any) -> None:
    snap.of_places = {"/srv/x": "new"}
    done, _ = revert(snap)
    assert (done["files"], done["removed"], done["count"]) == (["/etc/a"], ["/etc/n", "/srv/x"], 3)


def test_what_is_left_is_told_with_its_reason(snap: Any) -> None:
    snap.shares.left, snap.shares.unloadable = {"/etc/l": "changed since"}, {"/etc/u": "refused"}
    snap.around.changed, snap.staying = {"/etc/c": "contained"}, {"b": "a needs it"}
    snap.shares.aside = {"/etc/l": "/var/aside"}
    done, _ = revert(snap, left=[{"path": "/etc/o", "reason": "before"}], aside={"/etc/o": "/var/o"})
    assert {item["path"]: item["reason"] for item in done["left"]} == {
        "/etc/c": "contained",
        "/etc/l": "changed since",
        "/etc/o": "before",
        "/etc/u": "refused",
        "package b": "a needs it",
    }
    assert done["aside"] == {"/etc/o": "/var/o", "/etc/l": "/var/aside"}


@pytest.mark.parametrize(
    ("before", "known", "upgraded", "asked"),
    [
        ({"a": "1"}, True, {"c": ("1", "2")}, {"b", "c"}),
        ({"a": "1"}, False, {"c": ("1", "2")}, None),
        ({}, True, {"c": ("1", "2")}, {"b"}),
    ],
)
def test_packages_that_are_needed_by_now_are_found_by_what_the_run_asked_for(
    snap: Any,
    before: dict[str, str],
    known: bool,
    upgraded: dict[str, Any],
    asked: set[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snap.manifest["packages"], snap.scope.packages = before, ["b"]
    snap.shares.is_package_work_of_run_fully_recorded = known
    told: list[Any] = []
    monkeypatch.setattr(restore.packages, "compare_installed_packages", lambda *_: (["n"], upgraded, []))
    monkeypatch.setattr(
        restore.package_dependencies,
        "find_packages_needed_by_now_with_reason",
        lambda installed, asked_for, *_: told.append((installed, asked_for)) or {},
    )
    revert(snap)
    assert told == [(["n"] if before else [], asked)]


def test_that_nobody_can_tell_who_needs_a_package_is_told(snap: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no dpkg")

    monkeypatch.setattr(restore.package_dependencies, "find_packages_needed_by_now_with_reason", fail)
    done, _ = revert(snap)
    assert done["problems"] == ["whether somebody needs a package of the run could not be told: no dpkg"]


@pytest.mark.parametrize(("known", "left"), [(True, {"a": "b"}), (False, None)])
def test_the_database_is_told_what_others_made_where_that_is_known(
    snap: Any, known: bool, left: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    snap.shares.known, snap.shares.left = known, {"a": "b"}
    told: list[Any] = []
    monkeypatch.setattr(
        restore.database, "restore_database_privileges_and_settings", lambda _before, _errors, kept: told.append(kept)
    )
    done, _ = revert(snap)
    assert told == [left]
    assert done["database"] is False, "nothing was brought back"


@pytest.fixture
def sshd(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is run for sshd, and what is wrong with its configuration."""
    state = SimpleNamespace(ran=[], error=None)
    put = monkeypatch.setattr
    put(restore.runtime_state, "put_own_nft_table_into_target_state", lambda *_: state.ran.append("packet filter"))
    put(restore.commands, "run_program_and_return_error_or_none", lambda argv: state.ran.append(" ".join(argv[1:])))
    put(restore.daemons, "find_config_error", lambda _name: state.error)
    put(restore.units, "choose_verb_to_load_changed_config", lambda _name, verb, _units: verb)
    put(restore.ports, "run_reload_with_ports_of_unit_reserved", lambda _name, run: run())
    return state


@pytest.mark.parametrize(
    ("units", "paths", "error", "ran"),
    [
        ({}, [], None, []),
        ({"ssh.service": "inactive"}, ["/etc/ssh/sshd_config"], None, []),
        ({"ssh.service": "active"}, ["/etc/a"], None, ["reset-failed ssh.service", "start ssh.service"]),
        (
            {"ssh.service": "active"},
            ["/etc/ssh/sshd_config"],
            None,
            ["reset-failed ssh.service", "start ssh.service", "reload ssh.service"],
        ),
        (
            {"ssh.service": "active"},
            ["/etc/ssh/sshd_config"],
            "line 3",
            ["reset-failed ssh.service", "start ssh.service"],
        ),
        (
            {"ssh.service": "active"},
            ["/etc/systemd/system/ssh.service.d/a.conf"],
            None,
            ["daemon-reload", "reset-failed ssh.service", "start ssh.service"],
        ),
        (
            {"ssh.socket": "active"},
            ["/etc/ssh/sshd_config"],
            None,
            ["reset-failed ssh.socket", "start ssh.socket"],
        ),
        (
            {"ssh.socket": "active", "sshd.service": "active"},
            ["/etc/ssh/sshd_config"],
            None,
            [
                *("reset-failed ssh.socket", "start ssh.socket", "reset-failed sshd.service", "start sshd.service"),
                "reload sshd.service",
            ],
        ),
    ],
)
def test_sshd_is_started_and_reads_its_files_only_when_it_takes_them(
    units: dict[str, str], paths: list[str], error: str | None, ran: list[str], sshd: Any
) -> None:
    sshd.error = error
    manifest = {"ruleset": {}, "units": {name: {"ActiveState": state} for name, state in units.items()}}
    restore._restore_sshd_and_packet_filter_first(manifest, {"paths": dict.fromkeys(paths, "content"), "units": {}})
    assert sshd.ran == ["packet filter", *ran]


@pytest.fixture
def dpkg(snap: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """dpkg's own records: those of before, those of now, and who is at work."""
    state = SimpleNamespace(alone=True, present={}, now={"a": "1"}, removed=[], told=[])

    @contextlib.contextmanager
    def hold(_seconds: float) -> Iterator[bool]:
        yield state.alone

    put = monkeypatch.setattr
    put(restore.packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=lambda: state.now))
    put(restore.packages, "hold_dpkg_lock_within_seconds", hold)
    put(restore.packages, "read_entries_of_dpkg_database", lambda _how: dict(state.present))
    put(restore.packages, "remove_new_usr_files_of_no_package", lambda *_: state.removed.append("usr"))
    put(restore.packages, "put_mtimes_of_package_folders", lambda _skeleton: state.removed.append("times"))
    put(restore.file_writer, "put_path_into_state_of_entry", lambda *_: None)
    put(restore.file_writer, "remove_path_recursively", lambda path: state.removed.append(path))
    put(
        restore.file_writer,
        "put_mtime_of_folder_with_same_names",
        lambda path, _entry: state.removed.append(f"time {path}"),
    )
    snap.manifest.update({"dpkg": {"/d/a": FILE}, "packages": {"a": "1"}, "version": 3, "skeleton": {}})
    state.work = Plan(snap, {})
    return state


# The real ones, which the fixture of a whole way back replaces.
FIND_DIFFERENCES, START_TRIAL = restore.find_differences_before_restore, restore._start_config_trial_of_restore
RESTORE_RECORDS = restore.restore_dpkg_records_if_packages_match


def changed(snap: Any) -> list[str]:
    return [step[1] for step in snap.done if step[0] == "change"]


@pytest.mark.parametrize(
    ("now", "outcome", "others", "restored"),
    [
        ({"a": "1"}, {}, (), True),
        ({"a": "2"}, {}, (), False),
        ({"a": "1", "b": "1"}, {}, (), False),
        ({}, {}, (), False),
        ({"a": "2"}, {"staying": {"a": "x"}}, (), True),
        ({"a": "1", "b": "1"}, {"needed": {"b": "x"}}, (), True),
        ({"a": "1", "b": "1"}, {}, ("b",), True),
    ],
)
def test_records_come_back_when_packages_are_those_of_before(
    now: dict[str, str], outcome: dict[str, Any], others: tuple[str, ...], restored: bool, snap: Any, dpkg: Any
) -> None:
    dpkg.now, dpkg.present = now, {"/d/a": {**FILE, "mode": 0o600}}
    RESTORE_RECORDS(snap, outcome, dpkg.work, dpkg.told.append, packages_of_others=others)
    assert changed(snap) == (["/d/a"] if restored else [])
    assert dpkg.told == ([] if restored else ["the packages are not exactly those of before"])
    assert dpkg.removed == (["usr", "times"] if restored else [])


def test_records_stay_while_dpkg_is_at_work_and_where_there_are_none(snap: Any, dpkg: Any) -> None:
    dpkg.alone = False
    RESTORE_RECORDS(snap, {}, dpkg.work, dpkg.told.append)
    assert dpkg.told == ["dpkg is at work, so its records were left as they are"]
    snap.manifest["dpkg"] = {}
    RESTORE_RECORDS(snap, {}, dpkg.work, dpkg.told.append)
    assert (changed(snap), dpkg.removed, len(dpkg.told)) == ([], [], 1)


def test_a_rollback_removes_nothing_below_usr(snap: Any, dpkg: Any) -> None:
    RESTORE_RECORDS(snap, {}, dpkg.work, dpkg.told.append, may_remove=False)
    assert dpkg.removed == ["times"]


@pytest.mark.parametrize(
    ("before", "now", "staying", "restored"),
    [
        (FILE, FILE, False, False),
        (FILE, {**FILE, "mtime": 2}, False, True),
        (FILE, {**FILE, "mtime": 2}, True, True),
        (FILE, {**FILE, "sha256": "b"}, False, True),
        (FILE, {**FILE, "sha256": "b"}, True, False),
        (FILE, {**FILE, "type": "link"}, True, False),
        (FILE, {**FILE, "type": "link"}, False, True),
        (FILE, None, False, True),
        (FOLDER, {**FOLDER, "mode": 0o700}, False, False),
    ],
)
def test_a_record_comes_back_unless_it_tells_of_what_stays(
    before: dict[str, Any], now: dict[str, Any] | None, staying: bool, restored: bool, snap: Any, dpkg: Any
) -> None:
    snap.manifest["dpkg"] = {"/d/a": before}
    dpkg.present = {"/d/a": now} if now else {}
    restore._restore_files_of_dpkg_database(snap, {"c": "x"} if staying else {}, dpkg.work)
    assert changed(snap) == (["/d/a"] if restored else [])
    assert dpkg.removed == (["time /d/a"] if before is FOLDER else [])


@pytest.mark.parametrize(("staying", "gone"), [({}, ["/d/n/m", "/d/n"]), ({"c": "x"}, [])])
def test_records_that_came_go_unless_they_tell_of_what_stays(
    staying: dict[str, str], gone: list[str], snap: Any, dpkg: Any
) -> None:
    dpkg.present = {"/d/a": FILE, "/d/n": FILE, "/d/n/m": FILE}
    restore._restore_files_of_dpkg_database(snap, staying, dpkg.work)
    assert dpkg.removed == gone


@pytest.mark.parametrize(("version", "gone"), [(2, []), (3, [f"{restore.packages.JOURNAL}x"])])
def test_an_older_snapshot_knows_nothing_of_dpkg_s_journal(version: int, gone: list[str], snap: Any, dpkg: Any) -> None:
    snap.manifest["version"] = version
    dpkg.present = {"/d/a": FILE, f"{restore.packages.JOURNAL}x": FILE}
    restore._restore_files_of_dpkg_database(snap, {}, dpkg.work)
    assert dpkg.removed == gone


def test_only_folders_with_names_get_their_time_back(snap: Any, dpkg: Any) -> None:
    snap.parts = {None: {"/a": FOLDER, "/a/b": FOLDER, "/c": {**FOLDER, "names": None}, "/f": FILE, "/t": tree.ABSENT}}
    del snap.parts[None]["/c"]["names"]
    RESTORE_TIMES(snap)
    assert dpkg.removed == ["time /a/b", "time /a"]


RESTORE_TIMES = restore.restore_mtimes_of_unchanged_folders


@pytest.fixture
def found(snap: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What differs on the host, and what an earlier try wrote down of that."""
    state = SimpleNamespace(differs={"/etc/a": "content"}, earlier=None, written=[], asked=[])
    put = monkeypatch.setattr
    put(restore.store, "read_json", lambda _path: state.earlier)
    put(restore.verify, "find_root_differences", lambda *_: dict(state.differs))
    put(restore.walk, "describe_note", lambda note: f"noted {note}")
    put(restore.walk, "WalkNotes", lambda: SimpleNamespace(to_rows=lambda: ["x"]))
    put(
        restore.units,
        "SystemdUnitsQuery",
        lambda names: SimpleNamespace(answer=lambda: state.asked.append(names) or {"a.service": "now"}),
    )
    snap.kept.write_json = lambda name, document: state.written.append((name, document))
    return state


def test_what_a_first_try_finds_is_written_down(snap: Any, found: Any) -> None:
    initial_state, paths, notes = FIND_DIFFERENCES(snap)
    assert initial_state == {"paths": {"/etc/a": "content"}, "units": {"a.service": "now"}}
    assert (paths, notes) == ({"/etc/a": "content"}, ["noted x"])
    assert found.written == [("found.json", initial_state)]


def test_a_try_that_was_cut_off_knows_what_the_first_one_found(snap: Any, found: Any) -> None:
    found.earlier = {"paths": {"/etc/a": "new", "/etc/done": "content"}, "units": {"a.service": "then"}}
    initial_state, paths, _ = FIND_DIFFERENCES(snap)
    assert initial_state == {"paths": {"/etc/a": "new", "/etc/done": "content"}, "units": {"a.service": "then"}}
    assert paths == {"/etc/a": "content"}
    assert (found.written, found.asked) == ([], []), "nothing came, and units are not asked again"
    found.differs["/etc/late"] = "new"
    initial_state, _, _ = FIND_DIFFERENCES(snap)
    assert set(initial_state["paths"]) == {"/etc/a", "/etc/done", "/etc/late"}
    assert found.written == [("found.json", initial_state)]


def test_when_it_is_tried_again_what_came_since_is_not_the_run_s(snap: Any, found: Any) -> None:
    found.earlier = {"paths": {"/etc/done": "content"}, "units": {}}
    initial_state, paths, notes = FIND_DIFFERENCES(snap, True)
    assert (initial_state, paths, notes) == (found.earlier, {"/etc/a": "content"}, ["noted x"])
    found.earlier = None
    assert FIND_DIFFERENCES(snap, True)[0]["paths"] == {"/etc/a": "content"}, "nobody wrote down what was found"


def test_a_full_disk_stops_no_way_back(snap: Any, found: Any) -> None:
    def fail(*_: object) -> None:
        raise OSError("full")

    snap.kept.write_json = fail
    assert FIND_DIFFERENCES(snap)[1] == {"/etc/a": "content"}


@pytest.fixture
def boot(snap: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def start(_units: Any, _before: Any, paths: Any) -> None:
        snap.done.append(("units", tuple(sorted(paths))))
        if "units" in snap.broken:
            raise OSError(snap.broken["units"])

    monkeypatch.setattr(restore.units, "restore_unit_jobs_early_in_boot", start)
    return snap


def test_in_the_middle_of_a_boot_files_come_back_and_what_starts_by_them(boot: Any) -> None:
    boot.messages, boot.failed = ["a folder was not read"], {"/etc/a": "busy"}
    assert restore.restore_root_files_early_in_boot(boot, {}) == ["a folder was not read", "/etc/a: busy"]
    assert boot.done == [("files", ("/etc/a", "/etc/n")), "sites", ("units", ("/etc/a", "/etc/n"))]


def test_in_a_later_boot_only_what_was_left_comes_back(boot: Any) -> None:
    assert restore.restore_root_files_early_in_boot(boot, {"/etc/a": "busy"}) == []
    assert boot.done == [("files", ("/etc/a",))]


def test_units_that_cannot_be_brought_back_in_a_boot_are_told(boot: Any) -> None:
    boot.broken["units"] = "no bus"
    assert restore.restore_root_files_early_in_boot(boot, {}) == ["no bus"]


@pytest.mark.parametrize(("active", "state"), [(True, "now"), (False, "then")])
def test_daemons_are_tried_as_they_run_now_or_else_ran_before(
    snap: Any, active: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(restore.units, "is_active", lambda _unit: active)
    monkeypatch.setattr(
        restore.config_check,
        "ConfigTrial",
        lambda work, units, place: made.append((units, place)) or SimpleNamespace(left={"/etc/n": "refused"}),
    )
    snap.units = {"a.service": "then"}
    work = Plan(snap, dict(snap.paths))
    START_TRIAL(work, {"units": {"a.service": "now", "b.service": "now"}})
    assert made == [({"a.service": state, "b.service": "now"}, "trial.json")]
    assert work.paths == {"/etc/a": "content"}, "what an earlier try left stays so"
    assert snap.shares.unloadable == {"/etc/n": "refused"}
