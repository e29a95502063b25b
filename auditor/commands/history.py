"""``auditor history``: the kept runs, what changed between two, their chain, and what may go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption, RunArgument, YesOption
from auditor.errors import InputError
from auditor.history.retention import KEEP_DAYS
from auditor.models import clock

app = typer.Typer(
    help="Stored runs: list, compare, export, prune, verify.", no_args_is_help=True, rich_markup_mode=None
)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


@app.command("list")
def list_runs(
    inventory: Annotated[
        str | None, typer.Option("-i", "--inventory", metavar="INVENTORY", help="Only the runs of this inventory.")
    ] = None,
    newest: Annotated[int, typer.Option("--newest", metavar="N", min=1, help="Maximum number of runs.")] = 100,
    only_pruned: Annotated[bool, typer.Option("--pruned", help="List the deleted runs instead.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """List the stored runs, newest first.

    Examples:
      auditor history list -i inventories/lab

      auditor history list --pruned

    """
    from auditor.commands.output import console
    from auditor.commands.output.history import build_runs_table
    from auditor.history.runs import RunHistory
    from auditor.text.translations import Words

    words = Words(lang)
    if only_pruned:
        tombstones = RunHistory().list_pruned_runs()[:newest]
        if as_json:
            _print_json([vars(tombstone) for tombstone in tombstones])
            return
        for stone in tombstones:
            pruned_text = words("history.pruned_at", when=words.format_iso_moment(stone.pruned))
            console.out.print(
                f"{stone.id}  {words.format_iso_moment(stone.started)}  {stone.inventory}  {pruned_text}", markup=False
            )
        return
    history = RunHistory()
    entries = history.entries(inventory, limit=newest)
    if as_json:
        _print_json([vars(entry) for entry in entries])
    elif entries:
        console.out.print(build_runs_table(entries, words))
    elif inventory and (inventories := history.inventories()):
        console.out.print(words("history.none_of", inventory=inventory, kept=", ".join(inventories)), markup=False)
    else:
        console.out.print(words("history.none"))


@app.command("show")
def show_stored_run(run_id: RunArgument, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG) -> None:
    """Show a stored run as the audit showed it, with all open findings; with --json, the complete run.

    Example:
      auditor history show 20261124T1

    """
    from auditor.audit import controls
    from auditor.commands.output import console
    from auditor.commands.output.hunts import show_last_hunt_of_each_host
    from auditor.commands.output.reviews import show_last_review_of_each_site
    from auditor.commands.output.run import show_open_findings_by_control, show_run
    from auditor.history.runs import RunHistory
    from auditor.results.summary import summarize_run
    from auditor.text.translations import Words

    run = RunHistory().run(run_id)
    if as_json:
        typer.echo(run.model_dump_json(indent=1))
        return
    words = Words(lang)
    why = words(f"purpose.{run.purpose}").lower()
    console.out.print(f"{run.id}  {words.format_iso_moment(run.started)}  {why}  {run.inventory}", markup=False)
    show_run(run, summarize_run(run), lang)
    catalogue = controls.load_catalogue()
    show_open_findings_by_control(run, catalogue, lang)
    show_last_review_of_each_site(run, catalogue, words)
    show_last_hunt_of_each_host(run, catalogue, words)


@app.command("diff")
def compare_runs_by_site(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The earlier run: its ID or its beginning.", autocompletion=completions.complete_runs
        ),
    ],
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="[B]",
            help="The later run; default: the newest run of the same inventory.",
            autocompletion=completions.complete_runs,
        ),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Compare two runs by site: fixed, regressed, new and still open findings.

    Compares only what both runs contain; a finding that can no longer be evaluated is never counted as fixed.

    Example:
      auditor history diff 20261024T1 20261124T1

    """
    from auditor.audit import controls
    from auditor.commands.output.history import show_difference
    from auditor.history.runs import RunHistory
    from auditor.results.compare import build_run_difference_json_data, compute_difference

    history = RunHistory()
    earlier = history.run(before)
    later = history.run(after) if after else history.latest(earlier.inventory)
    if later is None or later.id == earlier.id:
        raise InputError(
            "there is no run after {run} to compare with",
            run=earlier.id,
            mend="give two runs from 'auditor history list'",
        )
    run_difference = compute_difference(earlier, later)
    if as_json:
        _print_json(build_run_difference_json_data(earlier, later, run_difference))
    else:
        show_difference(earlier, later, run_difference, controls.load_catalogue(), lang)


@app.command("export")
def export_run_or_whole_chain(
    target: Annotated[list[str], typer.Argument(metavar="[RUN] FILE", help="The run, and the file to write.")],
    whole_chain: Annotated[bool, typer.Option("--all", help="The whole chain, one link a line.")] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export a run as JSON, byte for byte as recorded in the chain; with --all, the whole chain as JSON lines.

    Only the owner can read the file. For a single run, its SHA-256 is the "document" of the run's link.

    Examples:
      auditor history export 20261124T1 run.json

      auditor history export --all history.jsonl

    """
    from auditor.history.runs import RunHistory
    from auditor.system import files

    if len(target) != (1 if whole_chain else 2):
        raise InputError(
            "export needs a run and a file, or --all and a file", mend="see 'auditor history export --help'"
        )
    path = Path(target[-1])
    if whole_chain:
        lines = (json.dumps(link, ensure_ascii=False).encode() + b"\n" for link in RunHistory().export())
        files.write_private(path, lines)
    else:
        files.write_private(path, [RunHistory().document(target[0])[1]])
    typer.echo(str(path))


@app.command("prune")
def prune_old_runs(
    keep_days: Annotated[
        int, typer.Option("--keep-days", metavar="DAYS", min=1, help="How long to keep every run.")
    ] = KEEP_DAYS,
    yes: YesOption = False,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """List old runs to delete, keeping the last one of each month; with --yes, delete them.

    The link of a deleted run stays in the chain: its existence, its date, and the date of deletion.

    Examples:
      auditor history prune

      auditor history prune --keep-days 365 --yes

    """
    from auditor.commands.output import console
    from auditor.commands.output.history import build_runs_table
    from auditor.history.retention import select_runs_to_prune
    from auditor.history.runs import RunHistory
    from auditor.text.translations import Words

    words = Words(lang)
    history = RunHistory()
    old = select_runs_to_prune(history.entries(limit=None), clock.now(), keep_days)
    if yes:
        history.prune([entry.id for entry in old], keep_days)
    if as_json:
        _print_json({"keep_days": keep_days, "pruned": yes, "runs": [vars(entry) for entry in old]})
        return
    if not old:
        console.out.print(words("history.nothing_to_prune"))
        return
    if yes:
        console.out.print(words("history.pruned_n", n=len(old)))
        return
    console.out.print(build_runs_table(old, words))
    console.out.print(words("history.would_prune_n", n=len(old), days=keep_days))


@app.command("verify")
def verify_chain_of_stored_runs(
    earlier_head: Annotated[
        str | None, typer.Option("--seen", metavar="HASH", help="A hash recorded earlier, which must be in the chain.")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Verify the chain of the stored runs and report the first broken link.

    Exit code: 0 the chain is intact, 1 it is broken, or does not contain --seen.

    Example:
      auditor history verify

    """
    from auditor.commands.output import console
    from auditor.history.runs import RunHistory
    from auditor.text.translations import Words

    words = Words(lang)
    verification = RunHistory().verify(earlier_head)
    broken_link = verification.broken
    if as_json:
        _print_json(
            {
                **vars(verification),
                "broken": broken_link and {**vars(broken_link), "why": broken_link.why.model_dump()},
            }
        )
    elif broken_link is None:
        console.out.print(
            words(
                "history.intact",
                links=verification.links,
                runs=verification.runs,
                pruned=verification.pruned,
                looks=verification.looks,
                hunts=verification.hunts,
            )
        )
        console.out.print(words("history.head", hash=verification.head), soft_wrap=True)
    else:
        console.err.print(
            words(
                "history.broken",
                position=broken_link.position,
                run=broken_link.run_id or "?",
                why=broken_link.why.get(lang),
            )
            if broken_link.position
            else words("history.unlinked", run=broken_link.run_id, why=broken_link.why.get(lang)),
            markup=False,
        )
    if earlier_head and not as_json:
        if verification.seen_at is None:
            console.err.print(words("history.unseen"))
        else:
            console.out.print(words("history.seen", position=verification.seen_at))
    raise typer.Exit(1 if broken_link or (earlier_head and verification.seen_at is None) else 0)
