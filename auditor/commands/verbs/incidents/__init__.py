"""Declare ``auditor incident``.

- ``case_log``: open an incident, keep its case log, close it. ``response``: contain, clean, and what follows.
- ``evidence``: collect, verify, timestamp, custody, and the keys that sign it. ``forms``: notices and forms.
"""

from auditor.commands.verbs.base import DeprecatedName, Group
from auditor.commands.verbs.incidents.case_log import (
    IncidentCloseOptions,
    IncidentDueOptions,
    IncidentExportOptions,
    IncidentListOptions,
    IncidentNextOptions,
    IncidentNoteOptions,
    IncidentOpenOptions,
    IncidentReportedOptions,
    IncidentShowOptions,
    IncidentWaiveOptions,
)
from auditor.commands.verbs.incidents.evidence import (
    KEY,
    IncidentCollectOptions,
    IncidentCustodyOptions,
    IncidentHandOverOptions,
    IncidentReceivedOptions,
    IncidentTimestampOptions,
    IncidentVerifyOptions,
)
from auditor.commands.verbs.incidents.forms import IncidentAnswerOptions, IncidentFormOptions, IncidentNotifyOptions
from auditor.commands.verbs.incidents.response import (
    IncidentCleanOptions,
    IncidentContainOptions,
    IncidentDeindexOptions,
    IncidentReleaseOptions,
    IncidentTodoOptions,
)

INCIDENT = Group(
    help="Incidents: open, contain, collect evidence, clean, list due reports, record events, close.",
    entries={
        "open": IncidentOpenOptions,
        "list": IncidentListOptions,
        "show": IncidentShowOptions,
        "export": IncidentExportOptions,
        "note": IncidentNoteOptions,
        "waive": IncidentWaiveOptions,
        "reported": IncidentReportedOptions,
        "due": IncidentDueOptions,
        "notify": IncidentNotifyOptions,
        "answer": IncidentAnswerOptions,
        "form": IncidentFormOptions,
        "contain": IncidentContainOptions,
        "release": IncidentReleaseOptions,
        "clean": IncidentCleanOptions,
        "todo": IncidentTodoOptions,
        "deindex": IncidentDeindexOptions,
        "collect": IncidentCollectOptions,
        "verify": IncidentVerifyOptions,
        "timestamp": IncidentTimestampOptions,
        "custody": IncidentCustodyOptions,
        "next": IncidentNextOptions,
        "close": IncidentCloseOptions,
        "spare": DeprecatedName(IncidentWaiveOptions, "auditor incident waive"),
        "forget": DeprecatedName(IncidentDeindexOptions, "auditor incident deindex"),
        "hand-over": DeprecatedName(IncidentHandOverOptions, "auditor incident custody --to"),
        "received": DeprecatedName(IncidentReceivedOptions, "auditor incident custody --from"),
        "key": KEY,
    },
)
