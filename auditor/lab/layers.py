"""Image layers: each is made once from its inputs, and found again by their hash.

A layer is a folder ``cache/<hash>/`` with the files that it adds in ``files/``. The first layer of a stack is a
whole root file system; the others are overlays on the ones below.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import LabError
from auditor.lab.spec import HERE

_SCRIPTS = HERE / "scripts"


class BuildError(LabError):
    """A layer could not be made: which, and where its log is."""


@dataclass(frozen=True)
class ImageLayer:
    """The sources of a layer: ``script``, and the texts and trees in ``inputs`` that it finds as files.

    ``identity`` stands in the hash for what reaches the script otherwise.
    """

    title: str
    script: str
    below: ImageLayer | None
    inputs: Mapping[str, str | Path]
    identity: str = ""

    @property
    def digest(self) -> str:
        """Return the hash of everything that decides the layer's content."""
        digest = hashlib.sha256()
        parts: dict[str, str] = {
            "script": _read_text(_SCRIPTS / self.script),
            "enter": _read_text(_SCRIPTS / "build.sh"),
            "below": self.below.digest if self.below else "",
            "identity": self.identity,
        }
        for name, value in self.inputs.items():
            parts[f"input {name}"] = value if isinstance(value, str) else compute_tree_digest(value)
        digest.update(json.dumps(parts, sort_keys=True).encode())
        return digest.hexdigest()[:20]

    @property
    def stack(self) -> tuple[ImageLayer, ...]:
        """Return the layer and the ones below, top first, as overlayfs wants them."""
        return (self, *(self.below.stack if self.below else ()))

    def files(self, cache: Path) -> Path:
        """Return where the layer's files are once it is made."""
        return cache / self.digest / "files"

    def is_made(self, cache: Path) -> bool:
        """Return whether it is in the cache, complete."""
        return (cache / self.digest).is_dir()


_BYTECODE = "__pycache__"


def _read_text(file: Path) -> str:
    return file.read_text("utf-8")


def compute_tree_digest(root: Path) -> str:
    """Return a hash of a folder's file names, contents and executable bits, or of a file's content.

    What Python keeps of its own beside its files is none of them.
    """
    if root.is_file():
        return hashlib.sha256(root.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    files = (path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    for file in sorted(path for path in files if _BYTECODE not in path.parts):
        content = str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
        header = [str(file.relative_to(root)), bool(file.lstat().st_mode & 0o100), hashlib.sha256(content).hexdigest()]
        digest.update(json.dumps(header).encode())
    return digest.hexdigest()


def make_layer(layer: ImageLayer, extra_inputs: Mapping[str, str], cache: Path) -> None:
    """Make a layer whose ones below are made; ``extra_inputs`` are further texts for its script. Raises BuildError.

    Runs in process and mount namespaces of its own that end with this process, so that nothing stays mounted or
    running whatever happens; the result appears in the cache at once or not at all.
    """
    place = Path(tempfile.mkdtemp(prefix=f".making-{layer.digest}-", dir=cache))
    inputs = place / "inputs"
    inputs.mkdir()
    for name, value in {**layer.inputs, **extra_inputs}.items():
        if isinstance(value, Path) and value.is_dir():
            shutil.copytree(value, inputs / name, symlinks=True, ignore=shutil.ignore_patterns(_BYTECODE))
        elif isinstance(value, Path):
            shutil.copy(value, inputs / name)
        else:
            (inputs / name).parent.mkdir(parents=True, exist_ok=True)
            (inputs / name).write_text(value, "utf-8")
    shutil.copy(_SCRIPTS / layer.script, inputs / "script")
    (place / "files").mkdir()
    lower = ":".join(str(below.files(cache)) for below in layer.stack[1:])
    base = layer.stack[-1].digest
    apt = place / "apt" if layer.below is None else cache / base / "apt"
    extra = place / "extra" if len(layer.stack) <= 2 else cache / layer.stack[-2].digest / "extra"
    command = ["sh", "-eu", str(_SCRIPTS / "build.sh"), str(place), lower, str(apt), str(extra)]
    log = cache / f"{layer.title}.log"
    with log.open("wb") as output:
        process = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount",
             "--propagation", "private", "--mount-proc", *command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
    if process.returncode != 0:
        shutil.rmtree(place, ignore_errors=True)
        raise BuildError(f"the image layer {layer.title} could not be made; the end of {log}:\n{_read_log_end(log)}")
    for name in ("inputs", "work", "root"):
        shutil.rmtree(place / name, ignore_errors=True)
    os.rename(place, cache / layer.digest)  # noqa: PTH104  must fail when it exists


def _read_log_end(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-12:])


def remove_unused_image_layers(cache: Path, kept_digests: set[str]) -> None:
    """Remove layers that ``kept_digests`` does not name, and what interrupted builds left."""
    for entry in cache.iterdir():
        if entry.is_dir() and entry.name not in kept_digests:
            shutil.rmtree(entry)
