"""How long the reports of a large fleet take, and how much memory: every format, each timed by itself.

    .venv/bin/python benchmarks/reports.py [REPEATS]

First 200 sites on as many hosts, 250 controls each, with 24 monthly runs kept: 50,000 findings a run. Then 10,000
sites on 1,000 hosts with 40 controls each: the fleet pages, which Chromium opens, and the official report. Every
command is a process of its own that begins with the history on disk; making the history is not counted. Wall time
needs an idle machine; the time of processor tells what the work is when others share it.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from auditor import controls, report
from auditor.controls import Catalogue, Control
from auditor.history import History
from auditor.memory import settled
from auditor.models import (
    Evidence,
    Finding,
    Format,
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
from auditor.report import html, publish
from auditor.report.official import issue
from auditor.report.official.period import Period

PATH = "/benchmark"
OFFICE = "tinh-tan-giang"
PEAK = "peak MB"
TIMED = (Format.HTML, Format.XLSX, Format.CSV, Format.SARIF, Format.JUNIT)


@dataclass(frozen=True)
class Scale:
    """A fleet: its sites and hosts, how many controls a site sees (its host's included), how many runs are kept."""

    sites: int
    hosts: int
    controls: int
    runs: int


SCALES = {"200": Scale(200, 200, 250, 24), "10000": Scale(10_000, 1_000, 40, 2)}


# --- the fleet ----------------------------------------------------------------------------------------


def catalogue(scale: Scale) -> Catalogue:
    """The real controls, as many as are wanted: the worst first, or copies of some under other names."""
    real = controls.load().controls
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
    """A number from 0 to 255 that is always the same for the same."""
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
    known, fleet, history = catalogue(scale), hosts(scale), History(folder / "history.sqlite")
    for number in range(scale.runs):
        history.keep(run(scale, known, fleet, number))


# --- what is measured ---------------------------------------------------------------------------------


def timed(what: str, work: Callable[[], object]) -> None:
    started, cpu = time.monotonic(), time.process_time()
    work()
    print(f"{what}\t{time.monotonic() - started:.3f}\t{time.process_time() - cpu:.3f}", flush=True)


def measure(scale: Scale, folder: Path, output: Path) -> None:
    """``auditor report``, step by step: a line each, what and seconds of wall and of processor."""
    known, history = catalogue(scale), History(folder / "history.sqlite")
    if scale.sites > 1000:
        timed("fleet pages", lambda: publish.folder(output / "report", fleet_pages(history, known)))
    else:
        runs: list[Run] = []
        timed("history", lambda: runs.extend(latest_two(history)))
        for wanted in TIMED:
            timed(wanted.value, lambda wanted=wanted: written(runs, history, known, output, wanted))
    told_peak()


def latest_two(history: History) -> Iterator[Run]:
    newest = history.run(history.entries(PATH, 1)[0].id)
    yield newest
    before = history.before(newest)
    if before is not None:
        yield before


def written(runs: list[Run], history: History, known: Catalogue, output: Path, wanted: Format) -> None:
    newest, before = runs
    trend = history.trend(PATH) if wanted is Format.HTML else ()
    report.write(newest, known, output=output, lang="vi", before=before, trend=trend, formats={wanted})


def measure_official(scale: Scale, folder: Path, output: Path) -> None:
    """``auditor report official``, for the office above all others."""
    known, history = catalogue(scale), History(folder / "history.sqlite")
    inventory = Inventory(path=PATH, organisation=organisation(scale), hosts=hosts(scale))

    def official() -> None:
        issue.write(
            history, inventory, known, OFFICE, Period(2026, 11),
            output=output / "official", kind="bao-cao", regime=None, lang="vi", template=None,
        )  # fmt: skip

    timed("official", official)
    told_peak()


def told_peak() -> None:
    print(f"{PEAK}\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def fleet_pages(history: History, known: Catalogue) -> Iterator[tuple[str, str]]:
    """The overview, the lists over many pages and the list by name: what comes before the pages of single things."""
    newest = history.run(history.entries(PATH, 1)[0].id)
    with settled():
        yield from takewhile(lambda page: page[0] != "unevaluated.html", html.pages(newest, known, "vi"))


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


def child(*arguments: str) -> dict[str, list[float]]:
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    lines = (line.split("\t") for line in done.stdout.splitlines())
    return {what: [float(value) for value in values] for what, *values in lines}


def main() -> None:
    match sys.argv[1:]:
        case ["make", name, folder]:
            make(SCALES[name], Path(folder))
        case ["report", name, folder, output]:
            measure(SCALES[name], Path(folder), Path(output))
        case ["official", name, folder, output]:
            measure_official(SCALES[name], Path(folder), Path(output))
        case rest:
            compare(int(rest[0]) if rest else 3)


def compare(repeats: int) -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, n={repeats}, seconds of wall time")
    for name, scale in SCALES.items():
        with tempfile.TemporaryDirectory() as scratch:
            child("make", name, scratch)
            told = [
                [child(what, name, scratch, f"{scratch}/out{n}") for what in ("report", "official")]
                for n in range(repeats)
            ]
            print(f"\n{scale.sites} sites, {scale.hosts} hosts, {scale.controls} controls a site, {scale.runs} runs")
            both = [{**first, **second} for first, second in told]
            steps = [what for what in both[0] if what != PEAK]
            for what in steps:
                show(what, [one[what] for one in both])
            show("all", [[sum(one[what][clock] for what in steps) for clock in (0, 1)] for one in both])
            print(f"  peak memory: reports {highest(told, 0):.0f} MB, official {highest(told, 1):.0f} MB")
            pages = Path(scratch) / "out0/report"
            size = (pages / "index.html").stat().st_size / 1e6
            print(f"  index.html {size:.2f} MB, opens in Chromium in {opened(pages / 'index.html'):.2f} s")
            if (pages / "names.html").exists():
                print(f"  names.html opens in Chromium in {opened(pages / 'names.html'):.2f} s")


def highest(told: list[list[dict[str, list[float]]]], of: int) -> float:
    return max(one[of][PEAK][0] for one in told)


def show(what: str, measured: list[list[float]]) -> None:
    wall, cpu = zip(*measured, strict=True)
    print(f"  {what:<14} min {min(wall):7.2f}  median {statistics.median(wall):7.2f}   of processor {min(cpu):7.2f}")


if __name__ == "__main__":
    main()
