"""What the kernel allows, now and after the next boot."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, KnownWords, Path

SETTINGS = KnownWords(
    *(f"fs.{name}" for name in ("protected_fifos", "protected_hardlinks", "protected_regular", "protected_symlinks")),
    *(f"kernel.{name}" for name in ("dmesg_restrict", "kptr_restrict", "perf_event_paranoid", "randomize_va_space")),
    *(f"kernel.{name}" for name in ("sysrq", "unprivileged_bpf_disabled", "unprivileged_userns_clone")),
    *(f"net.ipv4.{name}" for name in ("ip_forward", "tcp_rfc1337", "tcp_syncookies")),
    *(f"net.ipv4.icmp_{name}" for name in ("echo_ignore_broadcasts", "ignore_bogus_error_responses")),
    *("dev.tty.ldisc_autoload", "fs.suid_dumpable", "kernel.yama.ptrace_scope", "net.core.bpf_jit_harden"),
    *("net.ipv6.conf.all.forwarding", "vm.mmap_min_addr"),
)
"""Keys of sysctl. A kernel may lack some."""
_OF_REDIRECTS = ("accept_redirects", "secure_redirects", "send_redirects", "shared_media")
_OF_ROUTERS = ("accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_ra_rtr_pref", "router_solicitations")
INTERFACE_SETTINGS = KnownWords(
    *(f"ipv4.{name}" for name in (*_OF_REDIRECTS, "accept_source_route", "accept_local", "route_localnet")),
    *(f"ipv4.{name}" for name in ("rp_filter", "log_martians")),
    *(f"ipv6.{name}" for name in (*_OF_ROUTERS, "accept_redirects", "accept_source_route", "autoconf")),
    "ipv6.max_addresses",
)


class InterfaceSetting(Fact):
    """A network setting as the kernel acts on it for one interface, ``conf.all`` taken into account."""

    setting: Annotated[str, INTERFACE_SETTINGS] = Field(description="family and name")
    interface: str = Field(description="'default' stands for interfaces that come later")
    when: Literal["now", "boot"]
    value: int
    file: Path | None = Field(description="the file that sets it at boot; None when none does")


class Unwritten(Fact):
    """A setting that is right now, and that no file sets at boot."""

    key: str
    value: int


class KernelModule(Fact):
    """A kernel module that a web server has no use for."""

    name: str
    available: bool
    loaded: bool
    blocked: bool = Field(description="its install command loads nothing")


class AppArmor(Fact):
    """Mandatory access control of the running kernel."""

    enabled: bool
    enforcing: int = Field(description="profiles in enforce mode")
    complaining: list[str]


class KernelFacts(Area):
    """Settings by key, network settings by interface, modules, AppArmor."""

    live: Annotated[dict[str, int], SETTINGS]
    boot: Annotated[dict[str, int], SETTINGS] = Field(
        description="the same keys after the next boot, by the files that systemd-sysctl reads"
    )
    boot_from: dict[str, str] = Field(description="the file that decides a key's value at boot")
    unwritten: list[Unwritten] = Field(description="of those that can be set here and that nothing depends on")
    interfaces: list[InterfaceSetting]
    modules: list[KernelModule]
    usb_storage: KernelModule = Field(description="by which disks are read that somebody plugs in by USB")
    apparmor: AppArmor
    boot_loader: Path | Literal[""] = Field(description="the configuration of GRUB in force; '' where there is none")
    boot_password: bool = Field(description="to change what is booted takes a password there")
    forwarding_for: list[str] = Field(description="software and interfaces that need packets to be forwarded")
    userns_for: list[str] = Field(description="software that makes user namespaces without being root")
    ipv6_by_router: bool = Field(description="its IPv6 address or default route comes from router advertisements")
