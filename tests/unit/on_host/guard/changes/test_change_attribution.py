"""Whose a change is that was made while a run was open, and what a way back leaves, merges and keeps aside."""

from __future__ import annotations

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
