"""Declare ``auditor audit``."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from auditor.commands.options.common import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    BaselineOption,
    FailOnOption,
    FormatOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    LocalOption,
    OutputOption,
)
from auditor.commands.verbs.base import Verb
from auditor.models import Severity


@dataclass(frozen=True, kw_only=True)
class AuditOptions(Verb, runs="auditor.commands.audit:audit"):
    """Audit all hosts and sites; write report/index.html, findings.json and junit.xml, or the formats in --format.

    Exit code: 0 nothing open at or above --fail-on, 1 open findings, 2 usage or configuration error, 3 an applicable
    requirement could not be evaluated.

    With --baseline, 1 means one of these: a requirement that passed before is open; a requirement at or above --fail-on
    is newly open, or open in more places; a waiver has expired.

    Examples:
      auditor audit -i inventories/lab --output out/

      auditor audit -i inventories/lab --limit antruc.test --fail-on medium

      auditor audit -i inventories/lab --fail-on high --baseline last

      auditor audit --local

    """

    context: typer.Context
    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    output: OutputOption = DEFAULT_OUTPUT
    formats: FormatOption = DEFAULT_FORMATS
    fail_on: FailOnOption = Severity.HIGH
    baseline: BaselineOption = None
    local: LocalOption = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG
