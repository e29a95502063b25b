"""An official report as a whole. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

from auditor.report.official.content import annexes, body, form
from auditor.report.official.content.blocks import punctuate_items
from auditor.report.official.content.context import BLANK, ReportContext
from auditor.report.official.document import OfficialDocument


def build_official_document(context: ReportContext) -> OfficialDocument:
    """Return the whole document."""
    words = context.words
    rows = annexes.collect_rows_by_annex(context)
    labels = annexes.assign_annex_labels_in_order(context, rows)
    letter = context.kind == "cong-van"
    return OfficialDocument(
        lang=context.lang,
        kind=context.kind,
        name=words(
            "official.document_name",
            kind=form.describe_document_kind(context),
            unit=context.reporting_unit.name,
            month=context.month_in_words,
        ),
        made=context.moments[0],
        superior=form.list_superior_office_header_lines(context.figures.organisation, context.reporting_unit),
        agency=form.list_office_header_lines(context.reporting_unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words(
            "official.number",
            blank=BLANK,
            symbol=form.make_document_number_symbol(context.reporting_unit, context.kind),
        ),
        place_and_date=words(
            "official.place_and_date", place=form.get_place_of_dating(context.reporting_unit), blank=BLANK
        ),
        concerning=form.list_lines_below_letter_number(context),
        circulation=words("official.circulation"),
        title="" if letter else words("official.title"),
        subject=() if letter else form.list_lines_below_report_title(context),
        greeting=words("official.greeting"),
        addressees=form.list_greeting_addressee_lines(form.list_greeted_receivers(context, labels)),
        body=punctuate_items(
            body.iter_blocks_of_letter_to_subordinates(context, labels)
            if context.is_letter_to_subordinates
            else body.iter_blocks_of_report_to_superiors(context, labels)
        ),
        recipients_title=words("official.recipients"),
        recipients=form.list_recipient_lines(context.figures.organisation, context.reporting_unit, words),
        signing=form.list_signature_lines(context.reporting_unit, words),
        annexes=annexes.build_annexes(context, labels, rows),
    )
