"""The judges themselves: fetched by name from Debian and PyPI into a folder of their own, and lent to a host."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor import lab
from auditor.errors import LabError
from benchmarks.judging import openscap

DEBIAN = {
    "openscap-scanner": "1.4.2+dfsg-1",
    "ssg-debian": "0.1.76-1",
    "ssg-debderived": "0.1.76-1",
    "lynis": "3.1.4-1",
}
PYPI = {"ssh-audit": "3.9.0"}
ON_HOST = "/opt/judges"

_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_STREAMS = "usr/share/xml/scap/ssg/content"


def cache() -> Path:
    """Where judges are kept: ``LUYTRE_JUDGES``, or a folder in the user's cache."""
    return Path(os.environ.get("LUYTRE_JUDGES") or Path.home() / ".cache/luytre-judges")


def fetch() -> Path:
    """The folder with all judges, fetched unless it is there: ``host`` is for a host, ``here`` stays.

    Debian's packages are those of this machine's release, with every library that they need, and none is installed.
    Raises CalledProcessError when a registry does not have them.
    """
    versions = [f"{name}={version}" for name, version in {**DEBIAN, **PYPI}.items()]
    done = cache() / "+".join(versions).replace("/", "_")
    if done.exists():
        return done
    done.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=done.parent) as folder:
        made = Path(folder) / "judges"
        _host(Path(folder), made / "host")
        _run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(made / "here")]
            + [f"{name}=={version}" for name, version in PYPI.items()]
        )
        made.rename(done)
    return done


def _host(work: Path, host: Path) -> None:
    packages, unpacked = work / "packages", work / "unpacked"
    (packages / "partial").mkdir(parents=True)
    (work / "status").touch()
    _run(
        ["apt-get", "-qq", "-y", "--no-install-recommends", "--download-only"]
        + ["-o", f"Dir::State::status={work}/status", "-o", f"Dir::Cache::archives={packages}"]
        + ["-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User=root", "install"]
        + [f"{name}={version}" for name, version in DEBIAN.items()]
    )
    for package in packages.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(unpacked)])
    (host / "streams").mkdir(parents=True, mode=0o700)
    shutil.copytree(unpacked / _LIBRARIES, host / "lib", ignore=_only_libraries)
    shutil.copy(unpacked / "usr/lib64/ld-linux-x86-64.so.2", host / "ld.so")
    shutil.copy(unpacked / "usr/bin/oscap", host)
    shutil.copytree(unpacked / "usr/share/openscap", host / "openscap", symlinks=True)
    for judge, profile in openscap.PROFILES.items():
        stream = unpacked / _STREAMS / profile.stream
        if profile.as_machine:
            (host / f"streams/{judge}.xml").write_text(openscap.as_machine(stream.read_text("utf-8")), "utf-8")
        else:
            shutil.copy(stream, host / "streams")
    shutil.copytree(unpacked / "usr/share/lynis", host / "lynis")
    (host / "lynis/plugins").mkdir(exist_ok=True)
    shutil.copy(unpacked / "usr/sbin/lynis", host / "lynis")
    shutil.copy(unpacked / "etc/lynis/default.prf", host / "lynis")


def _only_libraries(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if ".so" not in name or (Path(folder) / name).is_dir()}


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def lent(host: str, folder: Path) -> Iterator[None]:
    """The judges in ``ON_HOST`` of a lab host, for as long as they are needed.

    Raises LabError when its packages are others afterwards.
    """
    place = lab.init(host) / "root" / ON_HOST.lstrip("/")
    before = _packages(host)
    shutil.copytree(folder / "host", place, symlinks=True)
    try:
        yield
    finally:
        shutil.rmtree(place)
    if _packages(host) != before:
        raise LabError(f"the judges left packages on {host}, or took some")


def _packages(host: str) -> bytes:
    return lab.run(host, ["dpkg-query", "--show"]).stdout
