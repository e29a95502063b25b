"""A form: labelled fields and boxes to be ticked, and how it becomes a document. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as Described

from auditor.models import Model
from auditor.report.official.document import Block

TICKED, UNTICKED = "■", "□"
"""Liberation Serif has no ☐ and ☑."""
_BETWEEN = "    "
_NBSP = "\N{NO-BREAK SPACE}"


class Choice(Model):
    """A box."""

    text: str
    ticked: bool = False
    more: str | None = Described(default=None, description="what is written after it; empty: a blank; None: nothing is")


class Field(Model):
    """What a form asks."""

    label: str
    values: tuple[str, ...] = Described(default=(), description="a paragraph each")
    choices: tuple[Choice, ...] = ()
    mandatory: bool = False
    starred: bool = Described(default=True, description="where it is mandatory, the form says so")
    by_hand: bool = Described(default=False, description="people fill it in on paper: a person's name, a date")
    blanks: int = Described(default=1, ge=1, description="lines that are left where nothing is known")

    @property
    def missing(self) -> bool:
        """Whether it has to be answered, and is not."""
        return self.mandatory and not self.values and not any(choice.ticked for choice in self.choices)


class Part(Model):
    """Fields under a heading."""

    title: str
    fields: tuple[Field, ...]


def missing(parts: tuple[Part, ...]) -> tuple[Field, ...]:
    """The mandatory fields that are blank, in their order."""
    return tuple(field for part in parts for field in part.fields if field.missing)


def blocks(parts: tuple[Part, ...]) -> tuple[Block, ...]:
    """The body of the document that a form is printed as."""
    return tuple(block for number, part in enumerate(parts, 1) for block in _of_part(number, part))


def _of_part(number: int, part: Part) -> Iterator[Block]:
    yield Block(kind="heading", text=f"{number}. {part.title}")
    for field in part.fields:
        yield from _of_field(field)


def _of_field(field: Field) -> Iterator[Block]:
    label = f"{field.label}{' (*)' if field.mandatory and field.starred else ''}:"
    if field.choices:
        yield Block(kind="label", text=label)
        yield from _boxes(field)
    elif not field.values:
        yield Block(kind="blank", text=label)
        yield from [Block(kind="blank", text="")] * (field.blanks - 1)
    elif len(field.values) == 1:
        yield Block(kind="filled", text=f"{label} {field.values[0]}")
    else:
        yield Block(kind="label", text=label)
        yield from (Block(kind="filled", text=f"- {value}") for value in field.values)


def _boxes(field: Field) -> Iterator[Block]:
    """Boxes side by side; one after which something is written has a line of its own."""
    plain = [_box(choice).replace(" ", _NBSP) for choice in field.choices if choice.more is None]
    if plain:
        yield Block(kind="filled", text=_BETWEEN.join(plain))
    for choice in field.choices:
        if choice.more is not None:
            said = f"{_box(choice)}: {choice.more}".rstrip()
            yield Block(kind="filled" if choice.more else "blank", text=said)


def _box(choice: Choice) -> str:
    return f"{TICKED if choice.ticked else UNTICKED} {choice.text}"
