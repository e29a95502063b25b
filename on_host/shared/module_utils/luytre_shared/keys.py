"""Lines of authorized_keys: which files sshd reads for whom, and which key a line lets in. As sshd reads them."""

import base64
import binascii
import contextlib
import functools
import hashlib
import os
import re

from ansible.module_utils.luytre_shared import acting, people, safe_open

SSHD = "/usr/sbin/sshd"
DEFAULT = (".ssh/authorized_keys", ".ssh/authorized_keys2")
MAX_FILE = 4_000_000
"""Bytes. sshd reads more: whatever stands at the end of a larger one lets in, too."""
_TYPE = re.compile(rb"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]{1,100}\Z")


@functools.lru_cache(maxsize=None)
def patterns():
    """What sshd looks for, as its configuration has it."""
    said = acting.ran([SSHD, "-T"]) or ""
    found = re.findall(r"(?m)^authorizedkeysfile (.+)$", said)
    return tuple(dict.fromkeys(word for line in found for word in line.split() if word != "none")) or DEFAULT


def files(looked_for):
    """``(account, path)`` of each file that sshd reads, whether or not it is there."""
    for entry in people.accounts():
        for pattern in looked_for:
            path = pattern.replace("%%", "\0").replace("%h", entry.pw_dir).replace("%u", entry.pw_name)
            path = path.replace("%U", str(entry.pw_uid)).replace("\0", "%")
            yield entry.pw_name, path if path.startswith("/") else os.path.join(entry.pw_dir, path)


def of(account, left_out=()):
    """The fingerprints of all keys that let an account in, but for those in files that are ``left_out`` and in those that cannot be read."""
    found = []
    for name, path in files(patterns()):
        if name == account and path not in left_out:
            with contextlib.suppress(safe_open.Unsafe):
                found += [one for one in map(key_of, content(path).splitlines()) if one is not None]
    return found


def content(path):
    """What a file holds, whatever links lead to it; nothing of one that is none, or gives nothing.

    Raises Unsafe for one of which sshd, which reads it as its owner, may see more: it is larger than ``MAX_FILE``, its owner has a lease on it, or
    root may not open it.
    """
    try:
        handle = safe_open.path(path, links=safe_open.FOLLOWED)
    except BlockingIOError:
        raise safe_open.Unsafe("its owner has a lease on it", path)
    except PermissionError:
        raise safe_open.Unsafe("root may not open it", path)
    except (OSError, ValueError):
        return b""
    try:
        return safe_open.whole(handle, MAX_FILE, path)
    except safe_open.Unsafe:
        raise
    except OSError:  # a link of anybody's may lead to what the kernel lets be opened and not be read
        return b""
    finally:
        os.close(handle)


def key_of(line):
    """The fingerprint of the key that a line lets in, ``SHA256:…``; None of a line that lets none in."""
    rest = line.strip(b" \t\r\n")
    if not rest or rest.startswith(b"#"):
        return None
    return _fingerprint(rest) or _fingerprint(_without_options(rest))


def _without_options(line):
    """What comes after its options, in which quotes keep blanks together."""
    quoted, at = False, 0
    while at < len(line) and (quoted or line[at : at + 1] not in (b" ", b"\t")):
        if line[at : at + 2] == b'\\"':
            at += 1
        elif line[at : at + 1] == b'"':
            quoted = not quoted
        at += 1
    return line[at:].lstrip(b" \t")


def _fingerprint(text):
    words = text.split(None, 2)
    if len(words) < 2 or not _TYPE.match(words[0]):
        return None
    try:
        blob = base64.b64decode(words[1])
    except (binascii.Error, ValueError):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
