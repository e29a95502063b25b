"""debsecan's feed and OSV's archives: what is taken of them, and whose word counts."""

from __future__ import annotations

import json
import random
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.vulnerabilities import evaluation
from auditor.vulnerabilities.importer import import_vulnerability_data_files
from auditor.vulnerabilities.installed_software import Component
from auditor.vulnerabilities.store import VulnerabilityDatabase, open_database
from auditor.vulnerabilities.verdicts import (
    SourcePackage,
    judge_package_by_debsecan_record,
    judge_package_by_tracker_record,
)
from auditor.vulnerabilities.versions import make_debian_version_sort_key
from tests.unit.vulnerabilities import factory

ONE, TWO, THREE = (f"CVE-2026-1000{n}" for n in range(1, 4))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "state" / "vulnerabilities.sqlite"


@pytest.fixture
def imported(tmp_path: Path, data: Path) -> Path:
    feed = factory.debsecan(("openssl", ONE, "3.5-1", "3.0-2 3.0-3"), ("zlib", TWO, "", ""))
    (tmp_path / "bookworm").write_bytes(zlib.compress(feed.encode()))
    records = [
        factory.osv(f"DEBIAN-{ONE}", "Debian:13", "openssl", {"fixed": "3.5-1"}, upstream=[ONE]),
        factory.osv(f"DEBIAN-{ONE}", "Debian:12", "openssl", {"fixed": "9"}, upstream=[ONE]),
        factory.osv(TWO, "Debian:13", "zlib"),
        factory.osv(THREE, "Debian:13", "zlib", {"fixed": "1"}, {"introduced": "2"}),
        factory.osv("DSA-1-1", "Debian:13", "openssl", {"fixed": "0"}, upstream=[ONE]),
        factory.osv("CVE-2026-1", "Debian:13", "openssl", {"fixed": "5"}, withdrawn="2026-11-01T00:00:00Z"),
        factory.osv(f"UBUNTU-{TWO}", "Ubuntu:24.04:LTS", "zlib", {"fixed": "2"}),
        factory.osv(f"UBUNTU-{TWO}", "Ubuntu:Pro:18.04:LTS", "zlib", {"fixed": "1"}),
        factory.osv("GHSA-aaaa-bbbb-cccc", "Packagist", "GuzzleHttp/Guzzle", {"fixed": "7.4.5"}, aliases=[THREE]),
        factory.osv("GHSA-aaaa-bbbb-eeee", "Packagist", "guzzlehttp/guzzle", {"fixed": "6"}, aliases=[THREE]),
        factory.osv("GHSA-aaaa-bbbb-dddd", "npm", "guzzle", {"fixed": "7.4.5"}),
    ]
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, record in enumerate(records):
            archive.writestr(f"{number}.json", json.dumps(record))
    taken = import_vulnerability_data_files([tmp_path / "bookworm", tmp_path / "all.zip"], data)
    assert [(one.kind, one.part, one.records) for one in taken] == [
        ("debsecan", "bookworm", 2),
        ("osv_debian", "", 4),
        ("osv_ubuntu", "", 2),
        ("osv_packagist", "", 2),
    ]
    assert taken[1].dated == date(2026, 11, 19) and all(one.licence for one in taken)
    return data


@pytest.fixture
def there(imported: Path) -> Iterator[VulnerabilityDatabase]:
    with open_database(imported) as found:
        yield found


def said(there: VulnerabilityDatabase, release: str, source: str, version: str) -> list[tuple[str, str, str, str]]:
    found = evaluation.judge_package(release, SourcePackage(source, version), there)
    return [(one.id, one.state, one.reason, one.fixed_version) for one in found]


def test_of_a_release_of_which_two_tell_one_is_believed(there: VulnerabilityDatabase) -> None:
    assert there.kind_by_release == {
        "bookworm": "debsecan",
        "trixie": "osv_debian",
        "noble": "osv_ubuntu",
        "bionic": "osv_ubuntu",
    }
    assert said(there, "bookworm", "openssl", "3.0-2") == [(ONE, "fixed", "version", "3.0-2")]
    assert said(there, "bookworm", "zlib", "1") == [(TWO, "affected", "no_fix", "")]
    assert said(there, "sid", "openssl", "1") == []


def test_what_osv_says(there: VulnerabilityDatabase) -> None:
    assert said(there, "trixie", "openssl", "3.4-9") == [(ONE, "affected", "update", "3.5-1")]
    assert said(there, "trixie", "zlib", "1") == [
        (TWO, "affected", "no_fix", ""),
        (THREE, "fixed", "version", "1"),
    ]
    assert said(there, "trixie", "zlib", "2")[1] == (THREE, "affected", "no_fix", "")
    assert said(there, "noble", "zlib", "2") == [(TWO, "fixed", "version", "2")]
    guzzle = Component("composer/guzzlehttp/guzzle", "7.4.4", "/srv/app")
    told = [(one.id, one.state, one.fixed_version) for one, _record in evaluation.judge_component(guzzle, there)]
    assert told == [(THREE, "affected", "7.4.5"), (THREE, "fixed", "6")]
    assert set(there.find_subjects(THREE)) == {("osv_debian", "zlib"), ("osv_packagist", "composer/guzzlehttp/guzzle")}


def test_another_releases_feed_leaves_the_first_and_a_newer_one_takes_its_place(imported: Path, tmp_path: Path) -> None:
    (tmp_path / "debsecan-trixie").write_text(factory.debsecan(("bash", THREE, "5", "")))
    (tmp_path / "bookworm").write_text(factory.debsecan(("bash", THREE, "5", "")))
    import_vulnerability_data_files([tmp_path / "debsecan-trixie", tmp_path / "bookworm"], imported)
    with open_database(imported) as now:
        assert now.kind_by_release["trixie"] == "debsecan" and now.find_subjects(THREE)[0] == ("debsecan", "bash")
        assert ("debsecan", "zlib") not in now.find_subjects(TWO)
        assert [(one.kind, one.part) for one in now.sources[:2]] == [("debsecan", "bookworm"), ("debsecan", "trixie")]


def _affected(*entries: tuple[str, list[dict[str, str]]], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "package": {"ecosystem": ecosystem, "name": "zlib"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}] if events else [],
            **more,
        }
        for ecosystem, events in entries
    ]


ALWAYS = {"introduced": "0"}
TWO_SPANS = [{"introduced": "2.0"}, {"fixed": "1.5"}, ALWAYS, {"fixed": "2.1"}]
LISTED = _affected(("Debian:13", []), versions=["1.2", "1.3"])
PRO = _affected(("Ubuntu:24.04:LTS", [ALWAYS]), ("Ubuntu:Pro:24.04:LTS", [ALWAYS, {"fixed": "2+esm1"}]))
FREE = _affected(
    ("Ubuntu:24.04:LTS", [ALWAYS, {"fixed": "2"}]), ("Ubuntu:Pro:24.04:LTS", [ALWAYS, {"fixed": "2+esm1"}])
)


@pytest.mark.parametrize(
    ("affected", "release", "version", "told"),
    [
        (_affected(("Debian:13", TWO_SPANS)), "trixie", "1.4", ("affected", "update", "1.5")),
        (_affected(("Debian:13", TWO_SPANS)), "trixie", "1.5", ("fixed", "version", "1.5")),
        (_affected(("Debian:13", TWO_SPANS)), "trixie", "2.0", ("affected", "update", "2.1")),
        (_affected(("Debian:13", TWO_SPANS)), "trixie", "2.1", ("fixed", "version", "2.1")),
        (_affected(("Debian:13", [{"introduced": "3"}, {"fixed": "4"}])), "trixie", "2", ("not_affected", "range", "")),
        (_affected(("Debian:13", [{"introduced": "3"}])), "trixie", "3", ("affected", "no_fix", "")),
        (_affected(("Debian:13", [{"introduced": "3"}])), "trixie", "3~rc1", ("not_affected", "range", "")),
        (_affected(("Debian:13", [ALWAYS, {"last_affected": "3"}])), "trixie", "3", ("affected", "no_fix", "")),
        (_affected(("Debian:13", [ALWAYS, {"last_affected": "3"}])), "trixie", "1:0", ("not_affected", "range", "")),
        (_affected(("Debian:13", [ALWAYS, {"fixed": "2a:1.0"}])), "trixie", "1", ("unknown", "no_fixed_version", "")),
        (_affected(("Debian:13", [{"introduced": "2a:1.0"}])), "trixie", "1", ("unknown", "undetermined", "")),
        (_affected(("Debian:13", [])), "trixie", "1", ("unknown", "undetermined", "")),
        (LISTED, "trixie", "1.3", ("affected", "no_fix", "")),
        (LISTED, "trixie", "1.4", ("not_affected", "range", "")),
        (PRO, "noble", "1", ("affected", "paid", "2+esm1")),
        (PRO, "noble", "2+esm1", ("fixed", "version", "2+esm1")),
        (FREE, "noble", "2", ("fixed", "version", "2")),
        (FREE, "noble", "1", ("affected", "update", "2")),
    ],
)
def test_ranges_of_osv(
    tmp_path: Path, data: Path, affected: Any, release: str, version: str, told: tuple[str, str, str]
) -> None:
    factory.write(tmp_path / "a.json", factory.osv(ONE, "Debian:13", "zlib", affected=affected))
    import_vulnerability_data_files([tmp_path / "a.json"], data)
    with open_database(data) as there:
        assert said(there, release, "zlib", version) == [(ONE, *told)]


def test_of_two_kernels_both_count_in_ranges() -> None:
    record = [ONE, "ranges", "", "", "", "", [["5", "6.1", False]]]
    newest = SourcePackage("linux", "6.1", runs="5.10")
    assert (
        judge_package_by_tracker_record(record, newest).state,
        judge_package_by_tracker_record(record, newest).fixed_version,
    ) == (
        "restart_owed",
        "6.1",
    )
    assert judge_package_by_tracker_record(record, SourcePackage("linux", "6.1", runs="4.19")).state == "fixed"


def test_a_component_of_which_no_range_is_told_is_unknown(tmp_path: Path, data: Path) -> None:
    affected = [{"package": {"ecosystem": "Packagist", "name": "a/b"}}]
    factory.write(tmp_path / "a.json", factory.osv(ONE, "Packagist", "a/b", affected=affected))
    import_vulnerability_data_files([tmp_path / "a.json"], data)
    with open_database(data) as there:
        ((one, _record),) = evaluation.judge_component(Component("composer/a/b", "1.0", "/srv"), there)
    assert (one.state, one.reason) == ("unknown", "undetermined")


GOOD = factory.debsecan(("openssl", ONE, "3.5-1", "3.0-2"))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("feed", GOOD, "is not a known release"),
        ("bookworm", GOOD[:30], "incomplete"),
        ("bookworm", GOOD[: GOOD.index(",3.5-1") + 6] + "\n", "line 4"),
        ("bookworm", GOOD[: GOOD.index("3.0-2") + 5] + "\n", "incomplete"),
        ("bookworm", GOOD.replace(",0,S", ",1,S"), "line 4"),
        ("bookworm", GOOD.replace(",0,S", ",-1,S"), "line 4"),
        ("bookworm", GOOD.replace(",0,S", ",0,B"), "line 4"),
        ("bookworm", GOOD.replace("3.0-2", "2a:1.0"), "'2a:1.0'"),
        ("bookworm", "VERSION 2\n" + GOOD[10:], "not a recognized data"),
        ("a.json", '{"id": "CVE-2026-1", "affected": []}', "not an OSV record"),
        ("a.json", '{"id": "CVE-2026-1", "id": "CVE-2026-1", "modified": "2026-11-01"}', "not JSON"),
        ("a.json", json.dumps(factory.osv("A", "npm", "x"))[:-5], "is incomplete"),
        ("a.json", json.dumps(factory.osv("A", "npm", "x")), "it"),
        ("a.json", '{"modified": ' + "[" * 100_000, "not JSON"),
        *(
            (
                "a.json",
                json.dumps(factory.osv(**{"name": ONE, "ecosystem": "Debian:13", "package": "zlib", **odd})),
                "not an OSV record",
            )
            for odd in (
                {"affected": "x"},
                {"affected": [7]},
                {"affected": _affected(("Debian:13", [7]))},
                {"affected": [{"package": {"ecosystem": "Debian:13", "name": "a"}, "ranges": 5}]},
                {"affected": [{"package": {"ecosystem": "Debian:13", "name": "a"}, "ranges": [{"events": 5}]}]},
                {"affected": [{"package": {"ecosystem": "Packagist", "name": "a/b"}, "versions": 5}]},
                {"affected": [{"package": {"ecosystem": "Packagist", "name": "a/b"}, "versions": [5]}]},
                {"affected": [{"package": {"ecosystem": "Debian:13", "name": "a\ud800"}}]},
                {"name": "\ud800"},
                {"name": ""},
            )
        ),
    ],
)
def test_bad_files(tmp_path: Path, data: Path, name: str, content: str, complaint: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        import_vulnerability_data_files([tmp_path / name], data)
    assert complaint in str(caught.value) and str(tmp_path / name) in str(caught.value)


FEED = [ONE, "3.5-1", "low", True, "3.0-2", "3.0-4"]
CASES: list[tuple[list[Any], dict[str, Any], tuple[str, str, str]]] = [
    (FEED, {"version": "3.5-1"}, ("fixed", "version", "3.5-1")),
    (FEED, {"version": "3.0-2"}, ("fixed", "version", "3.0-2")),
    (FEED, {"version": "3.0-3"}, ("affected", "update", "3.0-4")),
    (FEED, {"version": "3.0-3", "is_held": True}, ("affected", "held", "3.0-4")),
    (FEED, {"version": "3.1-1"}, ("affected", "no_fix", "")),
    ([*FEED[:3], False, "3.0-4"], {"version": "3.0-1"}, ("affected", "no_fix", "")),
    ([ONE, "", "", False], {"version": "9"}, ("affected", "no_fix", "")),
    (FEED, {"version": "9", "origin": "third_party"}, ("unknown", "origin_third_party", "")),
    (FEED, {"version": "1", "origin": "none", "changelog_cves": frozenset({ONE})}, ("fixed", "changelog", "1")),
    (FEED, {"version": "local"}, ("unknown", "no_version", "")),
    (FEED, {"version": "3.0-2", "mapped_by": ("/usr/sbin/x",)}, ("restart_owed", "mapped", "3.0-2")),
    (FEED, {"version": "3.5-1", "runs": "3.0-1"}, ("restart_owed", "kernel", "3.5-1")),
    (FEED, {"version": "3.5-1", "runs": "3.0-2"}, ("fixed", "version", "3.5-1")),
]


@pytest.mark.parametrize(("record", "built", "told"), CASES)
def test_as_debsecan_judges(record: list[Any], built: dict[str, Any], told: tuple[str, str, str]) -> None:
    verdict = judge_package_by_debsecan_record(record, SourcePackage("openssl", **built))
    assert (verdict.state, verdict.reason, verdict.fixed_version) == told


def test_vulnerable_is_what_debsecan_calls_vulnerable() -> None:
    """Its rule: older than the version of unstable, or than any where there is none, and none of those that are listed."""
    rng = random.Random(17)  # noqa: S311  made-up data
    words = ["1.0-1", "1.0-1+deb13u1", "1.0-1~deb13u1", "1:0.9-1", "1.0-1+b1", "1.0.1-1", "0.9-2", "01.0-1", "2-1"]
    for _ in range(2_000):
        own, fixed = rng.choice(words), rng.choice([*words, ""])
        others = rng.sample(words, rng.randint(0, 3))
        theirs = (
            not fixed or make_debian_version_sort_key(own) < make_debian_version_sort_key(fixed)
        ) and make_debian_version_sort_key(own) not in map(make_debian_version_sort_key, others)
        ours = judge_package_by_debsecan_record([ONE, fixed, "", rng.random() < 0.5, *others], SourcePackage("x", own))
        assert (ours.state == "affected") is theirs


@pytest.mark.parametrize(
    ("until", "reason", "words"), [("2026-01-01", "end_of_life", "upstream ended"), ("2999-01-01", "no_fix", "")]
)
def test_what_gets_no_support(tmp_path: Path, data: Path, until: str, reason: str, words: str) -> None:
    issues = {ONE: {"bookworm": factory.release("open")}, TWO: {"bookworm": factory.release(fixed="2")}}
    tracker = factory.write(tmp_path / "tracker", factory.tracker(nodejs=issues))
    (tmp_path / "security-support-ended.deb12").write_text(f"nodejs 1:18 {until} upstream ended\n")
    import_vulnerability_data_files([tracker, tmp_path / "security-support-ended.deb12"], data)
    with open_database(data) as found:
        one, two = evaluation.judge_package("bookworm", SourcePackage("nodejs", "1"), found)
    assert (one.state, one.reason, one.notes.no_advisory) == ("affected", reason, words)
    assert (two.state, two.reason) == ("affected", "update")
