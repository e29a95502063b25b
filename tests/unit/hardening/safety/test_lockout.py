"""Whom a planned change would lock out, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from auditor.hardening.safety import lockout

DAY = 1_795_000_000
"""18 November 2026."""


def make_way(account: str = "an", **how: Any) -> Any:
    return SimpleNamespace(
        **{
            "account": account,
            "methods": ("password",),
            "to": None,
            "doubtful": False,
            "last": DAY,
            "source": "192.0.2.1",
            **how,
        }
    )


def describe(*ways: Any, accepted: bool = False) -> str:
    """Return what is said of one control."""
    losses = [SimpleNamespace(control="ssh.x", way=way, is_accepted=accepted) for way in ways]
    told = lockout.describe_lockouts_by_control(losses)
    assert bool(told.accepted_losses) is accepted and bool(told.hold_reasons) is not accepted
    return (told.accepted_losses if accepted else told.hold_reasons)["ssh.x"].en


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({}, "an (from 192.0.2.1, by password, last on "),
        ({"methods": ("publickey", "x")}, "an (from 192.0.2.1, by key + x, last on "),
        ({"methods": ()}, "an (from 192.0.2.1, nobody knows by what, last on "),
        ({"last": 0}, "an (a declared administrator without an SSH key that works)"),
        ({"to": "10.0.0.1"}, "an (from 192.0.2.1, on through this host to 10.0.0.1, last on "),
        ({"to": ""}, "an (from 192.0.2.1, on through this host, last on "),
        ({"to": "", "doubtful": True}, "an (from 192.0.2.1, no record tells whether on through this host, last on "),
        ({"doubtful": True}, "an (from 192.0.2.1, by password, last on "),
        ({"account": lockout.ANYBODY}, "anyone who logs in with a password, because the records here do not show"),
    ],
)
def test_a_person_is_named_with_how_and_when_they_came(way: dict[str, Any], words: str) -> None:
    assert words in describe(make_way(**way))


def test_the_last_time_and_all_places_of_a_person_are_told() -> None:
    ways = [make_way(source=f"192.0.2.{number}", last=DAY - 86_400 * number) for number in range(1, 9)]
    said = describe(*ways, make_way(source="", last=DAY), make_way(source="198.51.100.1", last=0))
    assert "from 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6 …, by" in said
    assert "198.51.100.1" not in said
    six = describe(*ways[:6])
    assert "192.0.2.6, by" in six, "six are told without dots"


def test_each_person_is_to_be_accepted_by_name() -> None:
    said = describe(make_way("an"), make_way("an", source="192.0.2.9"), make_way("bình"))
    assert said.endswith("with --accept ssh.x:an,ssh.x:bình") or said.endswith("with --accept 'ssh.x:an,ssh.x:bình'")
    assert "bình (from" in describe(make_way("bình"), accepted=True)


def test_whoever_goes_on_through_a_host_needs_another_way_and_not_a_key() -> None:
    through, both, key = (
        describe(make_way(to="10.0.0.1")),
        describe(make_way(to="10.0.0.1"), make_way("bình")),
        describe(make_way()),
    )
    for text, tunnel in ((through, True), (both, False), (key, False)):
        assert (lockout._MEND_TUNNEL.en in text) is tunnel
        assert (lockout._MEND_KEY.en in text) is not tunnel
        assert text.startswith((lockout._CUTS if tunnel else lockout._LOCKS).en)
