"""The changelogs that packages bring, newest entries first, and what they name."""

import gzip
import os
import re

from ansible.module_utils.luytre_shared.files import safe_open

DOC = "/usr/share/doc"
MAX_CHANGELOG = 2_000_000
CVE = re.compile(rb"CVE-(?:1999|20[0-9]{2})-[0-9]{4,19}(?![0-9])")
_ENTRY = re.compile(rb"(?m)^[a-z0-9][a-z0-9+.-]* \(([^()\s]{1,200})\) [^\n]*;")


def read_package_changelog(package, doc=DOC):
    """Return the start of an installed package's own changelog, as bytes; None where there is none here."""
    for file in ("changelog.Debian.gz", "changelog.gz", "changelog.Debian"):
        try:
            handle = safe_open.open_path(os.path.join(doc, package, file), links=safe_open.ALL_LINKS)
        except OSError:
            continue
        with os.fdopen(handle, "rb") as stream:
            try:
                return (gzip.GzipFile(fileobj=stream) if file.endswith(".gz") else stream).read(MAX_CHANGELOG)
            except (OSError, EOFError, ValueError):
                continue
    return None


def find_cves_in_changelog(text):
    """Return the CVEs that a changelog names, newest first."""
    return list(dict.fromkeys(cve.decode() for cve in CVE.findall(text)))


def find_newest_versions_naming_cves(text, cve_ids):
    """Return ``{id: version}`` of the newest entry that names each of these ids.

    The version is empty above the first entry.
    """
    versions, version = {}, ""
    marks = sorted(
        [*((each.start(), each.group(1), None) for each in _ENTRY.finditer(text)), *_iter_cve_mentions(text, cve_ids)]
    )
    for _at, entry, cve in marks:
        if cve is None:
            version = entry.decode("utf-8", "replace")
        else:
            versions.setdefault(cve, version)
    return versions


def _iter_cve_mentions(text, cve_ids):
    return (
        (each.start(), b"", each.group().decode()) for each in CVE.finditer(text) if each.group().decode() in cve_ids
    )
