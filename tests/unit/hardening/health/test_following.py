"""Redirects on the same site are followed: a site that sends all its visitors on to pages that fail does not serve."""

from __future__ import annotations

import pytest

from auditor.hardening.health import redirects
from auditor.hardening.health.smoke import find_domains_that_serve_no_smoke_url, find_urls_no_longer_served_by_domain
from auditor.models import Site
from auditor.web.fetch import FetchResult
from auditor.web.page import VisiblePage

SITE = Site(domain="a.test", host="h", aliases=("www.a.test",))
PLAIN, SECURE = "http://a.test/", "https://a.test/"
SENT_ON = FetchResult(PLAIN, 301, SECURE)


def test_a_site_that_sends_all_on_to_what_fails_is_broken() -> None:
    assert find_domains_that_serve_no_smoke_url({"a.test": (SENT_ON, FetchResult(SECURE, 500))}) == ("a.test",)
    assert find_domains_that_serve_no_smoke_url({"a.test": (SENT_ON, FetchResult(SECURE, 200))}) == ()
    assert find_domains_that_serve_no_smoke_url({"a.test": (FetchResult(PLAIN, 200), FetchResult(SECURE, 500))}) == ()


def test_every_url_that_served_has_to_serve_still() -> None:
    before = {"a.test": (SENT_ON, FetchResult(SECURE, 200), FetchResult("https://a.test/cu", 404))}
    assert find_urls_no_longer_served_by_domain(before, before) == {}
    dead = {"a.test": (SENT_ON, FetchResult(SECURE, 500), FetchResult("https://a.test/cu", 404))}
    assert [
        one.sentence_with_site_and_url.en for one in find_urls_no_longer_served_by_domain(before, dead)["a.test"]
    ] == [
        "a.test: http://a.test/: leads to https://a.test/, and there 500",
        "a.test: https://a.test/: 500",
    ]
    one_alive = {"a.test": (FetchResult(PLAIN, 200), FetchResult(SECURE, 200), FetchResult("https://a.test/b", 200))}
    one_dead = {"a.test": (*one_alive["a.test"][:2], FetchResult("https://a.test/b", 500))}
    assert [one.url for one in find_urls_no_longer_served_by_domain(one_alive, one_dead)["a.test"]] == [
        "https://a.test/b"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            (),
            ("Fatal error: Failed opening required '/x.php'",),
            "the page shows the error “Fatal error: Failed opening",
        ),
        ((), ("There has been a critical error on this website",), "the page shows the error “There has been"),
        (("Fatal error: x",), ("Fatal error: x",), ""),
        ((), ("Warning: x", "Deprecated: y", "Notice: z"), ""),
    ],
)
def test_a_page_that_shows_a_fatal_error_does_not_serve_whatever_its_status(
    before: tuple[str, ...], after: tuple[str, ...], said: str
) -> None:
    was, now = (
        {"a.test": (FetchResult(PLAIN, 200, size=99, page=VisiblePage(complaints=frozenset(some))),)}
        for some in (before, after)
    )
    lost = find_urls_no_longer_served_by_domain(was, now).get("a.test", ())
    assert [one.what.en.startswith(said) for one in lost] == [True] * bool(said)


def test_a_page_that_is_empty_by_now_does_not_serve() -> None:
    full, empty = FetchResult(PLAIN, 200, size=99), FetchResult(PLAIN, 200)
    (lost,) = find_urls_no_longer_served_by_domain({"a.test": (full,)}, {"a.test": (empty,)})["a.test"]
    assert lost.what.en == "the page is empty"
    assert find_urls_no_longer_served_by_domain({"a.test": (empty,)}, {"a.test": (empty,)}) == {}


def test_a_page_that_leads_elsewhere_by_now_does_not_serve() -> None:
    """WordPress without its settings shows its installer, with status 200."""
    full, asks = FetchResult(PLAIN, 200, size=99), FetchResult(f"{PLAIN}wp-admin/setup-config.php", 200, size=99)
    for now in ((FetchResult(PLAIN, 302, asks.url), asks), (FetchResult(PLAIN, 302, "https://b.test/"),)):
        (lost,) = find_urls_no_longer_served_by_domain({"a.test": (full,)}, {"a.test": now})["a.test"]
        assert lost.what.en == f"leads to {now[0].location}, where it did not lead before"
        assert find_urls_no_longer_served_by_domain({"a.test": now}, {"a.test": now}) == {}
    secure = FetchResult(SECURE, 200, size=99)
    assert find_urls_no_longer_served_by_domain({"a.test": (full,)}, {"a.test": (SENT_ON, secure)}) == {}


def test_what_was_not_visited_again_does_not_serve() -> None:
    (lost,) = find_urls_no_longer_served_by_domain({"a.test": (FetchResult(PLAIN, 200),)}, {})["a.test"]
    assert lost.sentence_with_site_and_url.en == "a.test: http://a.test/: no answer: ?"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/vi/", "http://a.test/vi/"),
        ("https://www.a.test/?x=1#y", "https://www.a.test/?x=1"),
        ("http://a.test:80/b", "http://a.test/b"),
        ("//a.test", "http://a.test/"),
        ("http://a.test:8080/b", None),
        ("http://a.test:x/b", None),
        ("http://[a/", None),
        ("ftp://a.test/", None),
        (None, None),
    ],
)
def test_where_a_redirect_leads(location: str | None, url: str | None) -> None:
    assert redirects.find_redirect_target(FetchResult(PLAIN, 302, location)) == url
    assert redirects.find_redirect_target(FetchResult(PLAIN, 200, location)) is None


def test_only_the_site_s_own_urls_are_followed_once() -> None:
    answers = (
        FetchResult(PLAIN, 302, "/vi/"),
        FetchResult(SECURE, 302, "https://www.a.test/"),
        FetchResult("http://a.test/b", 302, "https://elsewhere.test/"),
        FetchResult("http://a.test/c", 302, PLAIN),
        FetchResult("https://a.test/d", 302, "/e", own=False),
    )
    assert redirects.find_unvisited_redirect_targets_on_site(SITE, answers) == (
        ("http", "a.test", "/vi/"),
        ("https", "www.a.test", "/"),
    )


def test_a_flood_of_redirects_is_bounded() -> None:
    answers = [FetchResult(f"http://a.test/{number}", 302, f"/x{number}") for number in range(100)]
    assert len(redirects.find_unvisited_redirect_targets_on_site(SITE, answers)) == redirects.MAX_FOLLOWED


def test_a_circle_and_what_leads_elsewhere_serve() -> None:
    circle = (FetchResult(PLAIN, 302, SECURE), FetchResult(SECURE, 302, PLAIN))
    assert find_domains_that_serve_no_smoke_url({"a.test": circle}) == ()
    assert find_domains_that_serve_no_smoke_url({"a.test": (FetchResult(PLAIN, 302, "https://elsewhere.test/"),)}) == ()
