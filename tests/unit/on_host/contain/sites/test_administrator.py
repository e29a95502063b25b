"""What shuts an administrator of a site out: whom it refuses, what it changes, and that it takes back that and nothing else. The tables are a mock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_contain.sites import administrators, applications, configuration, site_session
from ansible.module_utils.luytre_contain.sites.administrators import ApplicationAdministrator
from ansible.module_utils.luytre_shared.applications import interface, wordpress
from ansible.module_utils.luytre_shared.incidents import action_runner

from tests.unit.on_host.contain.programs import program
from tests.unit.on_host.contain.tables import Tables

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
VALUES = {
    ("users", "5", "user_pass"): "$wp$2y$10$digest",
    ("users", "5", "user_email"): "la@khac.example",
    ("users", "5", "user_activation_key"): "1700000000:$generic$key",
    ("usermeta", "9", "meta_value"): 'a:1:{s:13:"administrator";b:1;}',
    ("usermeta", "10", "meta_value"): "a:1:{s:64:session}",
    ("users", "1", "user_pass"): "$wp$2y$10$other",
}
KEYS = {"users": "ID", "usermeta": "umeta_id"}


class Session:
    """Of the site, which lets in by what the tables say."""

    def __init__(self, tables: Tables, *, cached: bool) -> None:
        self.tables, self.cached = tables, cached

    def is_taken_with(self, _content: bytes) -> bool:
        return self.cached or self.tables.values["usermeta", "10", "meta_value"] != ""


@pytest.fixture
def tables() -> Tables:
    return Tables(VALUES)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: Tables) -> ModuleType:
    own = program("administrator.py")

    def of(_application: Tables) -> list[ApplicationAdministrator]:
        some = [ApplicationAdministrator(1, b"bientap".hex(), True)]
        if tables.values["usermeta", "9", "meta_value"]:
            some.append(ApplicationAdministrator(5, b"hotro_kythuat".hex(), False))
        return some

    def changes(_application: Tables, some: Sequence[ApplicationAdministrator]) -> list[dict[str, str | None]]:
        assert [one.number for one in some] == [5]
        return [
            {
                "table": table,
                "key": KEYS[table],
                "row": row.encode().hex(),
                "column": column,
                "before": (value or "").encode().hex(),
                "after": wordpress.NO_PASSWORD if column == "user_pass" else "",
            }
            for (table, row, column), value in VALUES.items()
            if row != "1"
        ]

    for where, name, value in (
        *(
            (own, "RECORD", action_runner.ActionRecord(str(tmp_path / "luytre/administrators"))),
            (own, "find_cells_that_shut_out_accounts", changes),
        ),
        *((applications, "load_application", lambda _path: tables), (administrators, "load_administrators", of)),
        *((configuration, "read_config_bytes_or_refuse", lambda _path: b""),),
        (site_session, "open_session", lent()),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def lent(*, cached: bool = False, told: bool = True) -> Any:
    @contextlib.contextmanager
    def some(tables: Tables, _content: bytes, _number: int, _root: str) -> Iterator[Session]:
        if not told:
            raise interface.SessionUnavailable
        yield Session(tables, cached=cached)

    return some


def asked(name: str = "hotro_kythuat", number: int = 1) -> dict[str, Any]:
    what = f"antruc.test/{name}"
    return {"id": f"SC-20261127-1/{number}", "what": what, "root": "/var/www/a", "folder": "", "name": name}


def test_nothing_lets_it_in_and_it_comes_back_to_the_byte(host: ModuleType, tables: Tables, tmp_path: Path) -> None:
    planned = host.plan_administrator_lockout(asked(), US)
    assert ["update", "wp_users.user_pass", "ID = 5"] in planned["would"]
    assert "digest" not in str(planned)
    assert (tables.values, list(tmp_path.iterdir())) == (VALUES, [])
    assert host.shut_out_administrator(asked(), US) == {"state": "confirmed", "why": "sessions_ended"}
    assert {place: value for place, value in tables.values.items() if value != VALUES[place]} == {
        ("users", "5", "user_pass"): "!luytre",
        ("users", "5", "user_email"): "",
        ("users", "5", "user_activation_key"): "",
        ("usermeta", "9", "meta_value"): "",
        ("usermeta", "10", "meta_value"): "",
    }
    record = tmp_path / "luytre/administrators"
    assert (record.stat().st_mode & 0o777, (record / "actions.json").stat().st_mode & 0o777) == (0o700, 0o600)
    assert host.shut_out_administrator(asked(), US)["state"] == "confirmed"
    assert host.restore_administrator(asked(), US) == {"state": "none"}
    assert (tables.values, list(tmp_path.iterdir())) == (VALUES, [])


def test_what_somebody_changed_since_stays(host: ModuleType, tables: Tables) -> None:
    host.shut_out_administrator(asked(), US)
    tables.values["users", "5", "user_pass"] = "$wp$2y$10$new"
    assert host.restore_administrator(asked(), US) == {"state": "none"}
    assert tables.values == {**VALUES, ("users", "5", "user_pass"): "$wp$2y$10$new"}


@pytest.mark.parametrize(("name", "why"), [("la", "no_such_administrator"), ("bientap", "last_admin")])
def test_who_is_not_shut_out(host: ModuleType, tables: Tables, tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(action_runner.ActionRefusal, match=why):
        host.shut_out_administrator(asked(name), US)
    assert (tables.values, list(tmp_path.iterdir())) == (VALUES, [])


def test_what_the_site_keeps_elsewhere_is_told_and_not_taken_for_done(
    host: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_session, "open_session", lent(cached=True))
    assert host.shut_out_administrator(asked(), US) == {
        "state": "unknown",
        "why": "object_cache",
        "about": "/var/www/a",
    }


def test_where_no_session_can_be_tried_that_is_told(host: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_session, "open_session", lent(told=False))
    assert host.shut_out_administrator(asked(), US) == {"state": "confirmed", "why": "in_tables"}


def test_what_a_database_refuses_leaves_all_as_it_was(host: ModuleType, tables: Tables, tmp_path: Path) -> None:
    tables.broken = "SELECT"
    with pytest.raises(action_runner.ActionRefusal, match="not_asked"):
        host.shut_out_administrator(asked(), US)
    assert (tables.values, list(tmp_path.iterdir())) == (VALUES, [])


def test_whoever_was_cut_off_goes_on_with_what_was_there_before(host: ModuleType, tables: Tables) -> None:
    host.shut_out_administrator(asked(), US)
    tables.values["usermeta", "10", "meta_value"] = "a:1:{s:64:again}"
    assert host.shut_out_administrator(asked(), US)["state"] == "confirmed"
    host.restore_administrator(asked(), US)
    assert tables.values == VALUES


def test_a_database_that_is_gone_is_asked_again(host: ModuleType, tables: Tables) -> None:
    host.shut_out_administrator(asked(), US)
    tables.broken = "UPDATE"
    with pytest.raises(action_runner.ActionRefusal, match="not_asked"):
        host.restore_administrator(asked(), US)
    tables.broken = None
    assert host.restore_administrator(asked(), US) == {"state": "none"}
    assert tables.values == VALUES


def test_all_of_one_name_are_shut_out(host: ModuleType, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table may hold a name twice, and the second comes in by its address."""
    twice = {**VALUES, ("users", "6", "user_pass"): "$wp$2y$10$second"}
    tables.values = dict(twice)

    def of(_application: Tables) -> list[ApplicationAdministrator]:
        left = [number for number in (5, 6) if tables.values["users", str(number), "user_pass"] != "!luytre"]
        return [
            ApplicationAdministrator(1, b"bientap".hex(), True),
            *(ApplicationAdministrator(one, b"hotro_kythuat".hex(), True) for one in left),
        ]

    def changes(_application: Tables, some: Sequence[ApplicationAdministrator]) -> list[dict[str, str | None]]:
        return [
            {
                **{"table": "users", "key": "ID", "row": str(one.number).encode().hex(), "column": "user_pass"},
                "before": (twice["users", str(one.number), "user_pass"] or "").encode().hex(),
                "after": wordpress.NO_PASSWORD,
            }
            for one in some
        ]

    monkeypatch.setattr(administrators, "load_administrators", of)
    monkeypatch.setattr(host, "find_cells_that_shut_out_accounts", changes)
    monkeypatch.setattr(site_session, "open_session", lent(told=False))
    assert host.shut_out_administrator(asked(), US) == {"state": "confirmed", "why": "in_tables"}
    assert [tables.values["users", one, "user_pass"] for one in ("1", "5", "6")] == [
        *(VALUES["users", "1", "user_pass"], "!luytre", "!luytre")
    ]
    host.restore_administrator(asked(), US)
    assert tables.values == twice
