"""What the office's papers lack is named once, with where to write it, before an incident and not in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import InputError
from auditor.incidents import readiness
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, Lang
from auditor.models.ranks import Purpose
from auditor.text.translations import Words

LAB = Path("inventories/lab")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """A copy of the lab's inventory, to be edited."""
    import shutil

    yield Path(shutil.copytree(LAB, tmp_path / "inventory"))


def edit(office: Path, name: str, **changes: object) -> Inventory:
    file = office / "office" / name
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text("utf-8")), **changes}, allow_unicode=True), "utf-8")
    return inventories.load_inventory(office)


def gaps(inventory: Inventory, purpose: Purpose, lang: Lang = "en") -> list[str]:
    return list(readiness.find_missing_office_data_for_purpose(inventory, purpose, Words(lang)))


def test_what_forms_lack_is_named_with_its_unit_and_file() -> None:
    found = gaps(inventories.load_inventory(LAB), "incidents")
    assert any("xã An Trúc: Missing (mandatory): Address" in one and "office/systems.yml" in one for one in found)
    assert any("nobody is notified of incidents by mail" in one for one in found)
    assert not any("Tân Giang: Missing" in one for one in found)
    assert len(found) == len(set(found))


def test_an_authority_that_is_not_declared_is_named(office: Path) -> None:
    found = gaps(edit(office, "organisation.yml", incident_authority={}), "incidents")
    assert any("incident_authority" in one for one in found)


def test_a_site_of_no_system_is_missing_in_the_yearly_table(office: Path) -> None:
    assert gaps(inventories.load_inventory(office), "yearly") == []
    declared = yaml.safe_load((office / "office/systems.yml").read_text("utf-8"))
    kept = [one for one in declared["systems"] if "gotre.test" not in one.get("sites", ())]
    found = gaps(edit(office, "systems.yml", systems=kept), "yearly")
    assert [("gotre.test" in one, "systems.yml" in one) for one in found] == [(True, True)]


@pytest.mark.parametrize("purpose", get_args(Purpose))
@pytest.mark.parametrize("lang", get_args(Lang))
def test_without_offices_one_line_says_what_to_write(office: Path, purpose: Purpose, lang: Lang) -> None:
    inventory = inventories.load_inventory(office).model_copy(update={"organisation": None})
    (said,) = gaps(inventory, purpose, lang)
    assert "office/organisation.yml" in said


def test_the_command_ends_with_one_while_something_is_missing() -> None:
    told = {
        purpose: CliRunner()
        .invoke(app, ["inventory", "check", "--for", purpose, "-i", str(LAB), "--lang", "en"])
        .exit_code
        for purpose in get_args(Purpose)
    }
    assert told == {"incidents": 1, "official": 0, "yearly": 0}


def test_papers_that_cannot_be_read_are_an_error(office: Path) -> None:
    (office / "office/systems.yml").write_text("systems: 3\n")
    with pytest.raises(InputError):
        gaps(inventories.load_inventory(office), "yearly")
