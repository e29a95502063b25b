"""What is told about the moment that ``auditor incident open --when`` names: nothing of it is refused, as a person may know better."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from auditor.models import clock

if TYPE_CHECKING:
    from auditor.models import Inventory, Lang


def doubts(known: Inventory, incident: str, when: datetime.datetime | None, lang: Lang) -> None:
    """Say that an incident which was open keeps its own moment, and which hunts after that moment saw nothing of it."""
    from auditor.commands.incidents.hosts import hosts_of
    from auditor.commands.shown import console
    from auditor.history.incidents import Incidents
    from auditor.history.runs import History
    from auditor.incidents.case import fold
    from auditor.incidents.detection import clean_after
    from auditor.text.words import Words

    if when is None:
        return
    words, case = Words(lang), fold(incident, Incidents().one(known.path, incident))
    if case.detected != when:
        moment = words.moment(clock.stamp(case.detected))
        console.err.print(console.escape(words("incidents.keeps_moment", incident=incident, when=moment)))
    newest = History().latest(known.path)
    for hunted in clean_after(when, newest, hosts_of(known, case.subjects)) if newest is not None else ():
        told = {"when": words.moment(hunted.started), "host": hunted.host, "detected": words.moment(clock.stamp(when))}
        console.err.print(console.escape(words("incidents.clean_since", **told)), soft_wrap=True)
