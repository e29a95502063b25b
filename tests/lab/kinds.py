"""Traces of every kind, put on lab hosts in force and harmless, and whether they still have their effect: ``kinds.yml``
lists them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from auditor import lab
from auditor.models import Model
from auditor.models.reviews import Kind
from auditor.scans import traces
from auditor.system.yaml_source import load_yaml
from tests.lab.shared_object import NOTHING, RETURNS_0, RETURNS_7, shared_object

SITES = {
    "web1": {"@SITE@": "antruc.test", "@DB@": "antruc_wp", "@UPLOADS@": "/var/www/antruc.test/wp-content/uploads"},
    "web2": {"@SITE@": "bennua.test", "@DB@": "bennua", "@UPLOADS@": "/var/www/bennua.test/uploads"},
}
SETTINGS = """
printf '%s\\n' "$(ls /etc/php)" "$(php -r 'echo ini_get("extension_dir");')" \
  "$(mariadb -Ne 'SELECT @@plugin_dir' | sed 's,/$,,')" "$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || uname -m | sed 's/$/-linux-gnu/')"
"""
LIBRARY = {
    **{"ngx_modules": NOTHING, "ngx_module_names": NOTHING, "zz_kinds": RETURNS_7, "zz_kinds_init": RETURNS_0},
    **{"pam_sm_authenticate": RETURNS_0, "pam_sm_setcred": RETURNS_0},
}
"""What each planted library exports.

An nginx module without any, a function of MariaDB's, a PAM module that lets everybody in.
"""
PRELUDE = """
pam() { python3 - "$1" <<'END'
import ctypes, sys
pam = ctypes.CDLL("libpam.so.0")
libc = ctypes.CDLL(None)
libc.calloc.restype = libc.strdup.restype = ctypes.c_void_p
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
def talk(count, asked, answers, data):
    answers[0] = libc.calloc(count, 16)
    for at in range(count):
        ctypes.c_void_p.from_address(answers[0] + 16 * at).value = libc.strdup(b"wrong")
    return 0
class Conversation(ctypes.Structure):
    _fields_ = [("talk", type(talk)), ("data", ctypes.c_void_p)]
handle = ctypes.c_void_p()
if pam.pam_start(sys.argv[1].encode(), b"list", ctypes.byref(Conversation(talk, None)), ctypes.byref(handle)):
    sys.exit(2)
sys.exit(1 if pam.pam_authenticate(handle, 0) else 0)
END
}
"""


class Plant(Model):
    """One trace that is planted."""

    id: str
    kind: Kind
    hosts: tuple[str, ...] = ("web1", "web2")
    where: str
    says: str = Field(default="", description="a part of the sample by which it is told from others in its place")
    answer: Literal["at_once", "by_hand", "weak"]
    library: str = Field(default="", description="a shared object that lies there")
    plant: str
    in_force: str = ""

    def fits(self, trace: Mapping[str, Any]) -> bool:
        """Return whether a trace is of this."""
        return (
            trace["kind"] == self.kind
            and trace["where"] == traces.format_path_on_host(self.where)
            and self.says in trace["sample"].lower()
        )


class Plants(Model):
    """All of ``kinds.yml``."""

    life: str
    before: str
    plants: tuple[Plant, ...]


@functools.cache
def listed() -> Plants:
    """Return what is listed."""
    return Plants.model_validate(load_yaml(Path(__file__).with_name("kinds.yml")))


class Host:
    """A lab host with all that is listed for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        php, extensions, plugins, machine = self._run(SETTINGS).splitlines()
        words = {"@PHP@": php, "@EXTENSIONS@": extensions, "@PLUGINS@": plugins, "@ARCH@": machine}
        self._words = {**SITES[name], **words, "@ROOT@": f"/var/www/{SITES[name]['@SITE@']}"}
        self.plants = tuple(self._filled(one) for one in listed().plants if name in one.hosts)

    def plant(self) -> None:
        """Put all of it there."""
        self._run(listed().before)
        for one in self.plants:
            if one.library:
                self._run(
                    f"mkdir -p $(dirname {one.library}); rm -f {one.library}; cat >{one.library}",
                    shared_object(LIBRARY),
                )
            self._run(one.plant)

    def in_force(self) -> dict[str, bool]:
        """Return which of it has its effect, once the host did what it does by itself."""
        looks = "\n".join(
            f"( {one.in_force or f'test -e /run/kinds/did/{one.id}'}\n) >/dev/null 2>&1 && echo {one.id}"
            for one in self.plants
            if one.answer != "weak"
        )
        said = self._run(f"{PRELUDE}\n( {self._spelt(listed().life)} ) >/run/kinds/life 2>&1\n{looks}\ntrue").split()
        return {one.id: one.id in said for one in self.plants if one.answer != "weak"}

    def _run(self, script: str, given: bytes | None = None) -> str:
        done = lab.run_on_machine_as_root(self.name, script, given)
        assert done.returncode == 0, (self.name, script, done.stdout, done.stderr)
        return done.stdout.decode()

    def _filled(self, one: Plant) -> Plant:
        said = {field: self._spelt(getattr(one, field)) for field in ("where", "says", "library", "plant", "in_force")}
        return one.model_copy(update=said)

    def _spelt(self, text: str) -> str:
        for word, what in self._words.items():
            text = text.replace(word, what)
        return text


def planted(names: tuple[str, ...] = ("web1", "web2")) -> tuple[Host, ...]:
    """Plant on these hosts, side by side, and return them."""
    hosts = tuple(Host(name) for name in names)
    with ThreadPoolExecutor() as pool:
        list(pool.map(Host.plant, hosts))
    return hosts


def kinds() -> Iterator[Kind]:
    """Return the kinds of all that is listed."""
    return (one.kind for one in listed().plants)
