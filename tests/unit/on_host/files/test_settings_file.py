"""The modules that write settings files and their lines in one trip, run as Ansible runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.on_host import MODULE_UTILS

LIBRARY = Path(__file__).parents[4] / "on_host" / "files" / "library"
USER, GROUP = (
    subprocess.run(["id", flag], capture_output=True, text=True, check=True).stdout.strip() for flag in ("-un", "-gn")
)


def put(tmp_path: Path, dest: Path, content: str, check: bool = False, **options: str) -> dict[str, Any]:
    return run(tmp_path, "settings_file", check, dest=str(dest), content=content, owner=USER, group=GROUP, **options)


def run(tmp_path: Path, module: str, check: bool = False, **options: Any) -> dict[str, Any]:
    given = {"_ansible_check_mode": check, "_ansible_remote_tmp": str(tmp_path / "remote"), **options}
    starter = (
        "import json, runpy, sys\n"
        "import ansible.module_utils\n"
        "ansible.module_utils.__path__.extend(sys.argv[3].split(':'))\n"
        "from ansible.module_utils import basic\n"
        "basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = json.dumps({'ANSIBLE_MODULE_ARGS': json.loads(sys.argv[2])}).encode(), 'legacy'\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", starter, str(LIBRARY / f"{module}.py"), json.dumps(given), MODULE_UTILS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o7777)


def test_it_is_written_once(tmp_path: Path) -> None:
    dest = tmp_path / "zz-luytre.conf"
    first = put(tmp_path, dest, "một\n", mode="0440")
    assert first["changed"] is True
    assert first["diff"][0]["before"] == ""
    assert first["diff"][0]["after"] == "một\n"
    assert dest.read_text("utf-8") == "một\n"
    assert mode(dest) == "0o440"
    assert put(tmp_path, dest, "một\n", mode="0440")["changed"] is False


def test_modes_alone_are_mended_too(tmp_path: Path) -> None:
    dest = tmp_path / "file"
    dest.write_text("x", "utf-8")
    dest.chmod(0o666)
    assert put(tmp_path, dest, "x")["changed"] is True
    assert mode(dest) == "0o644"


@pytest.mark.parametrize("old", [None, "old\n"])
def test_check_mode_tells_and_changes_nothing(tmp_path: Path, old: str | None) -> None:
    dest = tmp_path / "file"
    if old is not None:
        dest.write_text(old, "utf-8")
    told = put(tmp_path, dest, "new\n", check=True)
    assert told["changed"] is True
    assert told["diff"][0]["before"] == (old or "")
    assert (dest.read_text("utf-8") if dest.exists() else None) == old


def test_what_does_not_pass_its_test_does_not_get_there(tmp_path: Path) -> None:
    dest = tmp_path / "file"
    dest.write_text("good\n", "utf-8")
    for check in (True, False):
        told = put(tmp_path, dest, "bad\n", check=check, validate="/bin/grep -q good %s")
        assert told["failed"] is True
        assert "failed to validate" in told["msg"]
        assert dest.read_text("utf-8") == "good\n"
    assert put(tmp_path, dest, "good too\n", validate="/bin/grep -q good %s")["changed"] is True


def test_a_test_that_is_not_there_yet_fails_only_the_real_run(tmp_path: Path) -> None:
    dest = tmp_path / "file"
    assert put(tmp_path, dest, "x", check=True, validate="/gone/nft -c -f %s")["changed"] is True
    assert put(tmp_path, dest, "x", validate="/gone/nft -c -f %s")["failed"] is True
    assert not dest.exists()


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim, dest = tmp_path / "victim", tmp_path / "file"
    victim.write_text("theirs", "utf-8")
    victim.chmod(0o600)
    dest.symlink_to(victim)
    assert put(tmp_path, dest, "theirs")["changed"] is True
    assert not dest.is_symlink()
    assert dest.read_text("utf-8") == "theirs"
    assert mode(dest) == "0o644"
    assert mode(victim) == "0o600"


def test_without_its_folder_it_says_so(tmp_path: Path) -> None:
    told = put(tmp_path, tmp_path / "gone" / "file", "x")
    assert told["failed"] is True
    assert "gone/file" in told["msg"]


def test_several_files_are_one_trip(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1\n", "utf-8")
    one.chmod(0o644)
    files = [{"dest": str(one), "content": "1\n"}, {"dest": str(two), "content": "2\n"}]
    told = run(tmp_path, "settings_file", files=files, owner=USER, group=GROUP)
    assert told["changed"] is True
    assert [difference["after_header"] for difference in told["diff"]] == [str(two)]
    assert two.read_text("utf-8") == "2\n"
    assert run(tmp_path, "settings_file", files=files, owner=USER, group=GROUP)["changed"] is False
    assert run(tmp_path, "settings_file", files=files, dest=str(one), content="x")["failed"] is True


def line(path: Path, key: str, value: int) -> dict[str, str]:
    return {"path": str(path), "regexp": rf"^\s*{key}\s*(=|$)", "line": f"{key} = {value}"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# deny = 3\n", "# deny = 3\ndeny = 5\nminlen = 14\n"),
        ("deny = 3\ndeny=4\nminlen\n# end", "deny = 3\ndeny = 5\nminlen = 14\n# end"),
        ("", "deny = 5\nminlen = 14\n"),
        ("x", "x\ndeny = 5\nminlen = 14\n"),
    ],
)
def test_the_last_line_that_matches_is_set_or_one_is_added(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "lines.conf"
    path.write_bytes(b"\xff\n" + before.encode())
    path.chmod(0o640)
    lines = [line(path, "deny", 5), line(path, "minlen", 14)]
    for check in (True, False):
        told = run(tmp_path, "settings_lines", check, lines=lines)
        assert told["changed"] is True
        assert [difference["after_header"] for difference in told["diff"]] == [str(path)]
        assert path.read_bytes() == b"\xff\n" + (before if check else after).encode()
    assert mode(path) == "0o640"
    assert run(tmp_path, "settings_lines", lines=lines)["changed"] is False


def test_a_file_that_is_not_there_is_made_only_when_it_may_be(tmp_path: Path) -> None:
    there, gone = tmp_path / "there.conf", tmp_path / "gone.conf"
    there.write_text("deny = 1\n", "utf-8")
    lines = [line(there, "deny", 5), line(gone, "deny", 5)]
    told = run(tmp_path, "settings_lines", lines=lines)
    assert told["failed"] is True and "gone.conf" in told["msg"]
    assert there.read_text("utf-8") == "deny = 1\n"
    assert run(tmp_path, "settings_lines", lines=lines, create=True)["changed"] is True
    assert gone.read_text("utf-8") == there.read_text("utf-8") == "deny = 5\n"
