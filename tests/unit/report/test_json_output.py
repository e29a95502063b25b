import json
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from auditor.models import Status
from auditor.report import json_output, junit
from tests import factory

DOCS = Path(__file__).parents[3] / "docs"
SCHEMAS = Path(__file__).parents[2] / "schemas"
DATA = Path(__file__).parents[1] / "data"
HOSTILE = factory.run(nasty=factory.NASTY, unreachable=["web2"])


@cache
def checked(schema):
    """What a schema accepts; the schema, as its file's text, is one itself."""
    known = json.loads(schema)
    validator = jsonschema.validators.validator_for(known)
    validator.check_schema(known)
    return validator(known)


def parsed(xml):
    return ElementTree.fromstring(xml)


@pytest.fixture(params=[factory.run(), HOSTILE, factory.run(hosts=())], ids=["plain", "hostile", "empty"])
def run(request):
    return request.param


def test_the_schema_in_the_docs_is_the_schema():
    assert json.loads((DOCS / "findings.schema.json").read_text("utf-8")) == json_output.build_findings_json_schema(), (
        "write it anew: python -m auditor.report.schema > docs/findings.schema.json"
    )


def test_findings_json_is_what_the_schema_says(run):
    document = json.loads(json_output.render_findings_as_json(run))
    checked((DOCS / "findings.schema.json").read_text("utf-8")).validate(document)
    assert document["schema"] == "luytre/findings/1"
    assert len(document["findings"]) == len(run.findings)


def test_what_we_write_keeps_the_promise_as_it_was_first_made(run):
    promised = checked((SCHEMAS / "findings-1.schema.json").read_text("utf-8"))
    promised.validate(json.loads(json_output.render_findings_as_json(run)))
    promised.validate(json.loads((DATA / "findings_0.1.0.json").read_bytes()))


def test_a_document_of_the_first_version_is_understood():
    written = json.loads((DATA / "findings_0.1.0.json").read_bytes())
    known = json_output.parse_findings_from_json((DATA / "findings_0.1.0.json").read_bytes())
    assert known.run == "20261123T083000-4f1a"
    assert [(f.control, f.subject.id, f.status.value) for f in known.findings] == [
        (f["control"], f["subject"]["id"], f["status"]) for f in written["findings"]
    ]
    assert {f.status for f in known.findings} == set(Status)


def test_a_document_of_a_later_version_is_understood_as_far_as_it_goes():
    document = json.loads(json_output.render_findings_as_json(factory.run()))
    document["findings"][0]["a_later_field"] = document["findings"][0]["subject"]["another"] = 1
    assert json_output.parse_findings_from_json(json.dumps(document).encode()).findings == factory.run().findings


def test_a_document_with_hostile_strings_is_understood():
    known = json_output.parse_findings_from_json(json_output.render_findings_as_json(HOSTILE))
    assert [f.evidence for f in known.findings] == [f.evidence for f in HOSTILE.findings]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no findings.json"),
        (b'{"schema": "luytre/findings/2", "findings": []}', "luytre/findings/2"),
        (
            b'{"schema": "luytre/findings/1", "run": {"id": "x"}, "findings": [{"control": "ssh.root_by_password"}]}',
            "findings.0",
        ),
    ],
)
def test_what_is_no_document_of_ours_is_told(content, why):
    with pytest.raises(ValueError, match=why):
        json_output.parse_findings_from_json(content)


def test_the_schema_refuses_what_is_not_so_and_allows_what_is_new():
    schema = checked(json.dumps(json_output.build_findings_json_schema()))
    document = json.loads(json_output.render_findings_as_json(factory.run()))
    document["findings"][0]["a_later_field"] = 1
    schema.validate(document)
    document["findings"][0]["status"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(document)


def test_hostile_strings_come_through_json_unchanged_and_unseen_ones_as_escapes():
    text = json_output.render_findings_as_json(HOSTILE)
    values = [item["value"] for finding in json.loads(text)["findings"] for item in finding["evidence"]]
    assert set(factory.NASTY) <= {value for value in values if isinstance(value, str)}
    assert "\u202e" not in text.decode() and "\x1b" not in text.decode()


def test_the_inventory_s_addresses_and_accounts_stay_out():
    text = json_output.render_findings_as_json(factory.run()).decode()
    assert "10.213.47.11" not in text and "automation_user" not in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_junit_counts_what_it_holds(run, lang):
    root = parsed(junit.render_findings_as_junit_xml(run, factory.catalogue(), lang))
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    assert {suite.get("name") for suite in suites} == {f"host {host.name}" for host in run.hosts} | {
        f"site {site.domain}" for host in run.hosts for site in host.sites
    }
    for node in [root, *suites]:
        cases = node.findall(".//testcase")
        assert int(node.get("tests")) == len(cases)
        for tally, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if (node, tally) != (root, "skipped"):
                assert int(node.get(tally)) == len(node.findall(f".//{tag}"))
    for case in root.iter("testcase"):
        assert case.get("name") and case.get("classname") and len(case) <= 1


def test_junit_says_of_each_status_the_right_thing():
    root = parsed(junit.render_findings_as_junit_xml(HOSTILE, factory.catalogue(), "vi"))
    wanted = {Status.FAIL: "failure", Status.PARTIAL: "failure", Status.NOT_EVALUATED: "error"}
    wanted |= {Status.MANUAL: "skipped", Status.NOT_APPLICABLE: "skipped"}
    seen = {
        (case.get("classname"), case.get("name")): case[0].tag if len(case) else None for case in root.iter("testcase")
    }
    for finding in HOSTILE.findings:
        assert seen[f"{finding.subject.kind} {finding.subject.id}", finding.control] == wanted.get(finding.status)


def test_junit_gives_the_evidence_and_keeps_it_short():
    root = parsed(junit.render_findings_as_junit_xml(HOSTILE, factory.catalogue(), "vi"))
    failure = next(node for node in root.iter("failure") if node.text)
    assert "hostile.0 = " in failure.text and "<script>" in failure.text
    assert all(len(node.text or "") < 2 * junit.MAX_DETAIL for node in root.iter("failure"))
