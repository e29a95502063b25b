"""A form: labelled fields and boxes to be ticked, and how it becomes a document. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as Described

from auditor.models import Model
from auditor.report.official.document import TextBlock

BOX_CHECKED, BOX_EMPTY = "■", "□"
"""Liberation Serif has no ☐ and ☑."""
_BETWEEN = "    "
_NBSP = "\N{NO-BREAK SPACE}"


class Choice(Model):
    """A box."""

    text: str
    is_ticked: bool = False
    more: str | None = Described(default=None, description="what is written after it; empty: a blank; None: nothing is")


class Field(Model):
    """A question of a form."""

    label: str
    values: tuple[str, ...] = Described(default=(), description="a paragraph each")
    choices: tuple[Choice, ...] = ()
    mandatory: bool = False
    is_starred: bool = Described(default=True, description="where it is mandatory, the form says so")
    by_hand: bool = Described(default=False, description="people fill it in on paper: a person's name, a date")
    blanks: int = Described(default=1, ge=1, description="lines that are left where nothing is known")

    @property
    def is_mandatory_and_blank(self) -> bool:
        """Return whether it has to be answered, and is not."""
        return self.mandatory and not self.values and not any(choice.is_ticked for choice in self.choices)


class FormSection(Model):
    """Fields under a heading."""

    title: str
    fields: tuple[Field, ...]


def list_missing_fields(form_sections: tuple[FormSection, ...]) -> tuple[Field, ...]:
    """Return the mandatory fields that are blank, in their order."""
    return tuple(field for part in form_sections for field in part.fields if field.is_mandatory_and_blank)


def build_blocks_of_printed_form(form_sections: tuple[FormSection, ...]) -> tuple[TextBlock, ...]:
    """Return the body of the document that a form is printed as."""
    return tuple(
        block for number, part in enumerate(form_sections, 1) for block in _iter_blocks_of_form_section(number, part)
    )


def _iter_blocks_of_form_section(number: int, form_section: FormSection) -> Iterator[TextBlock]:
    yield TextBlock(kind="heading", text=f"{number}. {form_section.title}")
    for field in form_section.fields:
        yield from _iter_blocks_of_form_field(field)


def _iter_blocks_of_form_field(field: Field) -> Iterator[TextBlock]:
    label = f"{field.label}{' (*)' if field.mandatory and field.is_starred else ''}:"
    if field.choices:
        yield TextBlock(kind="label", text=label)
        yield from _iter_tick_box_blocks(field)
    elif not field.values:
        yield TextBlock(kind="blank", text=label)
        yield from [TextBlock(kind="blank", text="")] * (field.blanks - 1)
    elif len(field.values) == 1:
        yield TextBlock(kind="filled", text=f"{label} {field.values[0]}")
    else:
        yield TextBlock(kind="label", text=label)
        yield from (TextBlock(kind="filled", text=f"- {value}") for value in field.values)


def _iter_tick_box_blocks(field: Field) -> Iterator[TextBlock]:
    """Yield boxes side by side; one after which something is written has a line of its own."""
    plain = [_format_tick_box(choice).replace(" ", _NBSP) for choice in field.choices if choice.more is None]
    if plain:
        yield TextBlock(kind="filled", text=_BETWEEN.join(plain))
    for choice in field.choices:
        if choice.more is not None:
            text = f"{_format_tick_box(choice)}: {choice.more}".rstrip()
            yield TextBlock(kind="filled" if choice.more else "blank", text=text)


def _format_tick_box(choice: Choice) -> str:
    return f"{BOX_CHECKED if choice.is_ticked else BOX_EMPTY} {choice.text}"
