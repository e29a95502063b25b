"""``auditor rules``: sets of YARA rules that others wrote, which hunts use besides our own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from auditor.commands.output import console
from auditor.commands.output.console import err, escape_markup
from auditor.commands.output.hunts import build_rule_sets_table
from auditor.commands.verbs.compromise import RulesImportOptions, RulesListOptions, RulesRemoveOptions
from auditor.compromise.rules.compilation import RuleError
from auditor.compromise.rules.compiler import build_rule_set
from auditor.compromise.rules.folder import read_rule_folder
from auditor.compromise.rules.rule_set import RuleSet
from auditor.errors import InputError
from auditor.history.rule_sets import RuleSetStore
from auditor.text.translations import Words

MAX_SHOWN = 20
"""Rules that are left out and named in the terminal, of each kind; the list as JSON has all."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def import_rule_set(options: RulesImportOptions) -> None:
    """Run ``auditor rules import``."""
    name = options.name or options.folder.resolve().name
    if not _NAME.fullmatch(name):
        raise InputError(
            "--name {name}: not a name of a rule set",
            name=repr(name),
            mend="use letters, digits, dots and hyphens",
        )
    folder = read_rule_folder(options.folder)
    rule_set = build_rule_set(folder, name, options.version or folder.version, options.folder.resolve())
    RuleSetStore().put(rule_set, folder)
    words = Words(options.lang)
    console.out.print(
        words("rule_sets.imported", name=name, version=rule_set.version, n=rule_set.rule_count), markup=False
    )
    licence = rule_set.licence or words("rule_sets.no_licence")
    console.out.print(words("rule_sets.licence", licence=licence), markup=False)
    show_rules_left_out(rule_set, words)


def show_rules_left_out(rule_set: RuleSet, words: Words) -> None:
    """Name the rules of a set that are left out: they are, and only they."""
    _show_rule_errors(
        [words("hunts.wrong_rule", file=_describe_rule(error), why=error.why) for error in rule_set.errors], words
    )
    _show_rule_errors(
        [words("rule_sets.too_broad", rule=_describe_rule(error), file=error.why) for error in rule_set.too_broad],
        words,
    )


def _show_rule_errors(lines: Sequence[str], words: Words) -> None:
    for line in lines[:MAX_SHOWN]:
        err.print(escape_markup(line), soft_wrap=True)
    if len(lines) > MAX_SHOWN:
        err.print(words("reviews.more", n=len(lines) - MAX_SHOWN))


def _describe_rule(error: RuleError) -> str:
    return f"{error.file}: {error.rule}" if error.rule else error.file


def compile_folder_for_one_hunt(folder: Path) -> RuleSet:
    """Return the rules in a folder that was given to one hunt. Raises InputError."""
    rule_folder = read_rule_folder(folder)
    return build_rule_set(rule_folder, folder.resolve().name[:100] or "rules", rule_folder.version, folder)


def list_rule_sets(options: RulesListOptions) -> None:
    """Run ``auditor rules list``."""
    summaries = RuleSetStore().list_rule_sets()
    if options.as_json:
        typer.echo(json.dumps([asdict(summary) for summary in summaries], ensure_ascii=False, indent=1))
    elif summaries:
        console.out.print(build_rule_sets_table(summaries, Words(options.lang)))
    else:
        console.out.print(Words(options.lang)("rule_sets.none"))


def remove_rule_set(options: RulesRemoveOptions) -> None:
    """Run ``auditor rules remove``."""
    RuleSetStore().remove(options.name)
    console.out.print(Words(options.lang)("rule_sets.removed", name=options.name), markup=False)
