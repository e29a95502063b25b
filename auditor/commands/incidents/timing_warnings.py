"""What is told about the moment that ``auditor incident open --when`` names.

Nothing of it is refused, as a person may know better.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from auditor.models import clock

if TYPE_CHECKING:
    from auditor.models import Inventory, Lang


def warn_of_detection_time(
    inventory_data: Inventory, incident: str, when: datetime.datetime | None, lang: Lang
) -> None:
    """Say that an incident which was open keeps its own moment, and which hunts after that moment saw nothing of it."""
    from auditor.commands.incidents.hosts import list_hosts
    from auditor.commands.output import console
    from auditor.history.incidents import Incidents
    from auditor.history.runs import History
    from auditor.incidents.case import fold_case
    from auditor.incidents.detection import find_clean_hunts
    from auditor.text.translations import Words

    if when is None:
        return
    words, case = Words(lang), fold_case(incident, Incidents().load_log(inventory_data.path, incident))
    if case.detected_at != when:
        moment = words.moment(clock.format_stamp(case.detected_at))
        console.err.print(console.escape(words("incidents.keeps_moment", incident=incident, when=moment)))
    newest = History().latest(inventory_data.path)
    for hunt in find_clean_hunts(when, newest, list_hosts(inventory_data, case.subjects)) if newest is not None else ():
        values = {
            "when": words.moment(hunt.started),
            "host": hunt.host,
            "detected": words.moment(clock.format_stamp(when)),
        }
        console.err.print(console.escape(words("incidents.clean_since", **values)), soft_wrap=True)
