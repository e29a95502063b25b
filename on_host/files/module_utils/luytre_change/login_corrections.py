"""What is wanted of the files by which people log in and become root: sshd's, sudo's."""

import os

from ansible.module_utils.luytre.access import ssh, sudo
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre_change.permissions import Correction
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

SECONDS = 20
"""For asking a daemon which files are its own."""


def list_corrections_of_ssh_host_keys():
    """Return the host keys in use that lie in sshd's own folder, root's alone."""
    keys = sorted(
        {os.path.realpath(path) for path in sshd.read_effective_sshd_config(AreaReader({}, SECONDS))["hostkey"]}
    )
    return [
        Correction(path, 0o600, groups=("root",), secret=True) for path in keys if os.path.dirname(path) == "/etc/ssh"
    ]


def list_corrections_of_sshd_config():
    """Return sshd's settings, root's to read alone."""
    return [Correction(path, 0o600, groups=("root",)) for path in ssh.list_sshd_config_files()]


def list_corrections_of_sudoers_files():
    """Return sudo's files, root's to read alone."""
    return [
        Correction(sudo.FOLDER, 0o7750),
        *(Correction(path, 0o440, groups=("root",)) for path in sudo.list_sudoers_files()),
    ]
