"""Where a review goes on a site, and where it never goes."""

from __future__ import annotations

import gzip
import time

import pytest

from auditor.content.crawler import crawl, robots, sitemaps, url_filter
from auditor.content.crawler.session import RequestPacer
from auditor.models import clock
from auditor.scans.frontier import CrawlFrontier
from tests.unit.scans.test_traces import seen

OWN = frozenset({"a.test", "www.a.test"})
NOW = clock.now()


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/tin", "/tin"),
        ("tin?id=3&utm_source=x#top", "/muc/tin?id=3"),
        ("https://www.a.test/b?PHPSESSID=1", "/b"),
        ("/b;jsessionid=12ab", "/b"),
        ("//evil.test/", None),
        ("http://a.test.evil.test/", None),
        ("http://a.test:8080/", None),
        ("http://a.test:99999999/", None),
        ("http://[::1/", None),
        ("mailto:a@a.test", None),
        ("javascript:x()", None),
        ("/" + "x" * 600, None),
        ("/tin-tức", "/tin-t%E1%BB%A9c"),
    ],
)
def test_a_link_is_followed_within_the_site_alone(link: str, path: str | None) -> None:
    assert url_filter.resolve_link_to_own_path(link, "http://a.test/muc/", OWN) == path


@pytest.mark.parametrize(
    "path",
    ["/xoa?id=1", "/tin/delete/5", "/qt/xoa-bai", "/logout.php", "/dang-xuat", "/index.php?action=deletePost", "/index.php?do=Dang-Xuat",
     "/?x=%64elete", "/wp-admin/", "/administrator/index.php", "/anh.JPG", "/x.zip", "/thoat", "/?add-to-cart=3"],
)  # fmt: skip
def test_what_orders_something_is_not_asked_for(path: str) -> None:
    assert not url_filter.is_safe_to_request(path)


@pytest.mark.parametrize(
    "path",
    ["/", "/tin/xoa-doi-giam-ngheo-ben-vung", "/gioi-thieu", "/index.php?nv=news&op=tin", "/?s=lich", "/bao-cao.pdf", "/dang-ky-kinh-doanh"],
)  # fmt: skip
def test_pages_and_documents_are_asked_for(path: str) -> None:
    assert url_filter.is_safe_to_request(path)


def test_addresses_that_differ_in_numbers_only_are_sampled() -> None:
    kept = url_filter.sample_paths_of_each_shape([*(f"/lich/{n}" for n in range(500)), "/tin/a", "/tin/b"])
    assert len(kept) == url_filter.SAMPLES + 2


ROBOTS = b"""\xef\xbb\xbfUser-agent: GoogleBot
Disallow: /

User-agent: *   # all others
Disallow: /rieng/
Disallow: /*.php$
Disallow: /m\xe1\xba\xadt
Allow: /rieng/cong-khai
Disallow:
Sitemap: https://a.test/s.xml
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/rieng/x", False),
        ("/rieng/cong-khai/1", True),
        ("/a.php", False),
        ("/a.php?x", True),
        ("/m%E1%BA%ADt/1", False),
        ("//rieng/x", True),
    ],
)
def test_robots_txt_is_obeyed_by_the_longest_rule(path: str, allowed: bool) -> None:
    read = robots.parse_robots_txt(ROBOTS)
    assert read.is_path_allowed_to_us(path) is allowed
    assert read.sitemaps == ("https://a.test/s.xml",)


def test_a_group_of_our_own_goes_before_that_for_all() -> None:
    read = robots.parse_robots_txt(b"User-agent: *\nDisallow: /\nUser-agent: x\nUser-agent: LuyTre\nDisallow: /b\n")
    assert (read.is_path_allowed_to_us("/a"), read.is_path_allowed_to_us("/b")) == (True, False)


def test_a_hostile_robots_txt_costs_no_time() -> None:
    read = robots.parse_robots_txt(b"User-agent: *\nDisallow: /" + b"*a" * 900 + b"$\n" + b"Disallow: /x\n" * 100_000)
    began = time.process_time()
    assert read.is_path_allowed_to_us("/" + "a" * 400 + "b")
    assert time.process_time() - began < 1
    assert robots.parse_robots_txt(bytes(range(256)) * 50).is_path_allowed_to_us("/")


def test_a_sitemap_is_read_whatever_is_around_its_addresses() -> None:
    body = b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset><loc> http://a.test/a?b&amp;c </loc><loc><![CDATA[http://a.test/d]]></loc>"
    assert sitemaps.parse_sitemap(body) == (False, ("http://a.test/a?b&c", "http://a.test/d"))
    assert sitemaps.parse_sitemap(gzip.compress(b"<sitemapindex><loc>/s.xml</loc>")) == (True, ("/s.xml",))
    assert sitemaps.parse_sitemap(b"\x1f\x8b broken") == (False, ())
    assert sitemaps.parse_sitemap(gzip.compress(b"\0" * 50_000_000)) == (False, ())


def test_what_nothing_leads_to_is_an_orphan_only_when_all_that_is_led_to_was_seen() -> None:
    ledger = (
        CrawlFrontier(site="a.test")
        .with_known_paths(["/", "/muc", "/tin/a"], is_linked=True)
        .with_known_paths(["/an"], is_linked=False)
    )
    order = []
    done: set[str] = set()
    while (going := crawl.choose_next_path_to_visit(ledger, robots.RobotsRules(), done, ["/muc"])) is not None:
        order.append((going.path, going.role))
        done.add(going.path)
        ledger = ledger.with_traces_seen_at_path(going.path, (), NOW)
    assert order == [("/", "home"), ("/muc", "section"), ("/an", "page"), ("/tin/a", "page")]
    again = crawl.choose_next_path_to_visit(ledger, robots.RobotsRules(), {"/", "/muc", "/tin/a"}, ["/muc"])
    assert again == crawl.PathToVisit("/an", "orphan")


def test_what_had_traces_is_looked_at_before_the_rest() -> None:
    ledger = (
        CrawlFrontier(site="a.test")
        .with_known_paths(["/a", "/b"], is_linked=True)
        .with_traces_seen_at_path("/b", [seen()], NOW)
    )
    assert crawl.choose_next_path_to_visit(ledger, robots.RobotsRules(), (), ()) == crawl.PathToVisit("/b", "page")


def test_requests_are_never_closer_than_the_pace() -> None:
    now, waited = [0.0], []
    pace = RequestPacer(between=0.7, clock=lambda: now[0], sleep=waited.append)
    pace.wait_for_next_request()
    now[0] = 0.2
    pace.wait_for_next_request()
    now[0] = 5.0
    pace.wait_for_next_request()
    assert waited == [pytest.approx(0.5)]
