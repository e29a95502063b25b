"""Who is shut out for a time after wrong logins: fail2ban as it runs, and the logs in which it has to look for them.

What the server of fail2ban says is unpickled by its client, as root: it is only asked where root alone has its socket.
"""

import ipaddress
import os
import re

from ansible.module_utils.luytre import _access_log, _applications, _session, _stake, _visits, _websites
from ansible.module_utils.luytre._layouts import BY_KIND
from ansible.module_utils.luytre._reading import Unreadable
from ansible.module_utils.luytre._units import units

CLIENT = "fail2ban-client"
SOCKET = "/run/fail2ban/fail2ban.sock"
AT_STAKE = (
    *("/etc/fail2ban/*", "/etc/fail2ban/*/*"),
    *("/usr/lib/python3/dist-packages/fail2ban/*", "/usr/lib/python3/dist-packages/fail2ban/*/*"),
)
OTHERS = ("crowdsec.service", "sshguard.service")
"""Daemons that do the same for SSH."""
ASKED = ("ignoreip", "logpath", "failregex", "maxretry", "findtime", "bantime")
MAX_JAILS = 30
MAX_MEMBERS = 500
MAX_LOGINS = 100
SEARCH_SECONDS = 1.0
SAMPLE = 20_000
"""Bytes at a log's end by which its form is told."""
_PROMPT = "fail2ban> "
_LINE = re.compile(r'(?:[^ ]+:\d+ )?[0-9a-fA-F:.]{3,45} [^ ]+ .{0,400}?\[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]{1,20}\] "')


def collect(reading):
    found = units(reading, ("fail2ban.service", *OTHERS))
    installed = reading.installed("fail2ban-server") is not None
    own = _own(reading.declared)
    jails, untold = [], {}
    if installed and found["fail2ban.service"]["active"]:
        try:
            jails = _jails(reading, own)
        except Unreadable as unreadable:
            untold["jails"] = str(unreadable)
    here = _session.session()
    return {
        "installed": installed,
        "enabled": found["fail2ban.service"]["enabled"],
        "active": found["fail2ban.service"]["active"],
        "others": [name for name in OTHERS if found[name]["active"]],
        "source": here["source"] if here else None,
        "jails": jails,
        "logins": logins(_websites.in_force(), reading.effort(SEARCH_SECONDS, 2), jails),
        "untold": untold,
    }


# --- fail2ban --------------------------------------------------------------------------------------------


def _jails(reading, own):
    at_stake = [SOCKET, *_stake.every(*AT_STAKE)]
    names = jail_names(reading.run([CLIENT, "status"], at_stake=at_stake))
    questions = "".join("get %s %s\n" % (name, word) for name in names for word in ASKED)
    # At the end of what it is asked it complains, and ends badly.
    said = reading.run([CLIENT, "-i"], ok=None, input_text=questions, at_stake=at_stake) if names else ""
    jails = [jail(name, answers, own) for name, answers in _by_jail(names, said)]
    return _visits.judged(jails, reading) if reading.declared.get("visitors") else jails


def jail_names(said):
    """The jails that run, as ``fail2ban-client status`` lists them."""
    listed = re.search(r"Jail list:\s*([^\n]*)", said)
    words = re.split(r"[,\s]+", listed.group(1)) if listed else []
    return [word for word in words if re.match(r"[A-Za-z0-9_.-]{1,64}$", word)][:MAX_JAILS]


def _by_jail(names, said):
    answers = said.split(_PROMPT)[1:]
    if len(answers) < len(names) * len(ASKED):
        raise Unreadable("%s answered %d of %d questions" % (CLIENT, len(answers), len(names) * len(ASKED)))
    for index, name in enumerate(names):
        yield name, dict(zip(ASKED, answers[index * len(ASKED) :]))


def jail(name, answers, own):
    """One jail by what was answered about it; ``own`` are the addresses and networks that it must not shut out."""
    ignored = _members(answers["ignoreip"])
    return {
        "name": name,
        "ssh": "ssh" in name.lower(),
        "ignored": ignored,
        "logs": _members(answers["logpath"]),
        "patterns": [pattern[:2000] for pattern in _members(answers["failregex"])][:20],
        "failures": _number(answers["maxretry"]),
        "within": _number(answers["findtime"]),
        "seconds": _number(answers["bantime"]),
        "shuts_out": [one for one in own if not _is_covered(one, ignored)],
    }


def _members(answer):
    return [line[3:].strip() for line in answer.splitlines() if line[:3] in ("|- ", "`- ")][:MAX_MEMBERS]


def _number(answer):
    found = re.match(r"\s*(-?\d{1,12})\s*$", answer)
    return int(found.group(1)) if found else None


def _own(declared):
    here = _session.session()
    networks = declared.get("trusted_networks") or []
    return [*([here["source"]] if here else []), *(str(one) for one in networks if _network(str(one)))][:MAX_MEMBERS]


def _is_covered(wanted, ignored):
    inside = _network(wanted)
    networks = [network for network in map(_network, ignored) if network is not None]
    return any(network.version == inside.version and inside.subnet_of(network) for network in networks)


def _network(text):
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


# --- where people log in ---------------------------------------------------------------------------------


def logins(vhosts, effort, jails):
    """``[{kind, path, uri, log, readable, watched}]``: each login to an administration, by the log that its requests go to.

    ``readable`` is whether the log is there and its lines, if any, begin with the visitor's address.
    """
    roots = list(dict.fromkeys(root for vhost in vhosts for root in vhost.roots))
    applications, _ = _applications.search(roots, effort, 1)
    found = {}
    for vhost in vhosts:
        for one in applications:
            home = next((root for root in vhost.roots if _websites.within(one.path, root)), None)
            page = BY_KIND[one.kind].login
            for log in (vhost.logs or [None]) if home and page else ():
                uri = "/" + os.path.relpath(os.path.join(one.path, page), home)
                found[one.path, log] = {
                    "kind": one.kind,
                    "path": one.path,
                    "uri": uri,
                    "log": log,
                    "readable": is_readable(_access_log.tail(log, SAMPLE)) if log else False,
                    "watched": any(_watches(jail, page, log) for jail in jails),
                }
    return [found[key] for key in sorted(found, key=str)][:MAX_LOGINS]


def is_readable(text):
    """Whether a log is there whose lines begin with an address, or a name and port and then an address; or are yet to come."""
    if text is None:
        return False
    lines = text.splitlines()
    return not lines or any(_LINE.match(line) for line in lines)


def _watches(jail, page, log):
    plain = [pattern.replace("\\", "") for pattern in jail["patterns"]]
    return log in jail["logs"] and any(page.removesuffix("index.php").rstrip("/") in pattern for pattern in plain)
