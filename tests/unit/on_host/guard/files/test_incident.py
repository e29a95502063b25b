"""What an incident contains stays in force, and what it released does not come back, whatever a snapshot holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.files import incident, scope, tree  # type: ignore[import-not-found]
from ansible.module_utils.luytre_shared.incidents import lines, web_block_config  # type: ignore[import-not-found]

ACTION, KEY = "SC-20261130-1/3", "SC-20261130-1/4"
JOB, OTHER = b"* * * * * root evil\n", b"5 4 * * * root backup\n"
MARKED = lines.make_comment_mark_of_action(ACTION).encode() + JOB
Entries = dict[str, dict[str, Any]]


def entry(content: bytes) -> dict[str, Any]:
    return {
        "type": "file",
        "mode": 0o644,
        "uid": 0,
        "gid": 0,
        "mtime": 1,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.fixture
def over(tmp_path: Path) -> Callable[..., tuple[Entries, Any]]:
    """Lay what is contained over a snapshot of files below ``tmp_path``."""
    root = SimpleNamespace(trees={str(tmp_path)})

    def laid(then: Mapping[str, Any] | None, now: Mapping[str, Any], **files: bytes) -> tuple[Entries, Any]:
        around = incident.ContainmentOverlay(incident.ContainmentState(then), incident.ContainmentState(now))
        entries = {str(tmp_path / name): entry(content) for name, content in files.items()}
        held = {one["sha256"]: files[Path(path).name] for path, one in entries.items()}
        return around.apply_containment_to_snapshot_entries(entries, root, lambda one: [held[one["sha256"]]]), around

    return laid


def of_line(tmp_path: Path) -> dict[str, Any]:
    return {
        "lines": {
            ACTION: [lines.make_comment_mark_of_action(ACTION), {str(tmp_path / "tab"): [lines.compute_digest(JOB)]}]
        }
    }


def test_a_job_that_was_contained_since_comes_back_as_a_comment(tmp_path: Path, over: Any) -> None:
    entries, around = over({}, of_line(tmp_path), tab=OTHER + JOB)
    found = entries[str(tmp_path / "tab")]
    assert around.get_replaced_content_by_sha256(found["sha256"]) == OTHER + MARKED
    assert found["mtime"] is None and found["mode"] == 0o644
    assert set(around.changed) == {str(tmp_path / "tab")}


def test_a_job_that_was_released_since_comes_back_in_force(tmp_path: Path, over: Any) -> None:
    entries, around = over(of_line(tmp_path), {}, tab=OTHER + MARKED)
    assert around.get_replaced_content_by_sha256(entries[str(tmp_path / "tab")]["sha256"]) == OTHER + JOB


def test_a_job_that_is_contained_before_and_after_stays_a_comment(tmp_path: Path, over: Any) -> None:
    entries, around = over(of_line(tmp_path), of_line(tmp_path), tab=OTHER + MARKED)
    assert around.changed == {} and entries[str(tmp_path / "tab")] == entry(OTHER + MARKED)


@pytest.mark.parametrize("then", [True, False])
def test_a_file_that_is_contained_or_released_since_stays_as_it_is(tmp_path: Path, over: Any, then: bool) -> None:
    named = {"paths": {ACTION: [str(tmp_path / "shell")]}}
    if then:  # released since: it is there again
        (tmp_path / "shell").write_text("x")
    entries, around = over(*((named, {}) if then else ({}, named)), **({} if then else {"shell": b"x"}))
    assert entries[str(tmp_path / "shell")]["type"] == ("file" if then else "absent")
    assert set(around.changed) == {str(tmp_path / "shell")}


def test_a_file_outside_of_roots_trees_is_left_alone(tmp_path: Path) -> None:
    around = incident.ContainmentOverlay(
        incident.ContainmentState({}), incident.ContainmentState({"paths": {ACTION: ["/var/www/x/wp-config.php"]}})
    )
    entries = {"/var/www/x/wp-config.php": entry(b"x")}
    assert around.apply_containment_to_snapshot_entries(entries, SimpleNamespace(trees={str(tmp_path)}), None) == {}


def test_a_unit_stays_masked_with_its_file_aside_and_its_folder_has_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: Any
) -> None:
    monkeypatch.setattr(incident, "SYSTEM", f"{tmp_path}/")
    (tmp_path / "evil.service").symlink_to(incident.NOWHERE)
    (tmp_path / (incident.ASIDE + "evil.service")).write_bytes(b"x")
    entries, around = over({}, {"units": {ACTION: "evil.service"}}, **{"evil.service": b"x"})
    assert entries[str(tmp_path / "evil.service")]["target"] == incident.NOWHERE
    assert entries[str(tmp_path / (incident.ASIDE + "evil.service"))]["type"] == "file"
    assert around.units == {"evil.service"}


@pytest.mark.parametrize(
    ("before", "now"),
    [("an:$y$a:20000:0:99999:7:::", "an:!$y$a:20000:0:99999:7::1:"), ("an:!$y$a:1::::0:1:", "an:$y$a:2:::::9999:")],
)
def test_an_account_is_locked_or_not_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: Any, before: str, now: str
) -> None:
    monkeypatch.setattr(incident, "SHADOW", str(tmp_path / "shadow"))
    (tmp_path / "shadow").write_text(f"root:*:1::::::\n{now}\n")
    entries, around = over(
        {}, {"accounts": {ACTION: "an"}}, shadow=f"root:!:1::::::\n{before}\nbinh:x:1::::::\n".encode()
    )
    wanted = around.get_replaced_content_by_sha256(entries[str(tmp_path / "shadow")]["sha256"]).decode().splitlines()
    assert wanted[0] == "root:!:1::::::" and wanted[2] == "binh:x:1::::::"
    fields = wanted[1].split(":")
    assert (fields[1], fields[7]) == (now.split(":")[1], now.split(":")[7])
    assert fields[2] == before.split(":")[2]


def test_a_site_that_was_released_since_leaves_no_line_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: Any
) -> None:
    monkeypatch.setattr(web_block_config, "FOLDERS", (f"{tmp_path}/",))
    monkeypatch.setattr(web_block_config, "NGINX", f"{tmp_path}/luytre-contain-")
    text = "server {\n    listen 80;\n}\n"
    said = web_block_config.include_site_file_in_nginx_config(text, len("server {"), "dongvau.test")
    entries, around = over({"sites": {ACTION: "dongvau.test"}}, {}, vhost=said.encode())
    assert around.get_replaced_content_by_sha256(entries[str(tmp_path / "vhost")]["sha256"]) == text.encode()


def test_a_site_that_is_contained_since_keeps_its_line_where_nothing_else_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: Any
) -> None:
    monkeypatch.setattr(web_block_config, "FOLDERS", (f"{tmp_path}/",))
    monkeypatch.setattr(web_block_config, "NGINX", f"{tmp_path}/luytre-contain-")
    text = "server {\n    listen 80;\n}\n"
    said = web_block_config.include_site_file_in_nginx_config(text, len("server {"), "dongvau.test").encode()
    (tmp_path / "vhost").write_bytes(said)
    entries, around = over({}, {"sites": {ACTION: "dongvau.test"}}, vhost=text.encode())
    assert around.get_replaced_content_by_sha256(entries[str(tmp_path / "vhost")]["sha256"]) == said


def test_records_are_read_as_the_programs_write_them_and_broken_ones_stop_nothing(tmp_path: Path) -> None:
    def on_record(means: str, actions: object) -> None:
        (tmp_path / means).mkdir()
        (tmp_path / means / "actions.json").write_text(json.dumps(actions))

    on_record("jobs", {ACTION: {"path": "/etc/crontab", "line": "d1", "mark": "x"}})
    aside = {"path": "/home/an/.ssh/authorized_keys2", "aside": ".x"}
    on_record("keys", {KEY: {"lines": [["an", "/root/.ssh/authorized_keys", "d2"]], "aside": [aside]}})
    on_record("units", {ACTION: {"unit": "evil.service"}})
    on_record("accounts", [1])
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "actions.json").write_text("{")
    (tmp_path / "quarantine" / ACTION.replace("/", "_")).mkdir(parents=True)
    (tmp_path / "quarantine" / ACTION.replace("/", "_") / "record.json").write_text('{"path": "/etc/cron.d/%C3%A1"}')
    found = incident.read_present_containment_state(str(tmp_path))
    assert found.paths == {ACTION: ["/etc/cron.d/á"], KEY: ["/home/an/.ssh/authorized_keys2"]} and found.units == {
        ACTION: "evil.service"
    }
    assert found.accounts == found.sites == {}
    assert found.lines[ACTION] == [lines.make_comment_mark_of_action(ACTION), {"/etc/crontab": ["d1"]}]
    assert found.lines[KEY] == [lines.make_comment_mark_of_action(KEY), {"/root/.ssh/authorized_keys": ["d2"]}]
    assert incident.ContainmentState(json.loads(json.dumps(found.to_document()))).to_document() == found.to_document()


def test_no_time_is_wanted_where_none_is_known() -> None:
    assert (
        tree.find_fields_differing_between_entries({"type": "file", "mtime": None}, {"type": "file", "mtime": 5}) == []
    )
    assert scope.find_nearest_start_at_or_above_path("/etc/cron.d/x", {"/etc"}) == "/etc"
