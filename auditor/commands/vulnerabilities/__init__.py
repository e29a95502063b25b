"""``auditor vulnerabilities``: published data carried in, and what it says of our hosts."""

import typer

from auditor.commands.vulnerabilities import advisory, data, sbom, vex

app = typer.Typer(
    help="Vulnerabilities: import data, and check our hosts against it.", no_args_is_help=True, rich_markup_mode=None
)
app.command("import")(data.take_in)
app.command()(data.status)
app.command()(advisory.advisory)
app.command()(sbom.sbom)
app.add_typer(vex.app, name="vex")
