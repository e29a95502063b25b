from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.errors import InputError
from auditor.history.database import make_unique_inventory_key
from auditor.history.runs import RunHistory
from auditor.models import Run
from auditor.results.compare import compare_findings_by_control_and_subject, compute_difference
from tests import factory

BEFORE = factory.run(run_id="20260101T1-a", started="2026-01-01T08:00:00+07:00")
AFTER = factory.run(run_id="20261101T1-b", started="2026-11-01T08:00:00+07:00", hardened=True)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunHistory:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    kept = RunHistory()
    kept.keep(BEFORE)
    kept.keep(AFTER)
    return kept


def auditor(*arguments: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["history", *arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


def test_list_shows_people_what_was_open(history: RunHistory) -> None:
    first, second = auditor("list").stdout.splitlines()
    assert first.startswith(AFTER.id)
    assert second.startswith(BEFORE.id)
    open_then = sum(finding.status.is_open for finding in BEFORE.findings)
    assert f"{open_then} điểm chưa đạt" in second
    assert "08:00 ngày 01/01/2026  rà soát" in second
    assert "3 máy chủ" in second
    assert "sau khi gia cố" in first
    assert "after hardening" in auditor("list", "--lang", "en", "--newest", "1").stdout
    listed = json.loads(auditor("list", "--json").stdout)
    assert sum(listed[1]["open"].values()) == open_then


def test_an_empty_history_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    assert auditor("list").stdout == "Chưa lưu lần rà soát nào.\n"
    assert auditor("prune", "--lang", "en").stdout == "There is nothing to delete.\n"
    assert "0 mắt xích" in auditor("verify").stdout


def test_an_inventory_without_runs_is_told_from_those_that_have_some(history: RunHistory) -> None:
    said = auditor("list", "-i", "nonexist", "--lang", "en").stdout
    assert (
        said == f"No audit of nonexist is stored. There are audits of: {make_unique_inventory_key(BEFORE.inventory)}\n"
    )
    assert json.loads(auditor("list", "-i", "nonexist", "--json").stdout) == []


def test_a_folder_and_its_only_file_of_hosts_are_one_inventory(history: RunHistory, tmp_path: Path) -> None:
    folder = tmp_path / "hist"
    folder.mkdir()
    (folder / "hosts.yml").write_text("all: {}")
    history.keep(BEFORE.model_copy(update={"id": "of-folder", "inventory": str(folder)}))
    history.keep(BEFORE.model_copy(update={"id": "of-file", "inventory": str(folder / "hosts.yml")}))
    for name in (folder, folder / "hosts.yml"):
        assert {entry.id for entry in history.entries(str(name))} == {"of-folder", "of-file"}
    (folder / "more.yml").write_text("all: {}")
    assert history.entries(str(folder / "hosts.yml")) == ()


def test_show_is_the_table_of_the_audit_and_the_run_whole_as_json(history: RunHistory) -> None:
    shown = auditor("show", "20260101").stdout
    assert "bennua.test" in shown
    assert "08:00 ngày 01/01/2026  rà soát" in shown
    assert BEFORE.inventory in shown
    assert all(finding.control in shown for finding in BEFORE.findings if finding.is_open)
    assert Run.model_validate_json(auditor("show", "20260101", "--json").stdout) == BEFORE


def test_a_run_that_is_none_is_guessed_at(history: RunHistory) -> None:
    with pytest.raises(InputError, match=f"did you mean '{AFTER.id}'"):
        auditor("show", "20261102T1")
    with pytest.raises(InputError) as caught:
        auditor("show", "2026")
    assert "did you mean" not in str(caught.value)


def test_diff_counts_what_the_comparison_counts(history: RunHistory) -> None:
    told = json.loads(auditor("diff", BEFORE.id, AFTER.id, "--json").stdout)
    whole = compare_findings_by_control_and_subject(BEFORE.findings, AFTER.findings)
    assert whole.count_findings_with_change("fixed") > 0
    assert {key: told["totals"][key] for key in ("fixed", "regressed", "new", "still")} == {
        "fixed": whole.count_findings_with_change("fixed"),
        "regressed": whole.count_findings_with_change("regressed"),
        "new": whole.count_findings_with_change("new"),
        "still": whole.count_findings_with_change("still"),
    }
    assert {site["site"] for site in told["sites"]} == {"antruc.test", "bennua.test", "dongvau.test", "gotre.test"}
    assert all(len(site[change]) == site["totals"][change] for site in told["sites"] for change in ("fixed", "still"))
    assert (told["only_before"], told["only_after"]) == ([], [])


def test_diff_says_it_in_both_languages_and_names_what_got_worse(history: RunHistory) -> None:
    forth = auditor("diff", BEFORE.id).stdout
    assert "khắc phục" in forth
    assert "antruc.test" in forth
    back = auditor("diff", AFTER.id, BEFORE.id, "--lang", "en").stdout
    assert "Passed before, open now: Critical" in back


def test_diff_does_not_call_gone_what_a_limited_run_left_out() -> None:
    limited = factory.run(hosts=factory.HOSTS[:1], run_id="x", hardened=True)
    found = compute_difference(BEFORE, limited)
    assert found.only_before == ("bennua.test", "dongvau.test", "gotre.test", "web2", "web3")
    assert found.only_after == ()
    assert [site.id for site in found.sites] == ["antruc.test"]
    assert found.totals.count_findings_with_change("gone") == 0
    assert found.totals.before.total == sum(finding.host == "web1" for finding in BEFORE.findings)


def test_diff_never_counts_what_could_not_be_read_as_fixed(history: RunHistory) -> None:
    down = factory.run(run_id="20261102T1-c", started="2026-11-02T08:00:00+07:00", unreachable=["web2"])
    found = {site.id: site.comparison for site in compute_difference(BEFORE, down).sites}["bennua.test"]
    assert found.count_findings_with_change("fixed") == 0
    assert found.count_findings_with_change("unknown") == found.before.open_total > 0


def test_diff_compares_what_both_runs_could_evaluate(history: RunHistory) -> None:
    down = factory.run(run_id="20261102T1-c", started="2026-11-02T08:00:00+07:00", unreachable=["web2", "web3"])
    history.keep(down)
    told = json.loads(auditor("diff", BEFORE.id, down.id, "--json").stdout)
    web1 = sum(finding.is_open for finding in down.findings)
    assert (told["totals"]["open_before"], told["totals"]["open_after"]) == (web1, web1)
    (unread,) = [host for host in told["hosts"] if host["host"] == "web2"]
    assert unread["totals"]["open_before"] == unread["totals"]["unknown"] > 0
    assert unread["totals"]["open_after"] is None


def test_diff_with_nothing_to_compare_is_an_error(history: RunHistory) -> None:
    with pytest.raises(InputError, match="no run after"):
        auditor("diff", AFTER.id)


def test_export_gives_the_bytes_that_the_chain_knows(history: RunHistory, tmp_path: Path) -> None:
    one, whole = tmp_path / "run.json", tmp_path / "history.jsonl"
    auditor("export", "20260101", str(one))
    auditor("export", "--all", str(whole))
    lines = [json.loads(line) for line in whole.read_text("utf-8").splitlines()]
    assert json.loads(lines[0]["statement"])["document"] == hashlib.sha256(one.read_bytes()).hexdigest()
    assert [Run.model_validate_json(line["document"]).id for line in lines] == [BEFORE.id, AFTER.id]
    assert {path.stat().st_mode & 0o777 for path in (one, whole)} == {0o600}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "arguments", [["export", "only.json"], ["export", "--all", "a", "b"], ["export", "a", "b", "c"]]
)
def test_export_without_run_or_file_is_an_error(history: RunHistory, arguments: list[str]) -> None:
    with pytest.raises(InputError, match="a run and a file"):
        auditor(*arguments)


def test_export_to_a_folder_that_is_not_there_leaves_nothing(history: RunHistory, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        auditor("export", "20260101", str(tmp_path / "none/run.json"))
    assert not (tmp_path / "none").exists()


def test_prune_only_says_until_it_is_told_to(history: RunHistory) -> None:
    older = factory.run(run_id="20240105T1-z", started="2024-01-05T08:00:00+07:00")
    newer = factory.run(run_id="20240106T1-z", started="2024-01-06T08:00:00+07:00")
    history.keep(older)
    history.keep(newer)
    said = auditor("prune").stdout
    assert older.id in said
    assert newer.id not in said
    assert "730 ngày" in said
    assert len(history.entries()) == 4
    assert json.loads(auditor("prune", "--yes", "--json").stdout)["runs"][0]["id"] == older.id
    assert [entry.id for entry in history.entries()] == [AFTER.id, BEFORE.id, newer.id]
    assert "đã xóa" in auditor("list", "--pruned").stdout
    assert json.loads(auditor("list", "--pruned", "--json").stdout)[0]["id"] == older.id
    assert "1 deleted" in auditor("verify", "--lang", "en").stdout


def test_verify_names_the_first_broken_link_and_exits_1(history: RunHistory) -> None:
    head = json.loads(auditor("verify", "--json").stdout)["head"]
    assert "ở mắt xích 2" in auditor("verify", "--seen", head.upper()).stdout
    assert "not in the chain" in auditor("verify", "--seen", "0" * 64, "--lang", "en", exit_code=1).output
    database = sqlite3.connect(history.path)
    with database:
        database.execute("UPDATE runs SET started = '2020-01-01' WHERE id = ?", (AFTER.id,))
    database.close()
    assert f"mắt xích 2 ({AFTER.id})" in auditor("verify", exit_code=1).output
    told = json.loads(auditor("verify", "--json", exit_code=1).stdout)
    assert told["broken"]["position"] == 2
