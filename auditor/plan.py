"""What would turn failing findings into passes, per host and site. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from typing import Any

from auditor.controls import Catalogue, Disruption
from auditor.facts import HostFacts
from auditor.models import ControlId, Domain, Finding, Host, Model, Text
from auditor.runner import Playbook, Task

SUPPORTED = {("debian", "12"), ("debian", "13")}
DISRUPTIONS: tuple[Disruption, ...] = ("none", "reload", "restart", "reboot")


class Change(Model):
    """One control that would be put in force on a host."""

    control: ControlId
    sites: tuple[Domain, ...] = ()
    disruption: Disruption
    danger: Text | None = None


class HostPlan(Model):
    """The changes for one host, or why there can be none."""

    host: str
    changes: tuple[Change, ...] = ()
    refused: Text | None = None

    @property
    def disruption(self) -> Disruption:
        """The worst of its changes."""
        return max((change.disruption for change in self.changes), key=DISRUPTIONS.index, default="none")


class Plan(Model):
    """The changes for every host."""

    hosts: tuple[HostPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change anywhere."""
        return not any(host.changes for host in self.hosts)

    def as_variables(self) -> dict[str, dict[str, list[str]]]:
        """The roles' ``luytre_plan``: host to control id to domains."""
        return {
            host.host: {change.control: list(change.sites) for change in host.changes}
            for host in self.hosts
            if host.changes
        }


def make(
    catalogue: Catalogue,
    hosts: Sequence[Host],
    facts: Mapping[str, HostFacts],
    findings: Iterable[Finding],
    *,
    only_sites: frozenset[str] = frozenset(),
) -> Plan:
    """A plan for every host from the open findings that have an automated fix.

    With ``only_sites`` those sites' own findings alone count: a host's fixes touch its other sites too.
    """
    open_findings = [
        f
        for f in findings
        if f.status.is_open and catalogue[f.control].fix and (not only_sites or f.subject.id in only_sites)
    ]
    return Plan(hosts=tuple(_host_plan(catalogue, host, facts.get(host.name), open_findings) for host in hosts))


def _host_plan(catalogue: Catalogue, host: Host, facts: HostFacts | None, findings: list[Finding]) -> HostPlan:
    refused = refusal(facts)
    if refused is not None:
        return HostPlan(host=host.name, refused=refused)
    sites: dict[str, list[str]] = {}
    for finding in findings:
        if finding.host == host.name:
            own = [finding.subject.id] if finding.subject.kind == "site" else [site.domain for site in host.sites]
            sites.setdefault(finding.control, []).extend(own)
    changes = []
    for control_id in catalogue.by_id:
        fix = catalogue[control_id].fix
        if control_id in sites and fix is not None:
            changes.append(
                Change(control=control_id, sites=tuple(sites[control_id]), disruption=fix.disruption, danger=fix.danger)
            )
    return HostPlan(host=host.name, changes=tuple(changes))


def refusal(facts: HostFacts | None) -> Text | None:
    """Why this host must not be changed, or None."""
    system: Any = facts.data.get("system") if facts is not None else None
    if system is None:
        return Text(
            vi="không đọc được máy chủ nên không thay đổi gì", en="the host could not be read, so nothing is changed"
        )
    if (system.os.id, system.os.version.split(".")[0]) not in SUPPORTED:
        return Text(
            vi=f"hệ điều hành {system.os.name or '?'} chưa được thử nghiệm: chỉ kiểm tra, không thay đổi",
            en=f"the operating system {system.os.name or '?'} is untested: audited only, never changed",
        )
    if system.machine_panels:
        panels = ", ".join(system.machine_panels)
        return Text(
            vi=f"bảng điều khiển {panels} quản lý cấu hình máy chủ này: chỉ kiểm tra, không thay đổi",
            en=f"the control panel {panels} owns this host's configuration: audited only, never changed",
        )
    return None


# --- the preview: what a check run of the same plan says it would change -------------------------------


class TaskPreview(Model):
    """One task that would change the host, with its diff."""

    host: str
    name: str
    diff: str


_SECRET = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api_?key|auth_key|secure_auth|logged_in|nonce|salt|private_key)\w*[\"']?\s*"
    r"(?:[:=,]|=>|\s)\s*[\"']?)([^\s\"';,)]{3,})"
)


def preview(checked: Playbook) -> tuple[TaskPreview, ...]:
    """The tasks that a check run reports as changes, diffs redacted."""
    return tuple(
        TaskPreview(host=task.host, name=task.name, diff=redact(_diff(task)))
        for task in checked.tasks
        if task.outcome == "changed"
    )


def redact(text: str) -> str:
    """The text with values of anything that looks like a secret replaced."""
    return _SECRET.sub(r"\1•••", text)


def _diff(task: Task) -> str:
    entries = task.result.get("diff") or [
        entry.get("diff") for entry in task.result.get("results", []) if isinstance(entry, dict)
    ]
    flat = [part for entry in (entries if isinstance(entries, list) else [entries]) for part in _flatten(entry)]
    return "\n".join(part for part in flat if part)[:20_000]


def _flatten(entry: Any) -> list[str]:
    if isinstance(entry, list):
        return [part for inner in entry for part in _flatten(inner)]
    if not isinstance(entry, dict):
        return []
    if "prepared" in entry:
        return [str(entry["prepared"])]
    before, after = (_as_lines(entry.get(side)) for side in ("before", "after"))
    old, new = (str(entry.get(f"{side}_header", side)) for side in ("before", "after"))
    return ["\n".join(unified_diff(before, after, old, new, lineterm="", n=1))]


def _as_lines(side: Any) -> list[str]:
    if isinstance(side, dict):
        return [f"{key}: {value}" for key, value in sorted(side.items())]
    return str(side or "").splitlines()
