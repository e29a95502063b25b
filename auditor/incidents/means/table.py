"""All means of containing and of cleaning, by their names. A further one: its module here, its name in ``auditor.models.ranks``, its words."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.incidents.means.account import ACCOUNT
from auditor.incidents.means.address import ADDRESS
from auditor.incidents.means.administrator import ADMINISTRATOR
from auditor.incidents.means.core import CORE
from auditor.incidents.means.file import FILE
from auditor.incidents.means.isolation import ISOLATION
from auditor.incidents.means.key import KEY
from auditor.incidents.means.kind import ActionKind
from auditor.incidents.means.process import PROCESS, PROCESS_END
from auditor.incidents.means.row import ROW
from auditor.incidents.means.secret import DATABASE_PASSWORD, SALTS
from auditor.incidents.means.site import PATH, SITE
from auditor.incidents.means.starting import CRONTAB, JOB, UNIT
from auditor.incidents.means.trigger import TRIGGER
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
