"""Commands that a person types as root on a host, as their words go into a step by hand. Pure.

Names that a host says become one quoted word of a command. Each command ends with 0 when it has done what its step says.
"""

from __future__ import annotations

import os
import re
import shlex
import string
from collections.abc import Sequence

from auditor.text import paths

KEPT = "/root/luytre-kept"
_PLAIN = frozenset(string.ascii_letters + string.digits + "/._-+")
_NO_CAPABILITIES = (
    "import os,sys; [os.removexattr(p, a) for p in sys.argv[1:] for a in os.listxattr(p) if a == 'security.capability']"
)
_LINES_OUT = (
    r"import hashlib,re,sys; p,m,*d=sys.argv[1:]; m=m.encode()+b' '; f=open(p,'r+b'); a=re.split(rb'(?<!\\)\n',f.read()); "
    r"h=lambda l: hashlib.sha256(l.strip()).hexdigest()[:12] in d; "
    r"b=[m+l.replace(b'\n',b'\n'+m) if h(l.replace(b'\\\n',b' ')) else l for l in a]; f.seek(0); f.write(b'\n'.join(b)); "
    r"sys.exit(not any(l.startswith(m) and h(l[len(m):].replace(b'\\\n'+m,b' ')) for l in b))"
)
"""Makes comments of the lines whose digests are given, with what goes on behind a backslash; ends with 1 where they are in the file neither so nor so.

By one descriptor, so that whoever swaps names has nothing written elsewhere; what is written is never shorter than what was read.
"""
_EACH_PROCESS = 'while read -r n; do echo "$n$(readlink "/proc/$n/exe")  $(ps -o user=,lstart=,args= -p "$n")"; done'
"""Writes a process's number and program as ``contain process`` takes them, then whose it is, since when, and its command line."""


def word(path: str) -> str:
    """Return a path as one word of a shell's command, all of it printed: the very bytes that its trace spells."""
    if "%" not in path:
        return shlex.quote(path)
    spelt = (chr(one) if chr(one) in _PLAIN else f"\\x{one:02x}" for one in os.fsencode(paths.read(path)))
    return f"$'{''.join(spelt)}'"


def copy(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file as it is, and have root change it where a flag says that nobody may."""
    return (
        f"sudo install -d -m 0700 {KEPT}",
        f"sudo cp -a --parents -- {word(path)} {KEPT}",
        f"sudo chattr -ia -- {word(path)} 2>/dev/null || true",
    )


def remove(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and take it away."""
    return (*copy(path), f"sudo rm -- {word(path)}")


def comment_out(path: str, mark: str, digests: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and make comments of some of its lines, which are told by their digests."""
    program = shlex.quote(_LINES_OUT)
    return (*copy(path), f"sudo python3 -c {program} {word(path)} {shlex.quote(mark)} {digests}")


def read(files: Sequence[str]) -> str:
    """Return the command that shows how some files begin, what is not printed spelt."""
    return f"sudo head -v -c 2000 -- {' '.join(map(word, files))} | cat -v"


def show(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and show each of its lines with its number, what is not printed spelt."""
    return (*copy(path), f"sudo cat -A -n -- {word(path)}")


def drop_privileges(path: str) -> tuple[str, ...]:
    """Return the commands after which a file lends nobody the rights of another, nor does its copy."""
    both = f"{word(path)} {word(f'{KEPT}{path}')}"
    return (
        *copy(path),
        f"sudo chmod u-s,g-s -- {both}",
        f"sudo python3 -c {shlex.quote(_NO_CAPABILITIES)} {both}",
    )


def reinstall(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and install its package again; before Debian 13, packages name what lies in /usr/bin, /usr/sbin and /usr/lib without /usr, too."""
    names = f"{word(path)} {word(path.removeprefix('/usr'))}" if path.startswith("/usr/") else word(path)
    package = f"$(dpkg-query -S {names} 2>/dev/null | head -n 1 | cut -d: -f1)"
    return (*copy(path), f'sudo apt-get install --reinstall -y "{package}"')


def unload(name: str, folder: str) -> str:
    """Return the command that makes comments of all lines below a folder of settings that load a library by its name."""
    pattern = re.sub(r"([.\[\]*^$/+])", r"\\\1", name)
    edit = shlex.join(("-e", "/^[[:space:]]*#/b", "-e", f"/{pattern}/ s/^/# /"))
    script = f"grep -RlF -- {shlex.quote(name)} {folder} | xargs -r sed -i --follow-symlinks {edit}"
    return f"sudo sh -c {shlex.quote(script)}"


def list_processes_of(path: str) -> str:
    """Return the command that lists the processes of a program."""
    pattern = re.sub(r"([\\*?\[])", r"\\\1", path)
    find = f"find /proc -maxdepth 2 -name exe -lname {shlex.quote(pattern)} -printf '%h\\n' | cut -d/ -f3"
    return f"sudo sh -c {shlex.quote(f'{find} | {_EACH_PROCESS}')}"


def list_listeners(port: str) -> str:
    """Return the command that lists the processes that listen on a port."""
    found = f"ss -H -tulnp 'sport = :{port}' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u"
    return f"sudo sh -c {shlex.quote(f'{found} | {_EACH_PROCESS}')}"


def list_sniffers() -> str:
    """Return the command that lists the processes that read whole packets."""
    found = "ss -H -0 -p | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u"
    return f"sudo sh -c {shlex.quote(f'{found} | {_EACH_PROCESS}')}"


def end_process(number: str, path: str) -> str:
    """Return the command that ends a process, if it still runs that program."""
    same = f"readlink /proc/{number}/exe | grep -qxF -e {word(path)} -e {word(f'{path} (deleted)')}"
    return f"sudo sh -c {shlex.quote(f'{same} && kill -KILL {number}')}"
