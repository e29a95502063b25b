"""Which layers a machine's image consists of, and making those that are missing, two at a time."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from auditor.errors import InputError
from auditor.lab import apt, ca
from auditor.lab.layers import ImageLayer, make_layer, remove_unused_image_layers
from auditor.lab.spec import HERE, LabHost, LabSpec
from auditor.lab.state import LabState

_WORKERS = 2
_UNPACKED = "unpacked-"
"""What the list of packages of another release is called among a layer's inputs, before that release."""


def get_top_image_layer_of_machine(spec: LabSpec, name: str, state: LabState) -> ImageLayer:
    """Return the top layer of a machine's image: release, then system, then the machine itself."""
    host = spec.hosts[name]
    scripts = HERE / "scripts"
    base = ImageLayer(
        title=host.release,
        script="base.sh",
        below=None,
        inputs={
            "release": host.release,
            "packages": _join_lines(spec.packages),
            "on_offer": _join_lines(tuple(" ".join(together) for together in spec.on_offer)),
            "apt.sh": (scripts / "apt.sh").read_text("utf-8"),
            "repository.py": (scripts / "repository.py").read_text("utf-8"),
        },
    )
    system = ImageLayer(
        title=f"{name}-system",
        script="system_of_releases.sh" if host.unpacked_of else "system.sh",
        below=base,
        inputs={
            "packages": _join_lines(host.packages),
            "unpacked": _join_lines(host.unpacked),
            **_name_packages_of_other_releases(host),
            "apt.sh": (scripts / "apt.sh").read_text("utf-8"),
        },
    )
    secrets = [state.private_key_file.with_suffix(".pub"), state.ca_certificate_file, state.root_password_file]
    return ImageLayer(
        title=name,
        script="site.sh",
        below=system,
        inputs={
            "name": name,
            "automation_user": spec.automation_user,
            "sites": "".join(f"{domain} {site.certificate}\n" for domain, site in host.sites.items()),
            "lib.sh": (scripts / "lib.sh").read_text("utf-8"),
            "kept_bytecode.py": (scripts / "kept_bytecode.py").read_text("utf-8"),
            "machine": HERE / "hosts" / name,
            **_find_folders_of_applications(host),
            **_find_archives_supplied_by_tester(host),
        },
        identity=hashlib.sha256(b"\0".join(file.read_bytes() for file in secrets)).hexdigest(),
    )


def _name_packages_of_other_releases(host: LabHost) -> dict[str, str]:
    lists = {f"{_UNPACKED}{release}": _join_lines(packages) for release, packages in host.unpacked_of.items()}
    return lists and {"system.sh": (HERE / "scripts" / "system.sh").read_text("utf-8"), **lists}


def _find_folders_of_applications(host: LabHost) -> dict[str, str | Path]:
    """Return the folders with what the host's sites need to install their application, by its name."""
    folders = {site.application: HERE / "applications" / site.application for site in host.sites.values()}
    return {application: folder for application, folder in folders.items() if folder.is_dir()}


def _find_archives_supplied_by_tester(host: LabHost) -> dict[str, Path]:
    """Return what the tester supplies in the folder ``LUYTRE_ARCHIVES``.

    Raises InputError when that is not a folder.
    """
    folder_name = os.environ.get("LUYTRE_ARCHIVES")
    if not folder_name or not host.archives:
        return {}
    folder = Path(folder_name)
    if not folder.is_dir():
        raise InputError(
            "LUYTRE_ARCHIVES is not a folder: {folder}",
            mend="set it to a folder of archives, or leave it unset",
            folder=folder,
        )
    files_by_archive = {
        name: [file for each in patterns for file in folder.glob(each)] for name, patterns in host.archives.items()
    }
    return {f"archive-{name}": max(files) for name, files in files_by_archive.items() if files}


def list_missing_layers(spec: LabSpec, state: LabState, names: Iterable[str]) -> list[ImageLayer]:
    """Return the layers of these machines that are not in the cache, each once, lower ones first."""
    stacks = [get_top_image_layer_of_machine(spec, name, state).stack for name in names]
    layers = {layer.digest: layer for depth in (-1, -2, -3) for layer in (stack[depth] for stack in stacks)}
    return [layer for layer in layers.values() if not layer.is_made(state.image_layer_cache_folder)]


def make_missing_layers(spec: LabSpec, state: LabState, names: Iterable[str], progress: Callable[[str], None]) -> None:
    """Make what these machines lack, and remove layers that no machine uses any more. Raises BuildError, InputError."""
    pending_layers = {layer.digest: layer for layer in list_missing_layers(spec, state, names)}
    if not pending_layers:
        return
    remove_unused_image_layers(
        state.image_layer_cache_folder,
        {layer.digest for name in spec.hosts for layer in get_top_image_layer_of_machine(spec, name, state).stack},
    )
    mirror, options = apt.list_sources(), apt.read_apt_fetch_options()
    with ThreadPoolExecutor(_WORKERS) as pool:
        layer_by_future: dict[Future[None], ImageLayer] = {}
        while pending_layers or layer_by_future:
            for layer in list(pending_layers.values()):
                if len(layer_by_future) < _WORKERS and (
                    layer.below is None or layer.below.is_made(state.image_layer_cache_folder)
                ):
                    del pending_layers[layer.digest]
                    progress(f"building {layer.title}")
                    texts = _build_input_texts_of_layer_script(layer, spec, state, mirror, options)
                    layer_by_future[pool.submit(make_layer, layer, texts, state.image_layer_cache_folder)] = layer
            done_futures, _ = wait(layer_by_future, return_when=FIRST_COMPLETED)
            for future in done_futures:
                layer_by_future.pop(future)
                future.result()


def _build_input_texts_of_layer_script(
    layer: ImageLayer, spec: LabSpec, state: LabState, mirror: list[apt.AptSource], options: str
) -> dict[str, str]:
    others = (name.removeprefix(_UNPACKED) for name in layer.inputs if name.startswith(_UNPACKED))
    releases = {"sources": str(layer.stack[-1].inputs["release"]), **{f"sources-{other}": other for other in others}}
    texts = {
        file: "".join(f"{source.format_sources_list_line(release)}\n" for source in mirror)
        for file, release in releases.items()
    }
    texts["apt.conf"] = options
    if layer.script != "site.sh":
        return texts
    texts |= {
        "automation.pub": state.private_key_file.with_suffix(".pub").read_text("ascii"),
        "root_password": state.root_password_file.read_text("ascii"),
    }
    today = dt.datetime.now(dt.UTC).date()
    for domain, site in spec.hosts[str(layer.inputs["name"])].sites.items():
        if site.certificate != "none":
            texts[f"tls/{domain}.crt"], texts[f"tls/{domain}.key"] = ca.issue_certificate(
                state.ca_certificate_file, domain, site, today
            )
    return texts


def _join_lines(words: tuple[str, ...]) -> str:
    return "".join(f"{word}\n" for word in words)
