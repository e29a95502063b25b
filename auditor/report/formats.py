"""What a run can be written as."""

from __future__ import annotations

import enum


class Format(enum.StrEnum):
    """The formats that a run can be written in."""

    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    CSV = "csv"
    XLSX = "xlsx"
    SARIF = "sarif"
    OSCAL = "oscal"


USUAL_FORMATS: frozenset[Format] = frozenset({Format.HTML, Format.JSON, Format.JUNIT})
"""What an audit writes unless it is told otherwise."""
