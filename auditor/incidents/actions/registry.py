"""All means of containing and of cleaning, by their names.

A further one: its module here, its name in ``auditor.models.ranks``, its words.
"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.incidents.actions.account import ACCOUNT
from auditor.incidents.actions.address import ADDRESS
from auditor.incidents.actions.administrator import ADMINISTRATOR
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.core import CORE
from auditor.incidents.actions.file import FILE
from auditor.incidents.actions.isolation import ISOLATION
from auditor.incidents.actions.key import KEY
from auditor.incidents.actions.persistence import CRONTAB, JOB, UNIT
from auditor.incidents.actions.process import PROCESS, PROCESS_END
from auditor.incidents.actions.row import ROW
from auditor.incidents.actions.secret import DATABASE_PASSWORD, SALTS
from auditor.incidents.actions.site import PATH, SITE
from auditor.incidents.actions.trigger import TRIGGER
from auditor.models.ranks import Means

CONTAINMENT_KINDS: Mapping[Means, ActionKind] = {
    "address": ADDRESS,
    "file": FILE,
    "process": PROCESS,
    "isolation": ISOLATION,
    "path": PATH,
    "site": SITE,
    "account": ACCOUNT,
    "key": KEY,
    "unit": UNIT,
    "cron": CRONTAB,
    "job": JOB,
    "administrator": ADMINISTRATOR,
}
ERADICATION_KINDS: Mapping[Means, ActionKind] = {
    "core": CORE,
    "row": ROW,
    "trigger": TRIGGER,
    "salts": SALTS,
    "database-password": DATABASE_PASSWORD,
    "process-end": PROCESS_END,
}
ACTION_KINDS: Mapping[Means, ActionKind] = {**CONTAINMENT_KINDS, **ERADICATION_KINDS}
