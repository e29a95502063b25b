"""Which vulnerabilities are ours: verdicts, and the data that they rest on."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from auditor.models.base import Model

State = Literal["affected", "fixed", "restart_owed", "not_installed", "not_affected", "mitigated", "unknown"]
"""``restart_owed``: the fixed version is installed, and what runs is from before. ``unknown`` is never clean."""

REASONS = (
    "origin_backports",
    "origin_third_party",
    "origin_other_release",
    "origin_none",
    "origin_unknown",
    "undetermined",
    "no_fixed_version",
    "no_version",
    "end_of_life",
    "ignored",
    "postponed",
    "point_release",
    "no_fix",
    "never",
    "held",
    "update",
    "kernel",
    "mapped",
    "version",
    "changelog",
    "range",
    "no_data",
    "no_changelog",
    "no_changelogs",
    "some_changelogs",
    "product",
    "none_of_it",
    "not_in_release",
    "unread",
    "stated",
)
"""Why a verdict is what it is. In words: ``vulnerability.reason.KEY``."""


class ImportedSource(Model):
    """One file of data, as it was imported."""

    kind: str = Field(description="a name in ``auditor.vulnerabilities.kinds``")
    part: str = Field(description="what of a kind it is where several files make it up; empty: all")
    file: str = Field(description="its name")
    dated: date = Field(description="the day that it speaks of: its own, or that of the file")
    imported: str = Field(description="ISO 8601 with offset")
    sha256: str
    licence: str
    records: int
