"""How systemd confines the daemons of the web stack, and the drop-ins that have it do so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.luytre.daemons import confinement

from auditor.models import Status
from tests.unit.modules import load
from tests.unit.system_areas import facts, finding

drop_ins = load("roles/services/filter_plugins/services.py")
confined_start = load("roles/services/library/confined_start.py")

CONFINED = {
    **dict.fromkeys(confinement.SWITCHES, "yes"),
    "ProtectSystem": "full",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "SystemCallFilter": "~clock_settime init_module ioperm modify_ldt reboot swapon uselib",
    "CapabilityBoundingSet": "cap_chown cap_setuid",
}
STOCK = {
    **dict.fromkeys(confinement.SWITCHES, "no"),
    "SystemCallArchitectures": "",
    "ProtectSystem": "no",
    "RestrictAddressFamilies": "~",
    "SystemCallFilter": "~",
    "CapabilityBoundingSet": "cap_chown cap_sys_admin",
}
NGINX: dict[str, Any] = {
    "unit": "nginx.service",
    "lacks": ["PrivateTmp"],
    "in_force": True,
    "private_tmp": "no",
    "protect_system": "no",
    "families": [],
    "runs_code": False,
    "in_tmp": [],
    "writes": [],
}


def settings(**changes: Any) -> list[str]:
    (one,) = drop_ins.drop_ins([{**NGINX, **changes}])
    return list(confined_start.settings_of(one["content"]))


def test_what_a_unit_lacks_is_what_systemd_does_not_have() -> None:
    assert confinement.list_missing_unit_properties(CONFINED) == []
    assert sorted(confinement.list_missing_unit_properties(STOCK)) == sorted(STOCK)
    assert (
        confinement.list_missing_unit_properties({**CONFINED, "ProtectSystem": "strict", "PrivateTmp": "disconnected"})
        == []
    )


def test_lists_of_what_is_allowed_are_read_as_well_as_lists_of_what_is_denied() -> None:
    allowed = {"SystemCallFilter": "read write openat", "RestrictAddressFamilies": "none"}
    assert confinement.list_missing_unit_properties({**CONFINED, **allowed}) == []
    assert confinement.list_missing_unit_properties({**CONFINED, "SystemCallFilter": "read reboot"}) == [
        "SystemCallFilter"
    ]
    assert confinement.list_missing_unit_properties({**CONFINED, "SystemCallFilter": "~clock_settime"}) == [
        "SystemCallFilter"
    ]
    assert confinement.list_missing_unit_properties({**CONFINED, "RestrictAddressFamilies": "~AF_PACKET"}) == [
        "RestrictAddressFamilies"
    ]


def test_a_process_is_held_to_what_the_kernel_says_of_it(tmp_path: Path) -> None:
    def process(number: str, bounds: str, seccomp: int, mounts: str) -> None:
        (tmp_path / number / "ns").mkdir(parents=True)
        (tmp_path / number / "status").write_text(f"Name:\tnginx\nCapBnd:\t{bounds}\nSeccomp:\t{seccomp}\n")
        (tmp_path / number / "ns" / "mnt").symlink_to(mounts)

    process("1", "000001ffffffffff", 0, "mnt:[1]")
    process("10", "00000000a08cadff", 2, "mnt:[2]")
    process("11", "000001ffffffffff", 2, "mnt:[2]")
    process("12", "00000000a08cadff", 0, "mnt:[2]")
    process("13", "00000000a08cadff", 2, "mnt:[1]")
    held = {
        number: confinement.is_confinement_of_process_in_force(number, str(tmp_path))
        for number in ("10", "11", "12", "13", "14", "0", "")
    }
    assert held == {"10": True, "11": False, "12": False, "13": False, "14": False, "0": False, "": False}


def test_sockets_in_folders_for_temporary_files_count_where_somebody_listens() -> None:
    table = """Num       RefCount Protocol Flags    Type St Inode Path
0: 00000002 00000000 00010000 0001 01 1 /tmp/php.sock
0: 00000002 00000000 00010000 0001 01 2 /tmp/.X11-unix/X0
0: 00000003 00000000 00000000 0001 03 3 /tmp/spoken-through
0: 00000002 00000000 00010000 0001 01 4 /run/php/php.sock
0: 00000002 00000000 00010000 0001 01 5
0: 00000002 00000000 00010000 0001 01 6 /var/tmp/a b.sock
"""
    assert confinement.find_listening_sockets_in_tmp(table) == ["/tmp/php.sock", "/var/tmp/a b.sock"]  # noqa: S108


def test_of_folders_that_are_written_the_outermost_are_told() -> None:
    paths = {"/etc/wiki", "/etc/wiki/plugins", "/etc/wiki-old", "/usr/local/site/data"}
    assert confinement.select_outermost_paths(paths) == ["/etc/wiki-old", "/etc/wiki", "/usr/local/site/data"]


def test_apache_runs_code_by_modules_that_do(tmp_path: Path) -> None:
    (tmp_path / "proxy_fcgi.load").touch()
    assert not confinement.can_apache_run_site_code(str(tmp_path))
    (tmp_path / "php8.2.load").touch()
    assert confinement.can_apache_run_site_code(str(tmp_path))


# --- the drop-ins ----------------------------------------------------------------------------------------


def test_a_drop_in_leaves_nothing_lacking_that_is_looked_at() -> None:
    made = dict(line.split("=", 1) for line in settings())
    assert {name for name in confinement.SWITCHES if made[name] in ("", "no")} == set()
    assert {f"cap_{name.lower()}" for name in drop_ins.NEEDLESS} == confinement.CAPABILITIES
    assert confinement.parse_allowed_address_families(made["RestrictAddressFamilies"]) == list(drop_ins.FAMILIES)


def test_mail_sites_in_home_uploads_and_compiled_code_go_on() -> None:
    names = {line.partition("=")[0] for line in settings()}
    assert not names & {"NoNewPrivileges", "ProtectHome", "RestrictSUIDSGID", "MemoryDenyWriteExecute", "PrivateUsers"}
    assert "@mount" not in " ".join(settings())


def test_what_is_stricter_already_stays() -> None:
    kept = settings(private_tmp="disconnected", protect_system="strict", families=["AF_UNIX"])
    assert {"PrivateTmp=disconnected", "ProtectSystem=strict", "RestrictAddressFamilies=AF_UNIX"} <= set(kept)


def test_folders_that_sites_write_stay_theirs_and_odd_names_make_no_lines() -> None:
    made = settings(writes=["/etc/doku wiki", "/etc/x\nUser=root", "/etc/%h", '/etc/"'])
    assert [line for line in made if line.startswith("ReadWritePaths")] == ['ReadWritePaths="-/etc/doku wiki"']
    assert not any(line.startswith("User") for line in made)


def test_only_daemons_that_need_it_are_started_anew() -> None:
    done, waiting = {**NGINX, "lacks": []}, {**NGINX, "lacks": [], "in_force": False}
    assert drop_ins.drop_ins([done]) == []
    assert [one["dest"] for one in drop_ins.drop_ins([waiting])] == [
        "/etc/systemd/system/nginx.service.d/zz-luytre.conf"
    ]


def test_a_test_is_run_below_the_settings_and_vouched_as_without(monkeypatch: Any) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    def run(_self: Any, argv: list[str], at_stake: Any = (), **_options: Any) -> str:
        asked.append((argv, list(at_stake)))
        return ""

    monkeypatch.setattr(confined_start.AreaReader, "run", run)
    confined_start.ConfinedReading(["PrivateTmp=yes"], ["quantri"]).run(
        ["/usr/sbin/nginx", "-t"], at_stake=["/etc/nginx"]
    )
    ((argv, at_stake),) = asked
    assert argv[0] == "systemd-run"
    assert argv[-4:] == ["--property=PrivateTmp=yes", "--", "/usr/sbin/nginx", "-t"]
    assert at_stake == ["/usr/sbin/nginx", "/etc/nginx"]


# --- the control -----------------------------------------------------------------------------------------


def test_services_that_lack_something_or_were_not_started_since_fail() -> None:
    data = facts()
    assert finding("services.confinement", data).status is Status.PASS
    data["services"]["confinement"][0]["in_force"] = False
    assert finding("services.confinement", data).status is Status.PARTIAL
    for unit in data["services"]["confinement"]:
        unit["lacks"] = ["PrivateDevices"]
    assert finding("services.confinement", data).status is Status.FAIL
