"""Names that a process borrows, and the script that it was given."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from ansible.module_utils.luytre_hunt.processes import ProcessTrace
from ansible.module_utils.luytre_hunt.running import process_names

PYTHON = os.path.realpath("/usr/bin/python3")


@pytest.mark.parametrize(
    ("program", "title", "short", "marks"),
    [
        (PYTHON, "[kworker/0:1]", "python3", ["as_kernel"]),
        ("/usr/bin/perl", "kworker/u9:1-events", "perl", ["as_kernel"]),
        ("/usr/sbin/nginx", "nginx: x", "ksoftirqd/0", ["as_kernel"]),
        (PYTHON, "/usr/bin/env x", "x", ["as_program"]),
        (PYTHON, "/usr/bin/python3 /usr/bin/env", "python3", []),
        (PYTHON, "python3 -u x", "python3", []),
        ("/usr/bin/bash", "-bash", "bash", []),
        ("/usr/bin/perl", "amavisd (master)", "amavisd", []),
        ("/usr/sbin/nginx", "env x", "nginx", []),
        (PYTHON, "", "", []),
    ],
)
def test_a_name_that_is_anothers(program: str, title: str, short: str, marks: list[str]) -> None:
    process = ProcessTrace(7, program, "packaged", 0, {}, False, "1")
    assert process_names.list_marks_of_borrowed_name(process, title, short) == marks


@pytest.mark.parametrize(
    ("arguments", "script"),
    [
        (["{d}/x.py", "/etc/passwd"], "{d}/x.py"),
        (["-u", "-W", "ignore", "{d}/x.py"], "{d}/x.py"),
        (["x.py"], "{d}/x.py"),
        (["-c", "import time; time.sleep(60)", "/etc/passwd"], ""),
        (["-m", "http.server", "/etc/passwd"], ""),
    ],
)
def test_the_script_of_an_interpreter(tmp_path: Path, arguments: list[str], script: str) -> None:
    (tmp_path / "x.py").write_text("import time; time.sleep(60)\n")
    words = [word.format(d=tmp_path) for word in arguments]
    with subprocess.Popen([PYTHON, *words], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            while words[0] not in Path(f"/proc/{process.pid}/cmdline").read_text():
                time.sleep(0.01)
            found = process_names.list_scripts_of_process(f"/proc/{process.pid}")
        finally:
            process.kill()
    assert found == ([script.format(d=tmp_path)] if script else [])
