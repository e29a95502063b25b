"""Lists of files that a site's own pages lead to."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.hardening.serving import listings, smoke
from auditor.models import Host, Site
from auditor.web.fetch import Answer
from auditor.web.page import Page

HOST = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h"),))


def linked(monkeypatch: pytest.MonkeyPatch, start: Page, folders: dict[str, Page]) -> tuple[str, list[str]]:
    """What is told of the site in English, and which paths were asked for."""
    asked: list[str] = []

    def get(_self: Any, scheme: str, _address: str, domain: str, path: str, **_more: Any) -> Answer:
        asked.append(path)
        return Answer(f"{scheme}://{domain}{path}", 200 if path in folders else 404, page=folders.get(path, Page()))

    monkeypatch.setattr(smoke, "visit", lambda *_: {"a.test": (Answer("https://a.test/tin/", 200, page=start),)})
    monkeypatch.setattr(listings.Client, "get", get)
    found = listings.linked([HOST], {})
    return (found["a.test"].en if found else ""), asked


def test_a_list_that_a_page_links_to_is_told_with_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {"/hinh/": Page("Index of /hinh"), "/gop-y/": Page("Góp ý")}
    told, asked = linked(monkeypatch, Page("Tin", folders=("/gop-y/", "/hinh/", "/mat/")), folders)
    assert told == "the page /tin/ links to the list of files /hinh/"
    assert sorted(asked) == ["/gop-y/", "/hinh/", "/mat/"]


def test_a_smoke_page_may_be_a_list_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = linked(monkeypatch, Page("Index of /tin", folders=("/tin/",)), {})
    assert told == "the page /tin/ is a list of files"
    assert asked == []


def test_only_so_many_links_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(f"/{number}/" for number in range(90))
    told, asked = linked(monkeypatch, Page("Tin", folders=many), {})
    assert told == ""
    assert len(asked) == listings.MAX_FOLLOWED
