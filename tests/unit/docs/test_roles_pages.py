"""What is said to people who play our roles from playbooks of their own is what Ansible does and what the lab plays."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.system import resources
from tools import roles_pages

TOP = Path(__file__).parents[3]
ROLES = sorted(path.parent.name for path in TOP.glob("roles/*/tasks"))
PAGE = (TOP / "docs/en/roles.md").read_text("utf-8")
OTHERS = runpy.run_path(str(TOP / "playbooks/roles/consent/filter_plugins/role_names.py"))


def plays(page: str) -> Iterator[dict[str, Any]]:
    """The plays that a page shows."""
    for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield from yaml.safe_load(block)


def test_every_role_has_a_page_and_the_page_about_them_leads_to_it() -> None:
    assert sorted(roles_pages.pages()) == [f"{role}/README.md" for role in ROLES]
    assert re.findall(r"\]\(\.\./\.\./roles/(\w+)/README\.md\)", PAGE) == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_galaxy_is_told_all_that_it_asks_for(role: str) -> None:
    meta = yaml.safe_load((TOP / f"roles/{role}/meta/main.yml").read_text("utf-8"))
    said = yaml.safe_load((TOP / f"roles/{role}/meta/argument_specs.yml").read_text("utf-8"))
    info = meta["galaxy_info"]
    assert info["description"] == said["argument_specs"]["main"]["short_description"]
    assert (info["author"], info["license"], info["min_ansible_version"]) == ("Lũy Tre", "Apache-2.0", "2.21")
    assert info["platforms"] == [{"name": "Debian", "versions": ["bookworm", "trixie"]}]
    assert info["galaxy_tags"] == ["security", "hardening", role.replace("_", "")]


def test_the_play_that_is_shown_is_the_one_that_molecule_plays() -> None:
    (played,) = yaml.safe_load((TOP / "roles/ssh/molecule/default/converge.yml").read_text("utf-8"))
    shown = {**played, "hosts": "web"}
    assert shown in plays(PAGE)
    assert list(plays(roles_pages.pages()["ssh/README.md"])) == [shown]


def test_a_page_says_why_a_change_waits_and_what_is_left_to_people() -> None:
    page = roles_pages.pages()["filesystem/README.md"]
    assert "| `filesystem.sticky` |" in page
    assert "use `auditor harden`, which audits first" in page
    page = roles_pages.pages()["ssh/README.md"]
    assert re.search(r"\| `ssh\.password_auth` \| .* \| high \| People without an SSH key can no longer log in", page)
    assert re.search(r"does not fix.*`ssh\.allow_groups`", page)
    assert "| `ssh_max_auth_tries` | int | `4` |" in page


def test_a_role_of_others_by_the_name_of_one_of_ours_is_seen(tmp_path: Path) -> None:
    for role in ("ssh", "theirs"):
        (tmp_path / "first" / role).mkdir(parents=True)
    (tmp_path / "link").symlink_to(TOP / "roles")
    ours, others = [str(folder) for folder in resources.list_role_folders()], OTHERS["find_foreign_roles"]
    assert sorted(ours) == sorted(str(TOP / folder) for folder in OTHERS["OURS"])
    assert others([*ours, str(tmp_path / "first")], TOP) == []
    assert others([str(tmp_path / "link"), *ours], TOP) == []
    assert others([str(tmp_path / "first"), *ours], TOP) == [str(tmp_path / "first/ssh")]
