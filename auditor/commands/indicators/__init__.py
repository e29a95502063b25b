"""``auditor indicators``: what others know to be bad, carried in, compared, and handed on."""

import typer

from auditor.commands.indicators import exchange, lists, match

app = typer.Typer(
    help="Indicators: known malicious addresses, domain names and hashes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("import")(lists.take_in)
app.command()(lists.found)
app.command("list")(lists.show)
app.command()(lists.remove)
app.command()(lists.export)
app.command()(match.match)
app.command()(exchange.poll)
app.command()(exchange.push)
