"""What is told about the moment that ``auditor incident open --when`` names.

Nothing of it is refused, as a person may know better.
"""

from __future__ import annotations

import datetime

from auditor.commands.incidents.hosts import list_hosts_of_subjects
from auditor.commands.output import console
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents.case import fold_case
from auditor.incidents.detection import find_last_hunts_without_alarm_since
from auditor.models import Inventory, Lang, clock
from auditor.text.translations import Words


def warn_that_detection_time_is_kept(
    inventory_data: Inventory, incident: str, when: datetime.datetime | None, lang: Lang
) -> None:
    """Say that an incident which was open keeps its own moment, and which hunts after that moment saw nothing of it."""
    if when is None:
        return
    words, case = (
        Words(lang),
        fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident)),
    )
    if case.detected_at != when:
        moment = words.format_iso_moment(clock.format_iso_moment(case.detected_at))
        console.err.print(console.escape_markup(words("incidents.keeps_moment", incident=incident, when=moment)))
    newest = RunHistory().latest(inventory_data.path)
    for hunt in (
        find_last_hunts_without_alarm_since(when, newest, list_hosts_of_subjects(inventory_data, case.subjects))
        if newest is not None
        else ()
    ):
        values = {
            "when": words.format_iso_moment(hunt.started),
            "host": hunt.host,
            "detected": words.format_iso_moment(clock.format_iso_moment(when)),
        }
        console.err.print(console.escape_markup(words("incidents.clean_since", **values)), soft_wrap=True)
