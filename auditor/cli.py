"""The command line: ``auditor VERB``. Each verb is a module of ``auditor.commands``."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

from auditor import __version__
from auditor.commands.verbs.base import COMPLETION_VARIABLE, DeprecatedName, Entry, LazyGroup, Reference, load_attribute
from auditor.errors import IO, SOFTWARE, InputError, LabError
from auditor.models import Lang
from auditor.system import sandbox
from auditor.text import language, usage
from auditor.text.sanitize import escape_invisible_characters

VERBS: Mapping[str, Entry] = {
    "doctor": Reference(
        "auditor.commands.verbs.machine:DoctorOptions",
        "Check this machine's prerequisites, and print the command that installs each missing one.",
    ),
    "enroll": Reference(
        "auditor.commands.verbs.inventory:EnrollOptions",
        "Enroll a server: create an automation account on it, with its own key and sudo.",
    ),
    "audit": Reference(
        "auditor.commands.verbs.audit:AuditOptions",
        "Audit all hosts and sites; write report/index.html, findings.json and junit.xml, or the formats in --format.",
    ),
    "review": Reference(
        "auditor.commands.verbs.content:ReviewOptions",
        "Scan the sites for injected content, as visitors, phones and search engines see them; then audit.",
    ),
    "hunt": Reference(
        "auditor.commands.verbs.compromise:HuntOptions",
        "Scan web roots, autostart entries, ways to log in and processes for traces of intrusion; then audit.",
    ),
    "plan": Reference(
        "auditor.commands.verbs.hardening:PlanOptions",
        "Show what hardening would change and why, most severe first, without changing anything.",
    ),
    "harden": Reference(
        "auditor.commands.verbs.hardening:HardenOptions",
        "Fix open findings: audit, plan, ask, apply, probe, confirm or roll back, audit again.",
    ),
    "rollback": Reference(
        "auditor.commands.verbs.hardening:RollbackOptions",
        "Undo a confirmed hardening: files, live settings, services, database accounts; remove what it installed.",
    ),
    "drift": Reference(
        "auditor.commands.verbs.hardening:DriftOptions",
        "Show what changed on each host since its last confirmed hardening run, and which controls have regressed.",
    ),
    "completion": Reference(
        "auditor.commands.verbs.machine:CompletionOptions",
        "Print a script that makes Tab complete commands, options, hosts, sites, controls, offices and runs.",
    ),
    "demo": DeprecatedName("auditor.commands.verbs.lab:LabDemoOptions", "auditor lab demo"),
    "drill": DeprecatedName("auditor.commands.verbs.lab:LabDrillOptions", "auditor lab drill"),
    "report": Reference(
        "auditor.commands.verbs.report:REPORT", "Reports of a stored run; 'auditor report RUN' writes them again."
    ),
    "history": Reference(
        "auditor.commands.verbs.history:HISTORY", "Stored runs: list, compare, export, prune, verify."
    ),
    "mail": Reference("auditor.commands.verbs.mail:MAIL", "Mail to the offices: test it, show the queue, deliver."),
    "controls": Reference(
        "auditor.commands.verbs.controls:CONTROLS",
        "Controls: list all, show one, check them, show how they cover a standard or law.",
    ),
    "inventory": Reference(
        "auditor.commands.verbs.inventory:INVENTORY", "Inventory: check it, import hosts and sites."
    ),
    "waivers": Reference("auditor.commands.verbs.controls:WAIVERS", "Waivers and attestations: check, list."),
    "exceptions": Reference(
        "auditor.commands.verbs.controls:EXCEPTIONS",
        "Exceptions of every kind: who says that something is all right, why and until when.",
    ),
    "baseline": Reference("auditor.commands.verbs.content:BASELINE", "Accepted traces: accept, list, withdraw."),
    "incident": Reference(
        "auditor.commands.verbs.incidents:INCIDENT",
        "Incidents: open, contain, collect evidence, clean, list due reports, record events, close.",
    ),
    "vulnerabilities": Reference(
        "auditor.commands.verbs.vulnerabilities:VULNERABILITIES",
        "Vulnerabilities: import data, and check our hosts against it.",
    ),
    "indicators": Reference(
        "auditor.commands.verbs.indicators:INDICATORS",
        "Indicators: known malicious addresses, domain names and hashes.",
    ),
    "known-good": Reference(
        "auditor.commands.verbs.compromise:KNOWN_GOOD", "Known-good releases: import, update, list, remove, export."
    ),
    "rules": Reference(
        "auditor.commands.verbs.compromise:RULES",
        "Rule sets that others publish, for hunts: import, list, remove.",
    ),
    "lab": Reference(
        "auditor.commands.verbs.lab:LAB", "Lab: real Debian machines with real weaknesses, on this machine."
    ),
}
"""What is typed first: where it is declared, and the beginning of its help, which lists it without loading it."""


class _CommandLine(LazyGroup):
    """All verbs. The help ends with what the exit codes mean."""

    entries = VERBS

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        usage.write_exit_codes(ctx, formatter)


app = typer.Typer(
    name="auditor",
    cls=_CommandLine,
    help="Lũy Tre: hardening and audit for the servers behind the websites of wards and communes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        typer.echo(f"luytre {__version__}")
        raise typer.Exit


@app.callback()
def apply_global_options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
    lang: Annotated[
        Lang | None, typer.Option("--lang", metavar="vi|en", help="Language of the output and the reports.")
    ] = None,
) -> None:
    """Lũy Tre: hardening and audit for the servers behind the websites of wards and communes."""
    if lang is not None:
        context.with_resource(_set_default_language(lang))


@contextmanager
def _set_default_language(lang: Lang) -> Iterator[None]:
    """Set the language of commands that are given none of their own."""
    before = os.environ.get(language.VARIABLE)
    os.environ[language.VARIABLE] = lang
    try:
        yield
    finally:
        del os.environ[language.VARIABLE]
        if before is not None:
            os.environ[language.VARIABLE] = before


def _load_faults() -> Any:
    """Return what tells of mistakes of ours."""
    from auditor.commands.output import faults  # noqa: PLC0415  only when something went wrong

    return faults


def main() -> NoReturn:
    """Run the command line. Whatever goes wrong is one line and an exit code of its own.

    ``EXIT_CODES`` tells what each means; a lab that fails is 1.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names on hosts need not be text; in JSON that is an escape
    arguments = sys.argv[1:]
    lang = language.detect_language_from_options_or_environment(arguments, os.environ)
    if COMPLETION_VARIABLE in os.environ:
        load_attribute("auditor.commands.completion:register_shells_for_completion")()
    try:
        code = usage.build_command_line_in_language(app, lang)(arguments, prog_name="auditor", standalone_mode=False)
        print(end="", flush=True)
        if sandbox.was_any_child_not_isolated():
            print(f"auditor: {_load_faults().describe_unsandboxed_reading(lang)}", file=sys.stderr)
        sys.exit(code)
    except typer.TyperException as error:
        print(usage.format_usage_error(error, lang), file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except InputError as error:
        for each in (error, *error.others):
            line = usage.format_input_error_as_line(each, lang)
            print(f"auditor: {escape_invisible_characters(line)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except LabError as error:
        print(f"auditor: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        _load_faults().discard_pending_standard_output()
        sys.exit(1)
    except OSError as error:
        _load_faults().discard_pending_standard_output()
        print(f"auditor: {_load_faults().describe_system_error(error, lang)}", file=sys.stderr)
        sys.exit(IO)
    except Exception as error:
        print(f"auditor: {_load_faults().describe_program_error(error, lang)}", file=sys.stderr)
        sys.exit(SOFTWARE)
    finally:
        gc.freeze()  # the process ends: what it holds, a run of 50,000 findings maybe, need not be taken apart first
