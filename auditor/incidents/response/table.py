"""What is done about each kind of trace: contained at once, by a command that a person types, or by steps of a person's on the host. Pure.

Every kind stands in ``RESPONSES``: what a hunt or a review can raise is never without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.footholds import CHANGED, REPLACES
from auditor.errors import InputError
from auditor.incidents.means.file import HOOKS
from auditor.incidents.means.row import TABLES
from auditor.incidents.means.starting import CRON, CRONTABS
from auditor.incidents.means.table import MEANS
from auditor.incidents.response import manual
from auditor.incidents.response.manual import Manual
from auditor.incidents.response.seen import CUT, Seen
from auditor.models.ranks import Means
from auditor.models.reviews import Kind
from auditor.text import paths

Asked = tuple[Means, str]
"""A means, and what it takes, as it is typed."""
_ACCOUNTS = "/etc/passwd"


def _nothing(_of: Seen) -> Iterator[Asked]:
    return iter(())


def _no_step(_of: Seen) -> Iterator[Manual]:
    return iter(())


@dataclass(frozen=True)
class Response:
    """What is done about one kind of trace; the first that a trace has something for counts."""

    at_once: Callable[[Seen], Iterator[Asked]] = _nothing
    """What the program contains by itself, as it can be told from all else."""
    typed: Callable[[Seen], Iterator[Asked]] = _nothing
    """What a person looks at, then contains by ``auditor incident contain``."""
    by_hand: Callable[[Seen], Iterator[Manual]] = _no_step
    """What a person does on the host, where no means does it, or where it refuses."""
    afterwards: Callable[[Seen], Iterator[Manual]] = _no_step
    """What a person does on the host with what is contained, once evidence of it was collected."""


def _file(of: Seen) -> Iterator[Asked]:
    if not {"posted_to", "posted_to_gone"} & of.rules:
        yield "file", paths.read(of.where)


def _typed_file(of: Seen) -> Iterator[Asked]:
    if "posted_to_gone" not in of.rules:
        yield "file", paths.read(of.where)


def _hook(of: Seen) -> Iterator[Asked]:
    """A whole file that some program reads among others of its folder, and that no package brought."""
    if (of.where.rpartition("/")[0] in HOOKS and CHANGED not in of.rules) or of.where in HOOKS:
        yield "file", paths.read(of.where)


def _page(of: Seen) -> Iterator[Asked]:
    yield "path", f"{of.subject}{of.where}"


def _site(of: Seen) -> Iterator[Asked]:
    yield "site", of.subject


def _job(of: Seen) -> Iterator[Asked]:
    lines = of.where == "/etc/crontab" or of.where.rpartition("/")[0] in CRONTABS
    for word in of.exactly.split():
        yield ("job", f"{paths.read(of.where)}:{word}") if lines else ("cron", paths.read(of.where))


def _cron(of: Seen) -> Iterator[Asked]:
    if of.where.rpartition("/")[0] in CRON:
        yield "cron", paths.read(of.where)


def _unit(of: Seen) -> Iterator[Asked]:
    if of.exactly:
        yield "unit", of.exactly
    else:
        yield from _hook(of)


def _typed_unit(of: Seen) -> Iterator[Asked]:
    """A unit of its own; what lies in the place of a package's, or was changed in it, has to go by itself, as the host needs that."""
    folder, _, name = of.where.rpartition("/")
    if folder.endswith("/systemd/system") and "@." not in name and not of.rules & {CHANGED, REPLACES}:
        yield "unit", name


def _process(of: Seen) -> Iterator[Asked]:
    """A program that no package has: no other process runs it by chance."""
    for number in of.exactly.split():
        if "@" not in number:
            yield "process", number + paths.read(of.where)


def _one_process(of: Seen) -> Iterator[Asked]:
    """One of those that run a package's program, told by when it began."""
    if "loads_foreign" not in of.rules:
        for number in of.exactly.split():
            yield "process", number + paths.read(of.where)


def _behind(of: Seen) -> Iterator[Asked]:
    """The process that listens."""
    for one in of.exactly.split():
        if "@" in one:
            yield "process", one


def _account(of: Seen) -> Iterator[Asked]:
    if of.where == _ACCOUNTS:
        yield "account", of.exactly


def _administrator(of: Seen) -> Iterator[Asked]:
    if of.site and of.who:
        folder = "" if of.inside.endswith(".php") else of.inside
        yield "administrator", "/".join(filter(None, (of.site, folder, of.who)))


def _core(of: Seen) -> Iterator[Asked]:
    """What gives a file of a release its content again: of the application, or of a plugin or theme below it."""
    folders = of.inside.split("/")
    if not of.site or (folders[0] == "wp-content" and len(folders) <= _OF_PLUGIN):
        return
    below = folders[:_OF_PLUGIN] if folders[0] == "wp-content" else []
    yield "core", "/".join((of.site, *below))


_OF_PLUGIN = 3
"""Folders of ``wp-content/plugins/NAME``."""


def _changed(of: Seen) -> Iterator[Asked]:
    yield from _core(of)
    yield from _typed_file(of)


def _row(of: Seen) -> Iterator[Asked]:
    """A row of an application's tables, whose trace names the folder, the table with its prefix, and the row."""
    found = _ROW.fullmatch(of.where)
    if found and of.site:
        folder = found[1][len(of.root) :].strip("/")
        yield "row", "/".join(filter(None, (of.site, folder, found[2], found[3])))


_ROW = re.compile(rf"(/.+): \S{{0,64}}?({'|'.join(sorted(TABLES, key=len, reverse=True))}) (\S+)")


def _key(of: Seen) -> Iterator[Asked]:
    yield "key", of.exactly


def _accounts_by_hand(of: Seen) -> Iterator[Manual]:
    yield manual.passwd_line(of) if of.where == _ACCOUNTS else manual.administrator(of)


def _unit_by_hand(of: Seen) -> Iterator[Manual]:
    yield manual.unit_file(of) if of.whole else manual.unplaced(of)


def _program_by_hand(of: Seen) -> Iterator[Manual]:
    yield manual.posted_to(of) if "posted_to_gone" in of.rules else manual.unplaced(of)


def _equal_of_root(of: Seen) -> Iterator[Manual]:
    if of.where == _ACCOUNTS and "second_root" in of.rules:
        yield manual.locked_account(of)


def _ended_process(of: Seen) -> Iterator[Manual]:
    if of.exactly:
        yield manual.process_end(of)


def _always(step: manual.Step) -> Callable[[Seen], Iterator[Manual]]:
    return lambda of: iter((step(of),))


_PATH = manual.at_a_path
_IN_A_SITE = Response(typed=_site, by_hand=_always(manual.content))
"""What visitors see: the site is closed to strangers while a person takes it out of files and tables."""
_PROGRAM = Response(_file, _typed_file, _program_by_hand)
_LOOKED_AT = Response(typed=_typed_file, by_hand=_program_by_hand)
RESPONSES: Mapping[Kind, Response] = {
    **dict.fromkeys(("program", "executable", "temporary"), _PROGRAM),
    "changed": Response(typed=_changed, by_hand=_program_by_hand),
    **dict.fromkeys(("settings", "unknown", "left_over", "misplaced", "unjudged"), _LOOKED_AT),
    "missing": Response(typed=_core, by_hand=_always(manual.missing)),
    **dict.fromkeys(
        ("redirect", "link", "frame", "script", "text", "title", "canonical", "form", "payload", "missing_page"),
        _IN_A_SITE,
    ),
    **dict.fromkeys(("reflection", "search_console", "defacement", "push"), _IN_A_SITE),
    "doorway": Response(_page, _site, _always(manual.content)),
    **dict.fromkeys(("document", "sitemap"), Response(typed=_page, by_hand=_always(manual.content))),
    "job": Response(_job, _cron, _PATH(manual.crontab)),
    "unit": Response(_unit, _typed_unit, _unit_by_hand),
    **dict.fromkeys(("startup", "hook"), Response(_hook, by_hand=_PATH(manual.script))),
    "account": Response(_account, _administrator, _accounts_by_hand, _equal_of_root),
    "key": Response(_key, by_hand=_PATH(manual.key_file)),
    "permission": Response(by_hand=_PATH(manual.sudo_rule)),
    "login": Response(by_hand=_PATH(manual.login)),
    "preload": Response(_hook, by_hand=_PATH(manual.preloaded)),
    "interpreter": Response(by_hand=_PATH(manual.interpreter)),
    "server_module": Response(by_hand=_PATH(manual.server_module)),
    "database_code": Response(typed=_row, by_hand=_always(manual.database_code)),
    "setuid": Response(by_hand=_PATH(manual.setuid)),
    "replaced": Response(by_hand=_PATH(manual.replaced)),
    "process": Response(_process, _one_process, _PATH(manual.process), _ended_process),
    "listener": Response(typed=_behind, by_hand=_always(manual.listener)),
    "kernel_module": Response(by_hand=_always(manual.kernel_module)),
    "log": Response(by_hand=_always(manual.log)),
}


def at_once(of: Seen) -> tuple[Asked, ...]:
    """Return what the program contains by itself of a trace, each written as entries have it; nothing where its place is not whole."""
    if not of.whole:
        return ()
    try:
        return tuple((means, MEANS[means].read(what)) for means, what in RESPONSES[of.kind].at_once(of))
    except InputError:  # it has a query, leads elsewhere, or is told from nothing
        return ()


def typed(of: Seen) -> Asked | None:
    """Return what a person types to contain a trace, once it was looked at; None where that cannot be, or no terminal shows its name as it is."""
    if of.kind not in RESPONSES or CUT in of.where or ("%" in of.where and of.kind not in _PAGES):
        return None
    for means, what in (*RESPONSES[of.kind].at_once(of), *RESPONSES[of.kind].typed(of)):
        try:
            MEANS[means].read(what)
        except InputError:
            continue
        if not what.startswith("-"):  # a unit of that name would be read as an option
            return means, what
    return None


_PAGES = frozenset({"doorway", "document", "sitemap"})


def by_hand(of: Seen) -> tuple[Manual, ...]:
    """Return the steps that a person takes on the host about a trace."""
    return tuple(RESPONSES[of.kind].by_hand(of)) if of.kind in RESPONSES else ()


def afterwards(of: Seen) -> tuple[Manual, ...]:
    """Return the steps that a person takes on the host with what is contained of a trace, once evidence was collected."""
    return tuple(RESPONSES[of.kind].afterwards(of)) if of.kind in RESPONSES else ()
