"""Packages with their source and archive, and what still runs as it was before an upgrade."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.on_demand import changelogs
from ansible.module_utils.luytre.os import apt_lists, dpkg, package_changelogs
from ansible.module_utils.luytre.sites import composer
from ansible.module_utils.luytre.system import packages
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.parsers import debian_version

from auditor.facts.changelogs import ChangelogsFacts as Changelogs
from auditor.facts.system.packages import PackagesFacts

STATUS = """Package: bash
Status: install ok installed
Architecture: amd64
Source: bash (5.2.37-2)
Version: 5.2.37-2+b1

Package: libssl3t64
Status: hold ok installed
Architecture: amd64
Source: openssl
Version: 3.5.1-1
Conffiles:
 Source: none

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def fields(name: str, version: str, architecture: str = "amd64") -> dict[str, Any]:
    return {"Package": name, "Version": version, "Architecture": architecture, "held": False}


def offer(name: str, version: str, architecture: str = "amd64") -> bytes:
    return f"Package: {name}\nArchitecture: {architecture}\nVersion: {version}\n".encode()


def test_source_and_its_version_are_told_where_they_differ() -> None:
    bash, ssl = (
        packages.describe_installed_package(each, "main") for each in dpkg.iter_installed_package_fields(STATUS)
    )
    assert bash == {
        "name": "bash",
        "version": "5.2.37-2+b1",
        "architecture": "amd64",
        "source_version": "5.2.37-2",
    }
    assert ssl == {
        "name": "libssl3t64",
        "version": "3.5.1-1",
        "architecture": "amd64",
        "source": "openssl",
        "held": True,
    }


LISTS = {
    "main": [("a", "1"), ("b", "2"), ("c", "3"), ("e", "2"), ("f", "2")],
    "security": [("a", "1"), ("b", "2+deb13u1")],
    "backports": [("d", "4~bpo13+1")],
    "other": [("e", "1.5"), ("f", "1")],
    "paid": [("b", "2+esm1")],
}
RELEASES = {
    "main": {"Origin": "Debian", "Label": "Debian"},
    "security": {"Origin": "Debian", "Label": "Debian-Security"},
    "backports": {"Origin": "Debian Backports", "NotAutomatic": "yes"},
    "other": {"Origin": "Sury"},
    "paid": {"Origin": "UbuntuESMApps"},
}


@pytest.mark.parametrize(
    "name, version, origin",
    [
        ("a", "1", "security"),
        ("b", "2", "main"),
        ("b", "1", "superseded"),
        ("b", "3", "none"),
        ("b", "2+esm1", "security"),
        ("d", "4~bpo13+1", "backports"),
        ("b", "1~bpo13+1", "backports"),
        ("e", "1.5", "third_party"),
        ("e", "1", "none"),
        ("f", "1", "third_party"),
        ("local", "1", "none"),
    ],
)
def test_the_archive_that_a_version_came_from(name: str, version: str, origin: str) -> None:
    indexes = [apt_lists.AptIndex(path, RELEASES[path]) for path in LISTS]
    texts = {path: b"\n".join(offer(*each) for each in LISTS[path]) for path in LISTS}
    assert packages.find_package_origins([fields(name, version)], indexes, texts.__getitem__) == {
        (name, "amd64"): origin
    }


@pytest.mark.parametrize(
    "codename, origin",
    [("bullseye", "other_release"), ("bullseye-security", "other_release"), ("bookworm", "main"), ("", "main")],
)
def test_what_another_release_offers_is_not_this_ones(codename: str, origin: str) -> None:
    """libssl1.1 stays when Debian 11 becomes 12, and so do the lists of 11 where nobody took them out."""
    index = apt_lists.AptIndex("x", {"Origin": "Debian", "Label": "Debian", "Codename": codename})
    old = fields("libssl1.1", "1.1.1w-0+deb11u1")
    found = packages.find_package_origins(
        [old], [index], lambda _path: offer("libssl1.1", "1.1.1w-0+deb11u1"), "bookworm"
    )
    assert found == {("libssl1.1", "amd64"): origin}


def test_without_lists_nothing_is_said_of_archives() -> None:
    assert packages.find_package_origins([fields("a", "1")], [], lambda _path: b"") == {}
    assert packages.describe_installed_package(fields("a", "1"), None)["origin"] == "unknown"


def test_another_architectures_offer_is_none() -> None:
    index = apt_lists.AptIndex("x", RELEASES["main"])
    assert packages.find_package_origins([fields("a", "1")], [index], lambda _path: offer("a", "1", "arm64")) == {
        ("a", "amd64"): "none"
    }


def test_what_a_changelog_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    text = "a (2) x; urgency=high\n  * CVE-2026-12345, CVE-2026-0001\n  * again CVE-2026-12345; CVE-26-1, CVE-2026-12\n"
    (tmp_path / "a" / "changelog.Debian.gz").write_bytes(gzip.compress(text.encode()))
    written = package_changelogs.read_package_changelog("a", str(tmp_path))
    assert package_changelogs.find_cves_in_changelog(written) == ["CVE-2026-12345", "CVE-2026-0001"]
    assert package_changelogs.read_package_changelog("b", str(tmp_path)) is None


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"CVE-2026-1234")[:-9]])
def test_a_broken_changelog_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "changelog.gz").write_bytes(content)
    assert not package_changelogs.read_package_changelog("a", str(tmp_path))


ENTRIES = b"""CVE-2026-0009 stands above all
a (2-1+deb13u2) trixie-security; urgency=high

  * CVE-2026-12345: again.

a (2-1) unstable; urgency=medium

  * Fix CVE-2026-12345 and CVE-2026-0001; not CVE-2026-00012.
"""


def test_which_entry_names_an_id() -> None:
    asked = {"CVE-2026-12345", "CVE-2026-0001", "CVE-2026-0009", "CVE-2026-77777"}
    assert package_changelogs.find_newest_versions_naming_cves(ENTRIES, asked) == {
        "CVE-2026-12345": "2-1+deb13u2",
        "CVE-2026-0001": "2-1",
        "CVE-2026-0009": "",
    }


def test_what_the_hosts_changelogs_name_of_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelogs, "read_text", lambda _path, _limit: STATUS)
    monkeypatch.setattr(package_changelogs, "read_package_changelog", lambda name: ENTRIES if name == "bash" else None)
    told = changelogs.collect_area_facts(AreaReader({"vulnerabilities": ["CVE-2026-0001"]}, 20))
    named = [{"vulnerability": "CVE-2026-0001", "package": "bash", "version": "5.2.37-2+b1", "entry": "2-1"}]
    assert told == {"named": named, "packages": 2, "without": 1, "cut_short": False}
    assert Changelogs.model_validate(told).named[0].entry == "2-1"
    assert changelogs.collect_area_facts(AreaReader({"vulnerabilities": ["CVE-2026-0001"]}, 1))["cut_short"]


def test_composers_locks_about_the_declared_roots(tmp_path: Path) -> None:
    root = tmp_path / "app" / "public"
    (root / "tool").mkdir(parents=True)
    lock = {
        "packages": [{"name": "Guzzle/Http", "version": "v7.4.4"}, {"name": "x", "version": "1"}, 7, {"name": "a/b"}]
    }
    (root.parent / "composer.lock").write_text(json.dumps(lock))
    (root / "composer.lock").write_text("[" * 100_000)
    (root / "tool" / "composer.lock").symlink_to("/etc/passwd")
    found = composer.find_composer_locks({"sites": [{"document_root": str(root)}, {"document_root": str(root)}]})
    assert found == [
        {"path": str(root), "packages": None},
        {"path": str(root.parent), "packages": [{"name": "guzzle/http", "version": "v7.4.4"}]},
    ]
    (root / "tool" / "composer.lock").unlink()
    (root / "tool" / "composer.lock").write_text('{"packages": []}')
    assert composer.find_composer_locks({"sites": [{"document_root": str(root)}]})[1] == {
        "path": f"{root}/tool",
        "packages": [],
    }


def test_a_replaced_library_is_its_packages(tmp_path: Path) -> None:
    (tmp_path / "libxml2:amd64.list").write_text("/.\n/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.15\n")
    (tmp_path / "openssl.list").write_text("/lib/x86_64-linux-gnu/libssl.so.3\n")
    files = {"/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.14", "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/own.so"}
    assert packages.find_packages_owning_files(files, str(tmp_path)) == {
        "/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.14": "libxml2",
        "/usr/lib/x86_64-linux-gnu/libssl.so.3": "openssl",
    }


def test_this_machine_fits_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt_lists, "list_fetched_package_lists", list)
    found = PackagesFacts.model_validate(json.loads(json.dumps(packages.collect_area_facts(AreaReader({}, 20)))))
    assert "dpkg" in {each.name for each in found.installed}


@pytest.mark.parametrize("text", ["1", "1:1.0~rc1+dfsg-1.1+b1", "0:0-0", "1-1-1", "2026.11"])
def test_versions(text: str) -> None:
    assert debian_version.is_valid_debian_version(text)


@pytest.mark.parametrize(
    "text", ["", "a", "2a:1.0", ":1", "1:", "1-", "1_2", "1 2", "1-1_2", "9999999999:1", "1" * 300]
)
def test_what_is_no_version(text: str) -> None:
    assert not debian_version.is_valid_debian_version(text)
