"""What the lab's tests compare disks with sees all that a walk of the live host sees."""

from __future__ import annotations

from collections.abc import Callable

from auditor import lab
from tests.lab.disk import OUT, differences, disk
from tests.lab.tree import tree

CHANGED = {
    "/etc/services": "chmod 600 /etc/services",
    "/etc/protocols": "chown 1:2 /etc/protocols",
    "/etc/shells": "python3 -c \"import os; os.setxattr('/etc/shells', 'user.told', b'1')\"",
    "/etc/networks": "echo '# more' >> /etc/networks",
    "/etc/profile": "cp -a /etc/profile /etc/p; rm /etc/profile; cp -a /etc/p /etc/profile; touch -d 2001-01-01 /etc/profile",
    "/etc/p": ":",
    "/etc/issue": "rm /etc/issue",
    "/etc/issue.net": "ln -sf services /etc/issue.net",
    "/etc/os-release": "rm /etc/os-release; mkdir /etc/os-release",
    "/etc/cron.daily": "mv /etc/cron.daily /srv/moved; ln -s /srv/moved /etc/cron.daily",
    "/srv/new/folder/file": "mkdir -p /srv/new/folder; echo 1 > /srv/new/folder/file",
    "/srv/linked": "ln /srv/new/folder/file /srv/linked",
    "/srv/pipe": "mkfifo /srv/pipe",
    "/etc/logrotate.d/apt": "rm -r /etc/logrotate.d; mkdir /etc/logrotate.d; echo 1 > /etc/logrotate.d/own",
    "/etc/logrotate.d/own": ":",
    "/srv/a b/in memory": "mkdir '/srv/a b'; mount -t tmpfs none '/srv/a b'; echo 1 > '/srv/a b/in memory'",
    "/etc/skel/in memory": "mount -t tmpfs none /etc/skel; echo 1 > '/etc/skel/in memory'",
    "/etc/skel/.profile": ":",
    "/etc/hostname": "mount --bind /etc/services /etc/hostname",
}
"""Paths of which something differs after it."""


def test_a_disk_is_what_a_walk_of_the_live_host_sees(fresh: Callable[..., None]) -> None:
    fresh("web3")
    pristine = disk("web3")
    assert pristine == walked("web3")
    done = lab.run_on_machine_as_root("web3", "set -e\n" + "\n".join(CHANGED.values()))
    assert done.returncode == 0, done.stderr
    changed = disk("web3")
    assert changed == walked("web3")
    assert set(CHANGED) <= set(differences(pristine, changed))


def walked(host: str) -> dict[str, list[object]]:
    return tree(f"{lab.get_init_process_folder_of_machine(host)}/root", OUT)
