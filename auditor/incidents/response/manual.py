"""Steps that a person takes as root on a host, where no means of containing does: which words say so, and the commands, one a line. Pure.

What a package brought is never taken away whole: its strange lines are, or the package is installed again. A step keeps what it changes first.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.footholds import CHANGED, HIDDEN_MODULE, OTHER_THAN_FILE, REPLACES
from auditor.incidents.response import commands
from auditor.incidents.response.commands import INERT, KEPT
from auditor.incidents.response.seen import CUT, Seen

_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_MODULE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LIBRARY = re.compile(r"/(?:[A-Za-z0-9_.+-]{1,100}/){0,20}[A-Za-z0-9_.+-]{1,100}")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,200}\.(?:service|timer|socket|path|mount|automount|swap)")
_ROUTINE = re.compile(r"([A-Za-z0-9_$]{1,64})\.([A-Za-z0-9_$]{1,64})")
_FUNCTION = re.compile(r"[A-Za-z0-9_$]{1,64}")
_ADDRESS = re.compile(r".*:([0-9]{1,5})")
_DIGESTS = re.compile(r"[0-9a-f]{12}(?: [0-9a-f]{12}){0,3}")
_OF_FOLDERS = re.compile(r"/(?:etc|run|usr)/(?!network/interfaces|sysctl|ssh/)(?:.{1,400}/)?[^/]{1,100}/[^/]{1,255}")
_RESTART_PHP = ("sudo systemctl reset-failed 'php*-fpm.service'", "sudo systemctl restart 'php*-fpm.service'")
"""First it forgets how often it was started of late: a unit that starts five times in ten seconds starts no more."""
_RESTARTS: Mapping[str, str] = {
    "/etc/ld.so.conf.d/": "sudo ldconfig",
    "/etc/rsyslog": "sudo systemctl try-restart rsyslog.service",
    "/etc/udev/": "sudo udevadm control --reload || true",
}
"""By the beginning of a path what has its program forget what it read there; others read it whenever they run."""


@dataclass(frozen=True)
class Manual:
    """One step by hand."""

    says: str
    """Its words: ``incidents.manual.SAYS``."""
    commands: tuple[str, ...]
    """Typed on the host, in this order; each ends with 0 when it has done what the step says."""


def manual(says: str, *typed: str) -> Manual:
    """Return a step of these commands."""
    return Manual(says, typed)


def _digests(of: Seen) -> str:
    return of.exactly if _DIGESTS.fullmatch(of.exactly) else ""


def script(of: Seen) -> Manual:
    """Return how a file that others run or read by themselves is without what an intruder wrote: whole where it is nobody else's, else line by line."""
    last = [command for begins, command in _RESTARTS.items() if of.where.startswith(begins)]
    if "foreign" in of.rules and _OF_FOLDERS.fullmatch(of.where):
        return manual("moved", *commands.remove(of.where), *last)
    if _digests(of):
        mark = "#" if of.kind == "hook" or "environment" in of.where else ": #"
        return manual("lines", *commands.comment_out(of.where, mark, _digests(of)), *last)
    return manual("lines_look", *commands.show(of.where))


def unit_file(of: Seen) -> Manual:
    """Return how a file that changes a unit, or makes one of an account's, goes, and what runs by it."""
    reload = "sudo systemctl daemon-reload"
    if of.where.startswith("/usr/lib/") and "foreign" not in of.rules:
        return manual("replaced", *commands.reinstall(of.where), reload)
    return manual("unit_file", *commands.remove(of.where), reload, *_ended(of))


def _ended(of: Seen) -> Iterator[str]:
    """What ends the processes of a unit whose file is gone, or starts them as the unit is without that."""
    folder, _, name = of.where.rpartition("/")
    if "/systemd/user" in folder:
        one = "/.config/" in folder and _ACCOUNT.fullmatch(of.who)
        yield f'sudo systemctl try-restart "user@{f"$(id -u {of.who})" if one else "*"}.service"'
        return
    changed = folder.rpartition("/")[2].removesuffix(".d") if folder.endswith(".d") else name
    if not _UNIT.fullmatch(changed) or changed.startswith(("dbus", "systemd-")):
        return
    every = shlex.quote(changed.replace("@.", "@*."))
    alters = folder.endswith(".d") or REPLACES in of.rules
    end = "--" if every.lstrip("'").startswith("-") else ""
    last = f"try-restart {end} {every}" if alters else f"stop {end} {every} || true"
    yield f"sudo systemctl {last.replace('  ', ' ')}"


def crontab(of: Seen) -> Manual:
    """Return how the whole table of jobs is looked at, where no line of it can be told."""
    return manual("crontab", *commands.show(of.where))


def passwd_line(of: Seen) -> Manual:
    """Return how an account's lines leave the files of accounts, for one that no program locks; of several of that name those that are root's equals."""
    if not _ACCOUNT.fullmatch(of.exactly or of.who) or "root" in (of.exactly, of.who):
        look = f"sudo awk -F: '$3 == 0 {{print NR\": \"$0}}' /etc/passwd | {INERT}"
        return manual("passwd_look", *commands.copy("/etc/passwd"), look)
    name = (of.exactly or of.who).replace(".", r"\.")
    if not of.exactly:
        second = f"^{name}:[^:]*:0+:"
        edit, look = (
            f"sudo sed -i -E '/{second}/d' /etc/passwd",
            f"! grep -E {shlex.quote(second)} /etc/passwd",
        )
        return manual("passwd_second", *commands.copy("/etc/passwd"), edit, look)
    return manual(
        "passwd_line",
        *commands.copy("/etc/passwd"),
        *commands.copy("/etc/shadow")[1:],
        f"sudo sed -i '/^{name}:/d' /etc/passwd /etc/shadow",
        f"! getent passwd {of.exactly}",
    )


def locked_account(of: Seen) -> Manual:
    """Return how the lines of an account that is locked go, whose number still gives it all rights."""
    return manual("locked_account", *passwd_line(of).commands)


def administrator(_of: Seen) -> Manual:
    """Return that an administrator of a site's application is looked at, then shut out or kept."""
    return manual("administrator")


def key_file(of: Seen) -> Manual:
    """Return how a line of authorized_keys that cannot be told from an administrator's own is found."""
    return manual("key_file", *commands.copy(of.where), f"sudo ssh-keygen -l -f {commands.word(of.where)}")


def unplaced(of: Seen) -> Manual:
    """Return how what a trace does not tell the whole place of is looked for, to be contained by its path."""
    shortened = of.where.startswith("/") and CUT in of.where
    return manual("unknown_place", *([commands.find_shortened(of.where)] if shortened else []))


def content(of: Seen) -> Manual:
    """Return how what visitors are shown is looked for in a site's files and tables."""
    return site_content(of.root, [of.target], [of.where] if of.kind in _PAGES else [])


def site_content(root: str, targets: Iterable[str], pages: Iterable[str]) -> Manual:
    """Return the same of several traces: by the foreign names that they are about, by what changed lately, and by the paths of pages that may be files."""
    if not root:
        return manual("unknown_place")
    names = " ".join(f"-e {one}" for one in sorted({*targets}) if _FOREIGN.fullmatch(one))
    root = commands.word(root)
    changed = f"sudo find {root} -xdev -type f -newermt '-30 days' -printf '%T+ %u %p\\0' | sort -zr | head -zn 50"
    typed = [commands.list_names(changed)]
    if names:
        rows = f"mariadb-dump --all-databases --skip-extended-insert --skip-comments | grep -aF {names} | cut -c 1-300 | {INERT}"
        typed.append(commands.list_names(f"sudo grep -rlZF {names} -- {root}"))
        typed.append(f"sudo sh -c {shlex.quote(rows)}")
    if paths_of := [f"-path {root}{commands.word(one)}" for one in sorted({*pages}) if _PLAIN.fullmatch(one)]:
        typed.append(commands.list_names(f"sudo find {root} '(' {' -o '.join(paths_of)} ')' -print0"))
    return manual("content_named" if names else "content", *typed)


_FOREIGN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")
_PAGES = frozenset({"doorway", "document", "sitemap"})


def setuid(of: Seen) -> Manual:
    """Return how a program loses the rights that it gives to whoever starts it."""
    return manual("setuid", *commands.drop_privileges(of.where))


def sudo_rule(of: Seen) -> Manual:
    """Return how a rule of sudo's goes: its line, as a file may hold an administrator's beside it; a file of which no line is told, whole but for /etc/sudoers."""
    if _digests(of):
        return manual("sudo_rule", *commands.comment_out(of.where, "#", _digests(of)), "sudo visudo -c")
    if of.where != "/etc/sudoers":
        return manual("sudo_rule", *commands.remove(of.where), "sudo visudo -c")
    return manual("lines_look", *commands.show(of.where))


_SSHD: Mapping[str, str] = {
    "sshd_asks": r"/^[[:space:]]*Authorized(Keys|Principals)Command/I",
    "keys_elsewhere": r"/^[[:space:]]*AuthorizedKeysFile/I",
    "sshd_runs": r"/^[[:space:]]*ForceCommand/I",
    "sshd_trusts": r"/^[[:space:]]*(TrustedUserCAKeys|AuthorizedPrincipalsFile)/I",
}
"""By rule, which lines of sshd's that is; the first counts."""


def login(of: Seen) -> Manual:
    """Return how lines of PAM's or sshd's that let somebody in are put out of force; of a module, which lines load it."""
    if of.where.endswith(".so"):
        return _login_module(of)
    if _digests(of):
        return manual("login", *commands.comment_out(of.where, "#", _digests(of)))
    rule = next((rule for rule in _SSHD if rule in of.rules), None)
    if rule is None:
        return manual("lines_look", *commands.show(of.where))
    edit = f"sudo sed -i -E '{_SSHD[rule]} s/^/# /' {commands.word(of.where)}"
    return manual("login", *commands.copy(of.where), edit, "sudo sshd -t", "sudo systemctl reload ssh")


def _login_module(of: Seen) -> Manual:
    if "foreign" not in of.rules:
        return replaced(of)
    return manual("login_module", *_unloaded(of.where, "/etc/pam.d"), *commands.remove(of.where))


def _unloaded(path: str, folder: str) -> Iterator[str]:
    if _LIBRARY.fullmatch(path):
        yield commands.unload(path, folder)


def preloaded(of: Seen) -> Manual:
    """Return how nothing is loaded into every program any more."""
    return manual("preload", *commands.remove(of.where), "sudo ldconfig")


def interpreter(of: Seen) -> Manual:
    """Return how PHP loads and prepends nothing of an intruder's."""
    if of.where.endswith(".so"):
        if "foreign" not in of.rules:
            return _again(of, *_RESTART_PHP)
        return manual("module_file", *commands.remove(of.where), *_RESTART_PHP)
    if not _digests(of):
        return manual("lines_look", *commands.show(of.where))
    server = _server(of.where)
    mark, last = ("#", _reread(server)) if server else (";", _RESTART_PHP)
    return manual("interpreter", *commands.comment_out(of.where, mark, _digests(of)), *last)


def _again(of: Seen, *last: str) -> Manual:
    """What a package brought is as that has it again, and what has it loaded starts anew."""
    first = replaced(of)
    return manual(first.says, *first.commands, *last)


def _server(path: str) -> str:
    """The web server that a file is of; empty: of none."""
    return next((name for name in ("nginx", "apache2") if f"/{name}/" in path), "")


def _reread(server: str) -> tuple[str, ...]:
    """A web server tests its settings and starts anew: told to read them again it keeps in memory what it has loaded."""
    test = "sudo nginx -t" if server == "nginx" else "sudo apache2ctl configtest"
    return test, f"sudo systemctl reset-failed {server}", f"sudo systemctl restart {server}"


def server_module(of: Seen) -> Manual:
    """Return how a web server is kept from loading or running what an intruder gave it."""
    server = _server(of.where) or "apache2"
    if of.where.endswith(".so"):
        if "foreign" not in of.rules:
            return _again(of, *_reread(server))
        loads = _unloaded(of.where, f"/etc/{server}")
        return manual("server_module", *loads, *commands.remove(of.where), *_reread(server))
    if not _digests(of):
        return manual("lines_look", *commands.show(of.where))
    return manual("server_lines", *commands.comment_out(of.where, "#", _digests(of)), *_reread(server))


_FUNCTIONS = "sudo mariadb -e 'SELECT * FROM mysql.func'"


def database_code(of: Seen) -> Manual:
    """Return how code in a database goes: a trigger, event or routine by its name, a function of a library with that, a row as it is looked at."""
    named, function = _ROUTINE.fullmatch(of.where), _FUNCTION.fullmatch(of.where)
    if named:
        schema, name = named[1], named[2]
        dump = f"mariadb-dump --no-data --routines --events --triggers {schema} > {KEPT}/{schema}.sql"
        drop = "; ".join(
            f"DROP {what} IF EXISTS `{schema}`.`{name}`" for what in ("TRIGGER", "EVENT", "PROCEDURE", "FUNCTION")
        )
        return manual(
            "database_code",
            f"sudo install -d -m 0700 {KEPT}",
            f"sudo sh -c {shlex.quote(dump)}",
            f"sudo mariadb -e {shlex.quote(drop)}",
        )
    if function:
        return manual(
            "database_function",
            f"{_FUNCTIONS} | {INERT}",
            f"sudo mariadb -e 'DROP FUNCTION IF EXISTS `{of.where}`'",
        )
    if of.whole and of.where.endswith(".so"):
        if "foreign" not in of.rules and "foreign_function" not in of.rules:
            return replaced(of)
        return manual(
            "database_library",
            *commands.copy(of.where),
            f"{_FUNCTIONS} | {INERT}",
            commands.remove(of.where)[-1],
        )
    return manual("database_row")


def replaced(of: Seen) -> Manual:
    """Return how a program is as its package has it again."""
    return manual("replaced", *commands.reinstall(of.where))


def kernel_module(of: Seen) -> Manual:
    """Return how a module of the kernel's goes, and does not come back at the next boot; the file that a package brought stays, or is as it was."""
    name = of.where.rpartition("/")[2].partition(".ko")[0]
    if not _MODULE.fullmatch(name):
        return manual("kernel_module", "sudo lsmod")
    if OTHER_THAN_FILE in of.rules:
        return manual("kernel_module_other", f"sudo rmmod {name}")
    if CHANGED in of.rules and of.whole:
        return manual("kernel_module_changed", *commands.reinstall(of.where), f"sudo rmmod {name}")
    taken = commands.remove(of.where) if of.whole else ()
    hidden = HIDDEN_MODULE in of.rules  # nothing unloads it
    never = (commands.take_out_of_initramfs(name), commands.never_load(name, unload=not hidden))
    return manual("kernel_module_hidden" if hidden else "kernel_module", *taken, *never)


def process(of: Seen) -> Manual:
    """Return how the processes of a program that others run, too, are looked at."""
    if "loads_foreign" in of.rules:
        return manual("process_loads", commands.list_processes_of(of.where))
    if "hidden" in of.rules:
        return manual("process_hidden", f"sudo cat {commands.word(of.where)}/status | {INERT}")
    return manual("process", commands.list_processes_of(of.where))


def process_end(of: Seen) -> Manual:
    """Return how processes that are stopped end, once their memory was collected."""
    return manual(
        "process_end", *(commands.end_process(number, of.where) for number in of.exactly.split() if number.isdigit())
    )


def listener(of: Seen) -> Manual:
    """Return how the process behind a socket is found."""
    port = _ADDRESS.fullmatch(of.where)
    return manual("listener", commands.list_listeners(port[1]) if port else commands.list_sniffers())


def log(of: Seen) -> Manual:
    """Return how what is left of a log is kept."""
    return manual("log", f"sudo ls -ldb -- {commands.word(of.where)}" if of.whole else "sudo ls -lb /var/log")


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
        yield step(of) if of.whole else unplaced(of)

    return either
