"""The frameworks' files, and the rule by which a clause sums up its controls."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit import controls
from auditor.audit.assessors.facts import make_not_evaluated_findings
from auditor.audit.controls import Catalogue, Control
from auditor.audit.frameworks import clauses, coverage
from auditor.audit.frameworks.assessment import (
    ClauseResult,
    Result,
    SubjectAssessment,
    assess_sites_and_hosts_of_run,
    combine_findings_into_clause_result,
    conclude_clause,
    total_clauses_over_subjects,
)
from auditor.audit.frameworks.clauses import ClauseStatus, Framework
from auditor.cli import main
from auditor.errors import InputError
from auditor.models import (
    AppliedAttestation,
    AppliedWaiver,
    Finding,
    Host,
    HostOutcome,
    Lang,
    Run,
    Severity,
    Site,
    Status,
    Subject,
    Text,
)
from auditor.text.translations import Words
from tests import factory

CATALOGUE = controls.load_catalogue()
FRAMEWORKS = [clauses.load_framework(name) for name in clauses.list_framework_ids()]
HEADER = """\
title: {vi: a, en: a}
source: {vi: a, en: a}
levels: {1: {vi: a, en: a}, 2: {vi: b, en: b}}
clauses:
"""
A_CLAUSE = '- {number: "1", status: manual, text: {vi: a, en: a}}\n'
PASS, PARTIAL, FAIL = Status.PASS, Status.PARTIAL, Status.FAIL
UNREAD, MANUAL, ABSENT = Status.NOT_EVALUATED, Status.MANUAL, Status.NOT_APPLICABLE


def control(name: str, subject: str = "host", manual: bool = False, **references: object) -> Control:
    return Control.model_validate(
        {
            "id": name,
            **dict.fromkeys(("title", "problem", "rationale", "remedy"), Text(vi="a", en="a")),
            "severity": "medium",
            "subject": subject,
            **({"manual": True} if manual else {"that": "true"}),
            "references": references,
        }
    )


def finding(
    status: Status, severity: str = "medium", name: str = "a.x", subject: str = "host", at: str = "h1"
) -> Finding:
    return Finding(
        control=name,
        subject=Subject(kind=subject, id=at),
        host="h1",
        status=status,
        severity=Severity(severity),
    )


def waived(one: Finding, compensating: str | None) -> Finding:
    paper = AppliedWaiver(
        id="w1",
        reason="a",
        approver="it",
        granted=date(2026, 11, 1),
        expires=date(2027, 1, 1),
        days_left=39,
        validity="active",
        compensating=compensating,
    )
    return replace(one, waiver=paper)


def attested(one: Finding, validity: Literal["active", "expired"], compensating: str | None = None) -> Finding:
    answer = AppliedAttestation(
        who="it",
        when=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
        days_left=1,
        validity=validity,
        evidence="a.pdf",
        sha256="0" * 64,
        compensating=compensating,
    )
    return replace(one, attestation=answer)


def framework(tmp_path: Path, text: str) -> Framework:
    (tmp_path / "f.yml").write_text(text, "utf-8")
    return clauses.load_framework("f", tmp_path)


def mismatches(frameworks: Sequence[Framework], catalogue: Catalogue) -> tuple[str, ...]:
    """Return what does not fit between frameworks and controls, one sentence each; empty when all does."""
    messages = []
    own = {framework.key: framework for framework in frameworks if framework.id == framework.key}
    for control in catalogue.controls:
        for key in control.references:
            if key not in own:
                messages.append(f"{control.id} cites {key}, which is no framework")
                continue
            for number, level in clauses._iter_clause_numbers_cited_by_control(control, key):
                clause = own[key].clauses_by_number.get(number)
                if clause is None:
                    messages.append(f"{control.id} cites {key} {number}, which is no clause")
                elif level is not None and level not in clause.levels:
                    messages.append(f"{control.id} cites {key} {number} at level {level}, which does not ask for it")
    for framework in frameworks:
        controls_by_number = clauses.map_controls_by_cited_number(framework, catalogue)
        for clause in framework.clauses:
            controls = clauses.list_controls_citing_clause(clause, controls_by_number)
            automatic = [control for control in controls if not control.manual]
            name = f"{framework.id} {clause.number}"
            match clause.status:
                case "automated" if not automatic:
                    messages.append(f"{name} is called automated, and no control checks it")
                case "partial" if not controls:
                    messages.append(f"{name} is called partial, and no control cites it")
                case "manual" if automatic:
                    messages.append(f"{name} is called manual, and {automatic[0].id} checks it")
                case "not_covered" if controls:
                    messages.append(f"{name} is called not covered, and {controls[0].id} cites it")
    return tuple(messages)


# --- the files -----------------------------------------------------------------------------------------


def test_clauses_and_controls_fit():
    assert mismatches(FRAMEWORKS, CATALOGUE) == ()


def test_every_framework_has_a_name_for_reports():
    for one in FRAMEWORKS:
        for lang in get_args(Lang):
            assert Words(lang).get_framework_name(one.id) != one.id


def test_texts_differ_in_nfc():
    import unicodedata

    for one in FRAMEWORKS:
        for clause in one.clauses:
            for text in filter(None, (clause.text, clause.notes)):
                assert unicodedata.is_normalized("NFC", text.vi), clause.number
                assert text.vi != text.en, clause.number


@pytest.mark.parametrize(
    ("references", "status", "problem"),
    [
        ({"f": ["2"]}, "manual", "a.x cites f 2, which is no clause"),
        ({"g": ["1"]}, "manual", "a.x cites g, which is no framework"),
        ({"f": {"l2": ["1"]}}, "partial", "a.x cites f 1 at level 2, which does not ask for it"),
        ({}, "automated", "f 1 is called automated, and no control checks it"),
        ({}, "partial", "f 1 is called partial, and no control cites it"),
        ({"f": ["1"]}, "manual", "f 1 is called manual, and a.x checks it"),
        ({"f": ["1"]}, "not_covered", "f 1 is called not covered, and a.x cites it"),
        ({"f": ["1"]}, "automated", None),
        ({"f": {"l1": ["1"]}}, "partial", None),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, references: dict[str, object], status: str, problem: str | None):
    entry = f'- {{number: "1", levels: [1], status: {status}, text: {{vi: a, en: a}}, notes: {{vi: a, en: a}}}}\n'
    found = mismatches([framework(tmp_path, HEADER + entry)], Catalogue(controls=(control("a.x", **references),)))
    assert found == ((problem,) if problem else ())


def test_a_control_that_only_asks_a_person_automates_nothing(tmp_path: Path):
    one = framework(tmp_path, HEADER + A_CLAUSE.replace("manual", "automated"))
    asking = Catalogue(controls=(control("a.x", manual=True, f=["1"]),))
    assert mismatches([one], asking) == ("f 1 is called automated, and no control checks it",)
    assert mismatches([framework(tmp_path, HEADER + A_CLAUSE)], asking) == ()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEADER + A_CLAUSE + A_CLAUSE, 6, "appears twice"),
        (HEADER + A_CLAUSE.replace("manual", "done"), 5, "status"),
        (HEADER + A_CLAUSE.replace("manual", "partial"), 5, "needs 'notes'"),
        (HEADER + A_CLAUSE.replace('number: "1", ', ""), 5, "exactly one of"),
        (HEADER + A_CLAUSE.replace("status", "levels: [3], status"), 5, "no level 3"),
        (HEADER + '- {number: "1", same_as: ["1"]}\n', 5, "needs 'same_as'"),
        (HEADER + '- {number: "1"}\n', 5, "'text' and 'status' are needed"),
        (HEADER.replace("title", "heading") + A_CLAUSE, 1, "title"),
    ],
)
def test_a_mistake_names_file_line_and_mend(tmp_path: Path, text: str, line: int, words: str):
    with pytest.raises(InputError) as caught:
        framework(tmp_path, text)
    assert words in str(caught.value)
    assert caught.value.line == line
    assert caught.value.mend


def test_an_unknown_framework_or_level_names_those_there_are():
    with pytest.raises(InputError, match="tcvn14423"):
        clauses.load_framework("tcvn")
    with pytest.raises(InputError, match="1, 2, 3"):
        clauses.load_framework("tcvn14423").list_clauses_of_level(4)


def test_a_framework_with_other_numbers_takes_text_and_controls_from_its_base(tmp_path: Path):
    framework(tmp_path, HEADER + A_CLAUSE.replace("manual", "automated"))
    (tmp_path / "g.yml").write_text(HEADER + '- {number: "9", same_as: ["1"]}\nsame_as: f\n', "utf-8")
    other = clauses.load_framework("g", tmp_path)
    assert (other.key, other.clauses[0].text.en, other.clauses[0].status) == ("f", "a", "automated")
    own = Catalogue(controls=(control("a.x", f=["1"]),))
    assert [one.controls for one in coverage.measure_coverage(other, None, own).clauses] == [("a.x",)]


# --- the rule ------------------------------------------------------------------------------------------

TRUTH: list[tuple[list[tuple[Status, str]], Result]] = [
    # findings of a clause's controls, and what they show together
    ([], Result.NOT_EVALUATED),
    ([(PASS, "high")], Result.MET),
    ([(PASS, "low"), (PASS, "critical")], Result.MET),
    ([(ABSENT, "high")], Result.NOT_APPLICABLE),
    ([(ABSENT, "high"), (PASS, "low")], Result.MET),
    ([(MANUAL, "high")], Result.NEEDS_CONFIRMATION),
    ([(MANUAL, "high"), (PASS, "high")], Result.NEEDS_CONFIRMATION),
    ([(UNREAD, "low")], Result.NOT_EVALUATED),
    ([(UNREAD, "low"), (PASS, "high")], Result.NOT_EVALUATED),
    ([(UNREAD, "low"), (MANUAL, "high")], Result.NOT_EVALUATED),
    ([(UNREAD, "low"), (ABSENT, "high")], Result.NOT_EVALUATED),
    ([(PARTIAL, "low")], Result.PARTLY),
    ([(PARTIAL, "high"), (PASS, "high")], Result.PARTLY),
    ([(PARTIAL, "low"), (UNREAD, "low")], Result.PARTLY),
    ([(PARTIAL, "critical"), (PASS, "high")], Result.NOT_MET),
    ([(FAIL, "low")], Result.NOT_MET),
    ([(FAIL, "low"), (FAIL, "medium")], Result.NOT_MET),
    ([(FAIL, "low"), (PASS, "low")], Result.PARTLY),
    ([(FAIL, "medium"), (PARTIAL, "low")], Result.PARTLY),
    ([(FAIL, "medium"), (ABSENT, "low")], Result.NOT_MET),
    ([(FAIL, "medium"), (UNREAD, "low")], Result.NOT_MET),
    ([(FAIL, "medium"), (MANUAL, "low")], Result.NOT_MET),
    ([(FAIL, "high"), (PASS, "low"), (PASS, "critical")], Result.NOT_MET),
    ([(FAIL, "critical"), (PASS, "low")], Result.NOT_MET),
]


@pytest.mark.parametrize(("told", "expected"), TRUTH)
def test_what_findings_show_together(told: list[tuple[Status, str]], expected: Result):
    for order in itertools.permutations(told):
        assert combine_findings_into_clause_result(finding(status, severity) for status, severity in order) is expected


@pytest.mark.parametrize("severity", list(Severity))
def test_a_waiver_with_a_compensating_measure_is_equivalent_and_one_without_changes_nothing(severity: Severity):
    for status in (PARTIAL, FAIL):
        one = finding(status, severity)
        assert combine_findings_into_clause_result([waived(one, "chỉ mở từ mạng nội bộ")]) is Result.EQUIVALENT
        assert (
            combine_findings_into_clause_result([waived(one, "chỉ mở từ mạng nội bộ"), finding(PASS, name="a.y")])
            is Result.EQUIVALENT
        )
        assert combine_findings_into_clause_result(
            [waived(one, None), finding(PASS, name="a.y")]
        ) is combine_findings_into_clause_result([one, finding(PASS, name="a.y")])


def test_an_attestation_that_holds_answers_a_manual_control():
    assert (
        combine_findings_into_clause_result([attested(finding(MANUAL), "active"), finding(PASS, name="a.y")])
        is Result.MET
    )
    assert combine_findings_into_clause_result([attested(finding(MANUAL), "expired")]) is Result.NEEDS_CONFIRMATION


def test_an_attestation_with_a_compensating_measure_is_equivalent_while_it_holds():
    assert combine_findings_into_clause_result(
        [attested(finding(MANUAL), "active", "sao chép sang máy khác"), finding(PASS, name="a.y")]
    ) is (Result.EQUIVALENT)
    assert (
        combine_findings_into_clause_result([attested(finding(MANUAL), "expired", "sao chép sang máy khác")])
        is Result.NEEDS_CONFIRMATION
    )


def test_a_low_fail_beside_an_equivalent_is_partly_met():
    assert (
        combine_findings_into_clause_result([finding(FAIL, "low"), waived(finding(FAIL, "high", "a.y"), "a")])
        is Result.PARTLY
    )


CONCLUSIONS: dict[tuple[ClauseStatus, Result | None], Result] = {
    ("automated", None): Result.NOT_APPLICABLE,
    **{("automated", shown): shown for shown in Result},
    ("partial", None): Result.NEEDS_CONFIRMATION,
    ("partial", Result.NOT_APPLICABLE): Result.NEEDS_CONFIRMATION,
    ("partial", Result.MET): Result.NEEDS_CONFIRMATION,
    ("partial", Result.EQUIVALENT): Result.NEEDS_CONFIRMATION,
    ("partial", Result.NEEDS_CONFIRMATION): Result.NEEDS_CONFIRMATION,
    ("partial", Result.NOT_EVALUATED): Result.NOT_EVALUATED,
    ("partial", Result.PARTLY): Result.PARTLY,
    ("partial", Result.NOT_MET): Result.NOT_MET,
    ("manual", None): Result.NEEDS_CONFIRMATION,
    **{("manual", shown): shown for shown in Result},
    **{("not_covered", shown): Result.NOT_EVALUATED for shown in (None, *Result)},
}


@pytest.mark.parametrize(("given", "expected"), CONCLUSIONS.items())
def test_what_a_clause_comes_to(given: tuple[ClauseStatus, Result | None], expected: Result):
    assert conclude_clause(*given) is expected


WORSE = {
    PASS: [PARTIAL, MANUAL, UNREAD, FAIL],
    PARTIAL: [FAIL],
    MANUAL: [UNREAD, FAIL],
    UNREAD: [FAIL],
}
"""What may become of a finding for the worse; partial and not evaluated cannot be compared."""
FINDINGS = st.lists(st.tuples(st.sampled_from(list(Status)), st.sampled_from(list(Severity))), min_size=1, max_size=6)


@given(FINDINGS, st.data(), st.sampled_from(coverage.STATUSES))
def test_a_worse_finding_never_makes_a_clause_better(
    told: list[tuple[Status, Severity]], data: st.DataObject, status: ClauseStatus
):
    at = data.draw(st.integers(0, len(told) - 1))
    before, severity = told[at]
    if before is ABSENT:
        return
    after = data.draw(st.sampled_from(WORSE.get(before, [before])))
    worse = [*told[:at], (after, severity), *told[at + 1 :]]
    was, now = (
        conclude_clause(status, combine_findings_into_clause_result(finding(*one) for one in them))
        for them in (told, worse)
    )
    assert now.rank >= was.rank
    mended = [*told[:at], (PASS, severity), *told[at + 1 :]]
    if before.is_open:
        excused = [waived(finding(*one), "a") if index == at else finding(*one) for index, one in enumerate(told)]
        best = conclude_clause(status, combine_findings_into_clause_result(finding(*one) for one in mended))
        assert best.rank <= conclude_clause(status, combine_findings_into_clause_result(excused)).rank <= was.rank


@given(FINDINGS)
def test_only_passes_are_met(told: list[tuple[Status, Severity]]):
    if combine_findings_into_clause_result(finding(*one) for one in told) is Result.MET:
        assert {status for status, _ in told} <= {PASS, ABSENT}


def test_a_finding_that_is_missing_is_not_evaluated(tmp_path: Path):
    one = framework(tmp_path, HEADER + A_CLAUSE.replace("manual", "automated"))
    two = Catalogue(controls=(control("a.x", f=["1"]), control("a.y", f=["1"])))
    [subject] = assess_sites_and_hosts_of_run(one, run(finding(PASS), sites=()), two)
    assert subject.results[0].result is Result.NOT_EVALUATED


# --- sites, hosts, units -------------------------------------------------------------------------------

LEVELS = HEADER.replace("clauses:", "site_levels: true\nclauses:") + (
    '- {numbers: {1: "1.a", 2: "2.a"}, status: automated, text: {vi: a, en: a}}\n'
    '- {numbers: {2: "2.b"}, status: automated, text: {vi: a, en: a}}\n'
    '- {numbers: {2: "2.c"}, status: automated, text: {vi: a, en: a}}\n'
)
TWO = Catalogue(
    controls=(
        control("a.x", f={"l1": ["1.a"], "l2": ["2.a"]}),
        control("a.y", subject="site", f={"l2": ["2.b"]}),
        control("a.z", f={"l2": ["2.c"]}),
    )
)


def run(*found: Finding, sites: tuple[Site, ...], system: str | None = "Debian GNU/Linux 13 (trixie)") -> Run:
    return Run(
        id="r",
        started=factory.STARTED,
        seconds=1,
        version="0",
        inventory="i",
        hosts=(Host(name="h1", address="192.0.2.1", unit="xa-a", sites=sites),),
        outcomes=(HostOutcome(host="h1", reached=True, os=system),),
        findings=found,
    )


def site(domain: str, level: int, unit: str | None = None) -> Site:
    return Site.model_validate({"domain": domain, "host": "h1", "level": level, "unit": unit})


TWO_SITES = run(
    finding(PASS),
    finding(PASS, name="a.y", subject="site", at="a.test"),
    finding(FAIL, name="a.y", subject="site", at="b.test"),
    waived(finding(FAIL, name="a.z"), None),
    sites=(site("a.test", 1), site("b.test", 2, "xa-b")),
)


def results(of: SubjectAssessment) -> dict[str, str]:
    return {one.clause.number: one.result.value for one in of.results}


def test_a_site_answers_for_the_clauses_of_its_level(tmp_path: Path):
    one = framework(tmp_path, LEVELS)
    assessed = {subject.name: results(subject) for subject in assess_sites_and_hosts_of_run(one, TWO_SITES, TWO)}
    assert assessed == {"a.test": {"1.a": "met"}, "b.test": {"2.a": "met", "2.b": "not_met", "2.c": "not_met"}}
    assert [subject.unit for subject in assess_sites_and_hosts_of_run(one, TWO_SITES, TWO)] == ["xa-a", "xa-b"]


def test_a_site_is_not_assessed_at_a_level_it_does_not_declare(tmp_path: Path):
    with pytest.raises(InputError, match="the level that each site declares"):
        list(assess_sites_and_hosts_of_run(framework(tmp_path, LEVELS), TWO_SITES, TWO, level=2))


def test_a_framework_with_levels_of_its_own_is_assessed_at_the_level_asked_for(tmp_path: Path):
    entries = "".join(A_CLAUSE.replace('"1"', f'"{n}", levels: [{levels}]') for n, levels in ((1, "1, 2"), (2, "2")))
    one = framework(tmp_path, HEADER + entries)
    for level, numbers in ((1, {"1"}), (2, {"1", "2"}), (None, {"1", "2"})):
        assert {
            frozenset(results(subject)) for subject in assess_sites_and_hosts_of_run(one, TWO_SITES, TWO, level)
        } == {frozenset(numbers)}


def test_a_host_without_sites_does_not_answer_for_sites(tmp_path: Path):
    [alone] = assess_sites_and_hosts_of_run(framework(tmp_path, LEVELS), run(finding(FAIL), sites=()), TWO)
    assert (alone.name, results(alone)) == ("h1", {"2.a": "not_met", "2.b": "not_applicable", "2.c": "not_evaluated"})


def test_the_worst_wins_with_counts_beside_it(tmp_path: Path):
    one = framework(tmp_path, LEVELS)
    two = run(
        finding(PASS),
        finding(PASS, name="a.y", subject="site", at="a.test"),
        finding(FAIL, name="a.y", subject="site", at="b.test"),
        waived(finding(FAIL, name="a.z"), None),
        sites=(site("a.test", 2), site("b.test", 2, "xa-b")),
    )
    told = total_clauses_over_subjects(assess_sites_and_hosts_of_run(one, two, TWO))
    totals = {each.clause.number: each for each in told}
    assert totals["2.b"].counts == {Result.MET: 1, Result.NOT_MET: 1}
    assert (totals["2.b"].result, totals["2.b"].worst, totals["2.b"].open) == (Result.NOT_MET, ("b.test",), {"a.y": 1})
    assert (totals["2.c"].open, totals["2.c"].worst) == ({}, ("a.test", "b.test"))


@given(st.lists(st.sampled_from(list(Result)), min_size=1, max_size=5), st.sampled_from(list(Result)))
def test_one_more_subject_never_makes_a_total_better(given: list[Result], more: Result):
    host, clause = TWO_SITES.hosts[0], FRAMEWORKS[0].clauses[0]

    def of(them: list[Result]) -> Result:
        return total_clauses_over_subjects(
            SubjectAssessment(host, None, (ClauseResult(clause, one, one, ()),)) for one in them
        )[0].result

    assert of([*given, more]).rank >= of(given).rank


def test_a_host_of_another_system_is_left_out(tmp_path: Path):
    one = framework(tmp_path, HEADER.replace("clauses:", "system: Debian GNU/Linux 12\nclauses:") + A_CLAUSE)
    sites = (site("a.test", 2),)
    assert list(assess_sites_and_hosts_of_run(one, run(sites=sites), TWO)) == []
    assert len(list(assess_sites_and_hosts_of_run(one, run(sites=sites, system=None), TWO))) == 1


def test_nothing_is_met_where_a_host_could_not_be_read():
    told = run(sites=(site("a.test", 1), site("b.test", 3)), system=None)
    reason = Text(vi="không đọc được", en="could not be read")
    told = told.model_copy(update={"findings": make_not_evaluated_findings(CATALOGUE, told.hosts[0], reason)})
    for one in FRAMEWORKS:
        found = {
            clause.result
            for subject in assess_sites_and_hosts_of_run(one, told, CATALOGUE)
            for clause in subject.results
        }
        assert Result.NOT_EVALUATED in found
        assert found <= {Result.NOT_EVALUATED, Result.NEEDS_CONFIRMATION}


def test_coverage_counts_every_clause_once():
    for one in FRAMEWORKS:
        for level in (None, *one.levels):
            covered = coverage.measure_coverage(one, level, CATALOGUE)
            assert sum(covered.counts.values()) == len(covered.clauses) == len(one.list_clauses_of_level(level))


# --- the command ---------------------------------------------------------------------------------------


def auditor(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["auditor", "controls", "coverage", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_coverage_is_a_table_with_a_sum(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert auditor(monkeypatch, "--framework", "tcvn14423", "--level", "2", "--lang", "en") == 0
    told = capsys.readouterr().out
    counts = coverage.measure_coverage(clauses.load_framework("tcvn14423"), 2, CATALOGUE)
    [*_, last] = told.splitlines()
    assert last == (
        f"{counts.counts['automated']} automated, {counts.counts['partial']} partial, {counts.counts['manual']} manual, "
        f"{counts.counts['not_covered']} not covered of {len(counts.clauses)}."
    )
    assert all(clause.number in told for clause in counts.clauses)


def test_coverage_as_json_is_read_back(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert auditor(monkeypatch, "--framework", "cis_debian12", "--json") == 0
    read = coverage.Coverage.model_validate_json(capsys.readouterr().out)
    assert read == coverage.measure_coverage(clauses.load_framework("cis_debian12"), None, CATALOGUE)
    [root] = [clause for clause in read.clauses if clause.number == "5.1.20"]
    assert (root.controls, root.status) == (("ssh.root_login", "ssh.root_direct"), "partial")


@pytest.mark.parametrize("arguments", [("--framework", "x"), ("--framework", "nd331", "--level", "9")])
def test_an_unknown_framework_or_level_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
):
    assert auditor(monkeypatch, *arguments) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
