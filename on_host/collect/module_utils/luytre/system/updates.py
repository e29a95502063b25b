"""Package updates: what waits, from where, how fresh our knowledge of it is, and whether it happens by itself."""

import glob
import os
import re
import time

from ansible.module_utils.luytre.os import apt_lists, dpkg
from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre.parsers import release_support
from ansible.module_utils.luytre.system import system
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text
from ansible.module_utils.luytre_shared.parsers import debian_version

MAX_PENDING = 500
MAX_UNFINISHED = 50
MAX_SOURCES = 200
SUCCESS = "/var/lib/apt/periodic/update-success-stamp"
STAMPS = ("/var/lib/apt/periodic/update-stamp", apt_lists.LISTS, apt_lists.LISTS + "/partial")
"""Where there is no SUCCESS: apt touches ``partial`` at every fetch, the rest only when something was new."""
LOCAL = ("file:", "copy:", "cdrom:")
DISTRIBUTIONS = ("Debian", "Ubuntu", "Debian Backports", "UbuntuESM", "UbuntuESMApps", "UbuntuESMInfra")
APT_FACTS = ("pending", "pending_count", "insecure_options", "automatic")
"""What only apt's own programs tell."""
TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")
_PERIODIC = "APT::Periodic::"
_INSECURE = (
    "APT::Get::AllowUnauthenticated",
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
    "Acquire::AllowDowngradeToInsecureRepositories",
)


def collect_area_facts(reader):
    if reader.find_program("apt-get") is None or not os.path.isfile(dpkg.STATUS):
        raise UnreadableFact("no apt and dpkg here: updates of this system are not known to Lũy Tre")
    release = system.read_os_release()
    status = read_text(dpkg.STATUS, dpkg.STATUS_LIMIT) or ""
    packages = dpkg.list_installed_packages(status)
    indexes = apt_lists.list_fetched_package_lists()
    try:
        settings = parse_apt_config_dump(
            reader.run(["apt-config", "dump"], at_stake=apt_lists.list_apt_trusted_inputs())
        )
        pending = _drop_updates_kept_back_by_pins(
            reader, find_pending_updates(packages, indexes, lambda path: apt_lists.read_package_list(reader, path))
        )
        untold = {}
    except NotRun as refused:
        settings, pending, untold = {}, [], dict.fromkeys(APT_FACTS, str(refused))
    return {
        "support": release_support.get_support_end_of_release(
            release.get("ID", ""), release.get("VERSION_ID", ""), _is_ubuntu_pro_attached()
        ),
        "lists": {"updated": _get_time_package_lists_were_fetched(), "count": len(indexes)},
        "busy": dpkg.is_dpkg_locked(),
        "unfinished": dpkg.find_unfinished_package_installations(status)[:MAX_UNFINISHED],
        "pending": pending[:MAX_PENDING],
        "pending_count": len(pending),
        "sources": _list_apt_sources(indexes)[:MAX_SOURCES],
        "insecure_options": [name for name in _INSECURE if is_apt_setting_on(settings.get(name, []))],
        "automatic": _describe_automatic_updates(reader, packages, settings),
        "reboot": _describe_pending_reboot(packages),
        "untold": untold,
    }


def _is_ubuntu_pro_attached():
    return os.path.exists("/var/lib/ubuntu-advantage/private/machine-token.json")


def _get_time_package_lists_were_fetched():
    """Return when the lists of packages were last fetched; None when never."""
    stamps = [SUCCESS] if os.path.exists(SUCCESS) else [path for path in STAMPS if os.path.exists(path)]
    moments = [os.stat(path).st_mtime for path in stamps]
    return int(max(moments)) if moments and glob.glob(apt_lists.LISTS + "/*Packages*") else None


# --- what waits ---------------------------------------------------------------------------------------


def find_pending_updates(packages, indexes, text_of):
    """Return installed packages with a newer version on offer: ``{package, installed, candidate, security, held}``.

    Lists that apt does not install from by itself (backports) are left out.
    """
    known_packages = {name.encode(): name for name in packages}
    offers = {}
    for index in indexes:
        if index.on_request:
            continue
        for name, architecture, version in apt_lists.iter_known_package_versions(text_of(index.path), known_packages):
            if architecture in ("all", packages[name][1]) or packages[name][1] == "all":
                offers.setdefault(name, []).append(
                    (debian_version.make_sort_key_of_debian_version(version), version, index.security)
                )
    pending = []
    for name, versions in sorted(offers.items()):
        present = debian_version.make_sort_key_of_debian_version(packages[name][0])
        newer = [offer for offer in versions if offer[0] > present]
        if newer:
            pending.append(
                {
                    "package": name,
                    "installed": packages[name][0],
                    "candidate": max(newer)[1],
                    "security": any(security for _key, _version, security in newer),
                    "held": packages[name][2],
                }
            )
    return pending


def _drop_updates_kept_back_by_pins(reader, pending):
    """Return it without what the administrator's pins keep from being installed."""
    if not pending or not any(
        os.path.isfile(path) for path in glob.glob("/etc/apt/preferences*") + glob.glob("/etc/apt/preferences.d/*")
    ):
        return pending
    stake = [
        *apt_lists.list_apt_trusted_inputs(),
        *trusted_inputs.list_matches_and_searched_folders(
            "/etc/apt/preferences", "/etc/apt/preferences.d/*", "/etc/apt/sources.list.d/*"
        ),
    ]
    answer = reader.run(["apt-cache", "policy", "--"] + [update["package"] for update in pending], at_stake=stake)
    candidates = dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (.*)$", answer, re.MULTILINE))
    return [
        update for update in pending if candidates.get(update["package"], update["candidate"]) != update["installed"]
    ]


# --- from where ------------------------------------------------------------------------------------------


def _list_apt_sources(indexes):
    sources = []
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        text = read_text(path, 200_000)
        if text is not None and path.endswith(".sources"):
            sources += parse_deb822_apt_sources(path, text)
        elif text is not None and path.endswith(".list"):
            sources += parse_one_line_apt_sources(path, text)
    origins = {os.path.basename(index.path): index.origin for index in indexes}
    for source in sources:
        source["origin"] = _get_origin_of_uri(source["uri"], origins)
        source["third_party"] = source["origin"] not in DISTRIBUTIONS and not _is_uri_of_distribution(source["uri"])
    return sources


def _get_origin_of_uri(uri, origins):
    prefix = re.sub(r"^[a-z+]+:/*(?:[^/@]*@)?", "", uri).rstrip("/").replace("/", "_") + "_"
    return next((origin for name, origin in origins.items() if name.lstrip("_").startswith(prefix)), None)


def _is_uri_of_distribution(uri):
    return re.match(r"^(?:mirror\+)?https?://(?:[a-z0-9.-]+\.)?(?:debian\.org|ubuntu\.com)(?:/|$)", uri) is not None


def parse_one_line_apt_sources(path, text):
    """Return entries of a one-line-style file."""
    sources = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"^\s*(deb(?:-src)?)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)", line)
        if match and match.group(1) == "deb":
            options = dict(pair.split("=", 1) for pair in (match.group(2) or "").split() if "=" in pair)
            sources.append(
                _describe_apt_source(
                    path, number, match.group(3), match.group(4), {key.lower(): value for key, value in options.items()}
                )
            )
    return sources


def parse_deb822_apt_sources(path, text):
    """Return entries of a deb822-style file."""
    sources = []
    number = 1
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields, key = {}, ""
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t"):
                fields[key] = fields.get(key, "") + "\n" + line
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if (
            fields.get("enabled", "yes").lower() not in ("no", "false", "0")
            and "deb" in fields.get("types", "").split()
        ):
            lead = len(paragraph) - len(paragraph.lstrip("\n"))
            for uri in fields.get("uris", "").split():
                sources.append(_describe_apt_source(path, number + lead, uri, fields.get("suites", ""), fields))
        number += paragraph.count("\n") + 2
    return sources


def _describe_apt_source(path, number, uri, suites, options):
    return {
        "file": path,
        "line": number,
        "uri": re.sub(r"//[^/@]*@", "//", uri),
        "suites": suites,
        "local": uri.startswith(LOCAL),
        "trusted": is_apt_setting_on([options.get("trusted", "no")])
        or is_apt_setting_on([options.get("allow-insecure", "no")]),
        "signed_by": bool(options.get("signed-by", "").strip()),
    }


# --- by itself -------------------------------------------------------------------------------------------


def parse_apt_config_dump(dump):
    """Return ``apt-config dump`` as setting to its values, lists in order."""
    settings = {}
    for name, value in re.findall(r'^([^\s"]+) "(.*)";$', dump, re.MULTILINE):
        settings.setdefault(name.rstrip(":") if name.endswith("::") else name, []).append(value)
    return settings


def is_apt_setting_on(values):
    """Return apt's own idea of true, for the last of a setting's values."""
    return bool(values) and values[-1].lower() in ("1", "yes", "true", "with", "on", "enable", "always")


def parse_periodic_setting_as_days(values):
    """Return a Periodic setting in days (``1``, ``always``, ``12h``); 0 is never."""
    text = values[-1] if values else "0"
    if text == "always":
        return 1
    match = re.match(r"^(\d+)([smhd]?)$", text)
    if match is None or int(match.group(1)) == 0:
        return 0
    seconds = int(match.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86_400, "": 86_400}[match.group(2)]
    return max(1, -(-seconds // 86_400))


def has_security_origin(patterns):
    """Return whether unattended-upgrades would take the distribution's security updates."""
    return any(
        "${distro_codename}-security" in pattern
        or "label=Debian-Security" in pattern
        or re.search(r"(?:^|[:=,])[a-z]+-security(?:$|,)", pattern) is not None
        for pattern in patterns
    )


def _describe_automatic_updates(reader, packages, settings):
    timers = read_states_of_units(reader, TIMERS)
    origins = settings.get("Unattended-Upgrade::Origins-Pattern", []) + settings.get(
        "Unattended-Upgrade::Allowed-Origins", []
    )
    is_enabled = settings.get(_PERIODIC + "Enable", ["1"])[-1] != "0"
    return {
        "installed": "unattended-upgrades" in packages,
        "lists_every_days": parse_periodic_setting_as_days(settings.get(_PERIODIC + "Update-Package-Lists", []))
        if is_enabled
        else 0,
        "upgrade_every_days": parse_periodic_setting_as_days(settings.get(_PERIODIC + "Unattended-Upgrade", []))
        if is_enabled
        else 0,
        "security_origin": has_security_origin(origins),
        "left_out": settings.get("Unattended-Upgrade::Package-Blacklist", [])[:50],
        "timers": [timers[name] for name in TIMERS],
        "last_run": _get_file_change_time("/var/lib/apt/periodic/unattended-upgrades-stamp"),
    }


def _get_file_change_time(path):
    return int(os.stat(path).st_mtime) if os.path.exists(path) else None


# --- after it --------------------------------------------------------------------------------------------


def _describe_pending_reboot(packages):
    running_kernel = os.uname().release
    kernels = sorted(
        (
            name[len("vmlinuz-") :]
            for name in (os.listdir("/boot") if os.path.isdir("/boot") else [])
            if name.startswith("vmlinuz-")
        ),
        key=debian_version.make_sort_key_of_debian_version,
    )
    newest = kernels[-1] if kernels else None
    package_names = (read_text("/run/reboot-required.pkgs", 20_000) or "").split()
    return {
        "required": os.path.exists("/run/reboot-required"),
        "packages": sorted(set(package_names))[:50],
        "running_kernel": running_kernel,
        "newest_kernel": newest,
        "older_kernel": running_kernel in kernels and running_kernel != newest,
        "since": _get_file_change_time("/run/reboot-required"),
        "booted": int(time.time() - float((read_text("/proc/uptime", 100) or "0").split()[0])),
    }
