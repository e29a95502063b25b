"""Reviews of a real web server: what they ask for, how slowly, where they stop, and what they find."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from auditor.audit import controls
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.content.bot_protection import ALL, VisitRoutes
from auditor.content.crawler.session import RequestPacer
from auditor.content.crawler.style_sheets import MAX_SHEETS
from auditor.content.fleet import ScanRun
from auditor.content.review import ScanBudget
from auditor.fleet.host_proxy import HostPageFetcher
from auditor.history.runs import RunHistory
from auditor.history.scans import ScanHistory
from auditor.inventory.reach import Reach
from auditor.models import Host, Scan, Site, Status, TraceAcceptance, clock
from auditor.scans.responses import PageInventory, Visitor
from auditor.scans.traces import build_masked_trace
from auditor.web import fetch
from tests.unit.content.web_site import Answering, Asked, Page, WebSite, pages, serving

SITES = ("antruc.test", "dongvau.test", "gotre.test")
HOST = Host(name="web1", address="127.0.0.1", sites=tuple(Site(domain=domain, host="web1") for domain in SITES))
HOME = "<title>Xã An Trúc</title><h1>Tin tức</h1><p>Lịch tiếp công dân</p>"
CATALOGUE = controls.load_catalogue()


def linking(*links: str) -> str:
    return HOME + "".join(f"<a href='{link}'>Tin</a>" for link in links)


@dataclass
class Clock:
    """Time that passes only where somebody waits."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Office:
    """One who reviews the sites of ``HOST`` over and over."""

    looks: ScanHistory
    port: int
    clock: Clock = field(default_factory=Clock)
    budget: ScanBudget = field(default_factory=ScanBudget)
    engine: bool = True
    ways: VisitRoutes = field(default_factory=VisitRoutes)
    inside: Callable[[Host], HostPageFetcher] | None = None
    probed: frozenset[str] = frozenset()
    pages: Mapping[str, PageInventory] = field(default_factory=dict)

    def reviewing(self) -> ScanRun:
        """One time of reviewing."""
        return ScanRun(
            inventory="/i",
            shelf=self.looks,
            last=self.looks.load_latest_look_by_site("/i"),
            own=frozenset(SITES),
            ways={"web1": replace(self.ways, engine=self.engine)},
            inside=self.inside,
            pages=self.pages,
            may_probe=self.probed,
            budget=self.budget,
            ports={"http": self.port, "https": 1},
            pace=lambda: RequestPacer(clock=self.clock, sleep=self.clock.sleep),
        )

    def review(self, *sites: str) -> Mapping[str, Scan]:
        """The looks, by site."""
        return {look.site: look for look in self.reviewing().scan_sites([HOST], sites or SITES[:1], lambda _: None)}

    def statuses(self) -> dict[str, Status]:
        """What the controls say of the first site."""
        found = judge_sites_by_last_scans(
            CATALOGUE,
            [HOST],
            self.looks.load_latest_look_by_site("/i").values(),
            self.looks.load_acceptances("/i"),
            clock.now(),
        )
        return {finding.control: finding.status for finding in found.findings if finding.subject.id == SITES[0]}


@pytest.fixture
def office(tmp_path: Path) -> Callable[[WebSite], Office]:
    return lambda site: Office(ScanHistory(tmp_path / "history.sqlite"), site.port)


INJECTED, SUSPECTED, REVIEWED = (control.id for control in CATALOGUE.controls if control.area == "content")


def test_it_is_slow_and_asks_for_pages_alone(office: Callable[[WebSite], Office]) -> None:
    links = [f"/tin/bai-{n}-{'abcdefghijklmnop'[n]}" for n in range(12)]
    orders = ["/xoa?id=3", "/tin/delete/5", "/logout", "/index.php?action=logout", "/wp-admin/", "/rieng/x"]
    others = ["https://evil.example/a", "//evil.example/b", "mailto:a@b.vn", "javascript:alert(1)", "/anh.jpg"]
    texts = {"/": linking(*links, *orders, *others) + "<form action=/gui method=post><input name=q></form>"}
    texts |= dict.fromkeys(links, HOME)
    texts["/robots.txt"] = "User-agent: *\nDisallow: /rieng\nDisallow: /*-b$\n"
    clock_of_all = Clock()
    with serving(pages(texts), clock_of_all) as site:
        reviewer = replace(office(site), clock=clock_of_all)
        looks = reviewer.review(*SITES)
        times = [one.at for one in site.asked]
        assert all(later - first >= 10 - 1e-6 for first, later in zip(times, times[15:], strict=False))
        assert {one.method for one in site.asked} == {"GET"}
        assert {one.host for one in site.asked} == set(SITES)
        unasked = {*orders, "/gui", "/anh.jpg", "/tin/bai-1-b", "/a", "/b"}
        assert unasked.isdisjoint(site.paths)
        assert set(links) - unasked <= set(site.paths)
    assert {(look.known, look.fresh, look.stopped) for look in looks.values()} == {(12, 12, None)}


def test_visitors_differ_where_it_matters_and_no_engine_comes_where_it_is_not_welcome(
    office: Callable[[WebSite], Office],
) -> None:
    with serving(pages({"/": linking("/tin/a", "/tin/b"), "/tin/a": HOME, "/tin/b": HOME})) as site:
        reviewer = office(site)
        reviewer.review()
        home = [one for one in site.asked if one.path == "/"]
        assert sum("Googlebot" in one.agent for one in home) == 1
        assert sum("Mobile" in one.agent for one in home) == 2
        assert sum("google" in one.referrer for one in home) == 2
        assert len([one for one in site.asked if one.path == "/tin/a"]) == 1
        site.asked.clear()
        look = replace(reviewer, engine=False).review()[SITES[0]]
        assert not any("Googlebot" in one.agent for one in site.asked)
        assert not look.engine


HIDDEN = "<div class=q7><a href=//zuno.example>zuno</a> <a href=//fenix.invalid>fenix</a></div>"


def with_sheets(*addresses: str) -> str:
    return HOME + "".join(f"<link rel=stylesheet href='{one}'>" for one in addresses)


def test_what_a_sheet_of_its_own_file_hides_is_found_and_the_sheet_is_asked_for_once(
    office: Callable[[WebSite], Office],
) -> None:
    home = with_sheets("/css/a.css?v=2", "//cdn.example/b.css", "/rieng/c.css", "/css.php") + "<a href=/tin/a>A</a>"
    texts = {
        "/": home + HIDDEN,
        "/tin/a": with_sheets("/css/a.css?v=2") + HIDDEN,
        "/css/a.css?v=2": "@import 'more.css'; @import '//evil.example/x.css'; .a{color:red}",
        "/css/more.css": ".q7{position:absolute;left:-9999px}",
        "/robots.txt": "User-agent: *\nDisallow: /rieng\n",
    }
    with serving(pages(texts)) as site:
        look = office(site).review()[SITES[0]]
        assert [path for path in site.paths if "css" in path] == ["/css/a.css?v=2", "/css/more.css"]
    assert {(one.target, one.places, "hidden" in one.families) for one in look.traces if one.certainty != "weak"} == {
        ("zuno[.]example", 2, True),
        ("fenix[.]invalid", 2, True),
    }


def test_a_page_that_leads_nowhere_else_has_its_sheets_left_and_no_look_takes_more_than_some(
    office: Callable[[WebSite], Office],
) -> None:
    many = [f"/css/{n}.css" for n in range(MAX_SHEETS + 5)]
    with serving(pages({"/": with_sheets(*many), **dict.fromkeys(many, ".x{display:none}")})) as site:
        office(site).review()
        assert not any(path.endswith(".css") for path in site.paths)
        site.answer = pages({"/": with_sheets(*many) + HIDDEN, **dict.fromkeys(many, ".x{display:none}")})
        office(site).review()
        assert len([path for path in site.paths if path.endswith(".css")]) == MAX_SHEETS


def refusing_from(number: int, page: Page, texts: Mapping[str, str | Page]) -> tuple[Answering, list[Asked]]:
    usual, refused, count = pages(texts), [], 0

    def answer(asked: Asked) -> Page:
        nonlocal count
        count += 1
        if count >= number:
            refused.append(asked)
            return page
        return usual(asked)

    return answer, refused


MANY = {
    "/": linking(*(f"/tin/{'abcdefgh'[n]}x" for n in range(8))),
    **{f"/tin/{c}x": HOME for c in "abcdefgh"},
}


@pytest.mark.parametrize("status", [403, 429, 503])
@pytest.mark.parametrize("number", [1, 3, 9])
def test_a_site_that_begins_to_refuse_is_left_within_two_requests_and_is_never_clean(
    office: Callable[[WebSite], Office], status: int, number: int
) -> None:
    answer, refused = refusing_from(number, Page("", status), MANY)
    with serving(answer) as site:
        reviewer = office(site)
        look = reviewer.review()[SITES[0]]
    assert 1 <= len(refused) <= 2
    assert look.stopped is not None
    assert (look.stopped.why, look.stopped.status) == ("refused", status)
    assert set(reviewer.statuses().values()) == {Status.NOT_EVALUATED}


def test_a_site_whose_robots_txt_refuses_us_is_not_clean_and_is_looked_at_where_its_office_says_so(
    office: Callable[[WebSite], Office],
) -> None:
    hidden = "<div style='position:absolute;left:-9999px'><a href='https://88win.example/'>nhà cái</a></div>"
    with serving(pages({"/": HOME + hidden, "/robots.txt": "User-agent: *\nDisallow: /"})) as site:
        reviewer = office(site)
        reviewer.review()
        assert set(reviewer.statuses().values()) == {Status.NOT_EVALUATED}
        assert site.paths == ["/", "/robots.txt"]
        (declared,) = (one.model_copy(update={"obey_robots": False}) for one in HOST.sites[:1])
        host = HOST.model_copy(update={"sites": (declared,)})
        (look,) = reviewer.reviewing().scan_sites([host], SITES[:1], lambda _: None)
        assert look.stopped is None
        assert "88win[.]example" in {one.target for one in look.traces}


def test_who_asks_to_be_left_alone_is_left_alone(office: Callable[[WebSite], Office]) -> None:
    answer, _ = refusing_from(9, Page("", 503, {"Retry-After": "3600"}), MANY)
    with serving(answer) as site:
        reviewer = office(site)
        reviewer.review()
        site.asked.clear()
        look = reviewer.review()[SITES[0]]
        assert site.asked == []
    assert look.stopped is not None
    assert look.stopped.why == "told_to_wait"
    assert reviewer.statuses()[REVIEWED] is Status.NOT_EVALUATED


def test_one_page_that_is_forbidden_is_no_refusal_of_us(office: Callable[[WebSite], Office]) -> None:
    with serving(pages({**MANY, "/tin/cx": Page("", 403)})) as site:
        look = office(site).review()[SITES[0]]
    assert (look.stopped, look.known, look.fresh) == (None, 9, 9)


def test_an_engine_that_is_turned_away_is_not_sent_again(office: Callable[[WebSite], Office]) -> None:
    usual = pages(MANY)
    with serving(lambda asked: Page("", 403) if "Googlebot" in asked.agent else usual(asked)) as site:
        look = office(site).review()[SITES[0]]
        assert sum("Googlebot" in one.agent for one in site.asked) == 1
    assert (look.engine, look.stopped, look.fresh) == (False, None, 9)


def test_a_site_that_is_not_there_is_not_clean(office: Callable[[WebSite], Office]) -> None:
    with serving(pages({})) as site:
        reviewer = replace(office(site), port=1)
        look = reviewer.review()[SITES[0]]
    assert look.stopped is not None
    assert look.stopped.why == "silent"
    assert reviewer.statuses()[INJECTED] is Status.NOT_EVALUATED


def test_the_next_review_goes_on_where_a_short_one_stopped(office: Callable[[WebSite], Office]) -> None:
    with serving(pages(MANY)) as site:
        reviewer = replace(office(site), budget=ScanBudget(pages=5))
        first = reviewer.review()[SITES[0]]
        seen = set(site.paths)
        assert first.stopped is not None
        assert first.stopped.why == "pages"
        assert (first.known, first.fresh < 9) == (9, True)
        assert reviewer.statuses()[REVIEWED] is Status.FAIL
        site.asked.clear()
        for _ in range(3):
            last = reviewer.review()[SITES[0]]
        assert set(MANY) - seen <= set(site.paths)
        assert last.fresh == 9
    assert reviewer.statuses()[REVIEWED] is Status.PASS


class Killed(BaseException):
    pass


def test_a_review_that_was_killed_has_not_been_for_nothing(
    office: Callable[[WebSite], Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(pages(MANY)) as site:
        reviewer = office(site)
        kept: list[object] = []
        put = reviewer.looks.store_crawl_frontier

        def put_some(inventory: str, ledger: object) -> None:
            put(inventory, ledger)  # type: ignore[arg-type]
            kept.append(ledger)
            if len(kept) == 1:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(reviewer.looks, "store_crawl_frontier", put_some)
            reviewer.review()
        before = {path for path in site.paths if path.startswith("/tin/")}
        site.asked.clear()
        reviewer.review()
        order = list(dict.fromkeys(path for path in site.paths if path.startswith("/tin/")))
    assert before
    assert not before & set(order[: 8 - len(before)])


LINK = '<div style="display:none"><a href="https://{0}/nha-cai">Nhà cái uy tín, cá cược bóng đá, nổ hũ</a></div>'


def test_what_engines_alone_are_shown_is_found_accepted_and_found_again(office: Callable[[WebSite], Office]) -> None:
    shown = [LINK.format("88bet-vip.example")]
    usual = pages(MANY)

    def answer(asked: Asked) -> Page:
        page = usual(asked)
        hidden = "".join(shown) if "Googlebot" in asked.agent and asked.path == "/" else ""
        return replace(page, body=f"{page.body!s}{hidden}") if page.status == 200 else page

    with serving(answer) as site:
        reviewer = office(site)
        look = reviewer.review()[SITES[0]]
        alarming = [one for one in look.traces if one.certainty != "weak"]
        assert any("88bet-vip[.]example" in (one.target or "") for one in alarming)
        assert Status.FAIL in (reviewer.statuses()[INJECTED], reviewer.statuses()[SUSPECTED])
        for one in alarming:
            reviewer.looks.store_trace_acceptance(
                "/i",
                TraceAcceptance(site=SITES[0], key=one.key, reason="ours", approver="Văn phòng", granted=clock.today()),
            )
        assert set(reviewer.statuses().values()) == {Status.PASS}
        shown.append(LINK.format("no-hu-2.example"))
        reviewer.review()
        assert Status.FAIL in (reviewer.statuses()[INJECTED], reviewer.statuses()[SUSPECTED])
        shown.clear()
        assert [one for one in reviewer.review()[SITES[0]].traces if one.certainty != "weak"] == []
    assert RunHistory(reviewer.looks.path).verify().broken is None


BOMB = gzip.compress(b"<p>" + b"a" * 30_000_000, 9)


def calendar(asked: Asked) -> Page:
    number = int(asked.path.removeprefix("/lich/")) if asked.path.startswith("/lich/") else 0
    return Page(linking(*(f"/lich/{number + n}" for n in range(1, 40)), f"/tin?PHPSESSID={number}x"))


HOSTILE: Mapping[str, Answering] = {
    "redirects without end": lambda asked: Page("", 302, {"Location": f"{asked.path}x" if len(asked.path) < 90 else "/"}),
    "redirects in a circle": lambda asked: Page("", 302, {"Location": "/b" if asked.path == "/a" else "/a"}),
    "a bomb of gzip": pages({"/": Page(BOMB, 200, {"Content-Encoding": "gzip"})}),
    "packing nobody asked for": pages({"/": Page(b"\x1b\x00", 200, {"Content-Encoding": "br"})}),
    "a large page": pages({"/": "<p>" + "a" * 6_000_000}),
    "no end of a calendar": calendar,
    "a circle of sitemaps": pages({
        "/": HOME,
        "/robots.txt": "Sitemap: http://antruc.test/a.xml\n",
        "/a.xml": "<sitemapindex><loc>http://antruc.test/b.xml</loc><loc>/a.xml</loc></sitemapindex>",
        "/b.xml": "<sitemapindex><loc>http://antruc.test/a.xml</loc></sitemapindex>",
    }),
    "a sitemap of anything": pages({
        "/": HOME,
        "/sitemap.xml": "".join(f"<loc>http://antruc.test/{n:x}g</loc>" for n in range(4_000)),
    }),
    "a robots.txt that costs time": pages({"/": HOME, "/robots.txt": "User-agent: *\nDisallow: /" + "*a" * 5_000 + "b\n" * 3}),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_hostile_is_bounded_and_the_next_site_is_reviewed(
    office: Callable[[WebSite], Office], kind: str
) -> None:
    good = pages(MANY)
    with serving(lambda asked: HOSTILE[kind](asked) if asked.host == SITES[0] else good(asked)) as site:
        looks = replace(office(site), budget=ScanBudget(pages=12, seconds=300)).review(*SITES[:2])
        asked = [one for one in site.asked if one.host == SITES[0]]
    assert len(asked) <= 200
    assert looks[SITES[1]].fresh == 9
    stopped = looks[SITES[0]].stopped
    assert stopped is None or stopped.why in ("unreadable", "pages")
    assert len(looks[SITES[0]].model_dump_json()) < 20_000


def test_a_page_that_drips_costs_itself_alone(
    office: Callable[[WebSite], Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "FETCH_SECONDS", 1.5)
    with serving(pages({**MANY, "/tin/cx": Page("a" * 1_000, drip=0.05)})) as site:
        look = office(site).review()[SITES[0]]
    assert (look.stopped, look.unread, look.fresh) == (None, 1, 8)


def test_what_is_new_stays_new_until_it_is_accepted(office: Callable[[WebSite], Office]) -> None:
    script = '<script src="https://cdn-{0}.example/a.js"></script>'
    texts = {"/": HOME + script.format("known")}
    with serving(pages(texts)) as site:
        reviewer = office(site)
        assert reviewer.review()[SITES[0]].loaded == ("cdn-known.example",)
        texts["/"] += script.format("new")
        for _ in range(2):
            look = reviewer.review()[SITES[0]]
            assert [one.target for one in look.traces] == ["cdn-new[.]example"]
            assert look.loaded == ("cdn-known.example",)


def test_whoever_ends_a_review_ends_all_of_it(office: Callable[[WebSite], Office]) -> None:
    def tired(_: str) -> None:
        raise Killed

    with serving(pages(MANY)) as site:
        reviewing = office(site).reviewing()
        with pytest.raises(Killed):
            reviewing.scan_sites([HOST], SITES, tired)
        assert {one.host for one in site.asked} == {SITES[0]}
        site.asked.clear()
        assert reviewing.scan_sites([HOST], SITES, tired) == ()
        assert site.asked == []


def test_pages_that_only_the_host_knows_of_are_looked_at_by_all_visitors_and_what_its_logs_say_is_told(
    office: Callable[[WebSite], Office],
) -> None:
    said = build_masked_trace(
        "doorway", "/an", where="/an", sample="200, 404", families=["logs"], rules=["log_engine_finds_it"]
    )
    known = PageInventory(
        addresses=("/an", "/xoa?id=3", "//khac.test/", "/tin/a", "/rieng"),
        suspect_paths=("/an", "/tin/a"),
        traces=(said,),
    )
    texts: dict[str, str | Page] = {"/": linking("/tin/a"), "/tin/a": HOME, "/an": HOME, "/rieng": HOME}
    texts["/robots.txt"] = "User-agent: *\nDisallow: /rieng"
    with serving(pages(texts)) as site:
        reviewer = replace(office(site), pages={SITES[0]: known})
        look = reviewer.review()[SITES[0]]
        assert {"/xoa?id=3", "//khac.test/", "/rieng"}.isdisjoint(site.paths)
        assert [
            sum("Googlebot" in one.agent for one in site.asked if one.path == path) for path in ("/an", "/tin/a")
        ] == [1, 1]
        assert (look.known, look.fresh) == (3, 3)
        assert [one.key for one in look.traces] == [said.key]
        assert replace(reviewer, pages={}).review()[SITES[0]].traces == look.traces, "until the host says otherwise"
        assert replace(reviewer, pages={SITES[0]: PageInventory()}).review()[SITES[0]].traces == ()


class FromThere(HostPageFetcher):
    """Says that it comes from the host."""

    def __init__(self) -> None:
        super().__init__(Reach("x", 22, None, None, (), "ansible_host", None))

    def fetch_raw_response(
        self, scheme: str, address: str, domain: str, path: str, port: int | None, headers: Mapping[str, str]
    ) -> fetch.RawResponse:
        return fetch.Client().fetch_raw_response(
            scheme, "127.0.0.1", domain, path, port, {**headers, "Referer": "inside"}
        )


@pytest.mark.parametrize(
    ("inside", "engines", "people"), [(frozenset(), set(), False), ({"engine"}, {True}, False), (ALL, {True}, True)]
)
def test_who_would_be_shut_out_comes_from_the_host_itself(
    office: Callable[[WebSite], Office], inside: frozenset[Visitor], engines: set[bool], people: bool
) -> None:
    with serving(pages({"/": linking("/tin/a"), "/tin/a": HOME})) as site:
        reviewer = replace(office(site), ways=VisitRoutes(inside=frozenset(inside)), inside=lambda _: FromThere())
        assert reviewer.review()[SITES[0]].engine
        came = {("Googlebot" in one.agent, one.referrer == "inside") for one in site.asked}
        assert {there for engine, there in came if engine} == (engines or {False})
        assert {there for engine, there in came if not engine} == {people}


def test_who_would_be_shut_out_does_not_come_where_nobody_can_visit_from_there(
    office: Callable[[WebSite], Office],
) -> None:
    with serving(pages({"/": HOME})) as site:
        look = replace(office(site), ways=VisitRoutes(inside=frozenset({"engine"}))).review()[SITES[0]]
        assert not look.engine
        assert not any("Googlebot" in one.agent for one in site.asked)


def test_a_site_that_does_not_answer_here_is_visited_from_its_host(office: Callable[[WebSite], Office]) -> None:
    away = HOST.model_copy(update={"address": "127.0.0.2"})
    with serving(pages({"/": linking("/tin/a"), "/tin/a": HOME})) as site:
        reviewing = replace(office(site), inside=lambda _: FromThere()).reviewing()
        (look,) = reviewing.scan_sites([away], SITES[:1], lambda _: None)
    assert (look.stopped, look.known, look.fresh) == (None, 2, 2)
    assert {one.referrer for one in site.asked} == {"inside"}


def test_nobody_asks_for_what_nobody_names_but_with_leave_in_writing(office: Callable[[WebSite], Office]) -> None:
    texts: dict[str, str | Page] = {"/": linking("/ra?url=x", "/tin/a"), "/tin/a": HOME, "/ra?url=x": HOME}
    usual = pages(texts)

    def answer(asked: Asked) -> Page:
        leads = asked.path.startswith("/ra?url=https")
        return Page("", 302, {"Location": unquote(asked.path.partition("=")[2])}) if leads else usual(asked)

    with serving(answer) as site:
        reviewer = office(site)
        assert reviewer.review()[SITES[0]].traces == ()
        assert not any("/ra?url=https" in path or "?s=" in path for path in site.paths)
        look = replace(reviewer, probed=frozenset(SITES)).review()[SITES[0]]
        assert [(one.kind, one.certainty, one.rules) for one in look.traces] == [
            ("redirect", "weak", ("open_redirect",))
        ]
        assert sum("/ra?url=https" in path for path in site.paths) == 1
        assert not any("luytre" in path for path in site.paths)


REVIEWING = """
import sys
from pathlib import Path
from auditor.content.fleet import ScanRun
from auditor.content.crawler.session import RequestPacer
from auditor.content.crawler.style_sheets import MAX_SHEETS
from auditor.history.scans import ScanHistory
from auditor.models import Host, Site
host = Host(name="web1", address="127.0.0.1", sites=(Site(domain=sys.argv[3], host="web1"),))
ports = {"http": int(sys.argv[2]), "https": 1}
reviewing = ScanRun("/i", ScanHistory(Path(sys.argv[1])), {}, frozenset(), ports=ports, pace=lambda: RequestPacer(between=0))
reviewing.scan_sites([host], [sys.argv[3]], print)
"""


def test_a_review_that_was_killed_goes_on_where_it_was(office: Callable[[WebSite], Office]) -> None:
    links = [f"/tin/{'abcdefghijklmnop'[n]}x" for n in range(16)]
    usual, reached = pages({"/": linking(*links), **dict.fromkeys(links, HOME)}), threading.Event()

    def answer(asked: Asked) -> Page:
        if links[11] in asked.path:
            reached.set()
            time.sleep(0.5)
        return usual(asked)

    with serving(answer) as site:
        reviewer = office(site)
        arguments = [sys.executable, "-c", REVIEWING, str(reviewer.looks.path), str(site.port), SITES[0]]
        with subprocess.Popen(arguments) as killed:
            assert reached.wait(120)
            killed.kill()
        seen = [path for path in dict.fromkeys(site.paths) if path in links]
        site.asked.clear()
        site.answer = usual
        look = reviewer.review()[SITES[0]]
        again = [path for path in dict.fromkeys(site.paths) if path in links]
        assert (look.known, look.fresh, look.stopped) == (17, 17, None)
        assert set(seen[:5]) <= set(again[-len(seen) :]), "what it had seen comes last"
        assert again[0] not in seen[:5]
    assert RunHistory(reviewer.looks.path).verify().broken is None


def test_a_home_page_that_a_visitor_cannot_read_is_said_to_be_missed(office: Callable[[WebSite], Office]) -> None:
    def answer(asked: Asked) -> Page:
        garbled = Page("<p>x", headers={"Content-Encoding": "gzip"})
        return garbled if "Mobile" in asked.agent and asked.path == "/" else pages({"/": HOME})(asked)

    with serving(answer) as site:
        look = office(site).review()[SITES[0]]
    gaps = {one.manner: (one.outcome, one.why) for one in look.manners if one.is_gap}
    assert gaps == {"phone": ("otherwise", "unreadable"), "referrer": ("otherwise", "unreadable")}
    assert look.engine
