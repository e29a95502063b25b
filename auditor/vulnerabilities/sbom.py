"""What a host has installed as a CycloneDX 1.6 document: the same bytes for the same facts. Pure.

Written by ourselves: the form is small, and references, order and serial number have to be our own anyway for the bytes
to be the same.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from auditor.vulnerabilities import installed_software
from auditor.vulnerabilities.components import CMS_CORES, COMPOSER, EXTENSIONS

_OURS = uuid.UUID("7f1d3c52-6a0e-5b7e-9c1b-2d1f3a9e5c10")
"""The name space of serial numbers; any would do, as long as it stays."""


def render_sbom_of_host(host: str, data: Mapping[str, Any], program_version: str) -> bytes:
    """Return the document. ``data``: the host's facts by area, with packages; ``program_version``: of Lũy Tre."""
    os = data["system"]["os"]
    parts = sorted(
        (*_iter_cyclonedx_packages(data), *_iter_cyclonedx_components(data)), key=lambda part: str(part["bom-ref"])
    )
    unique = {part["bom-ref"]: part for part in parts}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "luytre", "version": program_version}]},
            "component": {
                "type": "operating-system",
                "bom-ref": f"host:{host}",
                "name": host,
                "version": os["version"],
                "description": os["name"],
            },
        },
        "components": list(unique.values()),
        "dependencies": [{"ref": f"host:{host}", "dependsOn": list(unique)}, *({"ref": ref} for ref in unique)],
    }
    payload = json.dumps(document, ensure_ascii=False, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(_OURS, payload)}"
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def build_purl_of_binary_package(package: Mapping[str, Any], os: Mapping[str, Any]) -> str:
    """Return a package URL of a binary package, with its release and the source that it was built from."""
    source, version = package["source"] or package["name"], package["source_version"] or package["version"]
    qualifiers = {
        "arch": package["architecture"],
        "distro": f"{os['id']}-{os['version']}",
        "upstream": f"{source}@{version}",
    }
    query = "&".join(f"{name}={quote(value, safe=':')}" for name, value in sorted(qualifiers.items()) if value)
    return (
        f"pkg:deb/{quote(os['id'], safe='')}/"
        f"{quote(package['name'], safe='')}@{quote(package['version'], safe=':')}?{query}"
    )


def _iter_cyclonedx_packages(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for package in data["packages"]["installed"]:
        address = build_purl_of_binary_package(package, data["system"]["os"])
        yield {
            "type": "library",
            "bom-ref": address,
            "name": package["name"],
            "version": package["version"],
            "purl": address,
            "properties": [{"name": "luytre:origin", "value": package["origin"]}],
        }


def _iter_cyclonedx_components(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for component in installed_software.iter_components(data):
        version = component.version or ""
        yield {
            "type": "application",
            "bom-ref": f"{component.path}#{component.name}",
            "name": component.name,
            "version": version,
            "purl": f"pkg:{_build_purl_path_of_component(component.name)}"
            + (f"@{quote(version, safe=':')}" if version else ""),
            "properties": [{"name": "luytre:path", "value": component.path}],
        }


def _build_purl_path_of_component(name: str) -> str:
    """Return type, name space and name in a package URL of a component."""
    kind, _slash, slug = name.partition("/")
    if name.startswith(COMPOSER):
        return f"composer/{quote(slug)}"
    core = CMS_CORES.get(name)
    return f"generic/{core}" if core else f"generic/{EXTENSIONS[kind]}/{quote(slug, safe='')}"
