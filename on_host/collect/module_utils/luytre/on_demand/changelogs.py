"""Which installed packages' own changelogs name vulnerabilities that are asked for. Read only where some are."""

from ansible.module_utils.luytre.os import dpkg, package_changelogs
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

MAX_TOLD = 5_000
SECONDS_LEFT = 2.0
"""Of the area's time, with which looking ends."""


def collect_area_facts(reader):
    vulnerability_ids = frozenset(reader.declared["vulnerabilities"])
    packages = list(dpkg.iter_installed_package_fields(read_text(dpkg.STATUS, dpkg.STATUS_LIMIT) or ""))
    if not packages:
        raise UnreadableFact("no dpkg here: packages of this system are not known to Lũy Tre")
    mentions, without, cut_short = [], 0, False
    for each in packages:
        if reader.get_seconds_left() < SECONDS_LEFT or len(mentions) >= MAX_TOLD:
            cut_short = True
            break
        text = package_changelogs.read_package_changelog(each["Package"])
        without += text is None
        for cve, entry in sorted(
            package_changelogs.find_newest_versions_naming_cves(text or b"", vulnerability_ids).items()
        ):
            mentions.append(
                {"vulnerability": cve, "package": each["Package"], "version": each["Version"], "entry": entry}
            )
    return {"named": mentions[:MAX_TOLD], "packages": len(packages), "without": without, "cut_short": cut_short}
