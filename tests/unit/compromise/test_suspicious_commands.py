"""What is put on lab hosts to be found outside web roots: told by kinds that there are, and nothing that works or that a scanner would take."""

from __future__ import annotations

import pytest

from auditor.compromise import suspicious_commands
from auditor.models.hunts import OUTSIDE
from benchmarks import outside

ALL = outside.footholds()


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in ALL}) == len(ALL) >= 25
    assert {one.expect[0] for one in ALL} <= OUTSIDE


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_words_that_a_scanner_goes_by_are_put_together_on_the_way(one: outside.Foothold) -> None:
    assert [
        sign for sign in suspicious_commands.find_signs_in_command_text(one.plant) if sign.certainty == "exact"
    ] == []
    assert outside.BETWEEN not in one.script
    assert f"test -e {one.needs} ||" in one.script


def test_an_alarm_counts_by_its_kind_and_its_place() -> None:
    alarm = {"kind": ALL[0].expect[0], "where": f"{ALL[0].expect[1]} (root)", "certainty": "exact", "rules": []}
    assert outside.found([alarm], ALL[0]) == alarm
    for other in ({"kind": "unit"}, {"where": "/etc/other"}, {"certainty": "weak"}):
        assert outside.found([{**alarm, **other}], ALL[0]) is None
