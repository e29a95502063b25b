"""``auditor vulnerabilities vex``: what the office states, for others; and what others state, for the office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
import yaml

from auditor.commands.output import console
from auditor.commands.verbs.vulnerabilities import VulnerabilitiesVexReadOptions, VulnerabilitiesVexWriteOptions
from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory.spreadsheet_import.source import read_bounded_file_content
from auditor.models import clock
from auditor.system import files
from auditor.text.translations import Words
from auditor.vulnerabilities import vex
from auditor.vulnerabilities.vex import Form

_MAX_LINES = 20


def export_statements_as_vex(options: VulnerabilitiesVexWriteOptions) -> None:
    """Run ``auditor vulnerabilities vex write``."""
    inventory_data = inventories.load_inventory(options.inventory)
    today = clock.today()
    valid_statements = [
        office_statement for office_statement in inventory_data.statements if office_statement.is_in_force_on_day(today)
    ]
    if not valid_statements:
        raise InputError("the office has no statement that is valid today", mend="see docs/en/vulnerabilities.md")
    office = inventory_data.organisation.name if inventory_data.organisation else "Lũy Tre"
    files.write_output(
        options.file, vex.render_statements_as_vex(valid_statements, _choose_vex_format_by_suffix(options.file), office)
    )
    typer.echo(str(options.file))


def read_vex_as_statements(options: VulnerabilitiesVexReadOptions) -> None:
    """Run ``auditor vulnerabilities vex read``."""
    if not options.units and not options.hosts:
        raise InputError("the scope is missing", mend="use --unit or --host")
    vex_document = vex.parse_vex_document(read_bounded_file_content(options.file), options.file)
    words = Words(options.lang)
    for where, text in vex_document.passed_over[:_MAX_LINES]:
        console.err.print(console.escape_markup(words("vex.passed_over", where=where, text=repr(text))), soft_wrap=True)
    if len(vex_document.passed_over) > _MAX_LINES:
        console.err.print(words("and_more", n=len(vex_document.passed_over) - _MAX_LINES))
    scope = {
        **({"units": options.units} if options.units else {}),
        **({"hosts": options.hosts} if options.hosts else {}),
    }
    entries = [
        {
            "id": options.paper if number == 1 else f"{options.paper}.{number}",
            "vulnerability": vex_statement.vulnerability,
            "product": vex_statement.product,
            "scope": dict(scope),
            "status": vex_statement.status,
            "justification": vex_statement.justification,
            "reason": vex_statement.reason or vex_statement.justification,
            "approver": options.role,
            "granted": clock.today(),
            "expires": _parse_day(options.expires),
        }
        for number, vex_statement in enumerate(vex_document.statements, 1)
    ]
    if entries:
        typer.echo(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False), nl=False)


def _parse_day(text: str) -> Any:
    try:
        return clock.parse_day(text)
    except ValueError:
        raise typer.BadParameter(f"{text}: not a date; write it as 2026-12-31") from None


def _choose_vex_format_by_suffix(file: Path) -> Form:
    if file.name.endswith(".openvex.json"):
        return "openvex"
    if file.name.endswith(".cdx.json"):
        return "cyclonedx"
    raise InputError(
        "the format cannot be determined from the name",
        file=file,
        mend="use a name that ends in .openvex.json or .cdx.json",
    )
