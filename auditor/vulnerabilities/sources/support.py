"""debian-security-support's lists: packages whose support has ended, or is limited, although their release's has not."""

from __future__ import annotations

import re

from auditor.vulnerabilities.sources.reading import MAX_TEXT, Document, Read
from auditor.vulnerabilities.store import Writing

KIND = "support"
LICENCE = "debian-security-support, GPL-2+"
NAME = re.compile(r"security-support-(ended|limited)(?:\.deb([0-9]{1,2}))?\Z")
HEAD = re.compile(rb"(?:#[^\n]*\n|[ \t]*\n|[a-z0-9][a-z0-9+.*()\[\]|\\-]*[ \t]+[^\n]+\n)+")
_ENDED = re.compile(r"(\S+)\s+(\S+)\s+([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s+(.*))?\Z")
_LIMITED = re.compile(r"(\S+)\s+(.+)\Z")
RELEASES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"}


def read(document: Document, into: Writing) -> Read:
    """Its lines. The release is in the file's name alone. Raises InputError."""
    named = NAME.search(document.name)
    if named is None or (named[1] == "ended" and named[2] is None) or (named[2] or "13") not in RELEASES:
        raise document.error(
            "a list of unsupported packages is recognized by its file name, and {name} is not a known release",
            "keep the file name from the package debian-security-support, for example security-support-ended.deb12",
            name=repr(document.name),
        )
    kind, release = named[1], RELEASES[named[2]] if named[2] else ""
    rows = []
    for number, line in enumerate(document.text(), 1):
        words = line.partition("#")[0].strip() if line.lstrip().startswith("#") else line.strip()
        if not words:
            continue
        found = (_ENDED if kind == "ended" else _LIMITED).match(words)
        if found is None:
            raise document.error("line {number} is not a valid line of the list", number=number)
        until, note = (found[3], found[4] or "") if kind == "ended" else ("", found[2])
        rows.append((release, found[1], kind, until, note[:MAX_TEXT]))
    part = f"{kind}.{release}".rstrip(".")
    into.forget(KIND, part)
    into.support(rows)
    return Read(len(rows), part=part)
