"""Installed packages with the source that each was built from, the archive that its version came from, and what still
runs as it was before an upgrade.

Whatever is as usual is left out, for a host has a thousand packages: the model says what it is then.
"""

import glob
import os
import re

from ansible.module_utils.luytre.daemons import needs_restart
from ansible.module_utils.luytre.os import apt_lists, dpkg, package_changelogs
from ansible.module_utils.luytre.sites import composer
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text
from ansible.module_utils.luytre_shared.parsers import debian_version

MAX_PACKAGES = 15_000
MAX_MAPPED = 200
MAX_NAMED = 300
MAX_CHANGELOGS = 60
DISTRIBUTIONS = ("Debian", "Ubuntu")
PAID_ORIGINS = ("UbuntuESM", "UbuntuESMApps", "UbuntuESMInfra")
"""Ubuntu Pro's archives: all in them are security updates."""
BACKPORT = re.compile(r"~bpo[0-9]+[+.][0-9]+")
ORIGINS = ("security", "main", "third_party", "backports", "other_release")
"""In the order in which they are believed where a version lies in several archives."""
INFO = "/var/lib/dpkg/info"


def collect_area_facts(reader):
    if not os.path.isfile(dpkg.STATUS):
        raise UnreadableFact("no dpkg here: packages of this system are not known to Lũy Tre")
    packages = list(dpkg.iter_installed_package_fields(read_text(dpkg.STATUS, dpkg.STATUS_LIMIT) or ""))[:MAX_PACKAGES]
    try:
        lists = [index for index in apt_lists.list_fetched_package_lists() if os.path.getsize(index.path)]
        came = find_package_origins(
            packages, lists, lambda path: apt_lists.read_package_list(reader, path), read_release_codename()
        )
    except (NotRun, UnreadableFact, OSError):
        came = {}
    facts = [
        describe_installed_package(each, came.get((each["Package"], each.get("Architecture", "")))) for each in packages
    ]
    _add_cves_from_changelogs(facts)
    locks = composer.find_composer_locks(reader.declared)
    return {
        "installed": facts,
        "running_kernel": os.uname().release,
        "mapped": list_replaced_files_still_run(),
        **({"composer": locks} if locks else {}),
    }


def describe_installed_package(fields, origin):
    """Return ``{name, version, architecture}`` and what is not as usual, out of dpkg's fields."""
    name, version = fields["Package"], fields["Version"]
    source, source_version = parse_source_package_and_version(fields)
    facts = {"name": name, "version": version, "architecture": fields.get("Architecture", "")}
    if source != name:
        facts["source"] = source
    if source_version != version:
        facts["source_version"] = source_version
    if fields["held"]:
        facts["held"] = True
    if origin != "main":
        facts["origin"] = origin or "unknown"
    return facts


def parse_source_package_and_version(fields):
    """Name and version of the source; where dpkg names no version it is the binary's own."""
    match = re.match(r"(\S+)(?: \(([^()\s]+)\))?\s*\Z", fields.get("Source", ""))
    if match is None:
        return fields["Package"], fields["Version"]
    return match.group(1), match.group(2) or fields["Version"]


# --- from where -----------------------------------------------------------------------------------------


def read_release_codename():
    """Return the release's own name; empty when the host does not tell."""
    match = re.search(r'(?m)^VERSION_CODENAME="?([a-z]+)"?$', read_text("/etc/os-release") or "")
    return match.group(1) if match else ""


def find_package_origins(packages, indexes, text_of, release=""):
    """Return the archive of every installed version by ``(name, architecture)``.

    One of ORIGINS, ``superseded`` or ``none``; nothing without lists.

    ``superseded`` is in no list, but the distribution offers a newer one of that name, and nobody else offers any: its
    own from before.
    """
    if not indexes:
        return {}
    known_packages = {each["Package"].encode(): each["Package"] for each in packages}
    offers = {}
    for index in indexes:
        kind = classify_origin_of_package_list(index, release)
        for name, architecture, version in apt_lists.iter_known_package_versions(text_of(index.path), known_packages):
            offers.setdefault(name, []).append((architecture, version, kind))
    return {(each["Package"], each.get("Architecture", "")): _find_origin_of_package(each, offers) for each in packages}


def classify_origin_of_package_list(index, release=""):
    """Return which of ORIGINS a list belongs to, on a host of this release."""
    if index.origin in (*DISTRIBUTIONS, *PAID_ORIGINS) and release and index.codename not in ("", release):
        return "other_release"
    if index.origin == "Debian Backports" or (index.origin in DISTRIBUTIONS and index.on_request):
        return "backports"
    if index.origin in DISTRIBUTIONS:
        return "security" if index.security else "main"
    if index.origin in PAID_ORIGINS:
        return "security"
    return "third_party"


def _find_origin_of_package(fields, offers):
    version, architecture = fields["Version"], fields.get("Architecture", "")
    here = [offer for offer in offers.get(fields["Package"], []) if offer[0] in (architecture, "all")]
    same = {kind for _architecture, offer_version, kind in here if offer_version == version}
    for kind in ORIGINS:
        if kind in same:
            return kind
    if BACKPORT.search(version):
        return "backports"
    own = debian_version.make_sort_key_of_debian_version(version)
    newer = any(
        kind in ("main", "security") and debian_version.make_sort_key_of_debian_version(offer_version) > own
        for _, offer_version, kind in here
    )
    others = any(kind == "third_party" for _architecture, _version, kind in here)
    return "superseded" if newer and not others else "none"


def _add_cves_from_changelogs(packages):
    """Add what the changelogs of packages from elsewhere name.

    Theirs are no versions that the distribution's data tells of.
    """
    elsewhere = [
        each for each in packages if each.get("origin") in ("backports", "third_party", "other_release", "none")
    ]
    for each in elsewhere[:MAX_CHANGELOGS]:
        text = package_changelogs.read_package_changelog(each["name"])
        if text is not None:
            each["named"] = package_changelogs.find_cves_in_changelog(text)[:MAX_NAMED]


# --- what runs as it was before ------------------------------------------------------------------------


def list_replaced_files_still_run(proc="/proc", info=INFO):
    """Return each file of code that was replaced and that processes still run.

    It is ``{file, package, program, unit, processes}``.
    """
    pids_by_file = {}
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit())[: process_table.MAX_PROCESSES]:
        for file in needs_restart.list_replaced_files_of_process(pid, proc):
            process = process_table.read_process_info(pid, proc)
            if process is not None:
                pids_by_file.setdefault((file, process.program, process.unit), []).append(pid)
    owners = find_packages_owning_files({file for file, _program, _unit in pids_by_file}, info) if pids_by_file else {}
    return [
        {"file": file, "package": owners.get(file), "program": program, "unit": unit, "processes": len(pids)}
        for (file, program, unit), pids in sorted(pids_by_file.items(), key=lambda each: (each[0][0], each[0][1]))
    ][:MAX_MAPPED]


def find_packages_owning_files(files, info=INFO):
    """Return the package that has a file of that name now, or one whose name differs after ``.so.N`` alone."""
    files_by_stem = {strip_library_version_from_path(file): file for file in files}
    owners = {}
    for path in sorted(glob.glob(info + "/*.list")):
        lines = {strip_library_version_from_path(line) for line in (read_text(path, 8_000_000) or "").splitlines()}
        for each in lines & set(files_by_stem):
            owners[each] = os.path.basename(path)[: -len(".list")].partition(":")[0]
    return {
        file: owners[strip_library_version_from_path(file)]
        for file in files
        if strip_library_version_from_path(file) in owners
    }


def strip_library_version_from_path(path):
    """Return a path as packages of any version name it.

    Below ``/usr``, a library without what follows the first number.
    """
    path = path if path.startswith("/usr/") else "/usr" + path
    return re.sub(r"(\.so\.[0-9]+)[0-9.]*\Z", r"\1", path)
