"""What the visitors of one address were answered, read once: what every detector looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.content.page import charset
from auditor.content.page.extract import PageExtract
from auditor.scans.responses import PageVisit, Visitor, VisitorResponse


@dataclass(frozen=True)
class PageAnswers:
    """An address, and what each of its visitors was shown."""

    visit: PageVisit
    extracts: Mapping[Visitor, PageExtract]

    @property
    def plain(self) -> VisitorResponse:
        """Return the answer that a person gets who comes by no link."""
        return self.visit.responses[0]

    @property
    def page(self) -> PageExtract:
        """Return what that answer holds."""
        return self.extracts[self.plain.visitor]

    @property
    def media_type(self) -> str:
        """Return what that answer says it is, empty when it says nothing."""
        return self.plain.headers.get("content-type", "")

    def decode_body(self, media_type: str = "") -> str:
        """Return that answer's text, in the character set that it names or has."""
        return charset.decode_page_body(self.plain.body, media_type)
