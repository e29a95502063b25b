"""What an office gives to reviews besides its inventory: leave in writing, and the networks of search engines."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from auditor.content.asked import may_be_probed
from auditor.errors import InputError
from auditor.inventory import engines
from auditor.inventory.hosts import load

HOSTS = """
all:
  hosts:
    web1: {ansible_host: 192.0.2.1, luytre_sites: [{domain: a.test}, {domain: b.test}]}
    web2: {ansible_host: 192.0.2.2, luytre_sites: [{domain: c.test}]}
"""
LEAVE = """
- document: Quyết định số 12/QĐ-UBND
  dated: 2026-11-02
  expires: 2027-05-01
  scope: {sites: [a.test], hosts: [web2]}
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "office").mkdir()
    (tmp_path / "hosts.yml").write_text(HOSTS)
    return tmp_path


def test_sites_may_be_probed_in_scope_and_in_time_alone(inventory: Path) -> None:
    assert may_be_probed(load(inventory), date(2026, 12, 1)) == frozenset()
    (inventory / "office" / "authorizations.yml").write_text(LEAVE)
    known = load(inventory)
    assert may_be_probed(known, date(2026, 12, 1)) == {"a.test", "c.test"}
    assert may_be_probed(known, date(2027, 5, 1)) == {"a.test", "c.test"}
    assert may_be_probed(known, date(2026, 11, 1)) == may_be_probed(known, date(2027, 5, 2)) == frozenset()


@pytest.mark.parametrize(
    ("right", "wrong", "line", "why"),
    [
        ("sites: [a.test]", "sites: [x.test]", 5, "x.test is not among"),
        ("expires: 2027-05-01", "expires: 2028-05-01", 4, "more than a year"),
        ("expires: 2027-05-01", "expires: 2026-05-01", 4, "is before dated"),
        ("expires: 2027-05-01", "until: 2027-05-01", 2, "expires: Field required"),
        ("hosts: [web2]}", "hosts: [web2]}\n  probes: all", 6, "probes"),
        ("document: Quyết định số 12/QĐ-UBND", "document: ''", 2, "document"),
        ("scope: {sites: [a.test], hosts: [web2]}", "scope: {}", 5, "names nothing"),
        (LEAVE, "leave: yes", 1, "is a list"),
    ],
)
def test_what_is_wrong_in_an_authorization_is_told_with_its_line(
    inventory: Path, right: str, wrong: str, line: int, why: str
) -> None:
    (inventory / "office" / "authorizations.yml").write_text(LEAVE.replace(right, wrong))
    with pytest.raises(InputError, match=re.escape(why)) as raised:
        load(inventory)
    assert (raised.value.file, raised.value.line) == (inventory / "office" / "authorizations.yml", line)


def test_networks_are_read_as_engines_publish_them(inventory: Path) -> None:
    office = inventory / "office"
    assert engines.networks(office) == ()
    (office / "engines").mkdir()
    published = (
        '{"creationTime": "x", "prefixes": [{"ipv6Prefix": "2001:4860:4801::/48"}, {"ipv4Prefix": "66.249.64.0/27"}]}'
    )
    (office / "engines" / "googlebot.json").write_text(published)
    (office / "engines" / "bingbot.json").write_text('{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}')
    assert engines.networks(office) == ("66.249.64.0/27", "2001:4860:4801::/48")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"prefixes": 5}',
        '{"prefixes": [{}]}',
        '{"prefixes": [{"ipv4Prefix": "66.249.64.1/27"}]}',
        "[" * 99_999,
    ],
)
def test_a_file_that_is_no_such_list_is_told(inventory: Path, text: str) -> None:
    folder = inventory / "office" / "engines"
    folder.mkdir()
    (folder / "googlebot.json").write_text(text)
    with pytest.raises(InputError, match="no list") as raised:
        engines.networks(inventory / "office")
    assert raised.value.file == folder / "googlebot.json"
