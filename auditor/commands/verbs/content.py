"""Declare ``auditor review`` and ``auditor baseline``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_FORMATS,
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    DEFAULT_OUTPUT,
    BaselineOption,
    FailOnOption,
    FormatOption,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
    OutputOption,
)
from auditor.commands.verbs.base import Group, Verb
from auditor.models import Severity

MINUTES = 10


@dataclass(frozen=True, kw_only=True)
class ReviewOptions(Verb, runs="auditor.commands.content.review:review_sites_for_injected_content"):
    """Scan the sites for injected content, as visitors, phones and search engines see them; then audit.

    Visits only declared sites, at the address of their host, slowly and within robots.txt, and never submits anything.
    If a site begins to refuse requests, its review stops at once, and the site is not reported as clean. Pages that do
    not fit into the time limit are reviewed next time.

    Exit code and --baseline: as for 'auditor audit'.

    Examples:
      auditor review -i inventories/lab

      auditor review -i inventories/lab --limit antruc.test --minutes 3

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    minutes: Annotated[
        int, typer.Option("--minutes", metavar="N", min=1, max=600, help="Maximum minutes for each site.")
    ] = MINUTES
    render: Annotated[
        bool,
        typer.Option(
            "--render",
            help="Also open the home page and suspicious pages in a browser (see docs/en/review-settings.md).",
        ),
    ] = False
    output: OutputOption = DEFAULT_OUTPUT
    formats: FormatOption = DEFAULT_FORMATS
    fail_on: FailOnOption = Severity.HIGH
    baseline: BaselineOption = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


SiteArgument = Annotated[
    str,
    typer.Argument(
        metavar="SITE|HOST",
        help="Domain of the site, or name of the host.",
        autocompletion=completions.complete_hosts_and_sites,
    ),
]


KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Key of the trace, as shown by the audit.")]


ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason, in one sentence.")]


@dataclass(frozen=True, kw_only=True)
class BaselineAcceptOptions(Verb, runs="auditor.commands.content.baseline:accept_trace"):
    """Accept one trace on one site or host: it is no longer a finding, and every report states who accepted it.

    A certain or likely trace is treated as an intruder's until proven otherwise: open an incident for it. It can be
    accepted only with --despite-high-confidence and two office roles.

    Content injected later has a different key and is still reported.

    Example:
      auditor baseline accept antruc.test 0123456789abcdef --reason "Trang đặt lịch của xã" --approver "Chánh Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line

    site: SiteArgument
    key: KeyArgument
    reason: ReasonOption
    approver: Annotated[
        str, typer.Option("--approver", metavar="ROLE", help="Office role that decided, never a person's name.")
    ]
    inventory: InventoryOption = DEFAULT_INVENTORY
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Last day of validity; default: until withdrawn."),
    ] = None
    despite: Annotated[
        bool,
        typer.Option(
            "--despite-high-confidence", help="Accept a high-confidence trace, even though it may be a backdoor."
        ),
    ] = False
    second: Annotated[
        str | None,
        typer.Option("--second", metavar="ROLE", help="A second office role that agreed; required for such a trace."),
    ] = None
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class BaselineListOptions(Verb, runs="auditor.commands.content.baseline:list_accepted_traces"):
    """List the accepted traces of each site and host: who accepted them, why and until when.

    Example:
      auditor baseline list -i inventories/lab

    """

    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class BaselineWithdrawOptions(Verb, runs="auditor.commands.content.baseline:withdraw_acceptance_of_trace"):
    """Withdraw an acceptance: from now on, the trace is a finding again.

    Example:
      auditor baseline withdraw antruc.test 0123456789abcdef --reason "Trang đã gỡ" -i inventories/lab

    """

    site: SiteArgument
    key: KeyArgument
    reason: ReasonOption
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


BASELINE = Group(
    help="Accepted traces: accept, list, withdraw.",
    entries={
        "accept": BaselineAcceptOptions,
        "list": BaselineListOptions,
        "withdraw": BaselineWithdrawOptions,
    },
)
