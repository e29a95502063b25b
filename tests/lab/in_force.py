"""What is in force on a lab host besides its files.

Live sysctls, units, packages, database settings and accounts, packet filter, and what its daemons do when they are
asked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor import lab
from tests.lab.running import running

InForce = Mapping[str, Mapping[str, str]]

_COMMANDS = {
    "sysctl": ("sysctl -a 2>/dev/null", " = "),
    "unit file": ("systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}'", " "),
    "service": (
        "systemctl list-units --all --no-legend --no-pager --plain --type=service,socket"
        " | awk '$3 != \"inactive\" {print $1, $3}'",
        " ",
    ),
    "package": ("dpkg-query -W -f '${Package}:${Architecture} ${Version} ${db:Status-Abbrev}\\n'", " "),
    "selection": ("dpkg --get-selections", "\t"),
    "variable": ("command -v mariadb >/dev/null && mariadb -NBe 'SHOW GLOBAL VARIABLES' || true", "\t"),
    "account": (
        "command -v mariadb >/dev/null && mariadb -NBe \"SELECT CONCAT(user, '@', host), priv FROM "
        'mysql.global_priv" || true',
        "\t",
    ),
    "rule": ("nft list ruleset | sed -E 's/(packets|bytes) [0-9]+//g' | nl -ba -s' '", " "),
}
_LIVES = re.compile(
    r"sysctl (fs\.(dentry-state|inode|file-nr|aio-nr|quota)|kernel\.(random|ns_last_pid|pty\.nr|perf_|sched_)|"
    r"net\.netfilter\.nf_conntrack_(count|buckets)|net\.ipv\d\.(neigh|conf|route)\..*flush)|"
    r"variable (gtid|timestamp|rand_seed|pseudo_|last_|server_uid|warning_|error_count|identity|insert_id|hostname|"
    r"innodb_buffer_pool_load|tmp|in_transaction|log_bin_|proxy)|"
    r"service (apt-daily|dpkg-db-backup|logrotate|man-db|fstrim|e2scrub|phpsessionclean|systemd-tmpfiles|"
    r"user@|user-runtime|run-|session-|unattended-upgrades)|unit file (session-|run-)"
)
"""What changes by itself, by a timer, or tells of a session."""


def in_force(host: str) -> InForce:
    """By kind, each thing's name and how it is."""
    found = {"running": running(host)}
    for kind, (command, between) in _COMMANDS.items():
        lines = lab.run_on_machine_as_root(host, command).stdout.decode("utf-8", "replace").splitlines()
        pairs = (line.strip().partition(between)[::2] for line in lines if line.strip())
        found[kind] = {name: value for name, value in pairs if not _LIVES.match(f"{kind} {name}")}
    return found


def differing(before: InForce, after: InForce) -> dict[str, tuple[str | None, str | None]]:
    """Return what is not the same, as ``KIND NAME``, with both sides."""
    return {
        f"{kind} {name}": (before[kind].get(name), after[kind].get(name))
        for kind in before
        for name in sorted({*before[kind], *after[kind]})
        if before[kind].get(name) != after[kind].get(name)
    }
