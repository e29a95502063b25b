"""Declare ``auditor mail``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.verbs.base import Group, Verb


@dataclass(frozen=True, kw_only=True)
class MailTestOptions(Verb, runs="auditor.commands.mail:send_test_mail"):
    """Send a test message now with the settings in office/mail.yml, and print the result.

    Exit code: 0 the server accepted it, 1 it could not be delivered.

    Example:
      auditor mail test -i inventories/lab

    """

    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="Recipient; default: the sender's own address.")
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class MailQueueOptions(Verb, runs="auditor.commands.mail:list_mail_queue"):
    """List waiting, permanently refused and given-up mail.

    Example:
      auditor mail queue

    """

    all_mails: Annotated[bool, typer.Option("--all", help="Include delivered mail.")] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class MailRunOptions(Verb, runs="auditor.commands.mail:deliver_due_mail"):
    """Deliver due mail, and a sign of life to addresses that received no mail for a week; for a timer.

    Exit code: 0 all mail delivered or waiting, 1 a mail was permanently refused or given up in this run.

    Example:
      auditor mail run

    """

    early: Annotated[bool, typer.Option("--early", help="Do not wait for the next scheduled attempt.")] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


MAIL = Group(
    help="Mail to the offices: test it, show the queue, deliver.",
    entries={
        "test": MailTestOptions,
        "queue": MailQueueOptions,
        "run": MailRunOptions,
    },
)
