"""debian-security-support's lists: packages whose support has ended or is limited.

The support of their release has not ended.
"""

from __future__ import annotations

import re

from auditor.feeds.document import MAX_TEXT, SourceDocument
from auditor.vulnerabilities.sources.common import ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter

KIND = "support"
NAME = re.compile(r"security-support-(ended|limited)(?:\.deb([0-9]{1,2}))?\Z")
_HEAD = re.compile(rb"(?:#[^\n]*\n|[ \t]*\n|[a-z0-9][a-z0-9+.*()\[\]|\\-]*[ \t]+[^\n]+\n)+")
_ENDED_LINE = re.compile(r"(\S+)\s+(\S+)\s+([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s+(.*))?\Z")
_LIMITED_LINE = re.compile(r"(\S+)\s+(.+)\Z")
RELEASES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"}


def import_debian_support_notes(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store its lines; return what was imported. The release is in the file's name alone. Raises InputError."""
    name_match = NAME.search(document.name)
    if (
        name_match is None
        or (name_match[1] == "ended" and name_match[2] is None)
        or (name_match[2] or "13") not in RELEASES
    ):
        raise document.make_error(
            "a list of unsupported packages is recognized by its file name, and {name} is not a known release",
            "keep the file name from the package debian-security-support, for example security-support-ended.deb12",
            name=repr(document.name),
        )
    kind, release = name_match[1], RELEASES[name_match[2]] if name_match[2] else ""
    rows = []
    for number, line in enumerate(document.open_text(), 1):
        words = line.partition("#")[0].strip() if line.lstrip().startswith("#") else line.strip()
        if not words:
            continue
        line_match = (_ENDED_LINE if kind == "ended" else _LIMITED_LINE).match(words)
        if line_match is None:
            raise document.make_error("line {number} is not a valid line of the list", number=number)
        until, note = (line_match[3], line_match[4] or "") if kind == "ended" else ("", line_match[2])
        rows.append((release, line_match[1], kind, until, note[:MAX_TEXT]))
    part = f"{kind}.{release}".rstrip(".")
    writer.remove_earlier_import_of_part(KIND, part)
    writer.put_support_notes(rows)
    return ImportSummary(len(rows), part=part)


FORMATS = (make_single_document_format(KIND, _HEAD, import_debian_support_notes),)
