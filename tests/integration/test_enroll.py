from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from auditor import lab
from tests.lab.beside import Stage, act
from tests.lab.fixtures import Ended, environment, run

_WITHOUT_A_LOGIN = (
    r"journalctl -q -t sshd-session -o cat | grep -cE '^(Connection closed by|Unable to negotiate with) ' || :"
)


def without_a_login(host: str) -> int:
    """How many connections ended so since it booted: sshd shuts an address out for some fifteen at once."""
    return int(lab.run_on_machine_as_root(host, _WITHOUT_A_LOGIN).stdout)


def passes_through(key: Path) -> bool:
    """Whether that key lets somebody go on from the host, to a port that the host alone has."""
    options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    command = ["ssh", "-F", "/dev/null", "-i", str(key), *(word for one in options for word in ("-o", one))]
    asked = [*command, "-W", "127.0.0.1:22", "tudong@10.213.47.11"]
    there = subprocess.run(asked, input=b"\n", capture_output=True, timeout=20, check=False)
    return there.stdout.startswith(b"SSH-2.0")


@act("web1")
def enrolled(stage: Stage) -> None:
    lab.reset_machines_to_pristine_image([stage.host])
    assert without_a_login(stage.host) == 0
    auditor = partial(run, environment(stage.folder))
    folder, key = stage.folder / "inventory", stage.folder / "key"
    folder.mkdir()
    password = (lab.get_lab_state_in_use().root / "root_password").read_text("utf-8").strip()
    common = (
        "enroll",
        "may1",
        "-i",
        str(folder),
        "--address",
        "10.213.47.11",
        "--automation-user",
        "tudong",
        "--automation-key",
        str(key),
    )

    wrong = auditor(*common, "--password-stdin", "--fingerprint", "SHA256:nothing", given=f"{password}\n")
    assert wrong.code == 2
    assert "không đưa ra khóa" in wrong.err
    assert not (folder / "may1.yml").exists()

    done = auditor(*common, "--password-stdin", "--yes", given=f"{password}\n")
    assert done.code == 0, done.err
    assert "SHA256:" in done.err
    assert "antruc.test" in done.out
    assert without_a_login(stage.host) <= 6  # twice, one for each kind of host key
    assert password not in (folder / "may1.yml").read_text("utf-8") + done.out + done.err

    assert key.is_file()
    assert not passes_through(key)

    checked = auditor("inventory", "check", "-i", str(folder), "--json").json
    (host,) = checked["hosts"]
    assert host["automation_user"] == "tudong"
    assert [site["domain"] for site in host["sites"]] == ["antruc.test"]
    assert host["sites"][0]["application"] == "wordpress"


def test_from_the_root_password_to_an_entry__enrolled(acted: Callable[[str], None]) -> None:
    acted("enrolled")


def test_without_anybody_to_ask_it_says_what_to_give(
    booted: None, auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    ended = auditor("enroll", "may1", "-i", str(tmp_path), "--address", "10.213.47.11")
    assert ended.code == 2
    assert "--fingerprint" in ended.err
