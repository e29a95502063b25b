"""Steps that a person takes as root on a host, where no means of containing does.

Which words say so, and the commands, one a line. Pure.

What a package brought is never taken away whole: its strange lines are, or the package is installed again. A step keeps
what it changes first.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.persistence import CHANGED, HIDDEN_MODULE, OTHER_THAN_FILE, REPLACES
from auditor.incidents.response import commands
from auditor.incidents.response.commands import BACKUP_FOLDER, INERT
from auditor.incidents.response.located_trace import CUT, LocatedTrace

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
class Instructions:
    """One step by hand."""

    says: str
    """Its words: ``incidents.manual.SAYS``."""
    commands: tuple[str, ...]
    """Typed on the host, in this order; each ends with 0 when it has done what the step says."""


def make_instructions(says: str, *commands_to_run: str) -> Instructions:
    """Return a step of these commands."""
    return Instructions(says, commands_to_run)


def _get_digests(of: LocatedTrace) -> str:
    return of.exactly if _DIGESTS.fullmatch(of.exactly) else ""


def script(of: LocatedTrace) -> Instructions:
    """Return how a file that others run or read by themselves is without what an intruder wrote.

    Whole where it is nobody else's, else line by line.
    """
    last = [command for begins, command in _RESTARTS.items() if of.where.startswith(begins)]
    if "foreign" in of.rules and _OF_FOLDERS.fullmatch(of.where):
        return make_instructions("moved", *commands.remove_file(of.where), *last)
    if _get_digests(of):
        mark = "#" if of.kind == "hook" or "environment" in of.where else ": #"
        return make_instructions("lines", *commands.comment_out_lines(of.where, mark, _get_digests(of)), *last)
    return make_instructions("lines_look", *commands.show_file(of.where))


def unit_file(of: LocatedTrace) -> Instructions:
    """Return how a file that changes a unit, or makes one of an account's, goes, and what runs by it."""
    reload = "sudo systemctl daemon-reload"
    if of.where.startswith("/usr/lib/") and "foreign" not in of.rules:
        return make_instructions("replaced", *commands.reinstall_package(of.where), reload)
    return make_instructions("unit_file", *commands.remove_file(of.where), reload, *_iter_unit_commands(of))


def _iter_unit_commands(of: LocatedTrace) -> Iterator[str]:
    """Yield what ends the processes of a unit whose file is gone, or starts them as the unit is without that."""
    folder, _, name = of.where.rpartition("/")
    if "/systemd/user" in folder:
        is_account = "/.config/" in folder and _ACCOUNT.fullmatch(of.who)
        yield f'sudo systemctl try-restart "user@{f"$(id -u {of.who})" if is_account else "*"}.service"'
        return
    unit_name = folder.rpartition("/")[2].removesuffix(".d") if folder.endswith(".d") else name
    if not _UNIT.fullmatch(unit_name) or unit_name.startswith(("dbus", "systemd-")):
        return
    every = shlex.quote(unit_name.replace("@.", "@*."))
    alters = folder.endswith(".d") or REPLACES in of.rules
    end = "--" if every.lstrip("'").startswith("-") else ""
    last = f"try-restart {end} {every}" if alters else f"stop {end} {every} || true"
    yield f"sudo systemctl {last.replace('  ', ' ')}"


def crontab(of: LocatedTrace) -> Instructions:
    """Return how the whole table of jobs is looked at, where no line of it can be told."""
    return make_instructions("crontab", *commands.show_file(of.where))


def passwd_line(of: LocatedTrace) -> Instructions:
    """Return how an account's lines leave the files of accounts, for one that no program locks.

    Of several of that name those that are root's equals.
    """
    if not _ACCOUNT.fullmatch(of.exactly or of.who) or "root" in (of.exactly, of.who):
        look = f"sudo awk -F: '$3 == 0 {{print NR\": \"$0}}' /etc/passwd | {INERT}"
        return make_instructions("passwd_look", *commands.back_up_file("/etc/passwd"), look)
    name = (of.exactly or of.who).replace(".", r"\.")
    if not of.exactly:
        second = f"^{name}:[^:]*:0+:"
        edit, look = (
            f"sudo sed -i -E '/{second}/d' /etc/passwd",
            f"! grep -E {shlex.quote(second)} /etc/passwd",
        )
        return make_instructions("passwd_second", *commands.back_up_file("/etc/passwd"), edit, look)
    return make_instructions(
        "passwd_line",
        *commands.back_up_file("/etc/passwd"),
        *commands.back_up_file("/etc/shadow")[1:],
        f"sudo sed -i '/^{name}:/d' /etc/passwd /etc/shadow",
        f"! getent passwd {of.exactly}",
    )


def locked_account(of: LocatedTrace) -> Instructions:
    """Return how the lines of an account that is locked go, whose number still gives it all rights."""
    return make_instructions("locked_account", *passwd_line(of).commands)


def administrator(_of: LocatedTrace) -> Instructions:
    """Return that an administrator of a site's application is looked at, then shut out or kept."""
    return make_instructions("administrator")


def key_file(of: LocatedTrace) -> Instructions:
    """Return how a line of authorized_keys that cannot be told from an administrator's own is found."""
    return make_instructions(
        "key_file", *commands.back_up_file(of.where), f"sudo ssh-keygen -l -f {commands.quote_path(of.where)}"
    )


def find_unplaced(of: LocatedTrace) -> Instructions:
    """Return how what a trace does not tell the whole place of is looked for, to be contained by its path."""
    is_shortened = of.where.startswith("/") and CUT in of.where
    return make_instructions("unknown_place", *([commands.find_shortened(of.where)] if is_shortened else []))


def search_content(of: LocatedTrace) -> Instructions:
    """Return how what visitors are shown is looked for in a site's files and tables."""
    return search_site(of.root, [of.target], [of.where] if of.kind in _PAGES else [])


def search_site(root: str, targets: Iterable[str], pages: Iterable[str]) -> Instructions:
    """Return the same of several traces.

    By the foreign names that they are about, by what changed lately, and by the paths of pages that may be files.
    """
    if not root:
        return make_instructions("unknown_place")
    names = " ".join(f"-e {target}" for target in sorted({*targets}) if _FOREIGN.fullmatch(target))
    root = commands.quote_path(root)
    recent_files = f"sudo find {root} -xdev -type f -newermt '-30 days' -printf '%T+ %u %p\\0' | sort -zr | head -zn 50"
    search_commands = [commands.list_names(recent_files)]
    if names:
        rows = (
            f"mariadb-dump --all-databases --skip-extended-insert --skip-comments | grep -aF {names} | cut -c "
            f"1-300 | {INERT}"
        )
        search_commands.append(commands.list_names(f"sudo grep -rlZF {names} -- {root}"))
        search_commands.append(f"sudo sh -c {shlex.quote(rows)}")
    if paths_of := [f"-path {root}{commands.quote_path(page)}" for page in sorted({*pages}) if _PLAIN.fullmatch(page)]:
        search_commands.append(commands.list_names(f"sudo find {root} '(' {' -o '.join(paths_of)} ')' -print0"))
    return make_instructions("content_named" if names else "content", *search_commands)


_FOREIGN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")
_PAGES = frozenset({"doorway", "document", "sitemap"})


def setuid(of: LocatedTrace) -> Instructions:
    """Return how a program loses the rights that it gives to whoever starts it."""
    return make_instructions("setuid", *commands.drop_privileges(of.where))


def sudo_rule(of: LocatedTrace) -> Instructions:
    """Return how a rule of sudo's goes: its line, as a file may hold an administrator's beside it.

    A file of which no line is told, whole but for /etc/sudoers.
    """
    if _get_digests(of):
        return make_instructions(
            "sudo_rule", *commands.comment_out_lines(of.where, "#", _get_digests(of)), "sudo visudo -c"
        )
    if of.where != "/etc/sudoers":
        return make_instructions("sudo_rule", *commands.remove_file(of.where), "sudo visudo -c")
    return make_instructions("lines_look", *commands.show_file(of.where))


_SSHD: Mapping[str, str] = {
    "sshd_asks": r"/^[[:space:]]*Authorized(Keys|Principals)Command/I",
    "keys_elsewhere": r"/^[[:space:]]*AuthorizedKeysFile/I",
    "sshd_runs": r"/^[[:space:]]*ForceCommand/I",
    "sshd_trusts": r"/^[[:space:]]*(TrustedUserCAKeys|AuthorizedPrincipalsFile)/I",
}
"""By rule, which lines of sshd's that is; the first counts."""


def login(of: LocatedTrace) -> Instructions:
    """Return how to disable lines of PAM's or sshd's that let somebody in; for a module, the lines that load it."""
    if of.where.endswith(".so"):
        return _login_module(of)
    if _get_digests(of):
        return make_instructions("login", *commands.comment_out_lines(of.where, "#", _get_digests(of)))
    rule = next((rule for rule in _SSHD if rule in of.rules), None)
    if rule is None:
        return make_instructions("lines_look", *commands.show_file(of.where))
    edit = f"sudo sed -i -E '{_SSHD[rule]} s/^/# /' {commands.quote_path(of.where)}"
    return make_instructions(
        "login", *commands.back_up_file(of.where), edit, "sudo sshd -t", "sudo systemctl reload ssh"
    )


def _login_module(of: LocatedTrace) -> Instructions:
    if "foreign" not in of.rules:
        return reinstall_program(of)
    return make_instructions(
        "login_module", *_iter_unload_commands(of.where, "/etc/pam.d"), *commands.remove_file(of.where)
    )


def _iter_unload_commands(path: str, folder: str) -> Iterator[str]:
    if _LIBRARY.fullmatch(path):
        yield commands.unload_library(path, folder)


def remove_preload(of: LocatedTrace) -> Instructions:
    """Return how nothing is loaded into every program any more."""
    return make_instructions("preload", *commands.remove_file(of.where), "sudo ldconfig")


def interpreter(of: LocatedTrace) -> Instructions:
    """Return how PHP loads and prepends nothing of an intruder's."""
    if of.where.endswith(".so"):
        if "foreign" not in of.rules:
            return _reinstall_and_restart(of, *_RESTART_PHP)
        return make_instructions("module_file", *commands.remove_file(of.where), *_RESTART_PHP)
    if not _get_digests(of):
        return make_instructions("lines_look", *commands.show_file(of.where))
    server = _get_web_server(of.where)
    mark, last = ("#", _restart_server(server)) if server else (";", _RESTART_PHP)
    return make_instructions("interpreter", *commands.comment_out_lines(of.where, mark, _get_digests(of)), *last)


def _reinstall_and_restart(of: LocatedTrace, *last: str) -> Instructions:
    """Return what a package brought is as that has it again, and what has it loaded starts anew."""
    first = reinstall_program(of)
    return make_instructions(first.says, *first.commands, *last)


def _get_web_server(path: str) -> str:
    """Return the web server that a file is of; empty: of none."""
    return next((name for name in ("nginx", "apache2") if f"/{name}/" in path), "")


def _restart_server(server: str) -> tuple[str, ...]:
    """Return a web server tests its settings and starts anew.

    Told to read them again it keeps in memory what it has loaded.
    """
    test = "sudo nginx -t" if server == "nginx" else "sudo apache2ctl configtest"
    return test, f"sudo systemctl reset-failed {server}", f"sudo systemctl restart {server}"


def server_module(of: LocatedTrace) -> Instructions:
    """Return how a web server is kept from loading or running what an intruder gave it."""
    server = _get_web_server(of.where) or "apache2"
    if of.where.endswith(".so"):
        if "foreign" not in of.rules:
            return _reinstall_and_restart(of, *_restart_server(server))
        loads = _iter_unload_commands(of.where, f"/etc/{server}")
        return make_instructions("server_module", *loads, *commands.remove_file(of.where), *_restart_server(server))
    if not _get_digests(of):
        return make_instructions("lines_look", *commands.show_file(of.where))
    return make_instructions(
        "server_lines", *commands.comment_out_lines(of.where, "#", _get_digests(of)), *_restart_server(server)
    )


_FUNCTIONS = "sudo mariadb -e 'SELECT * FROM mysql.func'"


def database_code(of: LocatedTrace) -> Instructions:
    """Return how code in a database goes.

    A trigger, event or routine by its name, a function of a library with that, a row as it is looked at.
    """
    routine_match, function = _ROUTINE.fullmatch(of.where), _FUNCTION.fullmatch(of.where)
    if routine_match:
        schema, name = routine_match[1], routine_match[2]
        dump = f"mariadb-dump --no-data --routines --events --triggers {schema} > {BACKUP_FOLDER}/{schema}.sql"
        drop = "; ".join(
            f"DROP {what} IF EXISTS `{schema}`.`{name}`" for what in ("TRIGGER", "EVENT", "PROCEDURE", "FUNCTION")
        )
        return make_instructions(
            "database_code",
            f"sudo install -d -m 0700 {BACKUP_FOLDER}",
            f"sudo sh -c {shlex.quote(dump)}",
            f"sudo mariadb -e {shlex.quote(drop)}",
        )
    if function:
        return make_instructions(
            "database_function",
            f"{_FUNCTIONS} | {INERT}",
            f"sudo mariadb -e 'DROP FUNCTION IF EXISTS `{of.where}`'",
        )
    if of.has_whole_path and of.where.endswith(".so"):
        if "foreign" not in of.rules and "foreign_function" not in of.rules:
            return reinstall_program(of)
        return make_instructions(
            "database_library",
            *commands.back_up_file(of.where),
            f"{_FUNCTIONS} | {INERT}",
            commands.remove_file(of.where)[-1],
        )
    return make_instructions("database_row")


def reinstall_program(of: LocatedTrace) -> Instructions:
    """Return how a program is as its package has it again."""
    return make_instructions("replaced", *commands.reinstall_package(of.where))


def kernel_module(of: LocatedTrace) -> Instructions:
    """Return how a module of the kernel's goes, and does not come back at the next boot.

    The file that a package brought stays, or is as it was.
    """
    name = of.where.rpartition("/")[2].partition(".ko")[0]
    if not _MODULE.fullmatch(name):
        return make_instructions("kernel_module", "sudo lsmod")
    if OTHER_THAN_FILE in of.rules:
        return make_instructions("kernel_module_other", f"sudo rmmod {name}")
    if CHANGED in of.rules and of.has_whole_path:
        return make_instructions("kernel_module_changed", *commands.reinstall_package(of.where), f"sudo rmmod {name}")
    removal_commands = commands.remove_file(of.where) if of.has_whole_path else ()
    is_hidden = HIDDEN_MODULE in of.rules  # nothing unloads it
    never = (commands.take_out_of_initramfs(name), commands.block_module(name, unload=not is_hidden))
    return make_instructions("kernel_module_hidden" if is_hidden else "kernel_module", *removal_commands, *never)


def process(of: LocatedTrace) -> Instructions:
    """Return how the processes of a program that others run, too, are looked at."""
    if "loads_foreign" in of.rules:
        return make_instructions("process_loads", commands.list_processes_of(of.where))
    if "hidden" in of.rules:
        return make_instructions("process_hidden", f"sudo cat {commands.quote_path(of.where)}/status | {INERT}")
    return make_instructions("process", commands.list_processes_of(of.where))


def process_end(of: LocatedTrace) -> Instructions:
    """Return how processes that are stopped end, once their memory was collected."""
    return make_instructions(
        "process_end", *(commands.end_process(number, of.where) for number in of.exactly.split() if number.isdigit())
    )


def listener(of: LocatedTrace) -> Instructions:
    """Return how the process behind a socket is found."""
    port = _ADDRESS.fullmatch(of.where)
    return make_instructions("listener", commands.list_listeners(port[1]) if port else commands.list_sniffers())


def log(of: LocatedTrace) -> Instructions:
    """Return how what is left of a log is kept."""
    return make_instructions(
        "log", f"sudo ls -ldb -- {commands.quote_path(of.where)}" if of.has_whole_path else "sudo ls -lb /var/log"
    )


def restore_application(_of: LocatedTrace) -> Instructions:
    """Return that an application is given its files again."""
    return make_instructions("missing")


def search_request_logs(_of: LocatedTrace) -> Instructions:
    """Return that a program is gone, and who called it is in logs."""
    return make_instructions("posted_to_gone")


InstructionBuilder = Callable[[LocatedTrace], Instructions]


def require_path(step: InstructionBuilder) -> Callable[[LocatedTrace], Iterator[Instructions]]:
    """Return the same step of what has a whole path; of what has none, how its place is looked for."""

    def either(of: LocatedTrace) -> Iterator[Instructions]:
        yield step(of) if of.has_whole_path else find_unplaced(of)

    return either
