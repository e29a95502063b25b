"""office/sharing.yml: one line for each mistake, and no file is nothing declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory import sharing_declarations
from auditor.system import resources

KNOWN = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
SAID = "role: Chánh Văn phòng, dated: 2026-11-05"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("units:\n  xa-khac: {}\n", 2, "xa-khac is not in office/organisation.yml"),
        (
            f"units:\n  xa-an-truc:\n    central: {{in_place: true, {SAID}}}\n",
            3,
            "units.xa-an-truc.central: since: it is in place, so a day has to say since when",
        ),
        (
            f"units:\n  xa-an-truc:\n    central: {{in_place: false, since: 2026-01-01, {SAID}}}\n",
            3,
            "units.xa-an-truc.central: since: it is not in place, so there is no day since when it is",
        ),
        (
            f"units:\n  xa-an-truc:\n    central: {{in_place: true, since: 2026-11-06, {SAID}}}\n",
            3,
            "units.xa-an-truc.central: since: 2026-11-06 is after 2026-11-05, the day on which it was said",
        ),
        *(
            (
                f'units:\n  xa-an-truc:\n    central: {{in_place: false, what: "a{sign}b", {SAID}}}\n',
                3,
                f"units.xa-an-truc.central.what: it contains U+{code}, which cannot be printed; remove it",
            )
            for sign, code in (("\\t", "0009"), ("\\n", "000A"), ("\\0", "0000"), ("\\x85", "0085"), ("\\L", "2028"))
        ),
        (
            "units:\n  xa-an-truc:\n    central: {in_place: false, role: a@b.vn, dated: 2026-11-05}\n",
            3,
            "units.xa-an-truc.central.role: use the address of an office role, not of a person",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    (tmp_path / sharing_declarations.FILE).write_text(text, "utf-8")
    with pytest.raises(InputError) as told:
        sharing_declarations.load_sharing_declarations_by_unit(tmp_path, KNOWN.organisation)
    assert (told.value.line, told.value.what, told.value.file) == (line, what, tmp_path / sharing_declarations.FILE)


def test_no_file_declares_nothing(tmp_path: Path) -> None:
    assert sharing_declarations.load_sharing_declarations_by_unit(tmp_path, KNOWN.organisation) == {}
