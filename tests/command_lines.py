"""Command lines of ours in what we publish, and what our own parser makes of them."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from auditor.cli import app

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = ("", "sh", "console", "ini")
_CALL = re.compile(r"(?:^|[\s=])(?:\S*/)?auditor ((?:(?! [|>])[^&;])+)")
_SPAN = re.compile(r"`([^`]+)`")
_command = functools.cache(typer.main.get_command)


def written(markdown: str) -> Iterator[list[str]]:
    """The arguments of every ``auditor …`` in blocks of shell and between backticks, in order; optional ones too."""
    for text in _shell(markdown):
        yield from _of(text)


def parsed(arguments: list[str]) -> Any:
    """The context of the innermost command, its options checked. Raises a usage error when they are not ours."""
    command: Any = _command(app)
    context = command.make_context("auditor", list(arguments))
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return context


def _shell(markdown: str) -> Iterator[str]:
    end = 0
    for fence in _FENCE.finditer(markdown):
        yield from _spans(markdown[end : fence.start()])
        if fence[1] in _SHELL:
            yield fence[2]
        end = fence.end()
    yield from _spans(markdown[end:])


def _spans(prose: str) -> Iterator[str]:
    return (span.replace("\n", " ") for span in _SPAN.findall(prose))


def _of(text: str) -> Iterator[list[str]]:
    for line in text.replace("\\\n", " ").splitlines():
        for arguments in _CALL.findall(line.partition("# ")[0]):
            yield shlex.split(re.sub(r"\[(--[^]]+)\]", r"\1", arguments))
