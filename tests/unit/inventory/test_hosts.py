from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.audit import controls, inventory_fit
from auditor.cli import main
from auditor.errors import InputError
from auditor.fleet.runner import PlaybookOrder, PlaybookRun, play
from auditor.inventory import exceptions, variables, vault
from auditor.inventory import hosts as inventory
from auditor.inventory import reach as reaching
from auditor.models import Host, Site
from auditor.system import resources
from tests.lab.fixtures import ACCEPTED_ONCE
from tests.unit.access import filters

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
    known = inventory.load_inventory(folder(tmp_path))
    assert [host.name for host in known.hosts] == ["a", "b"]
    assert known.hosts[0].automation_user == "luytre"
    assert [site.domain for site in known.sites] == ["a.test", "b.test"]
    assert known.organisation is not None
    assert known.organisation.find_unit_by_id("xa") is not None


def test_host_vars_win_over_group_vars(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "group_vars").mkdir()
    (path / "host_vars").mkdir()
    (path / "group_vars/web.yml").write_text("luytre_open_ports: [25]\n", "utf-8")
    (path / "host_vars/a.yml").write_text("luytre_open_ports: [8443]\n", "utf-8")
    known = inventory.load_inventory(path)
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
        inventory.load_inventory(folder(tmp_path, hosts, organisation))
    assert words in caught.value.what
    assert caught.value.file is not None
    assert caught.value.mend
    if line is not None:
        assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "wrong", "guess"),
    [
        ("domain: b.test", "domain: b.test\n              smoke_url: [/]", "smoke_urls"),
        ("luytre_unit", "luytre_units", "luytre_unit"),
        ("children:", "childs:", "children"),
        (
            "- domain: b.test",
            "- domain: b.test\n              hosts: a",
            None,
        ),  # where a site lies is not written in it
    ],
)
def test_of_a_mistyped_key_the_one_that_was_meant_is_named(
    tmp_path: Path, written: str, wrong: str, guess: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        inventory.load_inventory(folder(tmp_path, HOSTS.replace(written, wrong)))
    assert caught.value.guess == guess


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the inventory does not exist"):
        inventory.load_inventory(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["lab", "example"])
def test_the_shipped_inventories_are_sound(name: str) -> None:
    assert inventory_fit.read_and_check_inventory(Path("inventories") / name, controls.load_catalogue()).sites


def test_accepted_controls_are_read_and_each_must_be_one_with_a_fix(tmp_path: Path) -> None:
    catalogue = controls.load_catalogue()
    path = folder(
        tmp_path, HOSTS.replace("    ansible_user", "    luytre_accept: [ssh.password_auth]\n    ansible_user")
    )
    assert [host.accept for host in inventory.load_inventory(path).hosts] == [("ssh.password_auth",)] * 2
    inventory_fit.check_accepted_controls_have_fixes(path, catalogue)
    (path / "host_vars").mkdir()
    (path / "host_vars/b.yml").write_text("luytre_accept:\n  - tls.redirect\n  - sudo.nopasswd\n", "utf-8")
    with pytest.raises(InputError, match=r"b\.yml:3: host b: luytre_accept: 'sudo\.nopasswd'"):
        inventory_fit.check_accepted_controls_have_fixes(path, catalogue)


@pytest.mark.parametrize("everything", ["all", "ssh.*", "'*'", "[ssh]"])
def test_nothing_accepts_everything_at_once(tmp_path: Path, everything: str) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"luytre_accept: [{everything}]"))
    with pytest.raises(InputError, match=r"hosts\.yml:9: host a: luytre_accept"):
        inventory.load_inventory(path)


def test_the_lab_accepts_by_name_each_danger_and_each_restart() -> None:
    catalogue, lab = controls.load_catalogue(), resources.get_shipped_inventories_folder() / "lab"
    inventory_fit.check_accepted_controls_have_fixes(lab, catalogue)
    fixes = {control.id: control.fix for control in catalogue.controls if control.fix is not None}
    dangerous = {control for control, fix in fixes.items() if fix.danger is not None}
    restarting = {control for control, fix in fixes.items() if fix.disruption in ("restart", "reboot")}
    moved_aside = {"filesystem.cron_modes"}
    linked_by_pages = {"apache.options_indexes"}
    accepted = (dangerous | restarting | moved_aside | linked_by_pages) - set(ACCEPTED_ONCE.split(","))
    assert {host.accept == tuple(sorted(accepted)) for host in inventory.load_inventory(lab).hosts} == {True}
    assert len(dangerous) <= 36


def test_a_window_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    wrong = (
        ORGANISATION
        + "  - id: phuong\n    name: UBND phường Thử\n    windows:\n      - sat-sun 00:00-05:00\n      - nights\n"
    )
    with pytest.raises(InputError, match=r"organisation\.yml:9: .*'nights' is not a change window"):
        inventory.load_inventory(folder(tmp_path, organisation=wrong))


def test_a_network_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", "luytre_trusted_networks: [192.0.2.0/24, 192.0.2.300]"))
    with pytest.raises(InputError, match=r"hosts\.yml:9: host a: luytre_trusted_networks: .*192\.0\.2\.300"):
        inventory.load_inventory(path)


def test_ports_may_be_ranges(tmp_path: Path) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", "luytre_open_ports: [25, 8000-8003, '8443']"))
    assert inventory.load_inventory(path).hosts[0].open_ports == (25, 8000, 8001, 8002, 8003, 8443)
    declared = variables.load_variables_by_host(path)["a"]["luytre_open_ports"].value
    assert filters("survey").parse_ports(declared) == [25, 8000, 8001, 8002, 8003, 8443]


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        ("8010-8000", "the range 8010-8000 ends before it starts"),
        ("0-5", "greater than or equal to 1"),
        ("70000", "less than or equal to 65535"),
        ("1-65535", "the range has more than 2000 ports"),
        ("8000..8010", "valid integer"),
    ],
)
def test_ports_that_are_none_are_named_with_their_line(tmp_path: Path, ports: str, words: str) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"luytre_open_ports: [{ports}]"))
    with pytest.raises(InputError, match=rf"hosts\.yml:9: host a: luytre_open_ports: .*{words}"):
        inventory.load_inventory(path)


def test_every_variable_stands_in_the_example() -> None:
    example = Path("inventories/example/hosts.yml").read_text("utf-8")
    of_sites = set(Site.model_fields) - inventory.DERIVED_FIELDS
    wanted = {*inventory.HOST_KEYS, *inventory.OTHER_KEYS, *of_sites}
    assert {name for name in wanted if not re.search(rf"(?m)^[ #-]*{name}:", example)} == set()


# --- as Ansible sees it -------------------------------------------------------------------------------------

PRECEDENCE = {
    "a host in two groups": "all:\n  vars: {luytre_unit: tinh, ansible_host: 192.0.2.99}\n  children:\n    web:\n"
    "      hosts:\n        h: {luytre_unit: xa, ansible_host: 192.0.2.1}\n    php:\n      hosts:\n        h:\n",
    "variables apart from hosts": "all:\n  children:\n    web:\n      hosts:\n        h: {ansible_host: 192.0.2.1}\n"
    "web:\n  vars: {luytre_unit: xa, ansible_host: 192.0.2.99}\n",
}


@pytest.mark.parametrize("hosts", PRECEDENCE.values(), ids=PRECEDENCE)
def test_the_machine_changed_is_the_machine_probed(tmp_path: Path, hosts: str) -> None:
    path = folder(tmp_path, hosts)
    (host,) = inventory.load_inventory(path).hosts
    assert host == Host(name="h", address="192.0.2.1", unit="xa")
    assert reaching.load_reach(path)["h"].address == "192.0.2.1"


def seen(path: Path) -> PlaybookRun:
    """What a run of ours says of the hosts and of ``word``."""
    playbook = exceptions.get_office_folder_of_inventory(path) / "see.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: See\n      ansible.builtin.debug:\n"
        "        msg: \"{{ [word | default('-'), groups['all'] | sort] }}\"\n",
        "utf-8",
    )
    return play(PlaybookOrder(playbook, inventory=path))


def test_ansible_reads_what_we_read_and_nothing_else(tmp_path: Path) -> None:
    path = folder(tmp_path, "all:\n  hosts: {h: {ansible_connection: local}}\n")
    (path / "more").write_text("[all]\nh word=more\ng\n", "utf-8")
    (path / "prod").mkdir()
    (path / "prod/hosts.yml").write_text("all:\n  hosts: {f: }\n", "utf-8")
    assert [host.name for host in inventory.load_inventory(path).hosts] == ["h"]
    assert [task.result["msg"] for task in seen(path).tasks] == [["-", ["h"]]]
    with pytest.raises(InputError, match="more: this is never read"):
        inventory_fit.read_and_check_inventory(path, controls.load_catalogue())


def test_of_a_linked_file_the_variables_beside_the_link_count(tmp_path: Path) -> None:
    path = folder(tmp_path)
    for place, word in {"there": "target", "here": "link"}.items():
        (path / place / "group_vars").mkdir(parents=True)
        (path / place / "group_vars/all.yml").write_text(f"word: {word}\nluytre_admins: [{word}]\n", "utf-8")
    (path / "there/hosts.yml").write_text("all:\n  hosts: {h: {ansible_connection: local}}\n", "utf-8")
    (path / "here/hosts.yml").symlink_to(path / "there/hosts.yml")
    (path / "here/office").mkdir()
    assert inventory.load_inventory(path / "here/hosts.yml").hosts[0].admins == ("link",)
    assert [task.result["msg"] for task in seen(path / "here/hosts.yml").tasks] == [["link", ["h"]]]


def test_the_way_there_is_ansibles_whatever_its_variables_are_called(tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/called\n', "utf-8")
    ssh.chmod(0o755)
    given = {
        "a": "ansible_ssh_host: 192.0.2.1, ansible_ssh_port: 2221, ansible_ssh_user: one, ansible_private_key_file: /k1",
        "b": "ansible_host: 192.0.2.2, ansible_ssh_host: 192.0.2.3, ansible_port: 22, ansible_ssh_port: 2223, "
        "ansible_user: two, ansible_ssh_user: three, ansible_private_key_file: /k2, ansible_ssh_private_key_file: /k3",
    }
    hosts = "".join(f"    {host}: {{{values}}}\n" for host, values in given.items())
    path = folder(tmp_path, f"all:\n  vars: {{ansible_ssh_executable: {ssh}}}\n  hosts:\n{hosts}")
    playbook = tmp_path / "office/ask.yml"
    playbook.write_text("- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.raw: id\n", "utf-8")
    assert play(PlaybookOrder(playbook, inventory=path)).status == "successful"
    called = (tmp_path / "called").read_text("utf-8").splitlines()
    reached = reaching.load_reach(path)
    assert {host: (to.address, to.port, to.user, to.key_file) for host, to in reached.items()} == {
        "a": ("192.0.2.1", 2221, "one", "/k1"),
        "b": ("192.0.2.3", 2223, "three", "/k3"),
    }
    for to in reached.values():
        (words,) = [line for line in called if f" {to.address} " in line]
        for part in (f"Port={to.port} ", f'User="{to.user}"', f'IdentityFile="{to.key_file}"'):
            assert part in words
    assert [host.address for host in inventory.load_inventory(path).hosts] == ["192.0.2.1", "192.0.2.3"]


def test_a_vaulted_password_is_left_to_ansible(tmp_path: Path) -> None:
    vaulted = "!vault |\n            $ANSIBLE_VAULT;1.1;AES256\n            3338\n"
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"ansible_password: {vaulted}"))
    one, other = inventory.load_inventory(path).hosts
    assert (one.by_password, other.by_password) == (True, False)
    unsafe = HOSTS.replace("ansible_user: luytre", "ansible_user: !unsafe luytre")
    (path / "hosts.yml").write_text(unsafe, "utf-8")
    assert {host.automation_user for host in inventory.load_inventory(path).hosts} == {"luytre"}


@pytest.mark.parametrize("key", ["luytre_unit", "luytre_sites", "ansible_host", "ansible_ssh_common_args"])
def test_a_vaulted_value_that_we_need_is_named_with_its_line(tmp_path: Path, key: str) -> None:
    secret = f"{key}: !vault |\n            $ANSIBLE_VAULT;1.1;AES256\n            3338\n"
    path = folder(tmp_path, f"all:\n  hosts:\n    a:\n      {secret}")
    with pytest.raises(InputError, match=rf"hosts\.yml:4: host a: {key} is encrypted"):
        inventory.load_inventory(path)


def test_a_vaulted_file_is_read_with_the_offices_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = "all:\n  hosts: {a: {ansible_connection: local}}\n"
    (tmp_path / "inventory").mkdir()
    path = folder(tmp_path / "inventory", hosts)
    closed = path / "group_vars/all/vault.yml"
    closed.parent.mkdir(parents=True)
    closed.write_text("luytre_unit: xa\nword: tre\n", "utf-8")
    (tmp_path / "password").write_text("mật khẩu\n", "utf-8")
    subprocess.run(
        [
            Path(sys.executable).with_name("ansible-vault"),
            "encrypt",
            "--vault-password-file",
            tmp_path / "password",
            closed,
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.delenv(vault.PASSWORD_FILE, raising=False)
    with pytest.raises(InputError, match=r"vault\.yml:1: is encrypted, so its data .* ANSIBLE_VAULT_PASSWORD_FILE"):
        inventory.load_inventory(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(vault.PASSWORD_FILE, "password")
    assert [host.unit for host in inventory.load_inventory(path).hosts] == ["xa"]
    assert [task.result["msg"] for task in seen(path).tasks] == [["tre", ["a"]]]
    (tmp_path / "other").write_text("khác\n", "utf-8")
    monkeypatch.setenv(vault.PASSWORD_FILE, "other")
    with pytest.raises(InputError, match="is encrypted with a different password from the given one"):
        inventory.load_inventory(path)


# --- all that a run could stumble over ------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["b.yml", "host_vars/a.yml", "group_vars/web.yml"])
def test_sites_never_vanish_behind_others(tmp_path: Path, place: str) -> None:
    path = folder(tmp_path)
    (path / place).parent.mkdir(exist_ok=True)
    sites = "luytre_sites: [{domain: c.test}]"
    (path / place).write_text(f"all:\n  hosts:\n    a: {{{sites}}}\n" if place == "b.yml" else sites + "\n", "utf-8")
    (path / "hosts.yml").rename(path / "a.yml")
    with pytest.raises(InputError, match=r"luytre_sites replaces the one at .*:\d+ — ") as caught:
        inventory.load_inventory(path)
    assert {"a.yml", place.rpartition("/")[2]} <= {part.split(":")[0] for part in str(caught.value).split("/")}


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("xãan.test", "write 'xãan.test' as xn--xan-mla.test"),
        ("A.test", "write 'A.test' as a.test"),
        ("B_test", "'B_test' is not a domain name like xa-vi-du.gov.vn"),
        ("http://a.test", "is not a domain name like"),
        ('"a.test\\n"', "is not a domain name like"),
    ],
)
def test_a_wrong_domain_is_told_the_right_one(tmp_path: Path, domain: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        inventory.load_inventory(folder(tmp_path, HOSTS.replace("domain: b.test", f"domain: {domain}")))
    assert words in caught.value.what
    assert caught.value.line == 16


@pytest.mark.parametrize("port", ["abc", "0", "65536", "22.5", "[22]"])
def test_a_port_that_is_none_is_named_with_its_line(tmp_path: Path, port: str) -> None:
    path = folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"ansible_port: {port}"))
    with pytest.raises(InputError, match=r"hosts\.yml:9: host a: ansible_port: .* is not a port"):
        inventory.load_inventory(path)


@pytest.mark.parametrize("port", ["22", "'2222'", "'{{ port }}'"])
def test_a_port_may_be_text_or_ansibles_business(tmp_path: Path, port: str) -> None:
    assert inventory.load_inventory(folder(tmp_path, HOSTS.replace("luytre_unit: xa", f"ansible_port: {port}"))).hosts


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "luytre_unit: xa",
            "luytre_accept: [no.such]",
            r"hosts\.yml:9: host a: luytre_accept: 'no\.such' is not a control",
        ),
        ("192.0.2.2", "192.0.2.1", "hosts\\.yml:14: hosts a and b have the same address 192\\.0\\.2\\.1 and port 22"),
        ("ansible_host: 192.0.2.2", "ansible_port: 22", None),
        ("192.0.2.2", "192.0.2.1\n          ansible_port: 2222", None),
        ("192.0.2.2", "192.0.2.1\n          ansible_ssh_common_args: -J other", None),
    ],
)
def test_check_refuses_what_a_run_would_stumble_over(tmp_path: Path, old: str, new: str, words: str | None) -> None:
    path = folder(tmp_path, HOSTS.replace(old, new))
    if words is None:
        assert inventory_fit.read_and_check_inventory(path, controls.load_catalogue()) == inventory.load_inventory(path)
        return
    with pytest.raises(InputError, match=words):
        inventory_fit.read_and_check_inventory(path, controls.load_catalogue())


def test_two_names_of_one_machine_are_found_whoever_is_named_first(tmp_path: Path) -> None:
    path = folder(tmp_path, "all:\n  hosts:\n    a: {ansible_host: b}\n    b:\n")
    with pytest.raises(InputError, match="hosts\\.yml:3: hosts a and b have the same address b and port 22"):
        inventory_fit.read_and_check_inventory(path, controls.load_catalogue())


def test_check_reads_the_offices_papers_too(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "office/waivers.yml").write_text(
        "- id: w1\n  control: ssh.root_logn\n  scope: {sites: [a.test]}\n  reason: x\n  approver: Chánh Văn phòng\n"
        "  granted: 2026-11-01\n  expires: 2026-12-31\n",
        "utf-8",
    )
    with pytest.raises(InputError, match=r"waivers\.yml:2: w1: there is no control ssh\.root_logn"):
        inventory_fit.read_and_check_inventory(path, controls.load_catalogue())


def test_units_that_no_file_declares_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(tmp_path)
    assert inventory.list_units_named_without_organisation(inventory.load_inventory(path)) == ()
    (path / "office/organisation.yml").unlink()
    assert inventory.list_units_named_without_organisation(inventory.load_inventory(path)) == ("xa",)
    monkeypatch.setattr("sys.argv", ["auditor", "inventory", "check", "-i", str(path), "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code in (None, 0)
    assert "office/organisation.yml does not exist: the units (xa) are used as written" in said.err
    assert "a.test" in said.out


def test_an_empty_inventory_option_is_not_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder(tmp_path))
    monkeypatch.setattr("sys.argv", ["auditor", "inventory", "check", "-i", "", "--lang", "en"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "it is empty; for the current folder, use '.'" in capsys.readouterr().err


def test_an_empty_file_is_told_the_folder_to_enrol_into(tmp_path: Path) -> None:
    path = folder(tmp_path, "") / "hosts.yml"
    with pytest.raises(InputError) as caught:
        inventory.load_inventory(path)
    assert caught.value.mend == f"add one with 'auditor enroll HOST --address ADDRESS -i {tmp_path}'"


def test_a_site_knows_whether_its_level_was_declared(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(
        "all: {hosts: {web1: {luytre_sites: [{domain: a.test}, {domain: b.test, level: 2}]}}}\n"
    )
    assert [site.level_declared for site in inventory.load_inventory(tmp_path).sites] == [False, True]
