"""Versions as dpkg orders them, apt's files as apt reads them, and what the controls make of it."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.os import apt_lists, dpkg
from ansible.module_utils.luytre.parsers import release_support
from ansible.module_utils.luytre.system import updates
from ansible.module_utils.luytre_shared.parsers import debian_version
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.models import Status
from tests.unit.areas import DAY, NOW, facts, finding

ORDERED = (
    "0~rc1",
    "0",
    "0+b1",
    "1.0~~",
    "1.0~~a",
    "1.0~",
    "1.0",
    "1.0-1~deb12u1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb13u1",
    "1.0-2",
    "1.0a",
    "1.0+dfsg-1",
    "1.0.1",
    "1.0.09",
    "1.0.10",
    "2",
    "1:0.1",
    "10:0",
)


def test_versions_in_the_order_of_dpkg() -> None:
    assert sorted(set(ORDERED), key=debian_version.make_sort_key_of_debian_version) == list(ORDERED)
    assert (
        debian_version.make_sort_key_of_debian_version("1.0")
        == debian_version.make_sort_key_of_debian_version("0:1.0-0")
        == debian_version.make_sort_key_of_debian_version("1.00-00")
    )


def test_packages_that_were_begun_and_not_ended() -> None:
    states = {
        "a": "install ok installed",
        "b": "install ok half-installed",
        "c": "install ok unpacked",
        "d": "install reinstreq installed",
        "e": "deinstall ok config-files",
        "f": "hold ok installed",
        "g": "install ok triggers-pending",
        "h": "install ok half-configured",
    }
    text = "\n".join(f"Package: {name}\nStatus: {state}\nVersion: 1\n" for name, state in states.items())
    assert dpkg.find_unfinished_package_installations(text) == ["b", "c", "d", "h"]


def test_somebody_holds_dpkgs_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock-frontend"
    assert not dpkg.is_dpkg_locked(str(lock))
    lock.touch()
    assert not dpkg.is_dpkg_locked(str(lock))
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert dpkg.is_dpkg_locked(str(lock))
        holder.communicate()
    assert not dpkg.is_dpkg_locked(str(lock))


def test_the_order_is_dpkgs_own() -> None:
    for lower, higher in pairwise(ORDERED):
        assert subprocess.run(["dpkg", "--compare-versions", lower, "lt", higher], check=False).returncode == 0


VERSION = st.from_regex(r"\A([0-9]:)?[0-9][0-9a-z.+~]{0,6}(-[0-9a-z.+~]{1,4})?\Z")


@settings(max_examples=150, deadline=None)
@given(VERSION, VERSION)
def test_any_two_versions_compare_as_dpkg_does(one: str, other: str) -> None:
    ours = (
        debian_version.make_sort_key_of_debian_version(one) > debian_version.make_sort_key_of_debian_version(other)
    ) - (debian_version.make_sort_key_of_debian_version(one) < debian_version.make_sort_key_of_debian_version(other))
    operator = {-1: "lt", 0: "eq", 1: "gt"}[ours]
    assert subprocess.run(["dpkg", "--compare-versions", one, operator, other], check=False).returncode == 0


STATUS = """Package: nginx
Status: install ok installed
Architecture: amd64
Version: 1.26.3-3

Package: openssl
Status: hold ok installed
Architecture: amd64
Version: 3.5.1-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: half
Status: install ok half-configured
Version: 2.0

Package: broken
"""


def test_only_what_is_installed_counts() -> None:
    assert dpkg.list_installed_packages(STATUS) == {
        "nginx": ("1.26.3-3", "amd64", False),
        "openssl": ("3.5.1-1", "amd64", True),
    }


def index(path: str, label: str, codename: str, **more: str) -> apt_lists.AptIndex:
    return apt_lists.AptIndex(path, {"Label": label, "Codename": codename, "Origin": "Debian", **more})


LISTS = {
    "main": b"""Package: nginx
Source: nginx
Version: 1.26.3-3
Architecture: amd64

Package: openssl
Architecture: amd64
Version: 3.5.1-1

Package: gone
Architecture: amd64
Version: 9.0
""",
    "security": b"""Package: openssl
Architecture: amd64
Version: 3.5.1-1+deb13u1
Description: not Version: 9

Package: nginx
Architecture: arm64
Version: 1.26.3-3+deb13u9
""",
    "updates": b"""Package: nginx
Architecture: amd64
Version: 1.26.3-3+deb13u1
""",
    "backports": b"""Package: nginx
Architecture: amd64
Version: 1.30.0-1~bpo13+1
""",
}


def test_what_waits_and_whether_it_is_security() -> None:
    indexes = [
        index("main", "Debian", "trixie"),
        index("security", "Debian-Security", "trixie-security"),
        index("updates", "Debian", "trixie-updates"),
        index("backports", "Debian Backports", "trixie-backports", NotAutomatic="yes"),
    ]
    assert updates.find_pending_updates(dpkg.list_installed_packages(STATUS), indexes, LISTS.__getitem__) == [
        {
            "package": "nginx",
            "installed": "1.26.3-3",
            "candidate": "1.26.3-3+deb13u1",
            "security": False,
            "held": False,
        },
        {"package": "openssl", "installed": "3.5.1-1", "candidate": "3.5.1-1+deb13u1", "security": True, "held": True},
    ]


def test_an_ordinary_update_above_a_security_update_is_still_one() -> None:
    texts = {
        "a": b"Package: nginx\nArchitecture: amd64\nVersion: 3\n",
        "b": b"Package: nginx\nArchitecture: amd64\nVersion: 2\n",
    }
    indexes = [index("a", "Debian", "trixie"), index("b", "Ubuntu", "noble-security")]
    (update,) = updates.find_pending_updates({"nginx": ("1", "amd64", False)}, indexes, texts.__getitem__)
    assert update["candidate"] == "3" and update["security"]


@pytest.mark.parametrize(
    "text", [b"", b"\n\n\n", b"Package: ", b"Package: nginx", b"XPackage: nginx\nVersion: 9\n", b"\xff\xfe" * 50]
)
def test_lists_of_nonsense(text: bytes) -> None:
    found = updates.find_pending_updates({"nginx": ("1", "amd64", False)}, [index("x", "Debian", "t")], lambda _: text)
    assert found == []


def test_a_release_file_is_read_to_its_hashes() -> None:
    text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian-Security\nSHA256:\n x\nLabel: Debian\n"
    fields = apt_lists.parse_release_fields(text)
    assert fields["Label"] == "Debian-Security" and apt_lists.is_security_updates_release(fields)
    assert not apt_lists.is_security_updates_release(
        apt_lists.parse_release_fields("Label: Debian\nCodename: trixie-updates\n")
    )


def test_one_line_sources() -> None:
    text = """# deb http://x.test/ y main
deb [arch=amd64 Trusted=yes] http://goi.test/debian ./
deb-src http://kho.test/debian trixie main
deb [signed-by=/usr/share/keyrings/a.gpg] https://ten:matkhau@goi.test/a stable main
  deb cdrom:[Debian]/ trixie main
"""
    found = updates.parse_one_line_apt_sources("/etc/apt/sources.list", text)
    assert [(one["line"], one["uri"], one["trusted"], one["signed_by"], one["local"]) for one in found] == [
        (2, "http://goi.test/debian", True, False, False),
        (4, "https://goi.test/a", False, True, False),
        (5, "cdrom:[Debian]/", False, False, True),
    ]


def test_deb822_sources() -> None:
    text = """# a comment
Types: deb deb-src
URIs: http://kho.test/debian https://goi.test/b
Suites: trixie
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 x

Types: deb
Enabled: no
URIs: http://off.test/

types: deb
uris: http://goi.test/c
suites: ./
Allow-Insecure: YES
"""
    found = updates.parse_deb822_apt_sources("/etc/apt/sources.list.d/x.sources", text)
    assert [(one["uri"], one["signed_by"], one["trusted"], one["line"]) for one in found] == [
        ("http://kho.test/debian", True, False, 1),
        ("https://goi.test/b", True, False, 1),
        ("http://goi.test/c", False, True, 14),
    ]


DUMP = """APT "";
APT::Periodic "";
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "always";
Unattended-Upgrade "";
Unattended-Upgrade::Origins-Pattern "";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename},label=Debian";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
APT::Get::AllowUnauthenticated "true";
APT::Get::AllowUnauthenticated "no";
"""


def test_apt_settings() -> None:
    found = updates.parse_apt_config_dump(DUMP)
    assert updates.has_security_origin(found["Unattended-Upgrade::Origins-Pattern"])
    assert not updates.is_apt_setting_on(found["APT::Get::AllowUnauthenticated"])
    assert updates.parse_apt_config_dump("nonsense\n;;\n") == {}


@pytest.mark.parametrize(
    ("value", "days"),
    [("1", 1), ("7", 7), ("0", 0), ("always", 1), ("36h", 2), ("90s", 1), ("", 0), ("x", 0), ("2d", 2)],
)
def test_periods(value: str, days: int) -> None:
    assert updates.parse_periodic_setting_as_days([value]) == days


@pytest.mark.parametrize(
    ("pattern", "security"),
    [
        ("origin=Debian,codename=${distro_codename},label=Debian", False),
        ("origin=Debian,codename=trixie-security", True),
        ("${distro_id}:${distro_codename}-security", True),
        ("${distro_id}:${distro_codename}-updates", False),
        ("Ubuntu:noble-security", True),
    ],
)
def test_security_origins(pattern: str, security: bool) -> None:
    assert updates.has_security_origin([pattern]) is security


def test_support_of_lts_and_of_ubuntu_pro() -> None:
    assert release_support.get_support_end_of_release("debian", "12", False)["until"] == "2028-06-30"
    assert release_support.get_support_end_of_release("ubuntu", "20.04", False)["until"] == "2025-05-29"
    assert release_support.get_support_end_of_release("ubuntu", "20.04", True)["until"] == "2030-04-23"
    assert release_support.get_support_end_of_release("debian", "15", False)["ends"] is None


# --- what the controls make of it -------------------------------------------------------------------


def changed(**parts: Any) -> dict[str, Any]:
    areas = facts()
    for part, value in parts.items():
        areas["updates"][part] = {**areas["updates"][part], **value} if isinstance(value, dict) else value
    return areas


@pytest.mark.parametrize("control", ["os_supported", "security_pending", "automatic", "lists_fresh", "sources_signed"])
def test_a_hardened_server_passes(control: str) -> None:
    assert finding(f"updates.{control}").status is Status.PASS


def test_support_that_ended_fails_and_shows_the_dates() -> None:
    found = finding(
        "updates.os_supported", changed(support=release_support.get_support_end_of_release("debian", "10", False))
    )
    assert found.status is Status.FAIL
    assert ("updates.support.ends", 1719791999) in [(item.path, item.value) for item in found.evidence]


def test_an_unknown_release_is_not_evaluated() -> None:
    found = finding(
        "updates.os_supported", changed(support=release_support.get_support_end_of_release("debian", "99", False))
    )
    assert found.status is Status.NOT_EVALUATED


def test_an_old_list_of_releases_is_no_pass() -> None:
    found = finding("updates.os_supported", changed(support={"checked_at": NOW - 600 * DAY, "ends": NOW + 900 * DAY}))
    assert found.status is Status.NOT_EVALUATED


def test_lists_never_or_long_ago_fetched() -> None:
    for moment in (None, NOW - 8 * DAY):
        assert finding("updates.lists_fresh", changed(lists={"updated": moment, "count": 1})).status is Status.FAIL


@pytest.mark.parametrize(
    "how",
    [
        {"installed": False},
        {"security_origin": False},
        {"upgrade_every_days": 0},
        {"lists_every_days": 30},
        {"timers": [{"name": "apt-daily.timer", "loaded": True, "active": True, "enabled": True}]},
    ],
)
def test_updates_that_do_not_happen_by_themselves(how: dict[str, Any]) -> None:
    assert finding("updates.automatic", changed(automatic=how)).status is Status.FAIL


SOURCE = {
    "file": "/etc/apt/sources.list.d/x.list",
    "line": 1,
    "uri": "http://goi.test/debian",
    "suites": "./",
    "local": False,
    "trusted": False,
    "signed_by": False,
    "origin": "Somebody",
    "third_party": True,
}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, Status.FAIL),
        ({"signed_by": True}, Status.PASS),
        ({"signed_by": True, "trusted": True}, Status.FAIL),
        ({"third_party": False}, Status.PASS),
        ({"local": True, "trusted": True}, Status.PASS),
    ],
)
def test_sources(how: dict[str, Any], status: Status) -> None:
    assert finding("updates.sources_signed", changed(sources=[{**SOURCE, **how}])).status is status


def test_options_that_allow_anything() -> None:
    found = finding("updates.sources_signed", changed(insecure_options=["APT::Get::AllowUnauthenticated"]))
    assert found.status is Status.FAIL and found.violations == ("APT::Get::AllowUnauthenticated",)
