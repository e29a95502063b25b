"""Daemons: who listens where, which services a web server has no use for, and how the rest is confined."""

import collections
import functools
import glob
import os
import re
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.luytre.daemons import (
    confinement,
    data_stores,
    ftp,
    mail_relay,
    needs_restart,
    program_peers,
    root_applications,
    root_units,
)
from ansible.module_utils.luytre.web_servers import other_web_servers
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import ProgramOutput, UnreadableFact, read_text

UNNEEDED_SERVICES = (
    ("telnet", 23, ("telnet.socket", "inetutils-telnetd.service", "telnetd.service")),
    ("inetd", None, ("inetd.service", "openbsd-inetd.service", "inetutils-inetd.service", "xinetd.service")),
    ("rsh", 514, ("rsh.socket", "rlogin.socket", "rexec.socket", "rsh-server.service")),
    ("FTP", 21, ("vsftpd.service", "proftpd.service", "proftpd.socket", "pure-ftpd.service")),
    ("TFTP", 69, ("tftpd-hpa.service", "atftpd.service", "tftp.socket")),
    ("NIS", None, ("nis.service", "ypserv.service", "ypbind.service", "yppasswdd.service")),
    ("rpcbind", 111, ("rpcbind.socket", "rpcbind.service")),
    ("NFS", 2049, ("nfs-server.service",)),
    ("printing", 631, ("cups.socket", "cups.path", "cups.service", "cups-browsed.service")),
    ("Avahi", 5353, ("avahi-daemon.socket", "avahi-daemon.service")),
    ("file sharing", 445, ("smbd.service", "nmbd.service", "samba-ad-dc.service")),
    ("SNMP", 161, ("snmpd.service",)),
    ("DHCP", 67, ("isc-dhcp-server.service", "kea-dhcp4-server.service")),
    ("web proxy", 3128, ("squid.service",)),
    ("rsync", 873, ("rsync.service",)),
    ("remote desktop", 3389, ("xrdp.service",)),
    ("VNC", 5900, ("vncserver.service", "x11vnc.service", "tightvncserver.service")),
)
"""What it is, the port that would declare it wanted, its units: sockets first, or they start the service again."""

WEB_SERVERS = {"nginx": "nginx", "apache2": "apache", "httpd": "apache"}
OWN_ACCOUNT = (
    *("chrony.service", "ntpsec.service", "ntp.service", "openntpd.service", "systemd-timesyncd.service"),
    *("systemd-networkd.service", "dhcpcd.service"),
)
"""Units whose daemons run as accounts of their own."""
MAX_HOLDERS = 64
MAX_SOCKETS = 60_000_000
"""Bytes of ss's answer: every port of an address, by both protocols, is a fifth of it."""
MAX_OF_ACCOUNT = 300
TIME_DAEMONS = ("chronyd", "ntpd", "ntpsec", "systemd-timesyncd")
DHCP_CLIENTS = ("dhclient", "dhcpcd", "systemd-networkd", "NetworkManager", "udhcpc")
UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/run/systemd/generator.late",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
CRAWLER_GUARDS = ("fail2ban.service", "crowdsec.service", "sshguard.service")
PROTECTION = (
    ("Bitdefender", ("bdsec.service",)),
    ("ClamAV", ("clamav-daemon.service",)),
    ("CrowdStrike Falcon", ("falcon-sensor.service",)),
    ("ESET", ("efs.service", "eea.service")),
    ("Kaspersky", ("kesl.service", "kesl-supervisor.service")),
    ("Linux Malware Detect", ("maldet.service",)),
    ("Microsoft Defender", ("mdatp.service",)),
    ("SentinelOne", ("sentinelone.service",)),
    ("Sophos", ("sophos-spl.service",)),
    ("Trend Micro", ("ds_agent.service",)),
    ("Wazuh", ("wazuh-agent.service",)),
)
"""Products against malware that watch a host, and their units, of which one is enough."""
_PROPERTIES = "Id,Names,LoadState,ActiveState,UnitFileState,FragmentPath"


def collect_area_facts(reader):
    there = list_systemd_unit_file_names()
    asked_for = [unit for _, _, units in UNNEEDED_SERVICES for unit in units] + [*CRAWLER_GUARDS]
    asked_for += [unit for _, units in PROTECTION for unit in units]
    with ThreadPoolExecutor(max_workers=3) as threads:
        futures = [
            threads.submit(ask, reader)
            for ask in (
                list_listeners_as_facts,
                mail_relay.check_postfix_open_relay,
                read_risky_root_units,
                list_failed_units,
            )
        ]
        unit_states = read_unit_properties(reader, [unit for unit in asked_for if unit in there])
        sockets, (relay, relay_reason), (loose, fetching_units, unread), failed_units = (
            each.result() for each in futures
        )
    untold = {"relay": relay_reason} if relay_reason else {}
    untold.update(dict.fromkeys(("loose_units", "fetching_units"), unread) if unread else {})
    stores_reason = data_stores.describe_unprobed_stores(sockets)
    untold.update({"stores": stores_reason} if stores_reason else {})
    others = other_web_servers.describe_unread_web_servers(sockets)
    untold.update({"all_web_read": others} if others else {})
    return {
        "systemd": is_systemd_running_this_host(),
        "listeners": sockets,
        "peers": program_peers.list_connected_peers({each["port"] for each in sockets if each["protocol"] == "tcp"}),
        "ftp": ftp.list_root_ftp_servers(reader),
        "relay": relay,
        "stores": data_stores.find_stores_open_to_anybody(sockets),
        "all_web_read": True,
        "statistics": other_web_servers.collect_haproxy_statistics_pages(reader),
        "root_applications": root_applications.find_applications_listening_as_root(),
        "loose_units": loose,
        "fetching_units": fetching_units,
        "unneeded": find_unneeded_service_units(unit_states, read_text("/proc/self/mounts") or ""),
        "failed": failed_units,
        "stale": needs_restart.find_stale_daemons(reader),
        "confinement": confinement.collect_daemon_confinement(reader, there),
        "crawler_guards": list_programs_banning_false_crawlers(unit_states),
        "protection": list_malware_protection_products(unit_states),
        "mail_server": find_installed_mail_server(reader),
        "core_dumps": describe_core_dump_storage(reader),
        "untold": untold,
    }


def read_risky_root_units(reader):
    """Return what ``root_units`` tells of units, and why it does not."""
    if not is_systemd_running_this_host():
        return [], [], None
    try:
        return (*root_units.find_risky_root_units(reader), None)
    except UnreadableFact as unread:
        return [], [], str(unread)


def list_listeners_as_facts(reader):
    """Return every TCP socket that listens and UDP socket that receives, with the daemon behind it, as facts
    have them.
    """
    result = []
    for each in list_sockets_with_daemons(reader):
        each.pop("daemon")
        each.pop("program")
        if each not in result:
            result.append(each)
    return result


def list_sockets_with_daemons(reader):
    """Return the same sockets, each with ``daemon``, what it is for certain (None: nothing is), and the ``program``
    that it runs.

    Of an account's, ``MAX_OF_ACCOUNT`` are told, those first that the network reaches: who opens any number of sockets
    hides nobody's.
    """
    results = parse_ss_sockets(reader.run(["ss", "-Hltnupe"], output=ProgramOutput(limit=MAX_SOCKETS)))
    sockets, look = {}, functools.lru_cache(None)(process_table.read_process_info)
    for each in results:
        each["holders"] = _list_processes_holding_socket(each.pop("claims"), each.pop("inode"), look)
    results = _limit_listeners_per_account(results)
    if is_systemd_running_this_host() and any(each["holders"][:1] and each["holders"][0].pid == 1 for each in results):
        sockets = parse_systemctl_list_sockets(
            reader.run(["systemctl", "list-sockets", "--plain", "--no-legend", "--no-pager"])
        )
    for each in results:
        _add_daemon_to_listener(each, each.pop("holders"), sockets, reader.trust)
        each["service"] = classify_expected_web_server_listener(each)
    return results


def _list_processes_holding_socket(claims, inode, look):
    """Return the processes that really hold a socket, root's first, systemd itself last.

    Ss prints names that may be made up.
    """
    candidates = [
        look(pid) for pid, descriptor in claims if process_table.has_socket_open_at_descriptor(pid, descriptor, inode)
    ]
    return sorted(filter(None, candidates), key=lambda holder: (holder.pid == 1, holder.uid != 0, holder.pid))


def _limit_listeners_per_account(results):
    """Return at most ``MAX_OF_ACCOUNT`` of each account but root, in the order in which they came."""
    count, numbers = collections.Counter(), []
    for number, each in sorted(enumerate(results), key=lambda pair: pair[1]["local"]):
        account = each["holders"][0].uid if each["holders"] else None
        count[account] += 1
        if account == 0 or count[account] <= MAX_OF_ACCOUNT:
            numbers.append(number)
    return [results[number] for number in sorted(numbers)]


def _add_daemon_to_listener(listener, holders, sockets, trust):
    """Put ``process``, ``program`` and ``unit`` into a listener, and ``daemon``: what it is for certain, else None."""
    holder = holders[0] if holders else None
    listener["program"] = holder.program if holder else ""
    if holder is None:
        listener["process"], listener["unit"], listener["daemon"] = "", None, None
    elif holder.pid == 1:
        unit = sockets.get(listener["port"])
        listener["process"] = listener["daemon"] = (unit or "systemd").split(".")[0]
        listener["unit"] = unit
    else:
        listener["process"], listener["unit"] = os.path.basename(holder.program), holder.unit
        listener["daemon"] = listener["process"] if is_process_shaped_by_root_alone(holder, trust) else None


def is_process_shaped_by_root_alone(process, trust):
    """Return whether nobody but root had a say in what a process is.

    Root's own, or that of a unit that gives up its rights.
    """
    ours = process.uid == 0 or process.unit in OWN_ACCOUNT
    return (
        ours
        and process.is_process_of_installed_program(process.program)
        and trust.describe_first_changer_on_path(process.program) is None
    )


def parse_ss_sockets(text):
    """Return the lines of ``ss -Hltnupe`` as ``{protocol, address, port, local, claims, inode}``.

    ``claims`` are ``(pid, descriptor)`` as ss prints them, which names that hold quotes and numbers may have made up.
    """
    results = []
    for line in text.splitlines():
        parts = line.split(None, 6)
        if len(parts) < 6 or parts[0] not in ("tcp", "udp"):
            continue
        address, _, port = parts[4].rpartition(":")
        if not port.isdigit():
            continue
        address, _, device = address.replace("[", "").replace("]", "").partition("%")
        rest = parts[6] if len(parts) > 6 else ""
        inodes = re.findall(r"\bino:(\d{1,18})\b", rest)
        results.append(
            {
                "protocol": parts[0],
                "address": address,
                "port": int(port),
                "local": is_address_reached_by_host_only(address) or device == "lo",
                "claims": [
                    (int(pid), int(descriptor))
                    for pid, descriptor in re.findall(r"pid=(\d{1,9}),fd=(\d{1,9})\)", rest)[:MAX_HOLDERS]
                ],
                "inode": int(inodes[-1]) if inodes else 0,
            }
        )
    return results


def is_address_reached_by_host_only(address):
    """Return whether only this host itself can reach an address."""
    address = address.lower()
    if address.startswith("::ffff:"):
        address = address[7:]
    return address == "::1" or address.startswith("127.")


def parse_systemctl_list_sockets(text):
    """Return ``systemctl list-sockets`` as port to socket unit."""
    units_by_port = {}
    for line in text.splitlines():
        match = re.match(r"\S*:(\d+)\s+(?:\S+\s+)?(\S+\.socket)\s", line + " ")
        if match:
            units_by_port[int(match.group(1))] = match.group(2)
    return units_by_port


def classify_expected_web_server_listener(listener):
    """Return what a web server is supposed to listen for, ``ssh web dhcp time``, or None; only what is
    certain counts.
    """
    process, port, protocol = listener["daemon"], listener["port"], listener["protocol"]
    if protocol == "tcp" and process in ("sshd", "ssh", "dropbear"):
        return "ssh"
    if process in WEB_SERVERS and port in (80, 443):
        return "web"
    if protocol == "udp" and port in (68, 546) and process in DHCP_CLIENTS:
        return "dhcp"
    if protocol == "udp" and (port == 123 or process == "systemd-timesyncd") and process in TIME_DAEMONS:
        return "time"
    return None


def find_unneeded_service_units(unit_states, mounts):
    """Return the units of services that a web server has no use for and that are here, running or started at boot.

    rpcbind is of use where a folder of another server is mounted by NFS.
    """
    by_nfs = re.search(r"(?m)^\S+ \S+ nfs4? ", mounts) is not None
    results = []
    for name, port, units in UNNEEDED_SERVICES:
        for unit in () if name == "rpcbind" and by_nfs else units:
            fields = unit_states.get(unit, {})
            active = fields.get("ActiveState") in ("active", "activating", "reloading")
            is_loaded = fields.get("LoadState") == "loaded"
            is_enabled = is_loaded and fields.get("UnitFileState") in ("enabled", "enabled-runtime", "generated")
            if active or is_enabled:
                results.append(
                    {
                        "service": name,
                        "unit": unit,
                        "port": port or 0,
                        "active": active,
                        "enabled": is_enabled,
                        "maskable": not fields.get("FragmentPath", "").startswith("/etc/"),
                    }
                )
    return results


def is_systemd_running_this_host():
    """Return whether systemd runs this host."""
    return os.path.isdir("/run/systemd/system")


def list_systemd_unit_file_names():
    """Return the names in the folders that systemd reads units from."""
    names = set()
    for folder in UNIT_FOLDERS:
        if os.path.isdir(folder):
            names.update(os.listdir(folder))
    return names


def read_unit_properties(reader, units):
    """Return unit name to the properties that ``systemctl show`` gives."""
    if not units or not is_systemd_running_this_host():
        return {}
    return parse_systemctl_show(reader.run(["systemctl", "show", "--property", _PROPERTIES, "--", *units], ok=None))


def parse_systemctl_show(text):
    fields_by_name = {}
    for block in text.split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for name in fields.get("Names", fields.get("Id", "")).split():
            fields_by_name[name] = fields
    return fields_by_name


def list_failed_units(reader):
    """Name of the units that systemd counts as failed."""
    if not is_systemd_running_this_host():
        return []
    text = reader.run(["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager"])
    return [line.split()[0] for line in text.splitlines() if line.split()]


def list_programs_banning_false_crawlers(unit_states):
    """Return the running programs that may shut out whoever comes as a search engine and is none.

    None where systemd cannot tell.
    """
    if not is_systemd_running_this_host():
        return None
    return [name for name in CRAWLER_GUARDS if unit_states.get(name, {}).get("ActiveState") == "active"]


def list_malware_protection_products(unit_states):
    """Return the products against malware that are installed, and whether they run; None where systemd cannot tell."""
    if not is_systemd_running_this_host():
        return None
    there = [
        (
            product,
            [
                unit_states[unit]["ActiveState"]
                for unit in units
                if unit_states.get(unit, {}).get("LoadState") == "loaded"
            ],
        )
        for product, units in PROTECTION
    ]
    return [{"product": product, "running": "active" in states} for product, states in there if states]


def find_installed_mail_server(reader):
    """Return which mail server is installed, if any: ``postfix``, ``exim4`` or another's program."""
    for name, program in (
        ("postfix", "postconf"),
        ("exim4", "exim4"),
        ("sendmail", "sendmail-mta"),
        ("opensmtpd", "smtpd"),
    ):
        if reader.find_program(program):
            return name
    return None


def describe_core_dump_storage(reader):
    """Return whether the memory of crashed programs is kept.

    The hard limit of people's sessions, systemd-coredump's storage.
    """
    files = ["/etc/security/limits.conf", *sorted(glob.glob("/etc/security/limits.d/*.conf"))]
    collector = glob.glob("/usr/lib/systemd/systemd-coredump")
    return {
        "session_limit": parse_hard_core_file_limit("\n".join(read_text(path) or "" for path in files)),
        "systemd_storage": read_coredump_storage() if collector else None,
    }


def parse_hard_core_file_limit(text):
    """Return the hard limit of core files that pam_limits gives everybody but root, as it is written.

    None when not set.
    """
    limit = None
    for line in text.splitlines():
        parts = line.split("#", 1)[0].split()
        if len(parts) == 4 and parts[0] == "*" and parts[1] in ("hard", "-") and parts[2] == "core":
            limit = parts[3]
    return limit


def read_coredump_storage():
    """Return ``Storage=`` of systemd-coredump, drop-ins read in systemd's order."""
    paths_by_name = {}
    for folder in ("/usr/lib", "/usr/local/lib", "/run", "/etc"):
        for path in glob.glob(folder + "/systemd/coredump.conf.d/*.conf"):
            paths_by_name[path.rsplit("/", 1)[1]] = path
    storage = "external"
    for path in ["/etc/systemd/coredump.conf", *(paths_by_name[name] for name in sorted(paths_by_name))]:
        for value in re.findall(r"(?m)^\s*Storage\s*=\s*(\S*)", read_text(path) or ""):
            storage = value or "external"
    return storage
