"""Who is shut out for a time after wrong logins: fail2ban as it runs, and the logs in which it has to look for them.

What the server of fail2ban says is unpickled by its client, as root: it is only asked where root alone has its socket.
"""

import ipaddress
import os
import re

from ansible.module_utils.luytre import (
    _access_log,
    _applications,
    _ssh_session,
    _trusted_inputs,
    _visitor_bans,
    _websites,
)
from ansible.module_utils.luytre._area_reader import UnreadableFact
from ansible.module_utils.luytre._cms_layouts import BY_KIND
from ansible.module_utils.luytre._units import read_units

CLIENT = "fail2ban-client"
SOCKET = "/run/fail2ban/fail2ban.sock"
AT_STAKE = (
    *("/etc/fail2ban/*", "/etc/fail2ban/*/*"),
    *("/usr/lib/python3/dist-packages/fail2ban/*", "/usr/lib/python3/dist-packages/fail2ban/*/*"),
)
OTHERS = ("crowdsec.service", "sshguard.service")
"""Daemons that do the same for SSH."""
JAIL_SETTINGS = ("ignoreip", "logpath", "failregex", "maxretry", "findtime", "bantime")
MAX_JAILS = 30
MAX_MEMBERS = 500
MAX_LOGINS = 100
SEARCH_SECONDS = 1.0
SAMPLE = 20_000
"""Bytes at a log's end by which its form is told."""
_PROMPT = "fail2ban> "
_LINE = re.compile(r'(?:[^ ]+:\d+ )?[0-9a-fA-F:.]{3,45} [^ ]+ .{0,400}?\[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]{1,20}\] "')


def collect(reading):
    services = read_units(reading, ("fail2ban.service", *OTHERS))
    is_installed = reading.find_program("fail2ban-server") is not None
    own = _own(reading.declared)
    jails, untold = [], {}
    if is_installed and services["fail2ban.service"]["active"]:
        try:
            jails = _jails(reading, own)
        except UnreadableFact as unreadable:
            untold["jails"] = str(unreadable)
    here = _ssh_session.session()
    return {
        "installed": is_installed,
        "enabled": services["fail2ban.service"]["enabled"],
        "active": services["fail2ban.service"]["active"],
        "others": [name for name in OTHERS if services[name]["active"]],
        "source": here["source"] if here else None,
        "jails": jails,
        "logins": find_logins(_websites.list_vhosts(), reading.effort(SEARCH_SECONDS, 2), jails),
        "untold": untold,
    }


# --- fail2ban --------------------------------------------------------------------------------------------


def _jails(reading, own):
    at_stake = [SOCKET, *_trusted_inputs.list_with_folders(*AT_STAKE)]
    names = parse_jail_names(reading.run([CLIENT, "status"], at_stake=at_stake))
    questions = "".join("get %s %s\n" % (name, word) for name in names for word in JAIL_SETTINGS)
    # At the end of what it is asked it complains, and ends badly.
    output = reading.run([CLIENT, "-i"], ok=None, input_text=questions, at_stake=at_stake) if names else ""
    jails = [parse_jail(name, answers, own) for name, answers in _by_jail(names, output)]
    return _visitor_bans.mark_visitor_bans(jails, reading) if reading.declared.get("visitors") else jails


def parse_jail_names(output):
    """Return the jails that run, as ``fail2ban-client status`` lists them."""
    match = re.search(r"Jail list:\s*([^\n]*)", output)
    words = re.split(r"[,\s]+", match.group(1)) if match else []
    return [word for word in words if re.match(r"[A-Za-z0-9_.-]{1,64}$", word)][:MAX_JAILS]


def _by_jail(names, output):
    answers = output.split(_PROMPT)[1:]
    if len(answers) < len(names) * len(JAIL_SETTINGS):
        raise UnreadableFact("%s answered %d of %d questions" % (CLIENT, len(answers), len(names) * len(JAIL_SETTINGS)))
    for index, name in enumerate(names):
        yield name, dict(zip(JAIL_SETTINGS, answers[index * len(JAIL_SETTINGS) :]))


def parse_jail(name, answers, own):
    """Return one jail by what was answered about it; ``own`` are the addresses and networks that it must not
    shut out.
    """
    ignored_networks = _members(answers["ignoreip"])
    return {
        "name": name,
        "ssh": "ssh" in name.lower(),
        "ignored": ignored_networks,
        "logs": _members(answers["logpath"]),
        "patterns": [pattern[:2000] for pattern in _members(answers["failregex"])][:20],
        "failures": _number(answers["maxretry"]),
        "within": _number(answers["findtime"]),
        "seconds": _number(answers["bantime"]),
        "shuts_out": [network for network in own if not _is_covered(network, ignored_networks)],
    }


def _members(answer):
    return [line[3:].strip() for line in answer.splitlines() if line[:3] in ("|- ", "`- ")][:MAX_MEMBERS]


def _number(answer):
    match = re.match(r"\s*(-?\d{1,12})\s*$", answer)
    return int(match.group(1)) if match else None


def _own(declarations):
    here = _ssh_session.session()
    networks = declarations.get("trusted_networks") or []
    return [*([here["source"]] if here else []), *(str(network) for network in networks if _network(str(network)))][
        :MAX_MEMBERS
    ]


def _is_covered(address, ignored_networks):
    inside = _network(address)
    networks = [network for network in map(_network, ignored_networks) if network is not None]
    return any(network.version == inside.version and inside.subnet_of(network) for network in networks)


def _network(text):
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


# --- where people log in ---------------------------------------------------------------------------------


def find_logins(vhosts, effort, jails):
    """Return ``[{kind, path, uri, log, readable, watched}]``.

    Each login to an administration, by the log that its requests go to.

    ``readable`` is whether the log is there and its lines, if any, begin with the visitor's address.
    """
    roots = list(dict.fromkeys(root for vhost in vhosts for root in vhost.roots))
    applications, _ = _applications.search(roots, effort, 1)
    logins_by_log = {}
    for vhost in vhosts:
        for application in applications:
            home = next((root for root in vhost.roots if _websites.is_within(application.path, root)), None)
            page = BY_KIND[application.kind].login
            for log in (vhost.logs or [None]) if home and page else ():
                uri = "/" + os.path.relpath(os.path.join(application.path, page), home)
                logins_by_log[application.path, log] = {
                    "kind": application.kind,
                    "path": application.path,
                    "uri": uri,
                    "log": log,
                    "readable": is_readable(_access_log.read_tail(log, SAMPLE)) if log else False,
                    "watched": any(_watches(jail, page, log) for jail in jails),
                }
    return [logins_by_log[key] for key in sorted(logins_by_log, key=str)][:MAX_LOGINS]


def is_readable(text):
    """Return whether a log is there whose lines begin with an address, or a name and port and then an address.

    Or are yet to come.
    """
    if text is None:
        return False
    lines = text.splitlines()
    return not lines or any(_LINE.match(line) for line in lines)


def _watches(jail, page, log):
    plain = [pattern.replace("\\", "") for pattern in jail["patterns"]]
    return log in jail["logs"] and any(page.removesuffix("index.php").rstrip("/") in pattern for pattern in plain)
