"""Files of data are told by their content, and taken in as a whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.feeds import decompression
from auditor.models import clock
from auditor.vulnerabilities.importer import import_vulnerability_data_files
from auditor.vulnerabilities.store import VulnerabilityDatabase, open_database
from tests.unit.vulnerabilities import factory

ONE = "CVE-2026-10001"
TWO = "CVE-2026-54321"
KEV_CSV = (
    '"cveID","vendorProject","product","vulnerabilityName","dateAdded","shortDescription","requiredAction","dueDate",'
    '"knownRansomwareCampaignUse","notes","cwes"\n'
    f'"{ONE}","a","b","A hole","2026-11-02","x","x","2026-11-23","Known","",""\n'
)


@pytest.fixture
def opened(data: Path) -> Iterator[Callable[[], VulnerabilityDatabase]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_database(data))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "state" / "vulnerabilities.sqlite"


def tracker(path: Path, fixed: str = "3.0.22-1~deb12u2") -> Path:
    return factory.write(path, factory.tracker(openssl={ONE: {"bookworm": factory.release(fixed=fixed)}}))


def test_each_kind_is_told_by_its_content(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]
) -> None:
    files = [
        tracker(tmp_path / "a"),
        factory.write(tmp_path / "b", factory.kev(ONE)),
        factory.write(
            tmp_path / "c", factory.wordfence((ONE, "plugin", "x", "1.2"), (None, "core", "wordpress", "6.8"))
        ),
        tmp_path / "d",
        tmp_path / "security-support-ended.deb12",
    ]
    files[3].write_text(factory.epss((ONE, 0.97)))
    files[4].write_text("# no more\n\nnodejs 1:18 2026-01-01 upstream ended\n")
    taken = import_vulnerability_data_files(files, data)
    assert [(one.kind, one.part, one.records) for one in taken] == [
        ("tracker", "", 1),
        ("kev", "", 1),
        ("wordfence", "", 2),
        ("epss", "", 1),
        ("support", "ended.bookworm", 1),
    ]
    assert taken[1].dated == taken[3].dated == date(2026, 11, 20)
    assert all(len(one.sha256) == 64 and one.licence for one in taken)
    there = opened()
    assert there.load_package_records("tracker", "bookworm", "openssl") == [
        [ONE, "resolved", "3.0.22-1~deb12u2", "not yet assigned", "", ""]
    ]
    assert there.load_component_records("wordfence", "plugin/x")[0][:4] == [
        ONE,
        "Hole in x",
        [["*", True, "1.2", False]],
        ["1.2"],
    ]
    assert there.load_component_records("wordfence", "core/wordpress")[0][0].startswith("WORDFENCE-00000001")
    listed = there.kev_entries.get(ONE)
    assert listed is not None and listed.due == "2026-11-22" and not listed.ransomware
    assert there.get_epss_score(ONE) == 0.97 and there.get_epss_score("CVE-2026-1") is None
    assert there.get_support_notes("bookworm", "nodejs") == {"ended": "upstream ended"}
    assert set(there.find_subjects(ONE)) == {("tracker", "openssl"), ("wordfence", "plugin/x")}
    assert there.kind_by_release == {"bookworm": "tracker"}


def test_kev_as_csv(tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]) -> None:
    file = tmp_path / "known_exploited_vulnerabilities.csv"
    file.write_text("\ufeff" + KEV_CSV)
    (one,) = import_vulnerability_data_files([file], data)
    listed = opened().kev_entries.get(ONE)
    assert one.dated == date(2026, 11, 2) and listed is not None and listed.ransomware


def test_packed_files(tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]) -> None:
    plain = tracker(tmp_path / "plain").read_bytes()
    (tmp_path / "x.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "x.z").write_bytes(zlib.compress(plain))
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", plain)
    for name in ("x.gz", "x.z", "x.zip"):
        (one,) = import_vulnerability_data_files([tmp_path / name], data)
        assert (one.kind, one.file) == ("tracker", name)


def test_a_new_file_takes_the_place_of_the_earlier_one_of_its_kind(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]
) -> None:
    import_vulnerability_data_files([tracker(tmp_path / "a")], data)
    import_vulnerability_data_files(
        [factory.write(tmp_path / "b", factory.tracker(zlib={ONE: {"trixie": factory.release("open")}}))], data
    )
    there = opened()
    assert there.load_package_records("tracker", "bookworm", "openssl") == []
    assert there.find_subjects(ONE) == (("tracker", "zlib"),)


def test_the_day_is_the_files_where_the_data_has_none(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]
) -> None:
    file = tracker(tmp_path / "a")
    os.utime(file, (1_790_000_000, 1_790_000_000))
    (one,) = import_vulnerability_data_files([file], data)
    assert one.dated == clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(1_790_000_000))


HALF = json.dumps(factory.tracker(openssl={ONE: {"bookworm": factory.release("open")}}))[:-8]


def zipped(name: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(name, HALF)
    return kept.getvalue()


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
ODD_WORDFENCE = b"""{"aaaaaaaa-1111-2222-3333-aaaaaaaaaaaa": {"title": "x", "software": [
    {"type": "plugin", "slug": "x", "affected_versions": [1]}]}}"""


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"", "not a recognized data"),
        (b"<!DOCTYPE html><html>404", "web page"),
        (b"\xef\xbb\xbf\n<html>", "web page"),
        (HALF.encode(), "incomplete"),
        (b'{"a": {"CVE-2026-1": {"releases": {}}}, "a": {"CVE-2026-1": {"releases": {}}}}', "twice"),
        (b'{"a": {"CVE-2026-1": {"releases": {}}, "CVE-2026-1": {"releases": {}}}}', "it contains 'CVE-2026-1' twice"),
        (b'{"a": {"CVE-2026-1": {"releases": {"sid": {}, "sid": {}}}}}', "it contains 'sid' twice"),
        (b'{"catalogVersion": "1", "vulnerabilities": [{"cveID": "x", "cveID": "y"}]}', "it contains 'cveID' twice"),
        (
            b'{"catalogVersion": "1", "vulnerabilities": [], "vulnerabilities": []}',
            "it contains 'vulnerabilities' twice",
        ),
        (json.dumps(factory.kev(ONE, TWO, ONE)).encode(), "entry 3 repeats a CVE"),
        (b"cve,epss,percentile\nCVE-2026-1000,0.1,0\nCVE-2026-1000,0.9,0\n", "entry 2 repeats a CVE"),
        (b'cve,epss,percentile\nCVE-2026-1000,"' + b"1" * 200_000, "it is not CSV"),
        (b'cveID,vendorProject,x\nCVE-2026-1000,"' + b"1\n" * 200_000, "it is not CSV"),
        (EMPTY_ZIP, "it is empty"),
        (
            json.dumps(factory.wordfence((ONE, "plugin", "x", "5"))).replace('["5"]', "5").encode(),
            "the affected versions",
        ),
        (ODD_WORDFENCE, "the affected versions"),
        (b'{"a": {"CVE-2026-1": {"releases": {"sid": {"status": "new"}}}}}', "does not know"),
        (b'{"a": {"CVE-2026-1": 5}}', "no releases"),
        (b'{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-26"}]}', "not a CVE ID"),
        (b'{"catalogVersion": "1", "vulnerabilities": []}', "has no entries"),
        (b"cve,epss,percentile\nCVE-2026-1000,2,0\n", "not a score"),
        (b"cve,epss,percentile\nCVE-2026-1000,0.1,0\nCVE-2026", "not a score"),
        (gzip.compress(HALF.encode())[:-12], "incomplete"),
        (zlib.compress(HALF.encode() + b" " * 300_000 + b"}")[:-40], "incomplete"),
        (zipped("../x.json"), "folder"),
        (zipped("/etc/passwd"), "folder"),
        (b"PK\x03\x04 no zip", "incomplete"),
        (b"nodejs 1:18 2026-01-01\n", "by its file name"),
        (b'{"a": {"CVE-2026-1": {"releases": ' + b"[" * 5_000, "deeper than 60 levels"),
        (b'{"catalogVersion": "1", "vulnerabilities": ' + b"[" * 5_000, "deeper than 60 levels"),
        (b'{"catalogVersion": "1", "vulnerabilities": ' + b'{"a":' * 5_000, "deeper than 60 levels"),
    ],
)
def test_bad_files_leave_the_data_as_it_was(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase], content: bytes, complaint: str
) -> None:
    before = import_vulnerability_data_files([tracker(tmp_path / "good")], data)
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_vulnerability_data_files([factory.write(tmp_path / "k", factory.kev(ONE)), tmp_path / "bad"], data)
    assert complaint in str(caught.value) and str(tmp_path / "bad") in str(caught.value)
    there = opened()
    assert there.sources == before and there.kev_entries.get(ONE) is None


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_bombs(
    tmp_path: Path,
    data: Path,
    opened: Callable[[], VulnerabilityDatabase],
    pack: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decompression, "FREE", 100_000)
    assert callable(pack)
    (tmp_path / "bomb").write_bytes(pack(b'{"a": {"CVE-2026-1": [' + b'"A", ' * 1_000_000))
    with pytest.raises(InputError, match="unpacks to more"):
        import_vulnerability_data_files([tmp_path / "bomb"], data)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("comment", [b"", b"a comment"])
def test_a_zip_with_a_million_members_is_refused_before_they_are_listed(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, large: bool, comment: bytes
) -> None:
    """78 MB of such a list took 700 MB of memory."""
    member = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    listed = member * 100
    records = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 100, 100, len(listed), 0)
    records += b"PK\6\7" + struct.pack("<IQI", 0, len(listed), 1)
    told = (0xFFFF, 0xFFFF, 0xFFFFFFFF) if large else (100, 100, len(listed))
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, *told, 0, len(comment)) + comment
    (tmp_path / "a.zip").write_bytes(listed + (records if large else b"") + end)
    monkeypatch.setattr(decompression, "MAX_DIRECTORY", len(listed) - 1)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(InputError, match="the archive has more than 600000 files"):
        import_vulnerability_data_files([tmp_path / "a.zip"], data)


def test_two_files_of_the_same_data_in_one_command_are_refused(tmp_path: Path, data: Path) -> None:
    files = [factory.write(tmp_path / name, factory.kev(one)) for name, one in (("a", ONE), ("b", TWO))]
    with pytest.raises(InputError, match="it is the second file with kev") as caught:
        import_vulnerability_data_files(files, data)
    assert str(tmp_path / "b") in str(caught.value)


def test_both_lists_of_a_releases_support_stay(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase]
) -> None:
    (tmp_path / "security-support-ended.deb12").write_text("a 1 2020-01-01 over\n")
    (tmp_path / "security-support-limited.deb12").write_text("b some\n")
    import_vulnerability_data_files(
        [tmp_path / "security-support-ended.deb12", tmp_path / "security-support-limited.deb12"], data
    )
    (tmp_path / "security-support-limited.deb12").write_text("c some\n")
    import_vulnerability_data_files([tmp_path / "security-support-limited.deb12"], data)
    there = opened()
    assert [sorted(there.get_support_notes("bookworm", name)) for name in "abc"] == [["ended"], [], ["limited"]]


def test_one_record_that_is_all_of_the_file(
    tmp_path: Path, data: Path, opened: Callable[[], VulnerabilityDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decompression, "MAX_RECORD", 1_000_000)
    (tmp_path / "big").write_bytes(b'{"a": {"CVE-2026-1": {"x": [' + b'"A",' * 750_000 + b'"A"]}}}')
    with pytest.raises(InputError, match="one of its records"):
        import_vulnerability_data_files([tmp_path / "big"], data)


def test_without_any_import_nothing_is_known(data: Path, opened: Callable[[], VulnerabilityDatabase]) -> None:
    there = opened()
    assert there.sources == () and there.load_package_records("tracker", "bookworm", "openssl") == []
    assert not data.exists()
