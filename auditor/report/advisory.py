"""What a list of vulnerabilities comes to on our hosts, as tables and as data; and that data read again. Pure but for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.errors import InputError
from auditor.models import Model, clock
from auditor.models.vulnerabilities import State
from auditor.report.sheets import Cell, Column, Sheet
from auditor.text.visible import one_line
from auditor.text.words import Words
from auditor.vulnerabilities.advisory.answers import Answer, Answers, Line

MAX_HOSTS = 60
"""Names of hosts in a cell; how many more there are is told."""
ON_ONE_PAGE = 40
"""Lines that one page of A4 has, large enough to be read."""
_MAX_TEXT = 300
_NO_URGENCY = "not yet assigned"
"""Debian's word for none."""


def sheets(answers: Answers, words: Words) -> tuple[Sheet, ...]:
    """A line for every id, and for what the list meant for an id or a date and is none; then every verdict with what it rests on."""
    columns = (
        Column(words("advisory.id"), 17),
        Column(words("advisory.product"), 20),
        Column(words("advisory.state"), 14),
        Column(words("advisory.package"), 14),
        Column(words("advisory.by_state"), 76),
        Column(words("advisory.due"), 11),
        Column(words("advisory.exploited"), 17),
        Column(words("advisory.rows"), 8),
    )
    verdicts = (
        Column(words("advisory.id"), 17),
        Column(words("advisory.product"), 20),
        Column(words("advisory.state"), 14),
        Column(words("advisory.package"), 16),
        Column(words("advisory.installed"), 18),
        Column(words("advisory.fixed"), 18),
        Column(words("advisory.why"), 40),
        Column(words("advisory.hosts"), 30),
    )
    lines = (*_lines(answers, words), *_wrong(answers, words))
    return (
        Sheet(words("advisory.answers"), columns, lines, pages=int(len(lines) <= ON_ONE_PAGE)),
        Sheet(words("advisory.verdicts"), verdicts, _verdicts(answers, words)),
    )


def _lines(answers: Answers, words: Words) -> Iterator[tuple[Cell, ...]]:
    for one in answers.answers:
        yield (
            one.id,
            one_line(one.product, _MAX_TEXT),
            words(f"vulnerability.state.{one.state}"),
            packages(one),
            by_state(one, words),
            one.due,
            exploited(one, words),
            ", ".join(map(str, one.numbers)),
        )


def _wrong(answers: Answers, words: Words) -> Iterator[tuple[Cell, ...]]:
    for number, text in answers.wrong:
        yield one_line(text, _MAX_TEXT), "", words("advisory.wrong"), "", words("advisory.none"), None, "", str(number)


def packages(one: Answer) -> str:
    """What of a host an id is about."""
    return ", ".join(
        dict.fromkeys(one_line(line.verdict.subject, _MAX_TEXT) for line in one.lines if line.verdict.subject)
    )


def by_state(one: Answer, words: Words) -> str:
    """What it comes to on which hosts, the worst first: with the version that mends it or proves it, else with the reason."""
    groups: dict[str, list[str]] = {}
    for line in one.lines:
        verdict = line.verdict
        state, version = words(f"vulnerability.state.{verdict.state}"), one_line(verdict.fixed, _MAX_TEXT)
        key = "mended_by" if verdict.state == "affected" else "proven_by"
        said = (
            words(f"advisory.{key}", state=state, version=version)
            if version and verdict.state in ("affected", "restart_owed", "fixed")
            else f"{state} ({words(f'vulnerability.reason.{verdict.reason}')})"
        )
        groups.setdefault(said, []).extend(line.hosts)
    return "; ".join(f"{said}: {_names(hosts, words)}" for said, hosts in groups.items())


def _verdicts(answers: Answers, words: Words) -> Iterator[tuple[Cell, ...]]:
    for one in answers.answers:
        for line in one.lines:
            verdict = line.verdict
            yield (
                one.id,
                one_line(one.product, _MAX_TEXT),
                words(f"vulnerability.state.{verdict.state}"),
                one_line(verdict.subject, _MAX_TEXT),
                one_line(verdict.installed, _MAX_TEXT),
                one_line(verdict.fixed, _MAX_TEXT),
                why(line, words),
                _names(line.hosts, words),
            )


def why(line: Line, words: Words) -> str:
    """What the verdict rests on, with the distribution's own words beside it."""
    verdict = line.verdict
    urgency = verdict.said.urgency if verdict.said.urgency != _NO_URGENCY else ""
    said = [urgency, verdict.said.no_advisory, verdict.said.put_off]
    told = "; ".join(one_line(text, 120) for text in said if text)
    programs = ": " + ", ".join(one_line(one, 120) for one in verdict.still_run_by) if verdict.still_run_by else ""
    return words(f"vulnerability.reason.{verdict.reason}") + programs + (f" (Debian: {told})" if told else "")


def _names(of: Sequence[str], words: Words) -> str:
    more = len(of) - MAX_HOSTS
    return ", ".join(of[:MAX_HOSTS]) + (f" {words('and_more', n=more)}" if more > 0 else "")


def exploited(one: Answer, words: Words) -> str:
    """Since when it is exploited, and how likely EPSS holds it to be."""
    listed = one.exploited
    parts = [f"KEV {_added(listed.added, words)}".rstrip()] if listed else []
    parts += [words("advisory.ransomware")] if listed and listed.ransomware else []
    parts += [f"EPSS {one.score:.1%}"] if one.score is not None else []
    return ", ".join(parts)


def _added(text: str, words: Words) -> str:
    """The day of listing; empty for what is none."""
    try:
        return words.day(clock.day_written(text))
    except ValueError:
        return ""


def data(answers: Answers) -> dict[str, Any]:
    """The same as JSON has it."""
    return {
        "title": answers.title,
        "answers": [
            {
                "id": one.id,
                "rows": list(one.numbers),
                "product": one.product,
                "due": str(one.due) if one.due else None,
                "state": one.state,
                "exploited_since": one.exploited.added if one.exploited else None,
                "ransomware": bool(one.exploited and one.exploited.ransomware),
                "epss": one.score,
                "verdicts": [
                    {
                        "state": line.verdict.state,
                        "reason": line.verdict.reason,
                        "subject": line.verdict.subject,
                        "installed": line.verdict.installed,
                        "fixed": line.verdict.fixed,
                        "urgency": line.verdict.said.urgency,
                        "no_advisory": line.verdict.said.no_advisory,
                        "put_off": line.verdict.said.put_off,
                        "where": list(line.verdict.where),
                        "still_run_by": list(line.verdict.still_run_by),
                        "hosts": list(line.hosts),
                    }
                    for line in one.lines
                ],
            }
            for one in answers.answers
        ],
        "not_ids": [{"row": number, "as_written": text} for number, text in answers.wrong],
    }


class KeptVerdict(Model):
    """One verdict of kept answers."""

    state: State
    subject: str
    installed: str
    fixed: str
    hosts: tuple[str, ...]


class KeptAnswer(Model):
    """One id of them."""

    id: str
    product: str
    due: date | None
    verdicts: tuple[KeptVerdict, ...]


class Kept(Model):
    """Answers as ``data`` has them, as far as tables show them."""

    answers: tuple[KeptAnswer, ...]


def kept(file: Path) -> Kept:
    """Answers that were kept as JSON. Raises InputError for anything else."""
    try:
        told = Kept.model_validate_json(file.read_bytes(), extra="ignore")
    except OSError as error:
        raise InputError(
            "it cannot be read: {error}", error=error.strerror, file=file, mend="check the file"
        ) from error
    except ValidationError as error:
        raise InputError(
            "it does not contain answers to a list of vulnerabilities",
            file=file,
            mend="create it again: 'auditor vulnerabilities advisory LIST --json'",
        ) from error
    return told


def annex(answers: Kept, hosts: Iterable[str], words: Words) -> tuple[tuple[str, ...], ...]:
    """The rows of an official report's annex on these hosts, which it counts and does not name: a verdict a row."""
    ours = frozenset(hosts)
    return tuple(
        (
            one.id,
            one_line(one.product, _MAX_TEXT),
            words(f"vulnerability.state.{verdict.state}"),
            one_line(verdict.subject, _MAX_TEXT),
            one_line(verdict.installed, _MAX_TEXT),
            one_line(verdict.fixed, _MAX_TEXT),
            words.number(len(ours & set(verdict.hosts))),
            words.day(one.due) if one.due else "",
        )
        for one in answers.answers
        for verdict in one.verdicts
        if ours & set(verdict.hosts)
    )
