"""Who is shut out for a time after wrong logins: fail2ban as it runs, and the logs in which it has to look for them.

What the server of fail2ban says is unpickled by its client, as root: it is only asked where root alone has its socket.
"""

import ipaddress
import os
import re

from ansible.module_utils.luytre.os import ssh_session
from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre.sites import access_log, site_applications, visitor_bans, websites
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

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


def collect_area_facts(reader):
    services = read_states_of_units(reader, ("fail2ban.service", *OTHERS))
    is_installed = reader.find_program("fail2ban-server") is not None
    own = _list_addresses_never_to_ban(reader.declared)
    jails, untold = [], {}
    if is_installed and services["fail2ban.service"]["active"]:
        try:
            jails = _describe_jails(reader, own)
        except UnreadableFact as unreadable:
            untold["jails"] = str(unreadable)
    here = ssh_session.get_current_ssh_session()
    return {
        "installed": is_installed,
        "enabled": services["fail2ban.service"]["enabled"],
        "active": services["fail2ban.service"]["active"],
        "others": [name for name in OTHERS if services[name]["active"]],
        "source": here["source"] if here else None,
        "jails": jails,
        "logins": find_login_pages_and_their_jails(
            websites.list_configured_vhosts(), reader.make_walk_time_budget(SEARCH_SECONDS, 2), jails
        ),
        "pages": {
            layout.kind: layout.make_login_request_pattern() for layout in LAYOUT_BY_KIND.values() if layout.login
        },
        "untold": untold,
    }


# --- fail2ban --------------------------------------------------------------------------------------------


def _describe_jails(reader, own_addresses):
    at_stake = [SOCKET, *trusted_inputs.list_matches_and_searched_folders(*AT_STAKE)]
    names = parse_running_jail_names(reader.run([CLIENT, "status"], at_stake=at_stake))
    questions = "".join("get %s %s\n" % (name, word) for name in names for word in JAIL_SETTINGS)
    # At the end of what it is asked it complains, and ends badly.
    output = reader.run([CLIENT, "-i"], ok=None, input_text=questions, at_stake=at_stake) if names else ""
    jails = [describe_jail(name, answers, own_addresses) for name, answers in _iter_answers_by_jail(names, output)]
    return visitor_bans.mark_jails_that_ban_visitors(jails, reader) if reader.declared.get("visitors") else jails


def parse_running_jail_names(output):
    """Return the jails that run, as ``fail2ban-client status`` lists them."""
    match = re.search(r"Jail list:\s*([^\n]*)", output)
    words = re.split(r"[,\s]+", match.group(1)) if match else []
    return [word for word in words if re.match(r"[A-Za-z0-9_.-]{1,64}$", word)][:MAX_JAILS]


def _iter_answers_by_jail(names, output):
    answers = output.split(_PROMPT)[1:]
    if len(answers) < len(names) * len(JAIL_SETTINGS):
        raise UnreadableFact("%s answered %d of %d questions" % (CLIENT, len(answers), len(names) * len(JAIL_SETTINGS)))
    for index, name in enumerate(names):
        yield name, dict(zip(JAIL_SETTINGS, answers[index * len(JAIL_SETTINGS) :]))


def describe_jail(name, answers, own_addresses):
    """Return one jail by what was answered about it; ``own_addresses`` are the addresses and networks that it must not
    shut out.
    """
    ignored_networks = _parse_list_answer(answers["ignoreip"])
    return {
        "name": name,
        "ssh": "ssh" in name.lower(),
        "ignored": ignored_networks,
        "logs": _parse_list_answer(answers["logpath"]),
        "patterns": [pattern[:2000] for pattern in _parse_list_answer(answers["failregex"])][:20],
        "failures": _parse_number_answer(answers["maxretry"]),
        "within": _parse_number_answer(answers["findtime"]),
        "seconds": _parse_number_answer(answers["bantime"]),
        "shuts_out": [network for network in own_addresses if not _is_address_ignored(network, ignored_networks)],
    }


def _parse_list_answer(answer):
    return [line[3:].strip() for line in answer.splitlines() if line[:3] in ("|- ", "`- ")][:MAX_MEMBERS]


def _parse_number_answer(answer):
    match = re.match(r"\s*(-?\d{1,12})\s*$", answer)
    return int(match.group(1)) if match else None


def _list_addresses_never_to_ban(declarations):
    here = ssh_session.get_current_ssh_session()
    networks = declarations.get("trusted_networks") or []
    return [
        *([here["source"]] if here else []),
        *(str(network) for network in networks if _parse_network(str(network))),
    ][:MAX_MEMBERS]


def _is_address_ignored(address, ignored_networks):
    inside = _parse_network(address)
    networks = [network for network in map(_parse_network, ignored_networks) if network is not None]
    return any(network.version == inside.version and inside.subnet_of(network) for network in networks)


def _parse_network(text):
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


# --- where people log in ---------------------------------------------------------------------------------


def find_login_pages_and_their_jails(vhosts, time_budget, jails):
    """Return ``[{kind, path, uri, log, readable, watched}]``.

    Each login to an administration, by the log that its requests go to.

    ``readable`` is whether the log is there and its lines, if any, begin with the visitor's address.
    """
    roots = list(dict.fromkeys(root for vhost in vhosts for root in vhost.roots))
    applications, _ = site_applications.search_roots_for_applications(roots, time_budget, 1)
    logins_by_log = {}
    for vhost in vhosts:
        for application in applications:
            home = next((root for root in vhost.roots if websites.is_path_within_root(application.path, root)), None)
            page = LAYOUT_BY_KIND[application.kind].login
            for log in (vhost.logs or [None]) if home and page else ():
                uri = "/" + os.path.relpath(os.path.join(application.path, page), home)
                logins_by_log[application.path, log] = {
                    "kind": application.kind,
                    "path": application.path,
                    "uri": uri,
                    "log": log,
                    "readable": has_log_lines_with_addresses(access_log.read_last_log_lines(log, SAMPLE))
                    if log
                    else False,
                    "watched": any(_is_login_page_watched_by_jail(jail, page, log) for jail in jails),
                }
    return [logins_by_log[key] for key in sorted(logins_by_log, key=str)][:MAX_LOGINS]


def has_log_lines_with_addresses(log_text):
    """Return whether a log is there whose lines begin with an address, or a name and port and then an address.

    Or are yet to come.
    """
    if log_text is None:
        return False
    lines = log_text.splitlines()
    return not lines or any(_LINE.match(line) for line in lines)


def _is_login_page_watched_by_jail(jail, page, log):
    plain = [pattern.replace("\\", "") for pattern in jail["patterns"]]
    return log in jail["logs"] and any(page.removesuffix("index.php").rstrip("/") in pattern for pattern in plain)
