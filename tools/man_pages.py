"""``docs/man``: the manual page of ``auditor`` in both languages, made from its help.

``man`` finds it beside the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, get_args

from auditor.cli import app
from auditor.errors import EXIT_CODES
from auditor.models import Lang, Text
from auditor.text import usage
from auditor.text.translations import translate_help

_NAME = "auditor"
_PATHS: dict[Lang, str] = {"en": "man1/auditor.1", "vi": "vi/man1/auditor.1"}
"""Below a folder of manuals."""
_ENVIRONMENT: tuple[tuple[str, Text], ...] = (
    ("LUYTRE_LANG", Text(vi="ngôn ngữ, vi hoặc en; không đặt thì là vi", en="the language, vi or en; vi by default")),
    ("LUYTRE_INVENTORY", Text(vi="bảng kiểm kê khi không có -i", en="the inventory where -i is not given")),
    (
        "LUYTRE_STATE",
        Text(
            vi="thư mục chứa lịch sử, hàng đợi thư, các lần gia cố và fault.txt",
            en="the folder of the history, the mail queue, the hardenings and fault.txt",
        ),
    ),
    (
        "ANSIBLE_VAULT_PASSWORD_FILE",
        Text(
            vi="tệp chứa mật khẩu mở những phần bảng kiểm kê đã mã hóa",
            en="the file with the password of what is encrypted in the inventory",
        ),
    ),
)
_HEADINGS = {
    "name": Text(vi="TÊN", en="NAME"),
    "synopsis": Text(vi="CÚ PHÁP", en="SYNOPSIS"),
    "description": Text(vi="MÔ TẢ", en="DESCRIPTION"),
    "commands": Text(vi="LỆNH", en="COMMANDS"),
    "status": Text(vi="MÃ THOÁT", en="EXIT STATUS"),
    "environment": Text(vi="BIẾN MÔI TRƯỜNG", en="ENVIRONMENT"),
}
_HELP = "--help"


class _Roff(usage.TranslatedHelpFormatter):
    """Lays out help for ``man``."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.write(f".B {_plain(prog)}\n{_plain(self.pieces())}\n")

    def write_paragraph(self) -> None:
        """Write nothing: what begins a paragraph says so."""

    def write_heading(self, heading: str) -> None:
        self.write(f".PP\n.B {_plain(self.translate(heading))}\n")

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            prose, examples = _split_paragraph(paragraph)
            self.write(f".PP\n{_plain(prose)}\n" if prose else "")
            if examples:
                self.write(f".PP\n.nf\n{_plain(examples)}\n.fi\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        self.write(
            _render_list(
                (name, meaning) for name, meaning in self.translate_name_and_description_rows(rows) if _HELP not in name
            )
        )


def pages() -> dict[str, str]:
    """Return each language's page, by its path below ``docs/man``."""
    return {_PATHS[lang]: _page(lang) for lang in get_args(Lang)}


def _page(lang: Lang) -> str:
    top = usage.build_command_line_in_language(app, lang)
    words = partial(translate_help, lang=lang)
    parts = {
        "name": f"{_NAME} \\- {_plain(top.short_help.rstrip('.'))}\n",
        "synopsis": f".B {_NAME}\n{_plain(_Roff(top, lang).pieces())}\n",
        "description": "".join(f".PP\n{_plain(paragraph)}\n" for paragraph in top.help.split("\n\n")),
        "commands": "".join(f'.SS "{path}"\n{text}' for path, text in _commands(top, lang)),
        "status": _render_list((str(code), words(means)) for code, means in EXIT_CODES.items()),
        "environment": _render_list((name, means.get(lang)) for name, means in _ENVIRONMENT),
    }
    head = '\'\\" -*- coding: utf-8 -*-\n.\\" make docs\n.TH AUDITOR 1 "" "Lũy Tre"\n'
    return head + "".join(f".SH {_HEADINGS[part].get(lang)}\n{text}" for part, text in parts.items())


def _commands(of: Any, lang: Lang, above: Any = None) -> Iterator[tuple[str, str]]:
    """Yield every command below, with its manual."""
    context = _context(of, of.name or _NAME, above)
    for command in getattr(of, "commands", {}).values():
        here = _context(command, command.name, context)
        yield here.command_path, _render_command(command, here, lang)
        yield from _commands(command, lang, context)


def _context(command: Any, name: str, above: Any) -> Any:
    return command.context_class(command, info_name=name, parent=above)


def _render_command(command: Any, context: Any, lang: Lang) -> str:
    """Return how a command is used and what it does; its options, if it has no commands of its own."""
    roff = _Roff(command, lang)
    command.format_usage(context, roff)
    command.format_help_text(context, roff)
    if not hasattr(command, "commands"):
        command.format_options(context, roff)
    return str(roff.getvalue())


def _split_paragraph(paragraph: str) -> tuple[str, str]:
    """Return the prose of a paragraph of help, and the lines that stay as they are."""
    lines = [line for line in paragraph.splitlines() if line.strip("\b")]
    return (
        " ".join(line for line in lines if not line.startswith(" ")),
        "\n".join(line.strip() for line in lines if line.startswith(" ")),
    )


def _render_list(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(f".TP\n.B {_plain(name)}\n{_plain(meaning)}\n" for name, meaning in rows)


def _plain(text: str) -> str:
    """Return a text that means itself."""
    escaped_text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", escaped_text, flags=re.MULTILINE)
