"""The record of programs and settings: what it finds changed, and who explains a change. Files and dpkg's records are made here."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.os import integrity_record
from ansible.module_utils.luytre.system import integrity
from ansible.module_utils.luytre_guard.files import store  # type: ignore[import-not-found]
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.incidents import web_block_config
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

PROGRAM, SETTING = "usr/sbin/chgpasswd", "etc/motd"
ALL_ROOTS = type("AllRoots", (), {"describe_first_changer_on_path": lambda self, path: None})()


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A small system: a program, a setting, a link, a cache."""
    for name, text in ((PROGRAM, "program"), (SETTING, "welcome"), ("usr/lib/x/__pycache__/a.pyc", "cache")):
        path = tmp_path / "system" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "system/etc/link").symlink_to("motd")
    return tmp_path / "system"


def recorded(system: Path) -> dict[str, Any]:
    folders = [str(system / "etc"), str(system / "usr")]
    record: dict[str, Any] = json.loads(
        integrity_record.pack_integrity_record(
            folders, integrity_record.take_folder_snapshot(folders), int(time.time())
        )
    )
    return record


def changed(system: Path, record: dict[str, Any]) -> dict[str, str]:
    return {os.path.relpath(path, system): what for path, what, _ in integrity_record.find_changes_since_record(record)}


def add(system: Path) -> None:
    (system / "etc/proxy.sh").write_text("new")


def remove(system: Path) -> None:
    (system / SETTING).unlink()


def same_size_and_time(system: Path) -> None:
    before = (system / PROGRAM).stat()
    (system / PROGRAM).write_text("pr0gram")
    os.utime(system / PROGRAM, ns=(before.st_atime_ns, before.st_mtime_ns))


def set_id(system: Path) -> None:
    (system / PROGRAM).chmod(0o4755)


def link_instead(system: Path) -> None:
    (system / PROGRAM).unlink()
    (system / PROGRAM).symlink_to("/var/x")


def led_elsewhere(system: Path) -> None:
    (system / "etc/link").unlink()
    (system / "etc/link").symlink_to("proxy.sh")


@pytest.mark.parametrize(
    "change, path, what",
    [
        (add, "etc/proxy.sh", "added"),
        (remove, SETTING, "removed"),
        (same_size_and_time, PROGRAM, "content"),
        (set_id, PROGRAM, "mode"),
        (link_instead, PROGRAM, "kind"),
        (led_elsewhere, "etc/link", "content"),
    ],
)
def test_what_changed_is_named(system: Path, change: Callable[[Path], None], path: str, what: str) -> None:
    record = recorded(system)
    assert changed(system, record) == {}
    change(system)
    assert changed(system, record) == {path: what}


def test_what_was_only_touched_or_is_made_by_programs_has_not_changed(system: Path) -> None:
    record = recorded(system)
    (system / SETTING).write_text("welcome")
    (system / "usr/lib/x/__pycache__/b.pyc").write_text("more")
    assert changed(system, record) == {}


def test_of_a_folder_only_what_is_in_it_is_told(system: Path) -> None:
    record = recorded(system)
    (system / "etc/new").mkdir()
    (system / "usr/sbin/chgpasswd").rename(system / "etc/new/chgpasswd")
    (system / "usr/sbin").rmdir()
    assert changed(system, record) == {"etc/new/chgpasswd": "added", PROGRAM: "removed"}


@pytest.fixture
def of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """All there is belongs to others than root, who may have little of it."""
    monkeypatch.setattr(integrity_record, "ROOT", -1)
    monkeypatch.setattr(ownership, "find_untrusted_changer_of_file", lambda _: ("user", 1))
    monkeypatch.setattr(integrity_record, "MAX_OTHERS_ENTRIES", 3)
    monkeypatch.setattr(integrity_record, "MAX_OTHERS_BYTES", 10)


def test_others_who_fill_a_folder_of_theirs_stop_no_record_and_nothing_of_it_is_told(
    system: Path, of_others: None
) -> None:
    record = recorded(system)
    for number in range(4):
        (system / f"usr/sbin/{number}").touch()
    assert changed(system, record) == {}
    assert str(system / PROGRAM) in record["entries"]
    assert [path for path in recorded(system)["entries"] if "/sbin/" in path] == []


def test_what_others_make_long_is_not_read_and_its_change_is_seen(system: Path, of_others: None) -> None:
    (system / SETTING).write_text("x" * 11)
    record = recorded(system)
    assert record["entries"][str(system / SETTING)][integrity_record.CONTENT] == "?"
    assert record["entries"][str(system / PROGRAM)][integrity_record.CONTENT] == hashlib.sha256(b"program").hexdigest()
    (system / SETTING).write_text("short")
    assert changed(system, record) == {SETTING: "content"}


def test_a_file_that_grows_while_it_is_read_is_not_read_for_ever(system: Path) -> None:
    (system / SETTING).write_bytes(bytes(3 * integrity_record.CHUNK + 1))
    assert integrity_record.digest_file_or_read_link(str(system / SETTING), ["f", 0o644, 0, 0, 7, 0, ""]) == "?"


def test_what_has_not_changed_is_not_read_again(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = recorded(system)
    (system / SETTING).write_text("bye")
    read: list[str] = []
    whole = integrity_record.digest_file_or_read_link
    monkeypatch.setattr(
        integrity_record, "digest_file_or_read_link", lambda path, entry: read.append(path) or whole(path, entry)
    )
    assert changed(system, record) == {SETTING: "content"}
    assert read == [str(system / SETTING)]


@pytest.mark.parametrize(
    "path, is_left_out",
    [
        ("/usr/local/lib/systemd", True),
        ("/usr/local/lib/systemd/system/sysinit.target.wants", True),
        ("/usr/local/lib/systemd/system/sysinit.target.wants/luytre-guard-boot.service", True),
        ("/usr/local/lib/systemd/system/luytre-revert-20261127T1.timer", True),
        ("/usr/local/lib/systemd/system/nftables.service.wants/luytre-contain-nftables.service", True),
        ("/usr/local/lib/systemd/system/web.service", False),
        ("/usr/local/lib/systemd/system/sysinit.target.wants/web.service", False),
        ("/etc/systemd/system/luytre-guard-boot.service", False),
    ],
)
def test_what_the_guard_has_while_a_run_is_open_is_not_recorded(path: str, *, is_left_out: bool) -> None:
    assert bool(integrity_record.WHILE_ARMED.match(path)) is is_left_out


def test_names_that_are_no_text_are_recorded_as_they_are(system: Path) -> None:
    record = recorded(system)
    Path(os.fsdecode(os.fsencode(system) + b"/etc/\xff")).write_text("x")
    ((path, what, _),) = integrity_record.find_changes_since_record(record)
    assert (os.fsencode(path)[-1], what) == (0xFF, "added")


def test_too_much_is_not_recorded_in_part(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity_record, "MAX_ENTRIES", 2)
    with pytest.raises(UnreadableFact, match="more than 2 files"):
        recorded(system)
    with pytest.raises(UnreadableFact, match="time is up"):
        integrity_record.take_folder_snapshot([str(system)], lambda: 0)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        b"[" * 5000,
        b'{"version":1,"made":1,"folders":["etc"],"entries":{}}',
        b'{"version":2}',
        b"\xff",
    ],
)
def test_a_damaged_record_is_none(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "record.json").write_bytes(text)
    assert integrity_record.load_integrity_record(str(tmp_path / "record.json"), ALL_ROOTS) is None


def test_a_record_that_others_could_have_written_is_none(tmp_path: Path, system: Path) -> None:
    place = tmp_path / "record.json"
    place.write_text(json.dumps(recorded(system)))
    suspect = type(
        "Suspect", (), {"describe_first_changer_on_path": lambda self, path: "it can be changed by www-data"}
    )()
    assert integrity_record.load_integrity_record(str(place), ALL_ROOTS) is not None
    assert integrity_record.load_integrity_record(str(place), suspect) is None


# --- who explains a change -------------------------------------------------------------------------------

BEFORE = 1_000.0


def dpkg(tmp_path: Path, files: dict[str, str], conffiles: dict[str, str] | None = None) -> integrity.PackageFileLists:
    """What dpkg says of one package that was unpacked since: files by their text."""
    info = tmp_path / "info"
    info.mkdir()
    total = {
        name: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        for name, text in {**files, **(conffiles or {})}.items()
    }
    (info / "web.md5sums").write_text("".join(f"{total[name]}  {name[1:]}\n" for name in files))
    (info / "web.list").write_text("".join(f"{name}\n" for name in ("/.", "/usr", "/usr/lib/web", *total)))
    status = "".join(f" {name} {total[name]}\n" for name in conffiles or {})
    (tmp_path / "status").write_text(f"Package: web\nConffiles:\n{status}")
    return integrity.PackageFileLists(BEFORE, str(info), str(tmp_path / "status"))


def entry(path: Path, *, kind: str = "f", mode: int = 0o755, owner: int = 0, holds: str = "") -> list[Any]:
    return [kind, mode, owner, 0, path.stat().st_size if path.exists() else 0, 0, holds]


def test_a_package_explains_what_it_brought_and_nothing_else(tmp_path: Path) -> None:
    program, other = tmp_path / "usr/sbin/web", tmp_path / "usr/sbin/other"
    program.parent.mkdir(parents=True)
    program.write_text("new version")
    other.write_text("another's")
    packages = dpkg(tmp_path, {str(program): "new version", str(other): "as packaged"}, {"/etc/web.conf": "x"})
    assert packages.explains(str(program), "content", entry(program))
    assert packages.explains(str(program), "added", entry(program))
    assert packages.explains("/usr/lib/web", "content", entry(program, kind="l"))
    assert not packages.explains(str(other), "content", entry(other))
    assert not packages.explains(str(program), "mode", entry(program))
    assert not packages.explains(str(program), "added", entry(program, mode=0o4755))
    assert not packages.explains(str(program), "content", entry(program, owner=33))
    assert not packages.explains("/usr/sbin/stranger", "added", entry(other))


def test_what_a_package_left_out_is_explained_and_a_missing_setting_is_not(tmp_path: Path) -> None:
    packages = dpkg(tmp_path, {"/usr/sbin/web": "x"})
    assert packages.explains("/usr/sbin/old", "removed", None)
    assert not packages.explains("/usr/sbin/web", "removed", None)
    assert not packages.explains("/etc/cron.allow", "removed", None)


def test_where_no_package_came_nothing_is_explained(tmp_path: Path) -> None:
    packages = integrity.PackageFileLists(BEFORE, str(tmp_path / "none"), str(tmp_path / "none"))
    assert not packages.explains("/usr/sbin/old", "removed", None)


def test_paths_of_packages_from_before_the_merge_lie_in_usr(tmp_path: Path) -> None:
    assert dpkg(tmp_path, {"/bin/ls": "x"})._sums.keys() == {"/usr/bin/ls"}


def test_what_a_confirmed_run_left_is_explained_and_what_came_later_is_not(tmp_path: Path) -> None:
    kept = store.RunStore(str(tmp_path))
    ours = {"type": "file", "mode": 0o600, "uid": 0, "gid": 0, "sha256": "aa", "mtime": 5, "size": 2, "id": "x"}
    kept.record_states_of_files_left_by_run({"/etc/ssh/sshd_config": ours, "/etc/gone": {"type": "absent"}})
    kept.record_states_of_files_left_by_run({"/etc/ssh/sshd_config": {**ours, "sha256": "bb"}})
    left = integrity._read_leftovers_of_runs(str(tmp_path / "left.json"))
    none = integrity.PackageFileLists(BEFORE, str(tmp_path / "none"), str(tmp_path / "none"))

    def is_open(path: str, what: str, now: list[Any] | None) -> bool:
        return bool(integrity.find_unexplained_changes([(path, what, now)], none, left))

    def sshd(holds: str, mode: int = 0o600) -> list[Any]:
        return ["f", mode, 0, 0, 2, 0, holds]

    assert not is_open("/etc/ssh/sshd_config", "content", sshd("bb"))
    assert not is_open("/etc/ssh/sshd_config", "content", sshd("aa"))  # the later run was rolled back
    assert not is_open("/etc/gone", "removed", None)
    assert is_open("/etc/ssh/sshd_config", "content", sshd("cc"))
    assert is_open("/etc/ssh/sshd_config", "content", sshd("bb", 0o666))
    assert is_open("/etc/ssh/sshd_config", "removed", None)
    assert is_open("/etc/passwd", "content", sshd("bb"))


def test_the_last_states_of_each_path_are_kept(tmp_path: Path) -> None:
    kept = store.RunStore(str(tmp_path))
    for number in range(store.LEFT_STATES + 2):
        kept.record_states_of_files_left_by_run({"/etc/a": {"type": "file", "sha256": str(number)}})
    (states,) = integrity._read_leftovers_of_runs(str(tmp_path / "left.json")).values()
    assert [one["sha256"] for one in states] == [str(number) for number in range(2, store.LEFT_STATES + 2)]


def test_what_an_incident_has_a_site_say_is_no_change_and_what_only_looks_so_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc = tmp_path / "nginx"
    etc.mkdir()
    site, own = etc / "site", etc / "luytre-contain-a.test.conf"
    site.write_text("server {\n    listen 80;\n}\n")
    monkeypatch.setattr(integrity_record, "WEB_SERVERS", (f"{etc}/",))
    monkeypatch.setattr(web_block_config, "NGINX", f"{etc}/luytre-contain-")
    record = {"entries": integrity_record.take_folder_snapshot([str(etc)]), "folders": [str(etc)]}
    site.write_text(web_block_config.include_site_file_in_nginx_config(site.read_text(), 8, "a.test"))
    rule = {"id": "SC-20261127-1/1", "path": b"/x.php", "trusted": [], "own": []}
    own.write_text(web_block_config.render_nginx([rule]))
    own.chmod(0o644)
    nothing = dpkg(tmp_path, {})
    changed = integrity_record.find_changes_since_record(record)
    assert [(path, what) for path, what, _ in changed] == [(str(own), "added")]
    root = [(path, what, [*one[:2], 0, 0, *one[4:]]) for path, what, one in changed]
    assert integrity.find_unexplained_changes(root, nothing, {}) == []
    own.write_text(own.read_text() + "load_module evil;\n")
    assert integrity.find_unexplained_changes(root, nothing, {}) == root
    site.write_text(site.read_text() + "include /etc/evil; # luytre: contained\n")
    assert (str(site), "content") in [one[:2] for one in integrity_record.find_changes_since_record(record)]
