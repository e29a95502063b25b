"""Takes an SSH key's lines out of force on this host, and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Wherever a line of an authorized_keys lets the key in, it becomes a comment in its
place, which the account's owner sees; nothing else of the file changes. The sessions of the accounts that it let in end, but for those of the account
that asks. It is undone by this host itself within ``undoing.TRIAL`` seconds, also when it starts anew meanwhile, unless it is confirmed by a connection
that was made while it was in force: then it lasts until it is released.

Whoever can write the folder of such a file may swap names at any moment: no link is followed, and what is put in its place is what was read.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import contextlib
import hashlib
import os
import pwd
import re
import secrets
import stat

from ansible.module_utils.luytre_shared import acting, keys, people, safe_open, undoing
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/keys"
UNIT = "luytre-contain-keys.service"
JOURNALCTL = "/usr/bin/journalctl"
RECENT = "-15min"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MOST_LINES = 1_000


def contain(asked, connection):
    """Take a key out of force, on trial, and end the sessions of those that it let in; what is confirmed already stays so. Raises Refused."""
    found = check(asked, connection)
    with TRIALS.record.held():
        known = TRIALS.record.all().get(asked["id"])
        if known is None:
            lines = [[account, path, digest(line)] for account, path, line in found]
            known = {"mark": mark(asked["id"]), "lines": lines, "key": asked["what"]}
        if not known.get("confirmed"):
            TRIALS.begin(asked["id"], known, __loader__)
        try:
            for account, path in sorted({(account, path) for account, path, _ in found}):
                changed(account, path, lambda line: out_of_force(line, known))
            end_sessions(asked, {account for account, _, _ in found})
            return seen(asked["id"])
        except Exception:
            TRIALS.end(asked["id"])
            raise


def mark(name):
    """What a line begins with while it is out of force."""
    return "# %s: " % name


def out_of_force(line, record):
    """A line as it is while the key is contained."""
    return record["mark"].encode("ascii") + line if keys.key_of(line) == record["key"] else line


def in_force(line, record):
    """A line as it was, if it is one of those that were taken out of force."""
    begin = record["mark"].encode("ascii")
    was = line[len(begin) :]
    return was if line.startswith(begin) and digest(was) in {one[2] for one in record["lines"]} else line


def digest(line):
    return hashlib.sha256(line).hexdigest()


def check(asked, connection):
    """``(account, path, line)`` of each line that lets the key in. Raises Refused where there is none, and where nobody would come in."""
    key = asked["what"]
    found = [
        (account, path, line)
        for account, path in sorted(set(keys.files(keys.patterns())))
        for line in lines_of(path)
        if keys.key_of(line) == key
    ]
    if not found and not any(name == asked["id"] for name in TRIALS.record.all()):
        raise Refused("no_key", key)
    if len(found) > MOST_LINES:
        raise Refused("too_much", str(MOST_LINES))
    ours = {asked["automation"], os.environ.get("SUDO_USER")} - {None, ""}
    if key == used(connection) or any(set(keys.of(one)) == {key} for one in ours):
        raise Refused("our_key", key)
    administrators = people.administrators(asked["admins"]) - ours
    holding = {account for account, _, _ in found}
    if administrators & holding and not any(
        people.comes_in(one, [other for other in keys.of(one) if other != key]) for one in administrators
    ):
        raise Refused("last_admin", " ".join(sorted(administrators & holding)))
    return found


def lines_of(path):
    """The lines of a file. Raises Refused for one that is too large: whatever stands at its end lets in, too."""
    try:
        return keys.content(path).splitlines(keepends=True)
    except safe_open.Unsafe as unsafe:
        raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))


def used(connection):
    """The fingerprint of the key that this connection came in by, as sshd says in the journal; None where it does not."""
    if len(connection) != 4:
        raise Refused("no_connection", "")
    words = ["-o", "cat", "--since", RECENT, "-t", "sshd", "-t", "sshd-session"]
    pattern = r"(?m)^Accepted publickey for \S+ from %s port %s ssh2: \S+ (SHA256:\S+)"
    said = acting.ran([JOURNALCTL, *words]) or ""
    found = re.findall(pattern % (re.escape(connection[0]), re.escape(connection[1])), said)
    return found[-1] if found else None


def end_sessions(asked, accounts):
    """End what the accounts have open that it let in, but for the account's that asks, and what no number tells from others'."""
    for account in sorted(accounts - {asked["automation"], os.environ.get("SUDO_USER")}):
        if not people.shares_number(account):
            people.sessions_end(pwd.getpwnam(account).pw_uid)


def changed(account, path, line_of):
    """Have each line of a file as ``line_of`` says. Raises Refused for a file that is not the account's or root's alone, or is reached by links."""
    with contextlib.ExitStack() as open_ones:
        try:
            place, last = safe_open.reach(path, safe_open.ROOTS_LINKS)
            open_ones.callback(os.close, place)
            reading = safe_open.at(place, last)
        except safe_open.Unsafe as unsafe:
            raise Refused("unsafe", "%s: %s" % (path, unsafe.strerror))
        open_ones.callback(os.close, reading)
        status = os.fstat(reading)
        if status.st_nlink > 1 or status.st_uid not in (0, pwd.getpwnam(account).pw_uid):
            raise Refused("unsafe", path)
        content = safe_open.whole(reading, keys.MAX_FILE, path)
        wanted = b"".join(map(line_of, content.splitlines(keepends=True)))
        if wanted != content:
            put(place, last, wanted, reading, status)


def put(place, last, content, reading, status):
    """Have a file's content replaced, whole or not at all; all that hangs on it stays. Raises Refused when it is another one by now."""
    draft = ".luytre-" + secrets.token_hex(8)
    target = os.open(draft, NEW, 0o600, dir_fd=place)
    try:
        with os.fdopen(target, "wb", closefd=False) as file:
            file.write(content)
        for name in os.listxattr(reading):
            os.setxattr(target, name, os.getxattr(reading, name))
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.fsync(target)
        now = os.lstat(last, dir_fd=place)
        if (now.st_dev, now.st_ino, now.st_mtime_ns) != (status.st_dev, status.st_ino, status.st_mtime_ns):
            raise Refused("swapped", last)
        os.rename(draft, last, src_dir_fd=place, dst_dir_fd=place)
    except BaseException:
        os.unlink(draft, dir_fd=place)
        raise
    finally:
        os.close(target)


def plan(asked, connection):
    """What ``contain`` and ``confirm`` would do now; nothing is done."""
    found = check(asked, connection)
    lines = ["begin with '%s' in %s: line of %s" % (mark(asked["id"]), path, asked["what"]) for _, path, _ in found]
    return {"state": "planned", "would": [*TRIALS.steps(), *lines[: acting.MOST_SHOWN], *TRIALS.last_steps()]}


def undo(record):
    """Have each line as it was that is as it was left; files and accounts may be gone. Raises Refused for a file that cannot be reached."""
    refused = []
    for account, path in sorted({(account, path) for account, path, _ in record["lines"]}):
        try:
            if any(in_force(line, record) != line for line in lines_of(path)):
                changed(account, path, lambda line: in_force(line, record))
        except KeyError:  # the account is gone, and lets nobody in
            continue
        except (Refused, OSError):
            refused.append(path)
    if refused:
        raise Refused("unsafe", " ".join(refused))


def seen(name):
    """A key as it is now. Raises Refused where a line lets it in."""
    record = TRIALS.record.all()[name]
    for account, path in set(keys.files(keys.patterns())):
        if record["key"] in map(keys.key_of, lines_of(path)):
            raise Refused("key_again", "%s %s" % (account, path))
    about = " ".join(sorted({path for _, path, _ in record["lines"]}))
    return {
        "state": "confirmed" if record["confirmed"] else "on_trial",
        "why": "in_files",
        "about": about[: acting.MOST_SAID],
    }


TRIALS = undoing.Trials(HOME, UNIT, undo, seen)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.main(arguments, plan, contain)
