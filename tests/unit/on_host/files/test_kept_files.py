"""What would be written through a link out of /etc, where no snapshot holds it, is not written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre_change import kept_files


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    etc = tmp_path / "etc"
    (etc / "mysql" / "conf.d").mkdir(parents=True)
    (tmp_path / "srv").mkdir()
    (etc / "ssh").symlink_to(tmp_path / "srv")
    (etc / "mysql" / "mariadb.conf.d").symlink_to("conf.d")
    monkeypatch.setattr(kept_files, "ETC", str(etc))
    return etc


@pytest.mark.parametrize("name", ["mysql/conf.d/x.cnf", "mysql/mariadb.conf.d/x.cnf", "mysql", "new.d/x"])
def test_what_stays_in_it_is_kept(etc: Path, name: str) -> None:
    assert kept_files.explain_link_leading_out_of_etc(str(etc / name)) is None


def test_what_a_link_leads_out_of_it_is_not(etc: Path) -> None:
    said = kept_files.explain_link_leading_out_of_etc(str(etc / "ssh" / "00-luytre.conf"))
    assert said is not None and str(etc.parent / "srv" / "00-luytre.conf") in said


def test_other_trees_are_nothing_to_it(etc: Path) -> None:
    assert kept_files.explain_link_leading_out_of_etc("/usr/share/pam-configs/x") is None
