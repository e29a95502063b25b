"""SPIP's connection, keys and tables, as its files and its database write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.applications import spip
from ansible.module_utils.luytre_shared.databases import site_database

from auditor.facts.web import _spip

CONNECT = """<?php
if (!defined("_ECRIRE_INC_VERSION")) return;
// spip_connect_db('localhost','','old','x','old','mysql', 'spip','','');
defined('_MYSQL_SET_SQL_MODE') || define('_MYSQL_SET_SQL_MODE',true);
$GLOBALS['spip_connect_version'] = 0.8;
spip_connect_db('localhost','3307','xa','m\\'k','disan','mysql', 'ds','','utf8');
"""
SQLITE = "<?php\nspip_connect_db('','','','','lehoi','sqlite3', 'spip','','');\n"
KEYS = {name: base64.b64encode(bytes([number]) * 32).decode() for number, name in enumerate(
    ("secret_des_auth", "secret_des_actions", "secret_du_site"))}  # fmt: skip


def test_its_login_is_that_of_the_one_call() -> None:
    login, prefix = spip.read_connection("/srv/www/a", CONNECT)
    assert login == site_database.Login("xa", "m'k", "localhost:3307", "disan", "mysql")
    assert prefix == "ds_"
    login, prefix = spip.read_connection("/srv/www/a", SQLITE)
    assert (login.engine, login.file, prefix) == ("sqlite", ("/srv/www/a", "config/bases/lehoi.sqlite"), "spip_")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SQLITE.replace("sqlite3", "sqlite2"), "other_kind"),
        (CONNECT + CONNECT, "not_plain"),
        (CONNECT.replace("'xa'", "getenv('U')"), "not_plain"),
        (CONNECT.replace("'disan'", "'a`; DROP'"), "not_plain"),
        (CONNECT.replace("'ds'", "$prefix"), "not_plain"),
        ("<?php\n" + "spip_connect_db('" * 5_000, "not_plain"),
        ("<?php\n# nothing", "not_plain"),
    ],
)
def test_a_login_that_is_not_told_is_not_guessed(text: str, why: str) -> None:
    with pytest.raises(site_database.DatabaseUnanswered, match=why):
        spip.read_connection("/srv/www/a", text)


def test_another_password_goes_into_the_call_alone() -> None:
    changed = spip.Spip().replace_password(CONNECT.encode(), "abcDEF123").decode()
    assert changed == CONNECT.replace("'m\\'k'", "'abcDEF123'")
    for content, password in ((CONNECT, "it's"), ("<?php\n", "abc")):
        with pytest.raises(ValueError, match="as SPIP writes it"):
            spip.Spip().replace_password(content.encode(), password)


def test_other_keys_leave_what_passwords_are_made_with() -> None:
    content = spip.KEYS_HEAD + json.dumps(KEYS).encode()
    secrets = iter(("a" * 64, "b" * 64))
    changed = spip.Spip().replace_secrets(content, lambda: next(secrets))
    assert changed is not None and changed.startswith(spip.KEYS_HEAD)
    keys = json.loads(changed[len(spip.KEYS_HEAD) :])
    assert keys["secret_des_auth"] == KEYS["secret_des_auth"]
    assert {len(base64.b64decode(value)) for value in keys.values()} == {32}
    assert len(set(keys.values()) | set(KEYS.values())) == 5
    assert spip.Spip().replace_secrets(b"<?php\n$keys = [];", str) is None
    for damaged in (b"[]", b"{", b"\xff", b"{}", b'{"secret_des_auth": "a"}', b"[" * 100_000, b'{"a":' * 30_000):
        with pytest.raises(ValueError, match=r"."):
            spip.Spip().replace_secrets(spip.KEYS_HEAD + damaged, str)


def test_its_rows_become_facts() -> None:
    rows = [
        ["meta", "accepter_inscriptions", "oui"],
        ["admin", "thicong", "0", "1676340000"],
        ["admin", None, "1", "0"],
    ]
    database = _spip.SpipDatabase.model_validate(spip.parse_spip_rows(rows))
    assert [(who.login, who.webmaster, who.last_seen) for who in database.administrators] == [
        ("", True, None),
        ("thicong", False, 1676340000),
    ]
    assert database.writers_sign_up and not database.visitors_sign_up


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ("<?php if (!defined('_SPIP_CHMOD')) define('_SPIP_CHMOD', 0777);", "777"),
        ("<?php // define('_SPIP_CHMOD', 0755);", "unknown"),
        (None, None),
    ],
)
def test_its_settings_are_those_of_its_files(tmp_path: Path, modes: str | None, expected: str | None) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/ecran_securite.php").write_text("<?php\ndefine('_ECRAN_SECURITE', '1.6.7'); // 2025")
    if modes is not None:
        (tmp_path / "config/chmod.php").write_text(modes)

    class Application:
        path = str(tmp_path)

        def read_version(self) -> str:
            return "4.4.30"

    told = spip.collect_spip_instance(Application(), None)
    assert told["settings"] == {"new_file_modes": expected, "security_screen": "1.6.7"}
    assert (told["configured"], told["database"], told["database_unread"]) == (False, None, None)


def test_posts_have_the_address_that_every_spip_knows() -> None:
    assert spip.Spip().build_post_addresses([["post", "12"]], "/tin") == ["/tin/spip.php?article12"]
