"""What ``--baseline`` names: the last runs, one run, or a findings.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import InputError
from auditor.models import Finding, Host, Inventory

if TYPE_CHECKING:
    from auditor.history.runs import RunHistory

RUNS = 10
"""How many runs ``last`` looks back at most, where the newest do not tell."""

Earlier = Iterable[tuple[str, tuple[Finding, ...]]]


def find_runs_of_baseline(
    baseline_name: str | None, inventory: Inventory, hosts: Iterable[Host], history: RunHistory
) -> Earlier | None:
    """Return the runs that ``baseline_name`` means, newest first, those kept by now; read only as far as somebody asks.

    None where no baseline is asked for. Raises InputError when it names nothing, or what it names says nothing of these
    hosts.
    """
    if baseline_name is None:
        return None
    if baseline_name == "last":
        return _iter_run_ids_with_findings([entry.id for entry in history.entries(inventory.path, limit=RUNS)], history)
    file = Path(baseline_name)
    name, findings = (
        _load_findings_from_json_report(file)
        if "/" in baseline_name or file.suffix or file.exists()
        else _load_run_id_and_findings(baseline_name, history)
    )
    names = {host.name for host in hosts}
    if not any(finding.host in names for finding in findings):
        raise InputError(
            "--baseline {wanted}: contains none of these hosts",
            mend="name a run or a findings.json of this inventory",
            wanted=baseline_name,
        )
    return [(name, findings)]


def _iter_run_ids_with_findings(
    run_ids: Iterable[str], history: RunHistory
) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    for run_id in run_ids:
        yield _load_run_id_and_findings(run_id, history)


def _load_run_id_and_findings(run_id: str, history: RunHistory) -> tuple[str, tuple[Finding, ...]]:
    run = history.run(run_id)
    return run.id, run.findings


def _load_findings_from_json_report(file: Path) -> tuple[str, tuple[Finding, ...]]:
    from auditor.report import json_output  # noqa: PLC0415  only for --baseline FILE

    try:
        document = json_output.parse_findings_from_json(file.read_bytes())
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", file=file, mend="check the path and its permissions", why=error.strerror
        ) from error
    except ValueError as error:
        raise InputError(
            "is not the findings.json of an audit: {why}",
            file=file,
            mend="give --baseline 'last', a run's id, or a findings.json that 'auditor audit' wrote",
            why=error,
        ) from error
    return document.run, document.findings
