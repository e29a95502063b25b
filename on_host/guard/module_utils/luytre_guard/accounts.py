"""What a way back would bring back: keys, accounts and rights that have been taken away since."""

import hashlib
import os

MAX_SHOWN = 50


def list_regained_rights(path, earlier, present):
    """Return words on what the earlier bytes of a file give that its present ones do not; nothing secret in them."""
    name = os.path.basename(path)
    old, new = (_lines(content) for content in (earlier, present))
    if name.startswith("authorized_keys") or "/authorized_keys" in path:
        return ["key %s in %s" % (_fingerprint(line), path) for line in old if line not in new][:MAX_SHOWN]
    if path in ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers") or path.startswith("/etc/sudoers.d/"):
        return _READERS.get(path, _rights)(path, old, new)[:MAX_SHOWN]
    return []


def _lines(content):
    text = content.decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _fingerprint(line):
    return "sha256:" + hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:16]


def _fields(lines):
    return {line.split(":")[0]: line.split(":") for line in lines}


def _passwd(_path, old, new):
    before, now = _fields(old), _fields(new)
    account_words = ["account %s" % name for name in before if name not in now]
    shell_words = [
        "a login shell for %s" % name
        for name, row in before.items()
        if name in now and _no_shell(now[name]) and not _no_shell(row)
    ]
    return account_words + shell_words


def _no_shell(row):
    return row[-1].endswith(("/nologin", "/false"))


def _shadow(_path, old, new):
    before, now = _fields(old), _fields(new)
    return [
        ("a password for %s" if then else "an empty password for %s") % name
        for name, then, present in (
            (name, _password(row), _password(now.get(name, ()))) for name, row in before.items()
        )
        if None not in (then, present) and not _is_locked(then) and (_is_locked(present) or (present and not then))
    ]


def _password(row):
    return row[1] if len(row) > 1 else None


def _is_locked(password):
    return password.startswith(("!", "*"))


def _group(_path, old, new):
    before, now = _fields(old), _fields(new)
    return [
        "%s in the group %s" % (member, name)
        for name, row in before.items()
        for member in row[-1].split(",")
        if member and member not in (now[name][-1].split(",") if name in now else [])
    ]


def _rights(path, old, new):
    return ["a rule of sudo in %s" % path] if [line for line in old if line not in new] else []


_READERS = {"/etc/passwd": _passwd, "/etc/shadow": _shadow, "/etc/group": _group}
