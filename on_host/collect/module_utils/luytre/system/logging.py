"""Logs: where the journal is kept and for how long, how files are rotated, who reads them, what leaves the host."""

import glob
import os
import re
import stat

from ansible.module_utils.luytre.daemons import audit_rules
from ansible.module_utils.luytre.os import logrotate
from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os import open_writers
from ansible.module_utils.luytre_shared.os.area_reader import describe_file_mode, read_text

JOURNAL = "/var/log/journal"
MAX_FILES = 5_000
WALK_SECONDS = 1.0
"""Of the processor's time."""
MAX_LISTED = 200
FORWARDERS = (
    "systemd-journal-upload.service",
    "filebeat.service",
    "fluent-bit.service",
    "vector.service",
    "promtail.service",
    "wazuh-agent.service",
    "syslog-ng.service",
)
_SPANS = {
    "us": 1e-6,
    "usec": 1e-6,
    "ms": 1e-3,
    "msec": 1e-3,
    "": 1,
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
    "w": 604_800,
    "week": 604_800,
    "weeks": 604_800,
    "M": 2_629_800,
    "month": 2_629_800,
    "months": 2_629_800,
    "y": 31_557_600,
    "year": 31_557_600,
    "years": 31_557_600,
}


def collect_area_facts(reader):
    loose, cut_short = _find_weak_log_files(reader.make_walk_time_budget(WALK_SECONDS, 2))
    services = read_states_of_units(
        reader, ("logrotate.timer", "cron.service", "rsyslog.service", "auditd.service", *FORWARDERS)
    )
    rotations = logrotate.list_rotations_in_force()
    daemon, profile, people, untold = audit_rules.collect_auditd_facts(reader, services["auditd.service"])
    return {
        "journald": _describe_journald(),
        "rotations": rotations,
        "rotating": bool(reader.find_program("logrotate")) and _is_logrotate_scheduled(services),
        "unrotated": _find_unrotated_web_log_folders(rotations),
        "files": loose,
        "files_cut_short": cut_short,
        "remote": _list_remote_log_targets(services),
        "auditd": daemon,
        "audit_profile": profile,
        "audit_people": people,
        "untold": dict.fromkeys(("audit_profile", "audit_people"), untold) if untold else {},
    }


# --- journal --------------------------------------------------------------------------------------------


def _describe_journald():
    main = [
        text
        for path in ("/etc/systemd/journald.conf", "/run/systemd/journald.conf", "/usr/lib/systemd/journald.conf")
        for text in [read_text(path, 100_000)]
        if text is not None
    ][:1]
    settings = parse_journald_settings(
        main
        + [
            text
            for _name, path in list_systemd_drop_in_files("systemd/journald.conf.d")
            for text in [read_text(path, 100_000)]
            if text is not None
        ]
    )
    storage = settings.get("Storage", "auto").lower()
    on_disk = os.path.isdir(JOURNAL)
    room = os.statvfs(JOURNAL if on_disk else "/var/log")
    return {
        "storage": storage,
        "persistent": storage == "persistent" or (storage == "auto" and on_disk),
        "on_disk": any(name.endswith(".journal") for _folder, _folders, names in os.walk(JOURNAL) for name in names),
        "max_use": parse_systemd_size(
            settings.get("SystemMaxUse", ""), min(room.f_blocks * room.f_frsize // 10, 4 << 30)
        ),
        "max_retention": parse_systemd_time_span(settings.get("MaxRetentionSec", "0")),
        "free": room.f_bavail * room.f_frsize,
        "audits": leaves_audit_on(settings, "".join(main)),
        "settings": {name: settings[name] for name in sorted(settings)[:40]},
    }


def list_systemd_drop_in_files(relative):
    """Return ``(name, path)`` of a systemd drop-in folder's files in the order they are read.

    A file masks its namesakes.
    """
    paths_by_name = {}
    for base in ("/usr/lib/", "/usr/local/lib/", "/run/", "/etc/"):
        for path in glob.glob(base + relative + "/*.conf"):
            paths_by_name[os.path.basename(path)] = path
    return sorted((name, path) for name, path in paths_by_name.items() if os.path.realpath(path) != "/dev/null")


def parse_journald_settings(texts):
    """Return the ``[Journal]`` settings in force of files read one after the other.

    An empty value is the default again.
    """
    settings = {}
    for text in texts:
        section = ""
        for line in text.replace("\\\n", " ").splitlines():
            line = line.strip()
            if line.startswith("["):
                section = line
            elif section == "[Journal]" and "=" in line and line[0] not in "#;":
                key, value = (part.strip() for part in line.split("=", 1))
                settings.pop(key, None)
                if value:
                    settings[key] = value
    return settings


def leaves_audit_on(settings, text):
    """Return whether journald leaves the kernel's audit on when it starts, as its settings or its builders have it.

    ``text`` is its main file, where comments tell the defaults: Debian 12's are to turn the audit off, also for auditd.
    """
    default = re.search(r"^#Audit=(\w+)\s*$", text, re.MULTILINE)
    return settings.get("Audit", default.group(1) if default else "no").lower() in ("1", "yes", "y", "true", "t", "on")


def parse_systemd_time_span(text):
    """Return a systemd time span (``1month 2w``) in whole seconds; None for anything else, 0 for ``infinity`` too."""
    if text.strip() in ("infinity", ""):
        return 0
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text)
    if (
        not parts
        or re.sub(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", "", text).strip()
        or any(unit not in _SPANS for _n, unit in parts)
    ):
        return None
    return int(sum(float(number) * _SPANS[unit] for number, unit in parts))


def parse_systemd_size(text, default):
    """Return a systemd size (``500M``) in bytes; the default when not set or not understood."""
    match = re.match(r"^(\d+)\s*([KMGTPE]?)B?$", text.strip())
    return (
        int(match.group(1)) << 10 * ("KMGTPE".index(match.group(2)) + 1 if match.group(2) else 0) if match else default
    )


# --- files -----------------------------------------------------------------------------------------------


def _is_logrotate_scheduled(services):
    return services["logrotate.timer"]["active"] or (
        services["cron.service"]["active"]
        and not os.path.isdir("/run/systemd/system")
        and os.access("/etc/cron.daily/logrotate", os.X_OK)
    )


def _find_unrotated_web_log_folders(rotations):
    """Return web server log folders with logs that no rotation names."""
    patterns = [pattern for rotation in rotations for pattern in rotation["paths"]]
    rotated_paths = {path for pattern in patterns for path in glob.glob(pattern)}
    return sorted(
        path
        for folder in ("/var/log/nginx", "/var/log/apache2")
        for path in glob.glob(folder + "/*.log")
        if path not in rotated_paths and os.path.isfile(path)
    )[:MAX_LISTED]


def _find_weak_log_files(time_budget):
    """Return log files with a weakness, and whether there was more to look at.

    They have something to hide that others may read, or others may write them.
    """
    root = safe_open.open_path("/var/log", safe_open.DIRECTORY, safe_open.ROOTS_LINKS)
    try:
        entries, statuses = [], {}
        shut = set()
        walk = webroot.WebrootWalk(root, time_budget, MAX_FILES)
        for entry in walk:
            parent = entry.path.rpartition("/")[0]
            if parent in shut or (entry.is_dir and not entry.status.st_mode & stat.S_IXOTH):
                shut.add(entry.path)
            readable = webroot.is_log_readable_by_others(entry) and parent not in shut
            writable = webroot.is_world_writable(entry)
            if (readable or writable) and len(entries) < MAX_LISTED:
                path = "/var/log/" + os.fsencode(entry.path).decode("utf-8", "replace")
                entries.append(dict(describe_file_mode(path, entry.status), others_write=writable))
                if writable and entry.is_file:
                    statuses[path] = entry.status
        writers = open_writers.find_accounts_writing_open_files(statuses)
        return [{**log_entry, "writers": writers.get(log_entry["path"], [])} for log_entry in entries], walk.cut_short
    finally:
        os.close(root)


# --- away from here -----------------------------------------------------------------------


def _list_remote_log_targets(services):
    """Return what sends logs to another machine."""
    ways = [
        name
        for name in FORWARDERS
        if services[name]["active"] and services[name]["enabled"] and name != "syslog-ng.service"
    ]
    if services["rsyslog.service"]["active"]:
        for path in ["/etc/rsyslog.conf", *sorted(glob.glob("/etc/rsyslog.d/*.conf"))]:
            ways += [path + ": " + target for target in list_hosts_rsyslog_forwards_to(read_text(path, 200_000) or "")]
    if services["syslog-ng.service"]["active"] and re.search(
        r"^\s*(?:destination\b.*)?\b(?:network|syslog|tcp|udp)\s*\(",
        read_text("/etc/syslog-ng/syslog-ng.conf") or "",
        re.MULTILINE,
    ):
        ways.append("syslog-ng")
    return ways[:20]


def list_hosts_rsyslog_forwards_to(text):
    """Return hosts that rsyslog forwards to."""
    text = "\n".join(re.sub(r"(?:^|\s)#.*", "", line) for line in text.splitlines())
    plain = re.findall(r"^[^@\n]*?[\s-]@{1,2}(?:\([^)]*\))?\[?([A-Za-z0-9:.-]+)", text, re.MULTILINE)
    action = [
        target
        for block in re.findall(r"action\s*\(([^)]*)\)", text, re.DOTALL | re.IGNORECASE)
        if re.search(r'type\s*=\s*"om(?:fwd|relp)"', block, re.IGNORECASE)
        for target in re.findall(r'target\s*=\s*"([^"]+)"', block, re.IGNORECASE)
    ]
    return [target for target in plain + action if not re.match(r"^(?:localhost|127\.|::1)", target)]
