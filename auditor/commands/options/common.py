"""The options that verbs share, each meaning the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auditor.commands.options import completions
from auditor.models import Lang, Severity
from auditor.report.formats import USUAL_FORMATS, Format
from auditor.text import language

if TYPE_CHECKING:
    pass


def _parse_formats(value: str) -> frozenset[Format]:
    try:
        return frozenset(Format(name.strip()) for name in value.split(","))
    except ValueError:
        raise typer.BadParameter(f"{value}: use any of {_ALL_FORMATS}, separated by commas") from None


def _parse_inventory(value: str | Path) -> Path:
    if not str(value):
        raise typer.BadParameter("it is empty; for the current folder, use '.'")
    return Path(value)


_ALL_FORMATS = ",".join(Format)
InventoryOption = Annotated[
    Path,
    typer.Option(
        "-i",
        "--inventory",
        metavar="INVENTORY",
        help="Inventory folder or file.",
        envvar="LUYTRE_INVENTORY",
        parser=_parse_inventory,
    ),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="HOST|SITE",
        help="Only these hosts or sites; repeat the option or separate values by commas.",
        autocompletion=completions.complete_hosts_and_sites,
    ),
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CONTROL[:ACCOUNT]",
        autocompletion=completions.complete_controls_with_fix,
        help=(
            "Accept the risk of this control in this run, even outside change windows; CONTROL:ACCOUNT accepts that "
            "it locks that account out. Repeat the option or separate values by commas."
        ),
    ),
]
UnjudgedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unjudged",
        metavar="SITE",
        autocompletion=completions.complete_sites,
        help=(
            "Check this site, but do not roll back a host because of its responses; repeat the option or separate "
            "values by commas."
        ),
    ),
]
UnjudgedSiteOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unjudged",
        metavar="SITE",
        autocompletion=completions.complete_sites,
        help=(
            "Check this site, but do not undo an action because of its responses; repeat the option or separate "
            "values by commas."
        ),
    ),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Run ID or its beginning.", autocompletion=completions.complete_runs)
]
LastRunArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Run ID or its beginning; default: the last run.",
        autocompletion=completions.complete_runs,
    ),
]
FailOnOption = Annotated[
    Severity,
    typer.Option(
        "--fail-on",
        metavar="low|medium|high|critical",
        help="Exit 1 for open findings at or above this severity.",
    ),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="last|RUN|FILE",
        help=("Exit 1 only for what is worse than in the last runs (last), in one run, or in a findings.json."),
    ),
]
LocalOption = Annotated[bool, typer.Option("--local", help="Audit this machine, without an inventory.")]
OutputOption = Annotated[
    Path, typer.Option("--output", metavar="DIR", help="Folder for the files that the command writes.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Answer yes to all prompts.")]
LangOption = Annotated[
    Lang,
    typer.Option("--lang", metavar="vi|en", help="Language of the output and the reports.", envvar=language.VARIABLE),
]
FormatOption = Annotated[
    frozenset[Format],
    typer.Option(
        "--format",
        metavar=_ALL_FORMATS,
        parser=_parse_formats,
        help="Formats to write, separated by commas.",
        autocompletion=completions.complete_report_formats,
    ),
]
DEFAULT_LANG = language.DEFAULT
DEFAULT_INVENTORY = completions.DEFAULT_INVENTORY
DEFAULT_OUTPUT = Path("out")
DEFAULT_FORMATS: Any = ",".join(form for form in Format if form in USUAL_FORMATS)
"""As typed on the command line: typer hands it to the option's parser."""
