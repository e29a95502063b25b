"""Kernel settings as systemd-sysctl would apply them, and as the kernel combines them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.module_utils.luytre.parsers import sysctl_values
from ansible.module_utils.luytre.system import kernel
from ansible.module_utils.luytre_shared.os.area_reader import MAX_OUTPUT, AreaReader

from auditor.models import Status
from tests.unit.access import filters, role
from tests.unit.system_areas import facts, finding

RP = "net.ipv4.conf.{}.rp_filter"


def boot(*files: tuple[str, str]) -> list[tuple[dict[str, object], list[object]]]:
    return [kernel.parse_boot_sysctl_settings(list(files))]


def test_a_later_file_wins_and_the_last_line_within() -> None:
    settings = boot(
        ("/etc/sysctl.d/10-a.conf", "kernel.sysrq = 1\n"),
        ("/etc/sysctl.d/99-b.conf", "kernel.sysrq=0\nkernel/sysrq=16\n"),
    )
    assert kernel.find_sysctl_boot_value("kernel.sysrq", settings) == (16, "/etc/sysctl.d/99-b.conf")


def test_an_exact_key_wins_over_a_later_pattern_and_may_be_taken_out_of_it() -> None:
    settings = boot(
        ("/usr/lib/sysctl.d/50-default.conf", "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n"),
        ("/etc/sysctl.d/60-x.conf", "net.ipv4.conf.eth0.rp_filter = 1\n"),
        ("/etc/sysctl.d/70-y.conf", "net.ipv4.conf.*.rp_filter = 0\n"),
    )
    assert kernel.find_sysctl_boot_value(RP.format("eth0"), settings) == (1, "/etc/sysctl.d/60-x.conf")
    assert kernel.find_sysctl_boot_value(RP.format("eth1"), settings) == (0, "/etc/sysctl.d/70-y.conf")
    assert kernel.find_sysctl_boot_value(RP.format("all"), settings) == (None, None)


def test_interfaces_with_dots_are_written_with_slashes() -> None:
    settings = boot(("/etc/sysctl.d/60-x.conf", "net/ipv4/conf/eth0.10/rp_filter = 1\n"))
    assert kernel.find_sysctl_boot_value(RP.format("eth0/10"), settings)[0] == 1


@pytest.mark.parametrize(
    "text", ["", "# kernel.sysrq = 1", "; kernel.sysrq = 1", "kernel.sysrq", "= 1", "kernel.sysrq = often"]
)
def test_lines_that_set_nothing(text: str) -> None:
    assert kernel.find_sysctl_boot_value("kernel.sysrq", boot(("/etc/sysctl.d/1.conf", text)))[0] is None


@pytest.mark.parametrize(
    ("rule", "own", "every", "forwarding", "value"),
    [
        ("or", 0, 1, 0, 1),
        ("or", 1, 0, 0, 1),
        ("and", 1, 0, 0, 0),
        ("and", 1, 1, 0, 1),
        ("max", 0, 2, 0, 2),
        ("min", 0, -1, 0, -1),
        ("own", 2, 0, 0, 2),
        ("redirects", 1, 0, 0, 1),
        ("redirects", 1, 0, 1, 0),
    ],
)
def test_what_the_kernel_makes_of_all_and_one(rule: str, own: int, every: int, forwarding: int, value: int) -> None:
    assert kernel.combine_interface_and_all_values(rule, own, every, forwarding) == value


def test_an_interface_that_no_file_names_keeps_what_it_has_at_boot() -> None:
    live = {
        "net.ipv4.conf.all.log_martians": 0,
        "net.ipv4.conf.eth0.log_martians": 1,
        "net.ipv4.ip_forward": 0,
        "net.ipv4.conf.lo.log_martians": 0,
    }
    found = kernel.describe_interface_sysctls(live, boot())
    assert [(each["interface"], each["when"], each["value"]) for each in found] == [
        ("eth0", "now", 1),
        ("eth0", "boot", 1),
    ]


def test_ipv6_settings_of_an_interface_without_ipv6_do_not_count() -> None:
    live = {"net.ipv6.conf.eth0.accept_ra": 1, "net.ipv6.conf.all.disable_ipv6": 1}
    assert kernel.describe_interface_sysctls(live, boot()) == []


def test_only_an_install_command_that_loads_nothing_blocks() -> None:
    text = "install cramfs /bin/false\ninstall udf /usr/bin/true\nblacklist hfs\ninstall sctp /sbin/modprobe --ignore-install sctp\n"
    assert kernel.list_blocked_kernel_modules(text) == {"cramfs", "udf"}


def test_a_kernel_with_drivers_of_all_devices_is_read_to_its_last_line(tmp_path: Path) -> None:
    program, alias = tmp_path / "modprobe", "alias pci:v00008086d00000416sv*sd*bc*sc*i* e1000e\n"
    program.write_text(
        f"#!/bin/sh\nyes '{alias.strip()}' | head -n {MAX_OUTPUT // len(alias) + 1000}\necho install cramfs /bin/false\n"
    )
    program.chmod(0o755)

    class OfAllDevices(AreaReader):
        def find_program(self, _program: str) -> str:
            return str(program)

        def require_trusted_program(self, *_judged: object) -> None:
            pass

    found = {one["name"]: one["blocked"] for one in kernel.describe_unneeded_kernel_modules(OfAllDevices({}, 60))}
    assert [name for name, blocked in found.items() if blocked] == ["cramfs"]


def test_a_value_as_strict_as_the_roles_stays() -> None:
    lines = filters("kernel").lines
    settings = [
        {"control": "kernel.ptrace", "key": "kernel/yama/ptrace_scope", "keep": [1, 2, 3], "value": 1},
        {"control": "kernel.rp_filter", "key": "net/ipv4/conf/*/rp_filter", "keep": [1, 2], "value": "1"},
        {"control": "kernel.sysrq", "key": "kernel/sysrq", "keep": [0], "value": 0},
    ]
    live = {
        "kernel/yama/ptrace_scope": 3,
        "net/ipv4/conf/all/rp_filter": 0,
        "net/ipv4/conf/eth0/rp_filter": 2,
        "net/ipv4/conf/lo/rp_filter": 0,
        "kernel/sysrq": 438,
    }
    wanted = lines(settings, ["kernel.ptrace", "kernel.rp_filter"], live)
    assert {line["key"]: line["value"] for line in wanted} == {
        "kernel/yama/ptrace_scope": 3,
        "net/ipv4/conf/all/rp_filter": 1,
        "net/ipv4/conf/eth0/rp_filter": 2,
    }
    assert [line["key"] for line in filters("kernel").select_pending(wanted, live)] == ["net/ipv4/conf/all/rp_filter"]


SYNCOOKIES = {"control": "kernel.syncookies", "key": "net/ipv4/tcp_syncookies", "keep": [1, 2], "value": 1}
FORWARDING = {"control": "kernel.forwarding", "key": "net/ipv4/ip_forward", "keep": [0], "value": 0}


@pytest.mark.parametrize(("value", "written"), [(1, [("kernel.persisted", 1)]), (0, [])])
def test_only_what_is_right_is_written_down_as_it_is(value: int, written: list[tuple[str, int]]) -> None:
    live = {"net/ipv4/tcp_syncookies": value, "net/ipv4/ip_forward": 1}
    lines = filters("kernel").lines([SYNCOOKIES, FORWARDING], ["kernel.persisted"], live)
    assert [(line["control"], line["value"]) for line in lines] == written
    assert filters("kernel").lines([SYNCOOKIES, FORWARDING], [], live) == []


def test_the_collector_and_the_role_call_the_same_values_right() -> None:
    settings = yaml.safe_load((role("kernel") / "defaults/main.yml").read_text("utf-8"))["kernel_settings"]
    kept = {one["key"].replace("/", "."): tuple(one["keep"]) for one in settings}
    assert kept == sysctl_values.RIGHT


def test_what_is_right_and_in_no_file() -> None:
    live = {
        "net.ipv4.tcp_syncookies": 1,
        "kernel.sysrq": 438,
        "net.ipv4.conf.all.rp_filter": 2,
        "net.ipv4.conf.eth0.rp_filter": 2,
        "net.ipv4.tcp_rfc1337": 1,
        "kernel.dmesg_restrict": 1,
    }
    changeable = {key.replace(".", "/") for key in live} - {"kernel/dmesg_restrict"}
    settings = boot(("/etc/sysctl.d/60-x.conf", "net.ipv4.tcp_rfc1337 = 1\n"))
    assert kernel.find_right_values_set_by_no_file(live, settings, changeable) == [
        {"key": "net.ipv4.conf.all.rp_filter", "value": 2},
        {"key": "net.ipv4.tcp_syncookies", "value": 1},
    ]
    data = facts()
    data["kernel"]["unwritten"] = [{"key": "net.ipv4.tcp_syncookies", "value": 1}]
    assert finding("kernel.persisted", data).status is Status.FAIL


def test_addresses_made_of_advertisements() -> None:
    data = facts()
    one = {"setting": "ipv6.autoconf", "interface": "eth0", "when": "now", "value": 1, "file": None}
    data["kernel"]["interfaces"].append(one)
    assert finding("kernel.router_advertisements", data).status is Status.FAIL


@pytest.mark.parametrize(
    ("software", "status"), [([], Status.FAIL), (["chromium"], Status.NOT_APPLICABLE), (None, Status.NOT_APPLICABLE)]
)
def test_user_namespaces_stay_where_something_makes_them(software: list[str] | None, status: Status) -> None:
    data = facts()
    data["system"]["container"] = False
    if software is not None:
        for when in ("live", "boot"):
            data["kernel"][when]["kernel.unprivileged_userns_clone"] = 1
    data["kernel"]["userns_for"] = software or []
    assert finding("kernel.user_namespaces", data).status is status


@pytest.mark.parametrize(
    "control",
    [
        "forwarding",
        "redirects",
        "source_route",
        "rp_filter",
        "syncookies",
        "icmp_broadcast",
        "log_martians",
        "loopback",
        "persisted",
        "rfc1337",
        "router_advertisements",
    ],
)
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(f"kernel.{control}", facts()).status is Status.PASS


def test_right_now_and_wrong_after_the_next_boot_fails() -> None:
    data = facts()
    data["kernel"]["boot"]["net.ipv4.tcp_syncookies"] = 0
    assert finding("kernel.syncookies", data).status is Status.FAIL


def test_a_setting_that_is_not_there_is_no_pass() -> None:
    data = facts()
    data["kernel"]["live"].pop("kernel.yama.ptrace_scope", None)
    assert finding("kernel.ptrace", data).status is Status.NOT_EVALUATED


def test_what_depends_on_forwarding_is_left_alone() -> None:
    data = facts()
    data["kernel"]["forwarding_for"] = ["docker"]
    data["kernel"]["live"]["net.ipv4.ip_forward"] = 1
    assert finding("kernel.forwarding", data).status is Status.NOT_APPLICABLE


def test_a_container_has_no_kernel_of_its_own() -> None:
    data = facts()
    data["system"]["container"] = True
    assert finding("kernel.aslr", data).status is Status.NOT_APPLICABLE


def test_some_modules_blocked_is_partial() -> None:
    data = facts()
    data["kernel"]["modules"] = [
        {"name": "sctp", "available": True, "loaded": False, "blocked": True},
        {"name": "dccp", "available": True, "loaded": False, "blocked": False},
        {"name": "rds", "available": False, "loaded": False, "blocked": False},
    ]
    result = finding("kernel.unused_modules", data)
    assert (result.status, result.population) == (Status.PARTIAL, 2)


def test_what_ufw_sets_comes_after_all_else_and_only_where_ufw_is_on(tmp_path: Path) -> None:
    configuration, defaults, own = (tmp_path / name for name in ("ufw.conf", "ufw", "sysctl.conf"))
    own.write_text("net/ipv4/conf/all/log_martians=0\n")
    defaults.write_text(f'#IPT_SYSCTL=/x\nIPT_SYSCTL="{own}"\n')
    for on in ("no", "yes"):
        configuration.write_text(f"# ENABLED=yes\nENABLED={on}\n")
        found = kernel.list_ufw_sysctl_files(str(configuration), str(defaults))
        assert [path for path, _ in found] == ([str(own)] if on == "yes" else [])
    files = [("/etc/sysctl.d/zz-luytre.conf", "net/ipv4/conf/all/log_martians = 1\nkernel.sysrq = 0\n")]
    stages = [kernel.parse_boot_sysctl_settings(files), kernel.parse_boot_sysctl_settings(found)]
    assert kernel.find_sysctl_boot_value("net.ipv4.conf.all.log_martians", stages) == (0, str(own))
    assert kernel.find_sysctl_boot_value("kernel.sysrq", stages) == (0, "/etc/sysctl.d/zz-luytre.conf")
    assert kernel.list_ufw_sysctl_files("/absent", "/absent") == []


UFW = "# ufw\nnet/ipv4/conf/all/log_martians=0\r\n net.ipv4.conf.all.rp_filter = 1\nnet/ipv4/tcp_sack=1\nodd\n"
WANTED = [
    {"control": "kernel.log_martians", "key": "net/ipv4/conf/all/log_martians", "value": 1},
    {"control": "kernel.rp_filter", "key": "net/ipv4/conf/all/rp_filter", "value": 1},
]


def test_ufw_s_lines_that_say_otherwise_are_marked_out_and_come_back_when_that_is_no_longer_wanted() -> None:
    without = filters("kernel").mark_out_conflicts
    marked = without(UFW, WANTED)
    assert marked == UFW.replace(
        "net/ipv4/conf/all/log", "# Lũy Tre, see /etc/sysctl.d/zz-luytre.conf: net/ipv4/conf/all/log"
    )
    assert without(marked, WANTED) == marked
    assert without(marked, []) == UFW
    assert kernel.find_sysctl_boot_value("net.ipv4.conf.all.log_martians", boot(("/u", marked))) == (None, None)


def source_routes(every: int, later: int) -> dict[str, int]:
    live = {f"net.ipv4.conf.{name}.accept_source_route": 0 for name in ("lo", "eth0")}
    live |= {"net.ipv4.conf.all.accept_source_route": every, "net.ipv4.conf.default.accept_source_route": later}
    return {
        one["interface"]: one["value"]
        for one in kernel.describe_interface_sysctls(live, boot())
        if one["when"] == "now"
    }


def test_interfaces_that_come_later_are_not_kept_from_source_routes_by_what_is_off_for_all_today() -> None:
    assert source_routes(0, 1) == {"default": 1, "eth0": 0}
    assert source_routes(1, 0) == {"default": 0, "eth0": 0}


def test_redirects_to_machines_of_other_networks_are_off_as_well() -> None:
    data = facts()
    one = next(each for each in data["kernel"]["interfaces"] if each["setting"] == "ipv4.shared_media")
    one["value"] = 1
    assert finding("kernel.redirects", data).status is Status.FAIL


@pytest.mark.parametrize(
    ("available", "blocked", "status"),
    [(True, False, Status.FAIL), (True, True, Status.PASS), (False, False, Status.NOT_APPLICABLE)],
)
def test_disks_that_are_plugged_in_are_kept_out_where_the_kernel_knows_them(
    available: bool, blocked: bool, status: Status
) -> None:
    data = facts()
    data["kernel"]["usb_storage"] |= {"available": available, "blocked": blocked}
    assert finding("kernel.usb_storage", data).status is status


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('set superusers="quan"\npassword_pbkdf2 quan grub.pbkdf2.sha512.10000.AB.CD\n', True),
        ('set superusers="quan"\n# password_pbkdf2 quan grub.pbkdf2.sha512.10000.AB.CD\n', False),
        ("password_pbkdf2 quan grub.pbkdf2.sha512.10000.AB.CD\n", False),
        ('set superusers=""\npassword_pbkdf2 quan grub.pbkdf2.sha512.10000.AB.CD\n', False),
    ],
)
def test_the_boot_loader_asks_for_a_password_when_somebody_has_one(text: str, password: bool) -> None:
    assert kernel.describe_boot_loader_protection(text) == {"boot_loader": kernel.GRUB, "boot_password": password}
    assert kernel.describe_boot_loader_protection(None) == {"boot_loader": "", "boot_password": False}


@pytest.mark.parametrize(
    ("virtualization", "boot_loader", "status"),
    [
        ("none", "/boot/grub/grub.cfg", Status.FAIL),
        ("kvm", "/boot/grub/grub.cfg", Status.NOT_APPLICABLE),
        ("none", "", Status.NOT_APPLICABLE),
    ],
)
def test_only_hardware_of_ones_own_needs_a_password_to_boot(
    virtualization: str, boot_loader: str, status: Status
) -> None:
    data = facts()
    data["system"]["virtualization"] = virtualization
    data["kernel"]["boot_loader"] = boot_loader
    assert finding("kernel.boot_password", data).status is status
