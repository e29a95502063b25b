"""The response actions of incidents: their names, which of them clean for good, and where hosts keep their records.

What people read of them has the shape of ``ActionTexts`` in ``auditor/locale/response_actions.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, RootModel

from auditor.models.base import Model, Text

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
_PLACES = ("number", "what", "host", "until", "why")
"""What texts may name in braces."""


def _check_places(text: Text) -> Text:
    """Raise ValueError for a place that one language alone has, or that nothing fills."""
    vietnamese, english = (
        {place for _, place, _, _ in Formatter().parse(sentence) if place} for sentence in (text.vi, text.en)
    )
    if vietnamese != english:
        raise ValueError("vi and en do not have the same places in braces")
    if not english <= {*_PLACES}:
        raise ValueError(f"the places in braces are {', '.join(_PLACES)}")
    return text


TextWithPlaces = Annotated[Text, AfterValidator(_check_places)]


class ContainTexts(Model):
    """What is said once an action has begun, and of each way in which it ends."""

    begun: TextWithPlaces
    confirmed: TextWithPlaces
    refused: TextWithPlaces
    unknown: TextWithPlaces


class ReleaseTexts(Model):
    """The same of its release."""

    begun: TextWithPlaces
    released: TextWithPlaces
    unknown: TextWithPlaces
    refused: TextWithPlaces | None = None
    """Only of an action that stays as it was when its host refuses the release."""


class ActionTexts(Model):
    """What people read of an action."""

    name: Text
    """What it is about, before the name of that: ``address``."""
    usage: Text
    """An example of what is typed, and what it does: ``'address 203.0.113.7' blocks an address``."""
    now: TextWithPlaces
    """What is in force: ``Blocked (number 1): 203.0.113.7 on web1``."""
    contain: ContainTexts
    release: ReleaseTexts


class TextsByAction(RootModel[dict[Means, ActionTexts]]):
    """The texts of each action by its name."""
