"""MariaDB: its own words understood, and a change that closes without taking a site's account or our own."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.web import mariadb
from ansible.module_utils.luytre_shared.databases import mariadb_client
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import Finding, Host, Status

ROLE = Path(__file__).parents[5] / "roles" / "mariadb"
DATA = Path(__file__).parents[3] / "data"
NOW = 1_795_500_000
CATALOGUE = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
ACCOUNT_CONTROLS = [
    f"mariadb.{name}"
    for name in ("anonymous_user", "test_database", "root_remote", "empty_password", "wildcard_host", "site_grants")
]
SITE = {"user": "antruc", "host": "localhost", "database": "antruc_wp", "file": "/a/wp-config.php", "holds": True}
ME = ("root", "localhost")

_SPEC = importlib.util.spec_from_file_location("mariadb_accounts", ROLE / "library" / "mariadb_accounts.py")
assert _SPEC is not None
assert _SPEC.loader is not None
fix = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fix)


def answer(host: str) -> list[list[str | None]]:
    """What the server of a lab host told, hashes replaced."""
    lines = (DATA / f"mariadb_{host}.tsv").read_text("utf-8").split("\n")
    return [[mariadb_client._unescape_batch_cell(cell) for cell in line.split("\t")] for line in lines if line]


def state(host: str = "web1") -> dict[str, Any]:
    told: dict[str, Any] = mariadb.parse_server_state(answer(host))
    return told


def account(user: str, host: str, **more: Any) -> dict[str, Any]:
    return {
        "user": user,
        "host": host,
        "anywhere": host == "%",
        "plugin": "mysql_native_password",
        "authentication": "password",
        "super": False,
        "global_privileges": [],
        "roles": [],
        "reaches_everything": False,
        "defines": False,
        "grants": [],
        **more,
    }


def document(told: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "installed": True,
        "running": True,
        "next_start": mariadb.AT_START,
        "files": [],
        "histories": [],
        **told,
        **more,
    }


def finding(control: str, facts: dict[str, Any], open_ports: tuple[int, ...] = (), now: int = NOW) -> Finding:
    one = Catalogue(controls=(CATALOGUE[f"mariadb.{control}"],))
    host = Host(name="web1", address="10.213.47.11", open_ports=open_ports)
    read = {"mariadb": load_fact_area_models()["mariadb"].model_validate(facts)}
    (found,) = evaluate_host(one, host, HostFacts(now, read, {}, {}))
    return found


def plan(told: dict[str, Any], applications: tuple[dict[str, Any], ...] = (SITE,), reachable: bool = False) -> Any:
    return fix.tighten(told, ME, ACCOUNT_CONTROLS, applications, reachable)


# --- reading ------------------------------------------------------------------------------------------


def test_debian_13_as_it_answers() -> None:
    told = state("web1")
    assert told["branch"] == "11.8 in debian 13"
    assert told["variables"]["bind_address"] == "0.0.0.0"  # noqa: S104  what the lab's host listens on
    by_name = {(one["user"], one["host"]): one for one in told["accounts"]}
    assert by_name["root", "localhost"]["authentication"] == "socket"
    assert by_name["mariadb.sys", "localhost"]["authentication"] == "locked"
    assert by_name["", "localhost"]["authentication"] == "empty"
    assert by_name["antruc", "%"]["anywhere"]
    assert by_name["antruc", "%"]["global_privileges"] == ["ALL PRIVILEGES"]
    assert told["public_grants"][0]["database"] == "test"


def test_debian_12_as_it_answers() -> None:
    told = state("web2")
    assert told["branch"] == "10.11 in debian 12"
    (portal,) = [one for one in told["accounts"] if one["user"] == "bennua"]
    assert portal["grants"] == [{"database": "bennua", "privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"]}]
    assert not portal["reaches_everything"]
    assert told["public_grants"] == []


@pytest.mark.parametrize("host", ["web1", "web2"])
def test_no_hash_leaves_and_the_model_takes_it(host: str) -> None:
    told = document(state(host))
    assert "5EC4E7" in (DATA / f"mariadb_{host}.tsv").read_text("utf-8")
    assert "5EC4" not in json.dumps(told)
    load_fact_area_models()["mariadb"].model_validate(told)


def test_a_host_without_it() -> None:
    absent = {
        **dict.fromkeys(("version", "branch", "variables", "next_start")),
        **dict.fromkeys(("installed", "running", "test_database"), False),
        **{name: [] for name in ("accounts", "public_grants", "databases", "files", "histories")},
    }
    assert finding("bind_address", absent).status is Status.NOT_APPLICABLE
    assert finding("file_modes", absent).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["version", "11.8.9-MariaDB"]],
        [["version", "11.8.9-MariaDB"], ["account", "root", "localhost", "no json"]],
        [["version", "11.8.9-MariaDB"], ["account", "root", "localhost", "[]"]],
    ],
)
def test_half_an_answer_is_none(rows: list[list[str]]) -> None:
    with pytest.raises(UnreadableFact):
        mariadb.parse_server_state(rows)


def test_an_access_mask_that_is_no_number_is_refused() -> None:
    rows = [*answer("web1"), ["account", "x", "localhost", '{"access": "all"}']]
    with pytest.raises(UnreadableFact):
        mariadb.parse_server_state(rows)


@pytest.mark.parametrize(
    ("priv", "word"),
    [
        ({}, "empty"),
        ({"plugin": "mysql_native_password", "authentication_string": ""}, "empty"),
        ({"plugin": "mysql_native_password", "authentication_string": "*" + "AB" * 20}, "password"),
        ({"plugin": "mysql_native_password", "authentication_string": "invalid"}, "locked"),
        ({"plugin": "ed25519", "authentication_string": "abc"}, "password"),
        ({"plugin": "unix_socket"}, "socket"),
        ({"plugin": "pam"}, "other"),
        ({"plugin": "mysql_native_password", "account_locked": True, "authentication_string": ""}, "locked"),
        (
            {
                "plugin": "mysql_native_password",
                "authentication_string": "",
                "auth_or": [{"plugin": "unix_socket"}, {}],
            },
            "empty",
        ),
        (
            {
                "plugin": "mysql_native_password",
                "authentication_string": "invalid",
                "auth_or": [{}, {"plugin": "unix_socket"}],
            },
            "socket",
        ),
    ],
)
def test_authentication_in_one_word(priv: dict[str, Any], word: str) -> None:
    assert mariadb.classify_account_authentication(priv) == word


def test_privileges_through_a_role_count() -> None:
    rows = [
        *answer("web2"),
        ["account", "toan_quyen", "", '{"access": 512, "is_role": true}'],
        ["account", "PUBLIC", "", '{"access": 0, "is_role": true}'],
        ["member", "bennua", "localhost", "toan_quyen"],
    ]
    told = mariadb.parse_server_state(rows)
    (portal,) = [one for one in told["accounts"] if one["user"] == "bennua"]
    assert portal["global_privileges"] == []
    assert portal["roles"] == [{"name": "toan_quyen", "global_privileges": ["FILE"]}]
    assert portal["reaches_everything"]


@pytest.mark.parametrize(
    ("names", "reaches"),
    [
        (["PROCESS"], False),
        (["SELECT", "LOCK TABLES"], False),
        (["SELECT"], True),
        (["FILE"], True),
        (["GRANT OPTION"], True),
    ],
)
def test_what_reaches_everything(names: list[str], reaches: bool) -> None:
    assert mariadb._can_reach_data_of_every_site(set(names)) is reaches


def test_names_of_a_mask() -> None:
    assert mariadb.list_privileges_of_access_mask(1 << 9) == ["FILE"]
    assert mariadb.list_privileges_of_access_mask(2**64 - 1) == ["ALL PRIVILEGES", "GRANT OPTION"]
    assert mariadb.list_privileges_of_access_mask(1099511626751) == ["ALL PRIVILEGES"]


@pytest.mark.parametrize(
    ("version", "branch"),
    [
        ("11.8.9-MariaDB-0+deb13u1 from Debian", "11.8 in debian 13"),
        ("10.11.19-MariaDB-0+deb12u1", "10.11 in debian 12"),
        ("10.6.18-MariaDB-1:10.6.18+maria~deb11", "10.6"),
        ("10.6.22-MariaDB-0ubuntu0.22.04.1", "10.6"),
        ("8.0.43-0ubuntu0.24.04.1", "MySQL 8.0"),
    ],
)
def test_branches(version: str, branch: str) -> None:
    assert mariadb.get_server_release_branch(version) == branch


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--bind-address=127.0.0.1", "--bind_address=*"], {"bind_address": "*"}),
        (["--local-infile=OFF"], {"local_infile": False}),
        (["--local-infile=0", "--loose_local_infile"], {"local_infile": True}),
        (["--skip-local-infile"], {"local_infile": False}),
        (["--disable-symbolic-links"], {"symbolic_links": False}),
        (["--skip-symbolic-links=0"], {"symbolic_links": True}),
        (["--symbolic-links=FALSE"], {"symbolic_links": False}),
        (["--skip-grant-tables"], {"skip_grant_tables": True}),
        (["--skip-networking=0"], {"skip_networking": False}),
        (["--secure-file-priv=/srv/x", "--secure_file_priv="], {"secure_file_priv": ""}),
        (["--basedir=/usr", "nonsense", ""], {}),
    ],
)
def test_options_as_the_server_takes_them(arguments: list[str], expected: dict[str, Any]) -> None:
    assert mariadb.parse_server_options(arguments) == {**mariadb.AT_START, **expected}


# --- judging --------------------------------------------------------------------------------------------


def test_every_weakness_of_the_lab_host_is_found() -> None:
    facts = document(state("web1"))
    failing = {c.id for c in CATALOGUE.controls if finding(c.id.split(".")[1], facts).status.is_open}
    assert {
        "mariadb.bind_address",
        "mariadb.anonymous_user",
        "mariadb.test_database",
        "mariadb.wildcard_host",
        "mariadb.site_grants",
        "mariadb.local_infile",
    } <= failing
    assert not failing & {"mariadb.supported", "mariadb.root_remote", "mariadb.empty_password", "mariadb.error_log"}


def test_a_stock_debian_12_with_one_site_has_no_account_finding() -> None:
    facts = document(state("web2"))
    assert all(finding(name.split(".")[1], facts).status is Status.PASS for name in ACCOUNT_CONTROLS)


@pytest.mark.parametrize(
    ("variables", "next_start", "open_ports", "status"),
    [
        ({"bind_address": "127.0.0.1"}, {"bind_address": "127.0.0.1"}, (), Status.PASS),
        ({"bind_address": "127.0.0.1,::1"}, {"bind_address": "localhost"}, (), Status.PASS),
        ({"bind_address": "127.0.0.1"}, {"bind_address": "*"}, (), Status.FAIL),
        ({"bind_address": "127.0.0.1, 10.0.0.5"}, {"bind_address": "127.0.0.1"}, (), Status.FAIL),
        ({"bind_address": ""}, {}, (), Status.FAIL),
        ({"bind_address": ""}, {}, (3306,), Status.PASS),
        ({"bind_address": "", "skip_networking": True}, {"skip_networking": True}, (), Status.PASS),
    ],
)
def test_addresses(
    variables: dict[str, Any], next_start: dict[str, Any], open_ports: tuple[int, ...], status: Status
) -> None:
    told = state("web2")
    told["variables"].update(variables)
    facts = document(told, next_start={**mariadb.AT_START, **next_start})
    assert finding("bind_address", facts, open_ports).status is status


@pytest.mark.parametrize(
    ("version", "now", "status"),
    [
        ("11.8.9-MariaDB-0+deb13u1 from Debian", NOW, Status.PASS),
        ("11.8.9-MariaDB-0+deb13u1 from Debian", 1_910_000_000, Status.FAIL),
        ("10.6.22-MariaDB-1:10.6.22+maria~ubu2204", NOW, Status.FAIL),
        ("10.11.19-MariaDB-1:10.11.19+maria~ubu2204", NOW, Status.PASS),
        ("5.5.68-MariaDB", NOW, Status.FAIL),
        ("13.1.2-MariaDB", NOW, Status.PASS),
    ],
)
def test_support_by_date(version: str, now: int, status: Status) -> None:
    told = {**state("web2"), "version": version, "branch": mariadb.get_server_release_branch(version)}
    assert finding("supported", document(told), now=now).status is status


def test_encryption_matters_where_the_port_is_declared_open() -> None:
    told = state("web2")
    assert finding("remote_encrypted", document(told)).status is Status.NOT_APPLICABLE
    assert finding("remote_encrypted", document(told), (3306,)).status is Status.FAIL
    told["variables"]["require_secure_transport"] = True
    assert finding("remote_encrypted", document(told), (3306,)).status is Status.PASS


# --- closing ----------------------------------------------------------------------------------------------


def test_the_lab_host_is_closed_with_these_statements() -> None:
    done = plan(state("web1"))
    assert done.statements == [
        "DELETE FROM mysql.db WHERE User = '' AND Host = '%' AND Db = CONVERT(X'74657374' USING utf8mb3)",
        "FLUSH PRIVILEGES",
        "GRANT ALL PRIVILEGES ON `antruc\\_wp`.* TO 'antruc'@'localhost'",
        "REVOKE ALL PRIVILEGES ON *.* FROM 'antruc'@'localhost'",
        "GRANT ALL PRIVILEGES ON `antruc\\_wp`.* TO 'antruc'@'%'",
        "REVOKE ALL PRIVILEGES ON *.* FROM 'antruc'@'%'",
        "ALTER USER ''@'localhost' ACCOUNT LOCK",
        "ALTER USER 'antruc'@'%' ACCOUNT LOCK",
    ]
    assert done.left == []


def test_nothing_to_do_on_a_closed_server() -> None:
    assert plan(state("web2"), ()).statements == []


@pytest.mark.parametrize("word", ["DROP ", "SET PASSWORD", "IDENTIFIED"])
def test_nothing_is_dropped_and_no_secret_is_set(word: str) -> None:
    assert not any(word in statement for statement in plan(state("web1")).statements)


def with_accounts(*accounts: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = copy.deepcopy(state("web2"))
    return {**told, "accounts": [*told["accounts"], *accounts], **more}


def test_the_only_account_of_a_site_moves_with_its_password() -> None:
    done = plan(with_accounts(account("portal", "%")), ())
    assert done.statements == ["RENAME USER 'portal'@'%' TO 'portal'@'localhost'"]


def test_a_site_that_connects_by_address_is_followed_when_names_are_not_looked_up() -> None:
    told = with_accounts(account("portal", "%"))
    told["variables"]["skip_name_resolve"] = True
    users = ({**SITE, "user": "portal", "host": "127.0.0.1", "database": "portal"},)
    assert plan(told, users).statements == ["RENAME USER 'portal'@'%' TO 'portal'@'127.0.0.1'"]
    others = ({**users[0], "holds": False},)
    assert plan(told, others).statements == ["RENAME USER 'portal'@'%' TO 'portal'@'localhost'"]


@pytest.mark.parametrize(
    ("told", "reachable", "reason"),
    [
        (with_accounts(account("portal", "%")), True, "reachable"),
        (with_accounts(account("portal", "%", defines=True)), False, "views"),
        (
            with_accounts(account("portal", "%"), account("portal", "localhost", authentication="locked")),
            False,
            "locked",
        ),
    ],
)
def test_an_account_for_everywhere_is_left_where_moving_it_might_hurt(
    told: dict[str, Any], reachable: bool, reason: str
) -> None:
    done = plan(told, (), reachable)
    assert done.statements == []
    assert reason in done.left[0]["reason"]


def test_our_own_account_is_never_touched() -> None:
    told = with_accounts(account("root", "%", authentication="password"))
    assert fix.tighten(told, ("root", "%"), ACCOUNT_CONTROLS, (), False).statements == []
    assert plan(told, ()).statements == ["ALTER USER 'root'@'%' ACCOUNT LOCK"]


def test_an_empty_password_that_a_site_uses_is_left() -> None:
    told = with_accounts(account("antruc", "localhost", authentication="empty"))
    done = plan(told)
    assert done.statements == []
    assert done.left[0]["reason"].startswith("/a/wp-config.php names it")
    assert plan(told, ()).statements == ["ALTER USER 'antruc'@'localhost' ACCOUNT LOCK"]


def test_global_rights_become_no_more_than_the_same_rights_on_one_database() -> None:
    told = with_accounts(
        account("antruc", "localhost", global_privileges=["SELECT", "FILE", "GRANT OPTION"], reaches_everything=True),
        databases=["antruc_wp", "antruc"],
    )
    assert plan(told).statements == [
        "GRANT SELECT ON `antruc\\_wp`.* TO 'antruc'@'localhost'",
        "REVOKE ALL PRIVILEGES ON *.* FROM 'antruc'@'localhost'",
        "REVOKE GRANT OPTION ON *.* FROM 'antruc'@'localhost'",
    ]


def test_a_site_decides_nothing_about_an_account_that_it_only_names() -> None:
    told = with_accounts(
        account("portal", "localhost", global_privileges=["ALL PRIVILEGES"], reaches_everything=True),
        databases=["portal", "rac", "antruc_wp"],
    )
    named = {**SITE, "user": "portal", "database": "rac", "holds": False}
    assert plan(told, (named,)).statements[0] == "GRANT ALL PRIVILEGES ON `portal`.* TO 'portal'@'localhost'"
    assert plan(told, ({**named, "holds": True},)).statements[0].startswith("GRANT ALL PRIVILEGES ON `rac`.*")
    another = {**named, "holds": True, "database": "antruc_wp"}
    done = plan(told, (another, SITE))
    assert done.statements == []
    assert done.left[0]["reason"] == "which database is its own is not known"


def test_without_a_known_database_global_rights_stay_for_a_person() -> None:
    told = with_accounts(account("quantri", "localhost", global_privileges=["ALL PRIVILEGES"], reaches_everything=True))
    done = plan(told)
    assert done.statements == []
    assert done.left[0]["control"] == "mariadb.site_grants"


@pytest.mark.parametrize("name", ["x'; DROP DATABASE mysql; --", "a`b", "a\nb", "Ủy ban", 'a"b', "a\\"])
def test_names_that_could_be_more_than_names_are_left(name: str) -> None:
    told = with_accounts(
        account(name, "%"),
        account("portal", name),
        public_grants=[{"user": "PUBLIC", "host": "", "database": name + "'", "privileges": ["SELECT"]}],
    )
    done = plan(told, ())
    assert done.statements == []
    assert len(done.left) == 3


def test_a_hostile_database_name_cannot_be_granted_on() -> None:
    told = with_accounts(
        account("antruc", "localhost", global_privileges=["FILE"], reaches_everything=True), databases=["antruc`; DROP"]
    )
    assert plan(told, ({**SITE, "database": "antruc`; DROP"},)).statements == []


def test_settings_change_live_or_wait_for_a_restart() -> None:
    wanted = {"local_infile": "OFF", "bind_address": "127.0.0.1", "symbolic_links": "OFF"}
    statements, restart = fix.settings(state("web1")["variables"], wanted)
    assert statements == ["SET GLOBAL local_infile = OFF"]
    assert restart == ["bind_address", "symbolic_links"]
    assert fix.find_overruled({**mariadb.AT_START, "bind_address": "127.0.0.1", "symbolic_links": False}, wanted) == [
        "local_infile"
    ]
