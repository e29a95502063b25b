"""Steps that a person takes as root on a host, where no means of containing does: which words say so, and the commands, one a line. Pure.

Names that a host says become one quoted word of a command, or are left out of it. A step keeps what it changes below ``KEPT`` first.
"""

from __future__ import annotations

import os
import re
import shlex
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from auditor.incidents.response.seen import Seen
from auditor.text import paths

KEPT = "/root/luytre-kept"
_PLAIN = frozenset(string.ascii_letters + string.digits + "/._-+")
_DOT = r"\."
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_MODULE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROUTINE = re.compile(r"([A-Za-z0-9_$]{1,64})\.([A-Za-z0-9_$]{1,64})")
_FUNCTION = re.compile(r"[A-Za-z0-9_$]{1,64}")
_ADDRESS = re.compile(r".*:([0-9]{1,5})")
_NO_CAPABILITIES = (
    "import os,sys; [os.removexattr(p, a) for p in sys.argv[1:] for a in os.listxattr(p) if a == 'security.capability']"
)


@dataclass(frozen=True)
class Manual:
    """One step by hand."""

    says: str
    """Its words: ``incidents.manual.SAYS``."""
    commands: tuple[str, ...]
    """Typed on the host, in this order; each ends with 0 when it has done what the step says."""


def manual(says: str, *commands: str) -> Manual:
    """Return a step of these commands."""
    return Manual(says, commands)


def _word(path: str) -> str:
    """A path as one word of a shell's command, all of it printed: the very bytes that its trace spells."""
    if "%" not in path:
        return shlex.quote(path)
    return (
        "$'"
        + "".join(chr(one) if chr(one) in _PLAIN else f"\\x{one:02x}" for one in os.fsencode(paths.read(path)))
        + "'"
    )


def copy_commands(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file as it is."""
    return (f"sudo install -d -m 0700 {KEPT}", f"sudo cp -a --parents -- {_word(path)} {KEPT}")


def taken_away(of: Seen) -> Manual:
    """Return how a whole file is moved out of its place."""
    return manual("moved", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}")


def unit_file(of: Seen) -> Manual:
    """Return how a file that changes a unit, or makes one of an account's, goes, and systemd with it."""
    return manual(
        "unit_file", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}", "sudo systemctl daemon-reload"
    )


def crontab(of: Seen) -> Manual:
    """Return how the whole table of jobs is looked at, where no line of it can be told."""
    return manual("crontab", *copy_commands(of.where), f"sudo cat -A -- {_word(of.where)}")


def passwd_line(of: Seen) -> Manual:
    """Return how an account's lines leave the files of accounts, for one that no program locks."""
    name = of.exactly or of.who
    if not _ACCOUNT.fullmatch(name):
        return manual(
            "passwd_look", *copy_commands("/etc/passwd"), "sudo awk -F: '$3 == 0 {print NR\": \"$0}' /etc/passwd"
        )
    pattern = name.replace(".", r"\.")
    return manual(
        "passwd_line",
        *copy_commands("/etc/passwd"),
        *copy_commands("/etc/shadow")[1:],
        f"sudo sed -i '/^{pattern}:/d' /etc/passwd /etc/shadow",
        f"! getent passwd {name}",
    )


def administrator(_of: Seen) -> Manual:
    """Return that an administrator of a site's application is looked at, then shut out or kept."""
    return manual("administrator")


def key_file(of: Seen) -> Manual:
    """Return how a line of authorized_keys that cannot be told from an administrator's own is found."""
    return manual("key_file", *copy_commands(of.where), f"sudo ssh-keygen -l -f {_word(of.where)}")


def unplaced(_of: Seen) -> Manual:
    """Return that what a trace does not tell the whole place of is looked for in the report, and contained by its path."""
    return manual("unknown_place")


def setuid(of: Seen) -> Manual:
    """Return how a program loses the rights that it gives to whoever starts it."""
    return manual(
        "setuid",
        *copy_commands(of.where),
        f"sudo chmod u-s,g-s -- {_word(of.where)}",
        f"sudo python3 -c {shlex.quote(_NO_CAPABILITIES)} {_word(of.where)}",
        f"sudo chmod -R u-s,g-s {KEPT}",
    )


def sudo_rule(of: Seen) -> Manual:
    """Return how a rule of sudo's goes: a file of its own whole, of /etc/sudoers the lines of that account."""
    if of.where != "/etc/sudoers":
        return manual("sudo_rule", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}", "sudo visudo -c")
    who = re.escape(of.who) if _ACCOUNT.fullmatch(of.who) else None
    edit = f"sudo sed -i -E '/^[[:space:]]*{who}[[:space:]]/s/^/# /' /etc/sudoers" if who else "sudo visudo"
    return manual("sudo_rule", *copy_commands(of.where), edit, "sudo visudo -c")


_LOGIN: Mapping[str, str] = {
    "login_gives_passwords": r"/pam_exec\.so.*expose_authtok/",
    "login_runs": r"/pam_exec\.so/",
    "login_lets_all": r"/sufficient.*pam_permit\.so/",
    "sshd_asks": r"/^[[:space:]]*Authorized(Keys|Principals)Command/I",
    "sshd_runs": r"/^[[:space:]]*(ForceCommand|Subsystem)/I",
    "keys_elsewhere": r"/^[[:space:]]*AuthorizedKeysFile/I",
    "sshd_trusts": r"/^[[:space:]]*(TrustedUserCAKeys|AuthorizedPrincipalsFile)/I",
}
"""By rule, which lines that is; the first counts."""


def login(of: Seen) -> Manual:
    """Return how lines of PAM's or sshd's that let somebody in are put out of force; of a module, which lines load it."""
    checks = ("sudo sshd -t", "sudo systemctl reload ssh") if "/ssh" in of.where.rpartition("/")[0] else ()
    rule = next((rule for rule in _LOGIN if rule in of.rules), None)
    if rule is not None:
        return manual(
            "login", *copy_commands(of.where), f"sudo sed -i -E '{_LOGIN[rule]} s/^/# /' {_word(of.where)}", *checks
        )
    if of.where.endswith(".so"):
        name = of.where.rpartition("/")[2]
        known = re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name)
        lines = f"sudo sed -i '/{name.replace('.', _DOT)}/ s/^/# /' /etc/pam.d/*"
        return manual(
            "login_module", *copy_commands(of.where), *([lines] if known else ()), f"sudo rm -- {_word(of.where)}"
        )
    return manual("login", *copy_commands(of.where), f"sudo grep -n '' -- {_word(of.where)}")


def preloaded(of: Seen) -> Manual:
    """Return how nothing is loaded into every program any more."""
    return manual("preload", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}", "sudo ldconfig")


def interpreter(of: Seen) -> Manual:
    """Return how PHP loads and prepends nothing of an intruder's."""
    if of.where.endswith(".so"):
        return manual("module_file", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}", _RESTART_PHP)
    lines = "/^[[:space:]]*(auto_(prepend|append)_file|(zend_)?extension)[[:space:]]*=[[:space:]]*[\"']?\\//"
    return manual(
        "interpreter",
        *copy_commands(of.where),
        f"sudo sed -i -E '{_quoted(lines)} s/^/; /' {_word(of.where)}",
        _RESTART_PHP,
    )


_RESTART_PHP = "sudo systemctl restart 'php*-fpm.service'"


def _quoted(script: str) -> str:
    return script.replace("'", "'\\''")


def server_module(of: Seen) -> Manual:
    """Return how a web server is kept from loading a module."""
    test = "sudo nginx -t" if "nginx" in of.where else "sudo apache2ctl configtest"
    reload = "sudo systemctl reload nginx" if "nginx" in of.where else "sudo systemctl reload apache2"
    return manual("server_module", *copy_commands(of.where), f"sudo rm -- {_word(of.where)}", test, reload)


def database_code(of: Seen) -> Manual:
    """Return how code in a database goes: a trigger, event or routine by its name, a function of a library with that, a row as it is looked at."""
    named, function = _ROUTINE.fullmatch(of.where), _FUNCTION.fullmatch(of.where)
    if named:
        schema, name = named[1], named[2]
        dump = f"mariadb-dump --no-data --routines --events --triggers {schema} > {KEPT}/{schema}.sql"
        drop = "; ".join(
            f"DROP {what} IF EXISTS {schema}.{name}" for what in ("TRIGGER", "EVENT", "PROCEDURE", "FUNCTION")
        )
        return manual(
            "database_code",
            f"sudo install -d -m 0700 {KEPT}",
            f"sudo sh -c {shlex.quote(dump)}",
            f"sudo mariadb -e {shlex.quote(drop)}",
        )
    if function:
        asked = "SELECT * FROM mysql.func"
        return manual(
            "database_function",
            f"sudo mariadb -e {shlex.quote(asked)}",
            f"sudo mariadb -e 'DROP FUNCTION IF EXISTS {of.where}'",
        )
    if of.whole and of.where.endswith(".so"):
        return manual(
            "database_library",
            *copy_commands(of.where),
            "sudo mariadb -e 'SELECT * FROM mysql.func'",
            f"sudo rm -- {_word(of.where)}",
        )
    return manual("database_row")


def replaced(of: Seen) -> Manual:
    """Return how a program is as its package has it again."""
    package = f"$(dpkg-query -S {_word(of.where)} | cut -d: -f1)"
    return manual("replaced", *copy_commands(of.where), f'sudo apt-get install --reinstall -y "{package}"')


def kernel_module(of: Seen) -> Manual:
    """Return how a module of the kernel's goes, and does not come back at the next boot."""
    name = of.where.rpartition("/")[2].partition(".ko")[0]
    if not _MODULE.fullmatch(name):
        return manual("kernel_module", "sudo lsmod")
    never = f"echo 'blacklist {name}' | sudo tee /etc/modprobe.d/luytre-{name}.conf"
    return manual("kernel_module", never, f"sudo modprobe -r {name}")


def process(of: Seen) -> Manual:
    """Return how the processes of a program that others run, too, are looked at."""
    if "loads_foreign" in of.rules:
        return manual(
            "process_loads", f"sudo find /proc -maxdepth 2 -name exe -lname {_word(of.where)} -printf '%h\\n'"
        )
    if "hidden" in of.rules:
        return manual("process_hidden", f"sudo cat {_word(of.where)}/status")
    return manual("process", f"sudo find /proc -maxdepth 2 -name exe -lname {_word(of.where)} -printf '%h\\n'")


def listener(of: Seen) -> Manual:
    """Return how the process behind a socket is found."""
    port = _ADDRESS.fullmatch(of.where)
    return manual("listener", f"sudo ss -H -tulnp 'sport = :{port[1]}'" if port else "sudo ss -H -0 -p")


def log(of: Seen) -> Manual:
    """Return how what is left of a log is kept."""
    return manual("log", f"sudo ls -ld -- {_word(of.where)}" if of.whole else "sudo ls -l /var/log")


def missing(_of: Seen) -> Manual:
    """Return that an application is given its files again."""
    return manual("missing")


def posted_to(_of: Seen) -> Manual:
    """Return that a program is gone, and who called it is in logs."""
    return manual("posted_to_gone")


Step = Callable[[Seen], Manual]


def at_a_path(step: Step) -> Callable[[Seen], Iterator[Manual]]:
    """Return the same step of what has a whole path; of what has none, how its place is looked for."""

    def either(of: Seen) -> Iterator[Manual]:
        yield step(of) if of.whole else manual("unknown_place")

    return either
