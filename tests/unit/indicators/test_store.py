"""Lists of every kind taken in, handed on and taken in again; and what is no list leaves what was there before."""

from __future__ import annotations

import datetime
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.indicators import export, store
from auditor.indicators.importer import ListImport, import_indicator_files

TODAY = datetime.date(2026, 11, 27)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "state" / "indicators.sqlite"


def taken(kept: Path, file: Path, text: str | bytes, **more: Any) -> ListImport:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (one,) = import_indicator_files([file], **{"name": None, "default_tlp": "AMBER", "today": TODAY, **more}, path=kept)
    return one


def values(kept: Path) -> Mapping[str, tuple[str, str, str]]:
    return {one.text: (one.kind, one.tlp, one.note) for one in store.load_indicators(kept)}


def stix(*objects: dict[str, Any]) -> str:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects})


def indicator(number: int, pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--{number}", "name": f"n{number}", "pattern": pattern,
        "pattern_type": "stix", "valid_from": "2026-11-20T20:00:00Z", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Link,Đích giả mạo,Thời gian,Nguồn\nhxxp://giả[.]test/dang-nhap,Ngân hàng,20/11/2026,NCSC\n",
            {"http://xn--gi-m5s.test/dang-nhap": ("url", "AMBER", "Ngân hàng")},
        ),
        (
            "Link;Tên virus;IP;ISP;Thời gian;Nguồn\nhttp://evil.test/x.exe;Mirai;203.0.114.9;VNPT;2026-11-20;NCSC\n",
            {"http://evil.test/x.exe": ("url", "AMBER", "Mirai"), "203.0.114.9": ("address", "AMBER", "Mirai")},
        ),
        (
            "Timestamp,IP,ASN,Geo,Url,Type,HttpAgent,SrcPort,DstPort,Protocol,Tag\n"
            "1795000000,203.0.114.9,AS1,VN,,c2,curl,1,2,tcp,botnet\n",
            {"203.0.114.9": ("address", "AMBER", "c2, botnet")},
        ),
        (
            "Danh sách tháng 11\nvalue\tTLP\tvalid_until\nevil.test\tTLP:GREEN\t2026-12-31\n203.0.114.1, 203.0.114.2\tred\t\n",
            {"evil.test": ("domain", "GREEN", ""), "203.0.114.1": ("address", "RED", ""), "203.0.114.2": ("address", "RED", "")},
        ),
    ],
)  # fmt: skip
def test_a_table_with_the_headings_of_the_states_lists(kept: Path, tmp_path: Path, text: str, found: Any) -> None:
    assert taken(kept, tmp_path / "a.csv", text).wrong == ()
    assert values(kept) == found


def test_defaced_pages_name_victims_and_are_kept_unmatched(kept: Path, tmp_path: Path) -> None:
    text = "Link,Người tấn công,Thời gian,Nguồn\nhttp://xa.gov.vn/hack.html,abc,20/11/2026,zone-h\n"
    assert taken(kept, tmp_path / "a.csv", text).indicator_list.unmatched == 1
    assert values(kept) == {}


def test_what_is_none_is_named_with_its_row_and_what_never_matches_is_counted(kept: Path, tmp_path: Path) -> None:
    text = "IP,Tag\n203.0.114.9,c2\n10.0.0.1,x\n8.8.8.8,x\n0.0.0.0/0,x\n=cmd|'/C calc'!A0,x\n,=1+1\n"
    one = taken(kept, tmp_path / "a.csv", text)
    assert one.wrong == (("row 6", "=cmd|'/C"), ("row 6", "calc'!A0"), ("row 7", "=1+1"))
    assert (one.indicator_list.indicators, one.indicator_list.never, one.indicator_list.wrong) == (1, 3, 3)


def test_a_bundle_with_markings_of_both_versions_custom_objects_and_patterns_of_any_kind(kept: Path, tmp_path: Path) -> None:  # fmt: skip
    marking = {
        "type": "marking-definition",
        "id": "marking-definition--x",
        "extensions": {"e": {"tlp_2_0": "amber+strict"}},
    }
    text = stix(
        indicator(1, "[ipv4-addr:value = '203.0.114.9']", object_marking_refs=["marking-definition--x"]),
        marking,
        {"type": "identity", "id": "identity--1", "name": "NCSC"},
        {"type": "x-custom", "id": "x-custom--1", "pattern": 7},
        indicator(2, "[domain-name:value = 'a.test' OR domain-name:value = 'b.test']", valid_until="2026-12-31T00:00:00Z",
                  object_marking_refs=["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]),
        indicator(3, "[process:name = 'x']"),
        indicator(4, "rule x {}", pattern_type="yara"),
        indicator(5, "[domain-name:value = 'c.test']", revoked=True),
        indicator(6, "[ipv4-addr:value = '0.0.0.0']"),
    )  # fmt: skip
    listed = taken(kept, tmp_path / "a.json.gz", gzip.compress(text.encode())).indicator_list
    assert (listed.kind, listed.source, listed.indicators, listed.unmatched, listed.never) == ("stix", "NCSC", 3, 2, 1)
    assert {text: told[1] for text, told in values(kept).items()} == {
        "203.0.114.9": "AMBER+STRICT",
        "a.test": "CLEAR",
        "b.test": "CLEAR",
    }
    by = {one.text: one for one in store.load_indicators(kept)}
    assert by["203.0.114.9"].first == datetime.date(2026, 11, 21)  # in Vietnam
    assert by["203.0.114.9"].last_valid_day == datetime.date(2027, 2, 19)
    assert by["a.test"].last_valid_day == datetime.date(2026, 12, 31)


@pytest.mark.parametrize("wrap", [lambda event: {"Event": event}, lambda event: {"response": [{"Event": event}]}, lambda event: [{"Event": event}]])  # fmt: skip
def test_events_of_misp(kept: Path, tmp_path: Path, wrap: Any) -> None:
    event = {
        "info": "Chiến dịch", "date": "2026-11-20", "Orgc": {"name": "CERT"}, "Tag": [{"name": "tlp:green"}],
        "Attribute": [
            {"uuid": "1", "type": "ip-dst|port", "value": "203.0.114.9|80", "to_ids": True},
            {"uuid": "2", "type": "domain|ip", "value": "evil.test|203.0.114.8", "to_ids": True, "comment": "C2",
             "Tag": [{"name": "tlp:red"}]},
            {"uuid": "3", "type": "domain", "value": "benign.test", "to_ids": False},
            {"uuid": "4", "type": "text", "value": "words", "to_ids": True},
        ],
        "Object": [{"Attribute": [{"uuid": "5", "type": "filename|sha256", "value": f"x.php|{'a' * 64}", "to_ids": True}]}],
    }  # fmt: skip
    listed = taken(kept, tmp_path / "a.json", json.dumps(wrap(event))).indicator_list
    assert (listed.kind, listed.source, listed.dated, listed.unmatched) == ("misp", "CERT", datetime.date(2026, 11, 20), 2)  # fmt: skip
    assert values(kept) == {
        "203.0.114.9": ("address", "GREEN", "Chiến dịch"),
        "evil.test": ("domain", "RED", "C2"),
        "203.0.114.8": ("address", "RED", "C2"),
        "a" * 64: ("sha256", "GREEN", "Chiến dịch"),
    }


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", stix(indicator(1, "[domain-name:value = 'a.test']"))[:-20], "it is not JSON, or is incomplete"),
        ("a.json", "<!DOCTYPE html><html>", "it is a web page, not a list"),
        ("a.json", '{"a": 1}', "it is neither STIX 2.1, MISP JSON nor CSV"),
        ("a.csv", "", "it is neither STIX 2.1, MISP JSON nor CSV"),
        ("a.csv", "a,b\n1,2\n", "it has no row of headings that are known here (docs/en/indicators.md)"),
        ("a.csv", "IP\n", "it has no indicators"),
        ("a.csv", "IP\n" + "x\n" * 1_002, "more than 1000 of its entries are invalid, the first one in row 2: 'x'"),
        ("a.json", stix(), "it has no objects"),
        ("a.json", stix(indicator(1, "[domain-name:value = 'a.test']", spec_version="3.0")), "it is STIX '3.0'"),
        ("a.json", stix(indicator(1, "x")).replace('"pattern"', '"id": "x", "pattern"'), "it contains 'id' twice"),
        ("a.json", '{"Event": {"Attribute": [{"type": "domain", "type": "url"}]}}', "it contains 'type' twice"),
        ("a.json", '{"type": "bundle", "objects": [{"id": "' + "A" * 1_100_000, "one of its values is larger"),
        ("a.json", '{"type": "bundle", "objects": [' + "[" * 5_000, "it is nested deeper than 60 levels"),
        ("a.json", '{"Event": {"a":' * 5_000, "it is nested deeper than 60 levels"),
        ("a.gz", gzip.compress(b"IP\n203.0.114.9\n")[:-9], "it is damaged or incomplete"),
        ("a b.csv", "IP\n203.0.114.9\n", "'a b' is not a valid list name"),
    ],
)
def test_what_is_no_list_is_one_line_and_leaves_what_was_there(
    kept: Path, tmp_path: Path, name: str, text: str | bytes, told: str
) -> None:
    taken(kept, tmp_path / "before.csv", "IP\n203.0.114.7\n")
    with pytest.raises(InputError) as caught:
        taken(kept, tmp_path / name, text)
    assert str(caught.value).partition(" — ")[0].startswith(told) or told in str(caught.value)
    assert list(values(kept)) == ["203.0.114.7"]


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59Z", "9999-12-31", "0001-01-01T00:00:00+23:00", "99999-01-01", "0001-01-01"]
)
def test_moments_at_the_end_of_all_time_are_days_too(kept: Path, tmp_path: Path, moment: str) -> None:
    times = [{"valid_from": moment}, {"valid_until": moment}]
    objects = [
        indicator(number, f"[domain-name:value = 'a{number}.test']", **more) for number, more in enumerate(times)
    ]
    taken(kept, tmp_path / "a.json", stix(*objects, *objects))
    found = store.load_indicators(kept)
    assert len([one.last_valid_day for one in found]) == 2
    forms: tuple[export.Form, ...] = ("stix", "misp", "csv")
    assert all(export.render_indicators(found, form, "xã") for form in forms)


def test_there_is_an_end_to_how_many_there_may_be(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.indicators.sources.common.MAX_INDICATORS", 3)
    monkeypatch.setattr(store, "MAX_INDICATORS", 3)
    rows = [f"203.0.114.{n}\n" for n in range(1, 5)]
    with pytest.raises(InputError, match="more than 3 indicators"):
        taken(kept, tmp_path / "a.csv", "IP\n" + "".join(rows))
    taken(kept, tmp_path / "a.csv", "IP\n" + "".join(rows[:3]))
    with pytest.raises(InputError, match="all lists together have 4 indicators"):
        taken(kept, tmp_path / "b.csv", "IP\n203.0.115.1\n")


def test_a_list_replaces_the_one_of_its_name_and_can_be_taken_out(kept: Path, tmp_path: Path) -> None:
    taken(kept, tmp_path / "a.csv", "IP\n203.0.114.7\n", name="c2")
    taken(kept, tmp_path / "b.csv", "IP\n203.0.114.8\n", name="c2")
    assert list(values(kept)) == ["203.0.114.8"]
    with pytest.raises(InputError, match="there is no list c3"):
        store.remove_indicator_list("c3", kept)
    store.remove_indicator_list("c2", kept)
    assert store.load_lists(kept) == () and values(kept) == {}


@pytest.mark.parametrize(("form", "name"), [("stix", "x.json"), ("misp", "x.json"), ("csv", "x.csv")])
def test_what_is_handed_on_is_taken_in_again_the_same(kept: Path, tmp_path: Path, form: Any, name: str) -> None:
    text = f"value,note,tlp,date,het han\nevil.test,C2,GREEN,2026-11-20,2026-12-31\n203.0.114.0/24,,RED,2026-11-01,\n{'a' * 64},x,CLEAR,2026-11-02,\nhttp://evil.test/a,x,AMBER+STRICT,2026-11-02,\n"  # fmt: skip
    taken(kept, tmp_path / "a.csv", text, name="c2")
    before = store.load_indicators(kept)
    written = export.render_indicators(before, form, "Ủy ban nhân dân tỉnh Tân Giang")
    assert written == export.render_indicators(reversed(before), form, "Ủy ban nhân dân tỉnh Tân Giang")
    again = tmp_path / "again.sqlite"
    taken(again, tmp_path / name, written, name="c2")
    told = {one.text: (one.kind, one.tlp, one.first) for one in before}
    assert {one.text: (one.kind, one.tlp, one.first) for one in store.load_indicators(again)} == told
    if form != "misp":  # whose attributes have no last day of their own
        assert [one.last_valid_day for one in store.load_indicators(again)] == [one.last_valid_day for one in before]


def test_only_what_may_go_as_far_is_handed_on(kept: Path, tmp_path: Path) -> None:
    taken(kept, tmp_path / "a.csv", "value,tlp\nclear.test,clear\ngreen.test,green\namber.test,\nred.test,red\n")
    found = store.load_indicators(kept)
    assert [one.text for one in export.select_indicators_up_to_tlp(found, "GREEN")] == ["clear.test", "green.test"]
    assert b"red.test" not in export.render_indicators(export.select_indicators_up_to_tlp(found, "AMBER"), "stix", "x")
