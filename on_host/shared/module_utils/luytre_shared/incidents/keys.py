"""Lines of authorized_keys: which files sshd reads for whom, and which key a line lets in. As sshd reads them."""

import contextlib
import functools
import glob
import os
import re

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.os import accounts
from ansible.module_utils.luytre_shared.parsers import key_line

SSHD = "/usr/sbin/sshd"
CONFIG = "/etc/ssh/sshd_config"
MAX_INCLUDES = 16
NOBODY = "user=luytre-nobody,host=192.0.2.1,addr=192.0.2.1,laddr=192.0.2.2,lport=1"
"""A connection that no Match block should be about: with some, sshd says nothing unless it is told of one."""
DEFAULT = (".ssh/authorized_keys", ".ssh/authorized_keys2")
MAX_FILE = 4_000_000
"""Bytes. sshd reads more: whatever stands at the end of a larger one lets in, too."""


@functools.lru_cache(maxsize=None)
def list_authorized_keys_patterns_of_sshd():
    """Return what sshd looks for: as it says, for everybody, and as any of its settings has it for some."""
    output = action_runner.run_program([SSHD, "-T"]) or action_runner.run_program([SSHD, "-T", "-C", NOBODY]) or ""
    values = re.findall(r"(?m)^authorizedkeysfile (.+)$", output)
    words = [word for line in values for word in line.split()] or list(DEFAULT)
    return tuple(dict.fromkeys(word for word in (*words, *_iter_key_patterns_in_sshd_config(CONFIG)) if word != "none"))


def _iter_key_patterns_in_sshd_config(config_path, depth=0):
    """Yield the same of every line of sshd's settings, includes followed, whoever it is for.

    A line that counts for nobody costs nothing.
    """
    with contextlib.suppress(OSError, ValueError):
        text = safe_open.read_text(config_path, MAX_FILE) or ""
        for keyword, value in re.findall(r"(?im)^[ \t]*\"?(authorizedkeysfile|include)\"?[ \t=]+(.+)$", text):
            words = [word.strip('"') for word in value.split("#")[0].split()]
            if keyword.lower() == "authorizedkeysfile":
                yield from words
            elif depth < MAX_INCLUDES:
                for pattern in words:
                    for included_path in sorted(glob.glob(os.path.join(os.path.dirname(CONFIG), pattern))):
                        yield from _iter_key_patterns_in_sshd_config(included_path, depth + 1)


def iter_authorized_keys_files_of_accounts(patterns):
    """Yield ``(account, path)`` of each file that sshd reads, whether or not it is there."""
    for entry in accounts.list_accounts():
        for pattern in patterns:
            path = pattern.replace("%%", "\0").replace("%h", entry.pw_dir).replace("%u", entry.pw_name)
            path = path.replace("%U", str(entry.pw_uid)).replace("\0", "%")
            yield entry.pw_name, path if path.startswith("/") else os.path.join(entry.pw_dir, path)


def list_fingerprints(account, excluded_paths=()):
    """Return the fingerprints of all keys that let an account in, but for those in files at
    ``excluded_paths`` and in those that cannot be read.
    """
    fingerprints = []
    for name, path in iter_authorized_keys_files_of_accounts(list_authorized_keys_patterns_of_sshd()):
        if name == account and path not in excluded_paths:
            with contextlib.suppress(safe_open.Unsafe):
                fingerprints += [
                    fingerprint
                    for fingerprint in map(
                        get_fingerprint_of_authorized_keys_line,
                        key_line.split_authorized_keys_lines(read_content(path)),
                    )
                    if fingerprint is not None
                ]
    return fingerprints


def read_content(path):
    """Return what a file holds, whatever links lead to it; nothing of one that is none, or gives nothing.

    Raises Unsafe for one of which sshd, which reads it as its owner, may see more: it is larger than ``MAX_FILE``, its
    owner has a lease on it, or root may not open it.
    """
    try:
        handle = safe_open.open_path(path, links=safe_open.ALL_LINKS)
    except BlockingIOError:
        raise safe_open.Unsafe("its owner has a lease on it", path)
    except PermissionError:
        raise safe_open.Unsafe("root may not open it", path)
    except (OSError, ValueError):
        return b""
    try:
        return safe_open.read_whole(handle, MAX_FILE, path)
    except safe_open.Unsafe:
        raise
    except OSError:  # a link of anybody's may lead to what the kernel lets be opened and not be read
        return b""
    finally:
        os.close(handle)


def get_fingerprint_of_authorized_keys_line(line):
    """Return the fingerprint of the key that a line lets in, ``SHA256:…``; None of a line that lets none in."""
    key = key_line.parse_authorized_keys_line(line)
    return None if key is None else key_line.compute_ssh_key_fingerprint(key.blob)
