"""A trigger goes and comes back with the site's own rights alone. The server is a stand-in that knows the statements of ours."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.databases import site_database

from tests.unit.on_host.contain.programs import program

CONFIG = "<?php define('DB_NAME','an');define('DB_USER','an');define('DB_PASSWORD','x');$table_prefix='wp_';"
OWN = "an@localhost"
TEXT = "CREATE TRIGGER lam_moi AFTER INSERT ON wp_comments FOR EACH ROW BEGIN\n  SET @x = 'ạ;{y}\\\\';\nEND"


class Server:
    """The triggers of one database, asked as ``trigger.py`` asks."""

    def __init__(self) -> None:
        self.there: dict[str, list[str]] = {"lam_moi": ["STRICT_TRANS_TABLES", TEXT, "utf8mb4", "utf8mb4_bin", OWN]}
        self.may_drop = True
        self.puts_back = False

    def answered(self, _reading: object, _login: object, script: str) -> list[list[str]]:
        if "SHOW CREATE" in script:
            return [["lam_moi", *self.there["lam_moi"][:-1], "utf8mb4_bin", "2026-11-28"]]
        if "information_schema" in script:
            name = re.search(r"TRIGGER_NAME = '(\w+)'", script)
            assert name is not None
            own = [["own", OWN.encode().hex()]]
            if name[1] in self.there:
                own.append(["definer", self.there[name[1]][-1].encode().hex()])
            return own
        if "DROP TRIGGER" in script:
            if not self.may_drop:
                raise site_database.DatabaseUnanswered("refused")
            if not self.puts_back:
                del self.there["lam_moi"]
            return []
        made = re.search(
            r"sql_mode = '(.*)';\nSET character_set_client = '(.*)', collation_connection = '(.*)';\nDELIMITER (\w{14})\n(.*) \4\n",
            script,
            re.DOTALL,
        )
        assert made is not None
        self.there["lam_moi"] = [made[1], made[5], made[2], made[3], OWN]
        return []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    own = Server()
    monkeypatch.setattr(site_database, "run_sql_script", own.answered)
    return own


@pytest.fixture
def host(tmp_path: Path) -> ModuleType:
    own = program("trigger.py")
    own.STORE.home = str(tmp_path / "luytre/triggers")
    return own


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/wp-config.php").write_text(CONFIG)
    return {
        **{"id": "SC-20261127-1/1", "what": "antruc.test/lam_moi"},
        **{"root": str(tmp_path / "site"), "folder": "", "name": "lam_moi"},
    }


def test_a_trigger_is_taken_out_and_comes_back_as_it_was(
    server: Server, host: ModuleType, asked: dict[str, Any]
) -> None:
    before = dict(server.there)
    planned = host.plan_dropping_of_trigger(asked, [])
    assert planned["would"][1] == "DROP TRIGGER `an`.`lam_moi`;"
    assert server.there == before
    done = host.drop_trigger_once_and_keep_copy(asked, [])
    assert done == {"state": "confirmed", "sha256": planned["sha256"], "why": ""}
    assert server.there == {}
    assert host.drop_trigger_once_and_keep_copy(asked, []) == done
    assert host.put_dropped_trigger_back(asked, []) == {"state": "none"}
    assert server.there == before
    assert not Path(host.STORE.home).exists()


def test_what_another_account_has_defined_is_kept_for_a_person(
    server: Server, host: ModuleType, asked: dict[str, Any]
) -> None:
    server.there["lam_moi"][-1] = "root@localhost"
    assert host.drop_trigger_once_and_keep_copy(asked, [])["why"] == "of_another"
    with pytest.raises(host.ActionRefusal, match="of_another"):
        host.put_dropped_trigger_back(asked, [])
    assert host.STORE.read_record_of_action(asked["id"])["trigger"]["text"] == TEXT
    assert server.there == {}


def test_what_is_still_there_is_not_said_to_be_out(server: Server, host: ModuleType, asked: dict[str, Any]) -> None:
    server.may_drop = False
    with pytest.raises(host.ActionRefusal, match="not_asked"):
        host.drop_trigger_once_and_keep_copy(asked, [])
    assert not Path(host.STORE.home).exists()
    server.may_drop, server.puts_back = True, True
    assert host.drop_trigger_once_and_keep_copy(asked, [])["why"] == "trigger_again"


@pytest.mark.parametrize("name", ["gone", "x`y", "x'; DROP TABLE x"])
def test_what_is_no_trigger_is_refused(server: Server, host: ModuleType, asked: dict[str, Any], name: str) -> None:
    with pytest.raises(host.ActionRefusal, match="no_trigger"):
        host.drop_trigger_once_and_keep_copy({**asked, "name": name}, [])
    assert "lam_moi" in server.there


def test_what_has_come_in_its_place_stays(server: Server, host: ModuleType, asked: dict[str, Any]) -> None:
    host.drop_trigger_once_and_keep_copy(asked, [])
    server.there["lam_moi"] = [
        "",
        "CREATE TRIGGER lam_moi BEFORE DELETE ON wp_posts FOR EACH ROW SET @a = 1",
        "utf8mb4",
        "utf8mb4_bin",
        OWN,
    ]
    with pytest.raises(host.ActionRefusal, match="name_taken"):
        host.put_dropped_trigger_back(asked, [])
