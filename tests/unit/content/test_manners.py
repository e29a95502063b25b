"""Each manner of visit, each thing that may keep it from the page, and each control of content: none passes by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from auditor.content.bot_protection import ALL
from auditor.history.scans import ScanHistory
from auditor.models import Host, Scan, Site, Status
from auditor.web import browser
from auditor.web.browser import RenderedPage
from auditor.web.children import UnreadableContent
from tests.unit.content.test_review import CATALOGUE, SITES, FromThere, Office
from tests.unit.content.web_site import Answering, Asked, Page, WebSite, pages, serving

WORDS = "<p>" + "Lịch tiếp công dân của Chủ tịch xã vào thứ năm hằng tuần tại trụ sở. " * 8
HOME = f"<title>Xã An Trúc</title><h1>Tin tức</h1>{WORDS}<a href=/tin-tuc>Tin a</a><a href=/gioi-thieu>Tin b</a>"
INNER = f"<title>Tin của xã An Trúc</title><h1>Tin</h1>{WORDS}<a href=/>Trang chủ</a>"
USUAL = pages({"/": HOME, "/tin-tuc": INNER, "/gioi-thieu": INNER})
CONTROLS = [control.id for control in CATALOGUE.controls if control.area == "content"]
CLOUDFLARE = (
    "<title>Just a moment...</title><div>Checking your browser</div><script>window._cf_chl_opt={}</script>"
    "<noscript>Enable JavaScript and cookies to continue</noscript>"
)
VIETNAMESE = "<title>Xác minh</title><p>Vui lòng xác minh bạn là con người để tiếp tục<form><input name=c></form>"

IS_OF: Mapping[str, Callable[[Asked], bool]] = {
    "visitor": lambda asked: "Googlebot" not in asked.agent and "Mobile" not in asked.agent and not asked.referrer,
    "phone": lambda asked: "Mobile" in asked.agent,
    "search_engine": lambda asked: "Googlebot" in asked.agent,
    "referrer": lambda asked: bool(asked.referrer),
}
REFUSED = {
    "403": Page("", 403),
    "429": Page("", 429),
    "503": Page("", 503),
    "challenge": Page(CLOUDFLARE),
    "challenge by header": Page("<p>.", 202, {"X-Amzn-Waf-Action": "challenge"}),
    "captcha": Page("<title>x</title><div class=g-recaptcha></div>"),
    "Vietnamese": Page(VIETNAMESE),
}
IMPOSSIBLE = {
    "hung up": Page(hang_up=True),
    "damaged": Page("<p>x", headers={"Content-Encoding": "gzip"}),
    "in circles": Page("", 302, {"Location": "?"}),
}
OTHERWISE = {
    "error": Page("<p>sai", 500),
    "not found": Page("<p>không có", 404),
    "password": Page("<p>x", 401, {"WWW-Authenticate": "Basic"}),
    "no content": Page("", 204),
    "empty": Page(""),
    "empty body": Page("<html><head><title>Xã An Trúc</title></head><body></body></html>"),
    "another site": Page("", 302, {"Location": "https://cong.example/"}),
}
SERVED = {**REFUSED, **IMPOSSIBLE, **OTHERWISE}


@dataclass
class Reviewer(Office):
    """One who may have a browser."""

    render: bool = False
    address: str = "127.0.0.1"
    ports: Mapping[str, int] = field(default_factory=dict)

    def look(self) -> Scan:
        run = replace(self.reviewing(), render=self.render)
        run = replace(run, ports=self.ports or run.ports)
        host = Host(name="web1", address=self.address, sites=(Site(domain=SITES[0], host="web1"),))
        return run.scan_sites([host], SITES[:1], lambda _: None)[0]


@pytest.fixture
def reviewer(tmp_path: Path) -> Callable[[WebSite], Reviewer]:
    return lambda site: Reviewer(ScanHistory(tmp_path / "history.sqlite"), site.port)


def as_one(manner: str, page: Page, paths: tuple[str, ...] = ()) -> Answering:
    return lambda asked: page if IS_OF[manner](asked) and (not paths or asked.path in paths) else USUAL(asked)


def require_that_none_passes(office: Office) -> None:
    statuses = office.statuses()
    assert set(statuses) == set(CONTROLS)
    assert Status.PASS not in statuses.values(), statuses


def test_a_site_that_is_seen_in_every_manner_passes(reviewer: Callable[[WebSite], Reviewer]) -> None:
    with serving(USUAL) as site:
        office = reviewer(site)
        office.look()
    assert set(office.statuses().values()) == {Status.PASS}


@pytest.mark.parametrize("what", SERVED)
@pytest.mark.parametrize("manner", IS_OF)
def test_no_control_passes_by_a_manner_in_which_the_page_was_not_seen(
    reviewer: Callable[[WebSite], Reviewer], manner: str, what: str
) -> None:
    with serving(as_one(manner, SERVED[what])) as site:
        office = reviewer(site)
        office.look()
    require_that_none_passes(office)


@pytest.mark.parametrize("what", ["403", "challenge", "hung up", "damaged", "error", "empty", "another site"])
@pytest.mark.parametrize("manner", ["phone", "search_engine", "referrer"])
def test_no_control_passes_by_pages_that_a_manner_was_not_shown(
    reviewer: Callable[[WebSite], Reviewer], manner: str, what: str
) -> None:
    with serving(as_one(manner, SERVED[what], ("/tin-tuc", "/gioi-thieu"))) as site:
        office = reviewer(site)
        office.look()
    require_that_none_passes(office)


@pytest.mark.parametrize("what", ["challenge", "captcha", "Vietnamese"])
def test_a_bot_protection_is_not_taken_for_an_intruder(reviewer: Callable[[WebSite], Reviewer], what: str) -> None:
    with serving(as_one("search_engine", SERVED[what])) as site:
        office = reviewer(site)
        scan = office.look()
    assert [trace for trace in scan.traces if trace.certainty != "weak"] == []
    assert set(office.statuses().values()) <= {Status.NOT_EVALUATED, Status.FAIL}
    assert office.statuses()["content.suspected"] is Status.NOT_EVALUATED


def test_what_only_an_engine_could_see_stays_while_engines_are_refused(
    reviewer: Callable[[WebSite], Reviewer],
) -> None:
    spam = Page(HOME + "<p>nhà cái uy tín <a href=https://88win.example/>nhà cái 88win</a>")
    with serving(as_one("search_engine", spam, ("/",))) as site:
        office = reviewer(site)
        found = {trace.key for trace in office.look().traces if trace.certainty != "weak"}
        assert found
        site.answer = as_one("search_engine", Page("", 403))
        assert found <= {trace.key for trace in office.look().traces}
        assert Status.FAIL in office.statuses().values()
        site.answer = USUAL
        assert not found & {trace.key for trace in office.look().traces}
        assert set(office.statuses().values()) == {Status.PASS}


RENDERINGS = {
    "no browser": UnreadableContent("the browser ended without an answer"),
    "late": UnreadableContent("the browser took longer than 40 s"),
    "challenge": (CLOUDFLARE, None, 200),
    "error": (HOME, None, 500),
    "empty": ("<html><head></head><body></body></html>", None, 200),
    "another site": ("<html><head></head><body></body></html>", "https://cong.example/", 200),
}


def make_renderer(what: object) -> Callable[..., RenderedPage]:
    def render(*_: object) -> RenderedPage:
        if isinstance(what, Exception):
            raise what
        assert isinstance(what, tuple)
        return RenderedPage(*what)

    return render


@pytest.mark.parametrize("what", RENDERINGS)
def test_no_control_passes_by_a_page_that_a_browser_did_not_show(
    reviewer: Callable[[WebSite], Reviewer], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(browser, "render_page_in_browser", make_renderer(RENDERINGS[what]))
    with serving(USUAL) as site:
        office = replace(reviewer(site), render=True)
        office.look()
        require_that_none_passes(office)
        monkeypatch.setattr(browser, "render_page_in_browser", make_renderer((HOME, None, 200)))
        office.look()
    assert set(office.statuses().values()) == {Status.PASS}


def test_a_page_that_scripts_write_was_not_seen_without_a_browser(
    reviewer: Callable[[WebSite], Reviewer], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = "<title>Xã</title><div id=app></div><script src=/app.js></script>"
    monkeypatch.setattr(browser, "render_page_in_browser", make_renderer((HOME, None, 200)))
    with serving(pages({"/": shell})) as site:
        office = reviewer(site)
        office.look()
        require_that_none_passes(office)
        replace(office, render=True).look()
    assert set(office.statuses().values()) == {Status.PASS}


def test_no_control_passes_where_an_engine_s_visit_is_impossible(reviewer: Callable[[WebSite], Reviewer]) -> None:
    with serving(USUAL) as site:
        office = replace(reviewer(site), engine=False)
        office.look()
        require_that_none_passes(office)
        office = reviewer(site)
        replace(office, ways=replace(office.ways, inside=frozenset({"engine"}))).look()
        require_that_none_passes(office)


def test_no_control_passes_where_people_go_where_no_browser_is(reviewer: Callable[[WebSite], Reviewer]) -> None:
    with serving(USUAL) as site:
        office = reviewer(site)
        office = replace(office, render=True, ways=replace(office.ways, inside=ALL), inside=lambda _: FromThere())
        office.look()
    require_that_none_passes(office)


@pytest.mark.parametrize("way", ["name", "TLS", "nothing there"])
def test_no_control_passes_where_a_site_cannot_be_reached(reviewer: Callable[[WebSite], Reviewer], way: str) -> None:
    with serving(USUAL) as site:
        office = reviewer(site)
        if way == "name":
            office = replace(office, address="nowhere.invalid")
        else:
            office = replace(office, ports={"https": site.port if way == "TLS" else 1, "http": 1})
        office.look()
    require_that_none_passes(office)
