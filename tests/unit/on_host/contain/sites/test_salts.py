"""What makes a site's keys and salts anew: which files it changes, and that all is as it was where they do not come into force. Sessions are mocks."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_contain.sites import applications, configuration, php_code
from ansible.module_utils.luytre_shared.applications import registry, wordpress, wordpress_session
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.parsers import php_source

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
CONFIG = (
    b"<?php\n"
    + b"".join(
        b"define( '%s', 'old \\' %d' );\r\n" % (name.encode(), number) for number, name in enumerate(wordpress.SALTS)
    )
    + b"// \xff\n$table_prefix = 'wp_';\nrequire_once ABSPATH . 'wp-settings.php';\n"
)


class Site:
    """A WordPress on this file system, and a session that it takes by what it runs with, which lags behind its file: by ``stuck`` for good."""

    def __init__(self, root: Path) -> None:
        self.config = root / "wp-config.php"
        self.config.write_bytes(CONFIG)
        self.config.chmod(0o640)
        self.running, self.stuck, self.reloads = CONFIG, False, 0

    def is_taken_with(self, content: bytes) -> bool:
        read = wordpress_session.read_cookie_signing_key_from_config
        taken = read(self.running) == read(content)
        if not self.stuck:
            self.running = self.config.read_bytes()
        return taken

    def reload(self) -> None:
        self.reloads += 1


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "a").mkdir()
    return Site(tmp_path / "a")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site) -> ModuleType:
    own = program("salts.py")
    for where, name, value in (
        *((own, "RECORD", action_runner.ActionRecord(str(tmp_path / "luytre/salts"))), (own, "LOOKING_SECONDS", 0)),
        *(
            (own, "open_test_session", lambda _known, _lent: (site, "")),
            (php_code, "reload_php_services_to_clear_code_cache", site.reload),
        ),
        (own.time, "sleep", lambda _seconds: None),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def asked(root: Path, number: int = 1) -> dict[str, Any]:
    return {"id": f"SC-20261127-1/{number}", "what": "antruc.test", "root": str(root), "folder": "a"}


def salts(content: bytes) -> list[Any]:
    return list(php_source.read_php_constants(content, wordpress.SALTS).values())


def test_all_eight_are_new_and_come_back_to_the_byte(host: ModuleType, site: Site, tmp_path: Path) -> None:
    planned = host.plan_renewal_of_site_secrets(asked(tmp_path), US)
    assert planned["would"][1] == ["secrets", str(site.config), " ".join(wordpress.SALTS)]
    assert site.config.read_bytes() == CONFIG
    host.LOOKING_SECONDS = 10
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "sessions_ended"}
    new = site.config.read_bytes()
    assert len({*salts(new)}) == 8
    assert all(re.fullmatch("[A-Za-z0-9]{64}", one) for one in salts(new))
    assert {*salts(new)}.isdisjoint(salts(CONFIG))
    assert b"// \xff\n" in new
    assert site.config.stat().st_mode & 0o777 == 0o640
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "sessions_ended"}
    assert site.config.read_bytes() == new
    assert host.put_old_site_secrets_back(asked(tmp_path), US) == {"state": "none"}
    assert site.config.read_bytes() == CONFIG
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    assert site.reloads == 0


def test_code_that_does_not_look_at_its_files_is_reloaded(host: ModuleType, site: Site, tmp_path: Path) -> None:
    def reload() -> None:
        site.running = site.config.read_bytes()

    site.stuck, php_code.reload_php_services_to_clear_code_cache = True, reload
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "sessions_ended"}


def test_a_site_that_goes_on_with_the_old_ones_has_no_veto(host: ModuleType, site: Site, tmp_path: Path) -> None:
    site.stuck = True
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "unknown", "why": "still_lets_in"}
    assert salts(site.config.read_bytes()) != salts(CONFIG)
    assert site.reloads == 1
    new = site.config.read_bytes()
    site.stuck, site.running = False, new
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "sessions_ended"}
    assert site.config.read_bytes() == new


def test_where_no_session_can_be_tried_that_is_told(
    host: ModuleType, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "open_test_session", lambda _known, _lent: (None, "not_tried"))
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "not_tried"}
    assert (salts(site.config.read_bytes()) != salts(CONFIG), site.reloads) == (True, 1)


@pytest.mark.parametrize("written", [False, True])
def test_whoever_was_cut_off_goes_on_with_what_was_made(
    host: ModuleType, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    put = configuration.replace_config_content_if_as_expected

    def cut_off(path: str, old: bytes, new: bytes) -> None:
        if written:
            put(path, old, new)
        raise KeyboardInterrupt

    monkeypatch.setattr(configuration, "replace_config_content_if_as_expected", cut_off)
    with pytest.raises(KeyboardInterrupt):
        host.renew_site_secrets_once(asked(tmp_path), US)
    monkeypatch.setattr(configuration, "replace_config_content_if_as_expected", put)
    made = bytes.fromhex(host.RECORD.read_all_records_by_action_id()["SC-20261127-1/1"]["new"])
    host.LOOKING_SECONDS = 10
    assert host.renew_site_secrets_once(asked(tmp_path), US) == {"state": "confirmed", "why": "sessions_ended"}
    assert site.config.read_bytes() == made
    host.put_old_site_secrets_back(asked(tmp_path), US)
    assert site.config.read_bytes() == CONFIG


def test_what_is_on_record_stays_whatever_keeps_the_old_ones_from_coming_back(
    host: ModuleType, site: Site, tmp_path: Path
) -> None:
    def fault(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    host.switch_site_secrets_and_check_by_session, whole = fault, host.switch_site_secrets_and_check_by_session
    php_code.reload_php_services_to_clear_code_cache, reload = fault, php_code.reload_php_services_to_clear_code_cache
    assert host.renew_site_secrets_once(asked(tmp_path), US)["why"] == "not_taken_back"
    host.switch_site_secrets_and_check_by_session, php_code.reload_php_services_to_clear_code_cache = whole, reload
    assert host.renew_site_secrets_once(asked(tmp_path), US)["state"] == "confirmed"


def test_what_somebody_wrote_since_is_not_written_over(host: ModuleType, site: Site, tmp_path: Path) -> None:
    host.LOOKING_SECONDS = 10
    host.renew_site_secrets_once(asked(tmp_path), US)
    theirs = site.config.read_bytes() + b"// theirs\n"
    site.config.write_bytes(theirs)
    with pytest.raises(action_runner.ActionRefusal, match="changed_since"):
        host.put_old_site_secrets_back(asked(tmp_path), US)
    assert site.config.read_bytes() == theirs


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"'old \\' 3'", b"getenv('X')"),
        lambda text: text.replace(b"define( 'NONCE_KEY', 'old \\' 3' );", b"include 'keys.php';"),
    ],
)
def test_what_only_running_the_file_would_tell_is_a_persons(
    host: ModuleType, site: Site, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    site.config.write_bytes(change(CONFIG))
    assert change(CONFIG) != CONFIG
    with pytest.raises(action_runner.ActionRefusal, match="not_plain"):
        host.renew_site_secrets_once(asked(tmp_path), US)
    assert site.config.read_bytes() == change(CONFIG)


def test_a_file_that_leads_elsewhere_is_left(host: ModuleType, site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other.php"
    site.config.rename(other)
    site.config.symlink_to(other)
    with pytest.raises(action_runner.ActionRefusal):
        host.renew_site_secrets_once(asked(tmp_path), US)
    assert other.read_bytes() == CONFIG


class Joomla(applications.SiteApplication):  # type: ignore[misc]
    """A mock of one whose second factors are so many."""

    def __init__(self, used: dict[str, str], engine: str) -> None:
        login = site_database.Login("u", "p", "localhost", "x", engine)
        super().__init__(registry.CMS_BY_KIND["joomla"], "/a", "/a/configuration.php", login, "jos_")
        self.used = used

    def query_rows_by_labeled_selects(self, statements: dict[str, tuple[str, int]]) -> list[list[str]]:
        assert all(("json_build_array" in sql) == self.uses_postgresql for sql, _most in statements.values())
        if "column" in statements:
            return [["column", table] for table in self.used]
        (sql, _most) = statements["used"]
        return [["used", self.used["mfa" if "user_mfa" in sql else "users"]]]


@pytest.mark.parametrize("engine", [site_database.MYSQL, site_database.POSTGRESQL])
@pytest.mark.parametrize(
    ("used", "why"), [({"users": "0", "mfa": "0"}, None), ({"mfa": "1"}, "second_factor"), ({}, None)]
)
def test_joomlas_secret_is_new_unless_a_second_factor_rests_on_it(
    host: ModuleType,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    used: dict[str, str],
    why: str | None,
    engine: str,
) -> None:
    site.config.unlink()
    file = tmp_path / "a/configuration.php"
    file.write_text("<?php\nclass JConfig {\n\tpublic $secret = 'oldoldoldoldoldo';\n\tpublic $db = 'x';\n}\n")
    monkeypatch.setattr(applications, "load_application", lambda _path: Joomla(used, engine))
    monkeypatch.setattr(host, "open_test_session", lambda _known, _lent: (None, "not_tried"))
    if why is not None:
        with pytest.raises(action_runner.ActionRefusal, match=why):
            host.renew_site_secrets_once(asked(tmp_path), US)
        assert "oldoldoldoldoldo" in file.read_text()
        return
    assert host.renew_site_secrets_once(asked(tmp_path), US)["why"] == "not_tried"
    assert re.search(r"\$secret = '[A-Za-z0-9]{64}';\n\tpublic \$db = 'x';", file.read_text())


def test_nukeviets_site_key_is_a_persons(host: ModuleType, site: Site, tmp_path: Path) -> None:
    site.config.unlink()
    (tmp_path / "a/config.php").write_text("<?php\n$global_config['sitekey'] = 'abc';\n")
    with pytest.raises(action_runner.ActionRefusal, match="by_a_person"):
        host.renew_site_secrets_once(asked(tmp_path), US)


def test_a_release_that_the_site_does_not_follow_is_told(host: ModuleType, site: Site, tmp_path: Path) -> None:
    host.LOOKING_SECONDS = 10
    host.renew_site_secrets_once(asked(tmp_path), US)
    site.stuck, host.LOOKING_SECONDS = True, 0
    assert host.put_old_site_secrets_back(asked(tmp_path), US) == {"state": "unknown", "why": "still_lets_in"}
    assert site.config.read_bytes() == CONFIG
    site.stuck, host.LOOKING_SECONDS = False, 10
    assert host.put_old_site_secrets_back(asked(tmp_path), US) == {"state": "none"}
    assert site.config.read_bytes() == CONFIG
