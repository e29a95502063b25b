"""What is contained goes out of force however an intruder wrote it down, kept it from root, or others contain it too, and comes back as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor import lab
from tests.lab.fixtures import INVENTORY, environment, run

ROOT = "/var/www/antruc.test"
SHELL, CRONTAB, UNIT = f"{ROOT}/wp-content/uploads/vo.php", "/etc/cron.d/luytre-lab-xau", "luytre-lab-xau.service"
GONE = "antruc.test/readme.html"
FILE = f"/etc/systemd/system/{UNIT}"
VHOST = "/etc/nginx/sites-available/antruc.test"
KEYS = "/home/canbo/.ssh/authorized_keys"
KEPT = (f"{ROOT}/wp-content/uploads", SHELL, CRONTAB, FILE, KEYS, "/home/canbo/.ssh", "/etc/shadow", VHOST)
FLAGS = """
import fcntl, os, struct, sys
for path in sys.argv[2:]:
    handle = os.open(path, os.O_RDONLY)
    flags = struct.unpack("I", fcntl.ioctl(handle, 0x80086601, bytes(8))[:4])[0]
    fcntl.ioctl(handle, 0x40086602, struct.pack("I", flags | 0x10 if sys.argv[1] == "+" else flags & ~0x10) + bytes(4)) if sys.argv[1] in "+-" else print(bool(flags & 0x10))
"""
"""chattr, which the hosts do without."""
MADE = f"""set -e
printf '%s' '{FLAGS}' > /root/flags.py
useradd -m canbo && useradd -m nhanvien && useradd -m tep
ssh-keygen -q -t rsa -b 2048 -N '' -f /root/key
key=$(cut -d' ' -f2 /root/key.pub)
install -d -o canbo -g canbo -m 700 /home/canbo/.ssh
install -d -o nhanvien -g nhanvien -m 700 /home/nhanvien/.ssh
printf 'rsa-sha2-512 %s\\n' $key > {KEYS}
printf 'ssh-rsa %s\\v%s\\nssh-rsa %s\\0Z\\n' $(echo $key | cut -c -40) $(echo $key | cut -c 41-) $key > /home/nhanvien/.ssh/authorized_keys
mkdir /etc/ssh/tep && cp /root/key.pub /etc/ssh/tep/tep
printf 'Match User tep\\n  AuthorizedKeysFile /etc/ssh/tep/%%u\\n' > /etc/ssh/sshd_config.d/90-tep.conf
systemctl reload ssh
mv {ROOT} /srv/antruc && ln -s /srv/antruc {ROOT}
echo '<?php /* luytre-lab: inert */' > {SHELL}
echo '* * * * * root /bin/true' > {CRONTAB}
printf '[Service]\\nExecStart=/bin/sleep 9999\\n' > {FILE}
systemctl daemon-reload && systemctl start {UNIT}
chown -R canbo: /home/canbo/.ssh && chown -R nhanvien: /home/nhanvien/.ssh
python3 /root/flags.py + {" ".join(KEPT)}"""
COMES_IN = "for one in canbo nhanvien tep; do ssh -n -i /root/key -o StrictHostKeyChecking=no -o BatchMode=yes -o LogLevel=ERROR $one@127.0.0.1 id -un; done 2> /dev/null; true"
IN_FORCE = f"ls {SHELL} 2> /dev/null; grep -v '^#' {CRONTAB}; systemctl is-active {UNIT}; true"
EVERYBODY, ALL = "canbo\nnhanvien\ntep\n", f"{SHELL}\n* * * * * root /bin/true\nactive\n"


def said(script: str) -> str:
    told = lab.run_on_machine_as_root("web1", script)
    assert told.returncode == 0, told.stderr
    return str(told.stdout.decode())


@pytest.fixture
def marked(fresh: Callable[..., None]) -> None:
    """Files that not even root changes, below a web root that is a link, and a key in lines that few programs read as sshd does."""
    fresh("web1")
    said(MADE)


def test_what_an_intruder_who_was_root_left_goes_out_of_force_and_comes_back(marked: None, tmp_path: Path) -> None:
    inventory = shutil.copytree(INVENTORY, tmp_path / "inventory")
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", str(inventory), "--lang", "en")
    first, second = (
        run(state, "incident", "open", subject, *who).out.split()[0] for subject in ("antruc.test", "web1")
    )
    key = said("ssh-keygen -lf /root/key.pub").split()[1]
    wanted = ("file", SHELL, "job", f"{CRONTAB}:1", "unit", UNIT, "key", key, "account", "canbo", "path", GONE)
    assert said(COMES_IN) == EVERYBODY
    assert said(IN_FORCE) == ALL
    try:
        contained = run(state, "incident", "contain", first, *wanted, *who)
        assert contained.code == 0, contained.out + contained.err
        assert said(COMES_IN) == ""
        assert said(IN_FORCE) == "inactive\n"

        again = run(state, "incident", "contain", second, *wanted, *who)
        assert again.out.count(f"another incident already contains it; number ({first}/") == 3, again.out
        released = run(state, "incident", "release", first, *who)
        assert released.code == 0, released.out + released.err
        assert f"another incident does; number {second}/3" in released.out
        assert said(IN_FORCE) == ALL.replace("active", "inactive")
        assert said(COMES_IN) == "nhanvien\ntep\n"
        assert run(state, "incident", "release", second, *who).code == 0
        assert (said(COMES_IN), said(IN_FORCE)) == (EVERYBODY, ALL)
        assert said(f"python3 /root/flags.py = {' '.join(KEPT)}") == "True\n" * len(KEPT)
        assert said("ls -A /var/lib/luytre 2> /dev/null; true") == ""
    finally:
        lab.run_on_machine_as_root("web1", f"python3 /root/flags.py - {' '.join(KEPT)}")
