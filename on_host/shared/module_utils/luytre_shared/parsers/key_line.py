"""A line of authorized_keys as sshd reads it: whose key it lets in, and under which options. Pure.

Whoever owns such a file writes a key in every way that sshd understands and others may not: under another name of its
type, with white space other than blanks in it, before a zero byte, behind an option that quotes another key.
"""

import base64
import binascii
import collections
import hashlib
import re
import struct

Key = collections.namedtuple("Key", "options kind blob")
"""Bytes: what stands before it, the type that it names itself, and what it is."""
_TYPE = re.compile(rb"[A-Za-z0-9@.+-]{1,100}\Z")
_KIND = re.compile(rb"[A-Za-z0-9@.-]{1,64}\Z")
_BLANKS = b" \t"
_SKIPPED_BYTES = b" \t\n\v\f\r"
"""White space that may stand within base64."""


def split_authorized_keys_lines(content):
    """Return the lines of such a file, without what ends them: nothing but a line feed does."""
    return content.split(b"\n")


def parse_authorized_keys_line(line):
    """Return the Key that a line lets in; None of a line that lets none in."""
    rest = line.partition(b"\0")[0].strip(b" \t\r\n")
    if not rest or rest.startswith(b"#"):
        return None
    kind_and_blob = _parse_key(rest)
    if kind_and_blob is not None:
        return Key(b"", *kind_and_blob)
    at = _find_options_end(rest)
    kind_and_blob = _parse_key(rest[at:].lstrip(_BLANKS))
    return None if kind_and_blob is None else Key(rest[:at], *kind_and_blob)


def compute_ssh_key_fingerprint(key_bytes):
    """Return what tells a key from others, ``SHA256:…``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key_bytes).digest()).decode("ascii").rstrip("=")


def _parse_key(text):
    """Return ``(type, key)`` of what begins with both, as base64 tells the key."""
    words = re.split(rb"[ \t]+", text, maxsplit=2)
    if len(words) < 2 or not _TYPE.match(words[0]):
        return None
    try:
        blob = base64.b64decode(words[1].translate(None, _SKIPPED_BYTES), validate=True)
    except (binascii.Error, ValueError):
        return None
    length = struct.unpack(">I", blob[:4])[0] if len(blob) > 4 else 0
    kind = blob[4 : 4 + length]
    return (kind, blob) if length == len(kind) and _KIND.match(kind) else None


def _find_options_end(line):
    """Return where the options end, in which quotes keep blanks together."""
    is_quoted, at = False, 0
    while at < len(line) and (is_quoted or line[at : at + 1] not in (b" ", b"\t")):
        if line[at : at + 2] == b'\\"':
            at += 1
        elif line[at : at + 1] == b'"':
            is_quoted = not is_quoted
        at += 1
    return at
