"""``auditor history``: the kept runs, what changed between two, their chain, and what may go."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from auditor.audit import controls
from auditor.commands.output import console
from auditor.commands.output.history import build_runs_table, show_difference
from auditor.commands.output.hunts import show_last_hunt_of_each_host
from auditor.commands.output.reviews import show_last_review_of_each_site
from auditor.commands.output.run import show_open_findings_by_control, show_run
from auditor.commands.verbs.history import (
    HistoryDiffOptions,
    HistoryExportOptions,
    HistoryListOptions,
    HistoryPruneOptions,
    HistoryShowOptions,
    HistoryVerifyOptions,
)
from auditor.errors import InputError
from auditor.history.retention import select_runs_to_prune
from auditor.history.runs import RunHistory
from auditor.models import clock
from auditor.results.compare import build_run_difference_json_data, compute_difference
from auditor.results.summary import summarize_run
from auditor.system import files
from auditor.text.translations import Words


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


def list_runs(options: HistoryListOptions) -> None:
    """Run ``auditor history list``."""
    words = Words(options.lang)
    if options.only_pruned:
        tombstones = RunHistory().list_pruned_runs()[: options.newest]
        if options.as_json:
            _print_json([vars(tombstone) for tombstone in tombstones])
            return
        for stone in tombstones:
            pruned_text = words("history.pruned_at", when=words.format_iso_moment(stone.pruned))
            console.out.print(
                f"{stone.id}  {words.format_iso_moment(stone.started)}  {stone.inventory}  {pruned_text}", markup=False
            )
        return
    history = RunHistory()
    entries = history.entries(options.inventory, limit=options.newest)
    if options.as_json:
        _print_json([vars(entry) for entry in entries])
    elif entries:
        console.out.print(build_runs_table(entries, words))
    elif options.inventory and (inventories := history.inventories()):
        console.out.print(
            words("history.none_of", inventory=options.inventory, kept=", ".join(inventories)), markup=False
        )
    else:
        console.out.print(words("history.none"))


def show_stored_run(options: HistoryShowOptions) -> None:
    """Run ``auditor history show``."""
    run = RunHistory().run(options.run_id)
    if options.as_json:
        typer.echo(run.model_dump_json(indent=1))
        return
    words = Words(options.lang)
    why = words(f"purpose.{run.purpose}").lower()
    console.out.print(f"{run.id}  {words.format_iso_moment(run.started)}  {why}  {run.inventory}", markup=False)
    show_run(run, summarize_run(run), options.lang)
    catalogue = controls.load_catalogue()
    show_open_findings_by_control(run, catalogue, options.lang)
    show_last_review_of_each_site(run, catalogue, words)
    show_last_hunt_of_each_host(run, catalogue, words)


def compare_runs_by_site(options: HistoryDiffOptions) -> None:
    """Run ``auditor history diff``."""
    history = RunHistory()
    earlier = history.run(options.before)
    later = history.run(options.after) if options.after else history.latest(earlier.inventory)
    if later is None or later.id == earlier.id:
        raise InputError(
            "there is no run after {run} to compare with",
            run=earlier.id,
            mend="give two runs from 'auditor history list'",
        )
    run_difference = compute_difference(earlier, later)
    if options.as_json:
        _print_json(build_run_difference_json_data(earlier, later, run_difference))
    else:
        show_difference(earlier, later, run_difference, controls.load_catalogue(), options.lang)


def export_run_or_whole_chain(options: HistoryExportOptions) -> None:
    """Run ``auditor history export``."""
    if len(options.target) != (1 if options.whole_chain else 2):
        raise InputError(
            "export needs a run and a file, or --all and a file", mend="see 'auditor history export --help'"
        )
    path = Path(options.target[-1])
    if options.whole_chain:
        lines = (json.dumps(link, ensure_ascii=False).encode() + b"\n" for link in RunHistory().export())
        files.write_private(path, lines)
    else:
        files.write_private(path, [RunHistory().document(options.target[0])[1]])
    typer.echo(str(path))


def prune_old_runs(options: HistoryPruneOptions) -> None:
    """Run ``auditor history prune``."""
    words = Words(options.lang)
    history = RunHistory()
    old = select_runs_to_prune(history.entries(limit=None), clock.now(), options.keep_days)
    if options.yes:
        history.prune([entry.id for entry in old], options.keep_days)
    if options.as_json:
        _print_json({"keep_days": options.keep_days, "pruned": options.yes, "runs": [vars(entry) for entry in old]})
        return
    if not old:
        console.out.print(words("history.nothing_to_prune"))
        return
    if options.yes:
        console.out.print(words("history.pruned_n", n=len(old)))
        return
    console.out.print(build_runs_table(old, words))
    console.out.print(words("history.would_prune_n", n=len(old), days=options.keep_days))


def verify_chain_of_stored_runs(options: HistoryVerifyOptions) -> None:
    """Run ``auditor history verify``."""
    words = Words(options.lang)
    verification = RunHistory().verify(options.earlier_head)
    broken_link = verification.broken
    if options.as_json:
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
                why=broken_link.why.get(options.lang),
            )
            if broken_link.position
            else words("history.unlinked", run=broken_link.run_id, why=broken_link.why.get(options.lang)),
            markup=False,
        )
    if options.earlier_head and not options.as_json:
        if verification.seen_at is None:
            console.err.print(words("history.unseen"))
        else:
            console.out.print(words("history.seen", position=verification.seen_at))
    raise typer.Exit(1 if broken_link or (options.earlier_head and verification.seen_at is None) else 0)
