"""What a run tells of hunts: the traces that count, and the open controls that may have let them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.assessors.hunts import add_hunt_traces_to_violations
from auditor.audit.assessors.hunts import judge_hosts_by_last_hunts as judge_hunts
from auditor.audit.evaluate import MAX_VIOLATIONS
from auditor.audit.judgement import judge_collected_facts
from auditor.models import (
    Finding,
    Host,
    HostOutcome,
    Inventory,
    Run,
    Severity,
    Site,
    Status,
    Subject,
    Text,
    Trace,
    TraceAcceptance,
    clock,
)
from auditor.models.hunts import Hunt
from auditor.models.prior_state import PriorState
from auditor.models.reviews import Kind
from auditor.results import hunts
from auditor.results.traces import iter_traces_among_violations
from auditor.scans.traces import build_masked_trace
from auditor.text.translations import Words

CATALOGUE = controls.load_catalogue()
NOW = clock.parse_iso_moment("2026-11-24T10:00:00+07:00")
HOST = Host(name="web1", address="192.0.2.1", sites=(Site(domain="a.test", host="web1"),))


HUNT = {
    **{
        "id": "h1",
        "host": "web1",
        "started": clock.format_iso_moment(NOW - timedelta(days=1)),
        "seconds": 1.0,
        "warm": False,
    },
    **{"seen": 3, "same": 0, "known": 1, "judged": 2, "unjudged": 0, "left": 0, "cut_short": False},
}


def found(kind: str, certainty: str, where: str) -> Trace:
    made = build_masked_trace(kind, where, where=where, sample="x", families=["structure"], rules=["r"])  # type: ignore[arg-type]
    return made.model_copy(update={"certainty": certainty})


def hunted(*traces: Trace, places: int | None = 7, places_left: tuple[str, ...] = ()) -> Run:
    hunt = Hunt.model_validate({**HUNT, "traces": traces, "places": places, "places_left": places_left})
    outcome = HostOutcome(host="web1", reached=False, reason=Text(vi="không tới", en="out of reach"))
    inventory = Inventory(path="/i", organisation=None, hosts=(HOST,))
    return judge_collected_facts(
        AuditInput(inventory, PriorState(hunts=(hunt,)), CATALOGUE, [HOST], {}, [outcome], NOW)
    )


def statuses(run: Run) -> dict[str, Status]:
    return {one.control: one.status for one in run.findings if one.control.startswith("compromise.")}


def test_each_trace_is_told_by_the_control_of_its_kind() -> None:
    kinds = {"way_in": "key", "starts": "job", "runs": "process", "loaded": "interpreter", "suspected": "program"}
    run = hunted(*(found(kind, "strong", f"/{kind}") for kind in kinds.values()), found("unit", "weak", "/unit"))
    told = {one.control: [v["kind"] for v in one.violations] for one in run.findings if one.violations}
    assert told == {f"compromise.{name}": [kind] for name, kind in kinds.items()}
    assert [one.kind for one in run.hunts[0].weak] == ["unit"]


def test_a_hunt_that_did_not_look_outside_web_roots_passes_nothing_there() -> None:
    run = hunted(places=None)
    assert statuses(run)["compromise.starts"] is Status.NOT_APPLICABLE
    assert statuses(run)["compromise.hunted"] is Status.FAIL
    assert statuses(hunted())["compromise.hunted"] is Status.PASS
    cut = hunted(places_left=("setuid", "cron", "files"))
    assert statuses(cut)["compromise.hunted"] is Status.FAIL
    assert (
        "not fully checked outside the web roots: scheduled job, setuid program, settings files"
        in hunts.describe_time_and_coverage_of_hunt(cut.hunts[0], Words("en"))
    )


def test_open_controls_that_let_such_things_in_are_named() -> None:
    run = hunted(found("key", "strong", "/k"))

    def finding(control: str, status: Status) -> Finding:
        subject = Subject(kind="host", id="web1")
        return Finding(control=control, subject=subject, host="web1", status=status, severity=Severity.HIGH)

    said = (finding("ssh.root_login", Status.FAIL), finding("sudo.nopasswd", Status.PASS))
    beside = (finding("web.php_in_uploads", Status.FAIL),)
    (one,) = hunts.list_host_traces(run.model_copy(update={"findings": (*run.findings, *said, *beside)}), CATALOGUE)
    assert one.let_in_by == ("ssh.root_login",)


def test_what_lets_things_in_are_controls_that_there_are() -> None:
    for control in CATALOGUE.controls:
        assert set(control.let_in_by) <= set(CATALOGUE.controls_by_id)
        assert bool(control.let_in_by) <= control.id.startswith("compromise.")


def test_a_trace_whose_text_became_longer_is_told() -> None:
    one = found("job", "strong", "/x")
    data = {**one.model_dump(mode="json"), "sample": "a" * 159 + "•••", "accept": "…"}
    assert [known.sample for known in iter_traces_among_violations([data])] == ["a" * 159 + "•"]


def test_a_file_that_facts_tell_of_has_what_was_seen_in_it_beside_it() -> None:
    host = HOST.model_copy(update={"sites": (Site(domain="a.test", host="web1", document_root="/srv/a"),)})
    run = hunted(found("program", "exact", "/srv/a/up/x.php"), found("job", "strong", "/srv/a/up/y.php"))
    hunt = Hunt.model_validate({**HUNT, "traces": [found("program", "exact", "/srv/a/up/x.php")]})

    def told(*violations: object, name: str = "web1") -> tuple[object, ...]:
        finding = replace(run.findings[0], host=name, subject=Subject(kind="site", id="a.test"), violations=violations)
        (gained,) = add_hunt_traces_to_violations([finding], [host], [hunt])
        return gained.violations

    assert told({"path": "/srv/a/up/x.php", "mode": 420}, {"path": "/srv/a/up/y.php", "mode": 420}) == (
        {"path": "/srv/a/up/x.php", "mode": 420, "trace": "exact: r"},
        {"path": "/srv/a/up/y.php", "mode": 420, "trace": ""},
    )
    assert told("up/x.php", "up/z.php") == (
        {"path": "up/x.php", "trace": "exact: r"},
        {"path": "up/z.php", "trace": ""},
    )
    assert told("up/z.php", 7, None) == ("up/z.php", 7, None)
    assert told({"path": "/srv/a/up/x.php"}, name="web2") == ({"path": "/srv/a/up/x.php"},)


def test_no_kind_of_trace_keeps_another_out_of_a_finding() -> None:
    def strong(kind: Kind, where: str) -> Trace:
        made = build_masked_trace(kind, where, where=where, sample="x", families=["place"], rules=["r"])
        return made.model_copy(update={"certainty": "strong"})

    many = [strong("temporary", f"/tmp/.{n}") for n in range(2 * MAX_VIOLATIONS)]  # noqa: S108 - never opened
    hunt = Hunt.model_validate({**HUNT, "places": 7, "traces": (*many, strong("replaced", "/usr/bin/ls"))})
    told = judge_hunts(CATALOGUE, (HOST,), [hunt], (), NOW)
    (runs,) = [one for one in told.findings if one.control == "compromise.runs"]
    assert len(runs.violations) == MAX_VIOLATIONS
    assert "replaced" in {one["kind"] for one in runs.violations}


def test_what_is_accepted_is_taken_out_of_what_nothing_explains() -> None:
    counts = {"known_good": 1, "packages": None, "without_code": 0, "unexplained": 2}
    traces = found("program", "strong", "/a.php"), found("missing", "weak", "/b.php")
    accepted = tuple(
        TraceAcceptance(site="web1", key=trace.key, reason="r", approver="a", granted=NOW.date()) for trace in traces
    )
    hunt = Hunt.model_validate({**HUNT, "traces": traces, "explained": counts})
    (summary,) = judge_hunts(CATALOGUE, [HOST], [hunt], accepted, NOW).hunted
    assert hunts.list_explained_counts(summary) == (1, None, 0, 1, 1)
    earlier = Hunt.model_validate({**HUNT, "traces": traces})
    (summary,) = judge_hunts(CATALOGUE, [HOST], [earlier], accepted, NOW).hunted
    assert hunts.list_explained_counts(summary) == ()


def test_which_sets_of_others_judged_is_said() -> None:
    uses = [{"name": "signature-base", "version": "2025-11-01", "rules": 4012}]
    hunt = Hunt.model_validate({**HUNT, "rule_sets": uses})
    (summary,) = judge_hunts(CATALOGUE, [HOST], [hunt], (), NOW).hunted
    for lang in ("vi", "en"):
        said = hunts.describe_time_and_coverage_of_hunt(summary, Words(lang))
        assert "signature-base 2025-11-01" in said
        assert "4" in said
