"""How systemd confines the daemons of the web stack, and what they use that confinement would take from them."""

import contextlib
import glob
import os
import pwd
import re
import stat

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import read_text

DAEMONS = ("nginx.service", "apache2.service", "mariadb.service", "mysql.service")
SWITCHES = (
    *("PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs"),
    *("ProtectControlGroups", "ProtectClock", "ProtectHostname", "LockPersonality", "RestrictRealtime"),
    *("RestrictNamespaces", "SystemCallArchitectures"),
)
"""Properties that are wanted with any value but ``no``."""
SYSTEM = ("yes", "full", "strict")
CALLS = frozenset(("clock_settime", "init_module", "ioperm", "modify_ldt", "reboot", "swapon", "uselib"))
"""Of each group of system calls that is wanted shut one that every systemd names."""
CAPABILITIES = frozenset(
    "cap_" + name
    for name in (
        *("sys_admin", "sys_module", "sys_rawio", "sys_time", "sys_boot", "sys_tty_config", "sys_pacct", "syslog"),
        *("net_admin", "mac_admin", "mac_override", "audit_control", "audit_read", "bpf", "perfmon", "mknod"),
        *("checkpoint_restore", "linux_immutable", "block_suspend", "wake_alarm", "lease"),
    )
)
"""Those that no web server, PHP or database has a use for."""
SYS_ADMIN = 1 << 21
SECCOMP_FILTER = 2
"""What the kernel tells of a process whose system calls are filtered."""
PROPERTIES = (
    *SWITCHES,
    *("Id", "ActiveState", "MainPID", "ProtectSystem", "RestrictAddressFamilies", "SystemCallFilter"),
    "CapabilityBoundingSet",
)
TEMPORARY = ("/tmp", "/var/tmp")
NOBODYS = re.compile(r"/(?:var/)?tmp/(?:\.(?:X11|ICE|XIM|font)-unix|systemd-private-)")
SYSTEM_FOLDERS = ("/etc", "/usr", "/boot")
WALK_FOLDERS = ("/etc", "/usr/local")
MAX_PROCESSES = 20_000
MAX_ENTRIES = 30_000
MAX_TOLD = 20
MAX_TABLE = 10_000_000
RUNS_CODE = frozenset(("php", "php5", "php7", "cgi", "cgid", "fcgid", "perl", "wsgi", "passenger"))
"""Apache's modules by which it starts the code of sites itself; without their ``.load``, and PHP's version."""


def list_units_to_check():
    """Return the units that are looked at, whether they are there or not."""
    return [*DAEMONS, *(os.path.basename(path) for path in glob.glob("/usr/lib/systemd/system/php*-fpm.service"))]


def collect_daemon_confinement(reader, unit_files):
    """Return what each of the daemons that run is held to, lacks and uses. ``unit_files``: the names of unit files."""
    unit_names = [name for name in list_units_to_check() if name in unit_files]
    if not unit_names or not os.path.isdir("/run/systemd/system"):
        return []
    text = reader.run(["systemctl", "show", "--property", ",".join(PROPERTIES), "--", *unit_names], ok=None)
    units = (dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.split("\n\n"))
    active = {
        unit.get("Id"): unit for unit in units if unit.get("ActiveState") == "active" and unit.get("Id") in unit_names
    }
    users = list_account_ids_by_unit(active)
    writable_paths = (
        find_writable_system_paths({uid for uids in users.values() for uid in uids}, reader.declared) if active else {}
    )
    sockets = find_listening_sockets_in_tmp(read_text("/proc/net/unix", MAX_TABLE) or "") if active else []
    return [
        describe_daemon_confinement(
            name, unit, users[name], {path for path, uids in writable_paths.items() if uids & users[name]}, sockets
        )
        for name, unit in sorted(active.items())
    ]


def describe_daemon_confinement(name, unit, account_ids, writable_paths, sockets):
    """Return what one daemon is held to, lacks and uses.

    ``account_ids`` are the accounts that it runs as, ``writable_paths`` what these may write of the system's folders.
    """
    missing_properties = list_missing_unit_properties(unit)
    return {
        "unit": name,
        "lacks": missing_properties,
        "in_force": is_confinement_of_process_in_force(unit.get("MainPID", "")),
        "private_tmp": unit.get("PrivateTmp", "no"),
        "protect_system": unit.get("ProtectSystem", "no"),
        "families": parse_allowed_address_families(unit.get("RestrictAddressFamilies", "")) or [],
        "runs_code": name.startswith("php") or (name == "apache2.service" and can_apache_run_site_code()),
        "in_tmp": (sockets + find_tmp_files_of_accounts(account_ids))[:MAX_TOLD]
        if "PrivateTmp" in missing_properties
        else [],
        "writes": select_outermost_paths(writable_paths)[:MAX_TOLD],
    }


def list_missing_unit_properties(unit):
    """Return the properties that are wanted and that a unit does not have, as systemd has them loaded."""
    properties = [name for name in SWITCHES if unit.get(name, "") in ("", "no")]
    if unit.get("ProtectSystem") not in SYSTEM:
        properties.append("ProtectSystem")
    if parse_allowed_address_families(unit.get("RestrictAddressFamilies", "")) is None:
        properties.append("RestrictAddressFamilies")
    words = unit.get("SystemCallFilter", "").split()
    denies = words[:1] and words[0].startswith("~")
    calls = {word.lstrip("~") for word in words}
    if not words or (CALLS - calls if denies else CALLS & calls):
        properties.append("SystemCallFilter")
    if set(unit.get("CapabilityBoundingSet", "").split()) & CAPABILITIES:
        properties.append("CapabilityBoundingSet")
    return properties


def parse_allowed_address_families(value):
    """Return the families of addresses that a unit is allowed, none of ``none``.

    None where it is not restricted to some.
    """
    return None if not value or value.startswith("~") else [word for word in value.split() if word != "none"]


def is_confinement_of_process_in_force(pid, proc="/proc"):
    """Return whether the kernel holds a unit's first process to it: a daemon that was not started since is not."""
    if not pid.isdigit() or int(pid) < 1:
        return False
    status = read_text("%s/%s/status" % (proc, pid)) or ""
    capabilities = re.search(r"(?m)^CapBnd:\s+([0-9a-f]+)$", status)
    seccomp = re.search(r"(?m)^Seccomp:\s+(\d+)$", status)
    try:
        apart = os.readlink("%s/%s/ns/mnt" % (proc, pid)) != os.readlink("%s/1/ns/mnt" % proc)
    except OSError:
        return False
    is_bounded = capabilities is not None and not int(capabilities.group(1), 16) & SYS_ADMIN
    return apart and is_bounded and seccomp is not None and int(seccomp.group(1)) == SECCOMP_FILTER


def can_apache_run_site_code(folder="/etc/apache2/mods-enabled"):
    """Return whether Apache itself starts the code of sites."""
    module_names = (os.path.basename(path)[: -len(".load")] for path in glob.glob(folder + "/*.load"))
    return any(re.sub(r"[0-9.]+$", "", name) in RUNS_CODE or name in RUNS_CODE for name in module_names)


# --- what they use ---------------------------------------------------------------------------------------


def list_account_ids_by_unit(units):
    """Return unit to the ids of the accounts, without root, that its processes run as, or its pools will."""
    uids_by_unit = {name: set() for name in units}
    for number in [name for name in os.listdir("/proc") if name.isdigit()][:MAX_PROCESSES]:
        process = process_table.read_process_info(int(number))
        if process is not None and process.unit in uids_by_unit and process.uid:
            uids_by_unit[process.unit].add(process.uid)
    for name in uids_by_unit:
        version = re.match(r"php([0-9.]+)-fpm\.service$", name)
        for path in glob.glob("/etc/php/%s/fpm/pool.d/*.conf" % version.group(1)) if version else ():
            for user in re.findall(r"(?m)^\s*user\s*=\s*([^\s;]+)", read_text(path) or ""):
                with contextlib.suppress(KeyError):
                    uids_by_unit[name].add(pwd.getpwnam(user).pw_uid)
        uids_by_unit[name].discard(0)
    return uids_by_unit


def find_writable_system_paths(account_ids, declarations):
    """Return, by folder of the system, or file right below one, the ids of ``account_ids`` who may write it.

    Those who may write a file in it count, too.

    Only what is walked is known: settings, what was put below /usr/local, and sites that lie in the system's folders.
    """
    groups = {uid: _list_groups_of_account(uid) for uid in account_ids}
    roots = [
        path
        for path in websites.list_web_roots_to_walk(declarations)
        if path != websites.COMPILED_IN
        and any(websites.is_path_within_root(path, system_folder) for system_folder in SYSTEM_FOLDERS)
    ]
    writers_by_path, entries_left = {}, MAX_ENTRIES
    for top in (*WALK_FOLDERS, *roots):
        for folder, _folders, files in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                able = _list_account_ids_that_can_write(path, groups)
                if able:
                    # What is replaced by a new file of its name needs its folder.
                    writers_by_path.setdefault(path if folder in SYSTEM_FOLDERS else folder, set()).update(able)
            entries_left -= 1 + len(files)
            if entries_left < 0:
                return writers_by_path
    return writers_by_path


def select_outermost_paths(paths):
    """Return those of the paths that lie below no other of them, in order."""
    outer_paths = []
    for path in sorted(paths, key=lambda path: path + "/"):
        if not outer_paths or not websites.is_path_within_root(path, outer_paths[-1]):
            outer_paths.append(path)
    return outer_paths


def _list_groups_of_account(uid):
    try:
        account = pwd.getpwuid(uid)
        return set(os.getgrouplist(account.pw_name, account.pw_gid))
    except KeyError:
        return set()


def _list_account_ids_that_can_write(path, groups):
    """Return the ids of those who may write a file or folder; ``groups`` tells of each in which it is."""
    try:
        status = os.lstat(path)
    except OSError:
        return set()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return set()
    return {uid for uid, own in groups.items() if ownership.can_write(status, uid, own)}


def find_tmp_files_of_accounts(account_ids):
    """Return what lies in the temporary folders that these accounts made: they would no longer see it."""
    paths = []
    for folder in TEMPORARY:
        try:
            with os.scandir(folder) as entries:
                names = [entry.path for entry in entries if entry.stat(follow_symlinks=False).st_uid in account_ids]
        except OSError:
            continue
        paths += sorted(path for path in names if not NOBODYS.match(path))
    return paths


def find_listening_sockets_in_tmp(table):
    """Return the paths in the temporary folders at which somebody listens, of the kernel's table of Unix sockets."""
    rows = (line.split(None, 7) for line in table.splitlines()[1:])
    paths = {words[7] for words in rows if len(words) == 8 and words[3] == "00010000"}
    return sorted(
        path
        for path in paths
        if path.startswith(tuple(folder + "/" for folder in TEMPORARY)) and not NOBODYS.match(path)
    )
