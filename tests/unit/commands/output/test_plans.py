"""A plan as an admin reads it: worst first, by name, with what is held and why, and what to type next."""

from __future__ import annotations

import io

from rich.console import Console

from auditor.audit.controls import Catalogue
from auditor.commands.output.plans import show_commands_after_plan, show_plan
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.steps.preview import TaskPreview
from auditor.models import Severity, Text
from tests import factory
from tests.unit.audit.test_evaluate import control

CATALOGUE = Catalogue(
    controls=(
        control("x.low", that="true", severity="low"),
        control("x.worst", that="true", severity="critical"),
        control("x.site", that="true", subject="site"),
    )
)


def told(text: str) -> Text:
    return Text.make_same_in_both_languages(text)


def change(name: str, **more: object) -> ControlChange:
    return ControlChange.model_validate({"control": name, "disruption": "none", **more})


def shown(*hosts: HostPlan, width: int = 120, catalogue: Catalogue = CATALOGUE) -> str:
    written = io.StringIO()
    show_plan(HardeningPlan(hosts=hosts), catalogue, "en", console=Console(file=written, width=width, highlight=False))
    return written.getvalue()


def following(plan: HardeningPlan, *, diff: bool = False) -> list[str]:
    written = io.StringIO()
    show_commands_after_plan(
        plan, ("-i", "a b"), "en", is_diff_shown=diff, console=Console(file=written, width=40, highlight=False)
    )
    return [line.partition(": ")[2] for line in written.getvalue().splitlines() if line.startswith("  ")]


def test_the_worst_is_first_and_what_is_held_stands_apart_with_its_risk_and_reason() -> None:
    held = change("x.site", sites=("a.test",), danger=told("it breaks"), held=told("it waits"))
    seen = shown(HostPlan(host="h", changes=(change("x.low"), held, change("x.worst", note=told("it differs")))))
    order = ["h: 2 changes, 1 deferred", "x.worst", "note: it differs", "x.low", "Deferred", "x.site"]
    order += ["a.test", "risk: it breaks", "deferred: it waits"]
    at = [seen.index(one) for one in order]
    assert at == sorted(at)


def test_what_is_concerned_is_named_and_the_rest_counted() -> None:
    named = change("x.worst", found=("hanh", "minh", "lan", "mai", "cuc", "tu"), found_total=9)
    assert "namely: hanh, minh, lan, mai, cuc +4\n" in shown(HostPlan(host="h", changes=(named,))).replace("  ", "")


def test_the_same_change_of_several_hosts_is_told_once() -> None:
    hosts = [HostPlan(host=name, changes=(change("x.low"),)) for name in ("one", "two", "three")]
    seen = shown(*hosts)
    assert seen.count("x.low") == 1
    assert "one, two +1" in seen
    assert [line for line in seen.splitlines() if line.startswith("three:")] == ["three: 1 change, no interruption"]


def test_a_narrow_terminal_loses_nothing() -> None:
    hosts = HostPlan(host="h", changes=(change("x.site", sites=("a.test",), disruption="restart"),))
    wide, narrow = shown(hosts), shown(hosts, width=60)
    for part in ("high", "x.site", "a.test", "service restarted, down for seconds"):
        assert part in wide and part in narrow
    assert max(map(len, narrow.splitlines())) <= 60


def test_what_a_host_said_is_no_order_to_the_terminal() -> None:
    for text in (nasty.encode("utf-8", "replace").decode() for nasty in factory.NASTY):
        hostile = change("x.low", note=told(text), found=(text,), found_total=1)
        refused = HostPlan(host="g", refused=told(text))
        seen = shown(HostPlan(host="h", changes=(hostile,)), refused, width=400)
        assert not any(sign in seen for sign in ("\x1b", "\u202e", "\u2028", "\r"))
        assert seen.count("\ng:") == 1


def test_what_comes_next_can_be_typed() -> None:
    due = change("x.low")
    held = change("x.worst", danger=told("it breaks"), held=told("it waits"))
    plan = HardeningPlan(hosts=(HostPlan(host="h", changes=(due, held)),))
    accept, harden = "auditor plan -i 'a b' --accept x.worst", "auditor harden -i 'a b'"
    assert following(plan) == ["auditor plan -i 'a b' --diff", accept, harden]
    assert following(plan, diff=True) == [accept, harden]
    assert following(HardeningPlan(hosts=(HostPlan(host="h", changes=(held,)),))) == [accept]
    assert following(HardeningPlan(hosts=(HostPlan(host="h"),))) == []


def test_a_diff_is_told_with_the_control_that_it_is_for() -> None:
    written = io.StringIO()
    preview = TaskPreview(host="h", name="pam.history | offer it", diff="--- a\n+++ b\n+[x]")
    console = Console(file=written, width=80, highlight=False)
    show_plan(HardeningPlan(hosts=()), CATALOGUE, "vi", [preview], console)
    assert "h PAM · pam.history\n--- a\n+++ b\n+[x]\n" in written.getvalue()


def test_severities_are_the_catalogues() -> None:
    seen = shown(HostPlan(host="h", changes=tuple(change(name) for name in CATALOGUE.controls_by_id)))
    assert [word for word in seen.split() if word in {one.value for one in Severity}] == ["critical", "high", "low"]
