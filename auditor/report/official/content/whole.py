"""An official report as a whole. Pure: figures in, one document out, the same for DOCX and PDF.

Host names, addresses and texts that hosts sent do not occur in it: they are the technical annex's alone.
"""

from __future__ import annotations

from auditor.report.official.content import annexes, body, form
from auditor.report.official.content.blocks import punctuated
from auditor.report.official.content.given import BLANK, Given
from auditor.report.official.document import Document


def document(given: Given) -> Document:
    """The whole document."""
    words = given.words
    rows = annexes.rows(given)
    labels = annexes.labels(given, rows)
    letter = given.kind == "cong-van"
    return Document(
        lang=given.lang,
        kind=given.kind,
        name=words("official.document_name", kind=form.kind(given), unit=given.unit.name, month=given.month),
        made=given.moments[0],
        superior=form.superior(given.figures.organisation, given.unit),
        agency=form.agency(given.unit.name),
        nation=words("official.nation"),
        motto=words("official.motto"),
        number=words("official.number", blank=BLANK, symbol=form.symbol(given.unit, given.kind)),
        place_and_date=words("official.place_and_date", place=form.place(given.unit), blank=BLANK),
        concerning=form.concerning(given),
        circulation=words("official.circulation"),
        title="" if letter else words("official.title"),
        subject=() if letter else form.subject(given),
        greeting=words("official.greeting"),
        addressees=form.addressees(form.receivers(given, labels)),
        body=punctuated(body.request(given, labels) if given.downward else body.report(given, labels)),
        recipients_title=words("official.recipients"),
        recipients=form.recipients(given.figures.organisation, given.unit, words),
        signing=form.signing(given.unit, words),
        annexes=annexes.tables(given, labels, rows),
    )
