"""``auditor indicators``: what others know to be bad, carried in, compared, and handed on."""

import typer

from auditor.commands.indicators import exchange, lists, match

app = typer.Typer(
    help="Indicators: known malicious addresses, domain names and hashes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("import")(lists.import_lists_of_indicators)
app.command("found")(lists.make_list_of_indicators_seen_here)
app.command("list")(lists.list_imported_indicator_lists)
app.command("remove")(lists.remove_list_of_indicators)
app.command("export")(lists.export_shareable_indicators)
app.command("match")(match.search_logs_for_indicators)
app.command("poll")(exchange.poll_taxii_collection_into_named_list)
app.command("push")(exchange.push_indicators_to_taxii_collection)
