"""What an office gives to reviews besides its inventory: leave in writing, and the networks of search engines."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from auditor.audit import controls
from auditor.audit.exceptions import list_authorization_uses_on_day
from auditor.commands.output.reviews import show_last_review_of_each_site
from auditor.content.host_facts import list_sites_authorized_for_probes
from auditor.errors import InputError
from auditor.inventory import engines
from auditor.inventory.hosts import load_inventory
from auditor.models import Inventory, Lang, Run
from auditor.report import json_output
from auditor.report.html.pages import iter_html_report_pages
from auditor.results import exceptions
from auditor.text.translations import Words
from tests.unit.audit.assessors.test_scans import audited, look

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
    assert list_sites_authorized_for_probes(load_inventory(inventory), date(2026, 12, 1)) == frozenset()
    (inventory / "office" / "authorizations.yml").write_text(LEAVE)
    known = load_inventory(inventory)
    assert list_sites_authorized_for_probes(known, date(2026, 12, 1)) == {"a.test", "c.test"}
    assert list_sites_authorized_for_probes(known, date(2027, 5, 1)) == {"a.test", "c.test"}
    assert (
        list_sites_authorized_for_probes(known, date(2026, 11, 1))
        == list_sites_authorized_for_probes(known, date(2027, 5, 2))
        == frozenset()
    )


@pytest.mark.parametrize(
    ("right", "wrong", "line", "why"),
    [
        ("sites: [a.test]", "sites: [x.test]", 5, "x.test is not among"),
        ("expires: 2027-05-01", "expires: 2028-05-01", 4, "longer than a year"),
        ("expires: 2027-05-01", "expires: 2026-05-01", 4, "is before dated"),
        ("expires: 2027-05-01", "until: 2027-05-01", 2, "expires: Field required"),
        ("hosts: [web2]}", "hosts: [web2]}\n  probes: all", 6, "probes"),
        ("document: Quyết định số 12/QĐ-UBND", "document: ''", 2, "document"),
        ("scope: {sites: [a.test], hosts: [web2]}", "scope: {}", 5, "is empty"),
        (LEAVE, "leave: yes", 1, "must be a list"),
    ],
)
def test_what_is_wrong_in_an_authorization_is_told_with_its_line(
    inventory: Path, right: str, wrong: str, line: int, why: str
) -> None:
    (inventory / "office" / "authorizations.yml").write_text(LEAVE.replace(right, wrong))
    with pytest.raises(InputError, match=re.escape(why)) as raised:
        load_inventory(inventory)
    assert (raised.value.file, raised.value.line) == (inventory / "office" / "authorizations.yml", line)


def test_networks_are_read_as_engines_publish_them(inventory: Path) -> None:
    office = inventory / "office"
    assert engines.load_search_engine_networks(office) == ()
    (office / "engines").mkdir()
    published = (
        '{"creationTime": "x", "prefixes": [{"ipv6Prefix": "2001:4860:4801::/48"}, {"ipv4Prefix": "66.249.64.0/27"}]}'
    )
    (office / "engines" / "googlebot.json").write_text(published)
    (office / "engines" / "bingbot.json").write_text('{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}')
    assert engines.load_search_engine_networks(office) == ("66.249.64.0/27", "2001:4860:4801::/48")


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
    with pytest.raises(InputError, match="not a list") as raised:
        engines.load_search_engine_networks(inventory / "office")
    assert raised.value.file == folder / "googlebot.json"


def test_leave_that_is_not_used_is_named_with_its_day(inventory: Path) -> None:
    office = inventory / "office" / "authorizations.yml"
    office.write_text(LEAVE)
    known = load_inventory(inventory)
    told = {
        day: _told(known, date.fromisoformat(day), "vi")
        for day in ("2026-11-01", "2026-11-02", "2027-04-01", "2027-05-01", "2027-05-02")
    }
    assert told["2026-11-02"] == []
    assert "có hiệu lực từ ngày 02/11/2026" in told["2026-11-01"][0]
    assert "đến hết ngày 01/05/2027" in told["2027-04-01"][0] == told["2027-05-01"][0]
    assert told["2027-05-02"] == [
        (
            "“Quyết định số 12/QĐ-UBND” hết hạn ngày 01/05/2027: không còn kiểm tra những địa chỉ không "
            "được công bố trên 2 trang (a.test, c.test); cách sửa: office/authorizations.yml"
        )
    ]
    assert "expired on 1 May 2027: unlinked addresses of 2 sites are" in _told(known, date(2027, 5, 2), "en")[0]
    office.write_text(
        LEAVE + LEAVE.replace("12/", "13/").replace("2026-11-02", "2027-04-20").replace("-05-01", "-12-01")
    )
    assert _told(load_inventory(inventory), date(2027, 5, 2), "vi") == []


def test_leave_for_a_host_without_a_site_is_named(inventory: Path) -> None:
    (inventory / "hosts.yml").write_text(HOSTS + "    web3: {ansible_host: 192.0.2.3}\n")
    (inventory / "office" / "authorizations.yml").write_text(
        LEAVE.replace("sites: [a.test], hosts: [web2]", "hosts: [web3]")
    )
    (line,) = _told(load_inventory(inventory), date(2026, 12, 1), "en")
    assert line.startswith("“Quyết định số 12/QĐ-UBND” does not cover any site")


def test_leave_that_is_over_is_told_wherever_looks_are(inventory: Path) -> None:
    (inventory / "office" / "authorizations.yml").write_text(LEAVE)
    run = _run(load_inventory(inventory), date(2027, 5, 2))
    (line,) = exceptions.describe_unused_or_expiring_authorizations(run, Words("en"))
    catalogue = controls.load_catalogue()
    with io.StringIO() as shown:
        show_last_review_of_each_site(run, catalogue, Words("en"), Console(file=shown, width=2_000))
        assert line in shown.getvalue()
    assert line in html.unescape(dict(iter_html_report_pages(run, catalogue, "en"))["index.html"])
    (use,) = json.loads(json_output.render_findings_as_json(run))["authorizations"]
    assert (use["validity"], use["days_left"], use["sites"]) == ("expired", -1, ["a.test", "c.test"])


def _told(known: Inventory, day: date, lang: Lang) -> list[str]:
    return list(exceptions.describe_unused_or_expiring_authorizations(_run(known, day), Words(lang)))


def _run(known: Inventory, day: date) -> Run:
    return audited(look()).model_copy(update={"authorizations": list_authorization_uses_on_day(known, day)})
