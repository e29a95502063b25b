"""Steps by hand do what they say: each is run here on files of its own, without sudo."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from auditor.incidents.response import manual
from auditor.incidents.response.manual import Manual
from auditor.incidents.response.seen import Seen
from auditor.models.reviews import Kind


def edits(step: Manual, *programs: str) -> None:
    """Run those commands of a step that start these programs."""
    for command in step.commands:
        if command.split()[1] in programs:
            subprocess.run(["bash", "-c", command.removeprefix("sudo ")], check=True)


@pytest.mark.parametrize(
    ("kind", "rule", "line"),
    [
        ("login", "login_gives_passwords", "auth optional pam_exec.so quiet expose_authtok /usr/local/lib/.pam/ghi"),
        ("login", "login_runs", "session optional pam_exec.so /usr/local/bin/x"),
        ("login", "login_lets_all", "auth sufficient pam_permit.so"),
        ("login", "sshd_asks", "  authorizedkeyscommand /usr/local/bin/keys"),
        ("login", "keys_elsewhere", "AuthorizedKeysFile /tmp/keys"),
        ("login", "sshd_runs", "ForceCommand /tmp/x"),
        ("login", "sshd_trusts", "TrustedUserCAKeys /etc/x"),
        ("interpreter", "prepended", "auto_prepend_file = /var/tmp/x.php"),
        ("interpreter", "foreign", "extension = /usr/lib/php/x.so"),
        ("interpreter", "foreign", 'zend_extension="/usr/lib/php/x.so"'),
    ],
)
def test_the_line_is_out_of_force_and_all_others_stay(tmp_path: Path, kind: Kind, rule: str, line: str) -> None:
    others = ["# a comment", "auth required pam_unix.so", "PermitRootLogin no", "extension=mysqli", "memory_limit = 1G"]
    file = tmp_path / "it's a file"
    file.write_text("\n".join([*others[:2], line, *others[2:], ""]))
    of = Seen("web1", kind, str(file), "", rules=frozenset({rule}))
    edits(manual.login(of) if kind == "login" else manual.interpreter(of), "sed")
    mark = "# " if kind == "login" else "; "
    assert file.read_text().splitlines() == [*others[:2], mark + line, *others[2:]]


def test_a_rule_of_sudo_s_in_its_main_file_is_that_account_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "sudoers"
    file.write_text("root ALL=(ALL:ALL) ALL\nwww-data ALL=(ALL) NOPASSWD: ALL\nwww-data2 ALL=ALL\n")
    step = manual.sudo_rule(Seen("web1", "permission", "/etc/sudoers", "", "www-data"))
    command = next(one for one in step.commands if " sed " in one).removeprefix("sudo ")
    subprocess.run(["bash", "-c", command.replace("/etc/sudoers", str(file))], check=True)
    assert file.read_text() == "root ALL=(ALL:ALL) ALL\n# www-data ALL=(ALL) NOPASSWD: ALL\nwww-data2 ALL=ALL\n"


def test_an_account_s_lines_go_and_no_other_s(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0::/root:/bin/sh\nhe.thong:!:0:0::/:/bin/sh\nhexthong:x:7:7::/:/bin/sh\n")
    step = manual.passwd_line(Seen("web1", "account", "/etc/passwd", "he.thong"))
    command = next(one for one in step.commands if " sed " in one).removeprefix("sudo ")
    subprocess.run(["bash", "-c", command.replace("/etc/passwd /etc/shadow", str(file))], check=True)
    assert file.read_text() == "root:x:0:0::/root:/bin/sh\nhexthong:x:7:7::/:/bin/sh\n"


def test_a_program_lends_its_rights_to_nobody_any_more(tmp_path: Path) -> None:
    file = tmp_path / ".x"
    file.write_bytes(b"x")
    file.chmod(0o6755)
    step = manual.setuid(Seen("web1", "setuid", str(file), ""))
    edits(Manual(step.says, step.commands[2:4]), "chmod", "python3")
    assert file.stat().st_mode & 0o7777 == 0o755
    assert "security.capability" not in os.listxattr(file)


def test_a_copy_is_kept_before_anything_is_changed() -> None:
    for step in (
        manual.taken_away,
        manual.unit_file,
        manual.setuid,
        manual.sudo_rule,
        manual.preloaded,
        manual.replaced,
    ):
        commands = step(Seen("web1", "startup", "/etc/x", "")).commands
        assert commands[1] == f"sudo cp -a --parents -- /etc/x {manual.KEPT}"
