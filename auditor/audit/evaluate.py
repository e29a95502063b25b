"""Controls over facts: the same facts always give the same findings. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from auditor.audit import expressions, read_errors
from auditor.audit.controls import Catalogue, Control
from auditor.audit.expressions import CutShort, ExpressionFailed, NotCollected, NotTold, ReadLog, unwrap_fact_value
from auditor.audit.never_empty import NEVER_EMPTY
from auditor.fleet.error_messages import explain_missing_fact_area
from auditor.inventory.thresholds import load_thresholds_by_variable
from auditor.models import Finding, Status, Subject, Text
from auditor.text.redact import redact_secrets_in_json_data
from auditor.text.translations import make_text

MAX_VIOLATIONS = 200
MAX_PATH_CHARS = 200
_LIMITS = "limits."


def compile_control_expressions_ahead(catalogue: Catalogue) -> None:
    """Compile every expression ahead, for a process that has to wait anyway, and keep those that no earlier run had."""
    sources = [
        source
        for control in catalogue.controls
        for source in (control.applies, control.pass_condition, control.violations, control.among)
        if source
    ]
    new = not expressions.are_all_expressions_compiled(sources)
    for source in sources:
        expressions.compile_expression_once(source)
    if new:
        expressions.store_compiled_expressions_on_disk()


def evaluate_control(
    control: Control, subject: Subject, host: str, context: Mapping[str, Any], errors: Mapping[str, str]
) -> Finding:
    """Return one control on one subject. ``errors`` says why an area is not in ``context``."""
    record = ReadLog()

    def make_judgement(status: Status, **more: Any) -> Finding:
        return make_finding(status, _describe_thresholds_set_by_inventory(record, context), **more)

    def make_finding(status: Status, reason: Text | None = None, **more: Any) -> Finding:
        return Finding(
            control=control.id,
            subject=subject,
            host=host,
            status=status,
            severity=control.severity,
            reason=reason,
            evidence=tuple(
                replace(item, value=redact_secrets_in_json_data(item.value))
                for item in record.list_read_values_as_evidence()
            ),
            **more,
        )

    try:
        if control.container is not None and _is_host_in_container(context):
            return make_finding(Status.NOT_APPLICABLE, control.container)
        if control.applies is not None and not expressions.evaluate_expression_on_facts(
            control.applies, context, record
        ):
            return make_finding(Status.NOT_APPLICABLE, control.otherwise or _DOES_NOT_APPLY)
        if control.manual:
            return make_finding(Status.MANUAL, _ASK_A_PERSON)
        if control.violations is not None:
            return _judge_control_by_violations(control, context, record, make_judgement)
        is_met = _is_pass_condition_met(control.pass_condition or "", context, record)
        return make_judgement(Status.PASS if is_met else Status.FAIL)
    except NotCollected as missing:
        why = explain_missing_fact_area(errors.get(missing.area, "not collected"))
        return make_finding(
            Status.NOT_EVALUATED,
            make_text("could not read {area}: {why}", area=missing.area, why=why),
        )
    except NotTold as untold:
        path = untold.path[:MAX_PATH_CHARS]
        reason = read_errors.explain_unread_fact_path(untold.path, context) or make_text(
            "the host does not tell {path}", path=path
        )
        return make_finding(Status.NOT_EVALUATED, reason)
    except CutShort:
        return make_finding(Status.NOT_EVALUATED, _CUT_SHORT)
    except ExpressionFailed as failed:
        return make_finding(
            Status.NOT_EVALUATED,
            make_text("the check could not be worked out: {failed}", failed=failed),
        )


def _is_pass_condition_met(pass_condition: str, context: Mapping[str, Any], record: ReadLog) -> bool:
    """Return what a condition gives. Raises NotTold and ExpressionFailed for what is neither true nor false."""
    outcome = expressions.evaluate_expression_on_facts(pass_condition, context, record)
    if outcome is None and record.find_last_path_read_as_none() is not None:
        raise NotTold(record.find_last_path_read_as_none() or "")
    if not isinstance(outcome, bool):
        raise ExpressionFailed(f"{pass_condition!r} gives {type(outcome).__name__}, not true or false")
    if outcome:
        _require_members_in_never_empty_lists(record)
    return outcome


def _require_members_in_never_empty_lists(record: ReadLog) -> None:
    """Raise NotTold where a list that always has a member came empty.

    What leaves out what is there finds nothing wrong.
    """
    empty = next(iter(record.find_paths_read_as_empty_lists(NEVER_EMPTY)), None)
    if empty is not None:
        raise NotTold(empty)


def _judge_control_by_violations(
    control: Control, context: Mapping[str, Any], record: ReadLog, make_judgement: Any
) -> Finding:
    violations = _evaluate_expression_to_list(control.violations or "", context, record)
    population = len(_evaluate_expression_to_list(control.among, context, ReadLog())) if control.among else None
    if not violations:
        _require_members_in_never_empty_lists(record)
        status = Status.PASS
    elif population is not None and len(violations) < population:
        status = Status.PARTIAL
    else:
        status = Status.FAIL
    shown_violations = tuple(
        redact_secrets_in_json_data([unwrap_fact_value(member) for member in violations[:MAX_VIOLATIONS]])
    )
    result: Finding = make_judgement(status, violations=shown_violations, population=population)
    return result


def _describe_thresholds_set_by_inventory(record: ReadLog, context: Mapping[str, Any]) -> Text | None:
    """Return that the inventory set a limit that counted, if it did."""
    names = [path.removeprefix(_LIMITS) for path in record.list_read_paths() if path.startswith(_LIMITS)]
    sentences = [
        _format_threshold_set_by_inventory(name, context["limits"][name])
        for name in names
        if name in dict(context["host"]["thresholds"])
    ]
    return Text.join(sentences) if sentences else None


def _format_threshold_set_by_inventory(name: str, value: int) -> Text:
    unit, usual = load_thresholds_by_variable()[name].unit, load_thresholds_by_variable()[name].usual
    return make_text(
        "threshold {value} {unit}, set by the inventory ({name}; usually {usual})",
        value=value,
        unit=unit,
        name=name,
        usual=usual,
    )


def _evaluate_expression_to_list(source: str, context: Mapping[str, Any], record: ReadLog) -> list[Any]:
    value = expressions.evaluate_expression_on_facts(source, context, record)
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ExpressionFailed(f"{source!r} gives {type(value).__name__}, not a list")
    return list(value)


def _is_host_in_container(context: Mapping[str, Any]) -> bool:
    if "system" not in context:
        raise NotCollected("system")
    return bool(context["system"]["container"])


_DOES_NOT_APPLY = make_text("not present here")
_CUT_SHORT = make_text("not everything could be looked at in the time allowed; nothing was found in what was")
_ASK_A_PERSON = make_text("needs a person's confirmation")
