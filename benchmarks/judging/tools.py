"""The judges themselves: fetched by name from Debian and PyPI into a folder of their own."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from auditor.lab import apt
from benchmarks.judging import openscap

DEBIAN = {
    "openscap-scanner": "1.4.2+dfsg-1",
    "ssg-debian": "0.1.76-1",
    "ssg-debderived": "0.1.76-1",
    "lynis": "3.1.4-1",
}
NON_FREE = {"nikto": "1:2.1.5-3.1"}
"""From Debian's archive area non-free: its rules may not be changed."""
NEEDED = ("libwhisker2-perl", "libnet-ssleay-perl")
PYPI = {"ssh-audit": "3.9.0", "sslyze": "6.3.1"}
ON_HOST = "/opt/judges"

_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_STREAMS = "usr/share/xml/scap/ssg/content"


def cache() -> Path:
    """Return where judges are kept: ``LUYTRE_JUDGES``, or a folder in the user's cache."""
    return Path(os.environ.get("LUYTRE_JUDGES") or Path.home() / ".cache/luytre-judges")


def fetch() -> Path:
    """Return the folder with all judges, fetched unless it is there: ``host`` is for a host, the others stay.

    Debian's packages are those of this machine's release, with every library that they need, and none is installed.
    Raises CalledProcessError when a registry does not have them.
    """
    versions = [f"{name}={version}" for name, version in {**DEBIAN, **NON_FREE, **PYPI}.items()]
    source = Path(__file__).read_bytes() + Path(openscap.__file__).read_bytes()
    done = cache() / f"judges-{hashlib.sha256(source + repr(versions).encode()).hexdigest()[:20]}"
    if done.exists():
        return done
    done.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=done.parent) as folder:
        made = Path(folder) / "judges"
        _host(Path(folder), made / "host")
        _nikto(Path(folder), made / "nikto")
        _run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(made / "here")]
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
        stream = openscap.anywhere((unpacked / _STREAMS / profile.stream).read_text("utf-8"))
        if profile.as_machine:
            stream = openscap.as_machine(stream)
        (host / f"streams/{judge}.xml").write_text(stream, "utf-8")
    shutil.copytree(unpacked / "usr/share/lynis", host / "lynis")
    (host / "lynis/plugins").mkdir(exist_ok=True)
    shutil.copy(unpacked / "usr/sbin/lynis", host / "lynis")
    shutil.copy(unpacked / "etc/lynis/default.prf", host / "lynis")


def _nikto(work: Path, nikto: Path) -> None:
    """Unpack Nikto. Its area is asked for in lists of their own, at the registry that this machine's apt uses."""
    lists, packages = work / "lists", work / "nikto"
    for folder in (lists / "partial", packages):
        folder.mkdir(parents=True)
    places = sorted({(source.uri, source.signed_by) for source in apt.list_sources() if not source.part})
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    own = work / "non-free.list"
    own.write_text("".join(f"deb [signed-by={key}] {uri} {release} main non-free\n" for uri, key in places), "utf-8")
    options = ["-qq", "-o", f"Dir::Etc::SourceList={own}", "-o", "Dir::Etc::SourceParts=/dev/null"]
    options += ["-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root"]
    _run(["apt-get", *options, "update"])
    wanted = [*(f"{name}={version}" for name, version in NON_FREE.items()), *NEEDED]
    _run(["apt-get", *options, "download", *wanted], packages)
    for package in packages.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(nikto)])


def _only_libraries(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if ".so" not in name or (Path(folder) / name).is_dir()}


def _run(command: Sequence[str], where: Path | None = None) -> None:
    subprocess.run(command, check=True, cwd=where, stdout=subprocess.DEVNULL)
