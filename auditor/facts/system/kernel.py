"""What the kernel allows, now and after the next boot."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.facts._base import Area, Fact, Path


class InterfaceSetting(Fact):
    """A network setting as the kernel acts on it for one interface, ``conf.all`` taken into account."""

    setting: str = Field(description="family and name, as in 'ipv4.accept_redirects'")
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

    live: dict[str, int]
    boot: dict[str, int] = Field(
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
