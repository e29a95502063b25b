"""Applications that answer requests with all of root's rights.

What runs their code, as the kernel tells it, and where it listens.
"""

import os
import re

from ansible.module_utils.luytre.os import ssh_forwards
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import read_text

RUNTIMES = re.compile(
    r"(?:node(?:js)?|deno|bun|java|dotnet|php|ruby|uwsgi|gunicorn|puma|unicorn|mongrel)(?:[\d.]+|-core|_python\d*)?"
)
SCRIPT_RUNTIMES = re.compile(r"(?:python|pypy|perl)[\d.]*")
SERVERS = re.compile(
    r"\b(?:gunicorn|uwsgi|uvicorn|hypercorn|daphne|waitress|flask|streamlit|starman|hypnotoad|plackup)\b"
    r"|\bmanage\.py runserver\b|-m http\.server\b"
)
"""In the title of root's process, where a language has programs of the system's, too."""
MAX_TOLD = 50
MAX_LISTENS = 10


def find_applications_listening_as_root(proc="/proc"):
    """Return ``[{process, unit, listens}]`` of those that listen and have handed their work to no lesser account."""
    pids = sorted(int(name) for name in os.listdir(proc) if name.isdigit())[: process_table.MAX_PROCESSES]
    every = [
        candidate for candidate in (process_table.read_process_info(pid, proc) for pid in pids) if candidate is not None
    ]
    handed_on = {
        candidate.parent for candidate in every if candidate.uid != 0 and _is_application_runtime(candidate.program, "")
    }
    sockets, results = None, []
    for process in every:
        if process.uid != 0 or process.pid in handed_on or not _is_application_runtime(process.program, process.title):
            continue
        sockets = _list_listening_tcp_sockets(proc) if sockets is None else sockets
        listens = sorted(
            {
                *_list_listen_endpoints_of_process(process.pid, sockets, proc),
                *process_table.list_unix_listen_paths(process.pid, proc),
            }
        )[:MAX_LISTENS]
        if listens:
            results.append({"process": os.path.basename(process.program), "unit": process.unit, "listens": listens})
    return results[:MAX_TOLD]


def _is_application_runtime(program, title):
    name = os.path.basename(program)
    return RUNTIMES.fullmatch(name) is not None or (
        SCRIPT_RUNTIMES.fullmatch(name) is not None and (not title or SERVERS.search(title) is not None)
    )


def _list_listening_tcp_sockets(proc):
    """Return ``{inode: "address:port"}`` of TCP sockets that listen."""
    sockets = {}
    for name in ("tcp", "tcp6"):
        for inode, (state, local, _remote) in ssh_forwards.parse_kernel_tcp_table(
            read_text("%s/net/%s" % (proc, name), 4_000_000) or ""
        ).items():
            if state == ssh_forwards.LISTEN:
                sockets[inode] = "%s:%d" % local
    return sockets


def _list_listen_endpoints_of_process(pid, sockets, proc):
    try:
        links = [
            os.readlink("%s/%d/fd/%s" % (proc, pid, name)) for name in os.listdir("%s/%d/fd" % (proc, pid))[:5_000]
        ]
    except OSError:
        return []
    return [sockets[link[8:-1]] for link in links if link.startswith("socket:[") and link[8:-1] in sockets]
