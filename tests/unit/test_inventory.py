from __future__ import annotations

from pathlib import Path

import pytest

from auditor import controls, inventory, resources
from auditor.errors import InputError

ORGANISATION = """\
name: UBND tỉnh Thử
units:
  - {id: tinh, name: UBND tỉnh Thử}
  - {id: xa, name: UBND xã Thử, parent: tinh}
"""
HOSTS = """\
all:
  vars:
    ansible_user: luytre
  children:
    web:
      hosts:
        a:
          ansible_host: 192.0.2.1
          luytre_unit: xa
          luytre_sites:
            - domain: a.test
              unit: xa
        b:
          ansible_host: 192.0.2.2
          luytre_sites:
            - domain: b.test
"""


def folder(tmp_path: Path, hosts: str = HOSTS, organisation: str = ORGANISATION) -> Path:
    (tmp_path / "office").mkdir()
    (tmp_path / "hosts.yml").write_text(hosts, "utf-8")
    (tmp_path / "office/organisation.yml").write_text(organisation, "utf-8")
    return tmp_path


def test_inherits_group_variables_and_reads_sites(tmp_path: Path) -> None:
    known = inventory.load(folder(tmp_path))
    assert [host.name for host in known.hosts] == ["a", "b"]
    assert known.hosts[0].automation_user == "luytre"
    assert [site.domain for site in known.sites] == ["a.test", "b.test"]
    assert known.organisation is not None
    assert known.organisation.unit("xa") is not None


def test_host_vars_win_over_group_vars(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "group_vars").mkdir()
    (path / "host_vars").mkdir()
    (path / "group_vars/web.yml").write_text("luytre_open_ports: [25]\n", "utf-8")
    (path / "host_vars/a.yml").write_text("luytre_open_ports: [8443]\n", "utf-8")
    known = inventory.load(path)
    assert [host.open_ports for host in known.hosts] == [(8443,), (25,)]


@pytest.mark.parametrize(
    ("hosts", "organisation", "line", "words"),
    [
        (HOSTS.replace("b.test", "a.test"), ORGANISATION, 16, "domain a.test is declared twice"),
        (HOSTS.replace("unit: xa\n        b", "unit: xã\n        b"), ORGANISATION, 12, "unit"),
        (
            HOSTS.replace("              unit: xa\n", "              unit: huyen\n"),
            ORGANISATION,
            12,
            "unit huyen is not in",
        ),
        (HOSTS.replace("luytre_unit: xa", "luytre_unit: huyen"), ORGANISATION, 9, "unit huyen is not in"),
        (HOSTS.replace("luytre_unit", "luytre_office"), ORGANISATION, 9, "unknown variable luytre_office"),
        (HOSTS.replace("b.test", "B_test"), ORGANISATION, 16, "domain"),
        (HOSTS.replace("hosts:\n        a", "host:\n        a"), ORGANISATION, 6, "unknown key 'host'"),
        (HOSTS.replace("domain: b.test", "domain: b.test\n              colour: red"), ORGANISATION, 17, "colour"),
        (HOSTS.replace("all:", "all: ["), ORGANISATION, None, ""),
        ("", ORGANISATION, None, "no hosts"),
        ("- a\n", ORGANISATION, 1, "mapping of groups"),
        (HOSTS, ORGANISATION.replace("parent: tinh", "parent: huyen"), 4, "parent huyen is not a unit"),
        (HOSTS, ORGANISATION.replace("id: xa", "id: tinh"), 4, "declared twice"),
        (HOSTS, "name: X\n", None, "units"),
    ],
)
def test_a_mistake_names_file_line_and_mend(
    tmp_path: Path, hosts: str, organisation: str, line: int | None, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        inventory.load(folder(tmp_path, hosts, organisation))
    assert words in caught.value.what
    assert caught.value.file is not None
    assert caught.value.mend
    if line is not None:
        assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such inventory"):
        inventory.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["lab", "example"])
def test_the_shipped_inventories_are_sound(name: str) -> None:
    assert inventory.load(Path("inventories") / name).sites


def test_accepted_controls_are_read_and_each_must_be_one_with_a_fix(tmp_path: Path) -> None:
    catalogue = controls.load()
    path = folder(
        tmp_path, HOSTS.replace("    ansible_user", "    luytre_accept: [ssh.password_auth]\n    ansible_user")
    )
    assert [host.accept for host in inventory.load(path).hosts] == [("ssh.password_auth",)] * 2
    inventory.check_accepted(path, catalogue)
    (path / "host_vars").mkdir()
    (path / "host_vars/b.yml").write_text("luytre_accept:\n  - tls.redirect\n  - sudo.nopasswd\n", "utf-8")
    with pytest.raises(InputError, match=r"b\.yml:3: host b: luytre_accept: 'sudo\.nopasswd'"):
        inventory.check_accepted(path, catalogue)


@pytest.mark.parametrize("everything", ["all", "ssh.*", "'*'", "[ssh]"])
def test_nothing_accepts_everything_at_once(tmp_path: Path, everything: str) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"luytre_accept: [{everything}]"))
    with pytest.raises(InputError, match=r"hosts\.yml:9: host a: luytre_accept"):
        inventory.load(path)


def test_the_lab_accepts_each_danger_by_name() -> None:
    catalogue, lab = controls.load(), resources.inventories() / "lab"
    inventory.check_accepted(lab, catalogue)
    dangerous = {
        control.id for control in catalogue.controls if control.fix is not None and control.fix.danger is not None
    }
    assert {host.accept == tuple(sorted(dangerous)) for host in inventory.load(lab).hosts} == {True}
    assert len(dangerous) <= 30


def test_a_window_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    wrong = (
        ORGANISATION
        + "  - id: phuong\n    name: UBND phường Thử\n    windows:\n      - sat-sun 00:00-05:00\n      - nights\n"
    )
    with pytest.raises(InputError, match=r"organisation\.yml:9: .*'nights' is not a change window"):
        inventory.load(folder(tmp_path, organisation=wrong))


def test_a_network_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", "luytre_trusted_networks: [192.0.2.0/24, 192.0.2.300]"))
    with pytest.raises(InputError, match=r"hosts\.yml:9: host a: luytre_trusted_networks: .*192\.0\.2\.300"):
        inventory.load(path)
