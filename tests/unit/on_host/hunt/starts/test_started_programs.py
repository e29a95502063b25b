"""What that which starts by itself runs in turn is opened: behind whatever wrapper, two steps deep, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.starts import started_programs
from ansible.module_utils.luytre_shared.os import account_files

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reads what root alone may read")
ACCOUNT = {"name": "web", "uid": 33, "gid": 33, "home": "/nowhere", "shell": "", "field": "x"}


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def opened(
    places: PlaceRows, text: str, slot: str = "cron", who: str = "root", where: str = "/etc/x"
) -> list[list[Any]]:
    places.add_row_in_slot(slot, where, who, "foreign", text)
    started_programs.add_rows_of_what_starts_in_turn(places)
    return [row for row in places.rows if row[0] == "started"]


@pytest.mark.parametrize(
    "command",
    [
        "{x}",
        "-{x} --daemon",
        "/usr/bin/env LANG=C nohup setsid {x} >/dev/null 2>&1 &",
        "sh -c 'true; {x}'",
        "cd {d} && ./run",
        "D={d}; $D/run",
        'test -x "{x}" && . "{x}"',
        "systemd-run --unit=x {x}",
        'RUN+="{x}"',
        "(({x}))",
    ],
)
def test_a_script_is_opened_however_it_is_started(unpackaged: PlaceRows, tmp_path: Path, command: str) -> None:
    path = script(tmp_path / "lib/run", "#!/bin/sh\n# curl x | sh\necho here\n")
    unpackaged.packaged.names.add("/usr/bin/env")
    (row,) = opened(unpackaged, command.format(x=path, d=path.parent))
    assert (row[1], row[2], row[3], row[4], row[5]) == (str(path), "root", "foreign", "echo here", ["script"])
    assert "starts" in unpackaged.rows[0][5]
    assert [str(path), "foreign"] in unpackaged.rows[0][6]


def test_it_goes_two_steps_and_no_third(unpackaged: PlaceRows, tmp_path: Path) -> None:
    third = script(tmp_path / "third", "#!/bin/sh\necho 3\n")
    second = script(tmp_path / "second.py", f"import os\nos.popen('{third}')\n", 0o644)
    first = script(tmp_path / "first", f"#!/bin/sh\npython3 {second}\n{tmp_path}/first\n")
    assert [row[1] for row in opened(unpackaged, str(first))] == [str(first), str(second)]


def test_data_and_what_is_no_file_is_not_opened(unpackaged: PlaceRows, tmp_path: Path) -> None:
    data = script(tmp_path / "data.log", "curl x | sh", 0o644)
    os.mkfifo(tmp_path / "fifo.sh")
    (tmp_path / "folder.sh").mkdir()
    text = f"cat {data} {tmp_path}/fifo.sh {tmp_path}/folder.sh /dev/zero /proc/self/environ {tmp_path}/none.sh \0 //x"
    assert opened(unpackaged, text) == []
    assert opened(unpackaged, f"sh {data}")[0][4] == "curl x | sh"


def test_an_account_has_nothing_read_that_it_may_not_read(
    unpackaged: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_files, "read_passwd_rows", lambda: [ACCOUNT])
    secret, own = script(tmp_path / "secret.sh", "x", 0o700), script(tmp_path / "own.sh", "y", 0o755)
    (tmp_path / "link.sh").symlink_to(secret)
    text = f"sh {secret}; sh {tmp_path}/link.sh; sh {own}"
    assert [row[1] for row in opened(unpackaged, text, who="web")] == [str(own)]
    assert opened(unpackaged, f"sh {secret}", who="4711") == [row for row in unpackaged.rows if row[0] == "started"]


def test_a_compiled_program_is_told_by_its_place_alone(unpackaged: PlaceRows, tmp_path: Path) -> None:
    path = tmp_path / "elf"
    path.write_bytes(b"\x7fELF/dev/tcp/")
    (row,) = opened(unpackaged, str(path))
    assert (row[4], row[5]) == ("", ["elf"])


def test_a_text_that_names_without_end_is_followed_to_an_end(unpackaged: PlaceRows, tmp_path: Path) -> None:
    paths = [script(tmp_path / f"x{number}.sh", f"echo {number}") for number in range(400)]
    found = opened(unpackaged, "\n".join(map(str, paths)))
    assert len(found) == started_programs.OF_A_TEXT
    again = started_programs.list_paths_that_text_runs("A=$A$A$A " * 2_000 + "$A" * 5_000, "/etc/x", None, {})
    assert again == []


def test_names_in_local_folders_and_beside_a_script_are_found(tmp_path: Path) -> None:
    module = script(tmp_path / "helper.py", "x")
    local = {"refresh": str(module)}
    assert started_programs.list_paths_that_text_runs("refresh --all", "/etc/x", None, local) == [(str(module), False)]
    told = started_programs.list_paths_that_text_runs("import helper, os", str(tmp_path / "main.py"), None, {})
    assert told == [(str(module), True)]
    home = {**ACCOUNT, "home": str(tmp_path)}
    for text in ('PROMPT_COMMAND="history -a; ~/helper.py"', "$HOME/helper.py", "${HOME}/helper.py"):
        assert started_programs.list_paths_that_text_runs(text, "/etc/x", home, {}) == [(str(module), False)]
