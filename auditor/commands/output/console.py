"""The terminal itself: its two streams, and what moves on it while hosts are at work. Quiet in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich import markup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from auditor.models import Lang
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_PIPE_WIDTH = 400
"""Columns when nobody looks: wide enough that no table is cut."""


def _choose_console_width(stream: TextIO | None) -> int | None:
    return None if stream is not None and stream.isatty() else _PIPE_WIDTH


out = Console(highlight=False, emoji=False, width=_choose_console_width(sys.stdout))
err = Console(stderr=True, highlight=False, emoji=False, width=_choose_console_width(sys.stderr))


def escape_markup(text: str) -> str:
    """Return foreign text for a line of the terminal.

    It holds neither Rich's markup, nor orders to the terminal, nor another line.
    """
    return markup.escape(escape_text_to_one_line(text))


@contextmanager
def show_progress(what: str, hosts: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal that names each host when it is done; stay silent in a pipe."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}"),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=len(hosts), last="")
        unfinished_hosts = set(hosts)

        def mark_done(host: str) -> None:
            if host in unfinished_hosts:
                unfinished_hosts.discard(host)
                bar.update(task, advance=1, last=host)

        yield mark_done


@contextmanager
def show_activity(what: str) -> Iterator[Callable[[str], None]]:
    """Show a line on a terminal that says what is being done right now; stay silent in a pipe."""
    with err.status(what) as status:
        yield lambda now: status.update(f"{what}  [dim]{escape_markup(now)}[/]")


def warn_of_old_name(old: str, instead: str, lang: Lang) -> None:
    """Say on standard error which name of a command to use ``instead`` of an old one."""
    err.print(Words(lang)("deprecated", old=old, instead=instead), markup=False)


STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
"""Colours of severities: the same in every table."""
