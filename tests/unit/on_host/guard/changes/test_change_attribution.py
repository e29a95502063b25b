"""Whose a change is that was made while a run was open, and what a way back leaves, merges and keeps aside."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre_guard.changes import change_attribution, recorder  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.files import store  # type: ignore[import-not-found]

from tests.unit.on_host import MODULE_UTILS

PASSWD = b"root:x:0:0::/root:/bin/sh\nan:x:1000:1000::/home/an:/bin/sh\n"
CHRONY = b"_chrony:x:101:101::/var/lib/chrony:/usr/sbin/nologin\n"
BINH = b"binh:x:1001:1001::/home/binh:/bin/bash\n"


@pytest.mark.parametrize(
    ("image", "now", "wanted"),
    [
        (PASSWD + CHRONY, PASSWD + CHRONY, PASSWD),
        (PASSWD + CHRONY, PASSWD + CHRONY + BINH, PASSWD + BINH),
        (PASSWD + CHRONY + BINH, PASSWD + CHRONY + BINH, PASSWD + BINH),
        (None, PASSWD + CHRONY + BINH, PASSWD + BINH),
        (PASSWD + CHRONY, PASSWD.replace(b"/home/an", b"/srv/an") + CHRONY, PASSWD.replace(b"/home/an", b"/srv/an")),
        (
            PASSWD.replace(b"/bin/sh\n", b"/sbin/no\n"),
            PASSWD.replace(b"/bin/sh\n", b"/sbin/no\n") + BINH,
            PASSWD + BINH,
        ),
        (PASSWD + CHRONY, b"root:x:0:0::/root:/bin/sh\n" + CHRONY, b"root:x:0:0::/root:/bin/sh\n"),
    ],
)
def test_lines_of_others_stay_and_those_of_the_run_go(image: bytes | None, now: bytes, wanted: bytes) -> None:
    assert (
        change_attribution.merge_others_account_lines_into_before(
            PASSWD, image, now, change_attribution.list_names_of_ordinary_accounts(now, b"")
        )
        == wanted
    )
    assert (
        change_attribution.merge_others_account_lines_into_before(
            PASSWD, image, wanted, change_attribution.list_names_of_ordinary_accounts(wanted, b"")
        )
        == wanted
    )


def record(folder: Path, *lines: dict[str, Any]) -> Any:
    (folder / change_attribution.FOLDER).mkdir()
    (folder / change_attribution.FOLDER / "1.step").write_text("".join(json.dumps(line) + "\n" for line in lines))
    kept = SimpleNamespace(get_path_of_run_file=lambda _run, name: str(folder / name))
    return change_attribution.RunChangeAttribution(
        SimpleNamespace(kept=kept, run="r", entries={}, manifest={"packages": {}})
    )


def test_what_nobody_recorded_as_the_runs_stays_but_for_ways_in(tmp_path: Path) -> None:
    ours = {"path": "/etc/nginx/conf.d/00-luytre.conf", "by": False, "after": {"type": "file"}}
    told = record(tmp_path, {"path": ours["path"]}, ours, {"ended": 1})
    differ = {
        **{"/etc/nginx/conf.d/00-luytre.conf": "new", "/etc/nginx/sites-available/moi.test": "new"},
        **{"/etc/cron.d/moi": "new", "/etc/ssh/sshd_config.d/a.conf": "new", "/etc/nginx/nginx.conf": "content"},
        **{"/etc/passwd": "content", "/etc/passwd-": "content", "/etc/hosts": "content", "/usr/x": "new"},
    }
    back = told.select_differences_made_by_run(differ, {})
    assert set(told.left) == {"/etc/nginx/sites-available/moi.test", "/etc/cron.d/moi", "/etc/passwd", "/etc/hosts"}
    assert set(back) == set(differ) - set(told.left) - {"/etc/passwd-"}


def test_without_any_record_all_of_it_goes_back(tmp_path: Path) -> None:
    kept = SimpleNamespace(get_path_of_run_file=lambda _run, name: str(tmp_path / name))
    told = change_attribution.RunChangeAttribution(SimpleNamespace(kept=kept, run="r", entries={}))
    assert told.select_differences_made_by_run({"/etc/moi": "new"}, {}) == {"/etc/moi": "new"}


def test_what_a_program_changed_that_was_cut_off_is_the_runs(tmp_path: Path) -> None:
    told = record(tmp_path, {"program": "apt-get", "began": 0.0, "up": 0.0})
    assert told.has_run_changed_path("/etc/passwd")


@pytest.fixture
def step(tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "sitecustomize.py").write_text(
        store.read_source("changes.recorder").replace('"/etc/"', repr(f"{tmp_path}/etc/"))
    )
    (tmp_path / "etc").mkdir()

    def run(script: str) -> list[dict[str, Any]]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path / "etc", check=True)
        lines = [json.loads(line) for path in tmp_path.glob("*.step") for line in path.read_text().splitlines()]
        return [{**line, "path": line["path"].removeprefix(f"{tmp_path}/etc/")} for line in lines if "after" in line]

    yield run


def test_a_step_records_what_its_own_code_and_its_programs_change(step: Any) -> None:
    found = step(
        """
import os, subprocess
open("read", "w").close(); open("read").read()
handle = os.open(".", os.O_RDONLY)
with open("/dev/null", "w"): pass
open(".draft", "w").write("x"); os.rename(".draft", "whole", src_dir_fd=handle, dst_dir_fd=handle)
os.symlink("whole", "link"); os.mkdir("folder"); os.chmod("whole", 0o600)
subprocess.run(["nft", "x"], check=False) if os.path.exists("/nonexistent") else None
subprocess.run(["touch", "by-program"], check=True)
"""
    )
    by = {line["path"]: line["by"] for line in found}
    assert {"whole": False, "link": False, "folder": False, "by-program": True}.items() <= by.items()
    whole = next(line for line in found if line["path"] == "whole")
    assert whole["after"]["content"] == "eA=="


def test_a_clock_that_is_set_back_in_a_step_hides_nothing_that_it_changed(tmp_path: Path, step: Any) -> None:
    """As the time daemon does that the run itself installs where the clock is an hour ahead."""
    found = step(
        """
import subprocess, time
real = time.time
time.time = lambda: real() + 3600
ahead = subprocess.Popen(["touch", "by-program"])
time.time = real
ahead.wait()
"""
    )
    assert [(line["path"], line["by"]) for line in found if line["path"] == "by-program"] == [("by-program", True)]
    hour_ahead = {"began": time.time() + 3600, "up": time.clock_gettime(time.CLOCK_BOOTTIME)}
    (tmp_path / "etc" / "cut-off").touch()
    told = record(tmp_path, {"program": "apt-get", **hour_ahead})
    assert told.has_run_changed_path(str(tmp_path / "etc" / "cut-off"))


def test_what_goes_on_beyond_its_step_is_the_runs_for_as_long_as_it_does(tmp_path: Path, step: Any) -> None:
    """Its files may come after the step has noted what there was."""

    def ends() -> list[bool]:
        lines = (path.read_text() for path in sorted(tmp_path.glob("*.step")))
        return ["ended" in text for text in lines]

    os.environ[recorder.WORD] = run = f"r-{os.getpid()}"
    try:
        step("import subprocess; print(subprocess.Popen(['sleep', '60'], stdout=-3).pid, file=open('../pid', 'w'))")
    finally:
        del os.environ[recorder.WORD]
    try:
        assert ends() == [False]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), recorder.WORD: run}
        nested = "import subprocess; subprocess.run(['true'], check=True)"
        outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {nested!r}], check=True)"
        subprocess.run([sys.executable, "-c", outer], env=environment, check=True)
        assert sorted(ends()) == [False, False, True], "only the outermost step waits for what is still at work"
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another")
def test_what_somebody_else_has_root_s_programs_do_is_not_the_runs(tmp_path: Path) -> None:
    """Whoever starts su chooses its environment, and it waits for a password as root."""
    run = f"r-{os.getpid()}"
    waits = "import os; os.setresuid(65534, 0, 0); os.write(1, b'x'); os.read(0, 1)"
    environment = {**os.environ, recorder.WORD: run}
    for begin, is_of_run in ((waits, False), (waits.replace("65534", "0"), True)):
        with subprocess.Popen(
            [sys.executable, "-c", begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        ) as waiting:
            assert waiting.stdin is not None
            assert waiting.stdout is not None
            assert waiting.stdout.read(1) == b"x"
            assert recorder.has_run_other_processes_still_at_work(run) == is_of_run
            waiting.stdin.close()


def test_programs_that_only_read_leave_no_record(step: Any) -> None:
    assert step("import subprocess; subprocess.run(['id', '-u'], check=True); open('/etc/hostname').read()") == []


def test_a_change_that_cannot_be_noted_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        store.read_source("changes.recorder").replace('"/etc/"', repr(f"{tmp_path}/etc/"))
    )
    (tmp_path / "etc").mkdir()
    script = f"import os, glob; os.remove(glob.glob('{tmp_path}/*.step')[0]); os.closerange(3, 20); open('{tmp_path}/etc/a', 'w')"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "No such file" in done.stderr
    assert not (tmp_path / "etc" / "a").exists()
    assert recorder.StepRecorder.record_event(SimpleNamespace(), "os.remove", ()) is None


def test_a_forked_process_that_uses_the_records_descriptor_for_something_else_gets_no_lines_into_it(step: Any) -> None:
    """As the collector's areas do, each in a process that closes what it has inherited."""
    step(
        """
import os, subprocess
answer, end = os.pipe()
if os.fork() == 0:
    os.closerange(0, end)
    os.closerange(end + 1, 20)
    for handle in range(end):
        os.dup2(end, handle)
    subprocess.run(["touch", "by-program"], check=True)
    open("by-code", "w").close()
    os.write(end, b"said")
    os._exit(0)
os.close(end)
os.wait()
assert os.read(answer, 999) == b"said"
"""
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="has an /etc of its own")
def test_the_runs_part_goes_and_what_others_did_meanwhile_stays(tmp_path: Path) -> None:
    script = Path(__file__).parents[3] / "data" / "shared_etc.py"
    within = 'mount -t tmpfs -o mode=755 none /etc && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", within, "sh", sys.executable, script, tmp_path, MODULE_UTILS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["problems"] == [] and told["again"] == {}, told
    theirs = {"/etc/nginx/sites-available/moi", "/etc/nginx/sites-enabled/moi", "/etc/cron.d/moi", "/etc/moi"}
    theirs |= {"/etc/nginx/luytre/theirs.conf"}
    assert set(told["left"]) == theirs | {"/etc/hosts", "/etc/passwd"}, told["left"]
    assert theirs <= set(told["names"])
    assert not {"/etc/by-program", "/etc/late", "/etc/nginx/conf.d/00-luytre.conf", "/etc/ssh/a.conf"} & set(
        told["names"]
    )
    assert "/etc/nginx/luytre/a.conf" not in told["names"]
    aside = {"/etc/nginx/mime.types", "/etc/nginx/conf.d/00-luytre.conf", "/etc/ssh/a.conf"}
    assert set(told["aside"]) == aside
    accounts = told["etc"]["passwd"]
    assert "binh" in accounts and "an:x" in accounts and "_chrony" not in accounts
    assert told["etc"]["nginx/nginx.conf"] == told["etc"]["nginx/mime.types"] == "before\n"
    assert told["etc"]["hosts"] == "before\n# theirs\n"
    assert told["crontab"] == 0o644


UNSAID = {"type": "file", "mode": 0o644, "mtime": 1}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what files hold by now."""
    contents: dict[str, bytes] = {}
    monkeypatch.setattr(change_attribution, "_read_small_regular_file_or_none", contents.get)
    monkeypatch.setattr(change_attribution.packages, "InstalledPackagesQuery", lambda: SimpleNamespace(answer=dict))
    monkeypatch.setattr(change_attribution.packages, "compare_installed_packages", lambda *_: (["a"], {}, []))
    monkeypatch.setattr(
        change_attribution.packages, "list_paths_of_packages", lambda _names: {"/etc/nginx/sites-available/of-package"}
    )
    return contents


def changed(path: str, content: bytes | None = None, *, by: bool = False) -> dict[str, Any]:
    """Return the line of a step that changed a path."""
    after = {"type": "file"} if content is None else {"content": base64.b64encode(content).decode()}
    return {"path": path, "by": by, "after": after}


def attribute(folder: Path, entries: dict[str, bytes], *lines: dict[str, Any]) -> Any:
    """Return the attribution of a run with these lines on record, and what files held before it."""
    told = record(folder, *lines)
    told._snap.entries = {path: {**UNSAID, "sha256": path} for path in entries}
    told._snap.read_verified_content_of_entry = lambda entry: [entries[entry["sha256"]]]
    return told


@pytest.mark.parametrize(
    ("lines", "fully"),
    [
        ([], True),
        ([{"program": "apt-get", "began": 0.0, "up": 0.0}], False),
        ([{"program": "apt-get", "began": 0.0, "up": 0.0}, {"ended": 1}], True),
    ],
)
def test_package_work_is_recorded_in_full_unless_a_step_was_cut_off(
    lines: list[dict[str, Any]], fully: bool, tmp_path: Path
) -> None:
    assert record(tmp_path, *lines).is_package_work_of_run_fully_recorded is fully
    (tmp_path / change_attribution.FOLDER / "1.step").unlink()
    kept = SimpleNamespace(get_path_of_run_file=lambda _run, name: str(tmp_path / name))
    none = change_attribution.RunChangeAttribution(SimpleNamespace(kept=kept, run="r", entries={}))
    assert none.is_package_work_of_run_fully_recorded is False, "nothing is on record"


def test_the_first_step_that_was_cut_off_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_attribution.recorder, "convert_moment_to_present_clock", lambda began, _up: began)
    (tmp_path / change_attribution.FOLDER).mkdir()
    for name, began in (("1.step", 900.0), ("2.step", 500.0), ("3.step", 700.0), ("4.txt", 1.0)):
        line = json.dumps({"program": "apt-get", "began": began, "up": 0.0})
        (tmp_path / change_attribution.FOLDER / name).write_text(f"{line}\nno json\n")
    kept = SimpleNamespace(get_path_of_run_file=lambda _run, name: str(tmp_path / name))
    told = change_attribution.RunChangeAttribution(SimpleNamespace(kept=kept, run="r", entries={}))
    assert told._open_since == 500.0 - change_attribution.recorder.SLACK


def test_after_a_cut_what_changed_since_is_the_run_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = record(tmp_path)
    path = str(tmp_path / "x")
    Path(path).touch()
    changed_at = os.lstat(path).st_ctime
    for since, ours in ((None, False), (changed_at, True), (changed_at + 1, False), (changed_at - 1, True)):
        told._open_since = since
        assert told.has_run_changed_path(path) is ours
        assert told.has_run_changed_path(str(tmp_path / "gone")) is (since is not None)


@pytest.mark.parametrize(
    ("path", "by", "ours"),
    [
        ("/etc/nginx/sites-available/x", False, True),
        ("/etc/nginx/sites-available/x", True, False),
        ("/etc/nginx/sites-available/of-package", True, True),
        ("/etc/nginx/nginx.conf", True, True),
    ],
)
def test_what_lay_among_sites_while_a_package_was_at_work_is_its_own_only_when_it_lists_it(
    path: str, by: bool, ours: bool, tmp_path: Path, host: dict[str, bytes]
) -> None:
    assert record(tmp_path, changed(path, by=by)).has_run_changed_path(path) is ours
    assert not record_again(tmp_path, changed(path, by=by)).has_run_changed_path(f"{path}-other")


def record_again(folder: Path, *lines: dict[str, Any]) -> Any:
    (folder / "again").mkdir()
    return record(folder / "again", *lines)


def test_a_path_that_a_step_changed_after_a_program_is_the_step_s(tmp_path: Path, host: dict[str, bytes]) -> None:
    path = "/etc/nginx/sites-available/x"
    assert record(tmp_path, changed(path, by=True), changed(path)).has_run_changed_path(path)


BOTH = PASSWD + CHRONY + BINH


@pytest.mark.parametrize(
    ("now", "same_attributes", "recorded", "stays"),
    [
        (PASSWD + BINH, True, True, True),  # as it is to be
        (PASSWD + BINH, False, True, False),
        (BOTH, True, True, False),
        (PASSWD + CHRONY, True, True, False),
        (BOTH, True, False, True),
    ],
)
def test_a_file_of_accounts_goes_back_unless_it_is_merged_or_nobody_s_of_the_run(
    now: bytes,
    same_attributes: bool,
    recorded: bool,
    stays: bool,
    tmp_path: Path,
    host: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = attribute(
        tmp_path, {"/etc/passwd": PASSWD}, *([changed("/etc/passwd", PASSWD + CHRONY)] if recorded else [])
    )
    present = UNSAID if same_attributes else {**UNSAID, "mode": 0o600}
    monkeypatch.setattr(change_attribution.tree, "read_entry_of_path", lambda _path: {**present, "mtime": 9})
    host["/etc/passwd"] = now
    back = told.select_differences_made_by_run({"/etc/passwd": "content", "/etc/passwd-": "content"}, {})
    assert ("/etc/passwd" in back) is not stays
    assert told.left == (
        {"/etc/passwd": change_attribution.MERGED_REASON if recorded else change_attribution.LEFT_REASON}
        if stays
        else {}
    )
    assert ("/etc/passwd-" in back) is recorded, "the copy beside it goes with it, without a word"


@pytest.mark.parametrize(
    ("path", "difference", "recorded", "stays"),
    [
        ("/etc/x", "new", False, True),
        ("/etc/x", "new", True, False),
        ("/etc/x", "content", False, False),
        ("/etc/hosts", "content", False, True),
        ("/etc/hosts", "content", True, False),
        ("/etc/ssh/x", "new", False, False),
        ("/etc/nologin", "new", False, False),
        ("/etc/.pwd.lock", "new", False, None),
        ("/var/x", "new", False, False),
    ],
)
def test_what_is_new_or_people_s_stays_unless_the_run_did_it(
    path: str, difference: str, recorded: bool, stays: bool | None, tmp_path: Path
) -> None:
    told = record(tmp_path, *([changed(path)] if recorded else []))
    back = told.select_differences_made_by_run({path: difference}, {})
    assert list(back) == ([] if stays or stays is None else [path])
    assert told.left == ({path: change_attribution.LEFT_REASON} if stays else {})


def test_what_no_daemon_would_load_otherwise_is_not_touched(tmp_path: Path) -> None:
    told = record(tmp_path)
    told.unloadable = {"/etc/ssh/a": "refused"}
    assert told.select_differences_made_by_run({"/etc/ssh/a": "content", "/etc/ssh/b": "content"}, {}) == {
        "/etc/ssh/b": "content"
    }
    told.known = False
    assert told.select_differences_made_by_run({"/etc/ssh/a": "content", "/etc/b": "new"}, {}) == {"/etc/b": "new"}


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as /etc."""
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr(change_attribution, "TREE", f"{folder}/")
    monkeypatch.setattr(change_attribution, "WAY_IN", (f"{folder}/ssh/",))
    return folder


def test_a_new_folder_goes_but_for_what_somebody_put_into_it(etc: Path, tmp_path: Path) -> None:
    ours, inner = etc / "luytre", etc / "luytre/inner"
    inner.mkdir(parents=True)
    for path in (ours / "ours", ours / "theirs", inner / "theirs"):
        path.touch()
    lines = [changed(str(path)) for path in (ours, inner, ours / "ours")]
    told = record(tmp_path, *lines)
    back = told.select_differences_made_by_run({str(ours): "new"}, {})
    assert back == {str(ours / "ours"): "new"}
    assert set(told.left) == {str(ours / "theirs"), str(inner / "theirs")}
    alone = record_again(tmp_path, *lines, changed(str(ours / "theirs")), changed(str(inner / "theirs")))
    assert alone.select_differences_made_by_run({str(ours): "new"}, {}) == {str(ours): "new"}
    assert alone.select_differences_made_by_run({str(ours): "content"}, {}) == {str(ours): "content"}


def test_a_new_folder_of_the_way_in_goes_with_whatever_is_in_it(etc: Path, tmp_path: Path) -> None:
    folder = etc / "ssh/new.d"
    folder.mkdir(parents=True)
    (folder / "theirs").touch()
    told = record(tmp_path)
    assert told.select_differences_made_by_run({str(folder): "new"}, {}) == {str(folder): "new"}
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").touch()
    assert told.select_differences_made_by_run({str(outside): "new"}, {}) == {str(outside): "new"}


@pytest.mark.parametrize(
    ("now", "back"), [({}, False), ({"mtime": 9}, False), ({"mode": 0o700}, True), ({"type": "absent"}, True)]
)
def test_a_folder_whose_names_alone_differ_by_what_stays_keeps_its_time(
    now: dict[str, Any], back: bool, tmp_path: Path
) -> None:
    folder = {"type": "folder", "mode": 0o755, "mtime": 1}
    told = record(tmp_path)
    told._snap.entries = {"/etc/cron.d": folder}
    found = told.select_differences_made_by_run(
        {"/etc/cron.d": "attributes", "/etc/cron.d/new/x": "new"}, {"/etc/cron.d": {**folder, **now}}
    )
    assert ("/etc/cron.d" in found) is back
    told._snap.entries = {"/etc/cron.d": {**folder, "type": "file"}}
    assert "/etc/cron.d" in told.select_differences_made_by_run(
        {"/etc/cron.d": "attributes", "/etc/cron.d/x": "new"}, {"/etc/cron.d": {**folder, "type": "file"}}
    )


@pytest.mark.parametrize(
    ("path", "before", "now", "lines", "kept"),
    [
        ("/x", b"before", b"theirs", [], True),
        ("/x", b"before", None, [], False),
        ("/x", b"before", b"before", [], False),
        ("/x", b"before", b"ours", [("/x", b"ours", False)], False),
        ("/x", b"before", b"theirs", [("/x", b"ours", False)], True),
        ("/x", b"before", b"theirs", [("/x", b"ours", True)], False),
        ("/x", None, b"theirs", [], True),
        ("/passwd", b"before", b"theirs", [], False),
        ("/passwd-", b"before", b"theirs", [], False),
    ],
)
def test_what_is_somebody_s_and_about_to_go_is_kept_aside(
    path: str,
    before: bytes | None,
    now: bytes | None,
    lines: list[tuple[str, bytes, bool]],
    kept: bool,
    etc: Path,
    tmp_path: Path,
    host: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(change_attribution, "ACCOUNTS", (f"{etc}/passwd",))
    told = attribute(
        tmp_path,
        {} if before is None else {f"{etc}{path}": before},
        *(changed(f"{etc}{name}", content, by=by) for name, content, by in lines),
    )
    if now is not None:
        host[f"{etc}{path}"] = now
    told.keep_copy_of_others_version_aside(f"{etc}{path}")
    assert set(told.aside) == ({f"{etc}{path}"} if kept else set())
    if kept:
        assert Path(told.aside[f"{etc}{path}"]).read_bytes() == now
        host[f"{etc}{path}"] = b"later"
        told.keep_copy_of_others_version_aside(f"{etc}{path}")
        assert Path(told.aside[f"{etc}{path}"]).read_bytes() == now, "once"


def test_nothing_is_kept_aside_of_what_lies_elsewhere_or_is_not_on_record(
    etc: Path, tmp_path: Path, host: dict[str, bytes]
) -> None:
    told = attribute(tmp_path, {})
    host.update({"/var/x": b"theirs", f"{etc}/x": b"theirs"})
    told.keep_copy_of_others_version_aside("/var/x")
    told.known = False
    told.keep_copy_of_others_version_aside(f"{etc}/x")
    assert told.aside == {}


def test_lines_are_merged_for_files_of_accounts_that_are_on_record(tmp_path: Path, host: dict[str, bytes]) -> None:
    told = attribute(tmp_path, {"/etc/passwd": PASSWD, "/etc/x": PASSWD}, changed("/etc/passwd", PASSWD + CHRONY))
    host.update({"/etc/passwd": BOTH, "/etc/x": BOTH})
    assert told.merge_account_file_with_others_lines("/etc/passwd") == PASSWD + BINH
    assert told.merge_account_file_with_others_lines("/etc/x") is None
    host["/etc/passwd"] = PASSWD + CHRONY
    assert told.merge_account_file_with_others_lines("/etc/passwd") is None, "as before"
    del host["/etc/passwd"]
    assert told.merge_account_file_with_others_lines("/etc/passwd") is None
    told._snap.entries["/etc/passwd"] = UNSAID
    host["/etc/passwd"] = BOTH
    assert told.merge_account_file_with_others_lines("/etc/passwd") is None, "its bytes are not in the snapshot"
    told.known = False
    assert told.merge_account_file_with_others_lines("/etc/passwd") is None


@pytest.mark.parametrize(
    ("number", "person"), [(b"999", False), (b"1000", True), (b"65533", True), (b"65534", False), (b"x", False)]
)
def test_people_are_told_from_services_by_their_number(number: bytes, person: bool) -> None:
    line = b"an:x:" + number
    names = change_attribution.list_names_of_ordinary_accounts
    assert names(line + b":100::/home/an:/bin/sh\n", b"") == ({b"an"} if person else set())
    assert names(b"", line + b"\n") == ({b"an"} if person else set())
    assert names(b"an:x\n\n", b"") == set()


def test_what_is_too_large_or_no_file_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_attribution, "MAX_ASIDE", 3)
    for name, content in (("small", b"abc"), ("large", b"abcd")):
        (tmp_path / name).write_bytes(content)
    read = change_attribution._read_small_regular_file_or_none
    assert (read(str(tmp_path / "small")), read(str(tmp_path / "large"))) == (b"abc", None)
    assert (read(str(tmp_path)), read(str(tmp_path / "gone"))) == (None, None)
