"""The one next step of an incident: containing, evidence, reports, what people do, looking again, closing."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.fleet.error_messages import KEY_CHANGED
from auditor.history.incidents import IncidentStore, list_actions_in_force
from auditor.incidents import transitions
from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.containment import ActionRequest
from auditor.incidents.response.alarms import drop_accepted_traces_from_run, list_hosts_with_root_intruder
from auditor.incidents.response.auto_containment import build_responses, list_requests_in_force
from auditor.incidents.response.next_steps import (
    CaseSituation,
    NextStep,
    Unanswered,
    build_commands_to_contain_sign_responses,
    find_next_step,
)
from auditor.models import HostOutcome, Run, Subject, Trace, clock
from auditor.models.incidents import (
    AnyEvent,
    CollectedEvent,
    ContainedEvent,
    FindingReference,
    JoinedEvent,
    LiftedEvent,
    ReportedEvent,
    WaivedReportEvent,
)
from auditor.models.response_actions import Means
from auditor.models.reviews import Kind, TraceAcceptance
from tests import factory
from tests.unit.incidents.filled import LAST_FORM, T0, clean, lab
from tests.unit.results.test_verdict import finding

INVENTORY, WHO = "inventories/none", "Văn phòng"
SHELL = {"kind": "program", "where": "/srv/x.php", "key": "0" * 16, "rules": ["command"]}
CHANGED = {"kind": "changed", "where": "/srv/index.php", "key": "1" * 16}
PRELOAD = {"kind": "permission", "where": "/etc/sudoers.d/x (www-data)", "key": "2" * 16}
TAKEN = ContainedEvent(number=1, host="web1", means="file", what="/srv/x.php", state="confirmed")
COLLECTED = CollectedEvent(number=1, host="web1", folder="x", sha256="0" * 64, files=1, size=1, key="SHA256:x")
REPORTED = tuple(ReportedEvent(report=report, how="x") for report in ("now", "first", "full"))


@pytest.fixture
def ledgers(tmp_path: Path) -> IncidentStore:
    return IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)


def case(ledgers: IncidentStore, *deeds: AnyEvent) -> IncidentCase:
    found = (FindingReference(control="compromise.shell", subject="web1", run="x"),)
    incident, _ = ledgers.write(
        INVENTORY,
        WHO,
        transitions.make_case_opening_decision(factory.opening(("web1",), found, T0, "2026", None), force_new=False),
    )
    for deed in deeds:
        ledgers.write(INVENTORY, WHO, lambda _ledgers, deed=deed: (incident, deed))  # type: ignore[misc]
    return fold_case(incident, ledgers.load_case_log_of_incident(INVENTORY, incident))


def run(hours: int, *members: Any) -> Run:
    status = "fail" if members else "pass"
    moment = clock.format_iso_moment(T0 + datetime.timedelta(hours=hours))
    return clean(moment, replace(finding(status, control="compromise.shell"), violations=members))


def step(of: IncidentCase, newest: Run | None, hours: int = 1) -> NextStep:
    hosts = [host for host in lab().hosts if host.name == "web1"]
    return find_next_step(CaseSituation(of, newest, hosts, T0 + datetime.timedelta(hours=hours)))


def weak(kind: Kind, where: str, sample: str = "", rules: tuple[str, ...] = ()) -> Trace:
    key = f"{abs(hash(where)):016x}"[:16]
    return Trace(key=key, kind=kind, certainty="weak", where=where, sample=sample, families=("known",), rules=rules)


def words(of: NextStep) -> list[tuple[str, ...]]:
    return [command.words for command in of.commands]


def test_first_what_the_program_contains_by_itself(ledgers: IncidentStore) -> None:
    of = case(ledgers)
    assert words(step(of, run(0, SHELL, CHANGED))) == [("incident", "open", "--all-found", "web1")]


def test_what_somebody_was_cut_off_from_is_contained_before_all_else(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN.model_copy(update={"state": "begun"}))
    assert words(step(of, run(0, SHELL))) == [("incident", "open", "--all-found", "web1")]
    seen = TAKEN.model_copy(update={"number": 2, "what": "/srv/index.php", "state": "begun"})
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED, seen)
    again = ("incident", "contain", of.id, "file", "/srv/index.php", "--host", "web1")
    assert words(step(of, run(0, SHELL, CHANGED))) == [again]


def test_then_evidence_then_word_at_once_then_the_first_notice(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN)
    assert words(step(of, run(0, SHELL))) == [("incident", "collect", of.id)]
    of = case(ledgers, COLLECTED)
    assert words(step(of, run(0, SHELL))) == [("incident", "reported", of.id, "now")]
    of = case(ledgers, WaivedReportEvent(report="now", why="x"))
    assert words(step(of, run(0, SHELL))) == [("incident", "form", of.id, "--form", "first")]


def test_then_what_is_typed_then_what_is_done_by_hand_then_looking_again(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    told = step(of, run(0, SHELL, CHANGED, PRELOAD))
    assert words(told) == [("incident", "contain", of.id, "file", "/srv/index.php", "--host", "web1")]
    assert [one.where for one in told.reviewed_responses] == ["/srv/index.php"]
    of = case(ledgers, ContainedEvent(number=2, host="web1", means="file", what="/srv/index.php", state="confirmed"))
    told = step(of, run(0, SHELL, CHANGED, PRELOAD))
    assert (told.says, words(told)) == ("by_hand", [("incident", "note", of.id), ("hunt", "--limit", "web1")])
    assert [one.kind for one in told.by_hand] == ["permission"]
    assert words(step(of, run(0))) == [("hunt", "--limit", "web1")]


def test_in_the_end_the_form_and_closing(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    assert words(step(of, run(5), 6))[-1] == ("incident", "form", of.id, "--form", "end")
    of = case(ledgers, LAST_FORM)
    told = step(of, run(5), 6)
    assert (told.says, words(told)) == ("close", [("incident", "close", of.id)])


def test_what_a_host_refused_is_done_by_hand(ledgers: IncidentStore) -> None:
    second = {"kind": "account", "where": "/etc/passwd (hethong)", "exactly": "hethong", "key": "3" * 16}
    refused = ContainedEvent(number=1, host="web1", means="account", what="hethong", state="refused", why="no_shadow")
    of = case(ledgers, refused, COLLECTED, *REPORTED)
    told = step(of, run(0, second))
    assert [one.steps[0].says for one in told.by_hand] == ["passwd_line"]


@pytest.mark.parametrize(
    ("member", "means", "what", "says"),
    [
        (
            {
                "kind": "account",
                "where": "/etc/passwd (an)",
                "exactly": "an",
                "rules": ["second_root"],
                "key": "5" * 16,
            },
            "account",
            "an",
            "locked_account",
        ),
    ],
)
def test_what_is_contained_and_still_there_is_ended_once_there_is_evidence(
    ledgers: IncidentStore, member: dict[str, Any], means: Means, what: str, says: str
) -> None:
    of = case(ledgers, ContainedEvent(number=1, host="web1", means=means, what=what, state="confirmed"))
    assert words(step(of, run(0, member))) == [("incident", "collect", of.id)]
    of = case(ledgers, COLLECTED, *REPORTED)
    (one,) = step(of, run(0, member)).by_hand
    assert [each.says for each in one.steps] == [says]


def test_a_report_that_is_overdue_comes_before_what_is_done_by_hand(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED[:2])
    assert step(of, run(0, PRELOAD)).says == "by_hand"
    assert words(step(of, run(0, PRELOAD), hours=73)) == [("incident", "form", of.id, "--form", "full")]


STOPPED = ContainedEvent(number=1, host="web1", means="process", what="7/srv/x", state="confirmed")


def test_a_stopped_process_is_ended_once_there_is_evidence_of_it(ledgers: IncidentStore) -> None:
    running = {"kind": "process", "where": "/srv/x (www-data)", "exactly": "7", "key": "4" * 16}
    assert step(case(ledgers, STOPPED), run(0, running)).says == "collect"
    of = case(ledgers, COLLECTED, *REPORTED)
    told = step(of, run(0, running))
    assert words(told) == [("incident", "clean", of.id, "process-end", "7/srv/x", "--host", "web1")]
    ended = ContainedEvent(number=2, host="web1", means="process-end", what="7/srv/x", state="confirmed")
    of = case(ledgers, ended)
    assert {number: one.state for number, one in of.actions.items()} == {1: "ended", 2: "confirmed"}
    assert words(step(of, run(0, running))) == [("hunt", "--limit", "web1")]


@pytest.mark.parametrize(("state", "why", "left"), [("refused", "no_process", 0), ("refused", "keeper", 1)])
def test_one_that_ended_by_itself_stands_still_no_more(ledgers: IncidentStore, state: Any, why: str, left: int) -> None:
    ended = ContainedEvent(number=2, host="web1", means="process-end", what="7/srv/x", state=state, why=why)
    of = case(ledgers, STOPPED, ended)
    assert of.actions[1].state == ("confirmed" if left else "released")
    assert len(list_actions_in_force({of.id: of.entries}, T0)) == left


def test_one_of_many_that_run_a_program_is_told_by_when_it_began_and_ended_after_looking(
    ledgers: IncidentStore,
) -> None:
    shell = {"kind": "process", "where": "/usr/bin/dash (www-data)", "exactly": "7@55", "key": "4" * 16}
    port = {"kind": "listener", "where": "0.0.0.0:4 (www-data)", "exactly": "8@9/usr/bin/python3.13", "key": "5" * 16}
    of = case(ledgers, COLLECTED, *REPORTED)
    (told,) = words(step(of, run(0, shell, port)))
    assert told[3:7] == ("process-end", "7@55/usr/bin/dash", "process-end", "8@9/usr/bin/python3.13")


def test_what_visitors_see_is_taken_out_by_hand_then_shown_again_and_looked_at(ledgers: IncidentStore) -> None:
    page = {"kind": "doorway", "where": "/xo-so.html", "key": "6" * 16}
    site = Subject(kind="site", id="antruc.test")
    seen = replace(finding("fail", control="content.injected", subject=site), host="web1", violations=(page,))
    newest = clean(clock.format_iso_moment(T0), seen)
    path = ContainedEvent(number=1, host="web1", means="path", what="antruc.test/xo-so.html", state="confirmed")
    of = case(ledgers, path, COLLECTED, *REPORTED)
    told = step(of, newest)
    assert told.says == "by_hand"
    assert words(told) == [
        ("incident", "note", of.id),
        ("incident", "release", of.id, "1"),
        ("review", "--limit", "antruc.test"),
    ]


def test_what_only_people_know_is_answered_before_a_form_and_what_comes_later_with_it(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, REPORTED[0])
    hosts = [host for host in lab().hosts if host.name == "web1"]
    asked: Unanswered = {"first": ("kind", "severity"), "full": ("kind", "cause"), "end": ("recovery",)}
    told = find_next_step(CaseSituation(of, run(0, SHELL), hosts, T0, open_questions=asked))
    assert words(told) == [("incident", "answer", of.id, "kind", "severity", "cause", "recovery")]
    assert told.later == {"cause", "recovery"}
    assert words(
        find_next_step(CaseSituation(of, run(0, SHELL), hosts, T0, open_questions={**asked, "first": ()}))
    ) == [("incident", "form", of.id, "--form", "first")]


def test_signs_by_which_somebody_comes_in_stand_beside_what_is_sure_and_never_our_own_key(
    ledgers: IncidentStore,
) -> None:
    keys = [
        weak(kind="key", where=f"/{who}/.ssh/authorized_keys ({who})", sample=f"ssh-ed25519 SHA256:{letter * 43}")
        for who, letter in (("root", "a"), ("luytre", "b"))
    ]
    loaded = weak(kind="unknown", where="/srv/mu-plugins/x.php", rules=("loaded_unasked",))
    other = weak(kind="program", where="/srv/y.php", rules=("command",))
    newest = run(0, SHELL, PRELOAD)
    hunts = tuple(one.model_copy(update={"weak": (*keys, loaded, other)}) for one in newest.hunts)
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    told = step(of, newest.model_copy(update={"hunts": hunts}))
    assert [one.manual_action for one in told.signs] == [
        ("key", f"SHA256:{'a' * 43}"),
        ("file", "/srv/mu-plugins/x.php"),
    ]
    (command,) = build_commands_to_contain_sign_responses(of, told.signs)
    assert command.words[3:] == ("key", f"SHA256:{'a' * 43}", "file", "/srv/mu-plugins/x.php", "--host", "web1")


@pytest.mark.parametrize(
    ("why", "hours", "says"),
    [
        ("not_on_record", 0, "contain"),
        ("not_in_force", 0, "contain"),
        ("no_answer", 1, "contain"),
        ("key_changed", 1, "contain"),
        ("no_answer", 0, "by_hand"),
        ("not_understood", 1, "by_hand"),
    ],
)
def test_what_its_host_lost_or_could_not_be_told_is_contained_again_before_a_person_does_it(
    ledgers: IncidentStore, why: str, hours: int, says: str
) -> None:
    of = case(ledgers, TAKEN.model_copy(update={"state": "unknown", "why": why}), COLLECTED, *REPORTED)
    assert step(of, run(hours, SHELL), hours=2).says == says


def test_a_host_with_another_key_is_enrolled_before_it_is_hunted_on(ledgers: IncidentStore) -> None:
    changed = HostOutcome(host="web1", reached=False, reason=KEY_CHANGED)
    told = step(case(ledgers, *REPORTED), run(0).model_copy(update={"outcomes": (changed,)}))
    assert words(told) == [("enroll", "web1"), ("hunt", "--limit", "web1")]


def test_a_review_counts_only_after_what_was_kept_from_visitors_is_shown_again(ledgers: IncidentStore) -> None:
    path = ContainedEvent(number=1, host="web1", means="path", what="antruc.test/x.php", state="confirmed")
    of = case(ledgers, path, COLLECTED, *REPORTED, JoinedEvent(subjects=("antruc.test",)), LAST_FORM)
    seen = clean(
        clock.format_iso_moment(T0 + datetime.timedelta(minutes=30)),
        replace(finding("pass", control="compromise.shell"), violations=()),
    )
    later = IncidentStore(ledgers.path, now=lambda: T0 + datetime.timedelta(hours=1))
    later.write(INVENTORY, WHO, lambda _: (of.id, LiftedEvent(number=1, host="web1", means="path", state="released")))
    of = fold_case(of.id, ledgers.load_case_log_of_incident(INVENTORY, of.id))
    assert words(step(of, seen)) == [("review", "--limit", "antruc.test")]
    assert words(step(of, run(5), 6)) == [("incident", "close", of.id)]


def test_what_the_office_accepted_since_is_not_named_again(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    own = TraceAcceptance(
        site="web1", key="1" * 16, reason="x", approver="Văn phòng", second="Văn thư", granted=T0.date()
    )
    newest = drop_accepted_traces_from_run(run(0, CHANGED), (own,), T0.date())
    assert step(of, run(0, CHANGED)).says == "look"
    assert words(step(of, newest)) == [("hunt", "--limit", "web1")]
    before = T0.date() - datetime.timedelta(days=1)
    assert step(of, drop_accepted_traces_from_run(run(0, CHANGED), (own,), before)).says == "look"


def test_a_closing_form_with_blank_fields_is_said_to_have_them(ledgers: IncidentStore) -> None:
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED, LAST_FORM.model_copy(update={"missing": 2}))
    told = step(of, run(5), 6)
    assert (told.says, told.about) == ("close_blank", {"blank": "2"})
    assert words(told) == [("incident", "form", of.id, "--form", "end"), ("incident", "close", of.id)]


def test_what_a_hunt_sees_again_after_it_was_contained_is_contained_again(ledgers: IncidentStore) -> None:
    """A job of the intruder's lays the shell in its place anew."""
    of = case(ledgers, TAKEN, COLLECTED, *REPORTED)
    assert words(step(of, run(1, SHELL))) == [("incident", "open", "--all-found", "web1")]
    assert words(step(of, run(0, SHELL))) != [("incident", "open", "--all-found", "web1")]
    shell = ActionRequest("file", "/srv/x.php", None)
    assert list_requests_in_force(of, "web1", run(0, SHELL).hunts) == {shell}
    assert list_requests_in_force(of, "web1", run(1, SHELL).hunts) == frozenset()
    assert list_requests_in_force(of, "web2") == frozenset()


def test_what_is_never_begun_is_not_asked_for_again_and_has_no_step_that_shuts_us_out(ledgers: IncidentStore) -> None:
    """An intruder gives the account by which we come in the number 0."""
    of = case(ledgers, COLLECTED, *REPORTED)
    ours = {"kind": "account", "where": "/etc/passwd (luytre)", "exactly": "luytre", "rules": ["second_root"]}
    told = step(of, run(0, {**ours, "key": "3" * 16}))
    assert told.says == "by_hand"
    assert [(one.where, one.who, one.steps) for one in told.by_hand] == [("/etc/passwd", "luytre", ())]


def test_a_page_that_the_inventory_names_is_the_site_s_own_and_left_to_a_person() -> None:
    site = Subject(kind="site", id="antruc.test")
    (host,) = (one for one in lab().hosts if one.name == "web1")
    own = next(page for page in host.sites[0].smoke_urls if page != "/")
    pages = tuple({"kind": "doorway", "where": where, "key": "7" * 16} for where in (own, "/xo-so.html"))
    seen = replace(finding("fail", control="content.injected", subject=site), host="web1", violations=pages)
    ours, theirs = build_responses((seen,), (host,))
    assert (ours.requests, [one.what for one in theirs.requests]) == ((), ["antruc.test/xo-so.html"])


def test_root_was_taken_where_a_trace_says_so() -> None:
    second = {"kind": "account", "where": "/etc/passwd (x)", "key": "8" * 16, "rules": ["second_root"]}
    preload = {"kind": "preload", "where": "/etc/ld.so.preload", "key": "9" * 16}
    for member, hosts in ((second, ("web1",)), (preload, ("web1",)), (SHELL, ()), (PRELOAD, ())):
        assert list_hosts_with_root_intruder(run(0, member).findings) == hosts
