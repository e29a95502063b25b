"""An application is given its release's files, and what was there is kept and comes back, whatever whoever can write the folders does meanwhile."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_contain.sites import application_core
from ansible.module_utils.luytre_shared.incidents import action_runner

from tests.unit.leased import leased
from tests.unit.on_host.contain.programs import program

VERSION = b"<?php\n$wp_version = '6.8.2';\n"
RELEASE = {
    "index.php": b"<?php // index\n",
    "xmlrpc.php": b"<?php // rpc\n",
    "wp-includes/version.php": VERSION,
    "wp-includes/load.php": b"<?php // load\n",
    "wp-includes/js/a/b.js": b"b\n",
    "wp-admin/admin.php": b"<?php // admin\n",
}
LEFT = ["wp-content/index.php", "wp-config-sample.php"]
ID = "SC-20261127-1/1"


def sent(files: dict[str, bytes] = RELEASE) -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    about = {"tops": ["wp-admin", "wp-includes"], "left": LEFT}
    return {"release.zip": packed.getvalue(), "release.json": json.dumps(about).encode()}


@pytest.fixture
def units() -> list[list[str]]:
    return []


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, units: list[list[str]]) -> ModuleType:
    own = program("core.py")
    own.STORE.home = str(tmp_path / "luytre/core")
    monkeypatch.setattr(own, "read_bundled_file", sent().__getitem__, raising=False)

    def ran(argv: list[str], **_: Any) -> str:
        units.append(argv[1:])
        return "php8.4-fpm.service loaded active running PHP\n" if argv[1] == "list-units" else ""

    monkeypatch.setattr(own.action_runner, "run_program", ran)
    monkeypatch.setattr(own.php_code, "MOD_PHP", str(tmp_path / "none"))
    monkeypatch.setattr(own.php_code.start_test, "find_reason_daemon_would_not_start", lambda _unit, _reading: None)
    return own


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for path, content in RELEASE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "wp-includes/load.php").write_bytes(b"<?php // load\nforeign();\n")
    (root / "wp-includes/load.php").chmod(0o640)
    os.utime(root / "wp-includes/load.php", ns=(10**18 + 1, 10**18 + 2))
    (root / "wp-includes/js/a/b.js").unlink()
    (root / "wp-includes/js/a").rmdir()
    (root / "xmlrpc.php").unlink()
    (root / "wp-admin/x ạ.php").write_bytes(b"<?php foreign();")
    (root / "wp-admin/index.php").write_bytes(b"<?php // Silence is golden.\n")
    (root / "wp-content").mkdir()
    (root / "wp-content/y.php").write_bytes(b"<?php own();")
    return root


def asked(site: Path, **changes: Any) -> dict[str, Any]:
    return {"id": ID, "what": "antruc.test", "root": str(site), "folder": "", **changes}


def state(site: Path) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(site.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        when = status.st_mtime_ns if path.is_file() else None
        found[str(path.relative_to(site))] = (content, status.st_mode, status.st_uid, status.st_gid, when)
    return found


def test_files_are_as_the_release_has_them_and_come_back_as_they_were(
    host: ModuleType, site: Path, units: list[list[str]]
) -> None:
    before, inode = state(site), (site / "wp-includes/load.php").stat().st_ino
    planned = host.plan_core_replacement(asked(site), [])
    assert planned["would"] == [
        ["replace", "wp-includes/load.php"],
        ["put", "wp-includes/js/a/b.js"],
        "systemctl reload php8.4-fpm.service",
    ]
    assert planned["found"] == [f"{site}/wp-admin/x%20%E1%BA%A1.php"]
    assert state(site) == before
    assert not Path(host.STORE.home).exists()
    done = host.replace_core_files_with_release(asked(site), [])
    assert (done["state"], done["why"], done["about"], done["found"]) == (
        "confirmed",
        "replaced",
        "2",
        planned["found"],
    )
    assert ["reload", "php8.4-fpm.service"] in units
    assert (site / "wp-includes/load.php").read_bytes() == RELEASE["wp-includes/load.php"]
    assert (site / "wp-includes/load.php").stat().st_mode & 0o777 == 0o640
    assert (site / "wp-includes/js/a/b.js").read_bytes() == b"b\n"
    assert not (site / "xmlrpc.php").exists()
    assert not list(site.rglob(".luytre*"))
    assert host.replace_core_files_with_release(asked(site), []) == done
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert state(site) == before
    assert (site / "wp-includes/load.php").stat().st_ino == inode
    assert not Path(host.STORE.home).exists()


@pytest.mark.parametrize("bound", [{"MAX_ENTRIES": 1}, {"WALK_SECONDS": 0}], ids=["entries", "time"])
def test_a_walk_that_ended_early_confirms_nothing(
    host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch, bound: dict[str, int]
) -> None:
    for name, value in bound.items():
        monkeypatch.setattr(application_core, name, value)
    assert host.plan_core_replacement(asked(site), [])["why"] == "not_all_seen"
    done = host.replace_core_files_with_release(asked(site), [])
    assert (done["state"], done["why"], done["about"]) == ("unknown", "not_all_seen", "2")
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}


def test_what_its_owner_keeps_from_being_read_is_set_aside_and_comes_back(host: ModuleType, site: Path) -> None:
    load = site / "wp-includes/load.php"
    with leased(load, os.getuid()):
        before = load.lstat()
        told = action_runner.run_action_and_turn_errors_into_answer(
            {"contain": host.replace_core_files_with_release}, asked(site, do="contain"), []
        )
        assert (told["state"], told["why"], told["about"]) == ("confirmed", "replaced", "2")
        assert load.read_bytes() == RELEASE["wp-includes/load.php"]
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert os.path.samestat(load.lstat(), before)


def test_a_file_of_a_thousand_gigabytes_is_set_aside_and_comes_back(host: ModuleType, site: Path) -> None:
    load = site / "wp-includes/load.php"
    os.truncate(load, 1 << 40)
    before = load.lstat()
    told = host.replace_core_files_with_release(asked(site), [])
    assert (told["state"], told["why"], told["about"]) == ("confirmed", "replaced", "2")
    assert load.read_bytes() == RELEASE["wp-includes/load.php"]
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert os.path.samestat(load.lstat(), before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_a_lesser_user_lays_in_a_folders_place_is_set_aside_and_comes_back(
    host: ModuleType, site: Path, tmp_path: Path, kind: str
) -> None:
    folder, theirs = site / "wp-includes", tmp_path / "theirs"
    folder.rename(theirs)
    if kind == "link":
        folder.symlink_to(theirs)
    else:
        folder.write_bytes(b"theirs")
    os.chown(folder, 33, 33, follow_symlinks=False)
    before, elsewhere = state(site), state(theirs)
    planned = host.plan_core_replacement(asked(site), [])["would"]
    assert planned[0][1].splitlines()[0] == "wp-includes"
    told = host.replace_core_files_with_release(asked(site), [])
    assert (told["state"], told["why"]) == ("confirmed", "replaced")
    assert not folder.is_symlink()
    for path, content in RELEASE.items():
        assert path == "xmlrpc.php" or (site / path).read_bytes() == content
    assert state(theirs) == elsewhere
    assert host.replace_core_files_with_release(asked(site), []) == told
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert state(site) == before
    assert not Path(host.STORE.home).exists()


def test_a_link_of_roots_in_a_folders_place_is_roots_to_judge(host: ModuleType, site: Path, tmp_path: Path) -> None:
    (site / "wp-includes").rename(tmp_path / "shared")
    (site / "wp-includes").symlink_to(tmp_path / "shared")
    if os.geteuid() == 0:
        with pytest.raises(action_runner.ActionRefusal, match="unsafe"):
            host.replace_core_files_with_release(asked(site), [])


def test_what_is_as_its_release_has_it_is_said_to_be_and_keeps_nothing(host: ModuleType, site: Path) -> None:
    host.replace_core_files_with_release(asked(site), [])
    again = host.replace_core_files_with_release(asked(site, id="SC-20261127-1/2"), [])
    assert (again["state"], again["about"], again["sha256"]) == ("confirmed", "0", None)
    assert host.STORE.read_record_of_action("SC-20261127-1/2") is None


def test_another_release_or_folder_is_refused(host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(site)
    newer = {**RELEASE, "wp-includes/version.php": VERSION.replace(b"6.8.2", b"6.8.3")}
    for files, changes in (
        (newer, {}),
        (dict.fromkeys(RELEASE, b"other"), {}),
        (RELEASE, {"folder": "wp-content"}),
    ):
        monkeypatch.setattr(host, "read_bundled_file", sent(files).__getitem__)
        with pytest.raises(host.ActionRefusal, match="other_release"):
            host.replace_core_files_with_release(asked(site, **changes), [])
    assert state(site) == before
    assert not Path(host.STORE.home).exists()


def test_no_link_is_followed(host: ModuleType, site: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "load.php").write_bytes(b"s")
    (site / "wp-includes").rename(tmp_path / "moved")
    (site / "wp-includes").symlink_to(secret)
    with pytest.raises(host.ActionRefusal, match="unsafe"):
        host.replace_core_files_with_release(asked(site), [])
    assert (secret / "load.php").read_bytes() == b"s"
    with pytest.raises(host.ActionRefusal, match="folder_gone"):
        host.replace_core_files_with_release(asked(site, folder="wp-includes"), [])


@pytest.mark.parametrize("step", [None, "move_original_aside", "put_missing_release_file", "put_back_original_file"])
@pytest.mark.parametrize("odd", ["link", "pipe", "folder"])
def test_what_is_no_file_in_place_of_one_is_set_aside_and_comes_back(
    host: ModuleType, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, step: str | None
) -> None:
    admin, secret = site / "wp-admin/admin.php", tmp_path / "secret"
    secret.write_bytes(b"s")
    admin.unlink()
    if odd == "link":
        admin.symlink_to(secret)
    elif odd == "pipe":
        os.mkfifo(admin)
    else:
        admin.mkdir()
        (admin / "x").write_bytes(b"x")
    before, real = state(site), getattr(host.core_files, step) if step else None

    def cut(*given: Any) -> None:
        real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        if step:
            once.setattr(host.core_files, step, cut)
        if step == "put_back_original_file":
            host.replace_core_files_with_release(asked(site), [])
        if step:
            with pytest.raises(KeyboardInterrupt):
                (
                    host.undo_core_replacement
                    if step == "put_back_original_file"
                    else host.replace_core_files_with_release
                )(asked(site), [])
    if step != "put_back_original_file":
        assert host.replace_core_files_with_release(asked(site), [])["state"] == "confirmed"
        assert admin.read_bytes() == RELEASE["wp-admin/admin.php"]
        assert not admin.is_symlink()
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert state(site) == before
    assert secret.read_bytes() == b"s"


def test_what_is_swapped_in_at_the_last_moment_is_left_and_told_and_the_rest_is_as_the_release_has_it(
    host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, real = site / "wp-includes/load.php", host.core_files.file_replacement.replace_file_if_still_the_same

    def swapped(*given: Any) -> None:
        load.write_bytes(b"<?php swapped();")
        real(*given)

    monkeypatch.setattr(host.core_files.file_replacement, "replace_file_if_still_the_same", swapped)
    said = host.replace_core_files_with_release(asked(site), [])
    assert (said["state"], said["why"], said["about"]) == ("unknown", "files_left", "1 / 2: wp-includes/load.php")
    assert load.read_bytes() == b"<?php swapped();"
    assert (site / "wp-includes/js/a/b.js").read_bytes() == b"b\n"
    told = host.undo_core_replacement(asked(site), [])
    assert (told["state"], told["why"], told["about"]) == ("unknown", "changed_since", "wp-includes/load.php")
    assert not (site / "wp-includes/js/a").exists()


def test_what_has_changed_since_stays_and_the_rest_comes_back(host: ModuleType, site: Path) -> None:
    host.replace_core_files_with_release(asked(site), [])
    (site / "wp-includes/load.php").write_bytes(b"<?php // a newer release\n")
    said = host.undo_core_replacement(asked(site), [])
    assert (said["state"], said["why"], said["about"]) == ("unknown", "changed_since", "wp-includes/load.php")
    assert (site / "wp-includes/load.php").read_bytes() == b"<?php // a newer release\n"
    assert not (site / "wp-includes/js/a").exists()


@pytest.mark.parametrize("apart", [False, True], ids=["same file system", "another"])
@pytest.mark.parametrize(
    "step",
    [
        "keep_original_file",
        "put_missing_release_file",
        "replace_file_if_still_the_same",
        "reload_php_services_to_clear_code_cache",
        "put_back_original_file",
    ],
)
def test_whoever_is_cut_off_is_gone_on_for(
    host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, apart: bool
) -> None:
    before = state(site)
    if apart:
        linked, renamed = os.link, os.rename

        def crossing(call: Any) -> Any:
            def called(*given: Any, **named: Any) -> None:
                if (
                    "src_dir_fd" in named
                    and len(
                        {
                            str(Path(f"/proc/self/fd/{named[side]}").readlink()).startswith(str(site))
                            for side in ("src_dir_fd", "dst_dir_fd")
                        }
                    )
                    == 2
                ):
                    raise OSError(errno.EXDEV, "another file system")
                call(*given, **named)

            return called

        monkeypatch.setattr(os, "link", crossing(linked))
        monkeypatch.setattr(os, "rename", crossing(renamed))
    owner = {
        "replace_file_if_still_the_same": host.core_files.file_replacement,
        "reload_php_services_to_clear_code_cache": host.php_code,
    }.get(step, host.core_files)
    real = getattr(owner, step)

    def cut(*given: Any) -> Any:
        real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(owner, step, cut)
        if step == "put_back_original_file":
            host.replace_core_files_with_release(asked(site), [])
        with pytest.raises(KeyboardInterrupt):
            (host.undo_core_replacement if step == "put_back_original_file" else host.replace_core_files_with_release)(
                asked(site), []
            )
    if step != "put_back_original_file":
        assert host.replace_core_files_with_release(asked(site), [])["state"] == "confirmed"
        assert (site / "wp-includes/load.php").read_bytes() == RELEASE["wp-includes/load.php"]
    assert host.undo_core_replacement(asked(site), []) == {"state": "none"}
    assert state(site) == before


def test_a_file_that_ran_as_somebody_else_runs_as_nobody_else(host: ModuleType, site: Path) -> None:
    (site / "wp-includes/load.php").chmod(0o4755)
    host.replace_core_files_with_release(asked(site), [])
    assert (site / "wp-includes/load.php").stat().st_mode & 0o7777 == 0o755


def test_the_digest_is_of_all_that_was_done(host: ModuleType, site: Path) -> None:
    told = host.replace_core_files_with_release(asked(site), [])["sha256"]
    record = host.STORE.read_record_of_action(ID)
    files = [[file["path"], file["was"], file["new"]] for file in record["files"]]
    assert told == hashlib.sha256(json.dumps(files).encode()).hexdigest()
    assert files[0][:2] == ["wp-includes/js/a/b.js", None]


def test_a_folder_that_takes_the_name_of_a_new_one_is_given_to_nobody(
    host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As whoever owns the site's folder moves one of root's there, and would have its owner and mode changed."""
    shutil.rmtree(site / "wp-admin")
    (site / "roots").mkdir(0o700)
    real = os.mkdir

    def mkdir(name: str, *given: Any, **named: Any) -> None:
        real(name, *given, **named)
        if name == "wp-admin":
            (site / name).rmdir()
            (site / "roots").rename(site / name)

    with monkeypatch.context() as patched:
        patched.setattr(os, "mkdir", mkdir)
        with contextlib.suppress(action_runner.ActionRefusal, OSError):
            host.replace_core_files_with_release(asked(site), [])
    assert stat.S_IMODE((site / "wp-admin").stat().st_mode) == 0o700
