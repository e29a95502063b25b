"""What a list of vulnerabilities comes to on our hosts, as tables and as data; and that data read again. Pure but for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.errors import InputError
from auditor.models import Model
from auditor.models.vulnerabilities import State
from auditor.report.sheets import Cell, Column, Sheet
from auditor.text.visible import one_line
from auditor.text.words import Words
from auditor.vulnerabilities.advisory.answers import Answer, Answers, Line

MAX_HOSTS = 60
"""Names of hosts in a cell; how many more there are is told."""
_MAX_TEXT = 300


def sheets(answers: Answers, words: Words) -> tuple[Sheet, ...]:
    """The answer to every id, and what the list meant for an id or a date and is none."""
    columns = (
        Column(words("advisory.id"), 17),
        Column(words("advisory.product"), 24),
        Column(words("advisory.state"), 18),
        Column(words("advisory.package"), 20),
        Column(words("advisory.installed"), 20),
        Column(words("advisory.fixed"), 20),
        Column(words("advisory.why"), 34),
        Column(words("advisory.hosts"), 30),
        Column(words("advisory.due"), 11),
        Column(words("advisory.exploited"), 16),
        Column(words("advisory.rows"), 10),
    )
    wrong = (Column(words("advisory.rows"), 10), Column(words("advisory.as_written"), 60))
    return (
        Sheet(words("advisory.answers"), columns, _rows(answers, words)),
        Sheet(words("advisory.wrong"), wrong, ((number, one_line(text, _MAX_TEXT)) for number, text in answers.wrong)),
    )


def _rows(answers: Answers, words: Words) -> Iterator[tuple[Cell, ...]]:
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
                hosts(line, words),
                one.due,
                exploited(one, words),
                ", ".join(map(str, one.numbers)),
            )


def why(line: Line, words: Words) -> str:
    """What the verdict rests on, with the distribution's own words beside it."""
    verdict = line.verdict
    said = [verdict.said.urgency, verdict.said.no_advisory, verdict.said.put_off]
    told = "; ".join(one_line(text, 120) for text in said if text)
    programs = ": " + ", ".join(one_line(one, 120) for one in verdict.still_run_by) if verdict.still_run_by else ""
    return words(f"vulnerability.reason.{verdict.reason}") + programs + (f" (Debian: {told})" if told else "")


def hosts(line: Line, words: Words) -> str:
    """The hosts of a line."""
    more = len(line.hosts) - MAX_HOSTS
    return ", ".join(line.hosts[:MAX_HOSTS]) + (f" {words('and_more', n=more)}" if more > 0 else "")


def exploited(one: Answer, words: Words) -> str:
    """Since when it is exploited, and how likely EPSS holds it to be."""
    listed = one.exploited
    parts = [f"KEV {listed.added}"] if listed else []
    parts += [words("advisory.ransomware")] if listed and listed.ransomware else []
    parts += [f"EPSS {one.score:.1%}"] if one.score is not None else []
    return ", ".join(parts)


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
        raise InputError("it cannot be read: {error}", error=error.strerror, file=file, mend="check it") from error
    except ValidationError as error:
        raise InputError(
            "it holds no answers to a list of vulnerabilities",
            file=file,
            mend="make it anew: 'auditor vulnerabilities advisory LIST --json'",
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
