"""What a host tells of indicators that it knows by digests alone, and that it digests values as the controller does."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.on_demand import contacts
from ansible.module_utils.luytre.os.log_files import ReadBudget
from ansible.module_utils.luytre.sites import file_digests
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import INDICATORS, Catalogue
from auditor.facts import HostFacts
from auditor.facts.contacts import ContactsFacts
from auditor.indicators.index import build_index_of_valid_foreign_indicators, compute_digest
from auditor.indicators.indicator import Indicator
from auditor.indicators.matches import NONE, IndicatorComparison
from auditor.indicators.values import parse_value
from auditor.models import Finding, Host, Scan, Site, Status
from tests.unit.leased import leased

TODAY = datetime.date(2026, 11, 27)
BAD = ("203.0.114.9", "198.51.100.0/24", "2001:db9::1", "evil.test", "http://evil.test/gate.php?id=1", "https://drop.test:8443/", "a" * 64)  # fmt: skip
LOG = b"""\
203.0.114.9 - - [27/Nov/2026:08:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "x"
203.0.114.9 - - [27/Nov/2026:08:00:01 +0700] "GET / HTTP/1.1" 200 5 "http://EVIL.test:80/gate.php?id=1" "x"
198.51.100.77 - - [27/Nov/2026:08:00:01 +0700] "GET / HTTP/1.1" 200 5 "https://drop.test:8443" "x"
www.xa.test:443 2001:db9:0::1 - - [27/Nov/2026:08:00:01 +0700] "GET / HTTP/1.1" 200 5 "https://www.evil.test/" "x"
203.0.114.99 - - [27/Nov/2026:08:00:01 +0700] "GET /?u=ftp:// HTTP/1.1" 200 5 "http://[::1" "203.0.114.9.1"
"""


def comparison() -> IndicatorComparison:
    found = [parse_value(text) for text in BAD]
    given = [
        Indicator(one.kind, one.text, "", "RED", TODAY, None, "C2", "list") for one in found if one is not None
    ]  # fmt: skip
    return IndicatorComparison(build_index_of_valid_foreign_indicators(given, TODAY), key=b"k" * 16)


def collected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compared: IndicatorComparison, ss: str | Exception = "") -> dict[str, Any]:  # fmt: skip
    (tmp_path / "access.log").write_bytes(LOG)
    (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(LOG.splitlines(keepends=True)[0]))
    files = {"/etc/resolv.conf": "nameserver 203.0.114.9\nsearch evil.test\n", "/etc/hosts": "127.0.0.1 localhost\n10.0.0.1 evil.test # x\n"}  # fmt: skip
    reading = AreaReader({"indicators": compared.build_digest_question_for_hosts()}, 60)

    def run(argv: list[str]) -> str:
        if isinstance(ss, Exception):
            raise ss
        return ss

    monkeypatch.setattr(reading, "run", run)
    monkeypatch.setattr(contacts, "read_text", files.get)
    monkeypatch.setattr(contacts.websites, "list_configured_vhosts", lambda: [])
    monkeypatch.setattr(contacts, "MAIL_LOGS", (str(tmp_path / "mail.log"),))
    monkeypatch.setattr(
        file_digests.FileDigester, "iter_file_digests", lambda _self, _roots: [(str(tmp_path / "x"), ["0" * 64])]
    )
    monkeypatch.setattr(contacts, "list_access_logs", lambda _: [str(tmp_path / "access.log")])
    told: dict[str, Any] = contacts.collect_area_facts(reading)
    return told


def test_what_is_seen_is_told_by_digest_and_means_the_indicator_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compared = comparison()
    ss = "tcp ESTAB 0 0 10.0.0.5:443 203.0.114.9:40000\ntcp ESTAB 0 0 [::1]:22 [2001:db9::1]:9\nudp ESTAB 0 0 10.0.0.5%eth0:68 10.0.0.1:67\n"  # fmt: skip
    told = collected(monkeypatch, tmp_path, compared, ss)
    facts = HostFacts(1, {"contacts": ContactsFacts.model_validate(told)}, {}, {})
    host = Host(name="web1", address="10.0.0.5", sites=(Site(domain="xa.test", host="web1"),))
    look = Scan(id="x", site="xa.test", started="2026-11-27T08:00:00+07:00", seconds=1, known=1, fresh=1, visited=1, engine=False, framed=("evil.test", "good.test"))  # fmt: skip
    other = look.model_copy(update={"site": "khac.test"})
    found = compared.build_indicators_area(facts, host, [look, other])["contacts"]
    log = str(tmp_path / "access.log")
    assert {(one["where"], one["path"], one["indicator"], one["times"]) for one in found} == {
        ("connection", "", "203.0.114.9", 1),
        ("connection", "", "2001:db9::1", 1),
        ("resolver", "/etc/resolv.conf", "203.0.114.9", 1),
        ("hosts", "/etc/hosts", "evil.test", 1),
        ("page", "xa.test", "evil.test", 1),
        ("log", log, "203.0.114.9", 3),
        ("log", log, "198.51.100.0/24", 1),
        ("log", log, "2001:db9::1", 1),
        ("log", log, "evil.test", 1),
        ("log", log, "http://evil.test/gate.php?id=1", 1),
        ("log", log, "https://drop.test:8443/", 1),
    }
    assert (found[0]["list"], found[0]["dated"], found[0]["tlp"]) == ("list", "2026-11-27", "RED")


def test_each_indicator_is_told_however_many_there_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("auditor.indicators.matches.MAX_LISTED", 2)
    compared = comparison()
    facts = HostFacts(1, {"contacts": ContactsFacts.model_validate(collected(monkeypatch, tmp_path, compared))}, {}, {})
    found = compared.build_indicators_area(facts, Host(name="web1", address="10.0.0.5"), [])["contacts"]
    named = [one["indicator"] for one in found]
    assert [one["where"] for one in found[:2]] == ["resolver", "hosts"]
    assert sorted(named) == sorted(set(named)) and len(named) == 6


def test_of_no_indicator_a_value_is_in_what_hosts_get_or_give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compared = comparison()
    told = str(collected(monkeypatch, tmp_path, compared)) + str(compared.build_digest_question_for_hosts())
    assert [text for text in BAD if text in told] == []
    assert (
        comparison().build_digest_question_for_hosts() == compared.build_digest_question_for_hosts()
        and IndicatorComparison(compared.index).build_digest_question_for_hosts()
        != compared.build_digest_question_for_hosts()
    )


def test_connections_that_could_not_be_asked_for_are_said_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = collected(monkeypatch, tmp_path, comparison(), UnreadableFact("ss is not installed"))
    assert told["untold"] == {"connections": "ss is not installed"}
    assert ContactsFacts.model_validate(told).seen


@pytest.mark.parametrize("text", [*BAD[:6], "http://evil.test", "HTTP://Evil.TEST:80/a?b", "https://[2001:DB9::1]/x", "ftp://evil.test:21/a#b"])  # fmt: skip
def test_host_and_controller_have_the_same_form(text: str) -> None:
    here = parse_value(text)
    assert here is not None
    if here.kind != "network":
        assert here.text in [*contacts.normalize_log_word(text), contacts.normalize_host_name(text)]


def test_a_log_that_does_not_end_costs_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"".join(b"203.0.%d.%d - - x\n" % (n // 250, n % 250) for n in range(60_000)))
    budget = ReadBudget(100_000, float("inf"))
    assert 0 < len(contacts.count_hosts_and_urls_in_log(str(log), budget)) < 10_000 and budget.is_used_up
    monkeypatch.setattr(contacts, "MAX_VALUES", 10)
    found: Mapping[str, int] = contacts.count_hosts_and_urls_in_log(str(log), ReadBudget(10_000_000, float("inf")))
    assert len(found) < 60_000


@pytest.mark.parametrize(("most", "untold"), [(4, {}), (1, {"others": "more than 1 were seen"})])
def test_what_is_behind_more_than_is_told_is_told_as_not_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, most: int, untold: dict[str, str]
) -> None:
    """Whoever asks for pages with listed names as where he comes from fills one log's part."""
    monkeypatch.setattr(contacts, "MAX_TOLD", most)
    told = collected(monkeypatch, tmp_path, comparison())
    assert (len(told["seen"]), told["cut_short"], told["untold"]) == (most, [str(tmp_path / "access.log")], untold)


def test_a_host_that_was_not_read_or_lies_says_nothing() -> None:
    compared = comparison()
    host = Host(name="web1", address="10.0.0.5")
    unread = HostFacts(1, {}, {"contacts": "took too long"}, {})
    assert compared.build_indicators_area(unread, host, []) == {
        "compared": True,
        "untold": {"contacts": "took too long"},
    }
    lie = ContactsFacts.model_validate({"seen": [{"digest": "0" * 16, "where": "log", "path": "x", "times": 1}], "logs": 1, "cut_short": []})  # fmt: skip
    assert compared.build_indicators_area(HostFacts(1, {"contacts": lie}, {}, {}), host, [])["contacts"] == []


def test_a_match_is_a_finding_and_what_was_not_compared_is_none() -> None:
    catalogue = Catalogue(controls=tuple(one for one in controls.load_catalogue().controls if one.tells == "contact"))
    host = Host(name="web1", address="10.0.0.5")
    facts = HostFacts(1, {}, {"contacts": "took too long"}, {})

    def judged(indicators: dict[str, Any]) -> Finding:
        (found,) = evaluate_host(catalogue, host, facts, areas={INDICATORS: lambda *_: indicators})
        return found

    match = {
        "indicator": "evil.test",
        "where": "page",
        "path": "xa.test",
        "times": 1,
        "list": "c2",
        "dated": "2026-11-20",
    }
    found = judged({"compared": True, "contacts": [match]})
    assert (found.status, found.violations) == (Status.FAIL, (match,))
    assert judged({"compared": True, "contacts": []}).status is Status.PASS
    assert judged(NONE).status is Status.NOT_APPLICABLE
    unread = judged(comparison().build_indicators_area(facts, host, []))
    assert unread.status is Status.NOT_EVALUATED and unread.reason is not None and "took too long" in unread.reason.en


MAIL = b"""2026-11-27T08:00:00 web1 postfix/smtp[7]: A1: to=<a@EVIL.test>, relay=mx.other.test[203.0.114.9]:25, status=sent
2026-11-27T08:00:00 web1 postfix/smtpd[8]: connect from unknown[198.51.100.77]
"""


def test_logs_of_mail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(MAIL)
    told = collected(monkeypatch, tmp_path, comparison())
    names = [compute_digest(text, b"k" * 16).hex() for text in ("evil.test", "203.0.114.9", "198.51.100.0/24")]
    seen = {one["digest"] for one in told["seen"] if one["where"] == "mail"}
    assert seen == set(names)
    assert comparison().build_digest_question_for_hosts()["files"] == ["sha256"]


def digested(content: bytes) -> list[str]:
    return [hashlib.new(kind, content, usedforsecurity=False).hexdigest() for kind in ("md5", "sha256")]


def test_files_are_digested_where_intruders_leave_them(tmp_path: Path) -> None:
    """A program that runs, whatever its name; what changed of late below a root; no link, nothing larger than is read, nothing twice."""
    proc, root = tmp_path / "proc", tmp_path / "root"
    for pid in ("7", "8"):
        (proc / pid).mkdir(parents=True)
        (proc / pid / "exe").symlink_to(tmp_path / "program")
    (proc / "self").mkdir()
    (tmp_path / "program").write_bytes(b"program")
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.php").write_bytes(b"page")
    (root / "a" / "link").symlink_to("/etc/passwd")
    (root / "folder").symlink_to("/etc")
    (root / "large").write_bytes(b"")
    os.truncate(root / "large", file_digests.MAX_SIZE + 1)
    os.link(tmp_path / "program", root / "again")
    looking = file_digests.FileDigester(["md5", "sha256"], TimeBudget(60), str(proc))
    found = [*looking.iter_running_programs(), *looking.iter_files_changed_since(str(root), 0.0)]
    assert found == [
        (str(tmp_path / "program"), digested(b"program")),
        (str(root / "a" / "x.php"), digested(b"page")),
    ]
    assert not looking.is_cut_short
    again = file_digests.FileDigester(["md5"], TimeBudget(60), str(proc))
    assert list(again.iter_files_changed_since(str(root), time.time() + 60)) == []
    late = file_digests.FileDigester(["md5"], TimeBudget(0), str(proc))
    assert list(late.iter_running_programs()) == [] and late.is_cut_short


def test_what_its_owner_keeps_from_being_read_is_told_as_not_seen(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    looking = file_digests.FileDigester(["md5"], TimeBudget(60))
    with leased(tmp_path / "x"):
        assert list(looking.iter_files_changed_since(str(tmp_path), 0.0)) == []
    assert looking.is_cut_short


def test_folders_without_end_in_each_other_cost_nothing_beside_them(tmp_path: Path) -> None:
    (tmp_path / "beside").write_bytes(b"x")
    inner = os.open(tmp_path, os.O_RDONLY)
    for _ in range(2_000):
        os.mkdir("d", dir_fd=inner)
        outer, inner = inner, os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    looking = file_digests.FileDigester(["md5"], TimeBudget(60))
    assert [path for path, _ in looking.iter_files_changed_since(str(tmp_path), 0.0)] == [str(tmp_path / "beside")]
    assert looking.is_cut_short
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)


def test_what_a_program_answers_for_is_not_opened(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    (tmp_path / "self").mkdir()
    line = f"36 35 {os.major(device)}:{os.minor(device)} / /mnt rw,nosuid - fuse.sshfs x rw\n"
    (tmp_path / "self" / "mountinfo").write_text(line)
    (tmp_path / "file").write_bytes(b"x")
    looking = file_digests.FileDigester(["md5"], TimeBudget(60), str(tmp_path))
    assert (
        file_digests.list_fuse_devices_of_process(str(tmp_path / "self")) == {device}
        and list(looking.iter_files_changed_since(str(tmp_path), 0.0)) == []
    )
