"""The cost of kept looks.

It is how much slower an audit of 200 sites is that carries them, and how much the history grows by each.

    .venv/bin/python -m benchmarks.looks [SITES]

Of each site 300 pages are known and three looks kept, with the traces of a site that is full of adverts (every fifth
one), or one trace. What an audit does after its hosts have answered is measured, in seconds of one processor: take the
looks along, judge, keep, write the usual reports. The best of three.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.controls import Catalogue
from auditor.audit.judgement import judge_collected_facts
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.history.scans import MAX_SCANS, ScanHistory
from auditor.models import Host, HostOutcome, Inventory, Scan, Site, Text, Trace, clock
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.report import files
from auditor.scans.frontier import CrawlEntry, CrawlFrontier
from auditor.scans.traces import add_target_to_trace, build_masked_trace

PATH, PAGES, EACH = "/benchmark", 300, 10
STARTED = dt.datetime(2026, 11, 27, 20, tzinfo=dt.timezone(dt.timedelta(hours=7)))


def inventory(sites: int) -> Inventory:
    hosts = tuple(
        Host(
            name=f"web{n}",
            address="192.0.2.1",
            sites=tuple(Site(domain=f"xa{i}.test", host=f"web{n}") for i in range(n * EACH, (n + 1) * EACH)),
        )
        for n in range(sites // EACH)
    )
    return Inventory(path=PATH, organisation=None, hosts=hosts)


def traces(number: int) -> Iterator[Trace]:
    for n in range(40 if number % 5 == 0 else 1):
        trace = build_masked_trace(
            "link",
            f"nhacai{n}.example" if n % 2 else f"nhacai{number}-{n}.example",
            where=f"/tin-tuc/bai-viet-so-{n}.html",
            sample=f"nhà cái uy tín số {n}, cá cược bóng đá, tặng 100k cho người mới → https://nhacai{n}.example/vao",
            families=("lexicon", "hidden"),
            rules=("words_of_link", "kept_out_of_sight"),
        )
        yield add_target_to_trace(trace, f"nhacai{n}.example")


def look(site: str, number: int, time_: int) -> tuple[Scan, CrawlFrontier]:
    found = tuple(traces(number))
    at = STARTED + dt.timedelta(hours=time_)
    keys = tuple(one.key for one in found)
    places = {
        f"/chuyen-muc-{n % 12}/tin-tuc-so-{n}-cua-{site}.html": CrawlEntry(
            seen=clock.format_iso_moment(at), linked=True, keys=keys[:3] if n < 14 else ()
        )
        for n in range(PAGES)
    }
    told = Scan(
        id=f"{site}-{time_}",
        site=site,
        started=clock.format_iso_moment(at),
        seconds=400,
        known=PAGES,
        fresh=PAGES,
        visited=PAGES,
        engine=True,
        title=f"Trang thông tin điện tử {site}",
        linked=tuple(f"lien-ket-{n}.test" for n in range(30)),
        landmarks=tuple(f"Chuyên mục số {n} của cổng thông tin" for n in range(30)),
        traces=found,
    )
    return told, CrawlFrontier(site=site, places=places, traces={one.key: one for one in found})


def keep(known: Inventory, folder: Path) -> list[float]:
    """Look of all sites, round by round; by how many bytes a site and look the history grew in each."""
    looks, grown, before = ScanHistory(folder / "history.sqlite"), [], 0
    for time_ in range(MAX_SCANS + 2):
        for number, site in enumerate(known.sites):
            looks.store_look_and_frontier(PATH, *look(site.domain, number, time_))
        size = sum(file.stat().st_size for file in folder.iterdir())
        grown.append((size - before) / len(known.sites))
        before = size
    return grown


def audit(known: Inventory, catalogue: Catalogue, folder: Path, *, carrying: bool) -> float:
    """Seconds of a processor."""
    began = time.process_time()
    prior_state = load_prior_state(PATH, folder / "history.sqlite") if carrying else NOTHING_KNOWN
    outcomes = [HostOutcome(host=host.name, reached=False, reason=Text(vi="x", en="x")) for host in known.hosts]
    started_at = STARTED + dt.timedelta(hours=9)
    run = judge_collected_facts(AuditInput(known, prior_state, catalogue, known.hosts, {}, outcomes, started_at))
    RunHistory(folder / f"runs-{carrying}.sqlite").keep(run)

    files.write_report_files_of_run(run, catalogue, output=folder / "out", lang="vi")
    return time.process_time() - began


def main() -> None:
    known, catalogue = inventory(int(sys.argv[1]) if len(sys.argv) > 1 else 200), controls.load_catalogue()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history = folder / "looks"
        history.mkdir()
        grown = keep(known, history)
        print("history, KB a site and look, by round: " + " ".join(f"{bytes_ / 1000:.1f}" for bytes_ in grown))
        best = {
            carrying: min(audit(known, catalogue, history, carrying=carrying) for _ in range(3))
            for carrying in (False, True)
        }
    print(f"audit without looks {best[False]:.2f} s, with them {best[True]:.2f} s: {best[True] - best[False]:+.2f} s")


if __name__ == "__main__":
    main()
