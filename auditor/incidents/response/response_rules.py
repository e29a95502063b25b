"""What is done about each kind of trace.

Contained at once, by a command that a person types, or by steps of a person's on the host. Pure.

Every kind stands in ``RESPONSES``: what a hunt or a review can raise is never without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.autorun_weights import CHANGED, REPLACES
from auditor.errors import InputError
from auditor.incidents.actions.file import HOOKS
from auditor.incidents.actions.persistence import CRON, CRONTABS
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.incidents.actions.row import TABLES
from auditor.incidents.response import instructions
from auditor.incidents.response.instructions import Instructions
from auditor.incidents.response.located_trace import CUT, LocatedTrace
from auditor.models.response_actions import Means
from auditor.models.reviews import Kind
from auditor.text import paths

ManualAction = tuple[Means, str]
"""A means, and what it takes, as it is typed."""
_ACCOUNTS = "/etc/passwd"


def _propose_no_action(_trace: LocatedTrace) -> Iterator[ManualAction]:
    return iter(())


def _give_no_instructions(_trace: LocatedTrace) -> Iterator[Instructions]:
    return iter(())


@dataclass(frozen=True)
class ResponseRule:
    """The response to one kind of trace; the first that a trace has something for counts."""

    list_automatic_actions: Callable[[LocatedTrace], Iterator[ManualAction]] = _propose_no_action
    """What the program contains by itself, as it can be told from all else."""
    list_manual_actions: Callable[[LocatedTrace], Iterator[ManualAction]] = _propose_no_action
    """What a person looks at, then contains by ``auditor incident contain``."""
    list_instructions: Callable[[LocatedTrace], Iterator[Instructions]] = _give_no_instructions
    """What a person does on the host, where no means does it, or where it refuses."""
    list_followups: Callable[[LocatedTrace], Iterator[Instructions]] = _give_no_instructions
    """What a person does on the host with what is contained, once evidence of it was collected."""


def _propose_file_quarantine_unless_posted_to(trace: LocatedTrace) -> Iterator[ManualAction]:
    if not {"posted_to", "posted_to_gone"} & trace.rules:
        yield "file", paths.percent_decode_path(trace.where)


def _propose_quarantine_of_existing_file(trace: LocatedTrace) -> Iterator[ManualAction]:
    if "posted_to_gone" not in trace.rules:
        yield "file", paths.percent_decode_path(trace.where)


def _propose_quarantine_of_foreign_hook_file(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a whole file that some program reads among others of its folder, and that no package brought."""
    if (trace.where.rpartition("/")[0] in HOOKS and CHANGED not in trace.rules) or trace.where in HOOKS:
        yield "file", paths.percent_decode_path(trace.where)


def _propose_closure_of_site_path(trace: LocatedTrace) -> Iterator[ManualAction]:
    yield "path", f"{trace.subject}{trace.where}"


def _propose_closure_of_whole_site(trace: LocatedTrace) -> Iterator[ManualAction]:
    yield "site", trace.subject


def _propose_stop_of_crontab_jobs(trace: LocatedTrace) -> Iterator[ManualAction]:
    lines = trace.where == "/etc/crontab" or trace.where.rpartition("/")[0] in CRONTABS
    for word in trace.exactly.split():
        yield (
            ("job", f"{paths.percent_decode_path(trace.where)}:{word}")
            if lines
            else ("cron", paths.percent_decode_path(trace.where))
        )


def _propose_stop_of_cron_file(trace: LocatedTrace) -> Iterator[ManualAction]:
    if trace.where.rpartition("/")[0] in CRON:
        yield "cron", paths.percent_decode_path(trace.where)


def _propose_stop_of_systemd_unit(trace: LocatedTrace) -> Iterator[ManualAction]:
    if trace.exactly:
        yield "unit", trace.exactly
    else:
        yield from _propose_quarantine_of_foreign_hook_file(trace)


def _propose_stop_of_foreign_systemd_unit(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield the action on a unit that no package brought.

    What lies in the place of a package's unit, or was changed in one, has to go by itself, as the host needs the unit.
    """
    folder, _, name = trace.where.rpartition("/")
    if folder.endswith("/systemd/system") and "@." not in name and not trace.rules & {CHANGED, REPLACES}:
        yield "unit", name


def _propose_stop_of_foreign_program(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a program that no package has: no other process runs it by chance."""
    for number in trace.exactly.split():
        if "@" not in number:
            yield "process", number + paths.percent_decode_path(trace.where)


def _propose_stop_of_process_by_start_time(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield one of those that run a package's program, told by when it began."""
    if "loads_foreign" not in trace.rules:
        for number in trace.exactly.split():
            yield "process", number + paths.percent_decode_path(trace.where)


def _propose_stop_of_listening_process(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield the process that listens."""
    for process_number in trace.exactly.split():
        if "@" in process_number:
            yield "process", process_number


def _propose_lock_of_account(trace: LocatedTrace) -> Iterator[ManualAction]:
    if trace.where == _ACCOUNTS:
        yield "account", trace.exactly


def _propose_lockout_of_site_administrator(trace: LocatedTrace) -> Iterator[ManualAction]:
    if trace.site and trace.who:
        folder = "" if trace.relative_path.endswith(".php") else trace.relative_path
        yield "administrator", "/".join(filter(None, (trace.site, folder, trace.who)))


def _propose_restore_of_release_file(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield what gives a file of a release its content again: of the application, or of a plugin or theme below it."""
    folders = trace.relative_path.split("/")
    if not trace.site or (folders[0] == "wp-content" and len(folders) <= _OF_PLUGIN):
        return
    below = folders[:_OF_PLUGIN] if folders[0] == "wp-content" else []
    yield "core", "/".join((trace.site, *below))


_OF_PLUGIN = 3
"""Folders of ``wp-content/plugins/NAME``."""


def _propose_restore_or_quarantine_of_file(trace: LocatedTrace) -> Iterator[ManualAction]:
    yield from _propose_restore_of_release_file(trace)
    yield from _propose_quarantine_of_existing_file(trace)


def _propose_removal_of_database_row(trace: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a row of an application's tables, whose trace names the folder, the table with its prefix, and the row."""
    match = _ROW.fullmatch(trace.where)
    if match and trace.site:
        folder = match[1][len(trace.root) :].strip("/")
        yield "row", "/".join(filter(None, (trace.site, folder, match[2], match[3])))


_ROW = re.compile(rf"(/.+): \S{{0,64}}?({'|'.join(sorted(TABLES, key=len, reverse=True))}) (\S+)")


def _propose_revocation_of_ssh_key(trace: LocatedTrace) -> Iterator[ManualAction]:
    yield "key", trace.exactly


def _instruct_about_system_or_site_account(trace: LocatedTrace) -> Iterator[Instructions]:
    yield (
        instructions.instruct_to_remove_passwd_lines(trace)
        if trace.where == _ACCOUNTS
        else instructions.instruct_to_review_site_administrator(trace)
    )


def _instruct_to_remove_or_find_unit_file(trace: LocatedTrace) -> Iterator[Instructions]:
    yield (
        instructions.instruct_to_remove_unit_file(trace)
        if trace.has_whole_path
        else instructions.instruct_to_find_trace_without_whole_path(trace)
    )


def _instruct_to_search_logs_or_find_program(trace: LocatedTrace) -> Iterator[Instructions]:
    yield (
        instructions.instruct_to_search_logs_for_gone_program(trace)
        if "posted_to_gone" in trace.rules
        else instructions.instruct_to_find_trace_without_whole_path(trace)
    )


def _instruct_to_remove_second_root_account(trace: LocatedTrace) -> Iterator[Instructions]:
    if trace.where == _ACCOUNTS and "second_root" in trace.rules:
        yield instructions.instruct_to_remove_locked_root_account(trace)


def _instruct_to_kill_processes_if_known(trace: LocatedTrace) -> Iterator[Instructions]:
    if trace.exactly:
        yield instructions.instruct_to_kill_stopped_processes(trace)


def _make_rule_giving_one_instruction(
    builder: instructions.InstructionBuilder,
) -> Callable[[LocatedTrace], Iterator[Instructions]]:
    return lambda of: iter((builder(of),))


_PATH = instructions.make_builder_handling_missing_path
_IN_A_SITE = ResponseRule(
    list_manual_actions=_propose_closure_of_whole_site,
    list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_search_shown_content_in_site),
)
"""What visitors see: the site is closed to strangers while a person takes it out of files and tables."""
_PROGRAM = ResponseRule(
    _propose_file_quarantine_unless_posted_to,
    _propose_quarantine_of_existing_file,
    _instruct_to_search_logs_or_find_program,
)
_LOOKED_AT = ResponseRule(
    list_manual_actions=_propose_quarantine_of_existing_file, list_instructions=_instruct_to_search_logs_or_find_program
)
RESPONSES: Mapping[Kind, ResponseRule] = {
    **dict.fromkeys(("program", "executable", "temporary"), _PROGRAM),
    "changed": ResponseRule(
        list_manual_actions=_propose_restore_or_quarantine_of_file,
        list_instructions=_instruct_to_search_logs_or_find_program,
    ),
    **dict.fromkeys(("settings", "unknown", "left_over", "misplaced", "unjudged"), _LOOKED_AT),
    "missing": ResponseRule(
        list_manual_actions=_propose_restore_of_release_file,
        list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_restore_application_files),
    ),
    **dict.fromkeys(
        ("redirect", "link", "frame", "script", "text", "title", "canonical", "form", "payload", "missing_page"),
        _IN_A_SITE,
    ),
    **dict.fromkeys(("reflection", "search_console", "defacement", "push"), _IN_A_SITE),
    "doorway": ResponseRule(
        _propose_closure_of_site_path,
        _propose_closure_of_whole_site,
        _make_rule_giving_one_instruction(instructions.instruct_to_search_shown_content_in_site),
    ),
    **dict.fromkeys(
        ("document", "sitemap"),
        ResponseRule(
            list_manual_actions=_propose_closure_of_site_path,
            list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_search_shown_content_in_site),
        ),
    ),
    "job": ResponseRule(
        _propose_stop_of_crontab_jobs, _propose_stop_of_cron_file, _PATH(instructions.instruct_to_look_at_whole_crontab)
    ),
    "unit": ResponseRule(
        _propose_stop_of_systemd_unit, _propose_stop_of_foreign_systemd_unit, _instruct_to_remove_or_find_unit_file
    ),
    **dict.fromkeys(
        ("startup", "hook"),
        ResponseRule(
            _propose_quarantine_of_foreign_hook_file,
            list_instructions=_PATH(instructions.instruct_to_clean_startup_script),
        ),
    ),
    "account": ResponseRule(
        _propose_lock_of_account,
        _propose_lockout_of_site_administrator,
        _instruct_about_system_or_site_account,
        _instruct_to_remove_second_root_account,
    ),
    "key": ResponseRule(
        _propose_revocation_of_ssh_key, list_instructions=_PATH(instructions.instruct_to_identify_authorized_key_line)
    ),
    "permission": ResponseRule(list_instructions=_PATH(instructions.instruct_to_remove_sudo_rule)),
    "login": ResponseRule(list_instructions=_PATH(instructions.instruct_to_disable_pam_or_sshd_lines)),
    "preload": ResponseRule(
        _propose_quarantine_of_foreign_hook_file,
        list_instructions=_PATH(instructions.instruct_to_remove_ld_preload_file),
    ),
    "interpreter": ResponseRule(list_instructions=_PATH(instructions.instruct_to_clean_php_settings_or_extension)),
    "server_module": ResponseRule(list_instructions=_PATH(instructions.instruct_to_clean_web_server_module_or_lines)),
    "database_code": ResponseRule(
        list_manual_actions=_propose_removal_of_database_row,
        list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_remove_code_from_database),
    ),
    "setuid": ResponseRule(list_instructions=_PATH(instructions.instruct_to_clear_setuid_bits)),
    "replaced": ResponseRule(list_instructions=_PATH(instructions.instruct_to_reinstall_package_of_program)),
    "process": ResponseRule(
        _propose_stop_of_foreign_program,
        _propose_stop_of_process_by_start_time,
        _PATH(instructions.instruct_to_look_at_processes_of_program),
        _instruct_to_kill_processes_if_known,
    ),
    "listener": ResponseRule(
        list_manual_actions=_propose_stop_of_listening_process,
        list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_find_process_behind_socket),
    ),
    "kernel_module": ResponseRule(
        list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_remove_kernel_module)
    ),
    "log": ResponseRule(
        list_instructions=_make_rule_giving_one_instruction(instructions.instruct_to_keep_remains_of_log)
    ),
}


def list_automatic_actions_on_trace(trace: LocatedTrace) -> tuple[ManualAction, ...]:
    """Return what the program contains by itself of a trace, each written as entries have it.

    Nothing where its place is not whole.
    """
    if not trace.has_whole_path:
        return ()
    try:
        return tuple(
            (means, ACTION_KINDS[means].read(what))
            for means, what in RESPONSES[trace.kind].list_automatic_actions(trace)
        )
    except InputError:  # it has a query, leads elsewhere, or is told from nothing
        return ()


def choose_manual_action_on_trace(trace: LocatedTrace) -> ManualAction | None:
    """Return what a person types to contain a trace, once it was looked at.

    None where that cannot be, or no terminal shows its name as it is.
    """
    if trace.kind not in RESPONSES or CUT in trace.where or ("%" in trace.where and trace.kind not in _PAGES):
        return None
    for means, what in (
        *RESPONSES[trace.kind].list_automatic_actions(trace),
        *RESPONSES[trace.kind].list_manual_actions(trace),
    ):
        try:
            ACTION_KINDS[means].read(what)
        except InputError:
            continue
        if not what.startswith("-"):  # a unit of that name would be read as an option
            return means, what
    return None


_PAGES = frozenset({"doorway", "document", "sitemap"})


def list_manual_instructions_for_trace(trace: LocatedTrace) -> tuple[Instructions, ...]:
    """Return the steps that a person takes on the host about a trace."""
    return tuple(RESPONSES[trace.kind].list_instructions(trace)) if trace.kind in RESPONSES else ()


def list_manual_followups_after_containment(trace: LocatedTrace) -> tuple[Instructions, ...]:
    """Return the steps that a person takes on the host with what is contained of a trace.

    They come after the collection of evidence.
    """
    return tuple(RESPONSES[trace.kind].list_followups(trace)) if trace.kind in RESPONSES else ()
