"""What we write against the schemas that others published (tests/schemas)."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from auditor.models import Status
from auditor.report import junit, oscal, sarif
from tests import factory

SCHEMAS = Path(__file__).parents[2] / "schemas"
CATALOGUE = factory.catalogue()
HOSTILE = factory.run(nasty=factory.NASTY, unreachable=["web2"])
TOLD = {Status.FAIL: "fail", Status.PARTIAL: "fail", Status.NOT_EVALUATED: "open", Status.MANUAL: "review"}


@pytest.fixture(params=[factory.run(), HOSTILE, factory.run(hosts=())], ids=["plain", "hostile", "empty"])
def run(request):
    return request.param


@pytest.fixture(params=["vi", "en"])
def lang(request):
    return request.param


def sarif_run(run, lang="vi", baseline=None):
    return json.loads(sarif.render_findings_as_sarif(run, CATALOGUE, lang, baseline))["runs"][0]


def assessment(run, lang="vi"):
    return json.loads(oscal.render_run_as_oscal_assessment_results(run, CATALOGUE, lang))["assessment-results"]


@pytest.fixture(scope="module")
def sarif_schema():
    return jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def oscal_schema():
    # Python's regular expressions do not know \p{L} and \p{N}.
    text = (SCHEMAS / "oscal_complete_schema-1.2.3.json").read_text("utf-8")
    known = text.replace(r"(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*", r"[^\\W\\d][\\w.\\-]*")
    assert known != text and r"\\p{" not in known
    return jsonschema.Draft7Validator(json.loads(known))


# --- JUnit --------------------------------------------------------------------------------------------


def test_junit_is_what_jenkins_takes(run, lang):
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    schema.assertValid(etree.fromstring(junit.render_findings_as_junit_xml(run, CATALOGUE, lang)))


# --- SARIF --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", [None, factory.run(hardened=True).findings], ids=["alone", "baseline"])
def test_sarif_is_sarif(sarif_schema, run, lang, baseline):
    sarif_schema.validate(json.loads(sarif.render_findings_as_sarif(run, CATALOGUE, lang, baseline)))


def test_the_sarif_schema_refuses_what_is_not_so(sarif_schema):
    log = json.loads(sarif.render_findings_as_sarif(factory.run(), CATALOGUE, "vi"))
    log["runs"][0]["results"][0]["kind"] = "bad"
    with pytest.raises(jsonschema.ValidationError):
        sarif_schema.validate(log)


def test_sarif_has_a_result_for_all_that_somebody_must_look_at(run):
    results = sarif_run(run)["results"]
    told = [(f.control, TOLD[f.status]) for f in run.findings if f.status in TOLD]
    assert [(result["ruleId"], result["kind"]) for result in results] == told
    rules = sarif_run(run)["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)


def test_sarif_ranks_as_we_do():
    levels = {
        (r["properties"]["severity"], r["level"]) for r in sarif_run(factory.run())["results"] if r["kind"] == "fail"
    }
    assert levels == {("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")}
    scores = {
        r["id"]: float(r["properties"]["security-severity"])
        for r in sarif_run(factory.run())["tool"]["driver"]["rules"]
    }
    assert (
        scores["ssh.root_by_password"]
        > 9.0
        > scores["ssh.weak_algorithms"]
        >= 7.0
        > scores["ssh.failed_attempts"]
        >= 4.0
    )


def test_fingerprints_are_one_a_finding_and_the_same_in_every_run():
    def marks(run):
        return {(r["ruleId"], r["locations"][0]["logicalLocations"][0]["name"]): r["fingerprints"]["luytre/1"]
                for r in sarif_run(run)["results"]}  # fmt: skip

    first, later = marks(factory.run()), marks(factory.run(run_id="later", started="2026-12-01T08:00:00+07:00"))
    assert first == later and len(set(first.values())) == len(first)


def test_places_are_hosts_and_sites():
    places = {
        r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for r in sarif_run(factory.run())["results"]
    }  # fmt: skip
    assert places["web3"] == "hosts/web3" and places["web3/gotre.test"] == "sites/gotre.test"


def test_a_host_that_was_not_read_makes_the_invocation_fail():
    assert sarif_run(factory.run())["invocations"][0]["executionSuccessful"] is True
    invocation = sarif_run(factory.run(unreachable=["web2"]))["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "từ chối kết nối" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_results_say_what_became_of_them():
    before, now = factory.run(), factory.run(hardened=True)
    results = sarif_run(now, baseline=before.findings)["results"]
    seen = {(r["ruleId"], r["locations"][0]["logicalLocations"][0]["name"]): r["baselineState"] for r in results}
    assert len(seen) == len(results)
    was = {(f.control, f.subject.id): TOLD.get(f.status) for f in before.findings}
    for finding in now.findings:
        place = (finding.control, finding.subject.id)
        kind = TOLD.get(finding.status)
        wanted = "absent" if was[place] and not kind else "unchanged" if kind and kind == was[place] else "new"
        assert seen.get(place) == (wanted if kind or was[place] else None)
    assert {"absent", "unchanged"} <= set(seen.values())
    states = {r["baselineState"] for r in sarif_run(before, baseline=now.findings)["results"]}
    assert states == {"new", "unchanged"}


def test_a_result_whose_members_changed_is_updated():
    run = factory.run_with_members(["one"])
    results = sarif_run(run, baseline=factory.run_with_members(["two"]).findings)["results"]
    assert {r["baselineState"] for r in results if r["kind"] == "fail"} == {"updated"}


def test_messages_hold_no_link_and_no_placeholder_that_a_host_sent():
    run = factory.run_with_members(["[click](http://evil.test) {0} \\"])
    text = next(r["message"]["text"] for r in sarif_run(run)["results"] if "evil" in r["message"]["text"])
    assert r"\[click\](http://evil.test) {{0}} " in text


# --- OSCAL --------------------------------------------------------------------------------------------


def test_oscal_is_oscal(oscal_schema, run, lang):
    oscal_schema.validate(json.loads(oscal.render_run_as_oscal_assessment_results(run, CATALOGUE, lang)))


def test_the_oscal_schema_refuses_what_is_not_so(oscal_schema):
    document = json.loads(oscal.render_run_as_oscal_assessment_results(factory.run(), CATALOGUE, "vi"))
    document["assessment-results"]["results"][0]["findings"][0]["target"]["target-id"] = "two words"
    with pytest.raises(jsonschema.ValidationError):
        oscal_schema.validate(document)


def test_oscal_references_lead_somewhere_and_identifiers_are_unique(run):
    document = assessment(run)
    (result,) = document["results"]
    items = [item["uuid"] for item in result.get("local-definitions", {}).get("inventory-items", [])]
    observations = [observation["uuid"] for observation in result.get("observations", [])]
    findings = result.get("findings", [])
    told = [document["uuid"], result["uuid"], *items, *observations, *(finding["uuid"] for finding in findings)]
    assert len(set(told)) == len(told)
    assert {s["subject-uuid"] for o in result.get("observations", []) for s in o["subjects"]} <= set(items)
    related = [r["observation-uuid"] for finding in findings for r in finding.get("related-observations", [])]
    assert sorted(related) == sorted(observations)
    resources = [resource["uuid"] for resource in document["back-matter"]["resources"]]
    assert document["import-ap"]["href"].removeprefix("#") in resources


@pytest.mark.parametrize(
    ("statuses", "state", "reason"),
    [
        (["pass", "pass"], "satisfied", "pass"),
        (["pass", "not_applicable"], "satisfied", "pass"),
        (["pass", "partial"], "not-satisfied", "fail"),
        (["fail", "not_evaluated"], "not-satisfied", "fail"),
        (["pass", "not_evaluated"], "not-satisfied", "other"),
        (["manual"], "not-satisfied", "other"),
        (["not_applicable", "not_applicable"], None, None),
    ],
)
def test_a_control_is_satisfied_only_when_it_passes_wherever_it_applies(statuses, state, reason):
    run = factory.run()
    two = [f for f in run.findings if f.control == "ssh.root_by_password"][: len(statuses)]
    findings = tuple(replace(f, status=Status(s)) for f, s in zip(two, statuses, strict=True))
    (result,) = assessment(run.model_copy(update={"findings": findings}))["results"]
    told = [(f["target"]["status"]["state"], f["target"]["status"]["reason"]) for f in result.get("findings", [])]
    assert told == ([(state, reason)] if state else [])


def test_identifiers_of_hosts_and_sites_stay_and_those_of_findings_do_not():
    first, later = (assessment(factory.run(run_id=run_id))["results"][0] for run_id in ("one", "two"))
    assert first["local-definitions"] == later["local-definitions"]
    assert {f["uuid"] for f in first["findings"]}.isdisjoint(f["uuid"] for f in later["findings"])


def test_oscal_texts_hold_no_markup_that_a_host_sent():
    run = factory.run_with_members(["[click](http://evil.test) <b>*x*</b>"])
    texts = json.dumps(assessment(run)["results"][0]["observations"])
    assert r"\\[click\\](http://evil.test) \\<b\\>\\*x\\*\\</b\\>" in texts


def test_the_same_run_gives_the_same_bytes(run):
    for render in (sarif.render_findings_as_sarif, oscal.render_run_as_oscal_assessment_results):
        assert render(run, CATALOGUE, "vi") == render(run, CATALOGUE, "vi")
