"""Takes an SSH key's lines out of force on this host, and puts them back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. Wherever a line of an authorized_keys lets the key in, it becomes a comment in its
place, which the account's owner sees; nothing else of the file changes. The sessions of the accounts that it let in end, but for those of the account
that asks. It is undone by this host itself within ``undoing.TRIAL`` seconds, also when it starts anew meanwhile, unless it is confirmed by a connection
that was made while it was in force: then it lasts until it is released.

Without an argument it undoes what is not confirmed: so the unit calls it.
"""

import os
import pwd
import re

from ansible.module_utils.luytre_shared import acting, keys, lines, people, safe_open, undoing
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/keys"
UNIT = "luytre-contain-keys.service"
JOURNALCTL = "/usr/bin/journalctl"
RECENT = "-15min"
MOST_LINES = 1_000


def contain(asked, connection):
    """Take a key out of force, on trial, and end the sessions of those that it let in; what is confirmed already stays so. Raises Refused."""
    found = check(asked, connection)
    with TRIALS.record.held():
        known = TRIALS.record.all().get(asked["id"])
        if known is None:
            taken = [[account, path, lines.digest(line)] for account, path, line in found]
            known = {"mark": lines.mark(asked["id"]), "lines": taken, "key": asked["what"]}
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


def out_of_force(line, record):
    """A line as it is while the key is contained."""
    return record["mark"].encode("ascii") + line if keys.key_of(line) == record["key"] else line


def in_force(line, record):
    """A line as it was, if it is one of those that were taken out of force."""
    return lines.in_force(line, record["mark"], {digest for _, _, digest in record["lines"]})


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
        return lines.of(keys.content(path))
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
    others = sorted(accounts - {asked["automation"], os.environ.get("SUDO_USER")})
    people.sessions_end(*(pwd.getpwnam(one).pw_uid for one in others if not people.shares_number(one)))


def changed(account, path, line_of):
    """Have each line of a file as ``line_of`` says. Raises Refused for a file that is not the account's or root's alone, or is reached by links."""
    lines.changed(path, (0, pwd.getpwnam(account).pw_uid), keys.MAX_FILE, line_of)


def plan(asked, connection):
    """What ``contain`` and ``confirm`` would do now; nothing is done."""
    found = check(asked, connection)
    begins = lines.mark(asked["id"])
    steps = ["begin with '%s' in %s: line of %s" % (begins, path, asked["what"]) for _, path, _ in found]
    return {"state": "planned", "would": [*TRIALS.steps(), *steps[: acting.MOST_SHOWN], *TRIALS.last_steps()]}


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
