"""``make bundle`` and ``make deb``.

All that a machine without a network needs, by the pins and hashes of ``requirements.lock``.

The bundle is a tar of wheels with a script that installs them; the package is what that script would install. The same
commit gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from auditor import __version__

ROOT = Path(__file__).resolve().parents[1]
INSTALL = Path(__file__).with_name("install.sh")
SITE = ROOT / "dist/site"
"""The guides as pages, which ``make site`` builds before."""
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_NAME = f"luytre-{__version__}-python{_PYTHON}-{platform.machine()}"
_HOME = "opt/luytre/venv"
_DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}


def main(arguments: Sequence[str]) -> int:
    """Write what is asked for, ``bundle`` or ``deb``, into a folder, and print it with its size and digest."""
    what, folder = arguments
    os.environ["SOURCE_DATE_EPOCH"] = _run("git", "log", "-1", "--format=%ct").strip()
    Path(folder).mkdir(parents=True, exist_ok=True)
    path = {"bundle": bundle, "deb": deb}[what](Path(folder).resolve())
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    print(f"{digest}  {path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def bundle(folder: Path) -> Path:
    """Return a tar of a folder with the wheels, their hashes, and the script that installs them."""
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        whole = Path(scratch, _NAME)
        _gather(whole)
        path = folder / f"{_NAME}.tar"
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            for member in (whole, *sorted(whole.rglob("*"))):
                tar.add(member, member.relative_to(scratch), recursive=False, filter=_plain)
    return path


def deb(folder: Path) -> Path:
    """Return a package for Debian that holds the installed bundle below ``/opt/luytre``."""
    if sys.base_prefix != "/usr":
        raise SystemExit(
            "the package is built with Debian's own Python: rm -rf .venv; make deb PYTHON=/usr/bin/python3"
        )
    architecture = _DEBIAN[platform.machine()]
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        whole, stage = Path(scratch, _NAME), Path(scratch, "stage")
        _gather(whole)
        home = stage / _HOME
        subprocess.run(["sh", whole / "install", home.parent], check=True, env={**os.environ, "LUYTRE_LINK": "no"})
        _install_system_files(home, stage / "usr")
        relocate(home, stage)
        _write_control_file(stage, architecture)
        path = folder / f"luytre_{__version__}_{architecture}.deb"
        _run("dpkg-deb", "--root-owner-group", "-Zzstd", "--build", str(stage), str(path))
    return path


# --- the bundle -----------------------------------------------------------------------------------------


def _gather(whole: Path) -> None:
    wheels = whole / "wheels"
    wheels.mkdir(parents=True)
    pins = "".join(
        iter_pins((ROOT / "requirements.lock").read_text("utf-8"), resolve_packages(dependencies()) | {"pip"})
    )
    (whole / "requirements.txt").write_text(pins, "utf-8")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(
        *pip,
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        f"{whole}/requirements.txt",
        "-d",
        f"{wheels}",
    )
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", f"{wheels}", str(ROOT))
    (own,) = wheels.glob("luytre-*.whl")
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    (whole / "requirements.txt").write_text(f"{pins}luytre=={__version__} --hash=sha256:{digest}\n", "utf-8")
    shutil.copyfile(INSTALL, whole / "install")
    (whole / "install").chmod(0o755)
    (whole / "python").write_text(f"{_PYTHON} {platform.machine()}\n", "ascii")
    shutil.copytree(SITE, whole / "guides")
    files = sorted(path for path in whole.rglob("*") if path.is_file())
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(whole)}\n" for path in files)
    (whole / "SHA256SUMS").write_text("".join(sums), "utf-8")


def dependencies() -> list[str]:
    """Return what ``pyproject.toml`` says that the program needs, as it stands there."""
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])


def resolve_packages(requirements: Iterable[str]) -> set[str]:
    """Return the packages that these requirements come to on this machine, by canonical name.

    They are installed here.
    """
    names: set[str] = set()
    pending = list(requirements)
    while pending:
        requirement = Requirement(pending.pop())
        name = canonicalize_name(requirement.name)
        if name not in names and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            names.add(name)
            pending += metadata.requires(name) or ()
    return names


def iter_pins(lock: str, names: set[str]) -> Iterator[str]:
    """Yield the lines of a lock about these packages, hashes and all. Raises KeyError for one that it does not have."""
    entries = {
        canonicalize_name(match[1]): match[0]
        for match in re.finditer(r"^([\w.-]+)==.*?(?=^[\w.-]+==|\Z)", lock, re.M | re.S)
    }
    for name in sorted(names):
        yield re.sub(r"^ +#.*\n", "", entries[canonicalize_name(name)], flags=re.M)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = int(os.environ["SOURCE_DATE_EPOCH"])
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


# --- the package ----------------------------------------------------------------------------------------


_COMPLETIONS = {
    "bash": "bash-completion/completions/auditor",
    "zsh": "zsh/vendor-completions/_auditor",
    "fish": "fish/vendor_completions.d/auditor.fish",
}


def _install_system_files(home: Path, usr: Path) -> None:
    """Install what the system finds by itself: the command, its manual, completion, the licence."""
    (usr / "bin").mkdir(parents=True)
    (usr / "bin/auditor").symlink_to(f"/{_HOME}/bin/auditor")
    for page in home.glob(
        "share/man/**/auditor.1"
    ):  # not those of what it needs, which packages of their own have there
        file = usr / page.relative_to(home).with_name("auditor.1.gz")
        file.parent.mkdir(parents=True)
        file.write_bytes(gzip.compress(page.read_bytes(), mtime=0))
    for shell, place in _COMPLETIONS.items():
        file = usr / "share" / place
        file.parent.mkdir(parents=True)
        file.write_text(_run(str(home / "bin/auditor"), "completion", shell), "utf-8")
    (usr / "share/doc/luytre").mkdir(parents=True)
    shutil.copyfile(ROOT / "LICENSE", usr / "share/doc/luytre/copyright")
    shutil.copyfile(ROOT / "NOTICE", usr / "share/doc/luytre/NOTICE")
    shutil.move(home / "share/doc/luytre/html", usr / "share/doc/luytre/html")


def relocate(home: Path, stage: Path) -> None:
    """Have what was installed below ``stage`` say that it is below ``/``, and compile it for good."""
    for file in (home / "pyvenv.cfg", *(home / "bin").iterdir()):
        if file.is_file() and not file.is_symlink():
            file.write_bytes(file.read_bytes().replace(f"{stage}/".encode(), b"/"))
    for cache in [*home.rglob("__pycache__")]:
        shutil.rmtree(cache)
    for record in home.glob("lib/python*/site-packages/*.dist-info/RECORD"):
        record.write_text(
            "".join(line for line in record.read_text("utf-8").splitlines(True) if "__pycache__" not in line), "utf-8"
        )
    subprocess.run(
        [
            sys.executable,
            "-m",
            "compileall",
            "-q",
            "-s",
            stage,
            "-p",
            "/",
            "--invalidation-mode",
            "unchecked-hash",
            home / "lib",
        ],
        check=False,  # Ansible carries a few files for other versions of Python
        stdout=subprocess.DEVNULL,
    )


def _write_control_file(stage: Path, architecture: str) -> None:
    size = sum(path.lstat().st_size for path in stage.rglob("*") if not path.is_dir()) // 1024
    next_version = f"{sys.version_info.major}.{sys.version_info.minor + 1}"
    fields: Mapping[str, str] = {
        "Package": "luytre",
        "Version": __version__,
        "Architecture": architecture,
        "Maintainer": "Lũy Tre <luytre@localhost>",
        "Installed-Size": str(size),
        "Depends": f"python3 (>= {_PYTHON}), python3 (<< {next_version}), openssh-client",
        "Section": "admin",
        "Priority": "optional",
        "Description": "hardening and audit for the servers behind the websites of wards and communes\n"
        " Audits and hardens Debian web servers by Ansible, with a way back. All that it needs of Python is inside.",
    }
    (stage / "DEBIAN").mkdir()
    (stage / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()), "utf-8")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
