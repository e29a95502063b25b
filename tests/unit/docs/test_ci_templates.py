"""The templates of docs/ci are what GitHub, GitLab and our own command line understand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.command_lines import parsed

ROOT = Path(__file__).parents[3]
CI = ROOT / "docs/ci"
PAGE = ROOT / "docs/en/nightly.md"
SCHEMAS = ROOT / "tests/schemas"


def template(name: str) -> dict[str, object]:
    # YAML 1.1 reads the key "on" as true; GitHub does not.
    text = (CI / name).read_text("utf-8")
    loaded: dict[str, object] = yaml.safe_load(text.replace("\non:", '\n"on":'))
    return loaded


@pytest.mark.parametrize(
    ("name", "schema"), [("github-actions.yml", "github-workflow.json"), ("gitlab-ci.yml", "gitlab-ci.json")]
)
def test_the_pipeline_is_what_its_server_understands(name: str, schema: str) -> None:
    jsonschema.Draft7Validator(json.loads((SCHEMAS / schema).read_text("utf-8"))).validate(template(name))


def test_the_schemas_refuse_what_is_not_so() -> None:
    wrong = template("github-actions.yml")
    wrong["jobs"] = {"audit": {"steps": "none"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads((SCHEMAS / "github-workflow.json").read_text("utf-8")))


def commands() -> list[tuple[str, str]]:
    line = re.compile(r"^.*?(?:\S*/)?\bauditor (audit .*)$", re.MULTILINE)
    return [
        (file.name, match[1])
        for file in (*sorted(CI.iterdir()), PAGE)
        for match in line.finditer(file.read_text("utf-8"))
    ]


def test_each_template_runs_the_auditor() -> None:
    assert {name for name, _ in commands()} == {
        "github-actions.yml", "gitlab-ci.yml", "nightly.md",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), commands())
def test_the_command_lines_are_ours(name: str, arguments: str) -> None:
    context = parsed(shlex.split(arguments))
    assert context.params["baseline"] == "last" and context.params["fail_on"] == "high"
