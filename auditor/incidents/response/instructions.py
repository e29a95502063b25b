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

from auditor.compromise.autorun_weights import CHANGED, HIDDEN_MODULE, OTHER_THAN_FILE, REPLACES
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


def make_manual_instructions(message_key: str, *commands_to_run: str) -> Instructions:
    """Return a step of these commands."""
    return Instructions(message_key, commands_to_run)


def _get_line_digests_of_trace(trace: LocatedTrace) -> str:
    return trace.exactly if _DIGESTS.fullmatch(trace.exactly) else ""


def instruct_to_clean_startup_script(trace: LocatedTrace) -> Instructions:
    """Return how a file that others run or read by themselves is without what an intruder wrote.

    Whole where it is nobody else's, else line by line.
    """
    last = [command for begins, command in _RESTARTS.items() if trace.where.startswith(begins)]
    if "foreign" in trace.rules and _OF_FOLDERS.fullmatch(trace.where):
        return make_manual_instructions("moved", *commands.build_commands_to_remove_file(trace.where), *last)
    if _get_line_digests_of_trace(trace):
        mark = "#" if trace.kind == "hook" or "environment" in trace.where else ": #"
        return make_manual_instructions(
            "lines",
            *commands.build_commands_to_comment_out_lines(trace.where, mark, _get_line_digests_of_trace(trace)),
            *last,
        )
    return make_manual_instructions("lines_look", *commands.build_commands_to_show_numbered_lines(trace.where))


def instruct_to_remove_unit_file(trace: LocatedTrace) -> Instructions:
    """Return how a file that changes a unit, or makes one of an account's, goes, and what runs by it."""
    reload = "sudo systemctl daemon-reload"
    if trace.where.startswith("/usr/lib/") and "foreign" not in trace.rules:
        return make_manual_instructions(
            "replaced", *commands.build_commands_to_reinstall_package_of_file(trace.where), reload
        )
    return make_manual_instructions(
        "unit_file",
        *commands.build_commands_to_remove_file(trace.where),
        reload,
        *_iter_commands_to_stop_or_restart_unit(trace),
    )


def _iter_commands_to_stop_or_restart_unit(trace: LocatedTrace) -> Iterator[str]:
    """Yield what ends the processes of a unit whose file is gone, or starts them as the unit is without that."""
    folder, _, name = trace.where.rpartition("/")
    if "/systemd/user" in folder:
        is_account = "/.config/" in folder and _ACCOUNT.fullmatch(trace.who)
        yield f'sudo systemctl try-restart "user@{f"$(id -u {trace.who})" if is_account else "*"}.service"'
        return
    unit_name = folder.rpartition("/")[2].removesuffix(".d") if folder.endswith(".d") else name
    if not _UNIT.fullmatch(unit_name) or unit_name.startswith(("dbus", "systemd-")):
        return
    every = shlex.quote(unit_name.replace("@.", "@*."))
    alters = folder.endswith(".d") or REPLACES in trace.rules
    end = "--" if every.lstrip("'").startswith("-") else ""
    last = f"try-restart {end} {every}" if alters else f"stop {end} {every} || true"
    yield f"sudo systemctl {last.replace('  ', ' ')}"


def instruct_to_look_at_whole_crontab(trace: LocatedTrace) -> Instructions:
    """Return how the whole table of jobs is looked at, where no line of it can be told."""
    return make_manual_instructions("crontab", *commands.build_commands_to_show_numbered_lines(trace.where))


def instruct_to_remove_passwd_lines(trace: LocatedTrace) -> Instructions:
    """Return how an account's lines leave the files of accounts, for one that no program locks.

    Of several of that name those that are root's equals.
    """
    if not _ACCOUNT.fullmatch(trace.exactly or trace.who) or "root" in (trace.exactly, trace.who):
        look = f"sudo awk -F: '$3 == 0 {{print NR\": \"$0}}' /etc/passwd | {INERT}"
        return make_manual_instructions("passwd_look", *commands.build_commands_to_back_up_file("/etc/passwd"), look)
    name = (trace.exactly or trace.who).replace(".", r"\.")
    if not trace.exactly:
        second = f"^{name}:[^:]*:0+:"
        edit, look = (
            f"sudo sed -i -E '/{second}/d' /etc/passwd",
            f"! grep -E {shlex.quote(second)} /etc/passwd",
        )
        return make_manual_instructions(
            "passwd_second", *commands.build_commands_to_back_up_file("/etc/passwd"), edit, look
        )
    return make_manual_instructions(
        "passwd_line",
        *commands.build_commands_to_back_up_file("/etc/passwd"),
        *commands.build_commands_to_back_up_file("/etc/shadow")[1:],
        f"sudo sed -i '/^{name}:/d' /etc/passwd /etc/shadow",
        f"! getent passwd {trace.exactly}",
    )


def instruct_to_remove_locked_root_account(trace: LocatedTrace) -> Instructions:
    """Return how the lines of an account that is locked go, whose number still gives it all rights."""
    return make_manual_instructions("locked_account", *instruct_to_remove_passwd_lines(trace).commands)


def instruct_to_review_site_administrator(_trace: LocatedTrace) -> Instructions:
    """Return that an administrator of a site's application is looked at, then shut out or kept."""
    return make_manual_instructions("administrator")


def instruct_to_identify_authorized_key_line(trace: LocatedTrace) -> Instructions:
    """Return how a line of authorized_keys that cannot be told from an administrator's own is found."""
    return make_manual_instructions(
        "key_file",
        *commands.build_commands_to_back_up_file(trace.where),
        f"sudo ssh-keygen -l -f {commands.quote_path_for_shell(trace.where)}",
    )


def instruct_to_find_trace_without_whole_path(trace: LocatedTrace) -> Instructions:
    """Return how what a trace does not tell the whole place of is looked for, to be contained by its path."""
    is_shortened = trace.where.startswith("/") and CUT in trace.where
    return make_manual_instructions(
        "unknown_place", *([commands.build_command_to_find_shortened_path(trace.where)] if is_shortened else [])
    )


def instruct_to_search_shown_content_in_site(trace: LocatedTrace) -> Instructions:
    """Return how what visitors are shown is looked for in a site's files and tables."""
    return instruct_to_search_site_for_foreign_names(
        trace.root, [trace.target], [trace.where] if trace.kind in _PAGES else []
    )


def instruct_to_search_site_for_foreign_names(
    document_root: str, foreign_names: Iterable[str], pages: Iterable[str]
) -> Instructions:
    """Return the same of several traces.

    By the foreign names that they are about, by what changed lately, and by the paths of pages that may be files.
    """
    if not document_root:
        return make_manual_instructions("unknown_place")
    names = " ".join(f"-e {target}" for target in sorted({*foreign_names}) if _FOREIGN.fullmatch(target))
    document_root = commands.quote_path_for_shell(document_root)
    recent_files = (
        f"sudo find {document_root} -xdev -type f -newermt '-30 days' -printf '%T+ %u %p\\0' | sort -zr | head -zn 50"
    )
    search_commands = [commands.build_command_to_print_found_names(recent_files)]
    if names:
        rows = (
            f"mariadb-dump --all-databases --skip-extended-insert --skip-comments | grep -aF {names} | cut -c "
            f"1-300 | {INERT}"
        )
        search_commands.append(
            commands.build_command_to_print_found_names(f"sudo grep -rlZF {names} -- {document_root}")
        )
        search_commands.append(f"sudo sh -c {shlex.quote(rows)}")
    if paths_of := [
        f"-path {document_root}{commands.quote_path_for_shell(page)}"
        for page in sorted({*pages})
        if _PLAIN.fullmatch(page)
    ]:
        search_commands.append(
            commands.build_command_to_print_found_names(
                f"sudo find {document_root} '(' {' -o '.join(paths_of)} ')' -print0"
            )
        )
    return make_manual_instructions("content_named" if names else "content", *search_commands)


_FOREIGN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")
_PAGES = frozenset({"doorway", "document", "sitemap"})


def instruct_to_clear_setuid_bits(trace: LocatedTrace) -> Instructions:
    """Return how a program loses the rights that it gives to whoever starts it."""
    return make_manual_instructions("setuid", *commands.build_commands_to_clear_setuid_bits(trace.where))


def instruct_to_remove_sudo_rule(trace: LocatedTrace) -> Instructions:
    """Return how a rule of sudo's goes: its line, as a file may hold an administrator's beside it.

    A file of which no line is told, whole but for /etc/sudoers.
    """
    if _get_line_digests_of_trace(trace):
        return make_manual_instructions(
            "sudo_rule",
            *commands.build_commands_to_comment_out_lines(trace.where, "#", _get_line_digests_of_trace(trace)),
            "sudo visudo -c",
        )
    if trace.where != "/etc/sudoers":
        return make_manual_instructions(
            "sudo_rule", *commands.build_commands_to_remove_file(trace.where), "sudo visudo -c"
        )
    return make_manual_instructions("lines_look", *commands.build_commands_to_show_numbered_lines(trace.where))


_SSHD: Mapping[str, str] = {
    "sshd_asks": r"/^[[:space:]]*Authorized(Keys|Principals)Command/I",
    "keys_elsewhere": r"/^[[:space:]]*AuthorizedKeysFile/I",
    "sshd_runs": r"/^[[:space:]]*ForceCommand/I",
    "sshd_trusts": r"/^[[:space:]]*(TrustedUserCAKeys|AuthorizedPrincipalsFile)/I",
}
"""By rule, which lines of sshd's that is; the first counts."""


def instruct_to_disable_pam_or_sshd_lines(trace: LocatedTrace) -> Instructions:
    """Return how to disable lines of PAM's or sshd's that let somebody in; for a module, the lines that load it."""
    if trace.where.endswith(".so"):
        return _instruct_to_remove_or_reinstall_pam_module(trace)
    if _get_line_digests_of_trace(trace):
        return make_manual_instructions(
            "login", *commands.build_commands_to_comment_out_lines(trace.where, "#", _get_line_digests_of_trace(trace))
        )
    rule = next((rule for rule in _SSHD if rule in trace.rules), None)
    if rule is None:
        return make_manual_instructions("lines_look", *commands.build_commands_to_show_numbered_lines(trace.where))
    edit = f"sudo sed -i -E '{_SSHD[rule]} s/^/# /' {commands.quote_path_for_shell(trace.where)}"
    return make_manual_instructions(
        "login",
        *commands.build_commands_to_back_up_file(trace.where),
        edit,
        "sudo sshd -t",
        "sudo systemctl reload ssh",
    )


def _instruct_to_remove_or_reinstall_pam_module(trace: LocatedTrace) -> Instructions:
    if "foreign" not in trace.rules:
        return instruct_to_reinstall_package_of_program(trace)
    return make_manual_instructions(
        "login_module",
        *_iter_commands_to_comment_out_library_loads(trace.where, "/etc/pam.d"),
        *commands.build_commands_to_remove_file(trace.where),
    )


def _iter_commands_to_comment_out_library_loads(library_path: str, settings_folder: str) -> Iterator[str]:
    if _LIBRARY.fullmatch(library_path):
        yield commands.build_command_to_comment_out_library_loads(library_path, settings_folder)


def instruct_to_remove_ld_preload_file(trace: LocatedTrace) -> Instructions:
    """Return how nothing is loaded into every program any more."""
    return make_manual_instructions("preload", *commands.build_commands_to_remove_file(trace.where), "sudo ldconfig")


def instruct_to_clean_php_settings_or_extension(trace: LocatedTrace) -> Instructions:
    """Return how PHP loads and prepends nothing of an intruder's."""
    if trace.where.endswith(".so"):
        if "foreign" not in trace.rules:
            return _instruct_to_reinstall_and_restart(trace, *_RESTART_PHP)
        return make_manual_instructions(
            "module_file", *commands.build_commands_to_remove_file(trace.where), *_RESTART_PHP
        )
    if not _get_line_digests_of_trace(trace):
        return make_manual_instructions("lines_look", *commands.build_commands_to_show_numbered_lines(trace.where))
    server = _get_web_server_of_config_path(trace.where)
    mark, last = ("#", _build_commands_to_test_and_restart_server(server)) if server else (";", _RESTART_PHP)
    return make_manual_instructions(
        "interpreter",
        *commands.build_commands_to_comment_out_lines(trace.where, mark, _get_line_digests_of_trace(trace)),
        *last,
    )


def _instruct_to_reinstall_and_restart(trace: LocatedTrace, *restart_commands: str) -> Instructions:
    """Return how to have what a package brought as the package has it, and to restart what has it loaded."""
    first = instruct_to_reinstall_package_of_program(trace)
    return make_manual_instructions(first.says, *first.commands, *restart_commands)


def _get_web_server_of_config_path(path: str) -> str:
    """Return the web server that a file is of; empty: of none."""
    return next((name for name in ("nginx", "apache2") if f"/{name}/" in path), "")


def _build_commands_to_test_and_restart_server(server: str) -> tuple[str, ...]:
    """Return the commands by which a web server tests its settings and starts anew.

    Told to read them again it keeps in memory what it has loaded.
    """
    test = "sudo nginx -t" if server == "nginx" else "sudo apache2ctl configtest"
    return test, f"sudo systemctl reset-failed {server}", f"sudo systemctl restart {server}"


def instruct_to_clean_web_server_module_or_lines(trace: LocatedTrace) -> Instructions:
    """Return how a web server is kept from loading or running what an intruder gave it."""
    server = _get_web_server_of_config_path(trace.where) or "apache2"
    if trace.where.endswith(".so"):
        if "foreign" not in trace.rules:
            return _instruct_to_reinstall_and_restart(trace, *_build_commands_to_test_and_restart_server(server))
        loads = _iter_commands_to_comment_out_library_loads(trace.where, f"/etc/{server}")
        return make_manual_instructions(
            "server_module",
            *loads,
            *commands.build_commands_to_remove_file(trace.where),
            *_build_commands_to_test_and_restart_server(server),
        )
    if not _get_line_digests_of_trace(trace):
        return make_manual_instructions("lines_look", *commands.build_commands_to_show_numbered_lines(trace.where))
    return make_manual_instructions(
        "server_lines",
        *commands.build_commands_to_comment_out_lines(trace.where, "#", _get_line_digests_of_trace(trace)),
        *_build_commands_to_test_and_restart_server(server),
    )


_FUNCTIONS = "sudo mariadb -e 'SELECT * FROM mysql.func'"


def instruct_to_remove_code_from_database(trace: LocatedTrace) -> Instructions:
    """Return how code in a database goes.

    A trigger, event or routine by its name, a function of a library with that, a row as it is looked at.
    """
    routine_match, function = _ROUTINE.fullmatch(trace.where), _FUNCTION.fullmatch(trace.where)
    if routine_match:
        schema, name = routine_match[1], routine_match[2]
        dump = f"mariadb-dump --no-data --routines --events --triggers {schema} > {BACKUP_FOLDER}/{schema}.sql"
        drop = "; ".join(
            f"DROP {what} IF EXISTS `{schema}`.`{name}`" for what in ("TRIGGER", "EVENT", "PROCEDURE", "FUNCTION")
        )
        return make_manual_instructions(
            "database_code",
            f"sudo install -d -m 0700 {BACKUP_FOLDER}",
            f"sudo sh -c {shlex.quote(dump)}",
            f"sudo mariadb -e {shlex.quote(drop)}",
        )
    if function:
        return make_manual_instructions(
            "database_function",
            f"{_FUNCTIONS} | {INERT}",
            f"sudo mariadb -e 'DROP FUNCTION IF EXISTS `{trace.where}`'",
        )
    if trace.has_whole_path and trace.where.endswith(".so"):
        if "foreign" not in trace.rules and "foreign_function" not in trace.rules:
            return instruct_to_reinstall_package_of_program(trace)
        return make_manual_instructions(
            "database_library",
            *commands.build_commands_to_back_up_file(trace.where),
            f"{_FUNCTIONS} | {INERT}",
            commands.build_commands_to_remove_file(trace.where)[-1],
        )
    return make_manual_instructions("database_row")


def instruct_to_reinstall_package_of_program(trace: LocatedTrace) -> Instructions:
    """Return how a program is as its package has it again."""
    return make_manual_instructions("replaced", *commands.build_commands_to_reinstall_package_of_file(trace.where))


def instruct_to_remove_kernel_module(trace: LocatedTrace) -> Instructions:
    """Return how a module of the kernel's goes, and does not come back at the next boot.

    The file that a package brought stays, or is as it was.
    """
    name = trace.where.rpartition("/")[2].partition(".ko")[0]
    if not _MODULE.fullmatch(name):
        return make_manual_instructions("kernel_module", "sudo lsmod")
    if OTHER_THAN_FILE in trace.rules:
        return make_manual_instructions("kernel_module_other", f"sudo rmmod {name}")
    if CHANGED in trace.rules and trace.has_whole_path:
        return make_manual_instructions(
            "kernel_module_changed",
            *commands.build_commands_to_reinstall_package_of_file(trace.where),
            f"sudo rmmod {name}",
        )
    removal_commands = commands.build_commands_to_remove_file(trace.where) if trace.has_whole_path else ()
    is_hidden = HIDDEN_MODULE in trace.rules  # nothing unloads it
    never = (
        commands.build_command_to_drop_module_from_initramfs(name),
        commands.build_command_to_block_kernel_module(name, unload=not is_hidden),
    )
    return make_manual_instructions("kernel_module_hidden" if is_hidden else "kernel_module", *removal_commands, *never)


def instruct_to_look_at_processes_of_program(trace: LocatedTrace) -> Instructions:
    """Return how the processes of a program that others run, too, are looked at."""
    if "loads_foreign" in trace.rules:
        return make_manual_instructions(
            "process_loads", commands.build_command_to_list_processes_of_program(trace.where)
        )
    if "hidden" in trace.rules:
        return make_manual_instructions(
            "process_hidden", f"sudo cat {commands.quote_path_for_shell(trace.where)}/status | {INERT}"
        )
    return make_manual_instructions("process", commands.build_command_to_list_processes_of_program(trace.where))


def instruct_to_kill_stopped_processes(trace: LocatedTrace) -> Instructions:
    """Return how processes that are stopped end, once their memory was collected."""
    return make_manual_instructions(
        "process_end",
        *(
            commands.build_command_to_kill_process_of_program(number, trace.where)
            for number in trace.exactly.split()
            if number.isdigit()
        ),
    )


def instruct_to_find_process_behind_socket(trace: LocatedTrace) -> Instructions:
    """Return how the process behind a socket is found."""
    port = _ADDRESS.fullmatch(trace.where)
    return make_manual_instructions(
        "listener",
        commands.build_command_to_list_listeners_on_port(port[1])
        if port
        else commands.build_command_to_list_packet_sniffers(),
    )


def instruct_to_keep_remains_of_log(trace: LocatedTrace) -> Instructions:
    """Return how what is left of a log is kept."""
    return make_manual_instructions(
        "log",
        f"sudo ls -ldb -- {commands.quote_path_for_shell(trace.where)}"
        if trace.has_whole_path
        else "sudo ls -lb /var/log",
    )


def instruct_to_restore_application_files(_trace: LocatedTrace) -> Instructions:
    """Return that an application is given its files again."""
    return make_manual_instructions("missing")


def instruct_to_search_logs_for_gone_program(_trace: LocatedTrace) -> Instructions:
    """Return that a program is gone, and who called it is in logs."""
    return make_manual_instructions("posted_to_gone")


InstructionBuilder = Callable[[LocatedTrace], Instructions]


def make_builder_handling_missing_path(builder: InstructionBuilder) -> Callable[[LocatedTrace], Iterator[Instructions]]:
    """Return the same step of what has a whole path; of what has none, how its place is looked for."""

    def either(of: LocatedTrace) -> Iterator[Instructions]:
        yield builder(of) if of.has_whole_path else instruct_to_find_trace_without_whole_path(of)

    return either
