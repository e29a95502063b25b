"""Rules by which traces are found, in words: their names are for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.text.translations import Words


def describe_trace_rules(rules: Iterable[str], words: Words) -> str:
    """Return what these rules say, each once; one of a list that others wrote is called by its name."""
    return ", ".join(dict.fromkeys(_describe_trace_rule(rule, words) for rule in rules))


def _describe_trace_rule(rule: str, words: Words) -> str:
    try:
        return words(f"trace.rule.{rule}")
    except KeyError:
        return words("trace.rule.of_others", name=rule)
