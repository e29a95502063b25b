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
from auditor.lab.layers import Layer, make, sweep
from auditor.lab.spec import HERE, Host, Spec
from auditor.lab.state import State

_WORKERS = 2


def image(spec: Spec, name: str, state: State) -> Layer:
    """The top layer of a machine's image: release, then system, then the machine itself."""
    host = spec.hosts[name]
    scripts = HERE / "scripts"
    base = Layer(
        title=host.release,
        script="base.sh",
        below=None,
        inputs={
            "release": host.release,
            "packages": _lines(spec.packages),
            "on_offer": _lines(tuple(" ".join(together) for together in spec.on_offer)),
            "apt.sh": (scripts / "apt.sh").read_text("utf-8"),
            "repository.py": (scripts / "repository.py").read_text("utf-8"),
        },
    )
    system = Layer(
        title=f"{name}-system",
        script="system.sh",
        below=base,
        inputs={
            "packages": _lines(host.packages),
            "unpacked": _lines(host.unpacked),
            "apt.sh": (scripts / "apt.sh").read_text("utf-8"),
        },
    )
    secrets = [state.key.with_suffix(".pub"), state.ca, state.root_password]
    return Layer(
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
            **_archives(host),
        },
        identity=hashlib.sha256(b"\0".join(file.read_bytes() for file in secrets)).hexdigest(),
    )


def _archives(host: Host) -> dict[str, Path]:
    """What the tester supplies in the folder ``LUYTRE_ARCHIVES``. Raises InputError when that is not a folder."""
    given = os.environ.get("LUYTRE_ARCHIVES")
    if not given or not host.archives:
        return {}
    folder = Path(given)
    if not folder.is_dir():
        raise InputError(
            f"LUYTRE_ARCHIVES is not a folder: {folder}", mend="set it to a folder of archives, or leave it unset"
        )
    found = {
        name: [file for each in patterns for file in folder.glob(each)] for name, patterns in host.archives.items()
    }
    return {f"archive-{name}": max(files) for name, files in found.items() if files}


def missing(spec: Spec, state: State, names: Iterable[str]) -> list[Layer]:
    """The layers of these machines that are not in the cache, each once, lower ones first."""
    stacks = [image(spec, name, state).stack for name in names]
    layers = {layer.digest: layer for depth in (-1, -2, -3) for layer in (stack[depth] for stack in stacks)}
    return [layer for layer in layers.values() if not layer.is_made(state.cache)]


def make_missing(spec: Spec, state: State, names: Iterable[str], progress: Callable[[str], None]) -> None:
    """Make what these machines lack, and remove layers that no machine uses any more. Raises BuildError, InputError."""
    waiting = {layer.digest: layer for layer in missing(spec, state, names)}
    if not waiting:
        return
    sweep(state.cache, {layer.digest for name in spec.hosts for layer in image(spec, name, state).stack})
    mirror, options = apt.sources(), apt.options()
    with ThreadPoolExecutor(_WORKERS) as pool:
        running: dict[Future[None], Layer] = {}
        while waiting or running:
            for layer in list(waiting.values()):
                if len(running) < _WORKERS and (layer.below is None or layer.below.is_made(state.cache)):
                    del waiting[layer.digest]
                    progress(f"building {layer.title}")
                    given = _given(layer, spec, state, mirror, options)
                    running[pool.submit(make, layer, given, state.cache)] = layer
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                running.pop(future)
                future.result()


def _given(layer: Layer, spec: Spec, state: State, mirror: list[apt.Source], options: str) -> dict[str, str]:
    release = layer.stack[-1].inputs["release"]
    given = {
        "sources": "".join(f"{source.line(str(release))}\n" for source in mirror),
        "apt.conf": options,
    }
    if layer.script != "site.sh":
        return given
    given |= {
        "automation.pub": state.key.with_suffix(".pub").read_text("ascii"),
        "root_password": state.root_password.read_text("ascii"),
    }
    today = dt.datetime.now(dt.UTC).date()
    for domain, site in spec.hosts[str(layer.inputs["name"])].sites.items():
        if site.certificate != "none":
            given[f"tls/{domain}.crt"], given[f"tls/{domain}.key"] = ca.issue(state.ca, domain, site, today)
    return given


def _lines(words: tuple[str, ...]) -> str:
    return "".join(f"{word}\n" for word in words)
