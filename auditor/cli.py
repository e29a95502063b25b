"""The command line: ``auditor VERB``. Each verb is a module of ``auditor.commands``."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from auditor import __version__
from auditor.commands import (
    audit,
    completion,
    controls,
    doctor,
    drift,
    enroll,
    harden,
    history,
    incidents,
    indicators,
    inventory,
    mail,
    plan,
    report,
    rollback,
    vulnerabilities,
    waivers,
)
from auditor.commands.compromise import hunt, known_good
from auditor.commands.content import baseline, review
from auditor.commands.lab import demo, drill, machines
from auditor.commands.options.deprecation import add_deprecated_command_name
from auditor.commands.output import faults
from auditor.errors import IO, SOFTWARE, InputError, LabError
from auditor.models import Lang
from auditor.system import sandbox
from auditor.text import language, usage
from auditor.text.sanitize import escape_invisible_characters

app = typer.Typer(
    name="auditor",
    cls=usage.CommandGroupWithExitCodes,
    help="Lũy Tre: hardening and audit for the servers behind the websites of wards and communes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("doctor")(doctor.check_prerequisites_of_this_machine)
app.command("enroll")(enroll.enroll_server)
app.command()(audit.audit)
app.command("review")(review.review_sites_for_injected_content)
app.command("hunt")(hunt.hunt_for_intrusion_traces_and_audit)
app.command()(plan.plan)
app.command()(harden.harden)
app.command()(rollback.rollback)
app.command("drift")(drift.show_drift_since_last_hardening)
app.command("completion")(completion.print_completion_script_of_shell)
app.add_typer(report.app, name="report")
app.add_typer(history.app, name="history")
app.add_typer(mail.app, name="mail")
app.add_typer(controls.app, name="controls")
app.add_typer(inventory.app, name="inventory")
app.add_typer(waivers.app, name="waivers")
app.add_typer(baseline.app, name="baseline")
app.add_typer(incidents.app, name="incident")
app.add_typer(vulnerabilities.app, name="vulnerabilities")
app.add_typer(indicators.app, name="indicators")
app.add_typer(known_good.app, name="known-good")
machines.app.command()(demo.demo)
machines.app.command()(drill.drill)
app.add_typer(machines.app, name="lab")
add_deprecated_command_name(app, "demo", "auditor lab demo", demo.demo)
add_deprecated_command_name(app, "drill", "auditor lab drill", drill.drill)


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


def main() -> NoReturn:
    """Run the command line. Whatever goes wrong is one line and an exit code of its own.

    ``EXIT_CODES`` tells what each means; a lab that fails is 1.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names on hosts need not be text; in JSON that is an escape
    arguments = sys.argv[1:]
    lang = language.detect_language_from_options_or_environment(arguments, os.environ)
    if completion.VARIABLE in os.environ:
        completion.register_shells_for_completion()
    try:
        code = usage.build_command_line_in_language(app, lang)(arguments, prog_name="auditor", standalone_mode=False)
        print(end="", flush=True)
        if sandbox.was_any_child_not_isolated():
            print(f"auditor: {faults.describe_unsandboxed_reading(lang)}", file=sys.stderr)
        sys.exit(code)
    except typer.TyperException as error:
        print(usage.format_usage_error(error, lang), file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except InputError as error:
        print(f"auditor: {escape_invisible_characters(usage.format_input_error_as_line(error, lang))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except LabError as error:
        print(f"auditor: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        faults.discard_pending_standard_output()
        sys.exit(1)
    except OSError as error:
        faults.discard_pending_standard_output()
        print(f"auditor: {faults.describe_system_error(error, lang)}", file=sys.stderr)
        sys.exit(IO)
    except Exception as error:
        print(f"auditor: {faults.describe_program_error(error, lang)}", file=sys.stderr)
        sys.exit(SOFTWARE)
    finally:
        gc.freeze()  # the process ends: what it holds, a run of 50,000 findings maybe, need not be taken apart first
