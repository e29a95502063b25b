"""What a host has installed, as the data names it: by source package, the kernels that count, components of its sites.

Pure.

``data`` are a host's facts by area, as plain data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.models.applications.registry import CMSS
from auditor.vulnerabilities import versions
from auditor.vulnerabilities.components import make_component_name
from auditor.vulnerabilities.verdicts import OWN, SourcePackage

_IMAGE = re.compile(r"linux-image-([0-9]\S*?)(?:-unsigned)?\Z")
_SIGNED_KERNEL = re.compile(r"linux-signed-\w+\Z")
_KERNEL = "linux"
MOST_PROGRAMS = 20
_SIGNED_GRUB = re.compile(r"grub-efi-\w+-signed\Z")


@dataclass(frozen=True)
class Component:
    """A CMS, or a plugin or theme of it; or a package of PHP that Composer's lock names."""

    name: str
    version: str | None
    path: str


def get_release_codename(data: Mapping[str, Any]) -> str:
    """Return the codename of the release; empty when the host does not tell."""
    return str(data.get("system", {}).get("os", {}).get("codename", ""))


def list_source_packages(data: Mapping[str, Any]) -> tuple[SourcePackage, ...]:
    """Return each source in each version that is installed.

    Of the kernel what runs and what runs after the next start alone.
    """
    packages = data["packages"]
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    images: list[tuple[str, Mapping[str, Any]]] = []
    for package in packages["installed"]:
        source, version = get_source_name_and_version(package)
        image = _IMAGE.match(package["name"])
        if source != _KERNEL:
            groups.setdefault((source, version), []).append(package)
        elif image:
            images.append((image[1], package))
    programs_by_package: dict[str, set[str]] = {}
    for mapping in packages["mapped"]:
        if mapping["package"]:
            programs_by_package.setdefault(mapping["package"], set()).add(mapping["program"])
    source_packages = [
        _build_source_package(source, version, members, programs_by_package)
        for (source, version), members in groups.items()
    ]
    return (*source_packages, *_find_kernel(images, packages["running_kernel"]))


def get_source_name_and_version(package: Mapping[str, Any]) -> tuple[str, str]:
    """Return source and version as the tracker has them: signed packages are built again from what it names."""
    source, version = package["source"] or package["name"], package["source_version"] or package["version"]
    if _SIGNED_KERNEL.match(source):
        return _KERNEL, package["version"]
    if _SIGNED_GRUB.match(source):
        return "grub2", package["version"].partition("+")[2] or package["version"]
    return source, version


def _build_source_package(
    source: str, version: str, members: Sequence[Mapping[str, Any]], programs_by_package: Mapping[str, set[str]]
) -> SourcePackage:
    elsewhere = [member["origin"] for member in members if member["origin"] not in OWN]
    programs = {program for member in members for program in programs_by_package.get(member["name"], ())}
    return SourcePackage(
        source=source,
        version=version,
        origin=elsewhere[0] if elsewhere else members[0]["origin"],
        is_held=any(member["held"] for member in members),
        binaries=tuple(member["name"] for member in members),
        changelog_cves=frozenset(cve for member in members for cve in member["named"] or ()),
        mapped_by=tuple(sorted(programs)[:MOST_PROGRAMS]),
    )


def _find_kernel(images: Sequence[tuple[str, Mapping[str, Any]]], running_version: str) -> Iterator[SourcePackage]:
    """Yield the newest image, with the version that runs beside it.

    None where no image is installed, as in a container.
    """
    if not images:
        return
    _abi, newest = max(images, key=lambda image: versions.make_debian_version_sort_key(image[1]["version"]))
    runs = next((package for abi, package in images if abi == running_version), None)
    here = [newest] if runs is None or runs is newest else [newest, runs]
    source_package = _build_source_package(_KERNEL, newest["version"], here, {})
    yield SourcePackage(
        source=source_package.source,
        version=source_package.version,
        origin=source_package.origin if runs is not None else "none",
        is_held=source_package.is_held,
        binaries=source_package.binaries,
        changelog_cves=source_package.changelog_cves,
        runs=runs["version"] if runs is not None and runs is not newest else None,
    )


def iter_components(data: Mapping[str, Any]) -> Iterator[Component]:
    """Yield all of them, in each place where they lie."""
    yield from iter_cms_components(data)
    yield from iter_composer_packages(data)


def iter_composer_packages(data: Mapping[str, Any]) -> Iterator[Component]:
    """Yield what Composer's locks name; a branch is no version."""
    for lock in data.get("packages", {}).get("composer", ()):
        for package in lock["packages"] or ():
            version = package["version"].removeprefix("v")
            yield Component(
                make_component_name("composer", package["name"]),
                version if version[:1].isdigit() else None,
                lock["path"],
            )


def iter_cms_components(data: Mapping[str, Any]) -> Iterator[Component]:
    """Yield each CMS that published vulnerabilities know, with its plugins and themes."""
    for cms in CMSS:
        for instance in data.get("applications", {}).get(cms.kind, ()) if cms.core_component else ():
            path = instance["path"]
            yield Component(cms.core_component, instance["version"], path)
            for field, kind in cms.extension_kinds.items():
                for member in instance[field]:
                    yield Component(make_component_name(kind, member["slug"]), member["version"], path)
