"""``auditor vulnerabilities``: published data carried in, and what it says of our hosts."""

import typer

from auditor.commands.vulnerabilities import advisory, data, sbom, vex

app = typer.Typer(
    help="Vulnerabilities: import data, and check our hosts against it.", no_args_is_help=True, rich_markup_mode=None
)
app.command("import")(data.import_vulnerability_data)
app.command("status")(data.list_imported_vulnerability_data)
app.command("advisory")(advisory.answer_list_of_cves)
app.command("sbom")(sbom.write_sbom_of_host)
app.add_typer(vex.app, name="vex")
