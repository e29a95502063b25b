"""Who makes a review say that a site is clean that it did not see? Sites that hide from it, flood it, or turn it away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from auditor.content.crawler import crawl, robots, sitemaps, url_filter
from auditor.content.review import ScanBudget
from auditor.models import Host, Scan, Site, Status, clock
from auditor.scans.frontier import MAX_PLACES, CrawlFrontier
from auditor.web.fetch import BROWSER
from tests.unit.content.test_review import HOME, MANY, REVIEWED, SITES, Office, office
from tests.unit.content.web_site import Answering, Asked, Page, WebSite, pages, serving
from tests.unit.scans.test_traces import seen

__all__ = ["office"]
AWAY = "<div style='position:absolute;left:-9999px'><a href='https://88win.example/'>nhà cái</a></div>"
Reviewer = Callable[[WebSite], Office]


@pytest.mark.parametrize(
    "home",
    [
        Page("", 302, {"Location": "/", "Set-Cookie": "a=b"}),
        Page("<p>sai", 500),
        Page("<p>đăng nhập", 401, {"WWW-Authenticate": "Basic"}),
        Page("<p>không có", 404),
    ],
    ids=["leads to itself", "an error", "a password", "nothing"],
)
def test_a_site_whose_home_page_shows_nothing_is_not_clean(office: Reviewer, home: Page) -> None:
    with serving(pages({"/": home})) as site:
        reviewer = office(site)
        reviewer.review()
        assert set(reviewer.statuses().values()) == {Status.NOT_EVALUATED}


def test_a_redirect_goes_nowhere_that_robots_txt_refuses(office: Reviewer) -> None:
    texts = {
        "/": Page("", 302, {"Location": "/rieng/"}),
        "/robots.txt": "User-agent: *\nDisallow: /rieng/",
        "/rieng/": HOME,
    }
    with serving(pages(texts)) as site:
        office(site).review()
        assert "/rieng/" not in site.paths


def test_what_engines_may_see_and_we_may_not_is_not_seen(office: Reviewer) -> None:
    texts = {**MANY, "/robots.txt": "User-agent: *\nDisallow: /tin/\nUser-agent: Googlebot\nAllow: /"}
    with serving(pages(texts)) as site:
        reviewer = office(site)
        look = reviewer.review()[SITES[0]]
        assert (look.withheld, look.fresh, look.known) == (8, 1, 9)
        assert reviewer.statuses()[REVIEWED] is Status.FAIL
        texts["/robots.txt"] = "User-agent: *\nDisallow: /tin/"
        reviewer.review()
        assert reviewer.statuses()[REVIEWED] is Status.PASS, "nobody may see it"


def test_a_robots_txt_that_names_others_is_read(office: Reviewer) -> None:
    with serving(pages({"/": HOME, "/robots.txt": "Sitemap: https://zuno.example/s.xml"})) as site:
        assert [one.target or one.sample for one in office(site).review()[SITES[0]].traces if one.kind == "sitemap"]


def test_a_page_that_is_refused_to_people_is_asked_for_as_an_engine_and_keeps_its_traces(office: Reviewer) -> None:
    def answer(asked: Asked) -> Page:
        if asked.path == "/tin/cx" and "Googlebot" not in asked.agent:
            return Page("", 403)
        return usual(asked)

    usual = pages({**MANY, "/tin/cx": HOME + AWAY})
    with serving(answer) as site:
        reviewer = office(site)
        assert "88win[.]example" in {one.target for one in reviewer.review()[SITES[0]].traces}
        site.answer = pages({**MANY, "/tin/cx": Page("", 403)})
        look = reviewer.review()[SITES[0]]
        assert "88win[.]example" in {one.target for one in look.traces}, "it was not seen that it is gone"
        site.answer = pages({**MANY, "/tin/cx": Page("", 404)})
        assert not any(one.target == "88win[.]example" for one in reviewer.review()[SITES[0]].traces)


def test_a_page_that_only_engines_find_is_found_whatever_leads_to_it(office: Reviewer) -> None:
    usual = pages({**MANY, "/tin/cx": Page("<p>không có", 404)})

    def answer(asked: Asked) -> Page:
        return Page(HOME + AWAY) if asked.path == "/tin/cx" and "Googlebot" in asked.agent else usual(asked)

    with serving(answer) as site:
        assert "/tin/cx" in {one.where for one in office(site).review()[SITES[0]].traces}


def test_other_names_of_a_site_are_looked_at(office: Reviewer) -> None:
    usual = pages({"/": HOME})
    named = Site(domain=SITES[0], host="web1", aliases=("www.antruc.test", "cu.antruc.test"))
    host = Host(name="web1", address="127.0.0.1", sites=(named,))

    def answer(asked: Asked) -> Page:
        if asked.host == "cu.antruc.test":
            return Page("", 301, {"Location": "http://antruc.test/"})
        spam = asked.host == "www.antruc.test" and "Googlebot" in asked.agent
        return Page(HOME + AWAY) if spam else usual(asked)

    with serving(answer) as site:
        reviewer = office(site)
        (look,) = reviewer.reviewing().scan_sites([host], SITES[:1], lambda _: None)
        assert "//www.antruc.test/" in {one.where for one in look.traces if one.certainty != "weak"}
        site.answer = usual
        (look,) = reviewer.reviewing().scan_sites([host], SITES[:1], lambda _: None)
        assert look.traces == ()


def test_a_page_too_long_to_be_read_is_told(office: Reviewer) -> None:
    with serving(pages({"/": HOME + "<p>" + "a b " * 600_000})) as site:
        reviewer = office(site)
        assert reviewer.review()[SITES[0]].unread == 1
        assert reviewer.statuses()[REVIEWED] is Status.FAIL


def test_a_script_of_a_name_below_anothers_stays_new(office: Reviewer) -> None:
    texts = {"/": HOME + "<script src=https://a.known.example/a.js></script>"}
    with serving(pages(texts)) as site:
        reviewer = office(site)
        reviewer.review()
        texts["/"] += "<script src=https://cdn.zuno.example/a.js></script>"
        for _ in range(2):
            assert [one.target for one in reviewer.review()[SITES[0]].traces] == ["zuno[.]example"]


def test_a_link_that_was_there_makes_no_script_known(office: Reviewer) -> None:
    texts = {"/": HOME + "<a href=https://zuno.example/>zuno</a>"}
    with serving(pages(texts)) as site:
        reviewer = office(site)
        reviewer.review()
        texts["/"] += "<script src=https://zuno.example/a.js></script>"
        assert "new_here" in {rule for one in reviewer.review()[SITES[0]].traces for rule in one.rules}


def test_what_only_some_pages_load_is_known_when_a_look_does_not_get_there(office: Reviewer) -> None:
    texts: dict[str, str | Page] = {**MANY, "/tin/hx": HOME + "<script src=https://a.known.example/a.js></script>"}
    with serving(pages(texts)) as site:
        reviewer = office(site)
        assert reviewer.review()[SITES[0]].loaded == ("a.known.example",)
        reviewer.budget = ScanBudget(pages=3)
        assert reviewer.review()[SITES[0]].loaded == ("a.known.example",)


def test_nobody_knows_us_by_what_no_browser_says(office: Reviewer) -> None:
    said: list[Mapping[str, str]] = []
    with serving(pages(MANY)) as site:
        reviewer = office(site)
        client = reviewer.reviewing()
        look: Scan = client.scan_sites(
            [Host(name="web1", address="127.0.0.1", sites=(Site(domain=SITES[0], host="web1"),))],
            SITES[:1],
            lambda _: None,
        )[0]
        said += [one.headers for one in site.asked]
    assert look.stopped is None
    assert {one["accept-encoding"] for one in said} == {"gzip, deflate"}
    assert not any("luytre" in value.lower() or "python" in value.lower() for one in said for value in one.values())
    assert said[0]["user-agent"] == BROWSER["User-Agent"]


def test_a_flood_of_addresses_is_told_and_forgotten_when_it_is_over() -> None:
    now = clock.now()
    flooded = CrawlFrontier(site="a.test").with_known_paths(
        (f"/ngap-{'abcdefghij'[n % 10]}{n:x}g" for n in range(MAX_PLACES + 7)), is_linked=False
    )
    assert flooded.left_out == 7
    for path in tuple(flooded.places)[:50]:
        flooded = flooded.with_traces_seen_at_path(path, [], now)
    flooded = flooded.with_traces_seen_at_path("/ngap-a0g", [seen()], now)
    grown = flooded.with_counters_reset_for_new_scan().with_known_paths(
        [f"/moi-{n}" for n in range(49)], is_linked=True
    )
    assert grown.left_out == 0
    assert {"/moi-0", "/moi-48", "/ngap-a0g"} <= set(grown.places)
    assert len(grown.places) == MAX_PLACES


def test_of_addresses_that_differ_in_numbers_others_are_looked_at_each_time() -> None:
    now, ledger, found = (
        clock.now(),
        CrawlFrontier(site="a.test").with_known_paths([f"/?p={n}" for n in range(60)], is_linked=True),
        set[str](),
    )
    for night in range(3):
        done: set[str] = set()
        while (going := crawl.choose_next_path_to_visit(ledger, robots.RobotsRules(), done, ())) is not None:
            done.add(going.path)
            ledger = ledger.with_traces_seen_at_path(going.path, [], now + timedelta(days=night, seconds=len(done)))
        assert len(done) == url_filter.SAMPLES
        assert set(crawl.select_paths_to_visit(ledger, robots.RobotsRules(), done)) == done
        found |= done
    assert len(found) == 60


def test_rules_and_lists_without_end_cost_little() -> None:
    began = time.process_time()
    rules = robots.parse_robots_txt(
        b"User-agent: *\n" + b"Disallow: /" + b"*a" * 240 + b"b\n" + (b"Disallow: /" + b"*a" * 240 + b"$\n") * 2_000
    )
    assert all(rules.is_path_allowed_to_us(f"/{'a' * 400}{n}") for n in range(200))
    agents = b"".join(b"User-agent: agent%d\n" % n for n in range(10_000))
    assert robots.parse_robots_txt(agents + b"Disallow: /x*y\n" * 10_000).is_path_allowed_to_us("/x/y")
    assert time.process_time() - began < 1
    _, listed = sitemaps.parse_sitemap(b"<urlset>" + b"<loc>/a" * 60_000 + b"<loc>/z")
    assert len(listed) == sitemaps.MAX_LISTED
    assert listed[-1] == "/z"


@pytest.mark.parametrize(
    "path", ["/tin/x%C3%B3a/5", "/tin/xo%CC%81a/5", "/?act=h%E1%BB%A7y", "/tin_xoa.php?id=5", "/xulyxoa.php", "/post-delete/5", "/user_logout", "/?do=trash", "/?x=deactivate"]
)  # fmt: skip
def test_an_order_is_one_however_it_is_written(path: str) -> None:
    assert not url_filter.is_safe_to_request(path)


ANSWERS: Mapping[str, Answering] = {
    "headers without end": lambda asked: Page(HOME, 200, {f"X-{n}": "a" * 200 for n in range(300)}),
    "a name of many": lambda asked: Page("", 302, {"Location": "http://169.254.169.254/latest/meta-data"}),
    "this machine": lambda asked: Page("", 302, {"Location": "http://127.0.0.1:22/"}),
    "a file": lambda asked: Page("", 302, {"Location": "file:///etc/passwd"}),
    "signs": lambda asked: Page(HOME + "<a style='left:-9999px' href='//zuno.example/\x1b[2J'>=cmd|' /C calc'!A0 \x1b]0;x\x07 ${jndi} {{7*7}}</a>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_answer_leads_us_to_others_or_writes_more_than_text(office: Reviewer, kind: str) -> None:
    with serving(ANSWERS[kind]) as site:
        look = office(site).review()[SITES[0]]
        assert {one.host for one in site.asked} == {SITES[0]}
        assert set(site.paths) <= {"/", "/robots.txt", *sitemaps.USUAL} | {
            path for path in site.paths if path.endswith(".html")
        }
    shown = [text for one in look.traces for text in (one.where, one.sample, one.target or "")]
    assert all(text.isprintable() for text in shown)
