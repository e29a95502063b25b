"""Load a verb when it is typed.

A group knows the names of its verbs and what each is for. A verb's options are loaded when it is typed or its help is
asked for, and the function that takes them when it is carried out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import CompletionItem, TyperGroup  # type: ignore[attr-defined]  # typer passes it on without naming it
from typer.main import get_command

from auditor.models import Lang
from auditor.text import usage


class Verb:
    """What is typed after a verb: its fields are the options, its docstring is the help.

    ``runs`` names the function that takes an instance, as ``module:function``.
    """

    runs: ClassVar[str]
    context_settings: ClassVar[dict[str, Any] | None]

    def __init_subclass__(cls, *, runs: str, context_settings: dict[str, Any] | None = None) -> None:
        super().__init_subclass__()
        cls.runs, cls.context_settings = runs, context_settings


@dataclass(frozen=True)
class DeprecatedName:
    """An old name of a verb: it works for one release, hidden from the help, and names the one to use ``instead``."""

    verb: type[Verb] | str
    """Its options, or their ``module:attribute``."""
    instead: str


@dataclass(frozen=True)
class Group:
    """Verbs below one name, and what they are for together."""

    help: str
    entries: Mapping[str, Entry]
    group_class: type[LazyGroup] | None = None
    """What reads the arguments in a way of its own."""


@dataclass(frozen=True)
class Reference:
    """A verb or a group by the name of its ``module:attribute``, and the beginning of its help.

    It is loaded when it is typed; to list it, nothing is.
    """

    attribute: str
    summary: str


Entry = type[Verb] | DeprecatedName | Group | Reference


COMPLETION_VARIABLE = "_AUDITOR_COMPLETE"
"""By which a shell asks what could be typed, instead of running a command."""


def load_attribute(name: str) -> Any:
    """Return what ``module:attribute`` names, with its module loaded."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


class LazyGroup(TyperGroup):
    """A group that loads a verb when it is typed. Its help lists all, and loads none."""

    help_language: Lang | None = None
    """As which ``usage`` has translated the group; its verbs follow."""
    entries: Mapping[str, Entry]

    def __init__(self, *, entries: Mapping[str, Entry] | None = None, **attributes: Any) -> None:
        attributes.pop("commands", None)
        super().__init__(**attributes)
        self.entries = self.entries if entries is None else entries
        self.commands: Any = _LoadedCommands(self)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all, hidden ones too."""
        return list(self.entries)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs and what each is for."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._iter_names_and_summaries()))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[CompletionItem]:
        """Return the verbs, or the options, that begin with what is typed."""
        return [
            *(
                CompletionItem(name, help=summary)
                for name, summary in self._iter_names_and_summaries()
                if name.startswith(incomplete)
            ),
            *super(TyperGroup, self).shell_complete(ctx, incomplete),
        ]

    def _iter_names_and_summaries(self) -> Iterator[tuple[str, str]]:
        for name, entry in self.entries.items():
            if not isinstance(entry, DeprecatedName):
                yield name, usage.summarize_help(_get_help(entry), self.help_language or "en")


class _LoadedCommands(Mapping[str, Any]):
    """The commands of a group by name, each made when it is first asked for."""

    def __init__(self, group: LazyGroup) -> None:
        self._group = group
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            command = _make_command(name, self._group.entries[name])
            if self._group.help_language is not None:
                usage.translate_help_of_command(command, self._group.help_language)
            self._made[name] = command
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._group.entries)

    def __len__(self) -> int:
        return len(self._group.entries)


def _get_help(entry: type[Verb] | Group | Reference) -> str:
    if isinstance(entry, Reference):
        return entry.summary
    if isinstance(entry, Group):
        return entry.help
    return inspect.getdoc(entry) or ""


def _make_command(name: str, entry: Entry) -> Any:
    """Return the command of an entry, with its module loaded."""
    if isinstance(entry, Reference):
        return _make_command(name, load_attribute(entry.attribute))
    if isinstance(entry, Group):
        return (entry.group_class or LazyGroup)(
            name=name,
            entries=entry.entries,
            help=entry.help,
            no_args_is_help=entry.group_class is None,
            rich_markup_mode=None,
        )
    if isinstance(entry, DeprecatedName):
        verb = load_attribute(entry.verb) if isinstance(entry.verb, str) else entry.verb
        command = _make_command_of_verb(name, verb, lambda options: _run_under_old_name(name, entry, options))
        command.hidden = True
        return command
    return _make_command_of_verb(name, entry, _run)


def _make_command_of_verb(name: str, verb: type[Verb], run: Callable[[Verb], Any]) -> Any:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, context_settings=verb.context_settings)(verb)
    command = get_command(app)
    collect_options: Any = command.callback
    command.callback = lambda **values: run(collect_options(**values))
    return command


def _run(options: Verb) -> Any:
    return load_attribute(options.runs)(options)


def _run_under_old_name(old: str, name: DeprecatedName, options: Verb) -> Any:
    load_attribute("auditor.commands.output.console:warn_of_old_name")(
        old, name.instead, getattr(options, "lang", "vi")
    )
    return _run(options)
