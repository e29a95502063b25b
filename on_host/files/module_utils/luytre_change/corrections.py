"""What is wanted of root's own files, part by part, as corrections for ``permissions.apply_permission_corrections``."""

from ansible.module_utils.luytre_change.permissions import (
    AsideFolder,
    CorrectionResult,
    apply_permission_corrections,
)

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


def _load_file_corrections():
    from ansible.module_utils.luytre_change import file_corrections  # noqa: PLC0415  only for its parts

    return file_corrections


def _load_login_corrections():
    from ansible.module_utils.luytre_change import login_corrections  # noqa: PLC0415  only for its parts

    return login_corrections


def _load_daemon_corrections():
    from ansible.module_utils.luytre_change import daemon_corrections  # noqa: PLC0415  only for its parts

    return daemon_corrections


PARTS = {
    "account_files": lambda: _load_file_corrections().list_corrections_of_account_files(),
    "apache": lambda: _load_daemon_corrections().list_corrections_of_apache_config(),
    "cron": lambda: _load_file_corrections().list_corrections_of_cron_files(),
    "host_keys": lambda: _load_login_corrections().list_corrections_of_ssh_host_keys(),
    "nginx": lambda: _load_daemon_corrections().list_corrections_of_nginx_config(),
    "option_files": lambda: _load_daemon_corrections().list_corrections_of_mysql_option_files(),
    "root_settings": lambda: _load_file_corrections().list_corrections_of_root_owned_settings(),
    "sshd_config": lambda: _load_login_corrections().list_corrections_of_sshd_config(),
    "sticky": lambda: _load_file_corrections().list_corrections_to_set_sticky_bits(),
    "sudoers": lambda: _load_login_corrections().list_corrections_of_sudoers_files(),
    "tls_keys": lambda: _load_daemon_corrections().list_corrections_of_tls_private_keys(),
    "world_writable": lambda: _load_file_corrections().list_corrections_of_world_writable_files(),
}
