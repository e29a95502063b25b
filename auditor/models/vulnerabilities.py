"""Which vulnerabilities are ours: verdicts, and the data that they rest on."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from auditor.models.base import Model

DataKind = Literal["tracker", "wordfence", "kev", "epss", "support"]
State = Literal["affected", "fixed", "restart_owed", "not_installed", "not_affected", "mitigated", "unknown"]
"""``restart_owed``: the fixed version is installed, and what runs is from before. ``unknown`` is never clean."""


class Imported(Model):
    """One file of data, as it was imported."""

    kind: DataKind
    part: str = Field(description="what of a kind it is where several files make it up; empty: all")
    file: str = Field(description="its name")
    dated: date = Field(description="the day that it speaks of: its own, or that of the file")
    imported: str = Field(description="ISO 8601 with offset")
    sha256: str
    licence: str
    records: int
