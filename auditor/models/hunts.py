"""What hunts see of hosts: the files below their web roots, and the traces in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from auditor.models.base import Model
from auditor.models.reviews import AcceptedTrace, Kind, Trace

Group = Literal["ways_in", "starts", "runs", "loaded"]
GROUPS: Mapping[Group, frozenset[Kind]] = {
    "ways_in": frozenset({"account", "key", "permission", "login"}),
    "starts": frozenset({"job", "unit", "startup", "hook"}),
    "runs": frozenset({"setuid", "replaced", "process", "listener", "kernel_module", "temporary", "preload", "log"}),
    "loaded": frozenset({"interpreter", "server_module", "database_code"}),
}
"""The kinds of traces outside the web roots, as controls ask for them."""
OUTSIDE: frozenset[Kind] = frozenset().union(*GROUPS.values())
KINDS: Mapping[str, Kind] = {
    **{"cron": "job", "at": "job", "unit": "unit", "generator": "unit", "start": "startup"},
    **{"started": "startup", "hook": "hook"},
    **{
        "account": "account",
        "key": "key",
        "sshd": "login",
        "sudo": "permission",
        "pam": "login",
        "pam_module": "login",
    },
    **{
        "preload": "preload",
        "library": "preload",
        "php": "interpreter",
        "php_module": "interpreter",
        "web_module": "server_module",
    },
    **{"database": "database_code", "setuid": "setuid", "program": "replaced", "process": "process"},
    **{"listener": "listener", "kernel_module": "kernel_module", "temporary": "temporary"},
    **{"cms_account": "account", "snippet": "database_code", "order": "program", "log": "log"},
}
"""What lies in the slots that hosts name outside their web roots."""


class RuleSetUse(Model):
    """A set of rules of others that judged in a hunt."""

    name: str = Field(max_length=200)
    version: str = Field(max_length=100)
    licence: str = Field(default="", max_length=100)
    rules: int = Field(description="rules of it that were used")


class Explained(Model):
    """What is explained of a host's files and places, as counts."""

    known_good: int = Field(description="files of imported releases, or that an application makes by itself")
    packages: int | None = Field(
        description="places outside the web roots that are as their packages made them, or that nothing speaks "
        "against; None: they were not looked at"
    )
    accepted: int = Field(default=0, description="files and places whose traces are accepted")
    without_code: int = Field(
        description="files below the web roots that hold no code, so that nothing has to explain them"
    )
    unexplained: int = Field(description="files with code and places that none of these explains")


class Hunt(Model):
    """The result of one hunt on one host."""

    id: str = Field(max_length=64)
    host: str = Field(max_length=253)
    started: str = Field(description="ISO 8601 with offset")
    seconds: float
    warm: bool = Field(description="whether files that did not change since the last hunt were not read again")
    seen: int = Field(description="files below the web roots")
    same: int = Field(description="of these, unchanged since an earlier hunt")
    known: int = Field(description="of these, known to be good where they lie")
    judged: int = Field(description="of these, whose content was judged in this hunt or an earlier one")
    unjudged: int = Field(description="files that hold code and could not be judged, or did not fit")
    skimmed: int = Field(
        default=0, description="large files that rules alone have read: there was no room to read them as programs"
    )
    left: int = Field(description="files that there was no time or room to tell of: they come first the next time")
    cut_short: bool = Field(description="whether a web root was not walked to its end")
    processor: float = Field(default=0.0, description="seconds of a processor's time on the host")
    traces: tuple[Trace, ...] = ()
    left_out: int = Field(default=0, description="traces beyond those kept of a kind")
    places: int | None = Field(
        default=None, description="places outside the web roots that were looked at; None: hunts did not do so yet"
    )
    places_left: tuple[str, ...] = Field(default=(), description="kinds of such places that were not seen to their end")
    rule_sets: tuple[RuleSetUse, ...] = Field(default=(), description="rules of others that judged besides our own")
    explained: Explained | None = Field(default=None, description="None: hunts did not count so yet")

    @property
    def is_everything_seen_and_judged(self) -> bool:
        """Return whether all that is there was seen and judged."""
        return self.places is not None and not (self.unjudged or self.left or self.cut_short or self.places_left)


class HuntSummary(Model):
    """The summary of a host's last hunt in an audit, besides its findings."""

    host: str
    hunt: str
    started: str = Field(description="ISO 8601 with offset")
    age_days: int = Field(description="whole days between the hunt and the audit")
    warm: bool
    seen: int
    known: int
    judged: int
    unjudged: int
    skimmed: int = Field(default=0, description="large files that rules alone have read")
    left: int
    cut_short: bool
    places: int | None = Field(default=None, description="looked at outside the web roots; None: that hunt did not")
    places_left: tuple[str, ...] = ()
    rule_sets: tuple[RuleSetUse, ...] = Field(default=(), description="rules of others that judged besides our own")
    explained: Explained | None = Field(
        default=None, description="what is explained on the host, as counts; None: that hunt did not count so"
    )
    weak: tuple[Trace, ...] = Field(default=(), description="seen, and too little for an alarm")
    accepted: tuple[AcceptedTrace, ...] = Field(default=(), description="seen, and accepted")

    @property
    def is_everything_seen_and_judged(self) -> bool:
        """Return whether all that was there was seen and judged."""
        return self.places is not None and not (self.unjudged or self.left or self.cut_short or self.places_left)
