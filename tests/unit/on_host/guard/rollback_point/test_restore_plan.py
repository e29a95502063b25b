"""What a way back puts into which state, what it leaves, and what it says of what did not work."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.files import store, tree, walk  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import child_worker  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import restore_plan  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point.restore_plan import (  # type: ignore[import-not-found]
    RestorePlan,
    Snapshot,
    compare_entries,
)

FILE = {"type": "file", "mode": 0o644, "uid": 0, "gid": 0, "mtime": 1, "id": [1, 2, 3]}
KEPT = {**FILE, "sha256": "a"}
FOLDER = {"type": "folder", "mode": 0o755, "uid": 0, "gid": 0, "mtime": 1, "id": [1, 2, 3]}
LINK = {"type": "link", "target": "/a", "uid": 0, "gid": 0, "mtime": 1, "id": [1, 2, 3]}


def make_scope(kind: str = "tree", removed: bool = True, trees: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(
        get_kind_of_path=lambda _path: kind,
        is_new_path_to_be_removed=lambda _path: removed,
        get_trees_with_their_kind=lambda: dict.fromkeys(trees, kind),
        places={},
        get_places_by_tree_or_path=dict,
    )


def compare(entry: dict[str, Any], now: dict[str, Any], kind: str = "tree") -> str | None:
    """Return how one path differs."""
    return compare_entries({"/x": entry}, {"/x": now}, make_scope(kind)).get("/x")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("entry", "now", "kind", "word"),
    [
        (KEPT, KEPT, "tree", None),
        (KEPT, {**KEPT, "sha256": "b"}, "tree", "content"),
        (LINK, {**LINK, "target": "/b"}, "tree", "content"),
        (KEPT, {**LINK, "sha256": "a"}, "tree", "content"),
        (KEPT, {**KEPT, "mode": 0o600}, "tree", "attributes"),
        (KEPT, {**KEPT, "mtime": 2}, "tree", "attributes"),
        (FOLDER, {**FOLDER, "mtime": 2}, "tree", "attributes"),
        (FOLDER, {**FOLDER, "mtime": 2}, "path", None),
        (FOLDER, {**FOLDER, "mode": 0o700}, "path", "attributes"),
        (KEPT, {**KEPT, "mtime": 2}, "path", "attributes"),
        (FILE, {**FILE, "mtime": 2, "sha256": "b"}, "path", None),
        (FILE, {**FILE, "mode": 0o600}, "path", "attributes"),
        (FILE, {**FILE, "mtime": 2}, "data", None),
        (FILE, {**FILE, "mode": 0o600}, "data", "attributes"),
        (FILE, {**FILE, "mode": 0o600}, "cache", "attributes"),
        (FILE, {**FILE, "mode": 0o600, "id": [1, 9, 3]}, "data", None),  # it is another file
        (FILE, {**FILE, "mode": 0o600, "id": [1, 2, 9]}, "data", "attributes"),
        (FILE, {**LINK, "id": FILE["id"]}, "data", None),
        (KEPT, {**KEPT, "mtime": 2}, "data", "attributes"),
        (KEPT, {**KEPT, "id": [7, 7, 7], "mode": 0o600}, "data", "attributes"),
        (KEPT, tree.ABSENT, "tree", "missing"),
        (FILE, tree.ABSENT, "path", "missing"),
        (FILE, tree.ABSENT, "data", None),
        (FILE, tree.ABSENT, "cache", None),
        (KEPT, tree.ABSENT, "data", "missing"),
        (KEPT, tree.ABSENT, "cache", "missing"),
        (tree.ABSENT, tree.ABSENT, "tree", None),
        (tree.ABSENT, FILE, "tree", "new"),
        ({**tree.ABSENT, "around": "p"}, FOLDER, "tree", "new"),
        ({**tree.ABSENT, "around": "p"}, tree.ABSENT, "tree", None),
        ({**FOLDER, "around": "p"}, {**FOLDER, "mode": 0o700}, "tree", None),
        ({**FOLDER, "around": "p"}, tree.ABSENT, "tree", None),
    ],
)
def test_a_path_differs_by_what_was_kept_of_it(
    entry: dict[str, Any], now: dict[str, Any], kind: str, word: str | None
) -> None:
    assert compare(entry, now, kind) == word


@pytest.mark.parametrize(
    ("removed", "entries", "new"),
    [
        (True, {}, True),
        (False, {}, False),
        (False, {"/t": tree.ABSENT}, True),
        (False, {"/t": FOLDER}, False),
        (True, {"/t/x": FILE}, False),
    ],
)
def test_what_came_is_new_where_it_goes_again_or_its_tree_was_not_there(
    removed: bool, entries: dict[str, Any], new: bool
) -> None:
    present = {"/t/x": FILE, **{path: entry for path, entry in entries.items() if path != "/t/x"}}
    found = compare_entries(entries, present, make_scope(removed=removed, trees=("/t",)))
    assert found.get("/t/x") == ("new" if new else None)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return what is done to files, in its order."""
    done: list[tuple[str, ...]] = []

    def note(what: str) -> Any:
        return lambda path, *_: done.append((what, path))

    for name in ("put_path_into_state_of_entry", "put_attributes_if_still_same_file", "remove_path_recursively"):
        monkeypatch.setattr(restore_plan.file_writer, name, note(name))
    monkeypatch.setattr(restore_plan.file_writer, "put_mtime_of_folder_with_same_names", note("time"))
    monkeypatch.setattr(restore_plan.disk_reserve, "run_and_free_reserve_when_disk_is_full", lambda _room, do: do())
    return done


def make_plan(entries: dict[str, Any], paths: dict[str, str], kind: str = "tree") -> Any:
    aside: list[str] = []
    shares = SimpleNamespace(
        keep_copy_of_others_version_aside=aside.append, merge_account_file_with_others_lines=lambda _path: None
    )
    snap = SimpleNamespace(
        entries=entries,
        shares=shares,
        scope=make_scope(kind),
        room="room",
        aside=aside,
        read_verified_content_of_entry=None,
    )
    return RestorePlan(snap, paths)


@pytest.mark.parametrize(
    ("entry", "kind", "how"),
    [
        (KEPT, "tree", "put_path_into_state_of_entry"),
        (KEPT, "path", "put_path_into_state_of_entry"),
        (FILE, "tree", "put_attributes_if_still_same_file"),
        (FILE, "path", "put_attributes_if_still_same_file"),
        (FOLDER, "tree", "put_path_into_state_of_entry"),
        (FOLDER, "path", "put_attributes_if_still_same_file"),
        (FOLDER, "data", "put_attributes_if_still_same_file"),
        (LINK, "tree", "put_path_into_state_of_entry"),
        (LINK, "path", "put_path_into_state_of_entry"),
        (LINK, "data", "put_attributes_if_still_same_file"),
        (tree.ABSENT, "tree", None),
    ],
)
def test_what_was_kept_comes_back_whole_and_else_attributes_alone(
    entry: dict[str, Any], kind: str, how: str | None, host: list[tuple[str, ...]]
) -> None:
    plan = make_plan({"/x": entry}, {"/x": "content"}, kind)
    plan.put_back_files_of_root()
    assert host == ([(how, "/x")] if how else [])
    assert plan.snap.aside == ["/x"], "what others made of it is kept"


def test_an_account_file_comes_back_with_the_lines_of_others(
    host: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[Any] = []
    monkeypatch.setattr(
        restore_plan.file_writer,
        "put_path_into_state_of_entry",
        lambda path, entry, read: put.append((path, entry["sha256"], entry["mtime"], read())),
    )
    plan = make_plan({"/etc/passwd": KEPT}, {"/etc/passwd": "content"})
    plan.snap.shares.merge_account_file_with_others_lines = lambda _path: b""
    plan.put_back_files_of_root()
    assert put == [("/etc/passwd", hashlib.sha256(b"").hexdigest(), None, [b""])]


def test_new_paths_go_from_below_and_others_come_from_above(host: list[tuple[str, ...]]) -> None:
    entries = {"/a": {**FOLDER, "names": ["b"]}, "/a/b": KEPT, "/c": {**FOLDER, "names": []}, "/d": FOLDER}
    make_plan(
        entries, {"/a": "attributes", "/a/b": "content", "/n": "new", "/n/m": "new", "/d": "attributes"}
    ).put_back_files_of_root()
    assert host == [
        ("remove_path_recursively", "/n/m"),
        ("remove_path_recursively", "/n"),
        ("put_path_into_state_of_entry", "/a"),
        ("put_path_into_state_of_entry", "/a/b"),
        ("put_path_into_state_of_entry", "/d"),
        ("time", "/a"),
    ]


def test_a_folder_around_what_came_gets_its_time_back(host: list[tuple[str, ...]]) -> None:
    entries = {"/a": {**FOLDER, "names": ["b"]}, "/a/b": {**FOLDER, "names": []}}
    make_plan(entries, {"/a/b/c": "new"}).put_back_files_of_root()
    assert host == [("remove_path_recursively", "/a/b/c"), ("time", "/a/b"), ("time", "/a")]


@pytest.mark.parametrize(
    ("entry", "kind", "now", "empty", "done", "problems"),
    [
        ({}, "tree", FOLDER, False, ["remove_path_recursively"], []),
        ({}, "path", FILE, False, ["remove_path_recursively"], []),
        ({}, "path", FOLDER, True, [], []),
        ({}, "path", FOLDER, False, [], ["/x: it holds what somebody else put there"]),
        ({**tree.ABSENT, "around": "p"}, "tree", FOLDER, True, [], []),
        ({**tree.ABSENT, "around": "p"}, "tree", FOLDER, False, [], ["/x: it holds what somebody else put there"]),
    ],
)
def test_a_folder_that_others_filled_meanwhile_stays(
    entry: dict[str, Any],
    kind: str,
    now: dict[str, Any],
    empty: bool,
    done: list[str],
    problems: list[str],
    host: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restore_plan.file_writer, "remove_folder_if_empty", lambda _path: empty)
    monkeypatch.setattr(tree, "read_entry_of_path", lambda _path: now)
    plan = make_plan({"/x": entry} if entry else {}, {"/x": "new"}, kind)
    plan.put_back_paths(plan.paths)
    assert [what for what, _ in host] == done
    assert plan.problems == problems
    assert plan.snap.aside == ["/x"]


@pytest.mark.parametrize(
    ("entries", "error", "problems", "failed"),
    [
        ({"/x": KEPT}, FileNotFoundError(), ["/x: it is gone"], {}),
        ({"/x": tree.ABSENT}, FileNotFoundError(), [], {}),
        ({}, FileNotFoundError(), [], {}),
        ({"/x": KEPT}, tree.UnsafeTarget("a link"), ["/x: a link"], {}),
        ({"/x": KEPT}, OSError(errno.EBUSY, "it is busy"), [], {"/x": "it is busy"}),
    ],
)
def test_what_goes_wrong_with_a_path_is_said_and_what_may_go_right_later_apart(
    entries: dict[str, Any],
    error: Exception,
    problems: list[str],
    failed: dict[str, str],
    host: list[tuple[str, ...]],
) -> None:
    def fail() -> None:
        raise error

    plan = make_plan(entries, {})
    for _ in range(2):
        plan.attempt_change_of_path_and_note_failure("/x", fail)
    assert (plan.problems, plan.failed) == (problems, failed), "each once"
    plan.attempt_change_of_path_and_note_failure("/x", lambda: None)
    assert plan.failed == {}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A place that lesser users shape: what is found in it, and what its child says."""
    state: dict[str, Any] = {"asked": []}

    def run(work: Any, seconds: int) -> Any:
        state["asked"].append(seconds)
        if "failure" in state:
            raise child_worker.WorkerFailure(state["failure"])
        return work()

    monkeypatch.setattr(child_worker, "run_in_child_process_within_seconds", run)
    monkeypatch.setattr(
        restore_plan.untrusted_places,
        "split_by_place",
        lambda _scope, entries: {
            None: {path: entry for path, entry in entries.items() if not path.startswith("/srv")},
            "www": {path: entry for path, entry in entries.items() if path.startswith("/srv")},
            "none": {},
        },
    )
    return state


def test_paths_of_lesser_users_are_put_back_apart_and_roots_by_root(
    host: list[tuple[str, ...]], place: dict[str, Any]
) -> None:
    plan = make_plan({"/etc/a": KEPT, "/srv/b": KEPT}, {"/etc/a": "content", "/srv/b": "content"})
    plan.put_back_files_of_root()
    assert [path for _, path in host] == ["/etc/a"]
    assert place["asked"] == []
    plan.put_back_paths_in_untrusted_places()
    assert [path for _, path in host] == ["/etc/a", "/srv/b"]
    assert place["asked"] == [restore_plan.PLACE_SECONDS], "nothing is asked for a place in which nothing differs"


def test_a_place_whose_child_fails_is_named(host: list[tuple[str, ...]], place: dict[str, Any]) -> None:
    place["failure"] = next(iter(walk.WHY))
    plan = make_plan({"/srv/b": KEPT}, {"/srv/b": "content"})
    plan.put_back_paths_in_untrusted_places()
    assert plan.problems == [f"www was not brought back: {walk.WHY[place['failure']]}"]


def test_problems_of_a_place_are_problems_of_the_way_back(
    host: list[tuple[str, ...]], place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, *_: object) -> None:
        raise OSError(errno.EBUSY, "it is busy")

    monkeypatch.setattr(restore_plan.file_writer, "put_path_into_state_of_entry", fail)
    notes = [{"why": "x"}]
    monkeypatch.setattr(restore_plan.walk, "WalkNotes", lambda: SimpleNamespace(to_rows=lambda: notes))
    monkeypatch.setattr(restore_plan.walk, "describe_note", lambda note: f"noted {note['why']}")
    monkeypatch.setattr(
        restore_plan.untrusted_places, "read_present_entries_of_place", lambda *_: {"/srv/b": {**KEPT, "sha256": "b"}}
    )
    plan = make_plan({"/srv/b": KEPT}, {})
    plan.snap.parts = {"www": {"/srv/b": KEPT}}
    plan.snap.scope.places = {"www": object()}
    assert plan.compare_and_put_back_untrusted_places() == {"/srv/b": "content"}
    assert plan.problems == ["/srv/b: it is busy", "noted x"]


MANIFEST: dict[str, Any] = {
    **{"version": restore_plan.snapshot.VERSION, "touches": [], "roots": [], "entries": {}, "places": {}},
    **{"units": {}, "contained": None},
}


def write_snapshot(folder: Path, **changes: Any) -> Any:
    """Return the store of a run with this manifest."""
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, **changes}))
    (folder / "content").write_bytes(b"onetwo")
    return SimpleNamespace(get_path_of_run_file=lambda _run, name: str(folder / name))


@pytest.fixture(autouse=True)
def _nothing_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore_plan.change_attribution, "RunChangeAttribution", lambda _snap: SimpleNamespace())
    monkeypatch.setattr(restore_plan.incident, "read_present_containment_state", restore_plan.incident.ContainmentState)


def test_a_snapshot_is_the_one_that_was_taken_or_is_refused(tmp_path: Path) -> None:
    with pytest.raises(store.GuardRefusal, match="there is no snapshot of the run r on this host"):
        Snapshot(SimpleNamespace(get_path_of_run_file=lambda _run, name: str(tmp_path / name)), "r")
    kept = write_snapshot(tmp_path)
    digest = hashlib.sha256((tmp_path / "manifest.json").read_bytes()).hexdigest()
    assert Snapshot(kept, "r").digest == Snapshot(kept, "r", digest).digest == digest
    with pytest.raises(store.GuardRefusal, match="its digest differs"):
        Snapshot(kept, "r", "0" * 64)


@pytest.mark.parametrize("version", [0, restore_plan.snapshot.VERSION + 1, "1", None])
def test_a_snapshot_of_another_format_is_refused(version: object, tmp_path: Path) -> None:
    with pytest.raises(store.GuardRefusal, match="which is not known here"):
        Snapshot(write_snapshot(tmp_path, version=version), "r")
    for known in restore_plan.FORMATS:
        assert Snapshot(write_snapshot(tmp_path, version=known), "r").manifest["version"] == known


def test_units_of_ours_are_not_brought_back(tmp_path: Path) -> None:
    before = {name: dict[str, Any]() for name in ("a.service", *(f"{own}-x.service" for own in restore_plan.units.OWN))}
    snap = Snapshot(write_snapshot(tmp_path, units=before), "r")
    assert set(snap.units) == {"a.service"}


def test_bytes_are_checked_before_the_first_is_handed_out(tmp_path: Path) -> None:
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))
    snap = Snapshot(write_snapshot(tmp_path, places={one: [0, 3], two: [3, 3]}), "r")
    assert snap.read_verified_content_of_entry({"sha256": two}) == [b"two"]
    with pytest.raises(tree.UnsafeTarget, match="its bytes are not in the snapshot"):
        snap.read_verified_content_of_entry({"sha256": "0" * 64})
    (tmp_path / "content").write_bytes(b"onetwO")
    assert snap.read_verified_content_of_entry({"sha256": one}) == [b"one"]
    with pytest.raises(tree.UnsafeTarget, match="its bytes in the snapshot are damaged"):
        snap.read_verified_content_of_entry({"sha256": two})
    snap.around.get_replaced_content_by_sha256 = lambda _digest: b""
    assert snap.read_verified_content_of_entry({"sha256": two}) == [b""], "an incident has it say nothing"


def test_what_is_left_is_told_while_it_cannot_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snap = Snapshot(write_snapshot(tmp_path), "r")
    gone = str(tmp_path / "gone")
    assert snap.list_paths_left_alone_with_reason([(gone, "x")]) == []

    def fail(*_: object) -> None:
        raise child_worker.WorkerFailure("time")

    monkeypatch.setattr(child_worker, "run_in_child_process_within_seconds", fail)
    assert snap.list_paths_left_alone_with_reason([(gone, "x")]) == [{"path": gone, "reason": "x"}]
    assert snap.list_paths_left_alone_with_reason([("package a", "x")]) == [{"path": "package a", "reason": "x"}]


def test_a_new_folder_of_lesser_users_is_not_gone_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snap = Snapshot(write_snapshot(tmp_path), "r")
    snap.entries = {"/known": FOLDER}
    entered: dict[str, bool] = {}

    def read(_scope: object, _kept: object, _notes: object, _target: object, should_enter: Any) -> dict[str, Any]:
        for path, mode in (("/known", 0o777), ("/new", 0o755), ("/open", 0o777)):
            entered[path] = should_enter(path, {**FOLDER, "mode": mode})
        return {"/a": FILE}

    monkeypatch.setattr(restore_plan.snapshot, "read_entries_of_root_trees_and_paths", read)
    monkeypatch.setattr(restore_plan.untrusted_places, "read_present_entries_of_all_places", lambda *_: {"/b": FILE})
    snap.parts = {None: {}}
    assert set(snap.read_present_entries_in_scope(walk.WalkNotes())) == {"/a", "/b"}
    assert entered == {"/known": True, "/new": True, "/open": False}


def test_a_folder_above_what_was_not_there_is_read_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snap = Snapshot(write_snapshot(tmp_path), "r")
    around = {**tree.ABSENT, "around": ""}
    snap.parts = {None: {"/above": around, "/seen": around, "/other": KEPT}}
    monkeypatch.setattr(restore_plan.snapshot, "read_entries_of_root_trees_and_paths", lambda *_: {"/seen": FILE})
    monkeypatch.setattr(tree, "read_entry_of_path", lambda path: {"type": path})
    assert snap.read_present_entries_of_root(None) == {"/seen": FILE, "/above": {"type": "/above"}}


def test_a_folder_that_differs_itself_gets_its_time_back(host: list[tuple[str, ...]]) -> None:
    make_plan({"/a": {**FOLDER, "names": []}}, {"/a": "attributes"}).put_back_files_of_root()
    assert host == [("put_path_into_state_of_entry", "/a"), ("time", "/a")]


def test_places_within_places_are_compared_first(
    host: list[tuple[str, ...]], place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    monkeypatch.setattr(
        restore_plan,
        "_compare_and_put_back_untrusted_place",
        lambda _snap, name: compared.append(name) or {"paths": {}, "problems": []},
    )
    plan = make_plan({}, {})
    plan.snap.scope.places = dict.fromkeys(("/srv", "/srv/a", "/srv/b"))
    plan.compare_and_put_back_untrusted_places()
    assert compared == ["/srv/b", "/srv/a", "/srv"]


def test_units_that_an_incident_keeps_from_running_are_not_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = restore_plan.incident.ContainmentState({"units": {"SC/1": "bad.service"}})
    monkeypatch.setattr(restore_plan.incident, "read_present_containment_state", lambda: state)
    touches = ["unit:bad.service", "unit:good.service"]
    kept = write_snapshot(tmp_path, touches=touches, contained={}, units={"bad.service": {}, "good.service": {}})
    snap = Snapshot(kept, "r")
    assert set(snap.units) == {"good.service"}
    assert snap.scope.units == ["good.service"]


def test_what_was_there_before_is_left_without_being_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snap = Snapshot(write_snapshot(tmp_path), "r")
    snap.manifest["entries"] = {str(tmp_path / "was"): FILE}
    asked: list[Any] = []
    monkeypatch.setattr(
        child_worker, "run_in_child_process_within_seconds", lambda work, _seconds: asked.append(work()) or []
    )
    reasons = [(str(tmp_path / "was"), "x"), ("package a", "y")]
    assert [one["reason"] for one in snap.list_paths_left_alone_with_reason(reasons)] == ["x", "y"]
    assert asked == [], "neither was the run's, so no child is started"
    snap.list_paths_left_alone_with_reason([(str(tmp_path / "came"), "x")])
    assert asked == [[str(tmp_path / "came")]]
