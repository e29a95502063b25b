"""A month told in DOCX, PDF, HTML, XLSX and on the terminal: each number counted again from what the history's file holds, by other code than the reports'."""

from __future__ import annotations

import datetime
import html
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
import yaml
from typer.testing import CliRunner

from auditor.audit import controls
from auditor.cli import app
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import transitions
from auditor.inventory import hosts as inventories
from auditor.models import clock
from auditor.models.incidents import ContainedEvent, LiftedEvent, ReportedEvent
from tests import factory
from tests.unit import intruded
from tests.unit.report.counting import LAST_DAY, Counted, read, read_clause

LAB = "inventories/lab"
FRAMEWORK = Path("auditor/audit/frameworks/tcvn14423.yml")
TODAY = datetime.datetime(2026, 11, 25, 9, tzinfo=clock.ZONE)
SEVERITIES = {"critical": "nghiêm trọng", "high": "cao", "medium": "trung bình", "low": "thấp"}
NONE = "Sổ sự cố không ghi nhận sự cố nào trong kỳ"
FIXED = re.compile(
    r"Nghị định số 331/2026/NĐ-CP ngày 19 tháng 8 năm 2026|TCVN 14423:2026|tháng 11 năm 2026|phiên bản 0\.1\.0|trong 24 giờ"
    r"|SC-\d{8}-\d|^\d\. |net\.ipv\d\S*|IPv[46]",
    re.MULTILINE,
)
"""What has digits and is no count: laws, versions, months, names."""


@dataclass(frozen=True)
class Month:
    counted: Counted
    body: str
    tables: Sequence[Sequence[Sequence[str]]]
    printed: str
    page: str
    pages: Mapping[str, str]
    book: openpyxl.Workbook
    terminal: str


def at(moment: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"2026-11-{moment}+07:00")


def write(moment: str, decide: Any) -> str:
    incident, _ = IncidentStore(now=lambda: at(moment)).write(
        inventories.load_inventory(Path(LAB)).path, "Văn phòng", decide
    )
    return incident


def case_log() -> None:
    """Two incidents: one in which two of four things are in force, and one of which nobody has done anything."""
    first = write(
        "05T09:30:00",
        transitions.make_case_opening_decision(
            factory.opening(("dongvau.test",), (), at("05T08:00:00"), "2026", None), force_new=True
        ),
    )
    assert first
    second = write(
        "24T09:30:00",
        transitions.make_case_opening_decision(
            factory.opening(("antruc.test", "web1"), (), at("24T08:00:00"), "2026", None), force_new=True
        ),
    )
    for minute, number, state in ((40, 1, "confirmed"), (41, 2, "confirmed"), (42, 3, "unknown"), (43, 4, "confirmed")):
        deed = ContainedEvent(number=number, host="web1", means="key", what=f"/x{number}", state=state)  # type: ignore[arg-type]
        write(f"24T09:{minute}:00", transitions.make_event_recording_decision(second, deed))
    write(
        "24T09:45:00",
        transitions.make_event_recording_decision(
            second, LiftedEvent(number=4, host="web1", means="key", state="released")
        ),
    )
    write(
        "24T09:50:00", transitions.make_event_recording_decision(second, ReportedEvent(report="now", how="điện thoại"))
    )


def told(folder: Path, patch: pytest.MonkeyPatch, *, incidents: bool) -> Month:
    patch.setenv("LUYTRE_STATE", str(folder / "state"))
    patch.setenv("COLUMNS", "250")
    patch.setattr(controls, "load_catalogue", lambda: intruded.CATALOGUE)
    patch.setattr(clock, "now", lambda: TODAY)
    patch.setattr(clock, "today", TODAY.date)
    kept = RunHistory()
    path = inventories.load_inventory(Path(LAB)).path
    for made in (
        factory.run(started="2026-10-27T08:30:00+07:00", run_id="r10"),
        factory.run(started="2026-11-10T08:30:00+07:00", run_id="r11", hardened=True),
        intruded.fleet().model_copy(update={"id": "r12"}),
    ):
        kept.keep(made.model_copy(update={"inventory": path}))
    if incidents:
        case_log()

    def command(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--lang", "vi"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    out = folder / "out"
    command("report", "official", "--unit", "tinh-tan-giang", "--period", "2026-11", "-i", LAB, "--output", str(out))
    command("report", "write", "r12", "--format", "html,xlsx", "--output", str(out))
    document = docx.Document(str(out / "bao-cao-tinh-tan-giang-2026-11.docx"))
    pdf = ["pdftotext", "-nopgbrk", str(out / "bao-cao-tinh-tan-giang-2026-11.pdf"), "-"]
    printed = subprocess.run(pdf, check=True, capture_output=True, text=True).stdout
    page = (out / "report/index.html").read_text("utf-8")
    return Month(
        counted=read(folder / "state/history.sqlite"),
        body="\n".join(paragraph.text for paragraph in document.paragraphs).partition("Phụ lục I\n")[0],
        tables=[[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables],
        printed=printed,
        page=page[page.index("<main") : page.index("</main")],
        pages={str(path.relative_to(out / "report")): main(path) for path in (out / "report").glob("*/*.html")},
        book=openpyxl.load_workbook(out / "annex.xlsx"),
        terminal=command("history", "show", "r12"),
    )


def main(path: Path) -> str:
    page = path.read_text("utf-8")
    return flat(page[page.index("<main") : page.index("</main")])


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    with pytest.MonkeyPatch.context() as patch:
        yield told(tmp_path_factory.mktemp("month"), patch, incidents=True)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    with pytest.MonkeyPatch.context() as patch:
        yield told(tmp_path_factory.mktemp("quiet"), patch, incidents=False)


def places(of: Iterable[Mapping[str, Any]], counted: Counted) -> str:
    """Where, as a person would write it: hosts by number with what they serve, sites by name."""
    some = list(of)
    hosts = {one["host"] for one in some if one["subject"]["kind"] == "host"}
    if hosts:
        return f"{len(hosts)} máy chủ, phục vụ {', '.join(counted.served(hosts))}"
    return ", ".join(sorted(one["subject"]["id"] for one in some))


def by_control(findings: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["control"], []).append(one)
    return found


def problem(control: str) -> str:
    return intruded.CATALOGUE[control].problem.vi


def day(of: datetime.date) -> str:
    return of.strftime("%d/%m/%Y")


def moment(written: str) -> str:
    return datetime.datetime.fromisoformat(written).strftime("%H:%M ngày %d/%m/%Y")


def expected(counted: Counted) -> Iterator[str]:
    """Every sentence of the body that has a number, with the number counted here."""
    before, first, _ = counted.runs
    yield f"lần rà soát lúc {moment(counted.now['started'])}"
    yield f"đầu tháng ({moment(first['started'])}) đến lần rà soát cuối tháng ({moment(counted.now['started'])})"
    yield f"So với lần rà soát {moment(before['started'])}"
    hosts, domains = counted.now["hosts"], counted.domains
    units = {site["unit"] or host["unit"] for host in hosts for site in host["sites"]}
    yield f"{len(domains)} trang thông tin điện tử của {len(units)} đơn vị, đặt trên {len(hosts)} máy chủ"
    levels = Counter(site["level"] for host in hosts for site in host["sites"])
    yield f"{levels[2]} trang cấp độ 2"
    sure = counted.certainties()
    yield f"{sure['certain']} dấu vết chắc chắn, {sure['likely']} dấu vết khả năng cao"
    touched = {one["host"] for one in counted.intrusions if one["subject"]["kind"] == "host"}
    where = f"antruc.test, gotre.test và {len(touched)} máy chủ, phục vụ {', '.join(counted.served(touched))}"
    yield f"Phát hiện dấu vết xâm nhập ở {where}"
    yield f"Xử lý ngay sự cố xâm nhập ở {where}"
    for control, some in by_control(counted.intrusions).items():
        yield f"{problem(control)}, ở {places(some, counted)}"
    passed, partly, failed = (counted.status(name) for name in ("pass", "partial", "fail"))
    judged = passed + partly + failed
    share = f"{100 * passed / judged:.1f}".replace(".", ",")
    yield f"Có {judged} điểm kiểm tra đã có kết quả: {passed} đạt ({share}%); {partly} đạt một phần; {failed} chưa đạt"
    yield (
        f"{counted.status('not_applicable')} điểm kiểm tra không áp dụng; {counted.status('manual')} điểm kiểm tra cần người"
        f" có thẩm quyền xác nhận; {counted.status('not_evaluated')} điểm kiểm tra chưa đánh giá được"
    )
    by_severity = Counter(one["severity"] for one in counted.open())
    listed = ", ".join(f"{by_severity[name]} điểm kiểm tra mức {word}" for name, word in SEVERITIES.items())
    yield f"Còn {len(counted.open())} điểm kiểm tra chưa đạt hoặc mới đạt một phần, gồm: {listed}"
    urgent = {
        d: sum(one["severity"] in ("critical", "high") for one in counted.of_site(d, counted.open())) for d in domains
    }
    assert all(urgent.values())
    yield f"Cả {len(domains)} trang đều còn điểm mức nghiêm trọng hoặc mức cao"
    late = [one for one in counted.open() if counted.due(one) < at("24T09:12:00").date()]
    yield f"{len(late)} điểm đã quá hạn khắc phục, lâu nhất là từ tháng 10 năm 2026"
    since = counted.change(first)
    opened = len(counted.open())
    yield f"tăng từ {len(counted.open(first))} lên {opened}. Trong tháng"
    assert since["fixed"] == 0
    yield f"trước đạt, nay chưa đạt {since['worse']} điểm; mới phát hiện {since['new']} điểm"
    earlier = counted.change(before)
    yield f"tăng từ {len(counted.open(before))} lên {opened}. Cụ thể"
    yield f"mới phát hiện {earlier['new']} điểm; chưa khắc phục {earlier['still']} điểm"
    yield f"{earlier['still']} điểm đã nêu từ kỳ trước nhưng chưa được khắc phục"
    for kind, head in (("host", "Cấu hình máy chủ còn"), ("site", "Các trang còn")):
        some = [one for one in counted.configured if one["subject"]["kind"] == kind]
        grouped = by_control(some)
        yield f"{head} {len(some)} điểm kiểm tra chưa đạt hoặc mới đạt một phần, thuộc {len(grouped)} yêu cầu. Đáng chú ý là 5 yêu cầu"
        for control, of in grouped.items():
            yield f"?{problem(control)}, ở {places(of, counted)} (mức {SEVERITIES[of[0]['severity']]})"
    yield f"Đã kiểm tra tự động từ bên ngoài nội dung của {len({one['site'] for one in counted.now['reviews']})}/{len(domains)} trang"
    injected = {one["subject"]["id"] for one in counted.open() if one["control"].startswith("content.")}
    yield f"Phát hiện nội dung bị chèn hoặc đáng ngờ trên {len(injected)} trang"
    for domain in domains:
        mine = [one for one in counted.of_site(domain, counted.configured) if one["severity"] in ("critical", "high")]
        yield f"{len(mine)} điểm kiểm tra mức nghiêm trọng hoặc mức cao, kể cả điểm của máy chủ dùng chung, ở trang {domain}"
    automatic = {c for c in by_control(counted.configured) if intruded.CATALOGUE[c].fix is not None}
    all_controls = by_control(counted.configured)
    yield f"Các điểm chưa đạt thuộc {len(all_controls)} yêu cầu: {len(automatic)} yêu cầu do"
    yield f"{len(all_controls) - len(automatic)} yêu cầu do chưa được cấu hình, gia hạn"
    for (severity, due), number in Counter((one["severity"], counted.due(one)) for one in counted.configured).items():
        word = SEVERITIES[severity]
        if due < TODAY.date():
            yield f"Khắc phục ngay {number} điểm kiểm tra mức {word} đã quá hạn (Phụ lục II), chậm nhất ngày {day(TODAY.date() + datetime.timedelta(days=1))}"
        else:
            yield f"Khắc phục {number} điểm kiểm tra mức {word} (Phụ lục II) chậm nhất ngày {day(due)}"
    medium = LAST_DAY["2026-11"] + datetime.timedelta(days=30)
    yield f"xác nhận bằng văn bản {counted.status('manual')} điểm kiểm tra (Phụ lục III), chậm nhất ngày {day(medium)}"


def of_incidents(counted: Counted) -> Iterator[str]:
    """What part III says, from the entries of the case log."""
    closed = sum(entries[-1]["deed"]["kind"] == "closed" for entries in counted.ledgers.values())
    number = len(counted.ledgers)
    yield f"Số sự cố được xử lý trong kỳ: {number}, trong đó {number} phát hiện trong kỳ, {closed} đã kết thúc, {number - closed} đang xử lý"
    for entries in counted.ledgers.values():
        state: dict[int, str] = {}
        for entry in entries:
            if entry["deed"]["kind"] in ("contained", "released"):
                state[entry["deed"]["number"]] = entry["deed"]["state"]
        done = sum(one in ("confirmed", "released") for one in state.values())
        in_force = sum(one == "confirmed" for one in state.values())
        yield f"đã ngăn chặn, gỡ bỏ {done} đối tượng, còn hiệu lực cuối kỳ {in_force}"
        if unknown := sum(one == "unknown" for one in state.values()):
            yield f"chưa xác định được kết quả của {unknown} đối tượng"


def beginnings(counted: Counted) -> Iterator[str]:
    """What is said of each incident besides: where it is, since when, and which reports went out when."""
    hosts = {host["name"] for host in counted.now["hosts"]}
    for incident, entries in counted.ledgers.items():
        opened = entries[0]["deed"]
        domains = [one for one in opened["subjects"] if one not in hosts]
        touched = hosts.intersection(opened["subjects"])
        where = ", ".join([*domains, *([f"{len(touched)} máy chủ"] if touched else [])])
        yield f"{incident} ({where}): phát hiện lúc {moment(opened['detected'])}"
        for entry in entries:
            if entry["deed"]["kind"] == "reported":
                yield f"({entry['deed']['how']}, {moment(entry['happened'])})"


def clauses(month: Month) -> Iterator[str]:
    """What is said of the framework: how many clauses its file has at the sites' level, and how many rows of the annex have which result."""
    rows = next(table for table in month.tables if table[0][1] == "Điều khoản" and "Số trang theo kết quả" in table[0])[
        1:
    ]
    asked = [one for one in yaml.safe_load(FRAMEWORK.read_text("utf-8"))["clauses"] if 2 in one["numbers"]]
    outside = sum(one["status"] == "not_covered" for one in asked)
    assert rows[-1][2].startswith(f"{outside} mục")
    assert len(rows) - 1 + outside == len(asked)
    yield f"gồm {len(asked)} mục"
    yield f"Ngoài phạm vi kiểm tra {outside}"
    for result, number in Counter(row[4] for row in rows[:-1]).items():
        yield f"{result} {number}"
    for row in rows[:-1]:
        assert sum(map(int, re.findall(r"\d+", row[5]))) == len(month.counted.domains), row
    shown = [
        row for row in rows[:-1] if row[3] != "Do người xác nhận" and row[4] not in ("Không áp dụng", "Cần xác nhận")
    ]
    yield f"ở {len(shown)} mục mà phần mềm kiểm tra được một phần hoặc toàn bộ"
    met = sum(row[4] in ("Đạt", "Đáp ứng tương đương") for row in shown)
    yield f"phần kiểm tra ấy đạt ở {met} mục ({100 * met / len(shown):.1f}".replace(".", ",") + "%)"


RESULTS = {
    "met": "Đạt",
    "partly": "Đạt một phần",
    "not_met": "Chưa đạt",
    "not_applicable": "Không áp dụng",
    "needs_confirmation": "Cần xác nhận",
    "not_evaluated": "Chưa đánh giá được trong kỳ",
}


def test_each_clause_of_the_framework_is_judged_again(month: Month) -> None:
    counted = month.counted
    asked = {
        one["numbers"][2]: one for one in yaml.safe_load(FRAMEWORK.read_text("utf-8"))["clauses"] if 2 in one["numbers"]
    }
    by_clause: dict[str, set[str]] = {}
    for name, control in intruded.CATALOGUE.controls_by_id.items():
        for number in (control.references.get("tcvn14423") or {}).get("l2", ()):
            by_clause.setdefault(str(number), set()).add(name)
    head = next(table for table in month.tables if table[0][1] == "Điều khoản" and "Số trang theo kết quả" in table[0])
    rows = [row for row in head[1:] if row[1] != "–"]
    assert {row[1] for row in rows} == {number for number, one in asked.items() if one["status"] != "not_covered"}
    seen: Counter[str] = Counter()
    for row in rows:
        controls = by_clause.get(row[1], set())
        came: Counter[str] = Counter()
        for domain in counted.domains:
            theirs = [one for one in counted.of_site(domain, counted.now["findings"]) if one["control"] in controls]
            came[RESULTS[read_clause(asked[row[1]]["status"], theirs, controls)]] += 1
        told = {found[1]: int(found[2]) for found in re.finditer(r"([^;\d]+) (\d+)(?:; )?", row[5])}
        assert told == dict(came), row
        seen += came
    assert len(seen) >= 4, "the month is to have clauses of several results"


def left_over(text: str, sentences: Iterable[str]) -> tuple[list[str], list[str]]:
    """What of the sentences is not in the text, and which lines of it have a number that no sentence has. A ``?`` first: may be missing."""
    flat = re.sub(r"\s+", " ", text)
    missing = []
    for sentence in sorted(sentences, key=lambda one: -len(one)):
        wanted = sentence.removeprefix("?")
        if wanted in flat:
            flat = flat.replace(wanted, "¶")
        elif "¶" not in sentence and not sentence.startswith("?"):
            missing.append(sentence)
    rest = FIXED.sub("", flat)
    return missing, [
        rest[max(0, found.start() - 60) : found.end() + 30] for found in re.finditer(r"(?<![\w.])\d+", rest)
    ]


def numbered(text: str) -> str:
    """The text without the numbers of headings."""
    return re.sub(r"(?m)^\s*(\d\.) ", "", text)


@pytest.mark.parametrize("form", ["body", "printed"])
def test_each_number_of_the_report_is_counted_again(month: Month, form: str) -> None:
    text = getattr(month, form)
    if form == "printed":
        text = re.sub(r"(?m)^\d+$", "", text).partition("Nơi nhận:")[0]
    sentences = (*expected(month.counted), *of_incidents(month.counted), *beginnings(month.counted), *clauses(month))
    missing, unexplained = left_over(numbered(text), sentences)
    assert missing == []
    assert unexplained == []


def test_the_annexes_have_a_row_for_each(month: Month) -> None:
    counted = month.counted
    by_head = {table[0][1]: table[1:] for table in month.tables if len(table[0]) > 2}
    for row in by_head["Đơn vị quản lý"]:
        mine = counted.of_site(row[2], counted.now["findings"])
        status = Counter(one["status"] for one in mine)
        urgent = sum(one["severity"] in ("critical", "high") for one in counted.of_site(row[2], counted.open()))
        open_ended = status["not_evaluated"] + status["manual"]
        numbers = [status["pass"], status["partial"], status["fail"], urgent, open_ended]
        assert [int(cell) for cell in row[4:9]] == numbers, row
    assert len(by_head["Đơn vị quản lý"]) == len(counted.domains)
    wanted = by_control(counted.open())
    rows = by_head["Nội dung chưa đạt"]
    assert {row[1]: row[4] for row in rows} == {problem(c): places(some, counted) for c, some in wanted.items()}
    assert len(rows) == len(wanted)
    unsure = [one for one in counted.now["findings"] if one["status"] in ("not_evaluated", "manual")]
    assert len(by_head["Yêu cầu"]) == len(by_control(unsure))
    assert {row[1] for row in by_head["Sự cố"]} == set(counted.ledgers)
    told_of = " ".join(cell for row in by_head["Sự cố"] for cell in row)
    assert left_over(told_of, list(of_incidents(counted))[1:])[0] == []


def test_a_month_without_an_incident_says_so_and_only_then(month: Month, quiet: Month) -> None:
    assert NONE in quiet.body and NONE in re.sub(r"\s+", " ", quiet.printed)
    assert NONE not in month.body and NONE not in re.sub(r"\s+", " ", month.printed)
    assert quiet.counted.ledgers == {}
    assert "Sự cố" not in {table[0][1] for table in quiet.tables if len(table[0]) > 2}


def flat(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<svg\b.*?</svg>", "", page, flags=re.S))))


def test_each_number_of_the_overview_is_counted_again(month: Month) -> None:
    counted, said = month.counted, flat(month.page)
    by_severity = Counter(one["severity"] for one in counted.open())
    tiles = " ".join(f"{word.capitalize()} {by_severity[name]}" for name, word in SEVERITIES.items())
    tiles += f" Chưa đánh giá được {counted.status('not_evaluated')} Đạt {counted.status('pass')}"
    assert said.count(tiles) == 2  # on the printed page, and on the screen's
    assert "2 trong 4 trang bị xâm nhập" in said and "Ngoài ra, 1 trang nằm trên máy chủ bị xâm nhập" in said
    assert f"{len(counted.now['hosts'])} máy chủ, {len(counted.domains)} trang" in said
    of_web1 = [trace for one in counted.intrusions if one["host"] == "web1" for trace in one["violations"]]
    sure = Counter(trace["certainty"] for trace in of_web1)
    line = f"{sure['exact']} dấu vết chắc chắn, {sure['strong']} dấu vết khả năng cao"
    assert said.count(f"web1 : {line}") == 2
    work = by_control(counted.configured)
    urgent = sum(some[0]["severity"] in ("critical", "high") for some in work.values())
    automatic = sum(intruded.CATALOGUE[control].fix is not None for control in work)
    assert (
        f"{urgent} yêu cầu chưa đạt phải xử lý ngay và {len(work) - urgent} yêu cầu nên xử lý tiếp. {automatic} yêu cầu"
        f" khắc phục được tự động, {len(work) - automatic} yêu cầu phải làm thủ công"
    ) in said
    assert (
        f"Có {counted.status('manual')} yêu cầu chờ người xác nhận. {counted.status('not_applicable')} yêu cầu không áp dụng"
        in said
    )
    since = counted.change(counted.runs[1])
    assert (
        f"{since['worse']} trước đạt, nay chưa đạt {since['new']} mới phát hiện {since['still']} chưa khắc phục {since['fixed']} đã khắc phục"
        in said
    )
    for domain in counted.domains:
        of = Counter(one["severity"] for one in counted.of_site(domain, counted.open()))
        cells = " ".join(str(of[name]) for name in SEVERITIES)
        unread = sum(one["status"] == "not_evaluated" for one in counted.of_site(domain, counted.now["findings"]))
        assert re.search(rf"{domain} [^0-9]*? {cells} ", said), (domain, cells)
        assert re.search(rf"{domain} [^0-9]*?web\d [^0-9]*? {cells} {unread} ", said), (domain, cells, unread)
    for control, some in work.items():
        sites = {
            d
            for one in some
            for d in (counted.served([one["host"]]) if one["subject"]["kind"] == "host" else [one["subject"]["id"]])
        }
        found = re.search(
            rf"{re.escape(problem(control))} (?:làm một lần cho )?(?:(\d+) trang · )?(?:Tự động|Thủ công)", said
        )
        assert found is not None, control
        assert int(found[1] or 1) == len(sites), control


def theirs(counted: Counted, kind: str, name: str, run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The findings that the page of a host or a site is about: a site's has those of the host that serves it, too."""
    if kind == "sites":
        return counted.of_site(name, run["findings"])
    return [one for one in run["findings"] if (one["subject"]["kind"], one["subject"]["id"]) == ("host", name)]


@pytest.mark.parametrize("kind", ["hosts", "sites"])
def test_each_number_of_a_host_s_and_a_site_s_page_is_counted_again(month: Month, kind: str) -> None:
    counted = month.counted
    names = counted.domains if kind == "sites" else [host["name"] for host in counted.now["hosts"]]
    assert {f"{kind}/{name}.html" for name in names} == {path for path in month.pages if path.startswith(kind)}
    for name in names:
        said = month.pages[f"{kind}/{name}.html"]
        now, before, first = (theirs(counted, kind, name, run) for run in reversed(counted.runs))
        opened = [one for one in counted.open() if one in now]
        severe = Counter(one["severity"] for one in opened)
        tiles = " ".join(f"{word.capitalize()} {severe[severity]}" for severity, word in SEVERITIES.items())
        status = Counter(one["status"] for one in now)
        tiles += f" Chưa đánh giá được {status['not_evaluated']} Đạt {status['pass']} "
        assert said.count(tiles) == 2, (name, tiles)
        of_then = [one for one in counted.open(counted.runs[1]) if one in before]
        since = counted.change({"findings": before}, now)
        changed = (
            f"{len(of_then)} → {len(opened)} So với lần rà soát {moment(counted.runs[1]['started'])} {since['worse']} trước đạt, nay"
            f" chưa đạt {since['new']} mới phát hiện {since['still']} chưa khắc phục {since['fixed']} đã khắc phục"
        )
        assert said.count(changed) == 2, (name, changed)
        at_first = [one for one in counted.open(counted.runs[0]) if one in first]
        numbers = [(2, opened), (1, of_then), (0, at_first)]
        history = " ".join(f"{moment(counted.runs[index]['started'])} {len(some)}" for index, some in numbers)
        assert history in said, (name, history)
        configured = by_control(one for one in counted.configured if one in now)
        automatic = [control for control in configured if intruded.CATALOGUE[control].fix is not None]
        urgent = sum(configured[control][0]["severity"] in ("critical", "high") for control in automatic)
        if urgent:
            some = f"{len(automatic)} yêu cầu, trong đó {urgent} yêu cầu mức nghiêm trọng hoặc cao"
            assert f"Cho phép gia cố tự động để khắc phục {some}" in said, (name, some)


def test_each_number_of_a_control_s_page_is_counted_again(month: Month) -> None:
    counted = month.counted
    for path in (path for path in month.pages if path.startswith("controls/")):
        control, said = path.removeprefix("controls/").removesuffix(".html"), month.pages[path]
        findings = [one for one in counted.now["findings"] if one["control"] == control]
        opened = [one for one in counted.open() if one["control"] == control]
        of = "trang" if intruded.CATALOGUE[control].subject == "site" else "máy chủ"
        if opened:
            asked = sum(one["status"] != "not_applicable" for one in findings)
            assert f"Chưa đạt ở {len(opened)} trong {asked} {of}" in said, control
            assert f"Nơi chưa đạt {len(opened)} Nơi chưa đạt " in said, control
        unread = [one for one in findings if one["status"] == "not_evaluated"]
        if unread:
            assert f"Chưa đánh giá được {len(unread)} " in said, control


def test_each_sheet_has_what_is_counted_again(month: Month) -> None:
    counted, book = month.counted, month.book
    for row in list(book["Các trang"].values)[1:]:
        of = Counter(one["severity"] for one in counted.of_site(row[0], counted.open()))
        unread = sum(one["status"] == "not_evaluated" for one in counted.of_site(row[0], counted.now["findings"]))
        assert row[6:11] == (*(of[name] for name in SEVERITIES), unread), row
    for row in list(book["Các máy chủ"].values)[1:]:
        of = Counter(
            one["severity"]
            for one in counted.open()
            if (one["subject"]["kind"], one["subject"]["id"]) == ("host", row[0])
        )
        assert row[5:9] == tuple(of[name] for name in SEVERITIES), row
        assert row[3] == len(counted.served([row[0]]))
    assert book["Kết quả chưa đạt"].max_row - 1 == len(counted.open())
    work = by_control(counted.configured)
    sheet = list(book["Yêu cầu chưa đạt"].values)[1:]
    assert {row[1] for row in sheet} == set(work)
    for row in sheet:
        hosts = {one["host"] for one in work[row[1]]}
        assert row[4] == len(hosts), row
    unsure = counted.status("not_evaluated") + counted.status("manual")
    assert book["Chưa đánh giá, chờ xác nhận"].max_row - 1 == unsure
    since = counted.change(counted.runs[1])
    kinds = Counter(row[0] for row in list(book["Thay đổi so với lần trước"].values)[1:])
    assert (kinds["Trước đạt, nay chưa đạt"], kinds["Mới phát hiện"]) == (since["worse"], since["new"])
    touched = {(one["subject"]["kind"], one["subject"]["id"]) for one in counted.intrusions}
    assert book["Xâm nhập"].max_row - 1 == len(touched)


def test_each_number_on_the_terminal_is_counted_again(month: Month) -> None:
    counted, said = month.counted, month.terminal
    assert (
        f"{len(counted.open())} điểm chưa đạt, {counted.status('pass')} điểm đạt, {counted.status('not_evaluated')} điểm chưa"
        " đánh giá được"
    ) in said
    for domain in counted.domains:
        of = Counter(one["severity"] for one in counted.of_site(domain, counted.open()))
        unread = sum(one["status"] == "not_evaluated" for one in counted.of_site(domain, counted.now["findings"]))
        cells = next(line for line in said.splitlines() if line.startswith(domain)).split()
        assert cells[2:] == [str(of[name]) for name in SEVERITIES] + [str(unread)]
    for control, some in by_control(counted.configured).items():
        row = next(line for line in said.splitlines() if f" {control} " in line)
        more = re.search(r" \+(\d+) ", row)
        assert len(some) == (int(more[1]) + 2 if more else 1 + row.count(", ", 0, row.index(problem(control)))), row
