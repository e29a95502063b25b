"""The response actions of incidents: their names, which of them clean for good, and where hosts keep their records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Means = Literal[
    "address",
    "file",
    "process",
    "isolation",
    "path",
    "site",
    "account",
    "key",
    "unit",
    "cron",
    "job",
    "administrator",
    "core",
    "row",
    "trigger",
    "salts",
    "database-password",
    "process-end",
]
"""How an incident contains something on a host.

An address is blocked, a file taken out of its place, a process stopped, the host itself cut off, an account locked, an
SSH key refused, a unit, a file of cron's or a job in a crontab kept from running, a path of a site gone, a site closed,
an administrator of a site's application shut out. Or cleans it: a row or a trigger is taken out of a site's database,
an application given the files of its release again, the secrets by which sessions are signed are made anew, the
password of a site's database is, a process is ended."""
FOR_GOOD: frozenset[Means] = frozenset({"row", "core", "trigger", "salts", "database-password", "process-end"})
"""Those that clean.

What they come to is how the site or host is from then on, and only who asks for it by its number has it undone.
"""
RECORD_FOLDERS: Mapping[Means, str] = {
    "address": "contain",
    "file": "quarantine",
    "process": "processes",
    "isolation": "isolation",
    "path": "web",
    "site": "web",
    "account": "accounts",
    "key": "keys",
    "unit": "units",
    "cron": "quarantine",
    "job": "jobs",
    "administrator": "administrators",
    "core": "core",
    "row": "rows",
    "trigger": "triggers",
    "salts": "salts",
    "database-password": "database-passwords",
    "process-end": "processes",
}
"""The folder below ``/var/lib/luytre`` or ``/run/luytre`` in which a host keeps each one's records."""
