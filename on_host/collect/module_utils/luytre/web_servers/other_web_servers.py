"""What takes visitors besides nginx and Apache.

Web servers whose configuration is not read, and HAProxy, which may show its statistics.
"""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import read_text

READ = ("nginx", "openresty", "angie", "apache2", "httpd")
RELAYS = ("haproxy", "varnishd", "hitch", "pound", "stunnel4", "envoy", "sniproxy")
"""Programs that only hand requests on: what they serve is another server's."""
SERVERS = ("caddy", "lighttpd", "litespeed", "lshttpd", "openlitespeed", "traefik", "h2o", "cherokee")
"""Web servers on whatever port; any other program counts on the ports of the web."""
PORTS = (80, 443)
MAX_TOLD = 20

HAPROXY = ("/etc/haproxy/haproxy.cfg",)
MAX_CONFIGURATIONS = 50
WEAK_PASSWORDS = frozenset(
    """admin administrator root haproxy stats statistics password passwd secret 12345678 123456789 admin123 admin@123
    changeme monitor letmein""".split()
)
"""Passwords that are tried first; what stands in the file itself never leaves the host."""
SHORTEST = 8
_SECTION = re.compile(r"^(global|defaults|frontend|backend|listen|userlist|peers|resolvers|program|cache)\b\s*(\S*)")


def describe_unread_web_servers(listeners):
    """Return why not every site of this host is known, or None: which other web servers answer, and where."""
    ports_by_name = {}
    for listener in listeners:
        name = listener["process"]
        if listener["protocol"] != "tcp" or not name or name in READ or name in RELAYS:
            continue
        if name in SERVERS or (listener["port"] in PORTS and not listener["local"]):
            ports_by_name.setdefault(name, set()).add(listener["port"])
    if not ports_by_name:
        return None
    descriptions = (
        "%s answers on port %s" % (name, ", ".join(map(str, sorted(ports_by_name[name]))))
        for name in sorted(ports_by_name)[:MAX_TOLD]
    )
    return "; ".join(descriptions) + ", and what it serves is not read"


# --- HAProxy --------------------------------------------------------------------------------------------


def collect_haproxy_statistics_pages(reader):
    """Return the pages of HAProxy's that show themselves, of those that run.

    Each is an ``auditor.facts.system.services.Statistics``.
    """
    program = reader.find_program("haproxy")
    processes = process_table.list_processes_of_program(program) if program else []
    processes += [
        process
        for process in process_table.iter_processes_outside_paths(
            ("haproxy",), [program] if program else [], reader.trust
        )
        if process.uid == 0
    ]
    pages = []
    for path in dict.fromkeys(path for process in processes for path in _iter_haproxy_config_files(process.title)):
        if reader.trust.describe_first_changer_on_path(path) is None:
            pages += parse_haproxy_statistics_pages(path, read_text(path) or "")
    return pages[:MAX_TOLD]


def _iter_haproxy_config_files(title):
    """Yield the files that root's own HAProxy was started with."""
    paths = re.findall(r"\s-f\s*(/[^\s]{1,300})", title) or list(HAPROXY)
    for path in paths:
        yield from sorted(glob.glob(path + "/*.cfg"))[:MAX_CONFIGURATIONS] if os.path.isdir(path) else [path]


def parse_haproxy_statistics_pages(path, text):
    """Return the statistics pages of one file.

    Where each is, on which addresses, and whether a password worth the name is asked for.
    """
    pages, defaults, section = [], [], None
    for number, line in enumerate(text.splitlines(), 1):
        words = _split_haproxy_line(line)
        if not words:
            continue
        if _SECTION.match(line.strip()) and not line[:1].isspace():
            if section is not None:
                pages += _parse_statistics_page(path, section)
            inherited_stats = [] if words[0] == "global" else defaults
            section = {
                "kind": words[0],
                "line": number,
                "binds": words[2:3] if words[0] == "listen" else [],
                "stats": list(inherited_stats),
            }
            if words[0] == "defaults":
                section["stats"] = defaults = []
            continue
        if section is None:
            continue
        if words[0] == "bind":
            section["binds"] += words[1].split(",") if len(words) > 1 else []
        elif words[0] == "stats" and section["kind"] != "global":
            section["stats"].append(words[1:])
    return pages + (_parse_statistics_page(path, section) if section is not None else [])


def _parse_statistics_page(path, section):
    """Return the page of a section, none when it has none or listens nowhere itself."""
    stats = section["stats"]
    names = [words[0] for words in stats if words]
    if section["kind"] not in ("listen", "frontend") or not any(
        name in ("enable", "uri", "auth", "realm", "admin") for name in names
    ):
        return []
    pairs = [words[1].partition(":") for words in stats if len(words) > 1 and words[0] == "auth"]
    uris = [words[1] for words in stats if len(words) > 1 and words[0] == "uri"]
    return [
        {
            "where": "%s:%d" % (path, section["line"]),
            "uri": (uris or ["/haproxy?stats"])[-1][:200],
            "binds": section["binds"][:MAX_TOLD],
            "local": bool(section["binds"]) and all(_is_local_bind(bind) for bind in section["binds"]),
            "password": "none"
            if not pairs
            else "weak"
            if any(_is_weak_login(user, password) for user, _, password in pairs)
            else "set",
            "changes": any(words[:1] == ["admin"] and words[1:2] == ["if"] for words in stats),
        }
    ]


def _is_weak_login(user, password):
    lower = password.lower()
    return len(password) < SHORTEST or lower in WEAK_PASSWORDS or lower == user.lower()


def _is_local_bind(bind):
    host = bind.rpartition(":")[0].strip("[]")
    return (
        bind.startswith(("/", "unix@", "abns@", "fd@"))
        or host == "::1"
        or host.startswith("127.")
        or host == "localhost"
    )


def _split_haproxy_line(line):
    """Return the words of a line, its comment left out."""
    return [word.strip("\"'") for word in re.sub(r"(?<!\\)#.*", "", line).split()]
