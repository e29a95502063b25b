"""What is left when a site is clean, on the command line: to people, and to search engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.fleet import collect
from auditor.history.scans import ScanHistory
from auditor.inventory import hosts as inventories
from tests.unit.commands.test_incident import WHO, auditor, inventory, the_only
from tests.unit.incidents.test_deindex_pages import ledger, trace
from tests.unit.incidents.test_manual_steps import told

__all__ = ["inventory"]


def test_people_are_told_what_to_change(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def collected(*given: object, **more: collect.FactsRequest) -> object:
        asked.extend(more["request"].areas)
        return {"web1": told()}, ()

    monkeypatch.setattr(collect, "collect", collected)
    auditor(inventory, "open", "antruc.test", *WHO)
    said = auditor(inventory, "todo", str(the_only(inventory)["id"]), code=1).stdout.splitlines()
    assert said[0].startswith("the keys and salts of antruc.test are unchanged")
    assert "change the password on web1 (SSH, SFTP) of account: an" in said
    assert "applications" in asked


def test_search_engines_get_addresses_and_people_none_to_click_on(inventory: str, tmp_path: Path) -> None:
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    output = tmp_path / "out"
    assert "There are no known URLs" in auditor(inventory, "forget", incident, "--output", str(output)).stdout
    assert not output.exists()
    known = inventories.load_inventory(Path(inventory))
    ScanHistory().store_crawl_frontier(known.path, ledger(("/no-hu", trace("a", "doorway")), ("/", trace("b", "link"))))
    said = auditor(inventory, "forget", incident, "--output", str(output)).stdout.splitlines()
    assert said[0].startswith("remove  hxxps://antruc[.]test/no-hu  ")
    assert said[1].startswith("crawl again  hxxps://antruc[.]test/  ")
    text, table = (output / f"{incident}-deindex.{ending}" for ending in ("txt", "csv"))
    assert said[2:] == [str(text), str(table)]
    assert text.read_text() == "https://antruc.test/no-hu\n"
    assert table.read_text("utf-8-sig").splitlines()[1].startswith("https://antruc.test/no-hu,remove,")
    assert {file.stat().st_mode & 0o777 for file in (text, table)} == {0o600}


def test_a_folder_that_cannot_be_made_is_named(inventory: str, tmp_path: Path) -> None:
    auditor(inventory, "open", "antruc.test", *WHO)
    ScanHistory().store_crawl_frontier(
        inventories.load_inventory(Path(inventory)).path, ledger(("/no-hu", trace("a", "doorway")))
    )
    (tmp_path / "taken").write_text("x")
    with pytest.raises(InputError, match="cannot make the folder"):
        auditor(inventory, "forget", str(the_only(inventory)["id"]), "--output", str(tmp_path / "taken/out"))
