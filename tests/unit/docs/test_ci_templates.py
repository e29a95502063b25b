"""The templates of docs/ci are what GitHub, GitLab, systemd and our own command line understand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
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
        "github-actions.yml", "gitlab-ci.yml", "luytre-audit.service", "nightly.md",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), commands())
def test_the_command_lines_are_ours(name: str, arguments: str) -> None:
    context = parsed(shlex.split(arguments))
    assert context.params["baseline"] == "last" and context.params["fail_on"] == "high"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program that is on this machine."""
    for name in ("luytre-audit.service", "luytre-audit.timer"):
        text = (CI / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/luytre/bin/auditor", sys.executable), "utf-8")
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which("systemd-analyze"), "apt-get install systemd"
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_systemd_understands_the_units(units: Path) -> None:
    done = analyze("verify", "--man=no", "--recursive-errors=no", *map(str, sorted(units.iterdir())))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_service_is_kept_on_a_short_leash(units: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(units / "luytre-audit.service"))
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_timer_goes_off_at_one_in_the_morning_in_vietnam() -> None:
    when = re.search(r"^OnCalendar=(.*)$", (CI / "luytre-audit.timer").read_text("utf-8"), re.MULTILINE)
    assert when is not None
    done = analyze("calendar", "--base-time=2026-11-24 00:00:00 UTC", when[1])
    assert "Tue 2026-11-24 18:00:00 UTC" in done.stdout
