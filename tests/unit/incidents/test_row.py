"""Which row is meant: as it is typed, as the ledger has it, as the host is asked."""

from __future__ import annotations

import pytest

from auditor.errors import InputError
from auditor.incidents.actions.row import ROW
from auditor.models import Host, Site

SITE = Site(domain="antruc.test", host="web1", document_root="/var/www/a", aliases=("www.antruc.test",))
WEB1 = Host(name="web1", address="192.0.2.10", sites=(SITE, Site(domain="khac.test", host="web1")))


@pytest.mark.parametrize(
    ("typed", "read", "asked"),
    [
        ("antruc.test/posts/66", "antruc.test/posts/66", ("", "posts", "66")),
        (
            "https://www.Antruc.test/tin%20t%E1%BB%A9c/posts/7",
            "www.antruc.test/tin tức/posts/7",
            ("tin tức", "posts", "7"),
        ),
        ("antruc.test/vi_news_12/66", "antruc.test/vi_news_12/66", ("", "vi_news_12", "66")),
        ("antruc.test/options/a%2Fb%0A%25", "antruc.test/options/a%2Fb%0A%25", ("", "options", "a%2Fb%0A%25")),
    ],
)
def test_a_row_is_one_line_that_says_where_it_is(typed: str, read: str, asked: tuple[str, ...]) -> None:
    assert ROW.read(typed) == read
    assert ROW.read(read) == read
    assert ROW.hosts(read, (WEB1,)) == (WEB1,)
    told = ROW.build_question(WEB1, read)
    assert (told["root"], told["folder"], told["table"], told["key"]) == ("/var/www/a", *asked)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("antruc.test/66", "is not a row"),
        ("antruc.test/posts/0", "is not a row"),
        ("antruc.test/posts/66 OR 1=1", "is not a row"),
        ("antruc.test/../posts/66", "is not a row"),
        ("antruc.test/%2e%2e/posts/66", "is not a row"),
        ("antruc.test/options/" + "x" * 192, "is not a row"),
        ("antruc.test/users/1", "rows of users cannot be removed"),
        ("antruc.test/vi_news_0/1", "rows of vi_news_0 cannot be removed"),
        ("antruc.test/vi_news_%23/1", "rows of vi_news_# cannot be removed"),
        ("antruc.test/posts_1/1", "rows of posts_1 cannot be removed"),
        ("an truc/posts/1", "is not a site's domain"),
    ],
)
def test_what_is_no_row_is_refused(typed: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        ROW.read(typed)


def test_a_site_whose_files_lie_nowhere_has_no_rows() -> None:
    with pytest.raises(InputError, match="does not declare the location of the files of khac"):
        ROW.build_question(WEB1, "khac.test/posts/1")
