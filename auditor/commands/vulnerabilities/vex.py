"""``auditor vulnerabilities vex``: what the office states, for others; and what others state, for the office."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, LangOption
from auditor.errors import InputError
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.vulnerabilities.vex import Form

app = typer.Typer(help="Statements on vulnerabilities, exchanged as VEX.", no_args_is_help=True, rich_markup_mode=None)
_MAX_LINES = 20


@app.command("write")
def export_statements_as_vex(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Output file: .openvex.json, or .cdx.json for CycloneDX 1.6.")
    ],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export the office's statements that are valid today as VEX. The same statements always produce an identical file.

    The file names the organization of the inventory, but not its hosts.

    Example:
      auditor vulnerabilities vex write out/tinh.openvex.json -i inventories/lab

    """
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.vulnerabilities import vex

    inventory_data = inventories.load_inventory(inventory)
    today = clock.today()
    valid_statements = [
        office_statement
        for office_statement in inventory_data.statements
        if office_statement.granted <= today <= office_statement.expires
    ]
    if not valid_statements:
        raise InputError("the office has no statement that is valid today", mend="see docs/en/vulnerabilities.md")
    office = inventory_data.organisation.name if inventory_data.organisation else "Lũy Tre"
    files.write_output(file, vex.render_statements_as_vex(valid_statements, _choose_vex_format_by_suffix(file), office))
    typer.echo(str(file))


@app.command("read")
def read_vex_as_statements(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OpenVEX 0.2, or CycloneDX with vulnerabilities.")],
    paper: Annotated[str, typer.Option("--id", metavar="ID", help="ID of the statements: ID, ID.2, ID.3 ….")],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Responsible office role.")],
    expires: Annotated[
        str, typer.Option("--expires", metavar="DATE", help="Last day of validity, such as 2027-05-20.")
    ],
    units: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="ID", help="Scope: offices.", autocompletion=completions.complete_office_units),
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host", metavar="HOST", help="Scope: hosts.", autocompletion=completions.complete_hosts_and_sites
        ),
    ] = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Read a VEX document and print it as entries for office/statements.yml, which the office approves and adds.

    Only "not affected" with a justification becomes an entry; everything else is listed on standard error. A statement
    takes effect only when it is in the office's own file, with a role and a last day.

    Example:
      auditor vulnerabilities vex read nha-cung-cap.openvex.json --id 31/TB-VX --role "Trưởng phòng" --expires 2027-05-20 --host web1

    """  # noqa: E501  an example of a command stays on one line
    import yaml

    from auditor.commands.output import console
    from auditor.inventory.spreadsheet_import.source import read_bounded_file_content
    from auditor.text.translations import Words
    from auditor.vulnerabilities import vex

    if not units and not hosts:
        raise InputError("the scope is missing", mend="use --unit or --host")
    vex_document = vex.parse_vex_document(read_bounded_file_content(file), file)
    words = Words(lang)
    for where, text in vex_document.passed_over[:_MAX_LINES]:
        console.err.print(console.escape_markup(words("vex.passed_over", where=where, text=repr(text))), soft_wrap=True)
    if len(vex_document.passed_over) > _MAX_LINES:
        console.err.print(words("and_more", n=len(vex_document.passed_over) - _MAX_LINES))
    scope = {**({"units": units} if units else {}), **({"hosts": hosts} if hosts else {})}
    entries = [
        {
            "id": paper if number == 1 else f"{paper}.{number}",
            "vulnerability": vex_statement.vulnerability,
            "product": vex_statement.product,
            "scope": dict(scope),
            "status": vex_statement.status,
            "justification": vex_statement.justification,
            "reason": vex_statement.reason or vex_statement.justification,
            "approver": role,
            "granted": clock.today(),
            "expires": _parse_day(expires),
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
