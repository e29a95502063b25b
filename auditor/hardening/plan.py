"""What would turn failing findings into passes, per host and site. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import Field

from auditor.audit.controls import Catalogue, Disruption, Fix
from auditor.facts import HostFacts
from auditor.fleet.runner import Playbook, Task
from auditor.hardening import touches as meant
from auditor.hardening.held import acceptance, dependents, doubts, in_use, preflight
from auditor.hardening.held.losses import Losses
from auditor.models import ControlId, Domain, Finding, Host, Model, Run, Text
from auditor.text import line_diff
from auditor.text.redact import redact_diff
from auditor.text.visible import one_line

MAX_DIFF = 20_000
"""Characters of a task's preview, and of each side that is compared for it."""
MAX_FOUND = 20
_MAX_NAME = 200
_MAX_ENTRIES = 100
_MAX_HEADER = 4_096
DISRUPTIONS: tuple[Disruption, ...] = ("none", "reload", "restart", "reboot")


class Change(Model):
    """One control that would be put in force on a host, for some of its sites."""

    control: ControlId
    sites: tuple[Domain, ...] = ()
    disruption: Disruption
    danger: Text | None = None
    note: Text | None = None
    held: Text | None = Field(default=None, description="why it is shown but not made")
    aside: bool = Field(default=False, description="whether files that others could have written are moved aside")
    locks_out: tuple[str, ...] = Field(default=(), description="CONTROL:ACCOUNT of those it may lock out, as accepted")
    touches: tuple[str, ...] = Field(default=(), description="what it may change on this host, in the guard's words")
    found: tuple[str, ...] = Field(
        default=(), description="the names of what violates there, as far as it has any, without secrets"
    )
    found_total: int = Field(default=0, description="how many such names there are, as far as they were counted")


class HostPlan(Model):
    """The changes for one host, or why there can be none."""

    host: str
    changes: tuple[Change, ...] = ()
    refused: Text | None = None
    unread: bool = Field(default=False, description="whether it is refused because it could not be read")

    @property
    def due(self) -> tuple[Change, ...]:
        """The changes that would be made."""
        return tuple(change for change in self.changes if change.held is None)

    @property
    def held(self) -> tuple[Change, ...]:
        """The changes that are held back, each with its reason."""
        return tuple(change for change in self.changes if change.held is not None)

    @property
    def disruption(self) -> Disruption:
        """The worst of the changes that would be made."""
        return max((change.disruption for change in self.due), key=DISRUPTIONS.index, default="none")


class Plan(Model):
    """The changes for every host."""

    hosts: tuple[HostPlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change anywhere."""
        return not any(host.due for host in self.hosts)

    @property
    def is_blind(self) -> bool:
        """Whether some host could not be read."""
        return any(host.unread for host in self.hosts)

    @property
    def held_total(self) -> int:
        """How many changes are held back on all hosts together."""
        return sum(len(host.held) for host in self.hosts)

    def as_variables(self) -> dict[str, dict[str, list[str]]]:
        """The roles' ``luytre_plan``: host to control id to domains. Holds what is due, and nothing else."""
        return {
            host.host: {change.control: list(change.sites) for change in host.due} for host in self.hosts if host.due
        }

    def as_asides(self) -> dict[str, list[str]]:
        """The roles' ``luytre_asides``: host to the controls for which that is accepted."""
        asides = {host.host: [change.control for change in host.due if change.aside] for host in self.hosts}
        return {host: controls for host, controls in asides.items() if controls}

    def as_losses(self) -> dict[str, list[str]]:
        """The roles' ``luytre_lost``: host to whom which control may lock out, as CONTROL:ACCOUNT."""
        lost = {host.host: sorted({one for change in host.due for one in change.locks_out}) for host in self.hosts}
        return {host: names for host, names in lost.items() if names}


def make(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted: frozenset[str] = frozenset(),
    https: Mapping[Domain, Text] | None = None,
    listed: Mapping[Domain, Text] | None = None,
    behind: Mapping[str, Text] | None = None,
    addresses: Mapping[str, str] | None = None,
) -> Plan:
    """A plan for every host of the run, from its open findings that have an automated fix; waived ones are let be.

    With ``only_sites`` those sites' own findings alone count: a host's fixes touch its other sites too.
    What ``preflight`` objects to is refused or held; so is, by ``doubts``, what would make others' files root's.
    ``accepted`` are the controls whose danger is accepted for this
    run, also outside of change windows; those that the inventory accepts count for danger alone.
    ``https``: sites to what is wrong with their HTTPS as it answers the controller; ``listed``: to the lists of files that
    their pages lead to; ``behind``: hosts to those that the inventory reaches through them;
    ``addresses`` and names of hosts, besides those of the run's.
    The present is the moment at which the run ended.
    """
    open_findings = [
        f
        for f in run.findings
        if f.is_open and catalogue[f.control].fix and (not only_sites or f.subject.id in only_sites)
    ]
    named = {**(addresses or {}), **{address: host.name for host in run.hosts for address in (host.name, host.address)}}
    beyond = _Beyond(https or {}, listed or {}, behind or {}, dependents.needs(facts, named))
    return Plan(
        hosts=tuple(
            _host_plan(catalogue, run, host, facts.get(host.name), open_findings, accepted, beyond)
            for host in run.hosts
        )
    )


@dataclass(frozen=True)
class _Beyond:
    """What no host says of itself."""

    https: Mapping[Domain, Text]
    listed: Mapping[Domain, Text]
    behind: Mapping[str, Text]
    needs: Mapping[str, tuple[dependents.Need, ...]]


def together(plans: Sequence[Plan]) -> Plan:
    """What any of the plans would change; of what is held back, nothing."""
    due: dict[str, dict[str, Change]] = {}
    for host in (host for plan in plans for host in plan.hosts):
        changes = due.setdefault(host.host, {})
        for change in host.due:
            other = changes.get(change.control, change)
            changes[change.control] = change.model_copy(
                update={
                    "sites": tuple(dict.fromkeys((*other.sites, *change.sites))),
                    "touches": tuple(dict.fromkeys((*other.touches, *change.touches))),
                }
            )
    return Plan(hosts=tuple(HostPlan(host=host, changes=tuple(changes.values())) for host, changes in due.items()))


def _host_plan(
    catalogue: Catalogue,
    run: Run,
    host: Host,
    facts: HostFacts | None,
    findings: list[Finding],
    accepted: frozenset[str],
    beyond: _Beyond,
) -> HostPlan:
    if facts is None or "system" not in facts.data:
        return HostPlan(host=host.name, refused=_unread(run, host, facts), unread=True)
    own = [finding for finding in findings if finding.host == host.name]
    sites: dict[str, list[str]] = {}
    for finding in own:
        concerned = [finding.subject.id] if finding.subject.kind == "site" else [site.domain for site in host.sites]
        sites.setdefault(finding.control, []).extend(concerned)
    fixes = {name: fix for name in catalogue.by_id if name in sites and (fix := catalogue[name].fix) is not None}
    waiting = acceptance.waiting(fixes, host, run.organisation, accepted, run.ended)
    agreed = {*accepted, *host.accept}
    violations = {name: [one for f in own if f.control == name for one in f.violations] for name in fixes}
    touches = {name: meant.on_host(fix.touches, violations[name]) for name, fix in fixes.items()}
    odd = {name: _ODD_PATH for name, known in touches.items() if known is None}
    doubted = {name: doubts.of(own, name) for name in fixes}
    doubtful = {
        name: why
        for name, files in doubted.items()
        if (why := doubts.held(name, files, accepted=name in agreed)) is not None
    }
    made = {name: fix for name, fix in fixes.items() if name not in {**waiting, **odd, **doubtful}}
    objections = preflight.objections(
        preflight.Case(host, made, own, facts, run.began, run.ended, beyond.https, frozenset(agreed))
    )
    if objections.refused is not None:
        return HostPlan(host=host.name, refused=objections.refused)
    used = in_use.of(host, facts, fixes, beyond.listed, beyond.behind.get(host.name))
    losses = preflight.lost(
        preflight.Case(host, fixes, own, facts, run.began, run.ended, beyond.https, frozenset(agreed))
    )
    named = {name: _joined(why, losses.held.get(name)) for name, why in waiting.items()}
    taking = _in_use(used, named, agreed)
    objected = {
        name: _joined(why, None if name in waiting else taking.get(name)) for name, why in objections.held.items()
    }
    held = {**odd, **taking, **doubtful, **objected}
    cut = dependents.find_holds(host, facts.context(), fixes, beyond.needs.get(host.name, ()), agreed)
    held |= {name: _joined(held[name], why) if name in held else why for name, why in cut.items()}
    changes = []
    for name, fix in fixes.items():
        taken = {} if name in agreed or name in held else used.sites.get(name, {})
        apart = {
            **{site: in_use.held(name, what) for site, what in taken.items() if site in sites[name]},
            **objections.sites.get(name, {}),
        }
        change = Change(
            control=name,
            disruption=fix.disruption,
            danger=fix.danger,
            note=fix.note if held.get(name) else doubts.moved(doubted[name]) or _note(fix, used, losses, name, agreed),
            held=held.get(name),
            aside=bool(doubted[name]) and name not in held,
            locks_out=tuple(one for one in sorted(agreed) if one.partition(":")[0] == name and ":" in one),
            touches=touches[name] or (),
        )
        others = tuple(site for site in sites[name] if site not in apart)
        if others or not apart:
            changes.append(change.model_copy(update={"sites": others, **_found(own, name, others)}))
        changes += [
            change.model_copy(update={"sites": (site,), "held": why, **_found(own, name, (site,))})
            for site, why in apart.items()
        ]
    return HostPlan(host=host.name, changes=tuple(changes))


def _found(findings: Sequence[Finding], control: ControlId, sites: Collection[Domain]) -> dict[str, Any]:
    """What violates the control on its host, or on these of its sites: the first names, and how many there are."""
    members = [
        one
        for finding in findings
        if finding.control == control and (finding.subject.kind == "host" or finding.subject.id in sites)
        for one in finding.violations
    ]
    names = dict.fromkeys(name for one in members if (name := _name(one)) is not None)
    return {"found": tuple(names)[:MAX_FOUND], "found_total": len(names)}


_NAMED_BY = ("path", "file", "name", "database", "user", "account", "domain", "package", "process", "line")


def _name(member: Any) -> str | None:
    """What a person knows it by; None for what has no name, and for a path alone: that may be one that was only tried."""
    if isinstance(member, str):
        return None if member.startswith("/") or not member else one_line(member, _MAX_NAME)
    if not isinstance(member, Mapping):
        return None
    key = next((key for key in _NAMED_BY if isinstance(member.get(key), str | int)), None)
    if key is None:
        return None
    at = member.get("host") if key == "user" else None
    return one_line(f"{member[key] or "''"}@{at}" if isinstance(at, str) else str(member[key]), _MAX_NAME)


def _in_use(used: in_use.Used, waiting: Mapping[str, Text], agreed: set[str]) -> dict[str, Text]:
    """Controls that wait for somebody's word, or that take from the whole host what is in use, and why."""
    found = {name: in_use.held(name, what) for name, what in used.hosts.items() if name not in agreed}
    return found | {name: _joined(why, used.said(name)) for name, why in waiting.items()}


def _note(fix: Fix, used: in_use.Used, losses: Losses, name: str, agreed: set[str]) -> Text | None:
    if name in losses.accepted:
        return losses.accepted[name]
    what = used.said(name) if name in agreed else None
    return fix.note if what is None else in_use.note(what, fix.note)


def _joined(one: Text, other: Text | None) -> Text:
    return one if other is None else Text.joined((one, other))


def _unread(run: Run, host: Host, facts: HostFacts | None) -> Text:
    if facts is not None:
        why = Text.alike(facts.errors.get("system", "?"))
    else:
        why = next((one.reason for one in run.outcomes if one.host == host.name and one.reason), Text.alike("?"))
    return Text(
        vi=f"không đọc được máy chủ nên không thay đổi gì: {why.vi}",
        en=f"the host could not be read, so nothing is changed: {why.en}",
    )


_ODD_PATH = Text(
    vi="máy chủ nêu một đường dẫn có ký tự lạ: xem và sửa bằng tay",
    en="the host reports a path with unusual characters: check and fix it manually",
)


# --- the preview: what a check run of the same plan says it would change -------------------------------


class TaskPreview(Model):
    """One task that would change the host, with its diff."""

    host: str
    name: str
    diff: str


def preview(checked: Playbook) -> tuple[TaskPreview, ...]:
    """The tasks that a check run reports as changes, diffs redacted."""
    return tuple(
        TaskPreview(host=task.host, name=task.name, diff=_diff(task))
        for task in checked.tasks
        if task.outcome == "changed"
    )


def _diff(task: Task) -> str:
    results = task.result.get("results")
    entries = task.result.get("diff") or [
        entry.get("diff") for entry in (results if isinstance(results, list) else ()) if isinstance(entry, dict)
    ]
    shown, room = [], MAX_DIFF
    for part in filter(None, map(_shown, islice(_flat(entries), _MAX_ENTRIES))):
        shown.append(part[:room])
        room -= len(part) + 1
        if room <= 0:
            break
    return "\n".join(shown)


def _flat(entries: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(entries, list):
        for entry in entries:
            yield from _flat(entry)
    elif isinstance(entries, dict):
        yield entries


def _shown(entry: Mapping[str, Any]) -> str:
    if "prepared" in entry:
        prepared = str(entry["prepared"])[:MAX_DIFF]
        return redact_diff(prepared, *_HEADER.findall(prepared))
    before, after = (_as_lines(entry.get(side)) for side in ("before", "after"))
    old, new = (str(entry.get(f"{side}_header", side))[:_MAX_HEADER] for side in ("before", "after"))
    compared = "\n".join(line_diff.unified(before, after, old, new))
    return redact_diff(compared, old, new, sides=("\n".join(before), "\n".join(after)))


_HEADER = re.compile(r"^(?:---|\+\+\+) (\S{1,4096})", re.MULTILINE)
"""The files of a diff that a module made itself."""


def _as_lines(side: Any) -> list[str]:
    if isinstance(side, dict):
        return "\n".join(f"{key}: {str(value)[:MAX_DIFF]}" for key, value in sorted(side.items()))[
            :MAX_DIFF
        ].splitlines()
    return str(side or "")[:MAX_DIFF].splitlines()
