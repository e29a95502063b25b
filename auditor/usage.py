"""Help, and complaints about usage and input, in the reader's language.

The English stands in the code, as docstrings, ``help=`` and the sentences of ``InputError``; ``help.po`` and ``errors.po``
hold the Vietnamese. The English of typer itself is in ``typer.po``, with ``{…}`` for what differs from time to time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from auditor.errors import InputError
from auditor.models import Lang
from auditor.words import catalogue, written


def command(app: typer.Typer, lang: Lang) -> Any:
    """The command line of ``app``, whose help and complaints are in ``lang``."""
    built = get_command(app)
    for each in _all(built):
        each.help = "\n\n".join(_paragraph(part, lang) for part in _paragraphs(each.help))
        for option in each.params:
            if getattr(option, "help", None):
                option.help = _translated("help", option.help, lang)
        if lang == "vi":
            each.context_class = _Context
    return built


def texts(app: typer.Typer) -> Iterator[str]:
    """Every English text of the help that needs a translation."""
    for each in _all(get_command(app)):
        yield from (prose for part in _paragraphs(each.help) if (prose := _prose(part)))
        yield from (option.help for option in each.params if getattr(option, "help", None))


def complaint(error: typer.TyperException, lang: Lang) -> str:
    """What typer finds wrong with the arguments, after the usage of the command; its help when there are none."""
    said = _of_typer(f"Error: {error.format_message()}", lang)
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is None:
        return said
    if error.message == context.get_help():
        return error.message
    return "\n".join([context.get_usage(), _of_typer(f"Try '{context.command_path} --help' for help.", lang), said])


def mistake(error: InputError, lang: Lang) -> str:
    """The one line that says what is wrong with an input, where, and how to mend it."""
    return error.told(lambda text: _translated("errors", text, lang))


def _all(of: Any) -> Iterator[Any]:
    yield of
    for each in getattr(of, "commands", {}).values():
        yield from _all(each)


def _paragraphs(text: str | None) -> list[str]:
    return [part for part in (text or "").split("\n\n") if part.strip()]


def _prose(paragraph: str) -> str:
    return " ".join(line for line in paragraph.splitlines() if not line.startswith(" "))


def _paragraph(paragraph: str, lang: Lang) -> str:
    r"""In ``lang``; indented lines are examples and stay as they are, which typer wants marked with ``\b``."""
    prose = _prose(paragraph)
    said = [_translated("help", prose, lang)] if prose else []
    examples = [line for line in paragraph.splitlines() if line.startswith(" ")]
    return "\n".join(["\b", *said, *examples] if examples else said)


def _translated(domain: str, text: str, lang: Lang) -> str:
    return catalogue("vi", domain).gettext(text) if lang == "vi" else text


class _Formatter(typer.Context.formatter_class):  # type: ignore[misc,valid-type]
    """Lays out help as typer does, with typer's own words in Vietnamese."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _of_typer("Usage: ", "vi"))

    def write_heading(self, heading: str) -> None:
        super().write_heading(_of_typer(heading, "vi"))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(first, _described(second)) for first, second in rows], col_max, col_spacing)


class _Context(typer.Context):
    formatter_class = _Formatter


def _described(text: str) -> str:
    """An option's description; typer adds ``[default: …; required]`` to it."""
    said, mark, extra = text.rpartition("  [")
    if not mark:
        return _of_typer(text, "vi")
    return f"{said}  [{'; '.join(_of_typer(part, 'vi') for part in extra.removesuffix(']').split('; '))}]"


def _of_typer(text: str, lang: Lang) -> str:
    if lang == "vi":
        for pattern, translation in _typer_words():
            if found := pattern.fullmatch(text):
                return translation.format(**{name: _of_typer(value, lang) for name, value in found.groupdict().items()})
    return text


@cache
def _typer_words() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Typer's messages, most particular first, as patterns that find in a message what it was made with."""
    ordered = sorted(written("vi", "typer"), key=lambda entry: -len(re.sub(r"{\w+}", "", entry.msgid)))
    return tuple((_pattern(entry.msgid), entry.msgstr) for entry in ordered)


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(message)), re.DOTALL)
