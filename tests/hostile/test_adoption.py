"""Files that others wrote where root's programs believe whatever is root's: never made root's, however the host is hardened."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, findings

HOST = "web1"
TRAPS = {
    "/etc/sudoers.d/trap": ("sudo.file_modes", "www-data:www-data", "0440", "www-data ALL=(ALL) NOPASSWD: ALL"),
    "/etc/cron.d/trap": ("filesystem.cron_modes", "root:root", "0666", "* * * * * root touch /root/trapped"),
    "/etc/mysql/conf.d/trap.cnf": ("mariadb.file_modes", "root:www-data", "0664", "# trapped"),
    "/etc/systemd/system/cron.service.d/trap.conf": ("filesystem.root_settings", "www-data:root", "0644", "[Service]"),
    "/etc/logrotate.d/trap": ("filesystem.root_settings", "root:www-data", "0664", "/var/log/trap { daily }"),
    "/etc/profile.d/trap.sh": ("filesystem.root_settings", "www-data:root", "0644", ": trapped password=khong-ro-1"),
    "/etc/apt/apt.conf.d/99trap": ("filesystem.root_settings", "root:www-data", "0664", "// trapped"),
    "/etc/ssh/sshd_config.d/99-trap.conf": ("filesystem.root_settings", "www-data:root", "0600", "# trapped"),
    "/root/.ssh/trap": ("filesystem.root_settings", "www-data:root", "0644", "ssh-ed25519 AAAA trapped"),
    "/etc/nginx/snippets/trap.conf": ("nginx.file_modes", "www-data:root", "0644", "# trapped"),
}
ACCEPTED = "/etc/cron.d/trap"
"""Its controls (anybody may write it) are accepted by the lab's inventory."""
HELD = {path: trap for path, trap in TRAPS.items() if path != ACCEPTED}
BY_HAND = "filesystem.account_files"
CONTROLS = sorted({control for control, *_ in HELD.values()})
PLANT = "set -eu\n" + "".join(
    f"mkdir -p $(dirname {path})\nprintf '%s\\n' '{text}' > {path}\nchown {owner} {path}\nchmod {mode} {path}\n"
    for path, (_control, owner, mode, text) in TRAPS.items()
)
# A list that lets www-data write what looks like root's alone, an account file, and a folder that a group can write.
PLANT += """
printf '# acl\\n' > /etc/sudoers.d/acl
chmod 0440 /etc/sudoers.d/acl
python3 - <<'END'
import os, pwd, struct
entries = [(1, 6, -1), (2, 6, pwd.getpwnam("www-data").pw_uid), (4, 4, -1), (16, 6, -1), (32, 0, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, perm, who & 0xFFFFFFFF) for tag, perm, who in entries)
os.setxattr("/etc/sudoers.d/acl", "system.posix_acl_access", acl)
END
chown www-data /etc/gshadow
"""
LOOK = (
    "for file in "
    + " ".join(HELD)
    + "; do stat -c '%n %U:%G %04a' $file 2>/dev/null || true; cat $file 2>/dev/null || true; done"
)


def planted() -> str:
    said: str = lab.run_on_machine_as_root(
        HOST, LOOK + "; stat -c '%n %U:%G %04a' /etc/gshadow /etc/sudoers.d/acl"
    ).stdout.decode()
    return said


def test_what_others_could_have_written_is_held_or_moved_aside_and_never_made_roots(
    fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    fresh(HOST)
    done = lab.run_on_machine_as_root(HOST, PLANT)
    assert done.returncode == 0, done.stderr
    before = planted()
    reach = ("-i", INVENTORY, "--limit", HOST, "--output", str(tmp_path))

    audited = auditor("audit", *reach)
    assert (tmp_path / "findings.json").exists(), audited.err
    found = {one["control"]: one for one in findings(tmp_path) if one["host"] == HOST}
    for path, (control, *_) in TRAPS.items():
        violation = next((one for one in found[control]["violations"] if one["path"] == path), None)
        assert violation is not None, found[control]
        assert violation["doubt"]["place"] == path and violation["doubt"]["beginning"], violation
        assert found[control]["status"] in ("fail", "partial")
    assert "khong-ro-1" not in json.dumps(found)
    assert any(one["path"] == "/etc/sudoers.d/acl" for one in found["sudo.file_modes"]["violations"])

    held = auditor("harden", *reach, "--yes", "--json")
    assert held.code == 0, held.err
    why = reasons(held.json)
    assert "/etc/mysql/conf.d/trap.cnf can be changed by group www-data" in why["services.confinement"]
    for control in CONTROLS:
        assert f"--accept {control}" in why[control]
    assert "www-data ALL=(ALL) NOPASSWD: ALL" in why["sudo.file_modes"]
    assert "by hand" in why[BY_HAND]
    assert planted() == before
    (first,) = lab.run_on_machine_as_root(HOST, "ls /var/lib/luytre/aside").stdout.decode().split()
    moved = lab.run_on_machine_as_root(
        HOST, f"test ! -e {ACCEPTED} && stat -c '%U %a' /var/lib/luytre/aside/{first}{ACCEPTED}"
    )
    assert moved.stdout.decode() == "root 666\n"
    assert "NOPASSWD" not in lab.run_on_machine_as_root(HOST, "sudo -l -U www-data").stdout.decode()

    accepted = auditor("harden", *reach, "--yes", "--json", "--accept", ",".join([*CONTROLS, BY_HAND]))
    assert accepted.code == 0, accepted.err
    (run,) = {*lab.run_on_machine_as_root(HOST, "ls /var/lib/luytre/aside").stdout.decode().split()} - {first}
    for path, (_control, owner, mode, _text) in HELD.items():
        aside = lab.run_on_machine_as_root(
            HOST, f"test ! -e {path} && stat -c '%U:%G %04a' /var/lib/luytre/aside/{run}{path}"
        )
        assert aside.stdout.decode().strip() == f"{owner} {mode}", path
    assert (
        lab.run_on_machine_as_root(
            HOST, "test ! -e /etc/sudoers.d/acl && stat -c %a /var/lib/luytre/aside"
        ).stdout.decode()
        == "700\n"
    )
    assert lab.run_on_machine_as_root(HOST, "stat -c %U /etc/gshadow").stdout.decode() == "www-data\n"
    left = {one["control"]: one["status"] for one in findings(tmp_path) if one["host"] == HOST}
    assert {left[control] for control in (*CONTROLS, "services.confinement")} == {"pass"} and left[BY_HAND] != "pass"

    undone = auditor("rollback", "-i", INVENTORY, "--limit", HOST, "--yes", "--json")
    (step,) = undone.json
    theirs = {
        "mariadb": "/etc/mysql/conf.d/trap.cnf",
        "nginx": "/etc/nginx/snippets/trap.conf",
        "ssh": "/etc/ssh/sshd_config.d/99-trap.conf",
    }
    assert (undone.code, step["undone"]["problems"]) == (
        1,
        [
            f"the configuration of {daemon}.service was not tested, since others than root can change {trap}"
            for daemon, trap in theirs.items()
        ],
    ), "what is theirs again is not believed, and that is said"
    assert planted() == before


def reasons(answer: Any) -> dict[str, str]:
    """Control to why it is held, anywhere in an answer."""
    found: dict[str, str] = {}
    waiting = [answer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("held"), dict) and "control" in one:
                found[one["control"]] = one["held"]["en"]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
