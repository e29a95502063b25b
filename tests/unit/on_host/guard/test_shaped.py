"""The guard where lesser users shape what it meets: it goes on, within bounds, and says what it leaves out."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard import actions, service  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.changes import database, packages  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.daemons import daemons, units  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.files import file_writer, identity, scope, store, tree, untrusted_places, walk  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import child_worker, commands, disk_reserve  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import (  # type: ignore[import-not-found]
    restore,
    restore_plan,
    rollback,
    sessions,
    snapshot,
    steps,
    timer,
    verify,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the guard is root's")

AMPLE = 10_000, 10_000_000, 1_000


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that only root can write on the way down, which /tmp is not."""
    path = Path(tempfile.mkdtemp(prefix="luytre-guard-shaped-", dir="/var/lib"))
    path.chmod(0o755)
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


def nest(folder: Path, depth: int) -> None:
    """Folders in folders, as a loop of mkdir and cd makes them."""
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)


def site(place: Path) -> tuple[Any, Path]:
    """A scope with one declared root, which www-data owns."""
    root = place / "site"
    root.mkdir()
    os.chown(root, 33, 33)
    found = scope.SnapshotScope([f"modes:{root}"], [str(root)])
    found.trees = set()
    return found, root


def read(found: Any) -> tuple[dict[str, Any], list[dict[str, Any]], list[bytes]]:
    notes, kept = walk.WalkNotes(), []
    return (
        untrusted_places.read_entries_of_all_places_before_run(found, lambda chunks: kept.extend(chunks), notes),
        notes.to_rows(),
        kept,
    )


# --- walking ----------------------------------------------------------------------------------------------


def test_nested_folders_are_noted_and_removed(place: Path) -> None:
    nest(place, 1_100)
    notes = walk.WalkNotes()
    found = dict(walk.iter_entries_at_and_below_path(str(place), lambda _: None, walk.WalkBudget(*AMPLE), notes))
    assert len(found) == walk.MAX_DEPTH
    assert notes.to_rows() == [{"path": str(place), "why": "deep", "count": 1}]
    with pytest.raises(store.GuardRefusal, match="nested more than"):
        list(
            walk.iter_entries_at_and_below_path(
                str(place), lambda _: None, walk.WalkBudget(*AMPLE), walk.RefusingNotes()
            )
        )
    assert file_writer.remove_path_recursively(str(place / "d")) is True
    assert list(place.iterdir()) == []


def test_entries_beyond_the_bound_are_counted(place: Path) -> None:
    for number in range(50):
        (place / f"{number:02}").touch()
    notes = walk.WalkNotes()
    assert (
        len(
            list(
                walk.iter_entries_at_and_below_path(
                    str(place), lambda _: None, walk.WalkBudget(20, 10_000_000, 99), notes
                )
            )
        )
        == 20
    )
    assert sum(note["count"] for note in notes.to_rows()) >= 30
    with pytest.raises(store.GuardRefusal, match="too many"):
        list(
            walk.iter_entries_at_and_below_path(
                str(place), lambda _: None, walk.WalkBudget(20, 10_000_000, 99), walk.RefusingNotes()
            )
        )


def test_words_beyond_the_bound_are_noted(place: Path) -> None:
    for number in range(9):
        os.setxattr(place, f"user.{number}", b"x" * 300)
    notes = walk.WalkNotes()
    assert (
        list(walk.iter_entries_at_and_below_path(str(place), lambda _: None, walk.WalkBudget(9, 2_000, 99), notes))
        == []
    )
    assert [note["why"] for note in notes.to_rows()] == ["large"]


def test_whatever_a_site_holds_is_kept_or_noted(place: Path) -> None:
    found, root = site(place)
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(root / "socket"))
    with (root / "wp-config.php").open("wb") as sparse:
        sparse.truncate(1 << 40)
    (root / "a\nb").write_text("x")
    (root / os.fsdecode(b"\xff\xfe")).write_text("x")
    (root / "sub").mkdir()
    (root / "sub" / "wp-config.php").write_text("secret")
    entries, notes, kept = read(found)
    assert {Path(path).name for path in entries} >= {"fifo", "socket", "a\nb", os.fsdecode(b"\xff\xfe")}
    assert kept == [b"secret"]
    assert "sha256" not in entries[str(root / "wp-config.php")]
    assert [(note["why"], note["path"]) for note in notes] == [("large", str(root))]


def test_what_lies_on_a_disk_of_its_own_below_a_document_root_is_kept_and_comes_back(place: Path) -> None:
    found, root = site(place)
    disk = root / "tai-len"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (disk / "anh.jpg").touch(mode=0o666)
        (disk / "anh.jpg").chmod(0o666)
        entries, notes, _ = read(found)
        assert entries[str(disk / "anh.jpg")]["mode"] == 0o666
        assert notes == []
        without = walk.iter_entries_at_and_below_path(
            str(root), lambda _: None, walk.WalkBudget(*AMPLE), walk.WalkNotes()
        )
        assert str(disk) not in dict(without)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_each_site_has_its_share_whatever_others_hold(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted_places, "MAX_ALL_ENTRIES", 40)
    roots = [place / "bad", place / "good"]
    for root in roots:
        root.mkdir()
    for number in range(100):
        (roots[0] / str(number)).touch()
    for number in range(15):
        (roots[1] / str(number)).touch()
    found = scope.SnapshotScope([f"modes:{root}" for root in roots], [str(root) for root in roots])
    found.trees = set()
    entries, notes, _ = read(found)
    assert len([path for path in entries if path.startswith(str(roots[1]))]) == 16
    assert {note["path"] for note in notes} == {str(roots[0])}


def test_what_is_added_later_pushes_nothing_out(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, root = site(place)
    (root / "wp-config.php").write_text("before")
    entries, _, _ = read(found)
    (root / "wp-config.php").write_text("after")
    for number in range(200):
        (root / f"a{number}").touch()
    monkeypatch.setattr(untrusted_places, "MAX_ENTRIES", 10)
    notes = walk.WalkNotes()
    now = untrusted_places.read_present_entries_of_all_places(found, entries, notes)
    assert notes.to_rows() == []
    assert restore_plan.compare_entries(entries, now, found) == {str(root / "wp-config.php"): "content"}


def test_a_place_that_cannot_be_read_counts_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, root = site(place)
    (root / "wp-config.php").write_text("before")
    entries, _, _ = read(found)
    (root / "wp-config.php").write_text("after")

    def blocked(*_: Any) -> Any:
        raise child_worker.WorkerFailure("blocked")

    monkeypatch.setattr(child_worker, "run_in_child_process_within_seconds", blocked)
    notes = walk.WalkNotes()
    assert (
        restore_plan.compare_entries(
            entries, untrusted_places.read_present_entries_of_all_places(found, entries, notes), found
        )
        == {}
    )
    assert [note["why"] for note in notes.to_rows()] == ["blocked"]


def test_a_folder_of_others_in_roots_tree_cannot_stop_the_snapshot(place: Path) -> None:
    root, own = place / "etc", place / "etc" / "app"
    own.mkdir(parents=True)
    (root / "own.conf").write_text("roots")
    os.chown(own, 33, 33)
    (own / "a.conf").write_text("a")
    nest(own, 200)
    with (root / "shaped.conf").open("wb") as sparse:
        sparse.truncate(1 << 40)
    os.chown(root / "shaped.conf", 33, 33)
    found = scope.SnapshotScope([], [])
    found.trees = {str(root)}
    with (own / "sparse.conf").open("wb") as sparse:
        sparse.truncate(1 << 40)
    assert snapshot.check_disk_room_for_snapshot(SimpleNamespace(home=str(place)), found) < snapshot.MARGIN + 10_000
    (own / "sparse.conf").unlink()
    notes, kept = walk.WalkNotes(), []

    def keep(chunks: Any, _status: Any = None) -> dict[str, Any]:
        kept.append(b"".join(chunks))
        return {"sha256": "x"}

    entries = snapshot.read_all_entries_in_scope_before_run(found, keep, notes)
    assert sorted(kept) == [b"a", b"roots"]
    assert {note["why"] for note in notes.to_rows()} == {"deep", "large"}
    assert found.get_kind_of_path(str(own / "a.conf")) == "tree"
    assert untrusted_places.split_by_place(found, entries)[None].keys() >= {str(root)}
    nest(root, 100)
    with pytest.raises(store.GuardRefusal, match="nested more than"):
        snapshot.read_all_entries_in_scope_before_run(found, keep, notes)


def test_places_are_told_apart_by_who_shapes_them(place: Path) -> None:
    (place / "a").mkdir()
    found = scope.SnapshotScope(
        ["/var/www/", "/home/", "/etc/ssh/", "/var/log/sudo.log"], [str(place / "a"), "/var/www/b"]
    )
    assert {name: list(one.trees) for name, one in found.places.items() if one.trees} == {
        "/var/www": ["/var/www"],
        "/var/www/b": ["/var/www/b"],
        "/home": ["/home"],
        str(place / "a"): [str(place / "a")],
    }
    again = scope.SnapshotScope.from_document(found.to_document())
    assert again.to_document() == found.to_document()


@pytest.fixture
def blocking(place: Path) -> Iterator[Path]:
    """A site on a file system that www-data serves, and which never answers."""
    root = place / "site" / "blocking"
    root.mkdir(parents=True)
    os.chown(root.parent, 33, 33)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        served = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("no file system can be served here")
    options = f"fd={served},rootmode=40000,user_id=33,group_id=33,allow_other".encode()
    if libc.mount(b"luytre", os.fsencode(root), b"fuse", 6, options):
        os.close(served)
        pytest.skip("no file system can be served here")
    yield root
    os.close(served)
    subprocess.run(["umount", str(root)], check=True)


@pytest.mark.parametrize("seen", [True, False])
def test_a_file_system_that_never_answers_holds_nothing_up(
    blocking: Path, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not seen:
        monkeypatch.setattr(tree, "list_served_mounts", set)
        monkeypatch.setattr(untrusted_places, "LATEST", 1)
    found = scope.SnapshotScope([f"modes:{blocking}"], [str(blocking)])
    found.trees = set()
    entries, notes, _ = read(found)
    assert entries == {}
    assert notes == [{"path": str(blocking), "why": "blocked", "count": 1}]


def test_what_was_left_on_a_file_system_that_never_answers_is_told_as_left(
    blocking: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore_plan, "LEFT_SECONDS", 0.5)
    monkeypatch.setattr(restore_plan.child_worker, "END_SECONDS", 0.1)
    snap = restore_plan.Snapshot.__new__(restore_plan.Snapshot)
    snap.manifest = {"entries": {}}
    told = [{"path": str(blocking / "came"), "reason": "changed since the run"}]
    assert snap.list_paths_left_alone_with_reason((one["path"], one["reason"]) for one in told) == told


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of its own, 30 MB."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "none", str(place)], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_ran_full_does_not_stop_the_way_back(small_disk: Path) -> None:
    file, room = small_disk / "a", small_disk / "room"
    content = os.urandom(3_000_000)
    file.write_bytes(content)
    entry = tree.read_entry_of_path(str(file), tree.compute_digest_entry_of_content)
    disk_reserve.reserve_disk_space_in_folder(str(room), len(content))
    file.unlink()
    with (small_disk / "filler").open("wb") as filler, pytest.raises(OSError, match="space"):
        while True:
            filler.write(bytes(1 << 20))
            filler.flush()
    snap = SimpleNamespace(entries={}, room=str(room))
    mending = restore_plan.RestorePlan(snap, {})
    mending.attempt_change_of_path_and_note_failure(
        str(file), lambda: file_writer.put_path_into_state_of_entry(str(file), entry, lambda: [content])
    )
    assert (mending.failed, mending.problems) == ({}, [])
    assert file.read_bytes() == content


# --- apart ------------------------------------------------------------------------------------------------


def test_work_that_never_ends_is_left(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def never() -> None:
        pid.write_text(str(os.getpid()))
        time.sleep(100_000)

    with pytest.raises(child_worker.WorkerFailure, match="blocked"):
        child_worker.run_in_child_process_within_seconds(never, 1)
    assert not Path(f"/proc/{pid.read_text()}").exists()


def test_work_that_wants_all_memory_is_left() -> None:
    with pytest.raises(child_worker.WorkerFailure, match="broken"):
        child_worker.run_in_child_process_within_seconds(lambda: len("x" * (2 * child_worker.MEMORY)), 60)


def test_work_apart_holds_no_lock_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = child_worker.run_in_child_process_within_seconds(
            lambda: [str(one.resolve()) for one in Path("/proc/self/fd").iterdir()], 60
        )
    assert str(tmp_path / "lock") not in held
    assert child_worker.run_in_child_process_within_seconds(lambda: {"a": ["\udcff", 1]}, 60) == {"a": ["\udcff", 1]}


def test_a_process_left_behind_with_its_output_open_holds_nobody_up() -> None:
    said = commands.run_program_and_return_output(["sh", "-c", "sleep 100000 & echo $!"])
    os.kill(int(said), 9)
    with pytest.raises(commands.CommandFailure, match="longer than"):
        commands.run_program_and_return_output(["sh", "-c", "sleep 100000 & wait"], 1)
    assert commands.run_program_and_return_output(["cat"], input_bytes=b"x" * 3_000_000) == b"x" * 3_000_000


def test_the_memory_of_others_processes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read_of: list[int] = []
    monkeypatch.setattr(sessions, "_read_proc_file_of_process", lambda pid, _: read_of.append(pid) or b"")
    with subprocess.Popen(["sleep", "1000"], user=65534) as theirs, subprocess.Popen(["sleep", "1000"]) as ours:
        found = {one["pid"]: one for one in sessions._read_all_processes(True)}
        theirs.kill()
        ours.kill()
    assert found[theirs.pid]["uid"] == 65534
    assert ours.pid in read_of and theirs.pid not in read_of


# --- identity ---------------------------------------------------------------------------------------------


@pytest.fixture
def ext4(place: Path) -> Iterator[Path]:
    """A file system that gives a free inode to the next file."""
    image, mounted = place / "image", place / "mounted"
    mounted.mkdir()
    with image.open("wb") as handle:
        handle.truncate(16 << 20)
    made = subprocess.run(["mkfs.ext4", "-q", "-I", "256", str(image)], capture_output=True, check=False)
    if made.returncode or subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def test_another_file_in_the_same_inode_is_not_the_same(ext4: Path) -> None:
    file = ext4 / "dump"
    file.write_text("theirs")
    os.chown(file, 65534, 65534)
    entry = tree.read_entry_of_path(str(file))
    for _ in range(100):
        file.unlink()
        file.write_text("root's new one")
        if tree.read_entry_of_path(str(file))["id"][1] == entry["id"][1]:
            break
    else:
        pytest.skip("no inode was given again")
    file.chmod(0o600)
    with pytest.raises(tree.UnsafeTarget, match="another one"):
        file_writer.put_attributes_if_still_same_file(str(file), entry)
    assert (file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)


def test_on_an_overlay_a_file_whose_mode_was_changed_is_still_the_same(place: Path) -> None:
    layers = place / "layers"
    layers.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(layers)], check=True)
    try:
        for name in ("lower/folder", "upper", "work", "whole"):
            (layers / name).mkdir(parents=True)
        (layers / "lower/file").write_text("x")
        options = ",".join(f"{name}dir={layers / name}" for name in ("lower", "upper", "work"))
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(layers / "whole")], check=True)
        try:
            file, folder = layers / "whole/file", layers / "whole/folder"
            then = {path: tree.read_entry_of_path(str(path)) for path in (file, folder)}
            for path, entry in then.items():
                path.chmod(0o700)
                file_writer.put_attributes_if_still_same_file(str(path), entry)
                assert stat.S_IMODE(path.stat().st_mode) == entry["mode"]
            file.unlink()
            file.write_text("another")
            with pytest.raises(tree.UnsafeTarget, match="another one"):
                file_writer.put_attributes_if_still_same_file(str(file), then[file])
        finally:
            subprocess.run(["umount", str(layers / "whole")], check=True)
    finally:
        subprocess.run(["umount", str(layers)], check=True)


def test_where_no_birth_is_known_what_may_be_another_file_is_left_alone() -> None:
    then, changed = [0, 7, 100, None], [0, 7, 200, None]
    assert identity.is_same_file(then, then) and not identity.is_same_file(then, changed)
    assert identity.is_same_file(then, changed, alone=True)
    assert identity.is_same_file([0, 7, 1, 5], [0, 7, 2, 5]) and not identity.is_same_file([0, 7, 1, 5], [0, 7, 1, 6])
    assert identity.is_same_file([0, 7, 1], [0, 7, 1, 5])


def test_on_an_overlay_a_log_that_grew_is_the_same_one_where_root_alone_can_replace_it() -> None:
    then, grown, chmodded = [0, 7, 100, None, 100], [0, 7, 200, None, 200], [0, 7, 200, None, 100]
    assert identity.is_same_file(then, chmodded)
    assert not identity.is_same_file(then, grown) and identity.is_same_file(then, grown, alone=True)


# --- room, tries ------------------------------------------------------------------------------------------


def test_room_is_given_up_piece_by_piece_and_only_when_needed(tmp_path: Path) -> None:
    room, tries = tmp_path / "room", []
    disk_reserve.reserve_disk_space_in_folder(str(room), 0)

    def work_on_a_full_disk() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(errno.ENOSPC, "full")
        return "done"

    assert disk_reserve.run_and_free_reserve_when_disk_is_full(str(room), lambda: "at once") == "at once"
    assert len(list(room.iterdir())) == disk_reserve.LEAST
    assert disk_reserve.run_and_free_reserve_when_disk_is_full(str(room), work_on_a_full_disk) == "done"
    assert len(list(room.iterdir())) == disk_reserve.LEAST - 2
    tries.clear()
    with pytest.raises(OSError, match="full"):
        disk_reserve.run_and_free_reserve_when_disk_is_full(str(tmp_path / "none"), work_on_a_full_disk)


@pytest.fixture
def open_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run that is armed, with what its way back comes to, try by try."""
    kept = store.RunStore(str(tmp_path / "guard"))
    kept.make_store_folder_of_root()
    Path(kept.get_folder_of_run("r")).mkdir()
    store.write_json(kept.mark, {"run": "r", "digest": "", "uid": 0, "account": "root"})
    monkeypatch.setattr(service, "PAUSES", (0,) * len(service.PAUSES))
    monkeypatch.setattr(service.restore_plan, "Snapshot", lambda *_: None)
    monkeypatch.setattr(timer, "remove_timer_and_boot_units_of_run", lambda *_: None)
    monkeypatch.setattr(service.sessions, "kill_steps_of_run_and_account_sessions", lambda *_: 1)
    return kept


class Scripted:
    """A way back that fails as it is told to."""

    failing: list[bool]
    seen: list[Any]

    def __init__(self, _snap: Any, earlier: dict[str, Any], record: Any) -> None:
        self.seen.append(earlier.get("pending"))
        self.record = record

    def revert_host_completely(self) -> dict[str, Any]:
        held = self.failing.pop(0)
        done = {"database": True, "problems": [], "count": 1}
        self.record(done)
        return {**done, "pending": {"/etc/a": "Read-only file system"} if held else {}, "held": held}


def test_a_way_back_that_fails_is_tried_again_and_told(open_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Scripted.failing, Scripted.seen = [True, True, False], []
    monkeypatch.setattr(service.restore, "HostRevert", Scripted)
    assert service._revert_run_by_timer_or_on_request(open_run, "r") == service.EXIT_AGAIN
    state = open_run.read_state_of_run("r")
    assert (state["state"], state["not_back"]) == ("reverting", {"/etc/a": "Read-only file system"})
    assert open_run.read_mark_of_open_run() is not None
    assert [service._revert_run_by_timer_or_on_request(open_run, "r") for _ in range(3)] == [
        service.EXIT_AGAIN,
        service.EXIT_DONE,
        service.EXIT_DONE,
    ]
    assert (open_run.read_mark_of_open_run(), open_run.read_state_of_run("r")["state"]) == (None, "reverted")
    assert Scripted.seen == [None, {"/etc/a": "Read-only file system"}, {"/etc/a": "Read-only file system"}]
    assert open_run.read_state_of_run("r")["processes_ended"] == 1, "whoever works on the host since is left alone"


def test_after_eight_tries_it_waits_for_the_next_boot(open_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Scripted.failing, Scripted.seen = [True] * 8 + [False], []
    monkeypatch.setattr(service.restore, "HostRevert", Scripted)
    said = [service._revert_run_by_timer_or_on_request(open_run, "r") for _ in range(8)]
    assert said == [service.EXIT_AGAIN] * 7 + [service.EXIT_SPENT]
    assert open_run.read_mark_of_open_run() is not None
    monkeypatch.setattr(timer, "read_boot_id", lambda: "another")
    assert service._finish_revert_of_run_after_boot(open_run, "r") == service.EXIT_DONE
    assert open_run.read_state_of_run("r")["cause"] == "boot"


@pytest.mark.parametrize(("step", "tries"), [("packages", 8), ("database", 4)])
def test_a_host_that_is_back_but_for_something_waits_longest_for_room_on_its_disk(
    open_run: Any, monkeypatch: pytest.MonkeyPatch, step: str, tries: int
) -> None:
    said = {"pending": {step: "not yet"}, "held": False, "problems": [], "count": 1}
    monkeypatch.setattr(service.restore, "HostRevert", lambda *_: SimpleNamespace(revert_host_completely=lambda: said))
    ended = [service._revert_run_by_timer_or_on_request(open_run, "r") for _ in range(tries)]
    assert ended == [service.EXIT_AGAIN] * (tries - 1) + [service.EXIT_DONE]
    assert open_run.read_state_of_run("r")["problems"] == [f"{step}: not yet"]


def test_a_way_back_that_dies_is_tried_again(open_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> Any:
        raise MemoryError("none left")

    monkeypatch.setattr(service.restore, "HostRevert", dies)
    assert service._revert_run_by_timer_or_on_request(open_run, "r") == service.EXIT_AGAIN
    assert "none left" in open_run.read_state_of_run("r")["not_back"]["the way back"]


def test_a_way_back_that_is_killed_begins_anew_at_once_and_loses_no_try(
    open_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def killed(*_: Any) -> Any:
        raise SystemExit

    monkeypatch.setattr(service, "PAUSES", (0, 1, 2, 5, 10, 20, 40, 60))
    monkeypatch.setattr(service, "time", SimpleNamespace(sleep=pauses.append, time=time.time))
    monkeypatch.setattr(service.restore, "HostRevert", killed)
    for _ in range(9):
        with pytest.raises(SystemExit):
            service._revert_run_by_timer_or_on_request(open_run, "r")
    Scripted.failing, Scripted.seen = [True, False], []
    monkeypatch.setattr(service.restore, "HostRevert", Scripted)
    assert [service._revert_run_by_timer_or_on_request(open_run, "r") for _ in range(2)] == [
        service.EXIT_AGAIN,
        service.EXIT_DONE,
    ]
    assert pauses == [0] * 10 + [1]


def test_a_step_that_cannot_be_ended_is_told_with_the_way_back(open_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Scripted.failing, Scripted.seen = [False], []
    monkeypatch.setattr(service.restore, "HostRevert", Scripted)
    monkeypatch.setattr(service, "GONE_SECONDS", 0)
    with Path(open_run.get_path_of_run_file("r", steps.LOCK)).open("w") as step:
        fcntl.flock(step, fcntl.LOCK_SH)
        assert service._revert_run_by_timer_or_on_request(open_run, "r") == service.EXIT_DONE
    assert open_run.read_state_of_run("r")["problems"] == [service.STILL]


class Differing(restore.HostRevert):  # type: ignore[misc]
    """A way back at its last step."""

    def __init__(self, failed: dict[str, str], problems: list[str]) -> None:
        self.done = {"packages": {}, "problems": []}
        self._snap, self._again, self._pending, self._needed = None, {}, {}, {}
        self._work = SimpleNamespace(failed=failed, problems=problems)


def test_what_differs_in_the_end_is_told_by_name_and_tried_again_unless_it_is_known_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    differ = {"/etc/a": "content", "/etc/b": "new", "/etc/c": "missing"}
    live = {"units": {"a.service": "does not run"}}
    monkeypatch.setattr(verify, "find_differences_but_of_staying_packages", lambda *_: differ)
    monkeypatch.setattr(verify, "find_live_differences", lambda *_: live)
    back = Differing({"/etc/a": "Read-only file system"}, ["/etc/b: it holds what somebody else put there"])
    back._verify_that_nothing_differs({})
    assert back.done["differs"] == {
        "/etc/a": "Read-only file system",
        "/etc/b": "still differs (new)",
        "/etc/c": "still differs (missing)",
        "a.service": "does not run",
    }
    assert back._pending == {"/etc/c": "still differs (missing)", "units": "a.service does not run"}


def test_a_rollback_that_was_cut_off_goes_on_as_it_was_decided(open_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(open_run.mark).unlink()
    store.write_json(
        open_run.get_path_of_run_file("r", "rollback.json"), {"digest": "", "after": "", "only": None, "number": 7}
    )
    installed: list[Any] = []
    decided: list[Any] = []

    def roll_back(_snap: Any, _left: Any, _only: Any, _check: bool, decide: Any) -> dict[str, Any]:
        decided.append(decide({"paths": {"/etc/a": len(decided)}, "packages": {"installed": [], "removed": []}}))
        if len(decided) == 1:
            raise SystemExit
        return {"count": 1}

    monkeypatch.setattr(service.rollback, "load_snapshot_and_after_state_of_run", lambda *_: (None, {}))
    monkeypatch.setattr(service.rollback, "roll_back", roll_back)
    monkeypatch.setattr(timer, "install_units_that_revert_run_at_boot", lambda *given: installed.append(given[2]))
    with pytest.raises(SystemExit):
        service._carry_out_or_resume_rollback_of_run(open_run, "r")
    with pytest.raises(store.GuardRefusal, match="rollback of the run r is still in progress"):
        actions.take_snapshot_and_start_revert_timer("another", 60, [], [], run_store=open_run)
    assert service._carry_out_or_resume_rollback_of_run(open_run, "r") == service.EXIT_DONE
    assert decided == [{"paths": {"/etc/a": 0}, "packages": {"installed": [], "removed": []}}] * 2
    assert installed == [(timer.RESUME,)], "once"
    assert (open_run.read_state_of_run("r")["state"], Path(open_run.rolling).exists()) == ("rolled_back", False)


def test_a_unit_that_ran_before_and_was_started_since_is_not_taken_for_the_runs() -> None:
    """As after a first rollback of the run, when it is asked for once more."""
    unit = {"LoadState": "loaded", "SubState": "running", "UnitFileState": "enabled", "FragmentPath": "", "Type": ""}
    now = {"rpcbind.service": {**unit, "Id": "rpcbind.service", "ActiveState": "active"}}
    touched = rollback._filter_units_named_by_fix_and_untouched(["rpcbind.service", "new.service"], now, [])
    assert touched == ["new.service"]
    assert units.find_units_to_start_and_to_stop({}, now, now, touched) == ([], [])


# --- old formats, tests of daemons ------------------------------------------------------------------------


def test_a_snapshot_of_a_format_that_is_not_known_is_refused(tmp_path: Path) -> None:
    kept = store.RunStore(str(tmp_path / "guard"))
    kept.make_store_folder_of_root()
    Path(kept.get_folder_of_run("r")).mkdir()
    store.write_json(kept.get_path_of_run_file("r", "manifest.json"), {"version": 99, "entries": {}})
    with pytest.raises(store.GuardRefusal, match="format 99"):
        restore_plan.Snapshot(kept, "r")


@pytest.mark.parametrize(("uid", "tested"), [(0, True), (33, False)])
def test_a_configuration_that_others_can_change_is_not_tested(
    uid: int, tested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = {"Id": "nginx.service", "LoadState": "loaded", "ActiveState": "active", "SubState": "running"}
    before = {
        "nginx.service": {**unit, "UnitFileState": "enabled", "InvocationID": "1", "FragmentPath": "", "Type": ""}
    }
    ran: list[Any] = []
    told: list[str] = []
    monkeypatch.setattr(units, "SystemdUnitsQuery", lambda _: type("A", (), {"answer": lambda _: before})())
    monkeypatch.setattr(commands, "run_program_and_return_output", lambda argv, *_: ran.append(argv))
    monkeypatch.setattr(commands, "run_program_and_return_error_or_none", lambda argv, *_: ran.append(argv))
    monkeypatch.setattr(daemons, "find_units_that_did_not_reload_since", lambda *_: [])
    entries = {"/etc/nginx/x.conf": {"type": "file", "uid": uid, "mode": 0o644}}
    asked = units.UnitsToRestore(before, before, []), {"/etc/nginx/x.conf": "content"}
    assert units.restore_units_and_reload_daemons(*asked, [], told.append, entries) == ["reload nginx.service"]
    assert (["nginx", "-t", "-q"] in ran) == tested
    assert bool(told) == (not tested)


@pytest.mark.parametrize(
    ("path", "believed"),
    [
        ("/etc/ssh/keys/hanh", True),
        ("/etc/ssh/sshd_config.d/9.conf", False),
        ("/etc/ssh/sshd_config", False),
        ("/etc/ssh/ssh_host_rsa_key", False),
    ],
)
def test_peoples_keys_in_sshds_folder_keep_nobody_from_testing_its_settings(path: str, believed: bool) -> None:
    entries = {path: {"type": "file", "uid": 1001, "mode": 0o644}}
    assert (units.find_daemon_config_changeable_by_others("ssh.service", entries) is None) is believed


def test_where_packages_put_things_is_told_without_the_folders_of_others(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nest(place, 50)
    (place / "spool").mkdir()
    (place / "spool").chmod(0o1777)
    nest(place / "spool", 3)
    monkeypatch.setattr(packages, "SKELETON", (str(place),))
    found = packages.read_package_folder_skeleton()
    assert str(place / "spool") in found and str(place / "spool" / "d") not in found
    assert len(found) == 52


@pytest.mark.parametrize(("mode", "first"), [(0o644, "--protocol=socket"), (0o666, "--no-defaults")])
def test_mariadb_is_asked_without_a_configuration_that_others_can_change(
    place: Path, mode: int, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "x.cnf").touch()
    (place / "x.cnf").chmod(mode)
    monkeypatch.setattr(database, "CONFIGURATION", (str(place),))
    assert database._build_mariadb_command_line("mariadb", database.LOGINS[0], [])[1] == first
