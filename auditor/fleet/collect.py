"""Read every host once: one playbook, one task, one answer each, validated on arrival.

What facts are made of is imported when there are some: the hosts are asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.fleet.runner import THIS_MACHINE, AnsibleTask, PlaybookOrder, PlaybookRun, play
from auditor.models import Host, HostOutcome, Inventory, Text
from auditor.text.translations import make_text

if TYPE_CHECKING:
    from auditor.facts import HostFacts
    from auditor.facts._base import Area

LOCAL = Inventory(path=THIS_MACHINE, organisation=None, hosts=(Host(name=THIS_MACHINE, address="127.0.0.1"),))
"""This machine as an inventory of one."""
COLLECT_SECONDS = 120
_ACTION = "compliance_facts"


@dataclass(frozen=True)
class FactsRequest:
    """The request to hosts, when it is not the one that an audit needs."""

    areas: tuple[str, ...] = ()
    models: Mapping[str, type[Area]] = field(default_factory=dict)
    """Of those areas that no audit has."""
    extra_variables: Mapping[str, Any] = field(default_factory=dict)
    """To every host, besides what is declared of it."""


ALL = FactsRequest()


def collect(
    inventory: str,
    hosts: Sequence[Host],
    watch: Callable[[str], None] | None = None,
    meanwhile: Callable[[], object] | None = None,
    request: FactsRequest = ALL,
) -> tuple[Mapping[str, HostFacts], tuple[HostOutcome, ...]]:
    """Return facts by host name, and how reading went for every host asked for.

    ``watch`` gets each host's name when done.

    ``meanwhile`` is done here while the hosts are at work.
    """

    def report_host(task: AnsibleTask) -> None:
        if watch is not None and (task.action == _ACTION or task.outcome in ("failed", "unreachable")):
            watch(task.host)

    run = play(
        PlaybookOrder(
            "collect.yml",
            inventory=inventory,
            limit=[host.name for host in hosts],
            variables=build_collector_variables(hosts)
            | {"luytre_told": dict(request.extra_variables), "collect_areas": list(request.areas)},
            timeout=COLLECT_SECONDS,
        ),
        watch=report_host,
        meanwhile=meanwhile,
    )
    return parse_collector_answers(run, hosts, request)


def build_collector_variables(hosts: Sequence[Host]) -> dict[str, Any]:
    """Return what the collector has to know of the hosts, as a playbook's variables."""
    return {"luytre_declared": {host.name: host.model_dump(mode="json") for host in hosts}}


def parse_collector_answers(
    run: PlaybookRun, hosts: Sequence[Host], request: FactsRequest = ALL
) -> tuple[Mapping[str, HostFacts], tuple[HostOutcome, ...]]:
    """Return what a playbook with the collector in it read: facts by host name, and how reading went for every host."""
    facts: dict[str, HostFacts] = {}
    outcomes = []
    for host in hosts:
        answer = _parse_facts(run, host.name, request)
        if not isinstance(answer, Text):
            facts[host.name] = answer
        outcomes.append(_make_outcome(host.name, answer))
    return facts, tuple(outcomes)


def _parse_facts(run: PlaybookRun, host: str, request: FactsRequest) -> HostFacts | Text:
    from auditor.facts import BadDocument, HostFacts  # noqa: PLC0415  loaded while the hosts answer
    from auditor.fleet.error_messages import explain_ansible_or_ssh_message  # noqa: PLC0415  and so is this

    task = next((task for task in run.list_tasks(host) if task.action == _ACTION and task.outcome == "ok"), None)
    if task is None:
        failure = run.find_failure(host)
        if failure is not None:
            return explain_ansible_or_ssh_message(failure.message)
        return explain_ansible_or_ssh_message(run.complaint) if run.complaint else _NO_ANSWER
    document = task.result.get("document")
    if not isinstance(document, str):
        return _TOO_LARGE
    try:
        return HostFacts.parse(document, request.models)
    except BadDocument as bad:
        return make_text("the host's answer is unusable: {bad}", bad=bad)


def _make_outcome(host: str, answer: HostFacts | Text) -> HostOutcome:
    if isinstance(answer, Text):
        return HostOutcome(host=host, reached=False, reason=answer)
    system = answer.data.get("system")
    return HostOutcome(
        host=host,
        reached=True,
        seconds=round(sum(answer.seconds.values()), 3),
        os=system.os.name if system is not None else None,  # type: ignore[attr-defined]
        area_errors=dict(answer.errors),
    )


_NO_ANSWER = make_text("the host gave no answer in time")
_TOO_LARGE = make_text("the host's answer is too large or empty: not used")
