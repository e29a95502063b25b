"""office/systems.yml: one line for each mistake, and what contradicts itself without being one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory import systems
from auditor.inventory.systems import System
from auditor.models import Site
from auditor.system import resources

KNOWN = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
FIRST = "systems:\n- id: a\n  name: Trang A\n  owner: tinh-tan-giang\n  operator: xa-an-truc\n"


def loaded(folder: Path, text: str) -> systems.Systems:
    (folder / systems.FILE).write_text(text, "utf-8")
    return systems.load_information_systems(folder, KNOWN.organisation, KNOWN.hosts)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (FIRST.replace("xa-an-truc", "xa-khac"), 5, "xa-khac is not in office/organisation.yml"),
        (f"specialist: nobody\n{FIRST}", 1, "nobody is not in office/organisation.yml"),
        (f"contacts: {{nobody: {{}}}}\n{FIRST}", 1, "nobody is not in office/organisation.yml"),
        (f"{FIRST}  sites: [khac.test]\n", 6, "a: khac.test is not a site in the inventory"),
        (f"{FIRST}  hosts: [web9]\n", 6, "a: web9 is not a host in the inventory"),
        (FIRST + FIRST.removeprefix("systems:\n"), 6, "a: two systems have this ID"),
        (f"{FIRST}  level: 7\n", 6, "systems.0.level: Input should be 1, 2, 3, 4 or 5"),
        (
            f"{FIRST}  dossier: draft\n",
            2,
            "systems.0: dossier: it proposes a level, but 'level' is missing; add 'level: 2'",
        ),
        (
            f"{FIRST}  level: 2\n  dossier: approved\n",
            2,
            "systems.0: dossier: it is approved, so add 'decision: {number: …, day: …}'",
        ),
        (
            f"{FIRST}  level: 2\n  decision: {{number: 1/QĐ, day: 2026-01-01}}\n",
            2,
            "systems.0: decision: there is a decision, so the dossier must be 'approved'",
        ),
        (
            f"contacts: {{xa-an-truc: {{representative: a@b.vn}}}}\n{FIRST}",
            1,
            "contacts.xa-an-truc.representative: use the address of an office role, not of a person",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(InputError) as told:
        loaded(tmp_path, text)
    assert (told.value.line, told.value.what, told.value.file) == (line, what, tmp_path / systems.FILE)


def test_a_file_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        systems.load_information_systems(tmp_path, KNOWN.organisation, KNOWN.hosts)
    assert told.value.mend == "see docs/en/yearly.md"


def system(name: str = "a", **given: Any) -> System:
    return System.model_validate({"id": name, "name": name.upper(), "owner": "t", "operator": "x", **given})


APPROVED = {"level": 2, "dossier": "approved", "decision": {"number": "1/QĐ", "day": "2026-01-01"}}


@pytest.mark.parametrize(
    ("declared", "keys"),
    [
        ([system(sites=("a.test",), **APPROVED)], []),
        ([], ["in_none"]),
        ([system(sites=("a.test",)), system("b", sites=("a.test",))], ["in_several"]),
        ([system(sites=("a.test",), level=3)], ["two_levels"]),
        (
            [system(sites=("a.test",), measures="all", measures_expected="2027-01-01", **APPROVED)],
            ["done_and_expected"],
        ),
        ([system(sites=("a.test",), measures="all")], ["in_place_unapproved"]),
        ([system(sites=("a.test",), checked="2026-01-01")], ["checked_unapproved"]),
    ],
)
def test_what_contradicts_itself_is_named(declared: list[System], keys: list[str]) -> None:
    found = systems.find_contradictions(declared, [Site(domain="a.test", host="web1", level=2)])
    assert [one.key for one in found] == keys


@pytest.mark.parametrize(("level", "keys"), [(3, ["no_level"]), (2, [])])
def test_a_site_is_not_said_to_give_a_level_that_nobody_gave_it(level: int, keys: list[str]) -> None:
    site = Site(domain="a.test", host="web1", level_declared=False)
    assert [one.key for one in systems.find_contradictions([system(sites=("a.test",), level=level)], [site])] == keys


def test_a_site_has_the_level_of_its_system_and_of_several_the_highest(tmp_path: Path) -> None:
    assert systems.load_highest_system_level_by_site(tmp_path, KNOWN.organisation, KNOWN.hosts) == {}
    one = FIRST + "  level: 2\n  sites: [antruc.test]\n"
    other = one.removeprefix("systems:\n").replace("id: a", "id: b")
    loaded(tmp_path, one + other.replace("level: 2", "level: 3"))
    assert systems.load_highest_system_level_by_site(tmp_path, KNOWN.organisation, KNOWN.hosts) == {"antruc.test": 3}
    loaded(tmp_path, FIRST + "  sites: [antruc.test]\n")
    assert systems.load_highest_system_level_by_site(tmp_path, KNOWN.organisation, KNOWN.hosts) == {}


EXAMPLE = resources.get_shipped_inventories_folder() / "example"


def test_the_example_says_nothing_until_an_office_fills_it_in() -> None:
    known = inventories.load_inventory(EXAMPLE)
    found = systems.load_information_systems(EXAMPLE / "office", known.organisation, known.hosts)
    assert (found.systems, dict(found.contacts), found.specialist) == ((), {}, None)


def test_every_line_of_the_example_is_right_once_its_mark_is_taken_off(tmp_path: Path) -> None:
    known = inventories.load_inventory(EXAMPLE)
    _, marked = (EXAMPLE / "office" / systems.FILE).read_text("utf-8").split("\n#\n", 1)
    text = "\n".join(line.removeprefix("# ") for line in marked.replace("systems: []", "systems:").splitlines())
    (tmp_path / systems.FILE).write_text(text, "utf-8")
    found = systems.load_information_systems(tmp_path, known.organisation, known.hosts)
    assert found.contacts["xa-vi-du"].telephone == "0200 000 000"
    assert found.specialist == "tinh-vi-du"
    assert not systems.find_contradictions(found.systems, known.sites)
    assert found.systems[0].sites == ("xavidu.example",)
