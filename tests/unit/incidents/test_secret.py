"""Which administrator and which application is meant: as it is typed, as the ledger has it, as the host is asked."""

from __future__ import annotations

import pytest

from auditor.errors import InputError
from auditor.incidents.actions.administrator import ADMINISTRATOR
from auditor.incidents.actions.secret import DATABASE_PASSWORD, SALTS
from auditor.models import Host, Site

SITE = Site(domain="antruc.test", host="web1", document_root="/var/www/a", aliases=("www.antruc.test",))
WEB1 = Host(name="web1", address="192.0.2.10", sites=(SITE, Site(domain="khac.test", host="web1")))


@pytest.mark.parametrize(
    ("typed", "read", "folder", "name"),
    [
        ("antruc.test/hotro_kythuat", "antruc.test/hotro_kythuat", "", "hotro_kythuat"),
        ("https://www.Antruc.test/tin/a%2Fb%0A", "www.antruc.test/tin/a%2Fb%0A", "tin", "a%2Fb%0A"),
        ("antruc.test/Nguyễn Văn@a.vn", "antruc.test/Nguyễn Văn@a.vn", "", "Nguyễn Văn@a.vn"),
    ],
)
def test_an_administrator_is_one_line_that_says_where_it_is(typed: str, read: str, folder: str, name: str) -> None:
    assert ADMINISTRATOR.read(typed) == read
    assert ADMINISTRATOR.read(read) == read
    assert ADMINISTRATOR.hosts(read, (WEB1,)) == (WEB1,)
    assert ADMINISTRATOR.build_question(WEB1, read) == {"root": "/var/www/a", "folder": folder, "name": name}


@pytest.mark.parametrize("typed", ["antruc.test", "antruc.test/", "antruc.test/../an", "antruc.test/" + "x" * 101])
def test_what_is_no_administrator_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="is not an administrator of a site"):
        ADMINISTRATOR.read(typed)


@pytest.mark.parametrize(
    ("typed", "read", "folder"),
    [("https://Antruc.test/", "antruc.test", ""), ("antruc.test/tin tức/b", "antruc.test/tin tức/b", "tin tức/b")],
)
def test_an_application_is_one_line_that_says_where_it_is(typed: str, read: str, folder: str) -> None:
    assert SALTS.read(typed) == DATABASE_PASSWORD.read(typed) == SALTS.read(read) == read
    assert SALTS.build_question(WEB1, read) == {"root": "/var/www/a", "folder": folder}
    told = DATABASE_PASSWORD.build_question(WEB1, read)
    assert (told["root"], told["folder"], told["domain"]) == ("/var/www/a", folder, "antruc.test")
    assert told["sites"] == [
        {"domain": "antruc.test", "document_root": "/var/www/a"},
        {"domain": "khac.test", "document_root": None},
    ]


def test_what_is_no_application_is_refused() -> None:
    with pytest.raises(InputError, match="is not an application of a site"):
        SALTS.read("antruc.test/../b")
    with pytest.raises(InputError, match="does not declare the location of the files of khac"):
        SALTS.build_question(WEB1, "khac.test")
