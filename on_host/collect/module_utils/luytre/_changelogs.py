"""The changelogs that packages bring, newest entries first, and what they name."""

import gzip
import os
import re

from ansible.module_utils.luytre_shared import safe_open

DOC = "/usr/share/doc"
MAX_CHANGELOG = 2_000_000
CVE = re.compile(rb"CVE-(?:1999|20[0-9]{2})-[0-9]{4,19}(?![0-9])")
_ENTRY = re.compile(rb"(?m)^[a-z0-9][a-z0-9+.-]* \(([^()\s]{1,200})\) [^\n]*;")


def text_of(name, doc=DOC):
    """The start of an installed package's own changelog, as bytes; None where there is none here."""
    for file in ("changelog.Debian.gz", "changelog.gz", "changelog.Debian"):
        try:
            handle = safe_open.path(os.path.join(doc, name, file), links=safe_open.FOLLOWED)
        except OSError:
            continue
        with os.fdopen(handle, "rb") as kept:
            try:
                return (gzip.GzipFile(fileobj=kept) if file.endswith(".gz") else kept).read(MAX_CHANGELOG)
            except (OSError, EOFError, ValueError):
                continue
    return None


def named_in(text):
    """The CVEs that a changelog names, newest first."""
    return list(dict.fromkeys(cve.decode() for cve in CVE.findall(text)))


def entries_naming(text, ids):
    """``{id: version}`` of the newest entry that names each of these ids; the version is empty above the first entry."""
    found, version = {}, ""
    marks = sorted([*((each.start(), each.group(1), None) for each in _ENTRY.finditer(text)), *_named(text, ids)])
    for _at, entry, cve in marks:
        if cve is None:
            version = entry.decode("utf-8", "replace")
        else:
            found.setdefault(cve, version)
    return found


def _named(text, ids):
    return ((each.start(), b"", each.group().decode()) for each in CVE.finditer(text) if each.group().decode() in ids)
