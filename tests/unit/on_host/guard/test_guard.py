"""The host's side of the way back, as far as it needs no host of its own."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import io
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard import actions, service  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.changes import change_attribution, database, packages, recorder  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.daemons import daemons, failure_logs, units  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.files import file_writer, incident, scope, store, tree, walk  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.os import accounts, runtime_state  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import (  # type: ignore[import-not-found]
    restore,
    restore_plan,
    rollback,
    rollback_selection,
    sessions,
    snapshot,
    steps,
    timer,
)
from ansible.module_utils.luytre_shared.files import names
from ansible.module_utils.luytre_shared.incidents import web_block_config

from tests.lab.waiting import until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that only root can write on the way down, which /tmp is not."""
    path = Path("/var/lib/luytre-guard-test")
    subprocess.run(["rm", "-rf", str(path)], check=True)
    path.mkdir(mode=0o755)
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


def kept(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = tree.read_entry_of_path(str(path), tree.compute_digest_entry_of_content)
    return entry


def content(data: bytes) -> Callable[[], list[bytes]]:
    return lambda: [data]


# --- files ---------------------------------------------------------------------------------------------


@needs_root
def test_a_file_comes_back_in_bytes_mode_owner_time_and_attributes(place: Path) -> None:
    file = place / "a"
    file.write_bytes(b"before")
    os.setxattr(file, "user.note", b"n")
    os.chown(file, 12, 34)
    file.chmod(0o4640)
    os.utime(file, ns=(1, 1_000_000_007))
    entry = kept(file)
    file.write_bytes(b"after")
    os.setxattr(file, "user.other", b"o")
    os.removexattr(file, "user.note")
    file.chmod(0o777)
    file_writer.put_path_into_state_of_entry(str(file), entry, content(b"before"))
    assert file.read_bytes() == b"before"
    assert tree.find_fields_differing_between_entries(entry, kept(file)) == []
    assert [one.name for one in place.iterdir()] == ["a"]


@needs_root
@pytest.mark.parametrize("instead", ["folder", "link", "fifo", "nothing"])
def test_whatever_took_a_files_place_makes_way(place: Path, instead: str) -> None:
    file, victim = place / "a", place / "victim"
    victim.write_text("untouched")
    file.write_bytes(b"before")
    entry = kept(file)
    file.unlink()
    if instead == "folder":
        (file / "deep").mkdir(parents=True)
    elif instead == "link":
        file.symlink_to(victim)
    elif instead == "fifo":
        os.mkfifo(file)
    file_writer.put_path_into_state_of_entry(str(file), entry, content(b"before"))
    assert tree.find_fields_differing_between_entries(entry, kept(file)) == []
    assert victim.read_text() == "untouched"


@needs_root
def test_a_hard_link_is_not_written_through(place: Path) -> None:
    file, victim = place / "a", place / "victim"
    victim.write_bytes(b"victim")
    victim.chmod(0o600)
    file.write_bytes(b"before")
    entry = kept(file)
    file.unlink()
    file.hardlink_to(victim)
    file_writer.put_path_into_state_of_entry(str(file), entry, content(b"before"))
    assert (victim.read_bytes(), stat.S_IMODE(victim.stat().st_mode)) == (b"victim", 0o600)
    assert file.read_bytes() == b"before"


@needs_root
@pytest.mark.parametrize("work", ["put", "remove", "attributes"])
def test_no_folder_on_the_way_is_a_link(place: Path, work: str) -> None:
    (place / "real").mkdir()
    (place / "real" / "a").write_bytes(b"before")
    entry = kept(place / "real" / "a")
    (place / "real").rename(place / "moved")
    (place / "real").symlink_to(place / "moved")
    path = str(place / "real" / "a")
    with pytest.raises(tree.UnsafeTarget):
        {
            "put": lambda: file_writer.put_path_into_state_of_entry(path, entry, content(b"x")),
            "remove": lambda: file_writer.remove_path_recursively(path),
            "attributes": lambda: file_writer.put_attributes_if_still_same_file(path, {**entry, "mode": 0o777}),
        }[work]()
    assert (place / "moved" / "a").read_bytes() == b"before"


@needs_root
def test_what_others_may_write_never_becomes_roots(place: Path) -> None:
    place.chmod(0o777)
    file = place / "a"
    file.write_bytes(b"x")
    file.chmod(0o4755)
    entry = tree.read_entry_of_path(str(file))
    os.chown(file, 33, 33)
    file.chmod(0o755)
    with pytest.raises(tree.UnsafeTarget, match="not root's"):
        file_writer.put_attributes_if_still_same_file(str(file), entry)
    os.chown(file, 0, 0)
    with pytest.raises(tree.UnsafeTarget, match="set-id"):
        file_writer.put_attributes_if_still_same_file(str(file), entry)
    assert not file.stat().st_mode & stat.S_ISUID


@needs_root
def test_attributes_go_only_to_the_very_same_file(place: Path) -> None:
    file = place / "a"
    file.write_bytes(b"x")
    entry = tree.read_entry_of_path(str(file))
    (place / "keep").hardlink_to(file)
    file.unlink()
    file.write_bytes(b"other")
    with pytest.raises(tree.UnsafeTarget, match="another one"):
        file_writer.put_attributes_if_still_same_file(str(file), {**entry, "mode": 0o777})


@needs_root
def test_links_on_the_way_count_only_when_they_are_roots(place: Path) -> None:
    (place / "real").mkdir()
    (place / "to").symlink_to("real")
    assert tree.resolve_path_through_links_of_root(str(place / "to" / "a")) == (str(place / "real" / "a"), False)
    place.chmod(0o777)
    path = str(place / "to" / "a")
    assert tree.resolve_path_through_links_of_root(path) == (path, True)
    with pytest.raises(tree.UnsafeTarget):
        tree.read_entry_of_path(path)


@needs_root
def test_a_folders_time_comes_back_only_with_the_same_names(place: Path) -> None:
    folder = place / "f"
    folder.mkdir()
    (folder / "a").touch()
    os.utime(folder, ns=(1, 77))
    entry = tree.read_entry_of_path(str(folder))
    (folder / "b").touch()
    assert file_writer.put_mtime_of_folder_with_same_names(str(folder), entry) is False
    (folder / "b").unlink()
    assert file_writer.put_mtime_of_folder_with_same_names(str(folder), entry) is True
    assert folder.stat().st_mtime_ns == 77


# --- snapshot and its comparison -----------------------------------------------------------------------


def test_what_a_fix_can_touch() -> None:
    wanted = scope.SnapshotScope(["/etc/ssh/", "/root/.my.cnf", "/var/www/", "unit:a.service", "sysctl:net.*.x"], [])
    assert [wanted.get_kind_of_path(path) for path in ("/etc/ssh/x", "/root/.my.cnf", "/var/www/a/b", "/usr/x")] == [
        *("tree", "path", "data", "path")
    ]
    assert (wanted.units, wanted.sysctls) == (["a.service"], ["net.*.x"])


@pytest.mark.parametrize("touch", ["etc/ssh", "nonsense:x", "unit:", "/etc/../root/x", "//etc"])
def test_what_no_fix_can_touch(touch: str) -> None:
    with pytest.raises(store.GuardRefusal):
        scope.SnapshotScope([touch], [])


def test_the_way_back_names_what_differs() -> None:
    wanted = SimpleNamespace(
        get_trees_with_their_kind=dict, get_kind_of_path=lambda _: "tree", is_new_path_to_be_removed=lambda _: True
    )
    file = {"type": "file", "mode": 0o644, "uid": 0, "gid": 0, "mtime": 1, "sha256": "a"}
    before = {"/etc/a": file, "/etc/b": file, "/etc/c": file, "/etc/d": file, "/etc/e": tree.ABSENT}
    now = {
        "/etc/a": {**file, "sha256": "b"},
        "/etc/b": {**file, "mode": 0o600},
        "/etc/d": file,
        "/etc/e": file,
        "/etc/f": file,
    }
    assert restore_plan.compare_entries(before, now, wanted) == {
        **{"/etc/a": "content", "/etc/b": "attributes", "/etc/c": "missing"},
        **{"/etc/e": "new", "/etc/f": "new"},
    }


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    blob = snapshot.ContentBlob(str(tmp_path / "content"))
    first, again, other = (blob.append_content_once([data]) for data in (b"same", b"same", b"other"))
    blob.flush_to_disk_and_close()
    assert first == again
    assert (tmp_path / "content").read_bytes() == b"sameother"
    start, length = blob.places[other["sha256"]]
    assert (start, length) == (4, 5)


# --- live settings -------------------------------------------------------------------------------------

OURS = "table inet luytre {\n\tset a {\n\t\ttype ipv4_addr\n\t}\n}\n"


def test_of_the_packet_filter_our_table_alone_is_put_back() -> None:
    before = {"nft": True, "tables": {"ip filter": "as it was", runtime_state.OWN_TABLE: OURS}}
    assert (
        runtime_state.make_nft_script_to_reach_target_table(
            before, {"tables": {"ip filter": "others' since", runtime_state.OWN_TABLE: OURS}}
        )
        == ""
    )
    anew = "table inet luytre\ndelete table inet luytre\n" + OURS
    assert (
        runtime_state.make_nft_script_to_reach_target_table(before, {"tables": {"ip filter": "others' since"}}) == anew
    )
    gone = runtime_state.make_nft_script_to_reach_target_table(
        {"nft": False, "tables": {}}, {"tables": {runtime_state.OWN_TABLE: OURS, "ip nat": "others'"}}
    )
    assert gone == "table inet luytre\ndelete table inet luytre\n"


@pytest.mark.parametrize("pattern", ["../../etc/passwd", "net;x", "", "net ipv4"])
def test_what_is_no_kernel_setting(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a kernel setting"):
        runtime_state.read_sysctls([pattern])


def unit(
    name: str, active: str = "active", file: str = "enabled", run: str = "1", kind: str = "simple"
) -> dict[str, str]:
    return {
        "Id": name,
        "LoadState": "loaded",
        "ActiveState": active,
        "SubState": "running",
        "UnitFileState": file,
        "InvocationID": run,
        "FragmentPath": "/lib/systemd/system/" + name,
        "Type": kind,
    }


def test_units_run_or_not_as_before() -> None:
    before = {
        "a.service": unit("a.service"),
        "b.service": unit("b.service", "inactive", "disabled"),
        "c.service": unit("c.service", "inactive", "static"),
        "o.service": unit("o.service", kind="oneshot"),
    }
    now = {
        "a.service": unit("a.service", "failed"),
        "b.service": unit("b.service"),
        "c.service": unit("c.service", file="static"),
        "o.service": unit("o.service", "inactive", kind="oneshot"),
    }
    assert units.find_units_to_start_and_to_stop(before, now, now, ["n.service"]) == (["a.service"], ["b.service"])


@pytest.mark.parametrize(
    ("comes_up", "problems"), [(True, []), (False, ["a.service ran before, and does not run now"])]
)
def test_what_ended_while_the_rest_was_brought_back_is_started_or_told(
    monkeypatch: pytest.MonkeyPatch, comes_up: bool, problems: list[str]
) -> None:
    state = {"a.service": unit("a.service", "failed"), "others.service": unit("others.service", "failed")}
    before = {name: unit(name) for name in state}

    class Asked:
        def __init__(self, _named: list[str]) -> None: ...

        def answer(self) -> dict[str, dict[str, str]]:
            return state

    def systemctl(arguments: list[str], _problems: list[str]) -> bool:
        if arguments == ["start", "a.service"] and comes_up:
            state["a.service"] = unit("a.service")
        return True

    monkeypatch.setattr(units, "SystemdUnitsQuery", Asked)
    monkeypatch.setattr(units, "_run_systemctl_and_note_error", systemctl)
    told: list[str] = []
    assert units.start_units_that_ended_meanwhile(units.UnitsToRestore(before, before, [], ["a.service"]), told) == [
        "start a.service"
    ]
    assert told == problems


def test_a_unit_that_goes_on_though_its_file_is_gone_is_stopped() -> None:
    """As after a reboot: a oneshot that stays active lives on in systemd when its file is taken away."""
    unit = {"Id": "n.service", "SubState": "exited", "UnitFileState": "", "FragmentPath": "", "Type": "oneshot"}
    was = {"n.service": {**unit, "LoadState": "not-found", "ActiveState": "inactive"}}
    now = {"n.service": {**unit, "LoadState": "not-found", "ActiveState": "active"}}
    assert units.find_units_to_start_and_to_stop(was, now, now, ["n.service"]) == ([], ["n.service"])
    assert units.find_units_to_start_and_to_stop({}, now, now, ["n.service"]) == ([], ["n.service"])


def test_a_unit_whose_package_went_and_that_could_not_end_well_is_forgotten() -> None:
    gone = {"LoadState": "not-found", "ActiveState": "failed"}
    now = {
        "gone.service": unit("x") | gone,
        "theirs.service": unit("x") | gone,
        "there.service": unit("x") | {"ActiveState": "failed"},
        "ended.service": unit("x") | gone | {"ActiveState": "inactive"},
    }
    assert units.find_failed_units_of_removed_packages(
        now, ["gone.service", "there.service", "ended.service", "x.service"]
    ) == ["gone.service"]


def test_a_daemon_is_restarted_only_when_the_run_restarted_it() -> None:
    before = {"mariadb.service": unit("mariadb.service"), "nginx.service": unit("nginx.service")}
    paths = {"/etc/mysql/x.cnf": "new", "/etc/nginx/nginx.conf": "content"}
    assert [one[:2] for one in units.find_reloads_needed_by_changed_paths(before, before, paths)] == [
        ("nginx.service", "reload")
    ]
    found = {**before, "mariadb.service": unit("mariadb.service", run="2")}
    assert ("mariadb.service", "restart") in [
        one[:2] for one in units.find_reloads_needed_by_changed_paths(before, found, paths)
    ]


def test_sshd_that_a_socket_started_is_restarted_since_it_ends_when_it_reads_its_files_anew() -> None:
    paths = {"/etc/ssh/sshd_config.d/00-luytre.conf": "new"}
    for socket, verb in (("active", "restart"), ("inactive", "reload")):
        now = {"ssh.service": unit("ssh.service"), "ssh.socket": unit("ssh.socket", socket)}
        assert units.find_reloads_needed_by_changed_paths(now, now, paths) == [("ssh.service", verb)]


NOTHING = SimpleNamespace(changed={})
"""That an incident contains."""


def test_a_folder_of_the_run_stays_around_a_file_in_it_that_somebody_changed() -> None:
    def entry(kind: str, mode: int = 0o644) -> dict[str, Any]:
        return {"type": kind, "mode": mode, "uid": 0, "gid": 0}

    then = {"/etc/luytre": entry("folder"), "/etc/luytre/a": entry("file"), "/etc/luytre/b": entry("file")}
    left = {"entries": then, "paths": dict.fromkeys(then, "new")}
    now = {**then, "/etc/luytre/b": entry("file", 0o600)}
    paths, skipped = rollback_selection.select_paths_of_run_to_roll_back(
        SimpleNamespace(entries={}, around=NOTHING), left, None, now
    )
    assert paths == {"/etc/luytre/a": "new"}
    assert {path for path, _ in skipped} == {"/etc/luytre", "/etc/luytre/b"}


def test_what_an_incident_has_a_site_say_is_no_change_since_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_block_config, "FOLDERS", (f"{tmp_path}/",))
    site = tmp_path / "site"

    def at(text: str) -> dict[str, Any]:
        site.write_text(text)
        return dict(
            tree.read_entry_of_path(
                str(site), lambda _chunks, _status: {"sha256": hashlib.sha256(text.encode()).hexdigest()}
            )
        )

    plain = "server {\n    listen 80;\n}\n"
    marked = web_block_config.include_site_file_in_nginx_config(plain, 8, "a.test")
    for then, now, stays in ((plain, marked, False), (marked, plain, False), (marked, marked + "# x\n", True)):
        left = {
            "entries": {str(site): rollback._add_digest_without_site_blocks(str(site), at(then))},
            "paths": {str(site): "content"},
        }
        before = {**left["entries"][str(site)], "sha256": "0" * 64}
        paths, skipped = rollback_selection.select_paths_of_run_to_roll_back(
            SimpleNamespace(entries={str(site): before}, around=NOTHING), left, None, {str(site): at(now)}
        )
        assert [path for path, _ in skipped] == [str(site)] * stays
        assert list(paths) == [str(site)] * (not stays)


def test_what_went_with_its_package_is_not_told_as_left(tmp_path: Path) -> None:
    here, gone, theirs = (str(tmp_path / name) for name in ("here", "gone.sqlite3", "theirs"))
    Path(here).touch()
    known = {theirs: {"type": "file"}, gone: dict(tree.ABSENT)}
    reasons = dict.fromkeys((here, gone, theirs, f"package {gone}"), "changed since the run")
    snap = restore_plan.Snapshot.__new__(restore_plan.Snapshot)
    snap.manifest = {"entries": known}
    assert [one["path"] for one in snap.list_paths_left_alone_with_reason(reasons.items())] == [
        here,
        theirs,
        f"package {gone}",
    ]


def test_what_fail2ban_keeps_is_its_own_and_goes_where_it_was_not_there() -> None:
    found = scope.SnapshotScope(["/var/lib/fail2ban/"], [])
    folder, kept = "/var/lib/fail2ban", "/var/lib/fail2ban/fail2ban.sqlite3"
    entry = {"mode": 0o600, "uid": 0, "gid": 0, "mtime": 1, "size": 1, "xattrs": {}, "id": [1, 2, 3]}
    there = {folder: {**entry, "type": "folder"}, kept: {**entry, "type": "file"}}
    written = {**there, kept: {**there[kept], "mtime": 2, "size": 2}}
    assert restore_plan.compare_entries(there, written, found) == {}
    assert restore_plan.compare_entries(there, {**there, kept: {**there[kept], "mode": 0o644}}, found) == {
        kept: "attributes"
    }
    assert set(restore_plan.compare_entries({folder: dict(tree.ABSENT)}, there, found)) == {folder, kept}


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/sbin/sshd").exists(), reason="runs sshd")
def test_an_sshd_with_a_file_of_its_own_reads_it_anew_unless_others_could_have_written_it(tmp_path: Path) -> None:
    config, key, said = tmp_path / "sftp", tmp_path / "key", tmp_path / "said"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    config.write_text(f"Port {20_022 + os.getpid() % 20_000}\nListenAddress 127.0.0.1\nHostKey {key}\nPidFile none\n")
    command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(config)]
    with said.open("w") as log, subprocess.Popen(command, stderr=log) as daemon:
        try:
            until(lambda: (daemon.pid, str(config)) in daemons.find_other_sshds(), "no daemon", 10)
            problems: list[str] = []
            loose = {str(config): {"type": "file", "uid": 0, "gid": 0, "mode": 0o666}}
            assert units._reload_additional_sshd_processes(loose, problems) == []
            assert any(f"the sshd with {config} goes on with what it had read" in problem for problem in problems)
            owned = {str(config): {"type": "file", "uid": 0, "gid": 0, "mode": 0o644}}
            assert f"reload sshd with {config}" in units._reload_additional_sshd_processes(owned, [])
            until(lambda: "Received SIGHUP; restarting" in said.read_text(), "not told", 10)
        finally:
            daemon.kill()


def test_packages_that_came_rose_and_went() -> None:
    before = {"a": ["1", "ii "], "b": ["1", "ii "], "c": ["1", "ii "], "d": ["1", "rc "]}
    now = {"a": ["2", "ii "], "b": ["1", "rc "], "d": ["1", "ii "], "e": ["1", "iU "]}
    assert packages.compare_installed_packages(before, now) == (["e", "d"], {"a": ["1", "2"]}, ["b", "c"])


def test_a_run_is_not_undone_twice() -> None:
    before = {"gone": ["1", "ii "], "back": ["1", "ii "]}
    now = {"back": ["1", "ii "], "came": ["1", "ii "], "later": ["1", "ii "]}
    run = {"installed": ["came", "purged"], "upgraded": {}, "removed": ["back", "gone"]}
    assert packages.find_package_changes_of_run_remaining(run, before, now) == {
        "installed": ["came"],
        "removed": ["gone"],
    }


@pytest.mark.parametrize(
    ("now", "problems"),
    [
        ({"libc6": ["1", "ii "]}, []),
        ({"libc6": ["1", "ii "], "nftables": ["1", "ii "]}, []),
        ({"libc6": ["1", "ii "], "chrony": ["1", "ii "]}, ["the packages are not exactly those of before"]),
    ],
)
def test_a_package_that_came_after_a_run_is_no_problem_of_that_run(
    monkeypatch: pytest.MonkeyPatch, now: dict[str, Any], problems: list[str]
) -> None:
    """As nftables, which a later run brought and which stayed when that was undone."""
    monkeypatch.setattr(packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=lambda: now))
    monkeypatch.setattr(packages, "read_entries_of_dpkg_database", lambda _: {})
    before = {"libc6": ["1", "ii "]}
    manifest = {"version": 3, "packages": before, "dpkg": {"/x": tree.ABSENT}, "skeleton": {}}
    snap = SimpleNamespace(entries={}, manifest=manifest)
    mending = restore_plan.RestorePlan(snap, {})
    others = packages.find_package_changes_not_made_by_run(
        before, {"installed": ["chrony"], "upgraded": {}, "removed": []}
    )
    restore.restore_dpkg_records_if_packages_match(
        snap, {}, mending, mending.note_problem_once, may_remove=False, packages_of_others=others
    )
    assert mending.problems == problems


def test_what_dpkg_has_not_done_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """As libc-bin, which could not write its cache on a full disk; a package that cannot come back is no such."""
    before = {"libc-bin": ["1", "ii "], "gone": ["1", "ii "], "half": ["1", "iF "], "newer": ["1", "ii "]}
    now = {
        **{"libc-bin": ["1", "iF "], "gone": ["1", "rc "], "half": ["1", "iF "], "newer": ["2", "ii "]},
        **{"came": ["1", "iU "], "stays": ["1", "iU "], "known": ["1", "un "]},
    }
    monkeypatch.setattr(packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=lambda: now))
    assert packages.find_packages_not_yet_restored(before, {"stays"}) == {"libc-bin": "iF ", "came": "iU "}


def records_at(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(packages, "DPKG", str(folder))
    monkeypatch.setattr(packages, "JOURNAL", str(folder / "updates"))
    monkeypatch.setattr(
        packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=lambda: {"libc6": ["1", "ii "]})
    )
    (folder / "updates").mkdir()
    (folder / "status").write_text("Package: libc6\n")
    (folder / "lock").touch()


@pytest.mark.parametrize(("version", "left"), [(3, []), (2, ["tmp.i"])])
def test_what_dpkg_left_when_the_power_went_does_not_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int, left: list[str]
) -> None:
    """A snapshot of an earlier version did not look at dpkg's journal, so nothing of it is new."""
    records_at(monkeypatch, tmp_path)
    wanted = packages.read_entries_of_dpkg_database(lambda _: tree.compute_digest_entry_of_content)
    if version < 3:
        wanted = {path: entry for path, entry in wanted.items() if not path.startswith(packages.JOURNAL)}
    before = (tmp_path / "updates").stat().st_mtime_ns
    (tmp_path / "updates" / "tmp.i").touch()
    manifest = {"version": version, "packages": {"libc6": ["1", "ii "]}, "dpkg": wanted, "skeleton": {}}
    mending = restore_plan.RestorePlan(SimpleNamespace(entries={}, manifest=manifest, room=str(tmp_path / "room")), {})
    restore.restore_dpkg_records_if_packages_match(
        mending.snap, {}, mending, mending.note_problem_once, may_remove=False
    )
    assert (mending.problems, sorted(path.name for path in (tmp_path / "updates").iterdir())) == ([], left)
    assert left or (tmp_path / "updates").stat().st_mtime_ns == before


def test_dpkgs_records_are_left_while_it_is_at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    records_at(monkeypatch, tmp_path)
    monkeypatch.setattr(packages, "LOCK_SECONDS", 0)
    wanted = packages.read_entries_of_dpkg_database(lambda _: tree.compute_digest_entry_of_content)
    (tmp_path / "status").write_text("Package: libc6\nStatus: half\n")
    manifest = {"version": 3, "packages": {"libc6": ["1", "ii "]}, "dpkg": wanted, "skeleton": {}}
    mending = restore_plan.RestorePlan(SimpleNamespace(entries={}, manifest=manifest, room=str(tmp_path / "room")), {})
    holds = "import fcntl,sys; h=open(sys.argv[1],'w'); fcntl.lockf(h, fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as dpkg:
        assert dpkg.stdout is not None
        dpkg.stdout.readline()
        restore.restore_dpkg_records_if_packages_match(
            mending.snap, {}, mending, mending.note_problem_once, may_remove=False
        )
        dpkg.communicate(b"\n")
    assert mending.problems == ["dpkg is at work, so its records were left as they are"]
    assert "half" in (tmp_path / "status").read_text()


def test_dpkg_waits_while_its_records_are_put_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    records_at(monkeypatch, tmp_path)
    tries = "import fcntl,sys; fcntl.lockf(open(sys.argv[1],'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with packages.hold_dpkg_lock_within_seconds(1) as alone:
        assert alone
        packages.read_entries_of_dpkg_database(lambda _: tree.compute_digest_entry_of_content)
        held = subprocess.run([sys.executable, "-c", tries, str(tmp_path / "lock")], capture_output=True, check=False)
    free = subprocess.run([sys.executable, "-c", tries, str(tmp_path / "lock")], capture_output=True, check=False)
    assert (b"BlockingIOError" in held.stderr, free.returncode) == (True, 0)


def test_rows_come_back_before_others_go() -> None:
    before = {"dump": "REPLACE 1;\n", "keys": [["global_priv", "AA", "BB"]], "variables": {"x": ["INT", "3432"]}}
    now = {"dump": "REPLACE 2;\n", "keys": [["global_priv", "AA", "CC"]], "variables": {"x": ["INT", "3433"]}}
    assert database.make_sql_to_restore_database_state(before, now).splitlines() == [
        "REPLACE 1;",
        "DELETE FROM mysql.global_priv WHERE HEX(Host) = 'AA' AND HEX(User) = 'CC';",
        "FLUSH PRIVILEGES;",
        "SET GLOBAL x = 42;",
    ]
    assert database.make_sql_to_restore_database_state(before, before) == ""


# --- sessions and accounts ------------------------------------------------------------------------------


def test_accounts_that_somebody_made_meanwhile_stay_and_renamed_ones_do_not() -> None:
    cu, moi = (name.encode().hex().upper() for name in ("cu", "moi"))
    keys = [["global_priv", "25", cu]]
    before = {"dump": "REPLACE INTO a;\n", "keys": keys, "variables": {}}
    renamed, made = ["global_priv", "6C", cu], ["global_priv", "6C", moi]
    now = {"dump": "b", "keys": [renamed, made, ["db", "6C", "64", moi]], "variables": {}}
    stay = database.find_database_accounts_new_since(before, now)
    assert stay == [moi]
    sql = database.make_sql_to_restore_database_state(before, now, stay)
    assert sql.count("DELETE FROM") == 1 and f"HEX(User) = '{cu}'" in sql


def process(pid: int, parent: int, **words: Any) -> dict[str, Any]:
    given = {"uid": 0, "name": "sh", "state": "S", "group": "/system.slice/ssh.service", "title": "sh", "sudo": None}
    given["step"] = None
    return {"pid": pid, "parent": parent, **given, **words}


def test_the_session_ends_with_all_it_started_and_nothing_else() -> None:
    there = [
        process(10, 1, title="sshd: /usr/sbin/sshd -D [listener]"),
        process(11, 10, title="sshd-session: luytre [priv]"),
        process(12, 11, uid=1000, title="sshd-session: luytre@notty"),
        process(13, 12, sudo="1000", title="sudo python3"),
        process(14, 13, title="python3 module"),
        process(15, 1, sudo="1000", title="late writer"),
        process(20, 10, title="sshd-session: quantri [priv]"),
        process(21, 20, uid=1001),
        process(30, 1, group="/system.slice/nginx.service", sudo="1000"),
        process(40, 1, group="/system.slice/atd.service", step="run"),
        process(41, 40, group="/system.slice/run-u1.scope", uid=33),
        process(42, 1, group="/system.slice/atd.service", step="another"),
    ]
    found = {one["pid"]: one for one in there}
    assert sessions.find_pids_of_steps_of_run(found, "run", 1000, "luytre", set()) == {11, 12, 13, 14, 15, 40, 41}
    assert sessions.find_pids_of_steps_of_run(found, "run", 1000, "luytre", {11, 12}) == {13, 14, 15, 40, 41}


@pytest.mark.parametrize(
    ("path", "earlier", "present", "expected"),
    [
        ("/etc/passwd", "a:x:1:1::/:/bin/sh\n", "", ["account a"]),
        ("/etc/passwd", "a:x:1:1::/:/bin/sh\n", "a:x:1:1::/:/usr/sbin/nologin\n", ["a login shell for a"]),
        ("/etc/shadow", "a:$y$h:1\n", "a:!$y$h:1\n", ["a password for a"]),
        ("/etc/shadow", "a::1\n", "a:!:1\n", ["an empty password for a"]),
        ("/etc/shadow", "a::1\n", "a:$y$h:1\n", ["an empty password for a"]),
        ("/etc/shadow", "a:!:1\nb:*:1\nc:$y$h:1\nd::1\ne::1\nf\n", "a:$y$h:1\nb:!:1\nc:$y$i:1\nd\nf:!:1\n", []),
        ("/etc/group", "sudo:x:27:a,b\n", "sudo:x:27:b\n", ["a in the group sudo"]),
        ("/etc/sudoers.d/x", "a ALL=(ALL) ALL\n", "# none\n", ["a rule of sudo in /etc/sudoers.d/x"]),
        ("/etc/motd", "a\n", "", []),
    ],
)
def test_what_a_rollback_would_bring_back(path: str, earlier: str, present: str, expected: list[str]) -> None:
    assert accounts.describe_rights_regained_by_earlier_file(path, earlier.encode(), present.encode()) == expected


def test_a_key_that_comes_back_is_told_by_a_digest() -> None:
    said = accounts.describe_rights_regained_by_earlier_file("/root/.ssh/authorized_keys", b"ssh-ed25519 AAAA x\n", b"")
    assert said and "AAAA" not in said[0]


# --- store ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["", "..", "a/b", "-a", "a b", "a\n", "x" * 65])
def test_what_is_no_name_of_a_run(run: str, tmp_path: Path) -> None:
    with pytest.raises(store.GuardRefusal):
        store.RunStore(str(tmp_path)).get_folder_of_run(run)


@needs_root
def test_a_run_that_is_open_keeps_others_out(tmp_path: Path) -> None:
    place = store.RunStore(str(tmp_path / "guard"))
    place.make_store_folder_of_root()
    store.write_json(place.mark, {"run": "one", "boot": "", "deadline": 0, "digest": ""})
    with pytest.raises(store.GuardRefusal, match="one"):
        actions.take_snapshot_and_start_revert_timer("two", 60, [], [], run_store=place)
    for check in (False, True):
        with pytest.raises(store.GuardRefusal, match="one"):
            actions.roll_back_confirmed_run("earlier", run_store=place, check=check)
    with (
        place.hold_lock(0),
        pytest.raises(store.GuardRefusal, match="another run is in progress: one"),
        place.hold_lock(0),
    ):
        pass


@needs_root
def test_old_snapshots_go_and_open_ones_stay(tmp_path: Path) -> None:
    place = store.RunStore(str(tmp_path / "guard"))
    place.make_store_folder_of_root()
    for number in range(8):
        (tmp_path / "guard" / f"r{number}").mkdir()
        manifest = tmp_path / "guard" / f"r{number}" / "manifest.json"
        manifest.write_text("{}")
        os.utime(manifest, (number, number))
    store.write_json(place.mark, {"run": "r0"})
    place.delete_drafts_and_excess_snapshots("new")
    assert place.list_runs_with_snapshot_oldest_first() == ["r0", "r4", "r5", "r6", "r7"]


@needs_root
def test_a_snapshot_that_is_not_the_controllers_is_refused(tmp_path: Path) -> None:
    place = store.RunStore(str(tmp_path / "guard"))
    place.make_store_folder_of_root()
    (tmp_path / "guard" / "r").mkdir()
    digest = store.write_json(
        place.get_path_of_run_file("r", "manifest.json"), {"version": 1, "entries": {}, "touches": [], "roots": []}
    )
    restore_plan.Snapshot(place, "r", digest)
    with pytest.raises(store.GuardRefusal, match="digest differs"):
        restore_plan.Snapshot(place, "r", "0" * 64)


def needed_of(shared: Path, *files: Path) -> set[str]:
    """The modules of a package that files import, and that these import in turn, with the folders they lie in."""
    found: set[str] = set()
    for file in files:
        for module, imported in re.findall(
            rf"from ansible\.module_utils\.{shared.name}\.([\w.]+) import ([\w, ]+)", file.read_text()
        ):
            names = [f"{module}.{name.strip()}" for name in imported.split(",")]
            found |= {name if (shared / f"{name.replace('.', '/')}.py").is_file() else module for name in names}
    deeper = needed_of(shared, *(shared / f"{name.replace('.', '/')}.py" for name in sorted(found))) if found else set()
    return found | deeper | {f"{name.rpartition('.')[0]}.__init__" for name in found}


def test_the_host_gets_the_whole_program_in_one_file(tmp_path: Path) -> None:
    program = tmp_path / "guard.pyz"
    program.write_bytes(store.build_guard_program_archive())
    with zipfile.ZipFile(io.BytesIO(store.build_guard_program_archive())) as archive:
        sent = set(archive.namelist())
    own, shared = Path(store.__file__).parent.parent, Path(names.__file__).parent.parent
    inside = {str(path.relative_to(own)) for path in own.rglob("*.py")}
    assert {name.partition(f"{own.name}/")[2] for name in sent if own.name in name} == inside
    assert {name.partition(f"{shared.name}/")[2] for name in sent if shared.name in name} == {
        f"{name.replace('.', '/')}.py" for name in {"__init__", *needed_of(shared, *own.rglob("*.py"))}
    }
    done = subprocess.run(
        [sys.executable, "-I", "-B", str(program), "revert", "../x"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "not the name of a run" in done.stderr) == (3, True)
    assert "Traceback" not in done.stderr


def test_a_program_that_would_not_start_on_the_host_arms_no_run(tmp_path: Path) -> None:
    whole, lacking = tmp_path / "whole.pyz", tmp_path / "lacking.pyz"
    whole.write_bytes(store.build_guard_program_archive())
    timer.check_guard_program_starts_on_host(str(whole))
    with zipfile.ZipFile(whole) as held, zipfile.ZipFile(lacking, "w") as made:
        for name in held.namelist():
            if not name.endswith("/safe_open.py"):
                made.writestr(name, held.read(name))
    with pytest.raises(store.GuardRefusal, match=r"would not start: .*safe_open"):
        timer.check_guard_program_starts_on_host(str(lacking))


def test_names_that_are_no_text_survive_the_manifest(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
    found = (
        dict(
            walk.iter_entries_at_and_below_path(
                str(tmp_path),
                lambda _: tree.compute_digest_entry_of_content,
                walk.WalkBudget(9, 9999, 9),
                walk.RefusingNotes(),
            )
        )
        if os.geteuid() == 0
        else {"/\udcff": {}}
    )
    store.write_json(str(tmp_path / "manifest.json"), found)
    assert store.read_json(str(tmp_path / "manifest.json")) == found


def test_a_tree_and_modes_are_said_with_their_word(place: Path) -> None:
    (place / "left").mkdir()
    wanted = scope.SnapshotScope([f"tree:{place}/left", f"modes:{place}/shared"], [])
    assert wanted.get_kind_of_path(f"{place}/left/behind") == "tree"
    assert wanted.get_kind_of_path(f"{place}/shared") == "data"
    assert wanted.is_new_path_to_be_removed(f"{place}/left/behind") and not wanted.is_new_path_to_be_removed(
        f"{place}/shared/new"
    )


@pytest.fixture
def open_place(tmp_path: Path) -> Any:
    """A guard's folder with a run that may change the host."""
    place = store.RunStore(str(tmp_path / "guard"))
    place.make_store_folder_of_root()
    Path(place.get_folder_of_run("one")).mkdir()
    steps.install_interpreter(place, "one")
    return place


def test_a_run_that_is_late_finds_nothing_to_change_the_host_with(open_place: Any) -> None:
    path = steps.install_interpreter(open_place, "one")  # armed again
    said = subprocess.run([path, "-c", "print(6 * 7)"], check=True, capture_output=True, text=True)
    assert said.stdout == "42\n"
    steps.remove_interpreter(open_place, "one")
    steps.remove_interpreter(open_place, "one")
    assert not os.path.lexists(path)


@pytest.fixture
def begin(open_place: Any, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Have a process that is a Python already begin a step, and then do something."""
    begins = tmp_path / "begins"
    begins.write_bytes(Path(open_place.get_path_of_run_file("one", steps.PYTHON) + steps.BEGINS).read_bytes())

    def begun(then: str) -> subprocess.CompletedProcess[str]:
        program = f"exec(compile(open({str(begins)!r}).read(), 'begins', 'exec'), {{}})\n{then}"
        return subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)

    return begun


def test_a_python_that_begins_a_step_is_what_the_run_s_own_is(open_place: Any, begin: Callable[..., Any]) -> None:
    told = f"""
import json, os, sys
print(json.dumps([os.environ[{recorder.WORD!r}], os.readlink("/proc/self/fd/{steps.HANDLE}"), os.environ["PYTHONPATH"].split(":")[0], sys.path[0]]))
"""
    done = begin(told)
    record = open_place.get_path_of_run_file("one", change_attribution.FOLDER)
    assert json.loads(done.stdout) == ["one", open_place.get_path_of_run_file("one", steps.LOCK), record, record], (
        done.stderr
    )
    assert list(Path(record).glob("*.step"))
    with steps.hold_lock_against_steps_of_run(open_place, "one", 0) as alone:
        assert alone
        assert begin("print(1)").returncode == 127
    steps.remove_interpreter(open_place, "one")
    late = begin("print(1)")
    assert (late.returncode, late.stdout, "no longer in force" in late.stderr) == (127, "", True)


def test_a_step_that_was_on_its_way_when_the_run_ended_does_nothing(open_place: Any, tmp_path: Path) -> None:
    """Between its beginning and its first word: held up there, it finds the run ended when it goes on."""
    path, mark = open_place.get_path_of_run_file("one", steps.PYTHON), tmp_path / "written"
    script = Path(path).read_text()
    kept = tmp_path / "held"
    kept.write_text(script)
    step = ["sh", str(kept), "-c", f"open({str(mark)!r}, 'w')"]
    with steps.hold_lock_against_steps_of_run(open_place, "one", 0) as alone:
        assert alone
        assert subprocess.run(step, capture_output=True, check=False).returncode == 127
    steps.remove_interpreter(open_place, "one")
    late = subprocess.run(step, capture_output=True, check=False, text=True)
    assert (late.returncode, "no longer in force" in late.stderr) == (127, True)
    assert not mark.exists()


def test_nothing_is_brought_back_while_a_step_is_at_work(open_place: Any) -> None:
    """Wherever it went: it is found by what it holds, and by the environment it was given."""
    path = open_place.get_path_of_run_file("one", steps.PYTHON)
    begin = "import subprocess, sys; print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid, flush=True)"
    with subprocess.Popen(
        [path, "-c", f"{begin}; import time; time.sleep(60)"], stdout=subprocess.PIPE, text=True
    ) as step:
        assert step.stdout is not None
        child = int(step.stdout.readline())
        with steps.hold_lock_against_steps_of_run(open_place, "one", 0) as alone:
            assert not alone
        found = sessions._read_all_processes_by_pid()
        assert {step.pid, child} == {pid for pid, one in found.items() if one["step"] == "one"}
        with steps.hold_lock_against_steps_of_run(open_place, "one", 5, step.kill) as alone:
            assert alone
        os.kill(child, 9)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes another account's place")
def test_a_lesser_users_process_is_no_step_whatever_it_holds(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    begin = "exec 9>steps; echo; exec sleep 60"
    (tmp_path / "one").chmod(0o777)
    with subprocess.Popen(
        ["sh", "-c", begin], cwd=tmp_path / "one", user=65534, stdout=subprocess.PIPE, env={recorder.WORD: "one"}
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        found = sessions._read_process(other.pid, True)
        other.kill()
    assert found is not None
    assert found["step"] is None


def test_a_line_that_a_site_wrote_leads_nowhere_and_stops_nothing(tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    log.write_text("[Xxx Xxx 99 99:99:99.1 2026] [core:emerg] /etc/../proc/kmsg:1\n")
    assert failure_logs._read_emergency_lines_since(str(log), 0) == []
    assert failure_logs.find_control_of_config_line_in_message("/etc/../proc/kmsg:1") is None
    os.mkfifo(tmp_path / "pipe.log")
    assert failure_logs._read_last_lines_of_log_changed_since(str(tmp_path / "pipe.log"), 0) == []
    assert failure_logs._find_control_in_comment_above_line(str(tmp_path / "pipe.log"), 1) is None


def test_a_run_with_a_step_at_work_is_not_confirmed(open_place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_json(open_place.mark, {"run": "one", "digest": "0" * 64})
    monkeypatch.setattr(actions.restore_plan, "Snapshot", lambda *_: None)
    monkeypatch.setattr(actions, "STEP_SECONDS", 0)
    with Path(open_place.get_path_of_run_file("one", steps.LOCK)).open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        with pytest.raises(store.GuardRefusal, match="still at work"):
            actions.confirm_run_and_keep_its_changes("one", run_store=open_place)
    assert open_place.read_mark_of_open_run() is not None


def test_a_run_that_is_being_reverted_is_not_armed_again(tmp_path: Path) -> None:
    place = store.RunStore(str(tmp_path / "guard"))
    place.make_store_folder_of_root()
    Path(place.get_folder_of_run("one")).mkdir()
    store.write_json(place.mark, {"run": "one", "digest": "0" * 64})
    place.update_state_of_run("one", {"state": "reverting"})
    with pytest.raises(store.GuardRefusal, match="reverted"):
        actions.take_snapshot_and_start_revert_timer("one", 60, [], [], run_store=place)


def test_a_name_that_is_no_text_does_not_cost_the_host_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ansible refuses an answer that holds one: whoever may name a file would have a host taken for lost."""
    path = Path(__file__).parents[4] / "on_host" / "guard" / "library" / "guard.py"
    spec = importlib.util.spec_from_file_location("guard_module", path)
    assert spec is not None and spec.loader is not None
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    said: list[Any] = []
    module = SimpleNamespace(
        params={},
        check_mode=False,
        exit_json=lambda **answer: said.append(answer),
        fail_json=lambda msg: said.append(msg),
    )
    monkeypatch.setattr(guard, "AnsibleModule", lambda **_: module)
    odd = "/var/www/\udcff"
    answer = {"changed": True, "count": 2, "paths": [{"path": odd}], "not_back": {odd: odd}, "digest": None}
    monkeypatch.setattr(guard, "run_requested_guard_action", lambda *_: answer)
    guard.main()

    def refuse(*_: Any) -> None:
        raise store.GuardRefusal(odd)

    monkeypatch.setattr(guard, "run_requested_guard_action", refuse)
    guard.main()
    shown = "/var/www/\\udcff"
    assert said == [{**answer, "paths": [{"path": shown}], "not_back": {shown: shown}}, shown]


@pytest.mark.parametrize(
    "said",
    ["unknown directive in %s:4", "%s line 4: Bad configuration option", "AH00526: Syntax error on line 4 of %s:"],
)
def test_a_daemons_own_line_leads_to_the_control_above_the_line_that_it_names(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.conf"
    path.write_text("# nginx.one\na on;\n# nginx.two\nb on;\n# nginx.three\n")
    path.chmod(0o644)
    monkeypatch.setattr(
        failure_logs,
        "_find_control_in_comment_above_line",
        lambda file, number, real=failure_logs._find_control_in_comment_above_line: real(str(path), number),
    )
    assert failure_logs.find_control_of_config_line_in_message(said % "/etc/nginx/x.conf") == "nginx.two"
    path.chmod(0o666)
    assert failure_logs.find_control_of_config_line_in_message(said % "/etc/nginx/x.conf") is None


def test_a_link_or_another_files_number_is_no_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pid"
    path.write_text(str(os.getpid()))
    (tmp_path / "link.pid").symlink_to(path)
    os.mkfifo(tmp_path / "pipe.pid")
    for name, kept in (
        *(("ssh.service", tmp_path / "link.pid"), ("ssh.service", tmp_path / "pipe.pid")),
        ("php8.4-fpm.service", path),
    ):
        monkeypatch.setattr(daemons, "PID_FILES", {name: str(kept)})
        assert daemons._get_time_of_pid_file_of_unit(name) is None


def test_when_systemd_started_or_reloaded_a_daemon() -> None:
    assert daemons._parse_moment("Thu 1970-01-01 00:01:00.250000 UTC") == 60.25
    assert daemons._parse_moment("n/a") is None


def test_what_a_daemon_says_begins_where_its_fault_does() -> None:
    said = "apache2ctl configtest ended with 1: AH00558: Could not reliably determine AH00526: Syntax error on line 3"
    assert daemons.extract_error(said) == "AH00526: Syntax error on line 3"


def test_what_an_incident_contains_is_said_again_after_a_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(incident, "AGAIN", str(tmp_path / "again"))
    monkeypatch.setattr(
        incident,
        "find_recorded_containment_not_in_force",
        lambda: iter(["SC-20261130-1/3 is not in force: x is there"]),
    )
    monkeypatch.setattr(
        incident.commands, "run_program_and_return_error_or_none", lambda argv: ran.append(argv) or "it would not"
    )
    assert service._reapply_site_blocks_and_report() == ["SC-20261130-1/3 is not in force: x is there"] and ran == []
    (tmp_path / "again").write_bytes(b"PK")
    assert service._reapply_site_blocks_and_report()[0] == "what an incident has the web servers say: it would not"
    assert ran == [["/usr/bin/python3", "-I", "-B", str(tmp_path / "again")]]
