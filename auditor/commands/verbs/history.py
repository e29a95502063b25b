"""Declare ``auditor history``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption, RunArgument, YesOption
from auditor.commands.verbs.base import Group, Verb
from auditor.history.retention import KEEP_DAYS


@dataclass(frozen=True, kw_only=True)
class HistoryListOptions(Verb, runs="auditor.commands.history:list_runs"):
    """List the stored runs, newest first.

    Examples:
      auditor history list -i inventories/lab

      auditor history list --pruned

    """

    inventory: Annotated[
        str | None, typer.Option("-i", "--inventory", metavar="INVENTORY", help="Only the runs of this inventory.")
    ] = None
    newest: Annotated[int, typer.Option("--newest", metavar="N", min=1, help="Maximum number of runs.")] = 100
    only_pruned: Annotated[bool, typer.Option("--pruned", help="List the deleted runs instead.")] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HistoryShowOptions(Verb, runs="auditor.commands.history:show_stored_run"):
    """Show a stored run as the audit showed it, with all open findings; with --json, the complete run.

    Example:
      auditor history show 20261124T1

    """

    run_id: RunArgument
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HistoryDiffOptions(Verb, runs="auditor.commands.history:compare_runs_by_site"):
    """Compare two runs by site: fixed, regressed, new and still open findings.

    Compares only what both runs contain; a finding that can no longer be evaluated is never counted as fixed.

    Example:
      auditor history diff 20261024T1 20261124T1

    """

    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The earlier run: its ID or its beginning.", autocompletion=completions.complete_runs
        ),
    ]
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="[B]",
            help="The later run; default: the newest run of the same inventory.",
            autocompletion=completions.complete_runs,
        ),
    ] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HistoryExportOptions(Verb, runs="auditor.commands.history:export_run_or_whole_chain"):
    """Export a run as JSON, byte for byte as recorded in the chain; with --all, the whole chain as JSON lines.

    Only the owner can read the file. For a single run, its SHA-256 is the "document" of the run's link.

    Examples:
      auditor history export 20261124T1 run.json

      auditor history export --all history.jsonl

    """

    target: Annotated[list[str], typer.Argument(metavar="[RUN] FILE", help="The run, and the file to write.")]
    whole_chain: Annotated[bool, typer.Option("--all", help="The whole chain, one link a line.")] = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HistoryPruneOptions(Verb, runs="auditor.commands.history:prune_old_runs"):
    """List old runs to delete, keeping the last one of each month; with --yes, delete them.

    The link of a deleted run stays in the chain: its existence, its date, and the date of deletion.

    Examples:
      auditor history prune

      auditor history prune --keep-days 365 --yes

    """

    keep_days: Annotated[
        int, typer.Option("--keep-days", metavar="DAYS", min=1, help="How long to keep every run.")
    ] = KEEP_DAYS
    yes: YesOption = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class HistoryVerifyOptions(Verb, runs="auditor.commands.history:verify_chain_of_stored_runs"):
    """Verify the chain of the stored runs and report the first broken link.

    Exit code: 0 the chain is intact, 1 it is broken, or does not contain --seen.

    Example:
      auditor history verify

    """

    earlier_head: Annotated[
        str | None, typer.Option("--seen", metavar="HASH", help="A hash recorded earlier, which must be in the chain.")
    ] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


HISTORY = Group(
    help="Stored runs: list, compare, export, prune, verify.",
    entries={
        "list": HistoryListOptions,
        "show": HistoryShowOptions,
        "diff": HistoryDiffOptions,
        "export": HistoryExportOptions,
        "prune": HistoryPruneOptions,
        "verify": HistoryVerifyOptions,
    },
)
