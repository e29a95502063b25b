"""What stops a host or a change before anything is touched, on facts as hosts gave them with some of them changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.web import apache
from ansible.module_utils.luytre_guard.rollback_point import snapshot  # type: ignore[import-not-found]

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.hardening import plan
from auditor.hardening.plan import HostPlan
from auditor.hardening.safety import acceptance, preflight
from auditor.models import Host, Run, Site, Status, Text
from tests.unit import access, system_areas
from tests.unit import areas as areas_of_web
from tests.unit.on_host.collect.web.test_nginx import WORDPRESS, config
from tests.unit.on_host.collect.web.test_nginx import facts as nginx_facts
from tests.unit.on_host.collect.web.test_tls import certificate

Data = dict[str, Any]
NOW = access.NOW
CERTIFICATE = certificate(not_before=NOW - 86_400, not_after=NOW + 60 * 86_400)
HOST = Host(
    name="web1",
    address="10.213.47.11",
    automation_user="luytre",
    admins=("quantri",),
    trusted_networks=("10.213.47.0/24",),
    sites=(Site(domain="antruc.test", aliases=("www.antruc.test",), host="web1", server="nginx"),),
)
CONFINED = {
    **{key: [] for key in ("lacks", "families", "in_tmp", "writes")},
    **{"in_force": False, "private_tmp": "no", "protect_system": "no", "runs_code": False},
}
MARIADB = {
    **dict.fromkeys(("version", "branch", "variables", "next_start", "start_fault")),
    **{key: [] for key in ("accounts", "public_grants", "databases", "files", "histories")},
    **{"installed": True, "running": True, "test_database": False},
}
LOOSE = {
    **{"path": "/etc/mysql/conf.d/trap.cnf", "owner": "root", "group": "www-data", "mode": 0o664, "kind": "file"},
    **{"holds_password": False, "loose": True},
    "doubt": {
        **{"place": "/etc/mysql/conf.d/trap.cnf", "kind": "group", "name": "www-data"},
        **{"movable": True, "beginning": ["# trapped"]},
    },
}
CONNECTION = {"source": "10.213.47.1", "port": 22, "user": "luytre"}


@cache
def catalogue() -> Catalogue:
    return controls.load_catalogue()


def everything() -> list[str]:
    return [control.id for control in catalogue().controls if control.fix is not None]


@cache
def _of_nginx() -> Data:
    return nginx_facts(config("", a=WORDPRESS))


def facts() -> Data:
    """A hardened host of the lab, in the areas that matter here."""
    data = {**system_areas.facts(), **access.facts()}
    data["system"].update(connection=dict(CONNECTION), free_bytes=2 << 30)
    data["updates"] = areas_of_web.facts()["updates"]
    data["past_runs"] = {"armed": None, "runs": [{"run": "r-1", "state": "confirmed", "cause": "", "ended": NOW - 60}]}
    data["nginx"] = deepcopy(_of_nginx())
    data["apache"] = dict(apache.ABSENT)
    data["tls"] = {
        "certificates": [CERTIFICATE],
        "keys": [],
        "loose_keys": [],
        "weak_ciphers": [],
        "sound_curves": [],
        "renewals": [],
    }
    return data


def judged(
    *planned: str,
    host: Host = HOST,
    data: Data | None = None,
    collected_at: int = NOW,
    https: dict[str, Text] | None = None,
    accepted: Collection[str] | None = None,
    errors: dict[str, str] = {},  # noqa: B006  only read
    others: Collection[Host] = (),
) -> HostPlan:
    """The plan of a run in which these controls are open: as the facts have it, or else simply failed.

    All are accepted, unless told otherwise.
    """
    some = Catalogue(controls=tuple(catalogue()[control] for control in planned))
    typed = {name: load_fact_area_models()[name].model_validate(value) for name, value in (data or facts()).items()}
    known = HostFacts(
        collected_at,
        typed,
        {name: errors.get(name, "not read") for name in load_fact_area_models() if name not in typed},
        {},
    )
    findings = tuple(
        found if found.status.is_open else replace(found, status=Status.FAIL)
        for found in evaluate_host(some, host, known)
    )
    run = Run(
        id="r",
        started=datetime.fromtimestamp(NOW - 2, UTC).isoformat(),
        seconds=4,
        version="0",
        inventory="i",
        hosts=(host, *others),
        outcomes=(),
        findings=findings,
    )
    given = frozenset(planned if accepted is None else accepted)
    one, *_ = plan.make_hardening_plan(
        some, run, {host.name: known}, accepted_controls=given, outside=plan.OutsideFacts(https or {})
    ).hosts
    return one


def refused(*planned: str, **given: Any) -> str:
    found = judged(*planned, **given)
    assert found.refused is not None
    assert not found.changes
    return found.refused.en


def held(*planned: str, **given: Any) -> dict[str, str]:
    found = judged(*planned, **given)
    assert found.refused is None
    return {change.control: change.held.en for change in found.changes if change.held is not None}


def changed(change: Callable[[Data], Any]) -> Data:
    data = facts()
    change(data)
    return data


def keys(account: str, **how: Any) -> Callable[[Data], Any]:
    """The keys of an account, changed."""

    def change(data: Data) -> None:
        for key in data["accounts"]["keys"]:
            if key["account"] == account:
                key.update(how)

    return change


def test_everything_may_be_done_to_a_host_in_order() -> None:
    found = judged(*everything())
    assert found.refused is None
    assert not found.held_changes
    assert len(found.changes_to_be_made) == len(everything())


# --- the whole host --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collected_at", "said"),
    [
        (NOW + 303, "the host's clock is 5 minutes ahead of this machine's"),
        (NOW - 3_700, "the host's clock is 61 minutes behind this machine's"),
    ],
)
def test_a_clock_that_is_far_off(collected_at: int, said: str) -> None:
    assert said in refused("sudo.use_pty", collected_at=collected_at)


@pytest.mark.parametrize("collected_at", [NOW + 300, NOW - 300])
def test_a_clock_that_is_a_little_off(collected_at: int) -> None:
    assert not held("sudo.use_pty", collected_at=collected_at)


@pytest.mark.parametrize(("timer", "said"), [(True, "is in progress"), (False, "neither confirmed nor reverted")])
def test_another_run_is_open(timer: bool, said: str) -> None:
    armed = {"run": "20261124T101500Z-7f3a", "deadline": NOW + 90, "timer": timer}
    why = refused("sudo.use_pty", data=changed(lambda data: data["past_runs"].update(armed=armed)))
    assert "20261124T101500Z-7f3a" in why
    assert said in why


def test_no_room_for_a_snapshot() -> None:
    assert snapshot.MARGIN == preflight.SNAPSHOT_BYTES
    full = changed(lambda data: data["system"].update(free_bytes=preflight.SNAPSHOT_BYTES - 1))
    assert "23 MB left" in refused("sudo.use_pty", data=full)
    assert not held(
        "sudo.use_pty", data=changed(lambda data: data["system"].update(free_bytes=preflight.SNAPSHOT_BYTES))
    )


@pytest.mark.parametrize("source", ["203.0.113.9", "2001:db8::1", "nonsense"])
def test_the_firewall_would_shut_out_this_very_connection(source: str) -> None:
    elsewhere = changed(lambda data: data["system"]["connection"].update(source=source))
    assert f"from {source}" in refused("firewall.ssh_sources", data=elsewhere)
    assert not held("firewall.default_deny", data=elsewhere)
    assert not held("sudo.use_pty", data=elsewhere)


@pytest.mark.parametrize("source", ["10.213.47.200", "127.0.0.1", "fe80::1"])
def test_the_firewall_lets_this_connection_come_again(source: str) -> None:
    assert not held(
        "firewall.ssh_sources", data=changed(lambda data: data["system"]["connection"].update(source=source))
    )


def test_without_trusted_networks_ssh_is_open_to_all() -> None:
    elsewhere = changed(lambda data: data["system"]["connection"].update(source="203.0.113.9"))
    assert not held("firewall.ssh_sources", data=elsewhere, host=HOST.model_copy(update={"trusted_networks": ()}))


def test_a_change_that_is_not_accepted_shuts_out_nobody() -> None:
    elsewhere = changed(lambda data: data["system"]["connection"].update(source="203.0.113.9"))
    typed = {name: load_fact_area_models()[name].model_validate(value) for name, value in elsewhere.items()}
    fixes = {
        name: fix for name in ("firewall.ssh_sources", "sudo.use_pty") if (fix := catalogue()[name].fix) is not None
    }
    moment = datetime.fromtimestamp(NOW, UTC)
    waiting = acceptance.find_controls_awaiting_acceptance_or_window(fixes, HOST, None, frozenset(), moment)
    assert list(waiting) == ["firewall.ssh_sources"]
    left = {"sudo.use_pty": fixes["sudo.use_pty"]}
    case = preflight.PreflightInput(HOST, left, (), HostFacts(NOW, typed, {}, {}), moment, moment)
    assert preflight.find_objections(case) == preflight.Objections()


def test_the_port_in_use_would_be_closed() -> None:
    other = changed(lambda data: data["system"]["connection"].update(port=2222))
    assert "(2222)" in refused("firewall.default_deny", data=other)
    also = changed(
        lambda data: (data["system"]["connection"].update(port=2222), data["firewall"]["ssh"].update(ports=[22, 2222]))
    )
    assert not held("firewall.default_deny", data=also)


def by_xinetd(data: Data) -> None:
    listener = {"protocol": "tcp", "address": "*", "port": 22, "local": False, "process": "xinetd", "service": "ssh"}
    unneeded = {"service": "xinetd", "port": 0, "active": True, "enabled": True, "maskable": True}
    data["services"]["listeners"].append({**listener, "unit": "xinetd.service"})
    data["services"]["unneeded"].append({**unneeded, "unit": "xinetd.service"})


def test_the_service_that_takes_our_connections_would_be_stopped() -> None:
    assert "(22)" in refused("services.unneeded", data=changed(by_xinetd))
    assert not held("sudo.use_pty", data=changed(by_xinetd))


def test_a_service_at_another_port_may_be_stopped() -> None:
    def elsewhere(data: Data) -> None:
        by_xinetd(data)
        data["services"]["listeners"][-1]["port"] = 2323

    assert not held("services.unneeded", data=changed(elsewhere))


def test_our_own_account_would_lose_its_shell() -> None:
    """The inventory does not say which account is ours, so the control does not spare it."""
    ours = {"name": "trienkhai", "uid": 990, "human": False}

    def change(data: Data) -> None:
        data["accounts"]["users"].append({**data["accounts"]["users"][0], **ours})
        data["system"]["connection"]["user"] = "trienkhai"

    undeclared = HOST.model_copy(update={"automation_user": None})
    assert "accounts.system_shells would take rights from trienkhai" in refused(
        "accounts.system_shells", data=changed(change), host=undeclared
    )
    assert not held(
        "accounts.system_shells", data=changed(change), host=HOST.model_copy(update={"automation_user": "trienkhai"})
    )


def test_our_own_home_may_be_closed_to_others() -> None:
    mode = {"path": "/home/luytre", "owner": "luytre", "group": "luytre", "mode": 0o755, "kind": "dir", "doubt": None}
    home = {**mode, "account": "luytre", "served": False, "open": True, "used_by": []}
    found = changed(lambda data: data["accounts"]["homes"].append(home))
    assert not held("accounts.home_modes", data=found)


def without_password(account: str) -> Callable[[Data], Any]:
    def change(data: Data) -> None:
        for user in data["accounts"]["users"]:
            if user["name"] == account:
                user["password"] = "empty"  # noqa: S105  a state

    return change


def test_our_own_account_would_lose_its_only_way_in() -> None:
    both = changed(lambda data: (without_password("luytre")(data), keys("luytre", fingerprint="")(data)))
    assert "accounts.empty_password would take rights from luytre" in refused("accounts.empty_password", data=both)
    assert not held("accounts.empty_password", data=changed(without_password("luytre")))


def test_sudo_would_be_taken_from_our_own_account() -> None:
    """No such control is automated today; one that becomes so must find the door shut."""
    nopasswd = catalogue()["sudo.nopasswd"]
    armed = nopasswd.model_copy(update={"fix": catalogue()["sudo.use_pty"].fix})
    undeclared = HOST.model_copy(update={"automation_user": None})
    typed = {name: load_fact_area_models()[name].model_validate(value) for name, value in facts().items()}
    known = HostFacts(NOW, typed, {}, {})
    moment = datetime.fromtimestamp(NOW, UTC)
    for host, expected in ((undeclared, True), (HOST, False)):
        findings = evaluate_host(Catalogue(controls=(armed,)), host, known)
        assert armed.fix is not None
        case = preflight.PreflightInput(host, {armed.id: armed.fix}, findings, known, moment, moment)
        why = preflight.find_objections(case).refusal
        assert (why is not None and "sudo.nopasswd would take rights from luytre" in why.en) is expected


@pytest.mark.parametrize(
    "lacking",
    [
        keys("luytre", fingerprint="", type="link"),
        keys("luytre", closed=False),
        lambda data: access.offered(data, allowusers=["quantri@10.*"]),
        lambda data: access.offered(data, pubkeyauthentication="no"),
    ],
)
def test_our_own_account_has_no_key_that_works(lacking: Callable[[Data], Any]) -> None:
    assert "ssh.password_auth would lock out luytre" in refused("ssh.password_auth", data=changed(lacking))
    assert not held("ssh.x11_forwarding", data=changed(lacking))


@pytest.mark.parametrize(
    "enough",
    [
        keys("luytre", restricted=True),
        lambda data: access.offered(data, allowusers=["luy*", "quantri"]),
    ],
)
def test_our_own_account_has_a_key_that_works(enough: Callable[[Data], Any]) -> None:
    assert not held("ssh.password_auth", "ssh.root_login", "ssh.strict_modes", data=changed(enough))


def test_strict_modes_would_refuse_our_own_key() -> None:
    def loose(data: Data) -> None:
        access.offered(data, strictmodes="no")
        keys("luytre", closed=False)(data)

    assert "ssh.strict_modes would lock out luytre" in refused("ssh.strict_modes", data=changed(loose))
    assert not held("ssh.password_auth", data=changed(loose))

    def by_password(data: Data) -> None:
        loose(data)
        keys("luytre", fingerprint="")(data)

    assert not held("ssh.strict_modes", data=changed(by_password))


def test_the_inventory_gives_us_a_password() -> None:
    by_password = HOST.model_copy(update={"by_password": True})
    assert "the inventory has a password" in refused("ssh.password_auth", host=by_password)
    assert not held("ssh.root_login", host=by_password)


def test_root_that_comes_in_without_a_key() -> None:
    as_root = HOST.model_copy(update={"automation_user": "root"})
    data = changed(lambda data: data["system"]["connection"].update(user="root"))
    assert "ssh.root_login would lock out root" in refused("ssh.root_login", data=data, host=as_root)
    assert not held("ssh.root_login")


@pytest.mark.parametrize(("account", "refusing"), [("luytre", 2), ("root", 0), (None, 0)])
def test_root_loses_no_rights_that_a_control_takes_from_accounts(
    account: str | None, refusing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "_has_key_that_opens_account", lambda *_: False)
    case: Any = SimpleNamespace(
        own_account=account,
        select_planned_controls_by_effects=lambda *_: (),
        iter_planned_controls_violated_by_account=lambda area, _account: iter([f"{area}.x"]),
    )
    assert len(list(preflight._refuse_loss_of_own_account_rights(case))) == refusing


def test_all_reasons_are_told_at_once() -> None:
    both = changed(lambda data: data["system"].update(free_bytes=0, machine_panels=["Plesk"]))
    assert refused("sudo.use_pty", data=both).count("; ") == 1


# --- single changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lacking",
    [
        keys("quantri", fingerprint=""),
        keys("quantri", restricted=True),
        keys("quantri", closed=False),
    ],
)
def test_an_administrator_without_a_key_keeps_the_password(lacking: Callable[[Data], Any]) -> None:
    found = held("ssh.password_auth", "ssh.root_login", "ssh.x11_forwarding", data=changed(lacking))
    assert list(found) == ["ssh.password_auth"]
    assert "lock out quantri (a declared administrator" in found["ssh.password_auth"]
    assert "--accept ssh.password_auth:quantri" in found["ssh.password_auth"]


@pytest.mark.parametrize(
    "shut",
    [{"allowusers": ["luytre"]}, {"allowgroups": ["luytre"]}, {"denyusers": ["quan*"]}, {"denygroups": ["quantri"]}],
)
def test_an_administrator_whom_sshd_does_not_let_in_loses_nothing(shut: Data) -> None:
    data = changed(lambda data: (access.offered(data, **shut), keys("quantri", fingerprint="")(data)))
    assert not held("ssh.password_auth", data=data)


def test_an_administrator_who_has_no_account_here_loses_nothing() -> None:
    assert not held("ssh.password_auth", host=HOST.model_copy(update={"admins": ("quantri", "nguoimoi")}))


def test_root_as_a_declared_administrator() -> None:
    host = HOST.model_copy(update={"admins": ("root",)})
    data = changed(lambda data: access.offered(data, permitrootlogin="yes"))
    assert list(held("ssh.password_auth", "ssh.root_login", data=data, host=host)) == [
        "ssh.password_auth",
        "ssh.root_login",
    ]
    assert not held("ssh.password_auth", host=host)


def test_strict_modes_would_refuse_an_administrators_key() -> None:
    def loose(data: Data) -> None:
        access.offered(data, strictmodes="no")
        keys("quantri", closed=False)(data)

    assert list(held("ssh.strict_modes", "ssh.password_auth", data=changed(loose))) == ["ssh.strict_modes"]


def test_an_administrator_whose_empty_password_is_the_only_way_in() -> None:
    def only_so(data: Data) -> None:
        without_password("quantri")(data)
        keys("quantri", fingerprint="")(data)
        access.offered(data, permitemptypasswords="yes")

    both = changed(only_so)
    assert list(held("accounts.empty_password", data=both)) == ["accounts.empty_password"]
    assert not held("accounts.empty_password", data=changed(without_password("quantri")))


def came(*seen: Data, **more: Any) -> Callable[[Data], Any]:
    """Who came in of late."""
    return lambda data: data.update(ways=access.ways(*seen, **more))


@pytest.mark.parametrize(
    ("way", "offered", "said"),
    [
        (access.way("hanh", "password"), {}, "hanh (from 10.0.0.9, by password, last on "),
        (access.way("quantri", "password"), {}, "quantri (from 10.0.0.9, by password"),
        (
            access.way("quantri", "publickey", "password"),
            {"authenticationmethods": ["publickey,password"]},
            "quantri (from 10.0.0.9, by key + password",
        ),
        (
            access.way("quantri", "keyboard-interactive"),
            {"authenticationmethods": ["publickey,keyboard-interactive:pam"], "kbdinteractiveauthentication": "yes"},
            "by password or code asked for",
        ),
        (access.way("hanh", source="2001:db8::7"), {}, "hanh (from 2001:db8::7, nobody knows by what"),
    ],
)
def test_who_came_in_of_late_keeps_the_way(way: Data, offered: Data, said: str) -> None:
    def seen(data: Data) -> None:
        data["accounts"]["users"].append({**data["accounts"]["users"][0], "name": "hanh", "uid": 1005, "human": True})
        came(way)(data)
        for offer in data["ways"]["offers"]:
            if (offer["account"], offer["source"]) == (way["account"], way["source"]):
                offer["settings"].update(offered)

    found = held("ssh.password_auth", "ssh.x11_forwarding", data=changed(seen))
    assert list(found) == ["ssh.password_auth"]
    assert said in found["ssh.password_auth"]
    accepted = HOST.model_copy(update={"accept": (f"ssh.password_auth:{way['account']}",)})
    assert not held("ssh.password_auth", data=changed(seen), host=accepted)
    other = HOST.model_copy(update={"accept": ("ssh.password_auth", "ssh.password_auth:khac")})
    assert held("ssh.password_auth", data=changed(seen), host=other)


@pytest.mark.parametrize(
    "way",
    [
        access.way("quantri", "publickey"),
        access.way("quantri", "publickey", certificate=True),
        access.way("root", "publickey", source="2001:db8::7"),
    ],
)
def test_who_comes_in_by_a_key_loses_nothing(way: Data) -> None:
    assert not held("ssh.password_auth", "ssh.root_login", "ssh.strict_modes", data=changed(came(way)))


def test_what_was_seen_counts_for_more_than_what_the_files_say() -> None:
    """Groups and passwords of a directory, a key's file that looks open to others."""

    def odd(data: Data) -> None:
        came(access.way("quantri", "publickey", "password", key="SHA256:khac"))(data)
        keys("quantri", closed=False)(data)
        for offer in data["ways"]["offers"]:
            if offer["source"] == "10.0.0.9":
                offer["settings"].update(authenticationmethods=["publickey,password"], allowgroups=["thu-muc"])
        next(user for user in data["accounts"]["users"] if user["name"] == "quantri")["password"] = "locked"  # noqa: S105
        data["ways"]["second_factors"] = ["pam_sss.so"]

    assert "quantri (from 10.0.0.9" in held("ssh.password_auth", data=changed(odd))["ssh.password_auth"]


def test_who_has_moved_from_a_password_to_a_key_loses_nothing() -> None:
    before, since = access.way("quantri", "password"), access.way("quantri", "publickey", last=NOW)
    assert not held("ssh.password_auth", data=changed(came(before, since)))
    assert held("ssh.password_auth", data=changed(came(before, {**since, "source": "10.0.0.10"})))
    assert held("ssh.password_auth", data=changed(came(before, {**since, "claimed": True})))
    assert held("ssh.password_auth", data=changed(came(before, {**since, "last": NOW - 30 * access.DAY})))


def test_a_way_that_one_port_alone_offers() -> None:
    def match(data: Data) -> None:
        came(access.way("quantri", "password"), ports=(22, 2222))(data)
        for offer in data["ways"]["offers"]:
            offer["settings"]["passwordauthentication"] = "yes" if offer["port"] == 2222 else "no"

    assert "quantri" in held("ssh.password_auth", data=changed(match))["ssh.password_auth"]


def test_root_who_comes_in_by_a_password() -> None:
    def root(data: Data) -> None:
        came(access.way("root", "password"))(data)
        access.offered(data, permitrootlogin="yes")

    assert list(held("ssh.root_login", data=changed(root))) == ["ssh.root_login"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_way_through_a_daemon_of_its_own_is_lost_only_where_that_reads_our_settings(ours: bool) -> None:
    def sftp(data: Data) -> None:
        came(access.way("quantri", "password"), ports=(22, 2200))(data)
        for offer in data["ways"]["offers"]:
            apart = offer["port"] == 2200
            offer["settings"]["passwordauthentication"] = "yes" if apart else "no"
            offer["ours"] = ours or not apart

    assert ("quantri" in str(held("ssh.password_auth", data=changed(sftp)))) is ours


def test_what_goes_on_through_this_host_keeps_its_way() -> None:
    tunnel = {"account": "quantri", "source": "10.0.0.9", "to": "10.0.0.20:22", "live": True, "last": NOW}
    through = changed(came(forwarded=(tunnel,)))
    found = held("ssh.tcp_forwarding", "ssh.password_auth", data=through)
    assert list(found) == ["ssh.tcp_forwarding"]
    assert "quantri (from 10.0.0.9, on through this host to 10.0.0.20:22" in found["ssh.tcp_forwarding"]
    assert "--accept ssh.tcp_forwarding:quantri" in found["ssh.tcp_forwarding"]


def test_who_comes_from_outside_of_the_trusted_networks() -> None:
    seen = changed(came(access.way("quantri", "publickey"), access.way("luytre", "publickey", source="10.213.47.1")))
    assert "quantri (from 10.0.0.9, by key" in held("firewall.ssh_sources", data=seen)["firewall.ssh_sources"]


def test_what_sshd_could_not_be_asked_counts_as_lost() -> None:
    seen = changed(came(access.way("quantri", "password")))
    seen["ways"]["offers"] = [one for one in seen["ways"]["offers"] if one["source"] != "10.0.0.9"]
    assert "quantri" in held("ssh.password_auth", data=seen)["ssh.password_auth"]


def test_where_no_record_is_kept_anybody_may_have_come_in() -> None:
    silent = changed(lambda data: data["ways"].update(recorded=False))
    found = held("ssh.password_auth", "ssh.root_login", "ssh.strict_modes", data=silent)
    assert list(found) == ["ssh.password_auth"]
    assert "records here do not show who logged in" in found["ssh.password_auth"]
    assert not held("ssh.password_auth", data=silent, host=HOST.model_copy(update={"accept": ("ssh.password_auth:*",)}))


def test_what_is_accepted_is_told_beforehand() -> None:
    host = HOST.model_copy(update={"accept": ("ssh.password_auth:quantri",)})
    (change,) = judged(
        "ssh.password_auth", host=host, data=changed(came(access.way("quantri", "password")))
    ).changes_to_be_made
    assert change.note is not None
    assert "as accepted, would lock out quantri (from 10.0.0.9" in change.note.en
    assert change.locks_out == ("ssh.password_auth:quantri",)


def test_our_own_way_is_the_one_that_the_record_tells() -> None:
    def by_password(data: Data) -> None:
        mine = access.way("luytre", "password", source="10.213.47.1")
        came(mine)(data)
        data["ways"]["own"] = mine
        next(user for user in data["accounts"]["users"] if user["name"] == "luytre")["password"] = "usable"  # noqa: S105

    assert "luytre@10.213.47.1:22" in refused("ssh.password_auth", data=changed(by_password))

    def by_certificate(data: Data) -> None:
        keys("luytre", fingerprint="")(data)
        mine = access.way("luytre", "publickey", source="10.213.47.1", certificate=True)
        came(mine)(data)
        data["ways"]["own"] = mine

    assert not held("ssh.password_auth", data=changed(by_certificate))


def test_nobody_who_administers_has_a_key() -> None:
    host = HOST.model_copy(update={"admins": ()})
    data = changed(lambda data: data["sudo"].update(grants=[]))
    assert list(held("ssh.password_auth", "ssh.root_login", data=data, host=host)) == [
        "ssh.password_auth",
        "ssh.root_login",
    ]


@pytest.mark.parametrize("area", ["accounts", "sudo"])
def test_nobody_knows_who_would_be_locked_out(area: str) -> None:
    found = held("ssh.password_auth", "ssh.x11_forwarding", data=changed(lambda data: data.pop(area)))
    assert list(found) == ["ssh.password_auth"]
    assert "could not be read" in found["ssh.password_auth"]


def test_another_firewall_is_in_charge() -> None:
    ufw = changed(lambda data: data["firewall"].update(managers=["ufw"], others_deny=False))
    assert list(held("firewall.boot", "sudo.use_pty", data=ufw)) == ["firewall.boot"]
    assert not held(
        "firewall.boot", data=changed(lambda data: data["firewall"].update(managers=["ufw"], others_deny=True))
    )


def test_what_its_daemon_cannot_test_first_is_held_unless_the_run_mends_that() -> None:
    why = "nginx was not run as root: /srv/www/log can be changed by user www-data"
    data = changed(lambda data: data["nginx"].update(untold={"config_ok": why}))
    found = held("nginx.server_tokens", "sudo.use_pty", data=data)
    assert list(found) == ["nginx.server_tokens"]
    assert "/srv/www/log can be changed by user www-data" in found["nginx.server_tokens"]
    assert not held("nginx.server_tokens", "nginx.file_modes", data=data)


@pytest.mark.parametrize(("unit", "there"), [("mariadb.service", True), ("nginx.service", False)])
def test_a_daemon_that_cannot_be_tried_first_is_not_confined(unit: str, there: bool) -> None:
    why = "mariadbd was not run as root: /etc/mysql/conf.d/trap.cnf can be changed by group www-data"

    def loose(data: Data) -> None:
        data["mariadb"] = {**MARIADB, "files": [LOOSE], "untold": {"start_fault": why}}
        data["services"]["confinement"] = [{**CONFINED, "unit": unit}]

    found = held("services.confinement", data=changed(loose))
    assert list(found) == (["services.confinement"] if there else [])
    assert all("/etc/mysql/conf.d/trap.cnf can be changed by group www-data" in why for why in found.values())
    both = ("services.confinement", "mariadb.file_modes")
    assert not held(*both, data=changed(loose)), "closed before, in the same run"
    unread = held(*both, data=changed(loose), accepted=["services.confinement"])
    assert set(unread) == {*found, "mariadb.file_modes"}, "nobody has looked at the file, so it is not closed"


def test_php_that_is_not_run_as_root_is_not_confined() -> None:
    def with_php(data: Data) -> None:
        data["services"]["confinement"] = [{**CONFINED, "unit": "php8.2-fpm.service"}]

    why = "php-fpm8.2 was not run as root: /etc/php/8.2/fpm/pool.d/x.conf can be changed by everybody"
    found = held("services.confinement", data=changed(with_php), errors={"php_fpm": why})
    assert "pool.d/x.conf can be changed by everybody" in found["services.confinement"]
    assert not held("services.confinement", data=changed(with_php), errors={"php_fpm": "took longer than its time"})


def test_what_needs_a_daemon_that_would_not_start_as_it_is_is_held_with_its_fault() -> None:
    fault = "nginx: [emerg] unknown directive"
    data = changed(lambda data: data["nginx"].update(config_ok=False, config_message=fault))
    found = held("nginx.server_tokens", "sudo.use_pty", data=data)
    assert list(found) == ["nginx.server_tokens"]
    assert fault in found["nginx.server_tokens"]


@pytest.mark.parametrize(
    ("state", "said"), [({"busy": True}, "installing software"), ({"unfinished": ["nginx"]}, "dpkg --configure -a")]
)
def test_no_package_can_be_installed(state: Data, said: str) -> None:
    data = changed(lambda data: data["updates"].update(state))
    found = held("time.synchronised_daemon", "updates.security_pending", "sudo.use_pty", data=data)
    assert list(found) == ["time.synchronised_daemon", "updates.security_pending"]
    assert all(said in why for why in found.values())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"not_after": NOW - 1}, "out of date"),
        ({"not_before": NOW + 86_400}, "out of date"),
        ({"names": ["khac.test"]}, "another name"),
        ({"self_signed": True}, "self-signed"),
        ({"path": "/khac.crt"}, "no certificate"),
    ],
)
def test_nobody_is_sent_to_an_https_that_fails(fault: Data, said: str) -> None:
    data = changed(lambda data: data["tls"].update(certificates=[{**CERTIFICATE, **fault}]))
    found = held("tls.redirect", "tls.protocols", data=data)
    assert list(found) == ["tls.redirect"]
    assert said in found["tls.redirect"]


def test_nobody_is_sent_to_an_https_that_failed_when_it_was_tried_from_here() -> None:
    fault = Text(vi="chứng thư không được tin cậy", en="certificate not trusted")
    found = held("tls.redirect", "tls.protocols", https={"antruc.test": fault, "khac.test": fault})
    assert found == {"tls.redirect": "certificate not trusted"}


def test_a_site_whose_https_fails_holds_up_no_other() -> None:
    other = Site(domain="khac.test", host="web1", server="nginx")
    found = judged("tls.redirect", host=HOST.model_copy(update={"sites": (*HOST.sites, other)}))
    assert [(change.sites, change.held is None) for change in found.changes] == [
        (("antruc.test",), True),
        (("khac.test",), False),
    ]


def test_what_is_sent_on_to_containers_keeps_the_forwarding_of_packets() -> None:
    sent = {"family": "ip", "protocol": "tcp", "port": 8088, "target": "172.17.0.2:80"}
    found = held("kernel.forwarding", data=changed(lambda data: data["firewall"].update(published=[sent])))
    assert "port 8088 → 172.17.0.2:80" in found["kernel.forwarding"]


def test_a_certificate_for_all_names_below_a_domain() -> None:
    assert not held(
        "tls.redirect",
        data=changed(lambda data: data["tls"].update(certificates=[{**CERTIFICATE, "names": ["*.test"]}])),
    )
