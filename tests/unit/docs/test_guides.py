"""What the documents tell people to type is what the command line understands, the same in both languages."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from typer import Exit
from typer.exceptions import TyperException
from typer.testing import CliRunner

from auditor.cli import app
from auditor.history.runs import RunHistory
from tests import factory, guide
from tests.command_lines import parsed, written
from tests.mail_server import Authority, Received, serving

DOCUMENTS = (*guide.ROOT.glob("README*.md"), *sorted((guide.ROOT / "docs").rglob("*.md")))
GUIDES = ("first-server.md", "monthly.md", "report.md")
LINES = [(str(path.relative_to(guide.ROOT)), line) for path in DOCUMENTS for line in written(path.read_text("utf-8"))]


@pytest.mark.parametrize(("document", "arguments"), LINES, ids=[f"{name}: {' '.join(line)}" for name, line in LINES])
def test_each_command_line_is_ours(document: str, arguments: list[str]) -> None:
    with suppress(Exit):  # --help
        parsed(arguments)


@pytest.mark.parametrize(
    "line", ["audit --nonsense", "nonsense", "report official --unit x", "audit extra", "harden --confirm-within 5"]
)
def test_a_command_line_that_is_not_ours_is_seen(line: str) -> None:
    (arguments,) = written(f"First `auditor {line}`, then more.")
    with pytest.raises(TyperException):
        parsed(arguments)


def test_command_lines_are_found_wherever_they_are_written() -> None:
    text = "`auditor\nplan >> x | y` and\n```sh\n# auditor audit\nauditor report send \\\n  --to-unit x   # note\nmake && .venv/bin/auditor lab demo\n```\n"
    assert list(written(text)) == [["plan"], ["report", "send", "--to-unit", "x"], ["lab", "demo"]]


@pytest.mark.parametrize("name", GUIDES)
def test_both_languages_have_the_same_steps(name: str) -> None:
    vi, en = guide.text("vi", name), guide.text("en", name)
    assert list(written(vi)) == list(written(en)) != []
    assert list(guide.steps(vi)) == list(guide.steps(en))


@pytest.fixture
def working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to follow the guide in, with the inventory where the guide puts it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LUYTRE_INVENTORY", str(tmp_path / guide.INVENTORY))
    return tmp_path


def test_an_audited_month_becomes_reports_and_mail_by_the_guide(working: Path) -> None:
    authority, received, said = Authority(working / "ca"), Received(), {}
    with serving(received, authority.context("127.0.0.1")) as port:
        guide.office(working, authority, port)
        run = factory.run(started="2026-11-24T09:12:00+07:00")
        RunHistory().keep(run.model_copy(update={"inventory": guide.INVENTORY}))
        for _, *arguments in guide.steps(guide.text("vi", "monthly.md"), guide.LAB_NAMES):
            if arguments[0] in ("inventory", "report", "mail", "history"):
                done = CliRunner().invoke(app, arguments, catch_exceptions=False)
                assert done.exit_code == 0, done.output
                said[" ".join(arguments[:2])] = done.stdout
    assert "web3" in said["inventory check"]
    assert "bao-cao-tinh-tan-giang-2026-11.docx" in said["report official"]
    guide.check_mail(received, said["history verify"], "2026-11")
