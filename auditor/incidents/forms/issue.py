"""From an incident to the files of a form: none is put in place before both are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from auditor.errors import InputError
from auditor.incidents.case import Case
from auditor.incidents.forms.asked import (
    BY_HAND,
    CHOICES,
    CLOSING,
    FORMS,
    LONG,
    OF_OFFICE,
    OF_REPORT,
    OF_SYSTEM,
    REGIME,
    STARLESS,
    WITH_TEXT,
    Asked,
)
from auditor.incidents.forms.known import Known, made
from auditor.inventory import offices, systems
from auditor.inventory.papers import folder
from auditor.models import Inventory, Lang, Organisation, Run
from auditor.models.incidents import FilledIn
from auditor.models.ranks import Form, Question
from auditor.report.official import docx, metrics, pdf, template
from auditor.report.official.content import form as head
from auditor.report.official.content.given import BLANK
from auditor.report.official.document import FORM_KEYWORD, MARGIN_LEFT, MARGIN_RIGHT, PAGE, SIZE_BODY, Block, Document
from auditor.report.official.form import Choice, Field, Part, blocks, missing
from auditor.report.official.issue import office
from auditor.system import files as publish
from auditor.text.words import Words

BLANK_LINE = "…" * 30
"""Where an addressee is written by hand."""


class Issued(NamedTuple):
    """What was written, and what is mandatory and still blank."""

    files: tuple[Path, ...]
    deed: FilledIn
    by_hand: tuple[str, ...]
    """Labels of what people write on the paper."""
    unknown: tuple[str, ...]
    """Sentences: which field nobody has answered, and where that is done."""


def wanted(case: Case, form: Form | None) -> Form:
    """The form that is asked for, or that of what is owed next, or the closing one. Raises InputError for one of another regime."""
    if form is None:
        of = OF_REPORT[case.regime]
        return next((of[due.report] for due in case.owed() if due.report in of), CLOSING[case.regime])
    if REGIME[form] != case.regime:
        raise InputError(
            "--form {form} belongs to the rules of {regime}, but {incident} to those of {own}",
            form=form,
            regime=REGIME[form],
            incident=case.id,
            own=case.regime,
            mend="one of: {forms}",
            forms=", ".join(name for name, regime in REGIME.items() if regime == case.regime),
        )
    return form


def reporting(case: Case, inventory: Inventory, unit_id: str | None) -> str:
    """The unit that reports: that which is named, or the only one that has the incident's sites and hosts, or the nearest above all of these. Raises InputError."""
    if unit_id is not None:
        return unit_id
    subjects = {*case.subjects}
    units = {site.unit or host.unit for host in inventory.hosts for site in host.sites if site.domain in subjects}
    units = units or {host.unit for host in inventory.hosts if host.name in subjects}
    known = sorted(filter(None, units))
    if len(known) > 1 and (above := _above_all(inventory.organisation, known)) is not None:
        return above
    if len(known) != 1:
        raise InputError(
            "the sites of {incident} belong to {count} units",
            incident=case.id,
            count=len(known),
            mend="choose the reporting unit with --unit",
        )
    return known[0]


def _above_all(organisation: Organisation | None, unit_ids: Sequence[str]) -> str | None:
    """The nearest unit that all of these are within; None where none is."""
    if organisation is None:
        return None
    ways = [
        [step.id for step in offices.upward(organisation, unit)]
        for unit_id in unit_ids
        if (unit := organisation.unit(unit_id)) is not None
    ]
    return (
        next((one for one in ways[0] if all(one in way for way in ways)), None) if len(ways) == len(unit_ids) else None
    )


def questions(of: Known) -> tuple[Question, ...]:
    """Return what is mandatory in a form and is answered by people alone, as far as nobody has."""
    pairs = zip(FORMS[of.form], parts(of), strict=True)
    fields = ((name, field) for asked, part in pairs for name, field in zip(asked.fields, part.fields, strict=True))
    return tuple(
        question
        for name, field in fields
        for question in get_args(Question)
        if question == name and field.missing and not field.by_hand
    )


def known(case: Case, form: Form, inventory: Inventory, unit_id: str, newest: Run | None, lang: Lang) -> Known:
    """All that is known for a form. Raises InputError for a unit that cannot report, and for papers that are wrong."""
    organisation, unit = office(inventory, unit_id)
    papers = folder(inventory.path)
    declared = systems.load(papers, organisation, inventory.hosts) if (papers / systems.FILE).is_file() else None
    return Known(
        case=case,
        form=form,
        inventory=inventory,
        organisation=organisation,
        unit=offices.today(organisation, unit),
        declared=declared,
        systems_read={one.host: one.os for one in newest.outcomes if one.os} if newest else {},
        words=Words(lang),
    )


def write(of: Known, output: Path) -> Issued:
    """Write a form as DOCX and PDF/A, for their owner only. The same ledger and papers, the same bytes. Raises InputError."""
    filled = parts(of)
    paper = document(of, filled)
    word, printed = docx.render(paper, template.FORM), pdf.printed(dict(pdf.sheets(paper))[""])
    blank = missing(filled)
    unknown = (*_without_authority(of), *_unknown(of, filled))
    name = f"su-co-{of.case.id}-{of.form}"
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "cannot make the folder {folder}: {why}", folder=output, why=error.strerror, mend="choose another --output"
        ) from error
    made_files = tuple(
        publish.private(output / f"{name}{suffix}", [content])
        for suffix, content in ((".docx", word), (".pdf", printed))
    )
    deed = FilledIn(
        form=of.form,
        docx=hashlib.sha256(word).hexdigest(),
        pdf=hashlib.sha256(printed).hexdigest(),
        missing=len(unknown),
    )
    return Issued(made_files, deed, tuple(field.label for field in blank if field.by_hand), unknown)


def parts(of: Known) -> tuple[Part, ...]:
    """The form, as far as it can be filled in."""
    words = of.words
    return tuple(
        Part(title=words(f"form.part.{asked.title}"), fields=tuple(_fields(of, asked))) for asked in FORMS[of.form]
    )


def _fields(of: Known, asked: Asked) -> Iterator[Field]:
    words = of.words
    for name in asked.fields:
        yield Field(
            label=words(f"form.field.{name}"),
            values=() if name in CHOICES or name in BY_HAND else of.text(name),
            choices=_choices(of, name) if name in CHOICES else (),
            mandatory=name in asked.mandatory,
            starred=of.form not in STARLESS,
            by_hand=name in BY_HAND,
            blanks=LONG.get(name, 1),
        )


def _choices(of: Known, name: str) -> tuple[Choice, ...]:
    words, ticked = of.words, of.ticked(name)
    return tuple(
        Choice(
            text=words(f"form.choice.{name}.{choice}"),
            ticked=choice in ticked,
            more=ticked.get(choice, "") if (name, choice) in WITH_TEXT else None,
        )
        for choice in CHOICES[name]
    )


def unknown_of_office(of: Known) -> Iterator[str]:
    """Yield what the office's papers leave blank in a form, each with where to write it; what a person answers in an incident is not in it."""
    yield from _without_authority(of)
    yield from _unknown(of, parts(of), of_papers=True)


def _without_authority(of: Known) -> Iterator[str]:
    if of.case.regime not in of.organisation.incident_authority:
        yield of.words("form.unknown.authority", regime=of.case.regime)


def _unknown(of: Known, filled: tuple[Part, ...], *, of_papers: bool = False) -> Iterator[str]:
    words = of.words
    for asked, part in zip(FORMS[of.form], filled, strict=True):
        for name, field in zip(asked.fields, part.fields, strict=True):
            if field.missing and not field.by_hand:
                where = "office" if name in OF_OFFICE else "systems" if name in OF_SYSTEM else "answer"
                if not (of_papers and where == "answer"):
                    yield words(f"form.unknown.{where}", field=field.label, name=name, incident=of.case.id)


def document(of: Known, filled: tuple[Part, ...]) -> Document:
    """The form as a state document."""
    words, unit = of.words, of.unit
    authority = of.organisation.incident_authority.get(of.case.regime)
    return Document(
        lang=words.lang,
        kind="bao-cao",
        keyword=FORM_KEYWORD,
        name=f"{words(f'form.name.{of.form}')}, {of.case.id}",
        made=made(of.case),
        superior=head.superior(of.organisation, unit),
        agency=head.agency(unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=_symbol(of)),
        place_and_date=words("official.place_and_date", place=head.place(unit), blank=BLANK),
        concerning=(),
        circulation=words("official.circulation"),
        title=words(f"form.title.{of.form}"),
        subject=_subject(words(f"form.basis.{of.form}")),
        greeting=words("official.greeting"),
        addressees=_addressees(of),
        body=(*blocks(filled), *([] if of.form in STARLESS else [Block(kind="closing", text=words("form.mandatory"))])),
        recipients_title=words("official.recipients"),
        recipients=head.recipients(
            of.organisation,
            unit,
            words,
            besides=_above(of) if of.case.regime == "2026" else (),
            addressed=authority.name if authority else None,
        ),
        signing=head.signing(unit, words),
        annexes=(),
    )


def _symbol(of: Known) -> str:
    """Return the letters of its number: the notice of 24 hours is a notice (TB), all others are reports (BC)."""
    own = head.symbol(of.unit, "bao-cao")
    return f"TB-{own.removeprefix('BC-')}" if of.form == "first" else own


def _addressees(of: Known) -> tuple[str, ...]:
    """Return who is addressed: the authority of the incident's regime, with its address below its name; a blank line where none is declared.

    2026: the specialised force of the Ministry of Public Security alone (Decree 331/2026, article 31.2.d). 2022: the co-ordinating agency
    and the office above (Decision 05/2017, Circular 20/2017).
    """
    authority = of.organisation.incident_authority.get(of.case.regime)
    named = ("; ".join((authority.name, *authority.address)),) if authority else (BLANK_LINE,)
    return head.addressees((*named, *(_above(of) if of.case.regime == "2022" else ())))


def _above(of: Known) -> tuple[str, ...]:
    return tuple(above.name for above in offices.addressees(of.organisation, of.unit))


def _subject(text: str) -> tuple[str, ...]:
    width = (PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT) * 0.8
    return metrics.lines(text, lambda line: metrics.width(line, SIZE_BODY, bold=True), width)
