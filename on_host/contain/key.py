"""Takes an SSH key's lines out of force on this host, and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Wherever a line of an authorized_keys lets the key in, it becomes a comment in its
place, which the account's owner sees; nothing else of the file changes. A file that may let it in and cannot be read to its end, or not be changed, as it
is too large, is reached by links of its owner's or has another name, gets another name beside it: it is its account's alone that lets nobody in then. The
sessions of the accounts that it let in end, but for those of the account that asks. It is undone by this host itself within ``undoing.TRIAL`` seconds, also when it starts anew meanwhile, unless it is confirmed by a connection
that was made while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import contextlib
import os
import pwd
import re
import secrets
import time

from ansible.module_utils.luytre_shared import acting, immutable, keys, lines, people, safe_open, taking, undoing
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/keys"
UNIT = "luytre-contain-keys.service"
JOURNALCTL = "/usr/bin/journalctl"
RECENT = "-15min"
MOST_LINES = 1_000
LOOKING_SECONDS = 6
"""For all files of keys: much less than the time of an answer."""
ASIDE = ".luytre-contained-"
"""How the other name begins that a file gets beside it."""


def contain(asked, connection):
    """Take a key out of force, on trial, and end the sessions of those that it let in; what is confirmed already stays so. Raises Refused."""
    found, aside = check(asked, connection)
    with TRIALS.record.held():
        known = TRIALS.record.begun(asked)
        if known is None:
            taken = [[account, path, lines.digest(line)] for account, path, line in found]
            known = {
                "what": asked["what"],
                "mark": lines.mark(asked["id"]),
                "lines": taken,
                "key": asked["what"],
                "aside": [],
            }
        if not known.get("confirmed"):
            TRIALS.begin(asked["id"], known, __loader__)
        try:
            for account, path in sorted({(account, path) for account, path, _ in found} | aside):
                if (account, path) in aside or not commented(account, path, known):
                    put_aside(asked["id"], account, path)
            end_sessions(asked, {account for account, *_ in (*found, *aside)})
            return seen(asked["id"])
        except Exception:
            TRIALS.end(asked["id"])
            raise


def commented(account, path, record):
    """Whether the lines of a file are comments now: whoever owns it may keep it from being changed at any moment."""
    try:
        changed(account, path, lambda line: out_of_force(line, record))
    except (Refused, OSError):
        return False
    return True


def put_aside(name, account, path):
    """Have what a path of an account leads by under another name beside it, if it is the account's; what stays is seen afterwards. The record comes first."""
    with contextlib.ExitStack() as open_ones, contextlib.suppress(Refused, OSError):
        place, last = taking.entry(path, open_ones)
        own = pwd.getpwnam(account).pw_uid
        if os.fstat(place).st_uid != own and os.lstat(last, dir_fd=place).st_uid != own:
            return
        moved = {"path": path, "folder": safe_open.name_of(place), "name": last, "file": taking.ident(place, last)}
        moved["aside"] = ASIDE + secrets.token_hex(8)
        record = TRIALS.record.all()[name]
        TRIALS.record.keep(name, dict(record, aside=[*record.get("aside", []), moved]))
        with immutable.lifted(place, *readable(place, last, open_ones)):
            os.rename(last, moved["aside"], src_dir_fd=place, dst_dir_fd=place)
        if taking.ident(place, moved["aside"]) != moved["file"]:
            taking.back(place, moved["aside"], place, last)


def out_of_force(line, record):
    """A line as it is while the key is contained."""
    return record["mark"].encode("ascii") + line if keys.key_of(line) == record["key"] else line


def in_force(line, record):
    """A line as it was, if it is one of those that were taken out of force."""
    return lines.in_force(line, record["mark"], {digest for _, _, digest in record["lines"]})


def check(asked, connection):
    """``(account, path, line)`` of each line that lets the key in, and ``(account, path)`` of each file that has to leave its place. Raises Refused
    where there is none, and where nobody would come in.
    """
    key = asked["what"]
    found, unread = looked(key)
    if not found and not unread and not any(name == asked["id"] for name in TRIALS.record.all()):
        raise Refused("no_key", key)
    if len(found) > MOST_LINES:
        raise Refused("too_much", str(MOST_LINES))
    ours = {asked["automation"], os.environ.get("SUDO_USER")} - {None, ""}
    if key == used(connection) or any(set(keys.of(one)) == {key} for one in ours):
        raise Refused("our_key", key)
    aside = {*unread, *((account, path) for account, path, _ in found if not is_changed(account, path))}
    own = sorted(path for account, path in aside if account in ours)
    if own:
        raise Refused("unsafe", " ".join(own))
    administrators = people.administrators(asked["admins"]) - ours
    holding = {account for account, *_ in (*found, *aside)}
    if administrators & holding and not any(
        people.comes_in(one, [other for other in keys.of(one, {path for _, path in aside}) if other != key])
        for one in administrators
    ):
        raise Refused("last_admin", " ".join(sorted(administrators & holding)))
    return found, aside


def looked(key):
    """``(account, path, line)`` of each line that lets a key in; ``{(account, path): why}`` of each file that nobody reads to its end.

    The smallest come first: those for which there is no time are of whoever makes theirs as large as they may be.
    """
    found, unread, ends = [], {}, time.monotonic() + LOOKING_SECONDS
    for account, path in sorted(set(keys.files(keys.patterns())), key=lambda one: (size_of(one[1]), one)):
        if time.monotonic() > ends and size_of(path):
            unread[account, path] = "there is no time"
            continue
        try:
            found += [(account, path, line) for line in lines.of(keys.content(path)) if keys.key_of(line) == key]
        except safe_open.Unsafe as unsafe:
            unread[account, path] = unsafe.strerror
    return found, unread


def size_of(path):
    """Bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def is_changed(account, path):
    """Whether lines of a file can be changed in their place."""
    try:
        lines.check(path, owners(account), keys.MAX_FILE)
    except (Refused, OSError):
        return False
    return True


def owners(account):
    """Whose its files may be, by their numbers."""
    return (0, pwd.getpwnam(account).pw_uid)


def used(connection):
    """The fingerprint of the key that this connection came in by, as sshd says in the journal; None where it does not."""
    if len(connection) != 4:
        raise Refused("no_connection", "")
    words = [
        "-o",
        "cat",
        "--since",
        RECENT,
        "-t",
        "sshd",
        "-t",
        "sshd-session",
        "_UID=0",
    ]  # anybody writes what they like
    pattern = r"(?m)^Accepted publickey for \S+ from %s port %s ssh2: \S+ (SHA256:\S+)"
    said = acting.ran([JOURNALCTL, *words]) or ""
    found = re.findall(pattern % (re.escape(connection[0]), re.escape(connection[1])), said)
    return found[-1] if found else None


def end_sessions(asked, accounts):
    """End what the accounts have open that it let in, but for the account's that asks, and what no number tells from others'."""
    others = sorted(accounts - {asked["automation"], os.environ.get("SUDO_USER")})
    people.sessions_end(*(pwd.getpwnam(one).pw_uid for one in others if not people.shares_number(one)))


def changed(account, path, line_of):
    """Have each line of a file as ``line_of`` says. Raises Refused for a file that is not the account's or root's alone, or is reached by links."""
    lines.changed(path, owners(account), keys.MAX_FILE, line_of)


def plan(asked, connection):
    """What ``contain`` and ``confirm`` would do now; nothing is done."""
    found, aside = check(asked, connection)
    begins = lines.mark(asked["id"])
    steps = [["beside", path, ASIDE] for _, path in sorted(aside)]
    steps += [
        ["comment_key", path, begins, asked["what"]] for account, path, _ in found if (account, path) not in aside
    ]
    return {"state": "planned", "would": [*TRIALS.steps(), *steps[: acting.MOST_SHOWN], *TRIALS.last_steps()]}


def undo(record):
    """Have each line as it was that is as it was left, and each file in its place; files and accounts may be gone. Raises Refused for what cannot be reached."""
    refused = [moved["path"] for moved in record.get("aside", []) if not put_back(moved)]
    for account, path in sorted({(account, path) for account, path, _ in record["lines"]}):
        try:
            if any(in_force(line, record) != line for line in lines.of(keys.content(path))):
                changed(account, path, lambda line: in_force(line, record))
        except KeyError:  # the account is gone, and lets nobody in
            continue
        except (Refused, OSError):
            refused.append(path)
    if refused:
        raise Refused("unsafe", " ".join(refused))


def put_back(moved):
    """Have what was put aside under its name again, in place of nothing. Whether it is, or is gone."""
    with contextlib.ExitStack() as open_ones:
        try:
            place = taking.closing(open_ones, safe_open.path(moved["folder"], safe_open.DIRECTORY))
        except OSError:
            return True
        if is_aside(place, moved):
            with immutable.lifted(place, *readable(place, moved["aside"], open_ones)):
                taking.back(place, moved["aside"], place, moved["name"])
        return not is_aside(place, moved)


def is_aside(place, moved):
    """Whether the very thing is under its other name in an open folder."""
    return taking.ident(place, moved["aside"]) == moved["file"]


def readable(place, name, open_ones):
    """A descriptor of the file of that name, if it is one that can be opened."""
    with contextlib.suppress(OSError):
        return [taking.closing(open_ones, safe_open.at(place, name))]
    return []


def set_aside(record):
    """The paths of files that are beside their place now."""
    found = []
    for moved in record.get("aside", []):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            place = taking.closing(open_ones, safe_open.path(moved["folder"], safe_open.DIRECTORY))
            if is_aside(place, moved):
                found.append(moved["path"])
    return found


def seen(name):
    """A key as it is now. What an account has put in force again, or keeps from being read, is told, and lets nothing else be undone."""
    record = TRIALS.record.all()[name]
    found, unread = looked(record["key"])
    answer = {"state": "confirmed" if record["confirmed"] else "on_trial"}
    left = sorted({(account, path) for account, path, _ in found})
    if left or unread:
        why, some = ("key_again", left) if left else ("unread_files", sorted(unread))
        about = " ".join("%s %s" % one for one in some)[: acting.MOST_SAID]
        return {"state": "unknown" if record["confirmed"] else "on_trial", "why": why, "about": about}
    aside = set_aside(record)
    about = " ".join(sorted({*aside, *(path for _, path, _ in record["lines"])}))[: acting.MOST_SAID]
    return dict(answer, why="files_aside" if aside else "in_files", about=about)


TRIALS = undoing.Trials(HOME, UNIT, undo, seen)


def main(arguments):
    """Answer what is asked; without a question, undo what is not confirmed."""
    TRIALS.main(arguments, plan, contain)
