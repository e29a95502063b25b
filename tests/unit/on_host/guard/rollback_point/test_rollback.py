"""A confirmed run is undone as far as nobody changed since what it did, and what stays is said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.files import store, tree  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import rollback  # type: ignore[import-not-found]

FILE = {"type": "file", "mode": 0o644, "uid": 0, "gid": 0, "mtime": 1, "sha256": "a"}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The store of a run, with what it left behind."""
    (tmp_path / "after.json").write_text(json.dumps({"snapshot": "s"}))
    asked: list[Any] = []

    def load(_kept: Any, run: str, digest: str) -> Any:
        asked.append(digest)
        return SimpleNamespace(digest="s", run=run)

    monkeypatch.setattr(rollback, "Snapshot", load)
    return SimpleNamespace(get_path_of_run_file=lambda _run, name: str(tmp_path / name), asked=asked)


DIGEST = hashlib.sha256(b'{"snapshot": "s"}').hexdigest()


def load(kept: Any, state: dict[str, str] | None, snapshot: str | None = None, after: str | None = None) -> Any:
    return rollback.load_snapshot_and_after_state_of_run(kept, "r", state, snapshot, after)


@pytest.mark.parametrize("state", ["confirming", "confirmed", "rolled_back"])
def test_a_run_that_was_confirmed_can_be_undone(state: str, kept: Any) -> None:
    snap, after = load(kept, {"state": state, "digest": "d", "after": DIGEST})
    assert (snap.run, after, kept.asked) == ("r", {"snapshot": "s"}, ["d"])
    load(kept, {"state": state, "digest": "d", "after": "0" * 64}, "given", DIGEST)
    assert kept.asked == ["d", "given"], "what the controller says comes before what the host kept"


@pytest.mark.parametrize("state", [None, {"state": "armed"}, {"state": "reverted"}])
def test_a_run_that_was_not_confirmed_is_refused(state: dict[str, str] | None, kept: Any) -> None:
    with pytest.raises(store.GuardRefusal, match="there is no confirmed run r on this host"):
        load(kept, state)


@pytest.mark.parametrize("content", ['{"snapshot": "other"}', None])
def test_what_another_run_left_behind_is_refused(content: str | None, kept: Any, tmp_path: Path) -> None:
    (tmp_path / "after.json").unlink()
    if content:
        (tmp_path / "after.json").write_text(content)
    with pytest.raises(store.GuardRefusal, match="what the run r left behind is not recorded"):
        load(kept, {"state": "confirmed", "digest": "d", "after": DIGEST})


def test_a_record_that_was_changed_is_refused(kept: Any) -> None:
    for after, given in (("0" * 64, None), (DIGEST, "0" * 64)):
        with pytest.raises(store.GuardRefusal, match="its digest differs"):
            load(kept, {"state": "confirmed", "digest": "d", "after": after}, None, given)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a host is like now, and a snapshot of it before a run."""
    unit = {"ActiveState": "active", "UnitFileState": "enabled", "InvocationID": "1"}
    state = SimpleNamespace(
        entries={"/etc/a": FILE},
        units={"a.service": dict(unit)},
        sysctls={"kernel/a": "0"},
        tables={},
        database=None,
        mounts={},
        script=[],
        same_but_blocks=set(),
        block_files=set(),
    )
    snap = SimpleNamespace(
        digest="s",
        entries={"/etc/a": FILE, "/etc/b": FILE},
        scope=SimpleNamespace(
            units=["a.service"],
            get_kind_of_path=lambda _path: "tree",
            is_new_path_to_be_removed=lambda _path: True,
            get_trees_with_their_kind=dict,
        ),
        manifest={
            **{"database": None, "packages": {}, "sysctls": {"kernel/a": "0"}, "ruleset": {}, "mounts": {}},
            "units": {"a.service": dict(unit)},
        },
        read_present_entries_in_scope=lambda _notes: dict(state.entries),
    )
    state.snap = snap
    put = monkeypatch.setattr
    put(rollback.units, "SystemdUnitsQuery", lambda _units: SimpleNamespace(answer=lambda: state.units))
    put(rollback.runtime_state, "OwnNftTableQuery", lambda: SimpleNamespace(answer=lambda: {"tables": state.tables}))
    put(rollback.packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=dict))
    put(rollback.packages, "compare_installed_packages", lambda *_: (["n"], {}, []))
    put(rollback.database, "MariadbStateQuery", lambda: SimpleNamespace(answer=lambda: state.database))
    put(rollback.database, "compute_digest_of_privileges", lambda data: data and "digest")
    put(rollback.runtime_state, "reread_sysctls", lambda _values: dict(state.sysctls))
    put(rollback.runtime_state, "make_nft_script_to_reach_target_table", lambda *_: state.script)
    put(rollback.mounts, "find_mount_flags_changed_by_run", lambda before, now: {**before, **now})
    put(rollback.mounts, "read_mount_flags_of_shared_folders", lambda: state.mounts)
    put(rollback.web_block_config, "compute_sha256_without_own_lines", lambda _path: None)
    put(rollback.web_block_config, "is_web_block_config_file", lambda path: path in state.block_files)
    put(rollback, "has_path_changed_in_site_blocks_only", lambda path, *_: path in state.same_but_blocks)
    return state


def test_of_a_run_only_what_differs_is_kept(host: Any) -> None:
    host.entries = {"/etc/a": {**FILE, "sha256": "b"}, "/etc/n": FILE}
    left = rollback.collect_state_run_left_behind(host.snap)
    assert left["paths"] == {"/etc/a": "content", "/etc/b": "missing", "/etc/n": "new"}
    assert left["entries"] == {"/etc/a": {**FILE, "sha256": "b"}, "/etc/b": tree.ABSENT, "/etc/n": FILE}
    assert (left["sysctls"], left["units"], left["database"], left["variables"]) == ({}, {}, None, {})
    assert left["packages"] == {"installed": ["n"], "upgraded": {}, "removed": []}


def test_what_a_run_set_is_kept_as_it_left_it(host: Any) -> None:
    host.sysctls, host.mounts = {"kernel/a": "1"}, {"/srv": ["nosuid"]}
    started = {**host.units["a.service"], "InvocationID": "2"}
    host.units = {"a.service": started, "new.service": started}
    left = rollback.collect_state_run_left_behind(host.snap)
    assert (left["sysctls"], left["mounts"]) == ({"kernel/a": "1"}, {"/srv": ["nosuid"]})
    assert left["units"] == {"a.service": started, "new.service": started}


def test_of_the_database_the_variables_that_changed_are_kept(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host.snap.manifest["database"] = {"variables": {"a": "1", "b": "1"}}
    host.database = {"variables": {"a": "2", "b": "1"}}
    monkeypatch.setattr(rollback.database, "list_variables_with_changed_value", lambda before, now: ["a"])
    left = rollback.collect_state_run_left_behind(host.snap)
    assert (left["database"], left["variables"]) == ("digest", {"a": "2"})


def test_a_web_server_s_file_is_also_kept_without_what_an_incident_has_it_say(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollback.web_block_config, "compute_sha256_without_own_lines", lambda _path: "plain")
    host.entries = {"/etc/n": {**FILE}, "/etc/a": FILE}
    left = rollback.collect_state_run_left_behind(host.snap)
    assert left["entries"]["/etc/n"] == {**FILE, "plain": "plain"}
    assert left["entries"]["/etc/b"] == tree.ABSENT


def after(**changes: Any) -> dict[str, Any]:
    """Return what a run left behind."""
    return {
        **{"snapshot": "s", "entries": {}, "paths": {}, "sysctls": {}, "tables": {}, "units": {}},
        **{"packages": {"installed": [], "upgraded": {}, "removed": []}},
        **changes,
    }


def test_drift_is_what_differs_from_how_the_run_left_it(host: Any) -> None:
    host.entries = {"/etc/a": {**FILE, "sha256": "ours"}, "/etc/b": {**FILE, "mode": 0o600}, "/etc/n": FILE}
    left = after(entries={"/etc/a": {**FILE, "sha256": "ours"}}, sysctls={"kernel/a": "0"})
    drift = rollback.find_drift(host.snap, left)
    assert drift["paths"] == [{"path": "/etc/b", "what": "attributes"}, {"path": "/etc/n", "what": "new"}]
    assert (drift["count"], drift["sysctls"], drift["tables"]) == (2, [], [])


def test_what_an_incident_has_sites_say_is_no_drift(host: Any) -> None:
    host.entries = {"/etc/a": {**FILE, "sha256": "x"}, "/etc/b": FILE, "/etc/block": FILE, "/etc/n": FILE}
    host.block_files, host.same_but_blocks = {"/etc/block"}, {"/etc/a"}
    assert rollback.find_drift(host.snap, after())["paths"] == [{"path": "/etc/n", "what": "new"}]


def test_settings_in_force_drift_by_name(host: Any) -> None:
    host.entries = {"/etc/a": FILE, "/etc/b": FILE}
    host.sysctls, host.script = {"kernel/a": "1"}, ["add"]
    drift = rollback.find_drift(host.snap, after())
    assert (drift["paths"], drift["sysctls"], drift["tables"]) == ([], ["kernel.a"], [rollback.runtime_state.OWN_TABLE])
    assert rollback.find_drift(host.snap, after(sysctls={"kernel/a": "1"}))["sysctls"] == [], "the run set it so"


PLAN: dict[str, Any] = {
    **{"paths": {"/etc/a": "content", "/etc/n": "new"}, "left": [], "back": [], "sysctls": {"b": "1", "a": "1"}},
    **{"rules": False, "variables": None, "packages": {"installed": [], "removed": []}, "needed": {}, "others": []},
    **{"units": {}, "mounts": {}},
}


@pytest.fixture
def undoing(host: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A rollback whose plan is decided, and which notes what is done."""
    host.plan, host.done, host.selection = dict(PLAN), [], SimpleNamespace(paths={}, scope=None)
    host.selection.make_plan = lambda: (dict(host.plan), {})
    monkeypatch.setattr(rollback, "RollbackSelection", lambda *_: host.selection)

    class Execution:
        def __init__(self, _snap: Any, _after: Any, scope: Any, plan: Any, work: Any, _units: Any) -> None:
            host.executed = (scope, plan, work.paths)

        def undo(self, answer: dict[str, Any]) -> None:
            host.done.append(dict(answer))

    monkeypatch.setattr(rollback, "RollbackExecution", Execution)
    return host


def test_what_would_be_undone_is_told_without_doing_it(undoing: Any) -> None:
    asked: list[Any] = []
    answer = rollback.roll_back(undoing.snap, after(), None, True, asked.append)
    assert (undoing.done, asked) == ([], [])
    assert (answer["files"], answer["removed"], answer["count"]) == (["/etc/a"], ["/etc/n"], 2)
    assert (answer["sysctls"], answer["database"], answer["ruleset"], answer["mounts"]) == (
        ["a", "b"],
        False,
        False,
        [],
    )


def test_what_is_decided_is_what_is_undone(undoing: Any) -> None:
    decided = {**PLAN, "paths": {"/etc/a": "content"}, "variables": {"a": "1"}, "mounts": {"/srv": []}}
    answer = rollback.roll_back(undoing.snap, after(), None, False, lambda _plan: decided)
    assert undoing.executed == (None, decided, {"/etc/a": "content"})
    assert undoing.done == [answer]
    assert (answer["database"], answer["mounts"], answer["removed"]) == (True, ["/srv"], [])


@pytest.mark.parametrize(
    ("touches", "staying"),
    [
        (["package:a"], {"a:amd64": "1 -> 2"}),
        (["package:b"], {}),
        ([rollback.packages.DPKG + "/"], {"a:amd64": "1 -> 2"}),
        (["/etc/"], {}),
    ],
)
def test_upgrades_that_are_meant_and_stay_are_told(
    touches: list[str], staying: dict[str, str], undoing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollback, "is_change_meant_by_touches", lambda touches, what: what in touches)
    left = after(packages={"installed": [], "upgraded": {"a:amd64": ["1", "2"]}, "removed": []})
    assert rollback.roll_back(undoing.snap, left, touches, True)["packages"]["staying"] == staying


def test_packages_that_somebody_needs_are_not_among_those_that_go(undoing: Any) -> None:
    undoing.plan["packages"], undoing.plan["needed"] = {"installed": ["a", "b"], "removed": ["c"]}, {"b": "x needs it"}
    answer = rollback.roll_back(undoing.snap, after(), [], True)
    assert answer["packages"] == {"staying": {}, "installed": ["a"], "removed": ["c"]}


class Work:
    """A plan of files that notes what it is asked."""

    def __init__(self) -> None:
        self.paths = {"/etc/a": "content", "/etc/n": "new"}
        self.problems: list[str] = []
        self.failed: dict[str, str] = {}
        self.places = 0

    def note_problem_once(self, problem: str) -> None:
        self.problems.append(problem)

    def put_back_paths_in_untrusted_places(self) -> None:
        self.places += 1


@pytest.fixture
def execution(host: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that a rollback does, noted in its order."""
    host.done, host.unloadable, host.refused, host.started = [], [{}, {}], None, []
    snap, put = host.snap, monkeypatch.setattr
    snap.kept, snap.run, snap.units = SimpleNamespace(get_path_of_run_file=lambda _run, name: name), "r", {}
    snap.around = SimpleNamespace(changed={}, units=[])
    snap.refresh_containment_overlay = lambda: host.done.append("overlay")
    snap.list_paths_left_alone_with_reason = lambda items: [{"path": path, "reason": why} for path, why in items]

    def load(work: Any, _units: Any, _place: str) -> dict[str, str]:
        host.done.append(("files", tuple(sorted(work.paths))))
        unloadable: dict[str, str] = host.unloadable.pop(0)
        work.paths = {path: word for path, word in work.paths.items() if path not in unloadable}
        return unloadable

    def note(name: str, answer: Any = None) -> Any:
        return lambda *_, **__: host.done.append(name) or answer

    put(rollback.config_check, "put_back_files_that_daemons_load", load)
    put(rollback.config_check, "find_config_errors_at_next_start", lambda *_: ["b would not load"])
    put(rollback.runtime_state, "put_own_nft_table_into_target_state", note("rules"))
    put(rollback.runtime_state, "put_sysctls", note("sysctls"))
    put(rollback.packages, "restore_packages_of_before", note("packages", {"purged": ["n"]}))
    put(rollback.packages, "find_package_changes_not_made_by_run", lambda *_: ["theirs"])
    put(
        rollback,
        "_find_file_changes_by_package_work",
        lambda _snap, leave: {"/var/x": "content", **dict.fromkeys(leave, "left")},
    )
    put(rollback.incident, "reapply_site_blocks_to_web_servers", lambda: host.refused)
    put(rollback.mounts, "restore_mount_flags", note("mounts"))
    put(
        rollback.units,
        "restore_units_and_reload_daemons",
        lambda to, *_: (
            host.done.append(("units", to.touched_names, sorted(to.before), to.allowed_units)) or ["a started"]
        ),
    )
    put(rollback.units, "start_units_that_ended_meanwhile", lambda *_: list(host.started))
    put(
        rollback.database,
        "restore_database_privileges_and_settings",
        lambda data, _problems: host.done.append(("database", data["variables"])),
    )
    put(
        rollback,
        "restore_dpkg_records_if_packages_match",
        lambda *a, **more: host.done.append(("records", more["packages_of_others"], more["may_remove"])),
    )
    put(rollback, "restore_mtimes_of_unchanged_folders", note("times"))
    put(rollback, "_verify_restored_paths_and_note_differences", note("verify"))
    put(rollback.os, "sync", lambda: None)
    host.work = Work()
    return host


def undo(execution: Any, scope: Any = None, left: dict[str, Any] | None = None, **plan: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"packages": {"staying": {"s": "1 -> 2"}}}
    execution.plan = {**PLAN, **plan}
    execution.run = rollback.RollbackExecution(
        execution.snap, left or after(), scope, execution.plan, execution.work, {"a.service": "now"}
    )
    execution.run.undo(answer)
    return answer


def test_a_whole_run_is_undone_in_this_order(execution: Any) -> None:
    answer = undo(execution)
    assert execution.done == [
        ("files", ("/etc/a", "/etc/n")),
        *("overlay", "mounts", "sysctls", ("units", [], [], None), ("records", ["theirs"], False), "times", "verify"),
    ]
    assert execution.work.places == 1
    assert (answer["files"], answer["removed"], answer["units"]) == (["/etc/a"], ["/etc/n"], ["a started"])
    assert answer["packages"] == {"staying": {"s": "1 -> 2"}}
    assert answer["problems"] == ["b would not load"]


def test_of_one_fix_no_record_of_packages_is_touched(execution: Any) -> None:
    undo(execution, scope=SimpleNamespace(units=["a.service"]))
    assert not any(step[0] == "records" for step in execution.done if isinstance(step, tuple))


@pytest.mark.parametrize("packages", [{"installed": ["n"], "removed": []}, {"installed": [], "removed": ["g"]}])
def test_packages_go_and_what_their_tools_changed_comes_back(execution: Any, packages: dict[str, list[str]]) -> None:
    execution.unloadable = [{"/etc/n": "nginx refuses it"}, {"/etc/a": "nginx refuses it"}]
    answer = undo(execution, packages=packages, others=["/etc/theirs"])
    assert execution.done[:3] == [
        ("files", ("/etc/a", "/etc/n")),
        "packages",
        ("files", ("/etc/a", "/etc/n", "/etc/theirs", "/var/x")),
    ]
    assert answer["packages"] == {"purged": ["n"]}
    assert (answer["files"], answer["removed"]) == ([], [])
    assert answer["left"] == [{"path": "/etc/a", "reason": "nginx refuses it"}]
    assert "not undone: nginx refuses it" in answer["problems"]


def test_rules_and_variables_come_back_where_they_are_meant(execution: Any) -> None:
    execution.snap.manifest["database"] = {"variables": {"a": "2"}, "users": []}
    undo(execution, rules=True, variables={})
    assert "rules" in execution.done
    assert ("database", {}) in execution.done
    assert not any(step == "rules" or step[0] == "database" for step in undo_again(execution))


def undo_again(execution: Any) -> list[Any]:
    """Return what a rollback with neither does."""
    execution.done.clear()
    execution.unloadable = [{}, {}]
    undo(execution)
    return list(execution.done)


def test_what_a_site_has_to_say_and_could_not_be_told_is_a_problem(execution: Any) -> None:
    execution.refused = "nginx says no"
    assert undo(execution)["problems"] == ["nginx says no", "b would not load"]


def test_what_failed_comes_after_the_problems(execution: Any) -> None:
    execution.work.failed = {"/etc/b": "busy", "/etc/a": "busy"}
    assert undo(execution)["problems"] == ["b would not load", "/etc/a: busy", "/etc/b: busy"]


def test_what_ended_meanwhile_is_started_and_told_once(execution: Any) -> None:
    execution.started = ["a started", "b started"]
    assert undo(execution)["units"] == ["a started", "b started"]


def test_what_is_contained_stays_where_the_run_had_changed_it(execution: Any) -> None:
    execution.snap.around.changed = {"/etc/a": "contained by SC", "/etc/z": "contained by SC"}
    answer = undo(execution, left=after(paths={"/etc/a": "content"}))
    assert answer["left"] == [{"path": "/etc/a", "reason": "contained by SC"}]


@pytest.mark.parametrize(("scope", "wanted"), [(None, None), (["a.service", "c.service"], ["a.service", "c.service"])])
def test_units_that_a_fix_names_come_back_unless_contained(
    execution: Any, scope: list[str] | None, wanted: list[str] | None
) -> None:
    execution.snap.manifest["units"] = {"a.service": {}, "u.service": {}}
    execution.snap.units = {"a.service": "before"}
    execution.snap.scope.units = ["a.service", "b.service", "u.service"]
    execution.snap.around.units = ["b.service"]
    undo(
        execution,
        scope=None if scope is None else SimpleNamespace(units=scope),
        units={"a.service": {}, "b.service": {}},
    )
    (step,) = [step for step in execution.done if step[0] == "units"]
    assert step == ("units", ["a.service"] if scope is None else ["a.service", "c.service"], ["a.service"], wanted)


def test_records_that_cannot_be_read_stop_no_rollback(execution: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no dpkg")

    monkeypatch.setattr(rollback.packages, "find_package_changes_not_made_by_run", fail)
    assert undo(execution)["problems"] == ["package records: no dpkg", "b would not load"]


@pytest.mark.parametrize(
    ("paths", "left", "error", "asked", "problems"),
    [
        ({f"{rollback.PROFILES}x": "new"}, [f"{rollback.STACK}auth"], None, True, []),
        (
            {f"{rollback.PROFILES}x": "new"},
            [f"{rollback.STACK}auth"],
            "edited",
            True,
            [f"PAM still holds what {rollback.PROFILES}x brought: edited"],
        ),
        ({f"{rollback.PROFILES}x": "content"}, [f"{rollback.STACK}auth"], None, False, []),
        ({"/etc/x": "new"}, [f"{rollback.STACK}auth"], None, False, []),
        ({f"{rollback.PROFILES}x": "new"}, ["/etc/pam.d/other"], None, False, []),
        ({f"{rollback.PROFILES}x": "new"}, [], None, False, []),
    ],
)
def test_the_pam_stack_that_stays_is_made_anew_without_profiles_that_went(
    paths: dict[str, str],
    left: list[str],
    error: str | None,
    asked: bool,
    problems: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(
        rollback.commands, "run_program_and_return_error_or_none", lambda argv: ran.append(argv) or error
    )
    work = Work()
    rollback._drop_removed_profiles_from_pam_stack(paths, [{"path": path} for path in left], work)
    assert ran == ([["pam-auth-update", "--package"]] if asked else [])
    assert work.problems == problems


CHANGES = rollback._find_file_changes_by_package_work


def test_of_work_on_packages_their_records_and_what_they_wrote_in_etc_come_back(host: Any) -> None:
    record, cache = f"{rollback.PACKAGE_OWN_TREES[0]}x", f"{rollback.PACKAGE_CACHES[0]}/x"
    configuration = rollback.package_dependencies.CONFIGURATION
    host.snap.entries = dict.fromkeys((record, f"{configuration}/changed", "/srv/x", f"{configuration}/stays"), FILE)
    host.entries = {
        **{path: {**FILE, "sha256": "b"} for path in host.snap.entries},
        **dict.fromkeys((cache, f"{configuration}/came", rollback.PACKAGE_FILES[0]), FILE),
    }
    assert CHANGES(host.snap, {f"{configuration}/stays"}) == {
        record: "content",
        cache: "new",
        f"{configuration}/changed": "content",
        rollback.PACKAGE_FILES[0]: "new",
    }
