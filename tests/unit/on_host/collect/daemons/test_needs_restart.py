"""Which daemons run what they read before their files were changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.module_utils.luytre.daemons import needs_restart


class Trusting:
    def __init__(self, loose: str = "") -> None:
        self._loose = loose

    def describe_first_changer_on_path(self, path: str) -> str | None:
        return "others" if path == self._loose else None


def test_the_newest_file_counts_that_root_alone_can_change(tmp_path: Path) -> None:
    for name, when in (("a.conf", 1_000), ("b.conf", 3_000), ("c.conf", 2_000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))
    patterns = [str(tmp_path / "*.conf")]
    assert needs_restart.find_latest_config_change(patterns, Trusting()) == (3_000, str(tmp_path / "b.conf"))
    assert needs_restart.find_latest_config_change(patterns, Trusting(str(tmp_path / "b.conf"))) == (
        2_000,
        str(tmp_path / "c.conf"),
    )
    assert needs_restart.find_latest_config_change([str(tmp_path / "*.ini")], Trusting()) is None


def test_neither_a_mode_nor_a_time_that_lies_ahead_makes_a_file_new(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.touch()
    os.utime(path, (1_000, 1_000))
    path.chmod(0o600)
    assert needs_restart.find_latest_config_change([str(path)], Trusting()) == (1_000, str(path))
    os.utime(path, (2**40, 2**40))
    assert needs_restart.find_latest_config_change([str(path)], Trusting())[0] < 2**40


def test_a_number_of_a_process_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.pid"
    path.write_text("999999999")
    assert needs_restart.get_time_daemon_read_config("ssh.service", str(path)) is None
    path.write_text(str(os.getpid()))
    assert (needs_restart.get_time_daemon_read_config("ssh.service", str(path)) is not None) == (os.getuid() == 0)


def test_a_link_or_another_files_number_makes_no_daemon_younger(tmp_path: Path) -> None:
    path = tmp_path / "x.pid"
    path.write_text(str(os.getpid()))
    (tmp_path / "link.pid").symlink_to(path)
    assert needs_restart.get_time_daemon_read_config("ssh.service", str(tmp_path / "link.pid")) is None
    assert needs_restart.get_time_daemon_read_config("php8.4-fpm.service", str(path)) is None


def test_code_that_was_replaced_is_told_and_what_is_no_code_of_the_system_s_is_not(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    maps = tmp_path / "7" / "maps"
    fresh = "7f00-7f10 r-xp 00000000 00:2d 11    /usr/lib/x86_64-linux-gnu/libz.so.1.3.1\n"
    others = (
        "7f10-7f20 rw-s 00000000 00:01 12    /dev/zero (deleted)\n"
        "7f20-7f30 r-xp 00000000 00:2d 13    /tmp/x.so (deleted)\n"
        "7f30-7f40 rw-p 00000000 00:2d 14    /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"
    )
    maps.write_text(fresh + others)
    assert needs_restart.find_replaced_file_of_process(7, str(tmp_path)) is None
    maps.write_text(
        fresh + others + "7f40-7f50 r-xp 00000000 00:2d 15    /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"
    )
    assert needs_restart.find_replaced_file_of_process(7, str(tmp_path)) == "/usr/lib/x86_64-linux-gnu/libssl.so.3"
    assert needs_restart.find_replaced_file_of_process(8, str(tmp_path)) is None


@pytest.mark.parametrize(
    ("written", "running", "names"),
    [
        ("--max-connections=200", {"max_connections": "151"}, ["max_connections"]),
        ("--key_buffer_size=16M", {"key_buffer_size": "16777216"}, []),
        ("--local-infile=0", {"local_infile": "OFF"}, []),
        ("--datadir=/var/lib/mysql", {"datadir": "/var/lib/mysql/"}, []),
        ("--unheard-of=1", {}, []),
        ("--skip-name-resolve", {"skip_name_resolve": "OFF"}, []),
    ],
)
def test_mariadb_is_older_than_its_files_where_a_value_differs(
    written: str, running: dict[str, str], names: list[str]
) -> None:
    assert needs_restart.find_mariadb_options_not_in_force([written], running) == names
