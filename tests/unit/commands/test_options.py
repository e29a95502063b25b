"""The options that verbs share choose what was named, and never more."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor import lab
from auditor.audit import controls
from auditor.cli import app
from auditor.commands.hardening.accepted_controls import parse_accepted_controls
from auditor.commands.options.selection import parse_unjudged_sites, select_hosts_and_check_lab
from auditor.errors import InputError
from auditor.inventory import hosts as inventory
from auditor.text import usage

LAB = Path(__file__).parents[3] / "inventories/lab"
INVENTORY = inventory.load_inventory(LAB)
CATALOGUE = controls.load_catalogue()


@pytest.mark.parametrize(
    ("limit", "hosts", "sites"),
    [
        (None, ["web1", "web2", "web3"], set()),
        (["web1"], ["web1"], set()),
        (["antruc.test, web3 ,"], ["web1", "web3"], {"antruc.test"}),
        (["web3", "web1"], ["web1", "web3"], set()),
    ],
)
def test_a_limit_chooses_hosts_by_name_and_by_site(limit: list[str] | None, hosts: list[str], sites: set[str]) -> None:
    chosen, named = select_hosts_and_check_lab(INVENTORY, limit)
    assert ([host.name for host in chosen], named) == (hosts, sites)


def test_nothing_is_sent_to_the_labs_addresses_while_it_is_down(interfaces: list[str], tmp_path: Path) -> None:
    interfaces.remove(lab.load_lab_spec().network.bridge)
    for path in (LAB, LAB / "hosts.yml", LAB.parent / "messy"):
        with pytest.raises(InputError, match="which is not running on this machine — as root: auditor lab up web1"):
            select_hosts_and_check_lab(INVENTORY.model_copy(update={"path": str(path)}), ["web1"])
    assert select_hosts_and_check_lab(INVENTORY.model_copy(update={"path": str(tmp_path)}), ["web1"])


@pytest.mark.parametrize("limit", [[""], [","], [" , "], ["web1", ""]])
def test_a_limit_that_names_nothing_is_an_error(limit: list[str]) -> None:
    with pytest.raises(InputError, match="does not contain a name"):
        select_hosts_and_check_lab(INVENTORY, limit)


@pytest.mark.parametrize(
    ("limit", "guess"),
    [("WEB1", "web1"), ("antruk.test", "antruc.test"), ("www.antruc.tets", "www.antruc.test"), ("zzz", None)],
)
def test_a_name_that_is_none_is_guessed_at(limit: str, guess: str | None) -> None:
    with pytest.raises(InputError) as caught:
        select_hosts_and_check_lab(INVENTORY, [limit])
    assert usage.format_input_error_as_line(caught.value, "vi") == (
        f"--limit {limit}: không có máy chủ hoặc trang nào tên như vậy"
        + (f"; có phải '{guess}'?" if guess else "")
        + " — xem 'auditor inventory check'"
    )
    assert ("did you mean" in str(caught.value)) == bool(guess)


def test_what_is_accepted_is_read_as_a_limit_is() -> None:
    assert parse_accepted_controls(["ssh.password_auth, tls.redirect"], CATALOGUE) == {
        "ssh.password_auth",
        "tls.redirect",
    }
    assert parse_accepted_controls(None, CATALOGUE) == frozenset()
    assert parse_accepted_controls(["ssh.password_auth:hanh"], CATALOGUE) == {"ssh.password_auth:hanh"}
    with pytest.raises(InputError, match="not a control"):
        parse_accepted_controls(["ssh.password_auth:"], CATALOGUE)
    with pytest.raises(InputError, match="does not contain a name"):
        parse_accepted_controls([""], CATALOGUE)
    with pytest.raises(InputError, match=r"did you mean 'tls\.redirect'\?"):
        parse_accepted_controls(["tls.redirct"], CATALOGUE)


@pytest.mark.parametrize("verb", [["audit"], ["plan"], ["harden", "--yes"], ["rollback", "--yes"], ["drift"]])
def test_no_verb_takes_an_empty_limit_for_all_hosts(verb: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not contain a name"):
        CliRunner(env={"LUYTRE_STATE": str(tmp_path)}).invoke(
            app, [*verb, "-i", str(LAB), "--limit", ""], catch_exceptions=False
        )


def test_sites_are_left_unjudged_by_any_of_their_names_and_by_no_other() -> None:
    assert parse_unjudged_sites(None, INVENTORY) == frozenset()
    assert parse_unjudged_sites(["antruc.test"], INVENTORY) == {"antruc.test"}
    for name in ("antruk.test", "web1"):
        with pytest.raises(InputError, match="no such site"):
            parse_unjudged_sites([name], INVENTORY)


@pytest.mark.parametrize("verb", [["harden"], ["rollback", "--control", "ssh.root_login"]])
def test_an_unjudged_site_that_nobody_knows_is_told_before_anything_else(verb: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [*verb, "-i", str(LAB), "--yes", "--unjudged", "antruk.test"])
    assert isinstance(done.exception, InputError)
    assert "no such site" in str(done.exception)
    assert "antruc.test" in str(done.exception)
