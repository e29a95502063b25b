"""Debian's versions: which text is one, and dpkg's order of them. The controller reads this very file."""

import re

MAX_CHARS = 200
MAX_EPOCH = 2**31 - 1
_VERSION = re.compile(r"(?:([0-9]+):[0-9][A-Za-z0-9.+~:-]*|[0-9][A-Za-z0-9.+~-]*)\Z")
_REVISION = re.compile(r"[A-Za-z0-9.+~]+\Z")
_PART = re.compile(r"(\D*)(\d*)", re.ASCII)


def is_valid_debian_version(text):
    """Return whether dpkg takes this for a version without complaint."""
    match = _VERSION.match(text) if len(text) <= MAX_CHARS else None
    if match is None or int(match.group(1) or 0) > MAX_EPOCH:
        return False
    _upstream, dash, revision = text.rpartition("-")
    return not dash or _REVISION.match(revision) is not None


def make_sort_key_of_debian_version(version):
    """Return a key that sorts as ``dpkg --compare-versions`` does."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, "0"
    return (
        int(epoch) if epoch.isdigit() else 0,
        _split_into_non_digits_and_numbers(upstream),
        _split_into_non_digits_and_numbers(revision),
    )


def _split_into_non_digits_and_numbers(version_part):
    """Return alternating non-digits and numbers.

    They sort so: ``~`` before the end, the end before letters, letters before the rest.
    """
    parts = []
    for letters, digits in _PART.findall(version_part):
        parts.append((*tuple(_rank_char_in_debian_order(char) for char in letters), 0))
        parts.append(int(digits or "0"))
    return tuple(parts)


def _rank_char_in_debian_order(char):
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256
