"""What changed on hosts since the last confirmed hardening, and which controls that concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from auditor.fleet.error_messages import explain_ansible_or_ssh_message
from auditor.fleet.runner import PlaybookOrder, play
from auditor.hardening import change_scope, guard_answers
from auditor.models import ControlId, Hardening, Host, Inventory, Model, Run, Text
from auditor.text.translations import make_text

DRIFT_SECONDS = 300

Touches = Mapping[ControlId, Sequence[str]]
"""What each control in force on a host touches there."""


class DriftChange(Model):
    """One thing that is not as it was left: a path, a live setting, a table of the packet filter."""

    what: str
    how: str = Field(description="content, attributes, missing or new; changed for a live setting")
    controls: tuple[ControlId, ...] = Field(default=(), description="those in force that touch it")


class Drift(Model):
    """The answer of one host."""

    host: str
    run: str | None = Field(default=None, description="the confirmed hardening that it is compared with")
    changes: tuple[DriftChange, ...] = ()
    count: int = Field(default=0, description="of all changes; the host lists the first 200 paths")
    notes: tuple[Text, ...] = Field(default=(), description="what could not be compared, and why")
    refused: Text | None = None
    reopened: tuple[ControlId, ...] | None = Field(
        default=None,
        description="of the controls that the changes concern those that an audit finds open; None: not audited",
    )

    @property
    def concerned_controls(self) -> tuple[ControlId, ...]:
        """Return the controls in force that the changes concern, each once."""
        return tuple(sorted({control for change in self.changes for control in change.controls}))


def ask_hosts_for_drift(
    inventory: Inventory, hosts: Sequence[Host], hardenings: Iterable[Hardening]
) -> tuple[Drift, ...]:
    """Ask every host.

    ``hardenings``: the hardenings in the journal, newest first, from which it is learnt what is in force.
    """
    in_force: dict[str, dict[ControlId, Sequence[str]]] = {}
    taken_back: dict[str, set[ControlId]] = {}
    for hardening in hardenings:
        for entry in hardening.select_by_state("confirmed"):
            out = taken_back.setdefault(entry.host, set())
            here = in_force.setdefault(entry.host, {})
            here.update(
                {
                    control: control_touches
                    for control, control_touches in entry.touches.items()
                    if control not in out | here.keys()
                }
            )
            out.update(entry.released)
    run = play(
        PlaybookOrder("drift.yml", inventory=inventory.path, limit=[host.name for host in hosts], timeout=DRIFT_SECONDS)
    )
    drifts = []
    for host in hosts:
        response = guard_answers.get_guard_response(run, host.name)
        if response is None:
            drifts.append(
                Drift(
                    host=host.name,
                    refused=_explain_refused_drift_check(guard_answers.explain_missing_guard_response(run, host.name)),
                )
            )
        else:
            drifts.append(_parse_drift(host.name, response, in_force.get(host.name, {})))
    return tuple(drifts)


def add_reopened_controls_from_audit(drifts: Iterable[Drift], run: Run) -> tuple[Drift, ...]:
    """Return the same with the audit's verdicts on the controls that the changes concern.

    These are added for each host that the audit could read.
    """
    read = {outcome.host for outcome in run.outcomes if outcome.reached}
    is_open = {(finding.host, finding.control) for finding in run.findings if finding.is_open}
    return tuple(
        drift.model_copy(
            update={"reopened": tuple(name for name in drift.concerned_controls if (drift.host, name) in is_open)}
        )
        if drift.host in read
        else drift
        for drift in drifts
    )


def _explain_refused_drift_check(message: str) -> Text:
    if "no confirmed run" in message:
        return make_text("no hardening has been confirmed on this host yet")
    return explain_ansible_or_ssh_message(message)


def _parse_drift(host: str, response: Mapping[str, Any], in_force: Touches) -> Drift:
    path_changes = [
        (
            guard_answers.redact_to_printable_text(entry.get("path")),
            guard_answers.redact_to_printable_text(entry.get("what")),
        )
        for entry in guard_answers.list_mappings_among_members(response.get("paths"))
    ]
    changes = [
        DriftChange(what=path, how=how, controls=_find_controls_that_touch_thing(in_force, path))
        for path, how in path_changes
    ]
    changes += [
        DriftChange(
            what=f"sysctl {key}", how="changed", controls=_find_controls_that_touch_thing(in_force, f"sysctl:{key}")
        )
        for key in guard_answers.list_members_as_redacted_text(response.get("sysctls"))
    ]
    changes += [
        DriftChange(
            what=f"nft {name}", how="changed", controls=_find_controls_that_touch_thing(in_force, f"nft:{name}")
        )
        for name in guard_answers.list_members_as_redacted_text(response.get("tables"))
    ]
    count = response.get("count")
    return Drift(
        host=host,
        run=guard_answers.redact_to_printable_text(response.get("run")),
        changes=tuple(changes),
        count=max(len(changes), count if isinstance(count, int) else 0),
        notes=guard_answers.describe_paths_not_in_rollback_point(response, _UNSEEN),
    )


_UNSEEN = make_text("not compared:")


def _find_controls_that_touch_thing(in_force: Touches, changed_thing: str) -> tuple[ControlId, ...]:
    return tuple(
        sorted(
            control
            for control, control_touches in in_force.items()
            if not change_scope.has_package_upgrade_among_touches(control_touches)
            and change_scope.is_thing_covered_by_any_touch(control_touches, changed_thing)
        )
    )
