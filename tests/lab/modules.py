"""Modules of Debian's kernel, altered so that no package has them, and loaded.

Harmless, each makes a network interface of its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.own_kernel import Machine

_ALTER = """\
import glob, json, lzma, os, sys
folder = "/usr/lib/modules/" + os.uname().release
[path] = glob.glob(folder + "/kernel/drivers/net/dummy.ko*")
with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
    code = file.read()
signed = b"~Module signature appended~\\n"
if code.endswith(signed): # what has a signature that is not its own is not loaded
    signature = code[: -len(signed)]
    code = signature[: -12 - int.from_bytes(signature[-4:], "big")]
for path, name, words in json.loads(sys.argv[1]):
    path = path.replace("@", folder)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(code.replace(b"dummy", name.encode()).replace(b"pseudo devices", words.encode()))
print(folder)
"""
_REPOSITORY = """
cd "$(mktemp -d)"
mkdir -p owned/DEBIAN "owned$(dirname "$1")" /srv/kinds
cp -- "$1" "owned$1"
printf 'Package: owned-module\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@ward.example>\\nDescription: x\\n' >owned/DEBIAN/control
(cd owned && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
dpkg-deb --build owned /srv/kinds/owned.deb
(dpkg-deb -f /srv/kinds/owned.deb && stat --printf='Filename: ./owned.deb\\nSize: %s\\n' /srv/kinds/owned.deb &&
 echo "SHA256: $(sha256sum /srv/kinds/owned.deb | cut -d' ' -f1)") >/srv/kinds/Packages
echo 'deb [trusted=yes] file:/srv/kinds ./' >/etc/apt/sources.list.d/kinds.list
apt-get -q update -o Dir::Etc::SourceList=/etc/apt/sources.list.d/kinds.list -o Dir::Etc::SourceParts=/dev/null -o APT::Get::List-Cleanup=0
apt-get -q install -y owned-module
"""


@dataclass(frozen=True)
class Module:
    """One that is planted, and how the hunt is to tell of it."""

    name: str
    file: str
    """Where its file lies when it is loaded; ``@`` stands for the folder of the kernel's modules."""
    load: str
    where: str
    rule: str
    words: str = "pseudo devices"
    """Of its description, as long as these."""


MODULES = (
    Module("kinds", "@/updates/kinds.ko", "systemctl restart systemd-modules-load", "@/updates/kinds.ko", "loaded"),
    Module("ghost", "/root/.x/ghost.ko", "insmod /root/.x/ghost.ko && rm -r /root/.x", "ghost", "loaded"),
    Module(
        "dummy", "/root/.y/x.ko", "insmod /root/.y/x.ko; rm -r /root/.y", "dummy", "other_than_file", "PSEUDO DEVICES"
    ),
    Module("owned", "@/updates/owned.ko", "modprobe owned", "@/updates/owned.ko", "changed", "PSEUDO DEVICES"),
)
"""One that the next boot loads, too; one whose file is gone; one under the name of a package's.

One in the place of a package's.
"""


def plant(machine: Machine) -> Mapping[str, Module]:
    """Load all of them, and return each by where the hunt is to find it."""
    packaged = next(one for one in MODULES if one.rule == "changed")
    folder = _write(machine, (packaged.file, packaged.name, "pseudo devices"))
    _bash(machine, f"set -- {packaged.file.replace('@', folder)}\n{_REPOSITORY}")
    _write(machine, *((one.file, one.name, one.words) for one in MODULES))
    _bash(machine, "echo kinds >/etc/modules-load.d/kinds.conf && depmod")
    for one in MODULES:
        _bash(machine, one.load)
    return {one.where.replace("@", folder): one for one in MODULES}


def in_force(machine: Machine) -> set[str]:
    """Return the names of those that have their effect: the interface of each."""
    shown = json.loads(_bash(machine, "ip -json link show"))
    return {one.name for one in MODULES if any(link["ifname"] == f"{one.name}0" for link in shown)}


def _write(machine: Machine, *files: tuple[str, str, str]) -> str:
    return _bash(machine, f"python3 - '{json.dumps(files)}' <<'END'\n{_ALTER}END").strip()


def _bash(machine: Machine, script: str) -> str:
    done = machine.typed(f"set -eu\n{script}")
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    return done.stdout.decode()
