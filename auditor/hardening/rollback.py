"""Undo a confirmed hardening, whole or one control of it, as far as nobody changed since what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from auditor.fleet.error_messages import explain_ansible_or_ssh_message
from auditor.fleet.runner import PlaybookOrder, PlaybookRun, play
from auditor.hardening import change_scope, guard_answers
from auditor.models import ControlId, Hardening, Host, HostHardening, Inventory, Model, Run, Text
from auditor.text.translations import make_text

ROLLBACK_SECONDS = 1_200
Part = tuple[Hardening, tuple[HostHardening, ...]]
"""A hardening, and what it did on some of its hosts."""


class RollbackOmission(Model):
    """A path that a rollback leaves alone."""

    path: str
    reason: str


class UndoneChanges(Model):
    """The changes of one host that a rollback undoes, or undid.

    They are in the host's own words: bounded, never interpreted.
    """

    files: tuple[str, ...] = Field(default=(), description="put back")
    removed: tuple[str, ...] = Field(default=(), description="what the run had made")
    sysctls: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    purged: tuple[str, ...] = Field(default=(), description="packages that the run had installed")
    staying: tuple[str, ...] = Field(default=(), description="upgrades, which are not reversed")
    database: bool = False
    left: tuple[RollbackOmission, ...] = ()
    brings_back: tuple[str, ...] = Field(default=(), description="keys, accounts and rights that come back")
    problems: tuple[str, ...] = ()

    @property
    def has_anything_undone(self) -> bool:
        """Return whether there is anything to undo."""
        return bool(self.files or self.removed or self.sysctls or self.purged or self.units or self.database)


class HostRollback(Model):
    """One host's part of a rollback: what came of it, or why nothing did."""

    host: str
    undone: UndoneChanges | None = None
    refused: Text | None = None
    reopens: tuple[ControlId, ...] = Field(default=(), description="controls that are no longer in force")
    in_force_again: tuple[ControlId, ...] = Field(default=(), description="controls that the run had taken back")


def select_host_entries_that_can_be_undone(
    hardening: Hardening, hosts: Sequence[Host], control: ControlId | None, *, includes_rolled_back: bool = False
) -> tuple[HostHardening, ...]:
    """Return the confirmed hosts of a hardening among these, with a control only those where it was put in force.

    ``includes_rolled_back``: also those that were rolled back whole, since something may have been left then.
    """
    names = {host.name for host in hosts}
    return tuple(
        entry
        for entry in hardening.select_by_state(
            "confirmed", *(("rolled_back",) if includes_rolled_back and control is None else ())
        )
        if entry.host in names and (control is None or control in entry.controls)
    )


def find_newest_hardening_with_control_in_force(
    hardenings: Iterable[Hardening], hosts: Sequence[Host], control: ControlId
) -> Part | None:
    """Return the newest hardening that put the control in force on any of the hosts, and its part there.

    None where it is in force nowhere.

    ``hardenings``: the hardenings in the journal, newest first. A host where a newer one took the control back is
    passed over.
    """
    remaining_hosts = {host.name: host for host in hosts}
    for hardening in hardenings:
        for entry in hardening.select_by_state("confirmed"):
            if control in entry.released:
                remaining_hosts.pop(entry.host, None)
        entries = select_host_entries_that_can_be_undone(hardening, tuple(remaining_hosts.values()), control)
        if entries:
            return hardening, entries
    return None


def find_last_hardening_in_force_of_each_host(
    hardenings: Iterable[Hardening], hosts: Sequence[Host]
) -> tuple[Part, ...]:
    """Return the hardenings that are in force last on any of the hosts, newest first.

    Each comes with its part on those hosts.

    ``hardenings``: the hardenings in the journal, newest first. A host of which the last is rolled back has none: what
    came before is undone by name alone.
    """
    remaining_names, parts = {host.name for host in hosts}, []
    for hardening in hardenings:
        settled_entries = [
            entry for entry in hardening.select_by_state("confirmed", "rolled_back") if entry.host in remaining_names
        ]
        remaining_names -= {entry.host for entry in settled_entries}
        entries = tuple(entry for entry in settled_entries if entry.state == "confirmed")
        if entries:
            parts.append((hardening, entries))
    return tuple(parts)


def add_reopened_controls_from_audit(
    steps: Iterable[HostRollback], entries: Iterable[HostHardening], control: ControlId | None, run: Run
) -> tuple[HostRollback, ...]:
    """Return the same with the controls that the audit afterwards finds open, for each host that it could read."""
    read = {outcome.host for outcome in run.outcomes if outcome.reached}
    is_open = {(finding.host, finding.control) for finding in run.findings if finding.is_open}
    controls_by_host = {entry.host: entry.controls if control is None else (control,) for entry in entries}
    return tuple(
        step.model_copy(
            update={"reopens": tuple(name for name in controls_by_host[step.host] if (step.host, name) in is_open)}
        )
        if step.undone is not None and step.host in read
        else step
        for step in steps
    )


def list_touches_of_control_alone(
    entry: HostHardening, control: ControlId, in_force: Sequence[HostHardening]
) -> tuple[str, ...]:
    """Return what the control alone touches of all that are in force on the host, in the guard's words.

    What others share with it is theirs too, and so is what they touch below its folders: that is named with ``but:``.
    """
    others = {
        touch
        for other_entry in in_force
        for other, theirs in other_entry.touches.items()
        if other != control
        for touch in theirs
    }
    own = tuple(touch for touch in entry.touches.get(control, ()) if touch not in others)
    inside = sorted(
        touch for touch in others if any(change_scope.is_any_touch_within_place([touch], mine) for mine in own)
    )
    return (*own, *(f"but:{touch}" for touch in inside))


def undo_hardening(
    inventory: Inventory,
    hardening: Hardening,
    entries: Sequence[HostHardening],
    only_touches_by_host: Mapping[str, Sequence[str]] | None = None,
    control: ControlId | None = None,
    *,
    check: bool = False,
) -> tuple[HostRollback, ...]:
    """Have the hosts undo the hardening, or with ``check`` say what they would undo.

    ``only_touches_by_host``: these touches alone.

    ``control``: the only one that is to be undone, whose touches they are.
    """
    if not entries:
        return ()
    playbook_run = play(
        PlaybookOrder(
            "rollback.yml",
            inventory=inventory.path,
            limit=[entry.host for entry in entries],
            variables={
                "luytre_run": hardening.id,
                "luytre_expect": {entry.host: {"digest": entry.digest, "after": entry.after} for entry in entries},
                **(
                    {"luytre_only": {host: list(touches) for host, touches in only_touches_by_host.items()}}
                    if only_touches_by_host is not None
                    else {}
                ),
            },
            check=check,
            timeout=ROLLBACK_SECONDS,
        )
    )
    return tuple(_parse_host_rollback_of_playbook(playbook_run, entry, control) for entry in entries)


def _parse_host_rollback_of_playbook(
    playbook_run: PlaybookRun, entry: HostHardening, control: ControlId | None
) -> HostRollback:
    response = guard_answers.get_guard_response(playbook_run, entry.host)
    if response is None:
        return HostRollback(
            host=entry.host,
            refused=_explain_refused_rollback(guard_answers.explain_missing_guard_response(playbook_run, entry.host)),
        )
    undone = _parse_changes(response)
    if control is not None:
        stays = change_scope.has_package_upgrade_among_touches(entry.touches.get(control, ()))
        return HostRollback(host=entry.host, undone=undone, reopens=() if stays else (control,))
    return HostRollback(
        host=entry.host,
        undone=undone,
        reopens=_find_reopened_controls(entry, undone),
        in_force_again=entry.released if undone.has_anything_undone else (),
    )


def _find_reopened_controls(entry: HostHardening, undone: UndoneChanges) -> tuple[ControlId, ...]:
    """Return the controls of which something comes back; all that may be when the host does not list everything."""
    back = [*undone.files, *undone.removed]
    back += [f"sysctl:{key.replace('/', '.')}" for key in undone.sysctls]
    back += [f"unit:{name}" for name in undone.units]
    back += [f"package:{name.partition(':')[0]}" for name in undone.purged]
    cut = max(len(undone.files), len(undone.removed)) >= guard_answers.MAX_MEMBERS

    def comes_back(touch_list: Sequence[str]) -> bool:
        if undone.database and any(touch.startswith("database:") for touch in touch_list):
            return True
        return cut or any(change_scope.is_thing_covered_by_any_touch(touch_list, touch) for touch in back)

    return tuple(
        control
        for control, control_touches in entry.touches.items()
        if not change_scope.has_package_upgrade_among_touches(control_touches) and comes_back(control_touches)
    )


def _explain_refused_rollback(message: str) -> Text:
    if "digest differs" in message:
        return make_text("the snapshot on the host is not the one recorded here: nothing is rolled back")
    if "no confirmed run" in message:
        return make_text(
            "the host no longer has this hardening run: newer ones replaced it, the host was "
            "reinstalled or restored from a backup, or another host answers at its address; "
            "nothing is rolled back"
        )
    return explain_ansible_or_ssh_message(message)


def _parse_changes(response: Mapping[str, Any]) -> UndoneChanges:
    packages = response.get("packages")
    packages = packages if isinstance(packages, Mapping) else {}
    return UndoneChanges(
        **{
            key: guard_answers.list_members_as_redacted_text(response.get(key))
            for key in ("files", "removed", "sysctls", "units", "brings_back", "problems")
        },
        purged=guard_answers.list_members_as_redacted_text(packages.get("purged") or packages.get("installed")),
        staying=guard_answers.list_packages_left_upgraded_by_rollback(response),
        database=response.get("database") is True,
        left=tuple(
            RollbackOmission(
                path=guard_answers.redact_to_printable_text(entry.get("path")),
                reason=guard_answers.redact_to_printable_text(entry.get("reason")),
            )
            for entry in guard_answers.list_mappings_among_members(response.get("left"))
        ),
    )
