"""Whom a planned change would lock out, in words: held until somebody accepts it by naming control and account.

Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.models import ACCEPTED_LOSS, ControlId, Text, clock
from auditor.text import dates
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

MAX_TOLD = 6
MAX_ACCOUNT, MAX_NAMES = 256, 20_000
"""Characters."""
ANYBODY = "*"
"""The role's word for whoever comes in where sshd keeps no record."""
_METHODS = {
    "publickey": make_text("key"),
    "password": make_text("password"),
    "keyboard-interactive": make_text("password or code asked for"),
    "none": make_text("empty password"),
    "hostbased": make_text("host name"),
}


@dataclass(frozen=True)
class LockoutLosses:
    """The accesses that planned controls take from people."""

    hold_reasons: Mapping[ControlId, Text] = field(default_factory=dict)
    """Control to whom it would lock out though nobody accepted that."""
    accepted_losses: Mapping[ControlId, Text] = field(default_factory=dict)
    """Control to whom it locks out, as somebody accepted by name."""


def describe_lockouts_by_control(losses: Iterable[Any]) -> LockoutLosses:
    """Return the role's losses in words."""
    held_ways: dict[ControlId, list[Any]] = {}
    accepted_ways: dict[ControlId, list[Any]] = {}
    for loss in losses:
        (accepted_ways if loss.is_accepted else held_ways).setdefault(loss.control, []).append(loss.way)
    return LockoutLosses(
        hold_reasons={control: _explain_hold_for_lockout(control, ways) for control, ways in held_ways.items()},
        accepted_losses={control: _explain_accepted_lockout(ways) for control, ways in accepted_ways.items()},
    )


def _explain_hold_for_lockout(control: ControlId, ways: list[Any]) -> Text:
    who = _describe_locked_out_people(ways)
    names = ",".join(dict.fromkeys(ACCEPTED_LOSS.format(control=control, account=way.account) for way in ways))
    accept = shlex.quote(escape_text_to_one_line(names, MAX_NAMES))
    through = all(way.to is not None for way in ways)
    mend = _MEND_TUNNEL if through else _MEND_KEY
    what = _CUTS if through else _LOCKS
    return make_text(
        "{what} {who}; {fix}, or accept it person by person with --accept {accept}",
        what=what,
        who=who,
        fix=mend,
        accept=accept,
    )


def _explain_accepted_lockout(ways: list[Any]) -> Text:
    who = _describe_locked_out_people(ways)
    return make_text("as accepted, {locks} {who}", locks=_LOCKS, who=who)


def _describe_locked_out_people(ways: list[Any]) -> Text:
    """Return people by account and what opens it, with the addresses: nobody's name is left out."""
    groups: dict[tuple[str, tuple[str, ...], str | None, bool], list[Any]] = {}
    for way in ways:
        groups.setdefault((way.account, way.methods, way.to, way.doubtful), []).append(way)
    return Text.join(_describe_locked_out_person(account, members) for (account, *_), members in groups.items())


def _describe_locked_out_person(account: str, ways: list[Any]) -> Text:
    if account == ANYBODY:
        return _UNRECORDED_LOGINS
    account, first = escape_text_to_one_line(account, MAX_ACCOUNT), max(ways, key=lambda way: way.last)
    places = list(dict.fromkeys(way.source for way in ways if way.last and way.source))
    where = ", ".join(places[:MAX_TOLD]) + (" …" if len(places) > MAX_TOLD else "")
    if not first.last:
        return make_text("{account} (a declared administrator without an SSH key that works)", account=account)
    day = dates.make_day_text(clock.convert_epoch_to_moment(first.last))
    if first.to is not None and all(way.doubtful for way in ways):
        return make_text(
            "{account} (from {where}, no record tells whether on through this host, last on {day})",
            account=account,
            where=where,
            day=day,
        )
    if first.to is not None:
        if not first.to:
            return make_text(
                "{account} (from {where}, on through this host, last on {day})", account=account, where=where, day=day
            )
        return make_text(
            "{account} (from {where}, on through this host to {to}, last on {day})",
            account=account,
            where=where,
            to=first.to,
            day=day,
        )
    if not first.methods:
        return make_text(
            "{account} (from {where}, nobody knows by what, last on {day})", account=account, where=where, day=day
        )
    by = Text.join((_METHODS.get(method, Text.make_same_in_both_languages(method)) for method in first.methods), " + ")
    return make_text("{account} (from {where}, by {by}, last on {day})", account=account, where=where, by=by, day=day)


_UNRECORDED_LOGINS = make_text(
    "anyone who logs in with a password, because the records here do not show who logged in during the last two weeks"
)
_LOCKS = make_text("would lock out")
_CUTS = make_text("would cut what goes through sshd for")
_MEND_KEY = make_text("add a key (ssh-copy-id) and log in with it once")
_MEND_TUNNEL = make_text("ask them, and move them to another way first")
