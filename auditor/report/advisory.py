"""What a list of vulnerabilities comes to on our hosts, as tables and as data; and that data read again.

Pure but for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.errors import InputError
from auditor.models import Model, clock
from auditor.models.vulnerabilities import State
from auditor.report.sheets import Cell, Sheet, SheetColumn
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words
from auditor.vulnerabilities.advisory.answers import AdvisoryResult, VerdictLine, VulnerabilityAnswer

MAX_HOSTS = 60
"""Names of hosts in a cell; how many more there are is told."""
ON_ONE_PAGE = 40
"""Lines that one page of A4 has, large enough to be read."""
_MAX_TEXT = 300
_NO_URGENCY = "not yet assigned"
"""Debian's word for none."""


def build_advisory_sheets(advisory_result: AdvisoryResult, words: Words) -> tuple[Sheet, ...]:
    """Return a line for every id, and for what the list meant for an id or a date and is none.

    Then every verdict with what it rests on.
    """
    columns = (
        SheetColumn(words("advisory.id"), 17),
        SheetColumn(words("advisory.product"), 20),
        SheetColumn(words("advisory.state"), 14),
        SheetColumn(words("advisory.package"), 14),
        SheetColumn(words("advisory.by_state"), 76),
        SheetColumn(words("advisory.due"), 11),
        SheetColumn(words("advisory.exploited"), 17),
        SheetColumn(words("advisory.rows"), 8),
    )
    verdicts = (
        SheetColumn(words("advisory.id"), 17),
        SheetColumn(words("advisory.product"), 20),
        SheetColumn(words("advisory.state"), 14),
        SheetColumn(words("advisory.package"), 16),
        SheetColumn(words("advisory.installed"), 18),
        SheetColumn(words("advisory.fixed"), 18),
        SheetColumn(words("advisory.why"), 40),
        SheetColumn(words("advisory.hosts"), 30),
    )
    lines = (*_iter_answer_rows(advisory_result, words), *_iter_rows_of_lines_without_id(advisory_result, words))
    return (
        Sheet(words("advisory.answers"), columns, lines, pages=int(len(lines) <= ON_ONE_PAGE)),
        Sheet(words("advisory.verdicts"), verdicts, _iter_verdict_rows(advisory_result, words)),
    )


def _iter_answer_rows(advisory_result: AdvisoryResult, words: Words) -> Iterator[tuple[Cell, ...]]:
    for answer in advisory_result.answers:
        yield (
            answer.id,
            escape_text_to_one_line(answer.product, _MAX_TEXT),
            words(f"vulnerability.state.{answer.worst_state}"),
            list_affected_packages(answer),
            describe_hosts_by_vulnerability_state(answer, words),
            answer.due,
            describe_exploitation(answer, words),
            ", ".join(map(str, answer.numbers)),
        )


def _iter_rows_of_lines_without_id(advisory_result: AdvisoryResult, words: Words) -> Iterator[tuple[Cell, ...]]:
    for number, text in advisory_result.wrong:
        yield (
            escape_text_to_one_line(text, _MAX_TEXT),
            "",
            words("advisory.wrong"),
            "",
            words("advisory.none"),
            None,
            "",
            str(number),
        )


def list_affected_packages(answer: VulnerabilityAnswer) -> str:
    """Return what of a host an id is about."""
    return ", ".join(
        dict.fromkeys(
            escape_text_to_one_line(line.verdict.subject, _MAX_TEXT) for line in answer.lines if line.verdict.subject
        )
    )


def describe_hosts_by_vulnerability_state(answer: VulnerabilityAnswer, words: Words) -> str:
    """Return what it comes to on which hosts, the worst first.

    With the version that mends it or proves it, else with the reason.
    """
    groups: dict[str, list[str]] = {}
    for line in answer.lines:
        verdict = line.verdict
        state, version = (
            words(f"vulnerability.state.{verdict.state}"),
            escape_text_to_one_line(verdict.fixed_version, _MAX_TEXT),
        )
        key = "mended_by" if verdict.state == "affected" else "proven_by"
        text = (
            words(f"advisory.{key}", state=state, version=version)
            if version and verdict.state in ("affected", "restart_owed", "fixed")
            else f"{state} ({words(f'vulnerability.reason.{verdict.reason}')})"
        )
        groups.setdefault(text, []).extend(line.hosts)
    return "; ".join(f"{group_text}: {_join_first_host_names(hosts, words)}" for group_text, hosts in groups.items())


def _iter_verdict_rows(advisory_result: AdvisoryResult, words: Words) -> Iterator[tuple[Cell, ...]]:
    for answer in advisory_result.answers:
        for line in answer.lines:
            verdict = line.verdict
            yield (
                answer.id,
                escape_text_to_one_line(answer.product, _MAX_TEXT),
                words(f"vulnerability.state.{verdict.state}"),
                escape_text_to_one_line(verdict.subject, _MAX_TEXT),
                escape_text_to_one_line(verdict.installed_version, _MAX_TEXT),
                escape_text_to_one_line(verdict.fixed_version, _MAX_TEXT),
                explain_verdict(line, words),
                _join_first_host_names(line.hosts, words),
            )


def explain_verdict(line: VerdictLine, words: Words) -> str:
    """Return what the verdict rests on, with the distribution's own words beside it."""
    verdict = line.verdict
    urgency = verdict.notes.urgency if verdict.notes.urgency != _NO_URGENCY else ""
    remarks = [urgency, verdict.notes.no_advisory, verdict.notes.put_off]
    remark = "; ".join(escape_text_to_one_line(text, 120) for text in remarks if text)
    programs = (
        ": " + ", ".join(escape_text_to_one_line(program, 120) for program in verdict.still_run_by)
        if verdict.still_run_by
        else ""
    )
    return words(f"vulnerability.reason.{verdict.reason}") + programs + (f" (Debian: {remark})" if remark else "")


def _join_first_host_names(names: Sequence[str], words: Words) -> str:
    more = len(names) - MAX_HOSTS
    return ", ".join(names[:MAX_HOSTS]) + (f" {words('and_more', n=more)}" if more > 0 else "")


def describe_exploitation(answer: VulnerabilityAnswer, words: Words) -> str:
    """Return since when it is exploited, and how likely EPSS holds it to be."""
    kev_entry = answer.kev_entry
    parts = [f"KEV {_format_kev_listing_day(kev_entry.added_on, words)}".rstrip()] if kev_entry else []
    parts += [words("advisory.ransomware")] if kev_entry and kev_entry.ransomware else []
    parts += [f"EPSS {answer.score:.1%}"] if answer.score is not None else []
    return ", ".join(parts)


def _format_kev_listing_day(iso_day: str, words: Words) -> str:
    """Return the day of listing; empty for what is none."""
    try:
        return words.format_date(clock.parse_day(iso_day))
    except ValueError:
        return ""


def build_advisory_json_data(advisory_result: AdvisoryResult) -> dict[str, Any]:
    """Return the same as JSON has it."""
    return {
        "title": advisory_result.title,
        "answers": [
            {
                "id": answer.id,
                "rows": list(answer.numbers),
                "product": answer.product,
                "due": str(answer.due) if answer.due else None,
                "state": answer.worst_state,
                "exploited_since": answer.kev_entry.added_on if answer.kev_entry else None,
                "ransomware": bool(answer.kev_entry and answer.kev_entry.ransomware),
                "epss": answer.score,
                "verdicts": [
                    {
                        "state": line.verdict.state,
                        "reason": line.verdict.reason,
                        "subject": line.verdict.subject,
                        "installed": line.verdict.installed_version,
                        "fixed": line.verdict.fixed_version,
                        "urgency": line.verdict.notes.urgency,
                        "no_advisory": line.verdict.notes.no_advisory,
                        "put_off": line.verdict.notes.put_off,
                        "where": list(line.verdict.where),
                        "still_run_by": list(line.verdict.still_run_by),
                        "hosts": list(line.hosts),
                    }
                    for line in answer.lines
                ],
            }
            for answer in advisory_result.answers
        ],
        "not_ids": [{"row": number, "as_written": text} for number, text in advisory_result.wrong],
    }


class StoredVerdict(Model):
    """One verdict of kept answers."""

    state: State
    subject: str
    installed: str
    fixed: str
    hosts: tuple[str, ...]


class StoredAnswer(Model):
    """One id of them."""

    id: str
    product: str
    due: date | None
    verdicts: tuple[StoredVerdict, ...]


class StoredAnswers(Model):
    """Answers as ``build_advisory_json_data`` has them, as far as tables show them."""

    answers: tuple[StoredAnswer, ...]


def load_advisory_answers_from_json(file: Path) -> StoredAnswers:
    """Return answers that were kept as JSON. Raises InputError for anything else."""
    try:
        stored_answers = StoredAnswers.model_validate_json(file.read_bytes(), extra="ignore")
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
    return stored_answers


def build_annex_verdict_rows_for_hosts(
    answers: StoredAnswers, hosts: Iterable[str], words: Words
) -> tuple[tuple[str, ...], ...]:
    """Return the rows of an official report's annex on these hosts: a verdict a row.

    The report counts the hosts and does not name them.
    """
    ours = frozenset(hosts)
    return tuple(
        (
            answer.id,
            escape_text_to_one_line(answer.product, _MAX_TEXT),
            words(f"vulnerability.state.{verdict.state}"),
            escape_text_to_one_line(verdict.subject, _MAX_TEXT),
            escape_text_to_one_line(verdict.installed, _MAX_TEXT),
            escape_text_to_one_line(verdict.fixed, _MAX_TEXT),
            words.format_number(len(ours & set(verdict.hosts))),
            words.format_date(answer.due) if answer.due else "",
        )
        for answer in answers.answers
        for verdict in answer.verdicts
        if ours & set(verdict.hosts)
    )
