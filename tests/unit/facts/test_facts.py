from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts import CUT_MARK, MAX_STRING_CHARS, BadDocument, HostFacts

SYSTEM = {
    "os": {"id": "debian", "version": "13", "codename": "trixie", "name": "Debian"},
    "kernel": "6.12",
    "hostname": "h",
    "virtualization": "none",
    "container": False,
    "uptime": 1,
    "now": 2,
    "python": "3.13",
    "machine_panels": [],
}


def document(**system: object) -> str:
    data = {**SYSTEM, **system}
    return json.dumps(
        {"schema": 1, "collected_at": 5, "areas": {"system": {"seconds": 0.1, "error": None, "data": data}}}
    )


def test_a_sound_area_is_read_and_the_others_are_errors() -> None:
    facts = HostFacts.parse(document())
    assert facts.build_context_for_control_expressions()["system"]["os"]["id"] == "debian"
    assert facts.errors["ssh"] == "not collected"


def test_a_wrong_type_spoils_its_area_only() -> None:
    facts = HostFacts.parse(document(container="yes"))
    assert "system" not in facts.data
    assert "container" in facts.errors["system"]


def test_long_strings_are_cut_with_a_mark_and_control_characters_replaced() -> None:
    facts = HostFacts.parse(document(hostname="x" * 1_000_000, kernel="a\x1b[31m\u202eb"))
    system = facts.build_context_for_control_expressions()["system"]
    assert len(system["hostname"]) == MAX_STRING_CHARS + len(CUT_MARK)
    assert "\x1b" not in system["kernel"]
    assert "\u202e" not in system["kernel"]


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "{" * 100_000, '{"schema": 1, "areas": {}, "collected_at": "now"}', "x" * 9_000_000],
)
def test_nonsense_is_refused_as_a_whole(answer: str) -> None:
    with pytest.raises(BadDocument):
        HostFacts.parse(answer)


def test_depth_and_width_are_bounded() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = [deep]
    facts = HostFacts.parse(document(machine_panels=deep))
    assert "nested too deeply" in facts.errors["system"]
    facts = HostFacts.parse(document(machine_panels=["x"] * 30_000))
    assert "a list of" in facts.errors["system"]


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-" + "9" * 40, "1e999", "NaN", "-Infinity"])
def test_numbers_are_bounded(number: str) -> None:
    facts = HostFacts.parse(document(uptime="here").replace('"here"', number))
    assert "beyond all measure" in facts.errors["system"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_no_answer_breaks_the_reader(data: object) -> None:
    text = json.dumps(
        {"schema": 1, "collected_at": 1, "areas": {"system": {"seconds": 1, "error": None, "data": data}}}
    )
    facts = HostFacts.parse(text)
    assert ("system" in facts.data) != ("system" in facts.errors)
