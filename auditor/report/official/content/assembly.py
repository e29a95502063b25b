"""An official report as a whole. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

from auditor.report.official.content import annexes, body, form
from auditor.report.official.content.blocks import punctuate_items
from auditor.report.official.content.context import BLANK, ReportContext
from auditor.report.official.document import OfficialDocument


def build_document(context: ReportContext) -> OfficialDocument:
    """Return the whole document."""
    words = context.words
    rows = annexes.collect_rows(context)
    labels = annexes.assign_labels(context, rows)
    letter = context.kind == "cong-van"
    return OfficialDocument(
        lang=context.lang,
        kind=context.kind,
        name=words(
            "official.document_name", kind=form.describe_kind(context), unit=context.unit.name, month=context.month
        ),
        made=context.moments[0],
        superior=form.superior(context.figures.organisation, context.unit),
        agency=form.agency(context.unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=form.symbol(context.unit, context.kind)),
        place_and_date=words("official.place_and_date", place=form.place(context.unit), blank=BLANK),
        concerning=form.list_concerning_lines(context),
        circulation=words("official.circulation"),
        title="" if letter else words("official.title"),
        subject=() if letter else form.subject(context),
        greeting=words("official.greeting"),
        addressees=form.addressees(form.receivers(context, labels)),
        body=punctuate_items(
            body.write_request(context, labels) if context.downward else body.write_report(context, labels)
        ),
        recipients_title=words("official.recipients"),
        recipients=form.recipients(context.figures.organisation, context.unit, words),
        signing=form.list_signature_lines(context.unit, words),
        annexes=annexes.build_annexes(context, labels, rows),
    )
