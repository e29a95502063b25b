"""Help, and complaints about usage and input, in the reader's language.

The English stands in the code: as docstrings and ``help=``, and as the sentences of ``InputError``. ``messages.po`` has
the Vietnamese, of what libraries say, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
from typer.main import get_command

from auditor.errors import EXIT_CODES, PREFIX, InputError
from auditor.models import Lang
from auditor.text.translations import (
    has_values_filled_in,
    make_text,
    translate_help,
    translate_sentence,
    translate_words_of_library,
)


def build_command_line_in_language(app: typer.Typer, lang: Lang) -> Any:
    """Return the command line of ``app``, whose help and complaints are in ``lang``."""
    command = get_command(app)
    translate_help_of_command(command, lang)
    return command


def translate_help_of_command(command: Any, lang: Lang) -> None:
    """Have the help and the complaints of a command in ``lang``; a group's commands follow its ``help_language``."""
    command.short_help = summarize_help(command.help, lang)
    command.help = "\n\n".join(_translate_paragraph(part, lang) for part in _split_paragraphs(command.help))
    for option in command.params:
        if getattr(option, "help", None):
            option.help = translate_help(option.help, lang)
    command.context_class = _CONTEXTS[lang]
    command.help_language = lang


def summarize_help(text: str | None, lang: Lang) -> str:
    """Return the first sentence of a help, in ``lang``."""
    return _extract_first_sentence(translate_help(_extract_first_prose_paragraph(text), lang))


def iter_help_texts_to_translate(app: typer.Typer) -> Iterator[str]:
    """Yield every English text of the help that needs a translation."""
    yield _EXIT_CODES
    yield from EXIT_CODES.values()
    for each in _iter_command_and_subcommands(get_command(app)):
        yield from (
            prose for part in _split_paragraphs(each.help) if (prose := _join_unindented_lines_of_paragraph(part))
        )
        helps = (option.help for option in each.params if getattr(option, "help", None))
        yield from (text for text in helps if not has_values_filled_in(text))


def format_usage_error(error: typer.TyperException, lang: Lang) -> str:
    """Return what typer finds wrong with the arguments, after the usage of the command.

    It is the command's help when there are no arguments.
    """
    message = translate_words_of_library(f"Error: {error.format_message().replace(PREFIX, '')}", lang)
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is None:
        return message
    if error.message == context.get_help():
        return error.message
    return "\n".join(
        [
            context.get_usage(),
            translate_words_of_library(f"Try '{context.command_path} --help' for help.", lang),
            message,
        ]
    )


def format_input_error_as_line(error: InputError, lang: Lang) -> str:
    """Return the one line that says what is wrong with an input, where, and how to mend it."""
    if lang == "en":
        return str(error)
    what = format_input_error_without_mend(error, lang)
    question = make_text("; did you mean '{guess}'?", guess=error.guess).vi if error.guess else ""
    remark = f". {error.left.vi}" if error.left else ""
    return f"{error.file_and_line_prefix}{what}{question} — {translate_sentence(error.mend_sentence, lang)}{remark}"


def format_input_error_without_mend(error: InputError, lang: Lang) -> str:
    """Return what is wrong, without how to mend it."""
    return translate_sentence(error.sentence, lang)


def _iter_command_and_subcommands(command: Any) -> Iterator[Any]:
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from _iter_command_and_subcommands(each)


def _split_paragraphs(text: str | None) -> list[str]:
    return [part for part in (text or "").split("\n\n") if part.strip()]


def _join_unindented_lines_of_paragraph(paragraph: str) -> str:
    return " ".join(line for line in paragraph.splitlines() if not line.startswith(" "))


def _translate_paragraph(paragraph: str, lang: Lang) -> str:
    r"""Return the paragraph in ``lang``.

    Indented lines are examples and stay as they are, which typer wants marked with ``\b``.
    """
    prose = _join_unindented_lines_of_paragraph(paragraph)
    lines = [translate_help(prose, lang)] if prose else []
    examples = [line for line in paragraph.splitlines() if line.startswith(" ")]
    return "\n".join(["\b", *lines, *examples] if examples else lines)


def _extract_first_prose_paragraph(text: str | None) -> str:
    return next((prose for part in _split_paragraphs(text) if (prose := _join_unindented_lines_of_paragraph(part))), "")


def _extract_first_sentence(text: str) -> str:
    first, stop, _ = text.partition(". ")
    return f"{first}{stop.rstrip()}"


_EXIT_CODES = "Exit codes"


class TranslatedHelpFormatter(typer.Context.formatter_class):  # type: ignore[misc,valid-type]
    """Lays out help: arguments as we write them, ranges in words, and typer's own words in the reader's language."""

    def __init__(self, command: Any, lang: Lang, **widths: Any) -> None:
        super().__init__(**widths)
        self._lang = lang
        self._arguments = tuple(
            parameter.metavar for parameter in command.params if parameter.param_type_name == "argument"
        )
        self._subcommand = getattr(command, "subcommand_metavar", None)

    def pieces(self) -> str:
        """Return what can be typed after the command."""
        more = [] if self._subcommand is None else [self.translate(self._subcommand)]
        return " ".join([self.translate("[OPTIONS]"), *self._arguments, *more])

    def translate(self, typer_words: str) -> str:
        """Return words of typer's own, in the reader's language."""
        return translate_words_of_library(typer_words, self._lang)

    def translate_name_and_description_rows(self, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the names and descriptions as they are shown."""
        return [
            (self._get_argument_name_of_row(first), _translate_option_description(second, self._lang))
            for first, second in rows
        ]

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is typed."""
        super().write_usage(prog, self.pieces(), prefix or self.translate("Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write what begins a list."""
        super().write_heading(self.translate(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write two columns; the first leaves most of a narrow terminal to the second."""
        super().write_dl(self.translate_name_and_description_rows(rows), min(col_max, self.width * 2 // 5), col_spacing)

    def _get_argument_name_of_row(self, first: str) -> str:
        return next((argument for argument in self._arguments if first.startswith(f"{argument} ")), first)


class _Context(typer.Context):
    lang: Lang = "en"

    def make_formatter(self) -> TranslatedHelpFormatter:
        return TranslatedHelpFormatter(self.command, self.lang, width=self.terminal_width, max_width=_WIDEST)


class _VietnameseContext(_Context):
    lang = "vi"


def write_exit_codes(context: Any, formatter: Any) -> None:
    """Write what the exit codes mean, at the end of a help."""
    lang: Lang = getattr(context, "lang", "en")
    with formatter.section(translate_help(_EXIT_CODES, lang)):
        formatter.write_dl([(str(code), translate_help(means, lang)) for code, means in EXIT_CODES.items()])


_CONTEXTS: Mapping[Lang, type[_Context]] = {"en": _Context, "vi": _VietnameseContext}
_WIDEST = 100
"""Columns beyond which lines are hard to follow."""
_BETWEEN = re.compile(r"(\d+)<=x<=(\d+)")
_AT_LEAST = re.compile(r"x>=(\d+)")


def _translate_option_description(text: str, lang: Lang) -> str:
    """Return an option's description; typer adds ``[default: …; required]`` to it."""
    description, mark, extra = text.rpartition("  [")
    if not mark:
        return translate_words_of_library(text, lang)
    constraints = _BETWEEN.sub(r"\1–\2", _AT_LEAST.sub(r"≥ \1", extra.removesuffix("]")))
    translated = (translate_words_of_library(part, lang) for part in constraints.split("; "))
    return f"{description}{mark}{'; '.join(translated)}]"
