"""A session that root makes for itself: signed as WordPress signs it, added as WordPress keeps it, and gone afterwards. The site is a mock."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import pytest
from ansible.module_utils.luytre_contain.sites import http_check, own_server, site_session
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

from tests.unit.on_host.contain.tables import Tables

ROOT = "/var/www/antruc.test"
DIGEST = "$wp$2y$10$abcdefghijklmnopqrstuv"
CONTENT = b"<?php\ndefine( 'LOGGED_IN_KEY', 'mot' );\ndefine( 'LOGGED_IN_SALT', 'hai' );\n"
TOKENS = ("usermeta", "10", "meta_value")
HELD = 'a:1:{s:64:"' + "0" * 64 + '";a:2:{s:10:"expiration";i:9;s:5:"login";i:8;}}'
ROW = re.compile(
    r"INSERT INTO `x`\.`wp_usermeta` \(user_id, meta_key, meta_value\) VALUES \(5, 'session_tokens', X'([0-9a-f]+)'\);\n"
)
GONE = "DELETE FROM `x`.`wp_usermeta` WHERE user_id = 5 AND meta_key = 'session_tokens' AND CAST(meta_value AS BINARY) = X'%s';\n"


class WordPress(Tables):
    """As it checks a cookie: by the piece of a digest that this release takes, the keys, and the sessions in its table."""

    def __init__(self, sessions: str | None, piece: slice = slice(-4, None)) -> None:
        super().__init__({} if sessions is None else {TOKENS: sessions})
        self.piece, self.refuses, self.anothers = piece, False, False

    def query_rows_by_labeled_selects(self, _statements: object, **words: str) -> list[list[str | None]]:
        assert words == {"number": "5"}
        user: list[str | None] = ["user", "an nguyễn".encode().hex(), DIGEST.encode().hex(), ""]
        sessions = self.values.get(TOKENS)
        kept = [] if sessions is None else [["session", "10", sessions.encode().hex(), ""]]
        return [
            user,
            ["option", "siteurl", "http://antruc.test", ""],
            ["option", "home", "http://antruc.test", ""],
            *kept,
        ]

    def run_sql_script_and_read_rows(self, script: str) -> list[list[str | None]]:
        if (made := ROW.fullmatch(script)) is not None:
            self.values[TOKENS] = bytes.fromhex(made[1]).decode()
        elif script.startswith("DELETE"):
            if script == GONE % self.values[TOKENS].encode().hex():  # type: ignore[union-attr]
                del self.values[TOKENS]
        else:
            return super().run_sql_script_and_read_rows(script)
        return []

    def page(self, address: str, cookie: http_check.Cookie | None = None) -> tuple[int, bytes]:
        assert address == "http://antruc.test/"
        if cookie is not None and self.anothers:
            raise own_server.Unproven("haproxy")
        assert cookie is None or cookie.root == ROOT
        return 200, b'<body class="home logged-in">' if cookie and self.takes(cookie.value) else b"<body>"

    def takes(self, cookie: str) -> bool:
        """As ``wp_validate_auth_cookie`` and ``WP_Session_Tokens::verify`` do, by their source."""
        name, _, value = cookie.partition("=")
        assert name == "wordpress_logged_in_" + hashlib.md5(b"http://antruc.test").hexdigest()  # noqa: S324  as WordPress does
        login, expires, token, signed = unquote_to_bytes(value).split(b"|")
        of = b"|".join((login, DIGEST.encode()[self.piece], expires, token))
        key = hmac.new(b"mothai", of, "md5").hexdigest().encode()
        right = hmac.new(key, b"|".join((login, expires, token)), "sha256").hexdigest().encode()
        held = hashlib.sha256(token).hexdigest() in (self.values.get(TOKENS) or "")
        return not self.refuses and signed == right and held


@pytest.fixture(params=[None, HELD, ""])
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[WordPress]:
    made = WordPress(request.param)
    monkeypatch.setattr(http_check, "fetch_page", made.page)
    return made


@pytest.mark.parametrize("piece", [slice(8, 12), slice(-4, None)])
def test_the_site_lets_it_in_by_the_keys_alone_and_it_is_gone_afterwards(site: WordPress, piece: slice) -> None:
    before, site.piece = dict(site.values), piece
    with site_session.open_session(site, CONTENT, 5, ROOT) as session:
        assert session.is_taken_with(CONTENT)
        assert not session.is_taken_with(CONTENT.replace(b"'hai'", b"'ba'"))
        tokens = site.values[TOKENS] or ""
        assert (HELD[5:-1] in tokens) == (before.get(TOKENS) == HELD)
        assert tokens.startswith("a:2:{" if before.get(TOKENS) == HELD else "a:1:{")
    assert site.values == before


def test_what_the_site_wrote_meanwhile_stays(site: WordPress) -> None:
    with site_session.open_session(site, CONTENT, 5, ROOT):
        site.values[TOKENS] = "theirs"
    assert site.values[TOKENS] == "theirs"


def test_a_site_that_does_not_let_it_in_has_told_nothing(site: WordPress) -> None:
    before, site.refuses = dict(site.values), True
    with (
        pytest.raises(interface.SessionUnavailable),
        site_session.open_session(site, CONTENT, 5, ROOT),
    ):
        pass
    assert site.values == before


def test_where_the_server_may_be_anothers_nobody_is_shown_it(site: WordPress) -> None:
    before, site.anothers = dict(site.values), True
    with (
        pytest.raises(interface.SessionUnavailable, match="not_proven"),
        site_session.open_session(site, CONTENT, 5, ROOT),
    ):
        pass
    assert site.values == before


@pytest.mark.parametrize(
    "content",
    [b"<?php\n", CONTENT.replace(b"'hai'", b"'mot'"), CONTENT.replace(b"'hai'", b"getenv('X')")],
)
def test_keys_that_are_kept_elsewhere_are_not_guessed(site: WordPress, content: bytes) -> None:
    before = dict(site.values)
    with (
        pytest.raises(interface.SessionUnavailable),
        site_session.open_session(site, content, 5, ROOT),
    ):
        pass
    assert site.values == before


def test_sessions_that_are_not_understood_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    site = WordPress("b:0;")
    monkeypatch.setattr(http_check, "fetch_page", site.page)
    with (
        pytest.raises(interface.SessionUnavailable),
        site_session.open_session(site, CONTENT, 5, ROOT),
    ):
        pass
    assert site.values == {TOKENS: "b:0;"}


def test_a_table_that_is_not_written_to_is_told(site: WordPress, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_script: str) -> list[list[str | None]]:
        raise ActionRefusal("not_asked", "x")

    monkeypatch.setattr(site, "run_sql_script_and_read_rows", broken)
    with pytest.raises(ActionRefusal), site_session.open_session(site, CONTENT, 5, ROOT):
        pass


@pytest.mark.parametrize(
    "address",
    ["http://antruc.test:3306/", "ftp://antruc.test/", "http://a b/", "http://a.test/\r\nX: 1", "javascript:x", None],
)
def test_nothing_but_the_ports_of_web_servers_is_spoken_to(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoken(*_how: object) -> None:
        raise AssertionError

    monkeypatch.setattr(http_check.socket, "create_connection", spoken)
    assert http_check.fetch_page(address) == (None, b"")
