"""What is done about each kind of trace.

Contained at once, by a command that a person types, or by steps of a person's on the host. Pure.

Every kind stands in ``RESPONSES``: what a hunt or a review can raise is never without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.persistence import CHANGED, REPLACES
from auditor.errors import InputError
from auditor.incidents.actions.file import HOOKS
from auditor.incidents.actions.persistence import CRON, CRONTABS
from auditor.incidents.actions.registry import ACTION_KINDS
from auditor.incidents.actions.row import TABLES
from auditor.incidents.response import instructions
from auditor.incidents.response.instructions import Instructions
from auditor.incidents.response.located_trace import CUT, LocatedTrace
from auditor.models.ranks import Means
from auditor.models.reviews import Kind
from auditor.text import paths

ManualAction = tuple[Means, str]
"""A means, and what it takes, as it is typed."""
_ACCOUNTS = "/etc/passwd"


def _propose_nothing(_of: LocatedTrace) -> Iterator[ManualAction]:
    return iter(())


def _instruct_nothing(_of: LocatedTrace) -> Iterator[Instructions]:
    return iter(())


@dataclass(frozen=True)
class ResponseRule:
    """The response to one kind of trace; the first that a trace has something for counts."""

    list_automatic_actions: Callable[[LocatedTrace], Iterator[ManualAction]] = _propose_nothing
    """What the program contains by itself, as it can be told from all else."""
    list_manual_actions: Callable[[LocatedTrace], Iterator[ManualAction]] = _propose_nothing
    """What a person looks at, then contains by ``auditor incident contain``."""
    list_instructions: Callable[[LocatedTrace], Iterator[Instructions]] = _instruct_nothing
    """What a person does on the host, where no means does it, or where it refuses."""
    list_followups: Callable[[LocatedTrace], Iterator[Instructions]] = _instruct_nothing
    """What a person does on the host with what is contained, once evidence of it was collected."""


def _propose_file(of: LocatedTrace) -> Iterator[ManualAction]:
    if not {"posted_to", "posted_to_gone"} & of.rules:
        yield "file", paths.decode_path(of.where)


def _propose_reviewed_file(of: LocatedTrace) -> Iterator[ManualAction]:
    if "posted_to_gone" not in of.rules:
        yield "file", paths.decode_path(of.where)


def _propose_hook(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a whole file that some program reads among others of its folder, and that no package brought."""
    if (of.where.rpartition("/")[0] in HOOKS and CHANGED not in of.rules) or of.where in HOOKS:
        yield "file", paths.decode_path(of.where)


def _propose_page(of: LocatedTrace) -> Iterator[ManualAction]:
    yield "path", f"{of.subject}{of.where}"


def _propose_site(of: LocatedTrace) -> Iterator[ManualAction]:
    yield "site", of.subject


def _propose_job(of: LocatedTrace) -> Iterator[ManualAction]:
    lines = of.where == "/etc/crontab" or of.where.rpartition("/")[0] in CRONTABS
    for word in of.exactly.split():
        yield ("job", f"{paths.decode_path(of.where)}:{word}") if lines else ("cron", paths.decode_path(of.where))


def _propose_cron_file(of: LocatedTrace) -> Iterator[ManualAction]:
    if of.where.rpartition("/")[0] in CRON:
        yield "cron", paths.decode_path(of.where)


def _propose_unit(of: LocatedTrace) -> Iterator[ManualAction]:
    if of.exactly:
        yield "unit", of.exactly
    else:
        yield from _propose_hook(of)


def _propose_reviewed_unit(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield the action on a unit that no package brought.

    What lies in the place of a package's unit, or was changed in one, has to go by itself, as the host needs the unit.
    """
    folder, _, name = of.where.rpartition("/")
    if folder.endswith("/systemd/system") and "@." not in name and not of.rules & {CHANGED, REPLACES}:
        yield "unit", name


def _propose_processes(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a program that no package has: no other process runs it by chance."""
    for number in of.exactly.split():
        if "@" not in number:
            yield "process", number + paths.decode_path(of.where)


def _propose_single_process(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield one of those that run a package's program, told by when it began."""
    if "loads_foreign" not in of.rules:
        for number in of.exactly.split():
            yield "process", number + paths.decode_path(of.where)


def _propose_listener(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield the process that listens."""
    for process_number in of.exactly.split():
        if "@" in process_number:
            yield "process", process_number


def _propose_account(of: LocatedTrace) -> Iterator[ManualAction]:
    if of.where == _ACCOUNTS:
        yield "account", of.exactly


def _propose_administrator(of: LocatedTrace) -> Iterator[ManualAction]:
    if of.site and of.who:
        folder = "" if of.relative_path.endswith(".php") else of.relative_path
        yield "administrator", "/".join(filter(None, (of.site, folder, of.who)))


def _propose_core(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield what gives a file of a release its content again: of the application, or of a plugin or theme below it."""
    folders = of.relative_path.split("/")
    if not of.site or (folders[0] == "wp-content" and len(folders) <= _OF_PLUGIN):
        return
    below = folders[:_OF_PLUGIN] if folders[0] == "wp-content" else []
    yield "core", "/".join((of.site, *below))


_OF_PLUGIN = 3
"""Folders of ``wp-content/plugins/NAME``."""


def _propose_changed_file(of: LocatedTrace) -> Iterator[ManualAction]:
    yield from _propose_core(of)
    yield from _propose_reviewed_file(of)


def _propose_row(of: LocatedTrace) -> Iterator[ManualAction]:
    """Yield a row of an application's tables, whose trace names the folder, the table with its prefix, and the row."""
    match = _ROW.fullmatch(of.where)
    if match and of.site:
        folder = match[1][len(of.root) :].strip("/")
        yield "row", "/".join(filter(None, (of.site, folder, match[2], match[3])))


_ROW = re.compile(rf"(/.+): \S{{0,64}}?({'|'.join(sorted(TABLES, key=len, reverse=True))}) (\S+)")


def _propose_key(of: LocatedTrace) -> Iterator[ManualAction]:
    yield "key", of.exactly


def _instruct_accounts(of: LocatedTrace) -> Iterator[Instructions]:
    yield instructions.passwd_line(of) if of.where == _ACCOUNTS else instructions.administrator(of)


def _instruct_unit(of: LocatedTrace) -> Iterator[Instructions]:
    yield instructions.unit_file(of) if of.has_whole_path else instructions.find_unplaced(of)


def _instruct_program(of: LocatedTrace) -> Iterator[Instructions]:
    yield instructions.search_request_logs(of) if "posted_to_gone" in of.rules else instructions.find_unplaced(of)


def _instruct_root_account(of: LocatedTrace) -> Iterator[Instructions]:
    if of.where == _ACCOUNTS and "second_root" in of.rules:
        yield instructions.locked_account(of)


def _instruct_process_end(of: LocatedTrace) -> Iterator[Instructions]:
    if of.exactly:
        yield instructions.process_end(of)


def _always(step: instructions.InstructionBuilder) -> Callable[[LocatedTrace], Iterator[Instructions]]:
    return lambda of: iter((step(of),))


_PATH = instructions.require_path
_IN_A_SITE = ResponseRule(list_manual_actions=_propose_site, list_instructions=_always(instructions.search_content))
"""What visitors see: the site is closed to strangers while a person takes it out of files and tables."""
_PROGRAM = ResponseRule(_propose_file, _propose_reviewed_file, _instruct_program)
_LOOKED_AT = ResponseRule(list_manual_actions=_propose_reviewed_file, list_instructions=_instruct_program)
RESPONSES: Mapping[Kind, ResponseRule] = {
    **dict.fromkeys(("program", "executable", "temporary"), _PROGRAM),
    "changed": ResponseRule(list_manual_actions=_propose_changed_file, list_instructions=_instruct_program),
    **dict.fromkeys(("settings", "unknown", "left_over", "misplaced", "unjudged"), _LOOKED_AT),
    "missing": ResponseRule(
        list_manual_actions=_propose_core, list_instructions=_always(instructions.restore_application)
    ),
    **dict.fromkeys(
        ("redirect", "link", "frame", "script", "text", "title", "canonical", "form", "payload", "missing_page"),
        _IN_A_SITE,
    ),
    **dict.fromkeys(("reflection", "search_console", "defacement", "push"), _IN_A_SITE),
    "doorway": ResponseRule(_propose_page, _propose_site, _always(instructions.search_content)),
    **dict.fromkeys(
        ("document", "sitemap"),
        ResponseRule(list_manual_actions=_propose_page, list_instructions=_always(instructions.search_content)),
    ),
    "job": ResponseRule(_propose_job, _propose_cron_file, _PATH(instructions.crontab)),
    "unit": ResponseRule(_propose_unit, _propose_reviewed_unit, _instruct_unit),
    **dict.fromkeys(("startup", "hook"), ResponseRule(_propose_hook, list_instructions=_PATH(instructions.script))),
    "account": ResponseRule(_propose_account, _propose_administrator, _instruct_accounts, _instruct_root_account),
    "key": ResponseRule(_propose_key, list_instructions=_PATH(instructions.key_file)),
    "permission": ResponseRule(list_instructions=_PATH(instructions.sudo_rule)),
    "login": ResponseRule(list_instructions=_PATH(instructions.login)),
    "preload": ResponseRule(_propose_hook, list_instructions=_PATH(instructions.remove_preload)),
    "interpreter": ResponseRule(list_instructions=_PATH(instructions.interpreter)),
    "server_module": ResponseRule(list_instructions=_PATH(instructions.server_module)),
    "database_code": ResponseRule(
        list_manual_actions=_propose_row, list_instructions=_always(instructions.database_code)
    ),
    "setuid": ResponseRule(list_instructions=_PATH(instructions.setuid)),
    "replaced": ResponseRule(list_instructions=_PATH(instructions.reinstall_program)),
    "process": ResponseRule(
        _propose_processes, _propose_single_process, _PATH(instructions.process), _instruct_process_end
    ),
    "listener": ResponseRule(list_manual_actions=_propose_listener, list_instructions=_always(instructions.listener)),
    "kernel_module": ResponseRule(list_instructions=_always(instructions.kernel_module)),
    "log": ResponseRule(list_instructions=_always(instructions.log)),
}


def list_automatic_actions(of: LocatedTrace) -> tuple[ManualAction, ...]:
    """Return what the program contains by itself of a trace, each written as entries have it.

    Nothing where its place is not whole.
    """
    if not of.has_whole_path:
        return ()
    try:
        return tuple(
            (means, ACTION_KINDS[means].read(what)) for means, what in RESPONSES[of.kind].list_automatic_actions(of)
        )
    except InputError:  # it has a query, leads elsewhere, or is told from nothing
        return ()


def choose_manual_action(of: LocatedTrace) -> ManualAction | None:
    """Return what a person types to contain a trace, once it was looked at.

    None where that cannot be, or no terminal shows its name as it is.
    """
    if of.kind not in RESPONSES or CUT in of.where or ("%" in of.where and of.kind not in _PAGES):
        return None
    for means, what in (*RESPONSES[of.kind].list_automatic_actions(of), *RESPONSES[of.kind].list_manual_actions(of)):
        try:
            ACTION_KINDS[means].read(what)
        except InputError:
            continue
        if not what.startswith("-"):  # a unit of that name would be read as an option
            return means, what
    return None


_PAGES = frozenset({"doorway", "document", "sitemap"})


def list_instructions(of: LocatedTrace) -> tuple[Instructions, ...]:
    """Return the steps that a person takes on the host about a trace."""
    return tuple(RESPONSES[of.kind].list_instructions(of)) if of.kind in RESPONSES else ()


def list_followups(of: LocatedTrace) -> tuple[Instructions, ...]:
    """Return the steps that a person takes on the host with what is contained of a trace.

    They come after the collection of evidence.
    """
    return tuple(RESPONSES[of.kind].list_followups(of)) if of.kind in RESPONSES else ()
