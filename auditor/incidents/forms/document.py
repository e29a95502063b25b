"""From an incident to a form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from auditor.errors import InputError
from auditor.incidents.case import IncidentCase
from auditor.incidents.forms.prefill import FormPrefill, get_time_of_last_informative_entry
from auditor.incidents.forms.schema import (
    BY_HAND,
    CHOICES,
    FINAL_FORM,
    FORMS,
    LONG,
    OF_OFFICE,
    OF_REPORT,
    OF_SYSTEM,
    REGIME,
    STARLESS,
    WITH_TEXT,
    SectionSchema,
)
from auditor.inventory import offices, systems
from auditor.inventory.exceptions import get_office_folder_of_inventory
from auditor.models import Inventory, Lang, Organisation, Run
from auditor.models.incidents import FilledFormEvent
from auditor.models.ranks import Form, Question
from auditor.report.official import docx, metrics
from auditor.report.official.content import form as head
from auditor.report.official.content.context import BLANK
from auditor.report.official.document import (
    FORM_KEYWORD,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    PAGE,
    SIZE_BODY,
    OfficialDocument,
    TextBlock,
)
from auditor.report.official.form import Choice, Field, FormSection, build_blocks_of_printed_form, list_missing_fields
from auditor.report.official.monthly import get_reporting_unit
from auditor.report.official.writer import DocumentToWrite, WrittenDocument
from auditor.text.translations import Words

BLANK_LINE = "…" * 30
"""Where an addressee is written by hand."""


def choose_form(case: IncidentCase, requested_form: Form | None) -> Form:
    """Return the form that is asked for, or that of what is owed next, or the closing one.

    Raises InputError for one of another regime.
    """
    if requested_form is None:
        of = OF_REPORT[case.regime]
        return next(
            (of[due.report] for due in case.list_unsent_owed_reports() if due.report in of), FINAL_FORM[case.regime]
        )
    if REGIME[requested_form] != case.regime:
        raise InputError(
            "--form {form} belongs to the rules of {regime}, but {incident} to those of {own}",
            form=requested_form,
            regime=REGIME[requested_form],
            incident=case.id,
            own=case.regime,
            mend="one of: {forms}",
            forms=", ".join(name for name, regime in REGIME.items() if regime == case.regime),
        )
    return requested_form


def choose_reporting_unit(case: IncidentCase, inventory: Inventory, unit_id: str | None) -> str:
    """Return the unit that reports.

    That which is named, or the only one that has the incident's sites and hosts, or the nearest above all of these.
    Raises InputError.
    """
    if unit_id is not None:
        return unit_id
    subjects = {*case.subjects}
    units = {site.unit or host.unit for host in inventory.hosts for site in host.sites if site.domain in subjects}
    units = units or {host.unit for host in inventory.hosts if host.name in subjects}
    unit_names = sorted(filter(None, units))
    if (
        len(unit_names) > 1
        and (above := _find_nearest_common_parent_unit(inventory.organisation, unit_names)) is not None
    ):
        return above
    if len(unit_names) != 1:
        raise InputError(
            "the sites of {incident} belong to {count} units",
            incident=case.id,
            count=len(unit_names),
            mend="choose the reporting unit with --unit",
        )
    return unit_names[0]


def _find_nearest_common_parent_unit(organisation: Organisation | None, unit_ids: Sequence[str]) -> str | None:
    """Return the nearest unit that all of these are within; None where none is."""
    if organisation is None:
        return None
    ways = [
        [step.id for step in offices.iter_units_upward_to_top(organisation, unit)]
        for unit_id in unit_ids
        if (unit := organisation.find_unit_by_id(unit_id)) is not None
    ]
    return (
        next((unit_name for unit_name in ways[0] if all(unit_name in way for way in ways)), None)
        if len(ways) == len(unit_ids)
        else None
    )


def list_unanswered_mandatory_questions(prefill: FormPrefill) -> tuple[Question, ...]:
    """Return what is mandatory in a form and is answered by people alone, as far as nobody has."""
    pairs = zip(FORMS[prefill.form], fill_sections_of_form(prefill), strict=True)
    fields = ((name, field) for section, part in pairs for name, field in zip(section.fields, part.fields, strict=True))
    return tuple(
        question
        for name, field in fields
        for question in get_args(Question)
        if question == name and field.is_mandatory_and_blank and not field.by_hand
    )


def gather_known_values_for_form(
    case: IncidentCase, form: Form, inventory: Inventory, unit_id: str, newest_audit: Run | None, lang: Lang
) -> FormPrefill:
    """Return all that is known for a form.

    Raises InputError for a unit that cannot report, and for papers that are wrong.
    """
    organisation, unit = get_reporting_unit(inventory, unit_id)
    papers = get_office_folder_of_inventory(inventory.path)
    declared_systems = (
        systems.load_information_systems(papers, organisation, inventory.hosts)
        if (papers / systems.FILE).is_file()
        else None
    )
    return FormPrefill(
        case=case,
        form=form,
        inventory=inventory,
        organisation=organisation,
        unit=offices.resolve_successor(organisation, unit),
        declared_systems=declared_systems,
        systems_read={outcome.host: outcome.os for outcome in newest_audit.outcomes if outcome.os}
        if newest_audit
        else {},
        words=Words(lang),
    )


def build_form(prefill: FormPrefill) -> DocumentToWrite:
    """Return a form, whose files are for their owner only; its notices name what nobody has answered, and where to.

    The same ledger and papers, the same bytes.
    """
    filled_parts = fill_sections_of_form(prefill)
    return DocumentToWrite(
        name=f"su-co-{prefill.case.id}-{prefill.form}",
        document=build_document(prefill, filled_parts),
        template=docx.FORM_TEMPLATE,
        notices=(
            *_warn_of_undeclared_incident_authority(prefill),
            *_explain_where_to_fill_missing_fields(prefill, filled_parts),
        ),
        is_private=True,
    )


def record_filled_form(form: Form, to_write: DocumentToWrite, written: WrittenDocument) -> FilledFormEvent:
    """Return the event that a form was filled in."""
    return FilledFormEvent(
        form=form,
        docx=written.sha256[f"{to_write.name}.docx"],
        pdf=written.sha256[f"{to_write.name}.pdf"],
        missing=len(to_write.notices),
    )


def list_blank_fields_to_fill_in_by_hand(prefill: FormPrefill) -> tuple[str, ...]:
    """Return the labels of mandatory fields that people write on the paper."""
    return tuple(field.label for field in list_missing_fields(fill_sections_of_form(prefill)) if field.by_hand)


def fill_sections_of_form(prefill: FormPrefill) -> tuple[FormSection, ...]:
    """Return the form, as far as it can be filled in."""
    words = prefill.words
    return tuple(
        FormSection(
            title=words(f"form.part.{section.title}"), fields=tuple(_iter_filled_fields_of_section(prefill, section))
        )
        for section in FORMS[prefill.form]
    )


def _iter_filled_fields_of_section(prefill: FormPrefill, section: SectionSchema) -> Iterator[Field]:
    words = prefill.words
    for name in section.fields:
        yield Field(
            label=words(f"form.field.{name}"),
            values=() if name in CHOICES or name in BY_HAND else prefill.list_values_of_form_field(name),
            choices=_build_checkboxes_of_form_field(prefill, name) if name in CHOICES else (),
            mandatory=name in section.mandatory,
            is_starred=prefill.form not in STARLESS,
            by_hand=name in BY_HAND,
            blanks=LONG.get(name, 1),
        )


def _build_checkboxes_of_form_field(prefill: FormPrefill, field_name: str) -> tuple[Choice, ...]:
    words, ticked_boxes = prefill.words, prefill.list_ticked_boxes_of_form_field(field_name)
    return tuple(
        Choice(
            text=words(f"form.choice.{field_name}.{choice}"),
            is_ticked=choice in ticked_boxes,
            more=ticked_boxes.get(choice, "") if (field_name, choice) in WITH_TEXT else None,
        )
        for choice in CHOICES[field_name]
    )


def find_form_values_missing_in_office_files(prefill: FormPrefill) -> Iterator[str]:
    """Yield what the office's papers leave blank in a form, each with where to write it.

    What a person answers in an incident is not in it.
    """
    yield from _warn_of_undeclared_incident_authority(prefill)
    yield from _explain_where_to_fill_missing_fields(prefill, fill_sections_of_form(prefill), only_office_files=True)


def _warn_of_undeclared_incident_authority(prefill: FormPrefill) -> Iterator[str]:
    if prefill.case.regime not in prefill.organisation.incident_authority:
        yield prefill.words("form.unknown.authority", regime=prefill.case.regime)


def _explain_where_to_fill_missing_fields(
    prefill: FormPrefill, filled_parts: tuple[FormSection, ...], *, only_office_files: bool = False
) -> Iterator[str]:
    words = prefill.words
    for section, part in zip(FORMS[prefill.form], filled_parts, strict=True):
        for name, field in zip(section.fields, part.fields, strict=True):
            if field.is_mandatory_and_blank and not field.by_hand:
                where = "office" if name in OF_OFFICE else "systems" if name in OF_SYSTEM else "answer"
                if not (only_office_files and where == "answer"):
                    yield words(f"form.unknown.{where}", field=field.label, name=name, incident=prefill.case.id)


def build_document(prefill: FormPrefill, filled_parts: tuple[FormSection, ...]) -> OfficialDocument:
    """Return the form as a state document."""
    words, unit = prefill.words, prefill.unit
    authority = prefill.organisation.incident_authority.get(prefill.case.regime)
    return OfficialDocument(
        lang=words.lang,
        kind="bao-cao",
        keyword=FORM_KEYWORD,
        name=f"{words(f'form.name.{prefill.form}')}, {prefill.case.id}",
        made=get_time_of_last_informative_entry(prefill.case),
        superior=head.list_superior_office_header_lines(prefill.organisation, unit),
        agency=head.list_office_header_lines(unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=_get_document_type_symbol_of_form(prefill)),
        place_and_date=words("official.place_and_date", place=head.get_place_of_dating(unit), blank=BLANK),
        concerning=(),
        circulation=words("official.circulation"),
        title=words(f"form.title.{prefill.form}"),
        subject=_wrap_document_subject_to_page_width(words(f"form.basis.{prefill.form}")),
        greeting=words("official.greeting"),
        addressees=_list_authority_name_and_address(prefill),
        body=(
            *build_blocks_of_printed_form(filled_parts),
            *([] if prefill.form in STARLESS else [TextBlock(kind="closing", text=words("form.mandatory"))]),
        ),
        recipients_title=words("official.recipients"),
        recipients=head.list_recipient_lines(
            prefill.organisation,
            unit,
            words,
            names_before_copies=_list_superior_unit_names(prefill) if prefill.case.regime == "2026" else (),
            addressee=authority.name if authority else None,
        ),
        signing=head.list_signature_lines(unit, words),
        annexes=(),
    )


def _get_document_type_symbol_of_form(prefill: FormPrefill) -> str:
    """Return the letters of its number: the notice of 24 hours is a notice (TB), all others are reports (BC)."""
    own = head.make_document_number_symbol(prefill.unit, "bao-cao")
    return f"TB-{own.removeprefix('BC-')}" if prefill.form == "first" else own


def _list_authority_name_and_address(prefill: FormPrefill) -> tuple[str, ...]:
    """Return who is addressed: the authority of the incident's regime, with its address below its name.

    A blank line where none is declared.

    2026: the specialised force of the Ministry of Public Security alone (Decree 331/2026, article 31.2.d). 2022: the
    co-ordinating agency and the office above (Decision 05/2017, Circular 20/2017).
    """
    authority = prefill.organisation.incident_authority.get(prefill.case.regime)
    authority_lines = ("; ".join((authority.name, *authority.address)),) if authority else (BLANK_LINE,)
    return head.list_greeting_addressee_lines(
        (*authority_lines, *(_list_superior_unit_names(prefill) if prefill.case.regime == "2022" else ()))
    )


def _list_superior_unit_names(prefill: FormPrefill) -> tuple[str, ...]:
    return tuple(above.name for above in offices.list_units_reported_to(prefill.organisation, prefill.unit))


def _wrap_document_subject_to_page_width(subject: str) -> tuple[str, ...]:
    width = (PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT) * 0.8
    return metrics.break_text_into_even_lines(
        subject, lambda line: metrics.measure_text_width_in_mm(line, SIZE_BODY, bold=True), width
    )
