"""Applications that answer requests with all of root's rights: what runs their code, as the kernel tells it, and where it listens."""

import os
import re

from ansible.module_utils.luytre import _forwarded, _processes
from ansible.module_utils.luytre._reading import read_text

RUNTIMES = re.compile(
    r"(?:node(?:js)?|deno|bun|java|dotnet|php|ruby|uwsgi|gunicorn|puma|unicorn|mongrel)(?:[\d.]+|-core|_python\d*)?"
)
SCRIPTED = re.compile(r"(?:python|pypy|perl)[\d.]*")
SERVERS = re.compile(
    r"\b(?:gunicorn|uwsgi|uvicorn|hypercorn|daphne|waitress|flask|streamlit|starman|hypnotoad|plackup)\b|\bmanage\.py runserver\b|-m http\.server\b"
)
"""In the title of root's process, where a language has programs of the system's, too."""
MAX_TOLD = 50
MAX_LISTENS = 10


def applications(proc="/proc"):
    """``[{process, unit, listens}]`` of those that listen and have handed their work to no lesser account."""
    pids = sorted(int(name) for name in os.listdir(proc) if name.isdigit())[: _processes.MAX_PROCESSES]
    every = [one for one in (_processes.process(pid, proc) for pid in pids) if one is not None]
    handed_on = {one.parent for one in every if one.uid != 0 and _is_runtime(one.program, "")}
    sockets, found = None, []
    for one in every:
        if one.uid != 0 or one.pid in handed_on or not _is_runtime(one.program, one.title):
            continue
        sockets = _tcp(proc) if sockets is None else sockets
        listens = sorted({*_ports(one.pid, sockets, proc), *_processes.listening(one.pid, proc)})[:MAX_LISTENS]
        if listens:
            found.append({"process": os.path.basename(one.program), "unit": one.unit, "listens": listens})
    return found[:MAX_TOLD]


def _is_runtime(program, title):
    name = os.path.basename(program)
    return RUNTIMES.fullmatch(name) is not None or (
        SCRIPTED.fullmatch(name) is not None and (not title or SERVERS.search(title) is not None)
    )


def _tcp(proc):
    """``{inode: "address:port"}`` of TCP sockets that listen."""
    found = {}
    for name in ("tcp", "tcp6"):
        for inode, (state, local, _remote) in _forwarded.parse(
            read_text("%s/net/%s" % (proc, name), 4_000_000) or ""
        ).items():
            if state == _forwarded.LISTEN:
                found[inode] = "%s:%d" % local
    return found


def _ports(pid, sockets, proc):
    try:
        links = [
            os.readlink("%s/%d/fd/%s" % (proc, pid, name)) for name in os.listdir("%s/%d/fd" % (proc, pid))[:5_000]
        ]
    except OSError:
        return []
    return [sockets[link[8:-1]] for link in links if link.startswith("socket:[") and link[8:-1] in sockets]
