"""An indicator, and how far what it tells may go: the Traffic Light Protocol 2.0. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from auditor.indicators.values import Kind

Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
"""From the freest to the strictest."""
TLPS: tuple[Tlp, ...] = get_args(Tlp)
DEFAULT_TLP: Tlp = "AMBER"
"""What a list without any marking is taken for: it goes to those who have to act on it."""
MAX_INDICATORS = 200_000
"""Of all lists together: more than any authority's, and hosts are asked about all of them."""
USUAL_DAYS = 90
"""An indicator without a last day holds so long after its first."""
MARKINGS: dict[str, Tlp] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "CLEAR",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "GREEN",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "AMBER",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "AMBER+STRICT",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "RED",
}
"""STIX's own ids, of version 1 (its WHITE is CLEAR) and of the extension for version 2."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value that is known to be bad, by whose word, from when to when."""

    kind: Kind
    text: str
    id: str
    """As its source calls it; empty: it does not."""
    tlp: Tlp
    first: date
    """The day from which it holds."""
    last: date | None
    """The last day, if the source gives one."""
    note: str
    """What it is of, in the source's words."""
    list: str
    """The list that it came with."""

    @property
    def last_valid_day(self) -> date:
        """Return the last day on which it holds."""
        return self.last if self.last is not None else self.first + timedelta(USUAL_DAYS)

    def is_valid_on_day(self, day: date) -> bool:
        """Return whether it counts on that day."""
        return self.first <= day <= self.last_valid_day


def parse_tlp(text: str) -> Tlp | None:
    """Return a marking as it is written, ``TLP:AMBER+STRICT``, ``tlp:white``, ``green``; None for anything else."""
    plain = text.strip().upper().removeprefix("TLP").lstrip(":- ").replace(" ", "")
    plain = {"WHITE": "CLEAR", "AMBERSTRICT": "AMBER+STRICT"}.get(plain, plain)
    return next((level for level in TLPS if level == plain), None)


def pick_stricter(first: Tlp, second: Tlp) -> Tlp:
    """Return the stricter of two."""
    return max(first, second, key=TLPS.index)
