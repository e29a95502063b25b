"""Head and foot of an official report, by the rules for state documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.inventory import offices
from auditor.models import DocumentKind, Organisation, Unit
from auditor.report.official import metrics
from auditor.report.official.content.context import COMMITTEE, MAX_GREETED, ReportContext
from auditor.report.official.document import (
    HEADER_COLUMNS,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    PAGE,
    SIZE_AGENCY,
    SIZE_BODY,
    SIZE_CONCERNING,
    AnnexKey,
)
from auditor.text.translations import Words

_PLACES = ("tỉnh", "thành phố", "thị xã", "thị trấn", "huyện", "quận", "phường", "xã", "đặc khu")
_TEXT_WIDTH = PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT


def describe_document_kind(context: ReportContext) -> str:
    """Return what kind of document it is, in words."""
    return context.words(f"official.kind.{context.kind}")


def list_superior_office_header_lines(organisation: Organisation, unit: Unit) -> tuple[str, ...]:
    """Return the lines with the name of the office above, under which an office stands.

    A people's committee stands under nobody's name.
    """
    above = offices.find_superior(organisation, unit)
    if above is None or unit.name.startswith(COMMITTEE):
        return ()
    return _break_text_into_lines_of_width(above.name.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=False)


def list_office_header_lines(name: str) -> tuple[str, ...]:
    """Return the office's name in the header: a people's committee in two lines, its kind and its place."""
    rest = name.removeprefix(COMMITTEE).strip()
    parts = (COMMITTEE, rest) if rest != name and rest else (name,)
    return tuple(
        line
        for part in parts
        for line in _break_text_into_lines_of_width(part.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=True)
    )


def make_document_number_symbol(unit: Unit, kind: DocumentKind) -> str:
    """Return the letters of its number: what it is and whose."""
    own = unit.abbreviation or ("UBND" if unit.name.startswith(COMMITTEE) else "…")
    if kind == "cong-van":
        return f"{own}-{unit.drafter}" if unit.drafter else own
    return f"BC-{own}"


def get_place_of_dating(unit: Unit) -> str:
    """Return where it is dated: the place of the office, dots when nobody knows."""
    if unit.place:
        return unit.place
    kind = _get_area_kind_of_peoples_committee(unit.name)
    return unit.name.removeprefix(COMMITTEE).strip().removeprefix(f"{kind} ") if kind else "…"


def list_lines_below_report_title(context: ReportContext) -> tuple[str, ...]:
    """Return the lines below the title of a report."""
    text = context.words("official.subject", security=context.name_of_security_in_regime, month=context.month_in_words)
    return _break_text_into_lines_of_width(text, _TEXT_WIDTH * 0.8, SIZE_BODY, bold=True)


def list_lines_below_letter_number(context: ReportContext) -> tuple[str, ...]:
    """Return the lines below the number of a letter."""
    if context.kind != "cong-van":
        return ()
    return break_letter_subject_below_number(
        context.words(
            "official.concerning.request" if context.is_letter_to_subordinates else "official.concerning.report",
            security=context.name_of_security_in_regime,
            month=context.month_in_words,
        )
    )


def break_letter_subject_below_number(subject_text: str) -> tuple[str, ...]:
    """Return what a letter is about, in the lines that fit below its number."""
    return _break_text_into_lines_of_width(subject_text, HEADER_COLUMNS[0] - 4, SIZE_CONCERNING, bold=False)


def list_greeted_receivers(context: ReportContext, labels: Mapping[AnnexKey, str]) -> tuple[str, ...]:
    """Return who is greeted: by name, or, when they are many, as what they are; annex I has all of their names."""
    names = [
        unit.name
        for unit in (context.other_units_with_sites if context.is_letter_to_subordinates else context.superior_units)
    ]
    if len(names) <= MAX_GREETED:
        return tuple(names)
    kinds = {kind for name in names if (kind := _get_area_kind_of_peoples_committee(name))}
    others = [name for name in names if not _get_area_kind_of_peoples_committee(name)]
    if len(others) > MAX_GREETED:
        others = [context.words("official.greeting.others")]
    committees = [
        context.words(
            "official.greeting.committees", kinds=", ".join(place_kind for place_kind in _PLACES if place_kind in kinds)
        )
    ]
    receiver_names = [*(committees if kinds else ()), *others]
    return (
        *receiver_names[:-1],
        context.words("official.greeting.listed", last=receiver_names[-1], annex=labels["units"]),
    )


def list_greeting_addressee_lines(names: Sequence[str]) -> tuple[str, ...]:
    """Return the addressees as they stand: one beside the greeting, several below it, one a line."""
    return tuple(names) if len(names) == 1 else _format_dash_list(names)


def list_recipient_lines(
    organisation: Organisation,
    unit: Unit,
    words: Words,
    names_before_copies: Sequence[str] = (),
    addressee: str | None = None,
) -> tuple[str, ...]:
    """Return the lines of those who receive it; ``names_before_copies`` come before those who get copies.

    ``addressee``: whom "as above" means already, and who is not named again.
    """
    copies = dict.fromkeys(
        (
            *names_before_copies,
            *(copied_unit.name for copied_unit in offices.list_units_copied_on_reports(organisation, unit)),
        )
    )
    copies.pop(addressee or "", None)
    drafter = f", {unit.drafter}" if unit.drafter else ""
    return _format_dash_list([words("official.as_above"), *copies, words("official.kept", drafter=drafter)])


def _format_dash_list(names: Sequence[str]) -> tuple[str, ...]:
    """Return lines with a dash, each with a semicolon, the last with a full stop."""
    return tuple(f"- {name}{'.' if number == len(names) else ';'}" for number, name in enumerate(names, 1))


def list_signature_lines(unit: Unit, words: Words) -> tuple[str, ...]:
    """Return the lines above the signature: the office's own, or those of its kind."""
    if unit.signing:
        return unit.signing
    if unit.name.startswith(COMMITTEE):
        return (words("official.signing.committee"), words("official.signing.chair"))
    return (words("official.signing.head"),)


def _break_text_into_lines_of_width(text: str, width: float, size: float, *, bold: bool) -> tuple[str, ...]:
    return metrics.break_text_into_even_lines(
        text, lambda line: metrics.measure_text_width_in_mm(line, size, bold=bold), width
    )


def _get_area_kind_of_peoples_committee(office_name: str) -> str | None:
    """Return what a people's committee is of: a commune, a ward, …; None for another office."""
    place = office_name.removeprefix(COMMITTEE).strip()
    return next((kind for kind in _PLACES if place != office_name and place.startswith(f"{kind} ")), None)
