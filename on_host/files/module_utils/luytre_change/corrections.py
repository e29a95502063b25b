"""What is wanted of root's own files, part by part, as corrections for ``permissions.apply_permission_corrections``."""

import os
import stat

from ansible.module_utils.luytre_change.permissions import (
    AsideFolder,
    Correction,
    CorrectionResult,
    apply_permission_corrections,
)
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, read_text

SECONDS = 20
"""For asking a daemon which files are its own."""


LINK_FOLDERS = {"apache": "/etc/apache2", "nginx": "/etc/nginx", "root_settings": "/etc/systemd"}
"""Where links lead to files beside them, and a link that leads nowhere is a mistake."""
OF_DAEMONS = ("apache", "nginx")
"""Parts that are put right with the rest of a daemon's configuration, which the daemon tests."""
TIGHTEN = {
    "tighten": {"type": "bool", "default": False},
    "aside": {"type": "bool", "default": False},
    "run": {"type": "str", "default": ""},
}
"""Arguments of the modules that do so."""


def apply_permission_corrections_of_part(part, check, aside=None):
    """Return the CorrectionResult of a part's corrections; see ``permissions.apply_permission_corrections``.

    Raises OSError, UnreadableFact.
    """
    return apply_permission_corrections(PARTS[part](), check, aside, LINK_FOLDERS.get(part))


def apply_permission_corrections_by_params(part, params, check):
    """Return the CorrectionResult of a part's corrections by a module's TIGHTEN arguments.

    Raises OSError, UnreadableFact, ValueError.
    """
    if not params["tighten"]:
        return CorrectionResult()
    return apply_permission_corrections_of_part(part, check, AsideFolder(params["run"]) if params["aside"] else None)


def _list_corrections_of_account_files():
    """Return the account files, each closed as far as its kind is."""
    from ansible.module_utils.luytre.system import filesystem

    files = []
    for name in filesystem.ACCOUNT_FILES:
        secret = name in filesystem.SECRET_ACCOUNT_FILES
        groups = ("root", "shadow") if secret else ("root",)
        mask = 0o600 if name.startswith("security/") else 0o640 if secret else 0o644
        files.append(Correction("/etc/" + name, mask, groups=groups, secret=True))
    return files


def _list_corrections_of_apache_config():
    """Return what is loose below /etc/apache2."""
    from ansible.module_utils.luytre.web import apache

    return [Correction(each["path"], 0o7755) for each in apache.find_loose_apache_files()]


def _list_corrections_of_cron_files():
    """Return cron's table, folders and files."""
    from ansible.module_utils.luytre.system import filesystem

    return [
        Correction(path, 0o700 if os.path.isdir(path) else 0o600 if path == "/etc/crontab" else 0o755)
        for path in filesystem.list_cron_paths()
    ]


def _list_corrections_of_ssh_host_keys():
    """Return the host keys in use that lie in sshd's own folder, root's alone."""
    from ansible.module_utils.luytre.logins import sshd

    keys = sorted(
        {os.path.realpath(path) for path in sshd.read_effective_sshd_config(AreaReader({}, SECONDS))["hostkey"]}
    )
    return [
        Correction(path, 0o600, groups=("root",), secret=True) for path in keys if os.path.dirname(path) == "/etc/ssh"
    ]


def _list_corrections_of_nginx_config():
    """Return what of /etc/nginx is loose."""
    from ansible.module_utils.luytre.web import nginx

    return [Correction(mode["path"], 0o7755) for mode in nginx.find_loose_paths_below_etc_nginx()]


def _list_corrections_of_mysql_option_files():
    """Return option files, root's to write alone; those with a password for no others to read."""
    from ansible.module_utils.luytre.web import mariadb

    folders = [Correction(folder, 0o7755) for folder, _folders, _names in os.walk("/etc/mysql")]
    return folders + [
        Correction(each["path"], 0o750 if each["holds_password"] else 0o755)
        for each in mariadb.list_mariadb_config_files()
        if each["loose"]
    ]


def _list_corrections_of_root_owned_settings():
    """Return what root's programs believe and others could have written."""
    from ansible.module_utils.luytre.system import filesystem

    return [Correction(entry["path"], 0o7755) for entry in filesystem.find_doubtful_files_of_root()]


def _list_corrections_of_sshd_config():
    """Return sshd's settings, root's to read alone."""
    from ansible.module_utils.luytre.access import ssh

    return [Correction(path, 0o600, groups=("root",)) for path in ssh.list_sshd_config_files()]


def _list_corrections_of_sudoers_files():
    """Return sudo's files, root's to read alone."""
    from ansible.module_utils.luytre.access import sudo

    return [
        Correction(sudo.FOLDER, 0o7750),
        *(Correction(path, 0o440, groups=("root",)) for path in sudo.list_sudoers_files()),
    ]


def _list_corrections_of_tls_private_keys():
    """Return the private keys in use, root's and the group's that is made for them."""
    from ansible.module_utils.luytre.web import tls

    return [
        Correction(path, 0o640, groups=("ssl-cert", "root"), secret=True)
        for path in tls.list_private_key_files(tls.list_configured_tls_files())
    ]


def _list_corrections_to_set_sticky_bits():
    """Return folders in which anybody may make files: the right to replace others' files."""
    return [
        Correction(path, 0o7777, add=stat.S_ISVTX, by_owner=False)
        for path in _find_mendable_world_writable_paths("dir")
    ]


def _list_corrections_of_world_writable_files():
    """Return files that anybody may write."""
    from ansible.module_utils.luytre.system import filesystem

    return [
        Correction(path, 0o7775, by_owner=path.startswith(filesystem.BY_OWNER))
        for path in _find_mendable_world_writable_paths("file")
    ]


def _find_mendable_world_writable_paths(kind):
    from ansible.module_utils.luytre.system import filesystem
    from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

    mounts = filesystem.parse_mountinfo(read_text("/proc/self/mountinfo") or "")
    result = filesystem.walk_host_disks(mounts, TimeBudget(filesystem.WALK_SECONDS * 3))
    return [entry["path"] for entry in result.world_writable if entry["mendable"] and entry["kind"] == kind]


PARTS = {
    "account_files": _list_corrections_of_account_files,
    "apache": _list_corrections_of_apache_config,
    "cron": _list_corrections_of_cron_files,
    "host_keys": _list_corrections_of_ssh_host_keys,
    "nginx": _list_corrections_of_nginx_config,
    "option_files": _list_corrections_of_mysql_option_files,
    "root_settings": _list_corrections_of_root_owned_settings,
    "sshd_config": _list_corrections_of_sshd_config,
    "sticky": _list_corrections_to_set_sticky_bits,
    "sudoers": _list_corrections_of_sudoers_files,
    "tls_keys": _list_corrections_of_tls_private_keys,
    "world_writable": _list_corrections_of_world_writable_files,
}
