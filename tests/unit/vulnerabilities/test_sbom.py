"""A host's software as CycloneDX: whole, and byte for byte the same for the same facts."""

from __future__ import annotations

import json
from typing import Any

from auditor.vulnerabilities import sbom
from tests.unit.vulnerabilities.test_verdicts import package

OS = {"id": "debian", "version": "12", "codename": "bookworm", "name": "Debian GNU/Linux 12 (bookworm)"}
LOCK = {"path": "/srv/app", "packages": [{"name": "guzzlehttp/guzzle", "version": "v7.4.4"}]}


def data(*packages: dict[str, Any]) -> dict[str, Any]:
    instance = {
        "path": "/var/www/a",
        "version": "6.8",
        "plugins": [{"slug": "x y", "version": "1.0", "active": True}],
        "themes": [{"slug": "t", "version": None, "active": None}],
    }
    return {
        "system": {"os": OS},
        "packages": {"installed": list(packages), "running_kernel": "6.1", "mapped": [], "composer": [LOCK]},
        "applications": {"wordpress": [instance]},
    }


PACKAGES = (
    package("libssl3", "3.0.22-1~deb12u2", source="openssl"),
    package("bash", "1:5.2.15-2+b13", source_version="5.2.15-2", origin="none"),
)


def test_packages_with_release_and_source() -> None:
    document = json.loads(sbom.render_sbom_of_host("web1", data(*PACKAGES), "1.0"))
    addresses = {one["name"]: one["purl"] for one in document["components"]}
    assert addresses == {
        "libssl3": "pkg:deb/debian/libssl3@3.0.22-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl%403.0.22-1~deb12u2",
        "bash": "pkg:deb/debian/bash@1:5.2.15-2%2Bb13?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2",
        "core/wordpress": "pkg:generic/wordpress@6.8",
        "plugin/x y": "pkg:generic/wordpress-plugin/x%20y@1.0",
        "theme/t": "pkg:generic/wordpress-theme/t",
        "composer/guzzlehttp/guzzle": "pkg:composer/guzzlehttp/guzzle@7.4.4",
    }
    refs = [one["bom-ref"] for one in document["components"]]
    assert len(set(refs)) == len(refs) == 6
    assert document["dependencies"][0] == {"ref": "host:web1", "dependsOn": refs}
    assert document["specVersion"] == "1.6" and document["serialNumber"].startswith("urn:uuid:")


def test_the_same_bytes_for_the_same_facts_in_any_order() -> None:
    one = sbom.render_sbom_of_host("web1", data(*PACKAGES), "1.0")
    assert one == sbom.render_sbom_of_host("web1", data(*reversed(PACKAGES)), "1.0")
    assert one != sbom.render_sbom_of_host("web1", data(*PACKAGES[:1]), "1.0")
