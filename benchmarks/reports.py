"""How long the reports of a large fleet take, and how much memory.

    .venv/bin/python benchmarks/reports.py [REPEATS]

First 200 sites on as many hosts, 250 controls each, with 24 monthly runs kept: 50,000 findings a run. Then 10,000
sites on 1,000 hosts with 40 controls each: the fleet pages, which Chromium opens, and the official report.

What is measured is what an office runs: ``auditor report`` with all formats, then ``auditor report official``, each
from the start of its process, with the history on disk, to its end; making the history is not counted. A command may
use both processors. Its memory is that of all its processes together, what they share counted once, looked at twenty
times a second. Wall time needs an idle machine; the time of processors tells what the work is when others share it.
"""

from __future__ import annotations

import contextlib
import datetime
import gc
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from auditor.audit import controls
from auditor.audit.controls import Catalogue, Control
from auditor.history.runs import RunHistory
from auditor.models import (
    Evidence,
    Finding,
    Host,
    HostOutcome,
    Inventory,
    Organisation,
    Run,
    Site,
    Status,
    Subject,
    Text,
    Unit,
)
from auditor.report import files
from auditor.report.formats import Format
from auditor.report.html import pages as html
from auditor.report.official import monthly, writer
from auditor.report.official.period import Period
from auditor.system import files as publish
from auditor.system.memory import freeze_objects_for_garbage_collector

PATH = "/benchmark"
OFFICE = "tinh-tan-giang"
FORMATS = ("html", "xlsx", "csv", "sarif", "junit")


@dataclass(frozen=True)
class Scale:
    """A fleet: its sites and hosts, how many controls a site sees (its host's included), how many runs are kept."""

    sites: int
    hosts: int
    controls: int
    runs: int


SCALES = {"200": Scale(200, 200, 250, 24), "10000": Scale(10_000, 1_000, 40, 2)}
COMMANDS = {"200": (("report", *FORMATS), ("official",)), "10000": (("fleet",), ("official",))}


# --- the fleet ----------------------------------------------------------------------------------------


def catalogue(scale: Scale) -> Catalogue:
    """Return the real controls, as many as are wanted: the worst first, or copies of some under other names."""
    real = controls.load_catalogue().controls
    wanted: list[Control] = sorted(real, key=lambda control: -control.severity.rank)[: scale.controls]
    more = (
        control.model_copy(update={"id": f"{control.id}_{index}"})
        for index, control in enumerate(real[: scale.controls - len(wanted)])
    )
    return Catalogue(controls=(*wanted, *more))


def organisation(scale: Scale) -> Organisation:
    office = "Ủy ban nhân dân tỉnh Tân Giang"
    wards = (
        Unit(id=f"xa-{n}", name=f"Ủy ban nhân dân xã Tân Giang {n}", parent=OFFICE)
        for n in range(min(200, scale.sites))
    )
    above = Unit(id="bo", name="Bộ Thử nghiệm")
    return Organisation(name=office, units=(above, Unit(id=OFFICE, name=office, parent="bo"), *wards))


def hosts(scale: Scale) -> tuple[Host, ...]:
    each = scale.sites // scale.hosts
    return tuple(
        Host(
            name=f"web{n}",
            address="192.0.2.1",
            unit=OFFICE,
            sites=tuple(
                Site(domain=f"xa{i}.test", host=f"web{n}", unit=f"xa-{i % 200}", application="wordpress")
                for i in range(n * each, (n + 1) * each)
            ),
        )
        for n in range(scale.hosts)
    )


def draw(*of: object) -> int:
    """Return a number from 0 to 255 that is always the same for the same."""
    return hashlib.sha256(repr(of).encode()).digest()[0]


def finding(control: Control, subject: Subject, host: str, improved: int) -> Finding:
    """About three in ten are open at first, and one in ten at the end."""
    drawn = draw(control.id, subject.id)
    base = {"control": control.id, "subject": subject, "host": host, "severity": control.severity}
    if control.manual:
        return Finding(**base, status=Status.MANUAL, reason=Text(vi="cần người xác nhận", en="a person has to say"))
    if drawn < 40:
        return Finding(**base, status=Status.NOT_APPLICABLE, reason=Text(vi="không có ở đây", en="not present here"))
    if drawn < 44:
        return Finding(**base, status=Status.NOT_EVALUATED, reason=Text(vi="hết thời gian đọc", en="out of time"))
    status = Status.PASS if drawn > 120 - 2 * improved else Status.PARTIAL if drawn % 3 == 0 else Status.FAIL
    members = tuple(
        {
            "path": f"/var/www/{subject.id}/wp-content/uploads/2026/{control.id}/{n}.php",
            "mode": 0o777,
            "owner": "www-data",
        }
        for n in range(drawn % 12 if status.is_open else 0)
    )
    evidence = tuple(Evidence(path=f"{control.area}.effective.value{n}", value=f"{drawn} off") for n in range(3))
    return Finding(**base, status=status, evidence=evidence, violations=members, population=40 if members else None)


def run(scale: Scale, known: Catalogue, fleet: tuple[Host, ...], number: int) -> Run:
    started = datetime.datetime(2024, 12, 20, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
    month = 11 + number + (24 - scale.runs)
    return Run(
        id=f"r{number:02d}",
        started=started.replace(year=2024 + month // 12, month=month % 12 + 1).isoformat(),
        seconds=60,
        version="0",
        inventory=PATH,
        hosts=fleet,
        outcomes=tuple(HostOutcome(host=host.name, reached=True, os="Debian GNU/Linux 13 (trixie)") for host in fleet),
        findings=tuple(
            finding(control, Subject(kind=control.subject, id=subject), host.name, number + (24 - scale.runs))
            for host in fleet
            for control in known.controls
            for subject in ([host.name] if control.subject == "host" else [site.domain for site in host.sites])
        ),
        organisation=organisation(scale),
    )


def make(scale: Scale, folder: Path) -> None:
    known, fleet, history = catalogue(scale), hosts(scale), RunHistory(folder / "history.sqlite")
    for number in range(scale.runs):
        history.keep(run(scale, known, fleet, number))


# --- what is measured ---------------------------------------------------------------------------------


def write_all(scale: Scale, folder: Path, output: Path, formats: set[Format]) -> None:
    """``auditor report --format html,xlsx,csv,sarif,junit``."""
    history = RunHistory(folder / "history.sqlite")
    newest = history.latest(PATH)
    assert newest is not None  # noqa: S101  ``make`` kept some
    before, trend = history.before(newest), history.trend(PATH)
    files.write_report_files_of_run(
        newest,
        catalogue(scale),
        output=output,
        lang="vi",
        formats=formats,
        comparison=files.ReportComparison(before, trend),
    )


def write_fleet(scale: Scale, folder: Path, output: Path) -> None:
    """Write the overview, the lists over many pages and the list by name.

    They come before the pages of single things.
    """
    newest = RunHistory(folder / "history.sqlite").latest(PATH)
    assert newest is not None  # noqa: S101
    with freeze_objects_for_garbage_collector():
        pages = takewhile(
            lambda page: page[0] != "unevaluated.html", html.iter_html_report_pages(newest, catalogue(scale), "vi")
        )
        publish.check_and_make_output_folder(output)
        publish.write_folder(output / "report", pages)


def write_official(scale: Scale, folder: Path, output: Path) -> None:
    """``auditor report official``, for the office above all others."""
    inventory = Inventory(path=PATH, organisation=organisation(scale), hosts=hosts(scale))
    report = monthly.build_monthly_report(
        RunHistory(folder / "history.sqlite"), inventory, catalogue(scale), OFFICE, Period(2026, 11),
        monthly.ReportOptions(kind="bao-cao", lang="vi", today=datetime.date(2026, 12, 1)),
    )  # fmt: skip
    writer.write_document(report, output / "official")


@dataclass(frozen=True)
class Spent:
    """The cost of a command: seconds on the clock and of all its processors, and megabytes at its peak."""

    wall: float
    cpu: float
    memory: float


def spent(*arguments: str) -> Spent:
    """Run this program with these arguments, from its start to its end."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, __file__, *arguments], start_new_session=True)
    seen = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(held(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    over.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments}: exit code {process.returncode}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, max(*seen, usage.ru_maxrss / 1024))


def held(session: int) -> float:
    """Megabytes of memory that all processes of a session hold together, what they share counted once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if os.getsid(int(process.name)) == session:
                told = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
                total += int(told["Pss"].split()[0])
    return total / 1024


def opened(index: Path) -> float:
    """Seconds in which Chromium opens the page, with every row laid out."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        started = time.monotonic()
        page.goto(index.as_uri())
        page.evaluate("document.body.getBoundingClientRect().height")
        seconds = time.monotonic() - started
        browser.close()
    return seconds


def main() -> None:
    match sys.argv[1:]:
        case ["make", name, folder]:
            make(SCALES[name], Path(folder))
        case ["report", name, folder, output, *formats]:
            write_all(SCALES[name], Path(folder), Path(output), set(map(Format, formats)))
        case ["fleet", name, folder, output]:
            write_fleet(SCALES[name], Path(folder), Path(output))
        case ["official", name, folder, output]:
            write_official(SCALES[name], Path(folder), Path(output))
        case rest:
            compare(int(rest[0]) if rest else 3)
    gc.freeze()  # as ``auditor.cli`` does


def compare(repeats: int) -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, n={repeats}")
    for name, scale in SCALES.items():
        print(f"\n{scale.sites} sites, {scale.hosts} hosts, {scale.controls} controls a site, {scale.runs} runs")
        with tempfile.TemporaryDirectory() as scratch:
            spent("make", name, scratch)
            commands = COMMANDS[name]
            told = [
                [spent(what, name, scratch, f"{scratch}/out", *formats) for what, *formats in commands]
                for _ in range(repeats)
            ]
            for (what, *_), of in zip(commands, zip(*told, strict=True), strict=True):
                show(what, of)
            show("all", [together(one) for one in told])
            for alone in FORMATS if name == "200" else ():
                show(f"({alone} alone)", [spent("report", name, scratch, f"{scratch}/alone", alone)])
            for page in ("index.html", "names.html"):
                path = Path(scratch) / "out/report" / page
                if path.exists():
                    print(f"  {page} {path.stat().st_size / 1e6:.2f} MB, opens in Chromium in {opened(path):.2f} s")


def together(commands: Iterable[Spent]) -> Spent:
    """Return one after another: their times summed, the highest of their peaks."""
    wall, cpu, memory = zip(*((one.wall, one.cpu, one.memory) for one in commands), strict=True)
    return Spent(sum(wall), sum(cpu), max(memory))


def show(what: str, of: Sequence[Spent]) -> None:
    wall, cpu, memory = zip(*((one.wall, one.cpu, one.memory) for one in of), strict=True)
    print(
        f"  {what:<16} wall min {min(wall):6.2f} s  median {statistics.median(wall):6.2f} s"
        f"   processors min {min(cpu):6.2f} s   peak {max(memory):5.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
