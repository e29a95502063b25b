"""What makes a database's password anew: both are taken until all have the new one, whoever is cut off leaves sites that serve, and all comes back. The server and the visits
are mocks; the configurations are files."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre.web import mariadb
from ansible.module_utils.luytre_contain.databases import database_accounts
from ansible.module_utils.luytre_contain.sites import applications, configuration, http_check, php_code, secret_usages
from ansible.module_utils.luytre_shared.applications import wordpress
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.parsers import php_source

from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
OLD = "cu ky\\'"
FILES = {
    "a/wp-config.php": "define( 'DB_NAME', 'x' );\ndefine( 'DB_USER', 'antruc' );\ndefine( 'DB_PASSWORD', 'cu ky\\\\\\'' );\n"
    "$table_prefix = 'wp_';\nrequire_once ABSPATH . 'wp-settings.php';\n",
    "b/configuration.php": "class JConfig {\n\tpublic $user = 'antruc';\n\tpublic $password = 'cu ky\\\\\\'';\n\tpublic $host = 'localhost';\n"
    "\tpublic $db = 'y';\n\tpublic $dbprefix = 'j_';\n}\n",
    "c/config.php": "$db_config['dbhost'] = 'localhost';\n$db_config['dbname'] = 'z';\n$db_config['dbuname'] = 'antruc';\n"
    "$db_config['dbpass'] = 'khac';\n$db_config['prefix'] = 'nv4';\n",
}
LOCAL, ANY = ("antruc", "localhost"), ("antruc", "%")
QUERY = re.compile(r"SELECT 'account', Host, Priv FROM mysql\.global_priv WHERE User = '(\w+)' LIMIT 100;")
CHANGE = re.compile(r"ALTER USER '(\w+)'@'([\w%]+)' IDENTIFIED VIA (.*);")


class Server:
    """Of databases: which digests each account takes; it fails at the change of number ``fails``."""

    def __init__(self) -> None:
        self.takes = {key: [database_accounts.compute_password_hash_kept_by_mysql(OLD)] for key in (LOCAL, ANY)}
        self.takes["antruc", "127.0.0.2"] = [database_accounts.compute_password_hash_kept_by_mysql("khac")]
        self.plugin = "mysql_native_password"
        self.fails: int | None = None
        self.changes: list[str] = []
        self.cut: list[str] = []
        self.connections, self.stay = {"7", "8"}, set[str]()

    def asked(self, sql: str) -> list[list[str]]:
        answers: list[list[str]] = []
        for line in sql.splitlines():
            if line.startswith("SELECT 'version'"):
                answers.append(["version", "11.8.3-MariaDB", ""])
            elif (wanted := QUERY.fullmatch(line)) is not None:
                answers += [
                    ["account", host, self.privileges(digests)]
                    for (user, host), digests in self.takes.items()
                    if user == wanted[1]
                ]
            elif line.startswith("KILL SOFT CONNECTION USER "):
                self.cut.append(line)
                self.connections &= self.stay
            elif line.startswith("SELECT 'open'"):
                answers += [["open", one] for one in sorted(self.connections)]
            else:
                self.change(line)
        return answers

    def change(self, line: str) -> None:
        if self.fails == len(self.changes):
            raise action_runner.ActionRefusal("not_asked", "gone")
        self.changes.append(line)
        changed = CHANGE.fullmatch(line)
        assert changed is not None, line
        ways = [
            re.fullmatch(r"mysql_native_password USING '(\*[0-9A-F]{40})'", one) for one in changed[3].split(" OR ")
        ]
        self.takes[changed[1], changed[2]] = [one[1] for one in ways if one is not None]

    def privileges(self, digests: Sequence[str]) -> str:
        first = f'"plugin":"{self.plugin}","authentication_string":"{digests[0]}"'
        others = "".join(f',{{"authentication_string":"{one}"}}' for one in digests[1:])
        return f'{{"access":0,{first}}}' if not others else f'{{"access":0,{first},"auth_or":[{{}}{others}]}}'


class Sites:
    """Which serve when the password in their file is one that the server takes."""

    def __init__(self, top: Path, server: Server) -> None:
        self.top, self.server, self.down = top, server, False
        for name, text in FILES.items():
            (top / name).parent.mkdir()
            (top / name).write_text(f"<?php\n{text}")

    def texts(self) -> dict[str, str]:
        return {name: (self.top / name).read_text().removeprefix("<?php\n") for name in FILES}

    def password(self) -> str:
        found = php_source.read_php_constants((self.top / "a/wp-config.php").read_bytes(), ["DB_PASSWORD"])[
            "DB_PASSWORD"
        ]
        assert isinstance(found, str)
        return found

    def serve(self) -> bool:
        return (
            not self.down
            and database_accounts.compute_password_hash_kept_by_mysql(self.password()) in self.server.takes[LOCAL]
        )

    def pages(self, addresses: Sequence[str]) -> dict[str, tuple[int | None, bytes]]:
        status = 200 if self.serve() else 500
        return {one: (None, b"") if one.startswith("https") else (status, b"") for one in addresses}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def sites(tmp_path: Path, server: Server) -> Sites:
    (tmp_path / "www").mkdir()
    return Sites(tmp_path / "www", server)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server, sites: Sites) -> ModuleType:
    own = program("database_password.py")

    def answered(application: applications.SiteApplication, _script: str) -> list[list[str]]:
        if database_accounts.compute_password_hash_kept_by_mysql(application.login.password) not in server.takes[LOCAL]:
            raise action_runner.ActionRefusal("not_asked", application.config)
        return [["here"]]

    for where, name, value in (
        *(
            (own, "RECORD", action_runner.ActionRecord(str(tmp_path / "luytre/database-passwords"))),
            (database_accounts, "_query_mariadb_without_logging", server.asked),
        ),
        *(
            (php_code, "reload_php_services_to_clear_code_cache", lambda: True),
            (php_code, "find_php_units_that_would_not_start", list),
            (php_code, "list_services_caching_php_code", lambda: ["php8.4-fpm.service"]),
        ),
        *(
            (http_check, "fetch_pages", sites.pages),
            (wordpress.WordPress, "read_home_address", lambda _cms, _query: "http://antruc.test"),
        ),
        *(
            (websites, "list_application_search_roots", lambda _declared: ["www"]),
            (applications.SiteApplication, "run_sql_script_and_read_rows", answered),
        ),
        *((secret_usages, "FOLDERS", ()), (websites, "list_web_roots_to_walk", lambda _declared: [str(sites.top)])),
        (
            applications,
            "find_application_folders_at_web_roots",
            lambda _roots: ([str(sites.top / one) for one in ("a", "b", "c")], []),
        ),
        (own, "LOOKING_SECONDS", 0),
    ):
        monkeypatch.setattr(where, name, value)
    return own


def asked(sites: Sites, number: int = 1) -> dict[str, Any]:
    own = {"root": str(sites.top), "folder": "a", "domain": "antruc.test", "sites": []}
    return {"id": f"SC-20261127-1/{number}", "what": "antruc.test", **own}


def test_the_server_and_all_that_share_the_account_have_a_new_one_and_the_old_one_again(
    host: ModuleType, server: Server, sites: Sites, tmp_path: Path
) -> None:
    planned, before = host.plan_password_change(asked(sites), US), dict(server.takes)
    assert [step[1] for step in planned["would"] if step[0] == "password_in"] == [
        str(sites.top / name) for name in ("a/wp-config.php", "b/configuration.php")
    ]
    assert (server.changes, sites.texts()) == ([], FILES)
    assert host.change_database_password(asked(sites), US) == {"state": "confirmed", "why": ""}
    new = sites.password()
    assert re.fullmatch("[A-Za-z0-9]{32}", new)
    assert server.takes == {
        **before,
        **{key: [database_accounts.compute_password_hash_kept_by_mysql(new)] for key in (LOCAL, ANY)},
    }
    texts = sites.texts()
    assert f"$password = '{new}'" in texts["b/configuration.php"]
    assert texts["c/config.php"] == FILES["c/config.php"]
    assert (server.cut, server.connections) == (["KILL SOFT CONNECTION USER 'antruc';"], set())
    assert new not in " ".join(server.changes)
    assert host.change_database_password(asked(sites), US)["state"] == "confirmed"
    assert sites.password() == new
    assert host.restore_old_password(asked(sites), US) == {"state": "none"}
    assert (server.takes, sites.texts(), [one.name for one in tmp_path.iterdir()]) == (before, FILES, ["www"])


@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("after", ["contain", "release"])
def test_whoever_is_cut_off_leaves_sites_that_serve_and_a_way_on(
    host: ModuleType,
    server: Server,
    sites: Sites,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    after: str,
) -> None:
    before, left = dict(server.takes), [step]

    class Killed(BaseException):
        pass

    def counted(act: Any) -> Any:
        def acted(*given: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return act(*given)

        return acted

    with monkeypatch.context() as patched:
        patched.setattr(server, "change", counted(server.change))
        patched.setattr(
            configuration,
            "replace_config_content_if_as_expected",
            counted(configuration.replace_config_content_if_as_expected),
        )
        patched.setattr(
            php_code,
            "reload_php_services_to_clear_code_cache",
            counted(php_code.reload_php_services_to_clear_code_cache),
        )
        try:
            host.change_database_password(asked(sites), US)
            assert step > 6
        except Killed:
            assert step <= 6
    assert sites.serve()
    if after == "contain":
        assert host.change_database_password(asked(sites), US)["state"] == "confirmed"
        assert (server.takes[LOCAL] == before[LOCAL], sites.serve()) == (False, True)
    else:
        assert host.restore_old_password(asked(sites), US) == {"state": "none"}
        assert (server.takes, sites.texts(), [one.name for one in tmp_path.iterdir()]) == (before, FILES, ["www"])


def test_a_site_that_does_not_serve_with_it_has_the_old_one(
    host: ModuleType, server: Server, sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dict(server.takes)

    def fallen() -> bool:
        sites.down = sites.password() != OLD
        return True

    monkeypatch.setattr(php_code, "reload_php_services_to_clear_code_cache", fallen)
    with pytest.raises(action_runner.ActionRefusal, match="not_serving"):
        host.change_database_password(asked(sites), US)
    assert (server.takes, sites.texts(), [one.name for one in tmp_path.iterdir()]) == (before, FILES, ["www"])


def test_where_not_even_the_old_one_comes_back_that_is_told(host: ModuleType, server: Server, sites: Sites) -> None:
    server.fails = 2
    assert host.change_database_password(asked(sites), US)["why"] == "not_taken_back"
    assert sites.serve()
    server.fails = None
    assert host.change_database_password(asked(sites), US)["state"] == "confirmed"


def test_what_is_on_record_stays_whatever_keeps_the_old_one_from_coming_back(host: ModuleType, sites: Sites) -> None:
    def fault(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    host.switch_sites_to_password, whole = fault, host.switch_sites_to_password
    answer = host.change_database_password(asked(sites), US)
    assert (answer["state"], answer["why"], answer["about"]) == ("unknown", "not_taken_back", "fault: OSError")
    host.switch_sites_to_password = whole
    assert host.change_database_password(asked(sites), US)["state"] == "confirmed"
    assert host.restore_old_password(asked(sites), US) == {"state": "none"} and sites.texts() == FILES


def test_what_somebody_wrote_since_is_not_written_over(host: ModuleType, server: Server, sites: Sites) -> None:
    host.change_database_password(asked(sites), US)
    file, taken = sites.top / "b/configuration.php", dict(server.takes)
    file.write_text(file.read_text() + "// theirs\n")
    with pytest.raises(action_runner.ActionRefusal, match="changed_since"):
        host.restore_old_password(asked(sites), US)
    assert (server.takes, sites.serve()) == (taken, True)


@pytest.mark.parametrize("plugin", ["mysql_native_password", "ed25519"])
def test_a_password_that_somebody_gave_an_account_since_stays(
    host: ModuleType, server: Server, sites: Sites, plugin: str
) -> None:
    host.change_database_password(asked(sites), US)
    server.takes[ANY], server.plugin = [database_accounts.compute_password_hash_kept_by_mysql("theirs")], plugin
    taken, texts = dict(server.takes), sites.texts()
    with pytest.raises(action_runner.ActionRefusal, match="changed_since"):
        host.restore_old_password(asked(sites), US)
    assert (server.takes, sites.texts()) == (taken, texts)
    assert host.RECORD.read_all_records_by_action_id()


@pytest.mark.parametrize("plugin", ["ed25519", "pam"])
def test_an_account_that_comes_in_otherwise_is_a_persons(
    host: ModuleType, server: Server, sites: Sites, plugin: str
) -> None:
    server.plugin = plugin
    with pytest.raises(action_runner.ActionRefusal, match="other_login"):
        host.change_database_password(asked(sites), US)
    assert (server.changes, sites.texts()) == ([], FILES)


def test_an_application_that_cannot_be_read_is_told(host: ModuleType, sites: Sites) -> None:
    file = sites.top / "c/config.php"
    file.write_text(file.read_text().replace("'antruc'", "getenv('X')"))
    answer = host.change_database_password(asked(sites), US)
    assert (answer["state"], answer["why"], answer["about"]) == ("confirmed", "others_unread", str(sites.top / "c"))


def test_what_the_server_keeps_of_a_password_is_known() -> None:
    """As ``SELECT PASSWORD('mariadb')`` says it."""
    assert (
        database_accounts.compute_password_hash_kept_by_mysql("mariadb") == "*54958E764CE10E50764C2EECBB71D01F08549980"
    )
    privileges = mariadb.parse_global_privileges(
        '{"plugin":"mysql_native_password","authentication_string":"*A","auth_or":[{},{"authentication_string":"*B"}]}'
    )
    assert mariadb.list_authentication_methods(privileges) == [
        ("mysql_native_password", "*A"),
        ("mysql_native_password", "*B"),
    ]


def test_a_release_that_does_not_serve_leaves_the_new_one(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.change_database_password(asked(sites), US)
    taken, new = dict(server.takes), sites.password()

    def fallen() -> bool:
        sites.down = sites.password() != new
        return True

    monkeypatch.setattr(php_code, "reload_php_services_to_clear_code_cache", fallen)
    with pytest.raises(action_runner.ActionRefusal, match="not_serving"):
        host.restore_old_password(asked(sites), US)
    assert (server.takes, sites.password()) == (taken, new)


@pytest.mark.parametrize("name", ["a/ketnoi.php", "d/.env", "d/inc/csdl.inc"])
def test_what_else_has_the_password_is_named_and_nothing_is_changed(
    host: ModuleType, server: Server, sites: Sites, name: str
) -> None:
    file = sites.top / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("<?php mysqli_connect('localhost', 'antruc', 'cu ky\\\\\\'');\n")
    with pytest.raises(action_runner.ActionRefusal) as refusal:
        host.change_database_password(asked(sites), US)
    assert refusal.value.args == ("also_in", str(file))
    assert (server.changes, sites.texts()) == ([], FILES)


def test_what_an_intruder_laid_there_keeps_no_password_from_a_site_that_is_not_judged(
    host: ModuleType, server: Server, sites: Sites
) -> None:
    """Copies of the password in a folder of the site's, and a site that breaks itself."""
    file = sites.top / "a/x.ini"
    file.write_text(OLD)
    sites.down = True
    answer = host.change_database_password(dict(asked(sites), unjudged=["antruc.test"]), US)
    assert answer == {"state": "confirmed", "why": "old_one_in", "about": str(file)}
    assert sites.password() != OLD
    assert server.takes[LOCAL] == [database_accounts.compute_password_hash_kept_by_mysql(sites.password())]


def test_another_name_of_a_configuration_keeps_no_password(host: ModuleType, server: Server, sites: Sites) -> None:
    os.link(sites.top / "a/wp-config.php", sites.top / "other-name")
    assert host.change_database_password(asked(sites), US) == {"state": "confirmed", "why": ""}
    assert server.takes[LOCAL] == [database_accounts.compute_password_hash_kept_by_mysql(sites.password())]
    assert (sites.top / "other-name").read_text().endswith(FILES["a/wp-config.php"])


def test_copies_that_nothing_reads_and_links_that_lead_elsewhere_are_no_mentions(
    host: ModuleType, sites: Sites
) -> None:
    (sites.top / "a/wp-config.php.save").write_text(OLD)
    (sites.top / "a/link.php").symlink_to(sites.top / "b/configuration.php")
    assert host.change_database_password(asked(sites), US) == {"state": "confirmed", "why": ""}


def test_what_was_not_read_to_its_end_is_told(host: ModuleType, sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_usages, "MAX_ENTRIES", 2)
    answer = host.change_database_password(asked(sites), US)
    assert (answer["state"], answer["why"], answer["about"]) == ("confirmed", "others_unread", str(sites.top))


def test_connections_that_do_not_end_are_told(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_accounts, "GONE_SECONDS", 0)
    server.stay = {"8"}
    assert host.change_database_password(asked(sites), US) == {"state": "confirmed", "why": "still_open", "about": "1"}


def test_what_somebody_else_put_beside_it_is_told_no_password(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As whoever has the old one, of another site say, has a file of theirs hold it and reads the new one there."""
    real = os.fstat
    theirs = (sites.top / "b/configuration.php").stat().st_ino

    def fstat(handle: int) -> os.stat_result:
        found = real(handle)
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:10])) if found.st_ino == theirs else found

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(action_runner.ActionRefusal, match="others_file"):
        host.change_database_password(asked(sites), US)
    assert (server.changes, sites.texts()) == ([], FILES)
    answer = host.change_database_password(dict(asked(sites), unjudged=["antruc.test"]), US)
    assert (answer["why"], answer["about"]) == ("old_one_in", str(sites.top / "b/configuration.php"))
    assert sites.texts()["b/configuration.php"] == FILES["b/configuration.php"]


def test_nothing_is_begun_where_php_would_end_by_being_told_to_read_again(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(php_code, "find_php_units_that_would_not_start", lambda: ["php8.4-fpm.service"])
    with pytest.raises(action_runner.ActionRefusal, match="php_faulty"):
        host.change_database_password(asked(sites), US)
    assert (server.changes, sites.texts()) == ([], FILES)


def test_both_passwords_count_while_php_cannot_be_told(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(php_code, "reload_php_services_to_clear_code_cache", lambda: False)
    answer = host.change_database_password(asked(sites), US)
    assert (answer["state"], answer["why"], len(server.takes[LOCAL])) == ("unknown", "not_taken_back", 2)
    assert sites.serve()


def test_no_log_of_the_servers_has_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def rows(_reading: object, _client: str, sql: str) -> list[list[str]]:
        said.append(sql)
        return [["version", "11.8.3-MariaDB", ""], ["account", "localhost", "{}"]]

    monkeypatch.setattr(mariadb_client, "find_mariadb_client", lambda _reading: "/usr/bin/mariadb")
    monkeypatch.setattr(mariadb_client, "is_mariadb_running", lambda _reading: True)
    monkeypatch.setattr(mariadb_client, "query_mariadb_rows", rows)
    database_accounts.set_password_digests_of_accounts(
        "antruc", ["localhost"], [database_accounts.compute_password_hash_kept_by_mysql("x")]
    )
    assert any("ALTER USER" in sql for sql in said)
    assert all(sql.startswith("SET SESSION sql_log_off = 1, slow_query_log = 0, ") for sql in said)


def test_a_site_that_takes_a_moment_to_serve_again_keeps_the_new_one(
    host: ModuleType, server: Server, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []

    def pages(addresses: Sequence[str]) -> dict[str, tuple[int | None, bytes]]:
        looks.append(sites.password() == OLD)
        return dict.fromkeys(addresses, (502 if looks.count(False) == 1 else 200, b""))

    monkeypatch.setattr(http_check, "fetch_pages", pages)
    monkeypatch.setattr(host, "LOOKING_SECONDS", 60)
    assert host.change_database_password(asked(sites), US)["state"] == "confirmed"
    assert looks == [True, False, False]


def test_a_site_in_which_something_cannot_be_read_is_visited_too(
    host: ModuleType, server: Server, sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in by what only running its configuration tells, and would be down with the old password."""
    others = [
        {"domain": "cho.test", "document_root": str(sites.top / "c")},
        {"domain": "x.test", "document_root": "/x"},
    ]
    file, before = sites.top / "c/config.php", dict(server.takes)
    file.write_text(file.read_text().replace("'antruc'", "getenv('X')"))
    texts = sites.texts()

    def pages(addresses: Sequence[str]) -> dict[str, tuple[int | None, bytes]]:
        assert not any("x.test" in one for one in addresses)
        return {one: (200 if "cho.test" not in one or sites.password() == OLD else 500, b"") for one in addresses}

    monkeypatch.setattr(http_check, "fetch_pages", pages)
    with pytest.raises(action_runner.ActionRefusal, match=r"not_serving.*cho"):
        host.change_database_password({**asked(sites), "sites": others}, US)
    assert (server.takes, sites.texts(), [one.name for one in tmp_path.iterdir()]) == (before, texts, ["www"])


@pytest.mark.parametrize("act", ["contain", "release"])
def test_while_a_hardening_is_open_nothing_is_changed_that_its_way_back_would_have_again(
    host: ModuleType, server: Server, sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    if act == "release":
        host.change_database_password(asked(sites), US)
    taken, texts = dict(server.takes), sites.texts()
    monkeypatch.setattr(configuration, "ARMED_FILE", str(tmp_path / "armed.json"))
    (tmp_path / "armed.json").touch()
    with pytest.raises(action_runner.ActionRefusal, match="hardening_open"):
        {"contain": host.change_database_password, "release": host.restore_old_password}[act](asked(sites), US)
    assert (server.takes, sites.texts()) == (taken, texts)
