"""Lists of files that a site's own pages lead to."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from auditor.hardening.health import listings, smoke
from auditor.models import Host, Site
from auditor.web.fetch import FetchResult
from auditor.web.page import VisiblePage

HOST = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h"),))


def linked(
    monkeypatch: pytest.MonkeyPatch, start: VisiblePage, folders: dict[str, VisiblePage]
) -> tuple[str, list[str]]:
    """What is told of the site in English, and which paths were asked for."""
    asked: list[str] = []

    def get(_self: Any, scheme: str, _address: str, domain: str, path: str, **_more: Any) -> FetchResult:
        asked.append(path)
        return FetchResult(
            f"{scheme}://{domain}{path}", 200 if path in folders else 404, page=folders.get(path, VisiblePage())
        )

    monkeypatch.setattr(
        smoke,
        "visit_smoke_urls_of_sites",
        lambda *_: {"a.test": (FetchResult("https://a.test/tin/", 200, page=start),)},
    )
    monkeypatch.setattr(listings.Client, "fetch_page", get)
    monkeypatch.setattr(listings, "WORKERS", 1)
    found = listings.find_folder_listings_of_sites([HOST], {})
    return (found["a.test"].en if found else ""), asked


def test_a_list_that_a_page_links_to_is_told_with_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {"/hinh/": VisiblePage("Index of /hinh"), "/gop-y/": VisiblePage("Góp ý")}
    told, asked = linked(monkeypatch, VisiblePage("Tin", folders=("/gop-y/", "/hinh/", "/mat/")), folders)
    assert told == "the page /tin/ links to the list of files /hinh/"
    assert asked == ["/gop-y/", "/hinh/", "/mat/"]


def test_lists_are_told_in_the_order_of_their_links_whichever_answers_first(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tuple(f"/{number}/" for number in range(listings.WORKERS))
    answered = {path: threading.Event() for path in paths}
    follows = dict(zip(paths, [*paths[1:], None], strict=True))

    def get(_self: Any, scheme: str, _address: str, domain: str, path: str, **_more: Any) -> FetchResult:
        if (later := follows[path]) is not None:
            assert answered[later].wait(10)
        answered[path].set()
        return FetchResult(f"{scheme}://{domain}{path}", 200, page=VisiblePage(f"Index of {path}"))

    start = FetchResult("https://a.test/", 200, page=VisiblePage("Tin", folders=paths))
    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", lambda *_: {"a.test": (start,)})
    monkeypatch.setattr(listings.Client, "fetch_page", get)
    told = listings.find_folder_listings_of_sites([HOST], {})["a.test"].en
    assert told == "; ".join(f"the page / links to the list of files {path}" for path in paths)


def test_a_smoke_page_may_be_a_list_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = linked(monkeypatch, VisiblePage("Index of /tin", folders=("/tin/",)), {})
    assert told == "the page /tin/ is a list of files"
    assert asked == []


def test_only_so_many_links_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(f"/{number}/" for number in range(90))
    told, asked = linked(monkeypatch, VisiblePage("Tin", folders=many), {})
    assert told == ""
    assert asked == list(many[: listings.MAX_FOLLOWED])
