"""The only door to ansible-runner: start a playbook, hand back what each host said. Data in, data out.

Every run has a private folder of its own (mode 0700), removed afterwards. Host keys are strict. A result larger
than the runner carries arrives empty, which callers see as ``Task.result == {}``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from auditor import resources

THIS_MACHINE = "localhost"
MAX_RESULT_CHARS = 20_000_000
"""Above our own bound on a document, so that an oversized answer is told from an empty one."""

Outcome = Literal["ok", "changed", "skipped", "failed", "unreachable"]


@dataclass(frozen=True)
class Task:
    """What one task came to on one host."""

    host: str
    name: str
    role: str | None
    action: str
    outcome: Outcome
    result: Mapping[str, Any]
    began: float = 0.0
    """Epoch seconds, by the controller's clock."""
    ended: float = 0.0

    @property
    def message(self) -> str:
        """Ansible's own words about a failure."""
        parts = [self.result.get(key) for key in ("msg", "module_stderr", "module_stdout", "stderr")]
        return "\n".join(str(part) for part in parts if part)


@dataclass(frozen=True)
class Playbook:
    """One run of a playbook."""

    status: str
    tasks: tuple[Task, ...]
    complaint: str = ""

    def of(self, host: str) -> tuple[Task, ...]:
        """The tasks of one host, in order."""
        return tuple(task for task in self.tasks if task.host == host)

    def failure(self, host: str) -> Task | None:
        """The task that ended the host's run, if one did."""
        return next((task for task in self.of(host) if task.outcome in ("failed", "unreachable")), None)

    def changed(self, host: str) -> tuple[Task, ...]:
        """The tasks that changed something."""
        return tuple(task for task in self.of(host) if task.outcome == "changed")


@dataclass
class _Listener:
    watch: Callable[[Task], None] | None
    tasks: list[Task] = field(default_factory=list)
    complaint: list[str] = field(default_factory=list)

    def __call__(self, event: Mapping[str, Any]) -> bool:
        outcome = _OUTCOMES.get(event.get("event", ""))
        if outcome is None:
            if event.get("event") in ("error", "verbose") and event.get("stdout"):
                self.complaint.append(str(event["stdout"])[:2000])
            return False
        data = event["event_data"]
        result = data.get("res") or {}
        if outcome == "failed" and data.get("ignore_errors"):
            outcome = "ok"
        if outcome == "ok" and result.get("changed"):
            outcome = "changed"
        task = Task(
            host=str(data.get("host")),
            name=str(data.get("task")),
            role=data.get("role"),
            action=str(data.get("task_action") or data.get("resolved_action") or ""),
            outcome=outcome,
            result=result,
            began=_epoch(data.get("start")),
            ended=_epoch(data.get("end")),
        )
        self.tasks.append(task)
        if self.watch is not None:
            self.watch(task)
        return False


def _epoch(moment: object) -> float:
    return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else 0.0


_OUTCOMES: Mapping[str, Outcome] = {
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}


def play(
    playbook: Path | str,
    *,
    inventory: Path | str,
    limit: Sequence[str] = (),
    variables: Mapping[str, Any] | None = None,
    check: bool = False,
    tags: Sequence[str] = (),
    timeout: float | None = None,
    watch: Callable[[Task], None] | None = None,
    sockets: Path | None = None,
) -> Playbook:
    """Run a playbook of ours against an inventory; ``watch`` sees each task's result as it comes.

    Playbooks that share a folder of ``sockets`` share their SSH connections for a minute.

    The inventory ``THIS_MACHINE`` is this machine, without SSH; as root only when we are.

    ``timeout`` is in seconds for the whole run. Never raises for what hosts do; a playbook that could not even start
    has the status "failed", no tasks, and a complaint. Raises KeyboardInterrupt on Ctrl-C and on SIGTERM, once
    Ansible has ended here; what it started on hosts may go on.
    """
    import ansible_runner

    listener = _Listener(watch)
    path = resources.playbook(playbook) if isinstance(playbook, str) else playbook
    with tempfile.TemporaryDirectory(prefix="luytre-") as folder:
        Path(folder, "ansible.cfg").touch()
        given = Path(folder, "variables.json")
        local = inventory == THIS_MACHINE
        where = Path(folder, "hosts.yml") if local else Path(inventory)
        if local:
            where.write_text(json.dumps({"all": {"hosts": {THIS_MACHINE: None}}}), "utf-8")
        own = {"ansible_connection": "local", "ansible_become": os.geteuid() == 0} if local else {}
        given.write_text(json.dumps({**(variables or {}), **own}, ensure_ascii=False), "utf-8")
        arguments = ["--extra-vars", f"@{given}"]
        arguments += ["--limit", ",".join(limit)] if limit else []
        arguments += ["--tags", ",".join(tags)] if tags else []
        arguments += ["--check", "--diff"] if check else []
        with _signals_kept():
            run = ansible_runner.run(
                private_data_dir=folder,
                playbook=str(path),
                inventory=str(where.resolve()),
                cmdline=" ".join(arguments),
                envvars=_environment(folder, sockets, asks="ansible_password" in (variables or {})),
                event_handler=listener,
                quiet=True,
                suppress_env_files=True,
                timeout=timeout,
            )
        status = str(run.status)
        complaint = "\n".join(listener.complaint) if not listener.tasks else ""
    if status == "canceled":
        raise KeyboardInterrupt
    return Playbook(status, tuple(listener.tasks), complaint)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """The runner takes SIGINT and SIGTERM for itself and keeps them."""
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(name) for name in names]
    try:
        yield
    finally:
        with suppress(ValueError):  # not the main thread, where the runner took none
            for name, handler in zip(names, before, strict=True):
                signal.signal(name, handler)


def _environment(folder: str, sockets: Path | None, *, asks: bool) -> dict[str, str]:
    """``asks``: SSH gets a password from Ansible, so it must not be told that nobody answers."""
    kept = {key: os.environ[key] for key in ("HOME", "SSH_AUTH_SOCK", "LANG", "USER", "LOGNAME") if key in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "MAX_EVENT_RES": str(MAX_RESULT_CHARS),
        "ANSIBLE_CONFIG": f"{folder}/ansible.cfg",
        "ANSIBLE_ROLES_PATH": str(resources.roles()),
        "ANSIBLE_HOME": f"{folder}/.ansible",
        "ANSIBLE_LOCAL_TEMP": f"{folder}/local",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets or f"{folder}/cp"),
        "ANSIBLE_SSH_ARGS": f"-o ControlMaster=auto -o ControlPersist={60 if sockets else 15}s "
        f"-o BatchMode={'no' if asks else 'yes'} -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3",
        "ANSIBLE_INVENTORY_IGNORE_PATTERNS": "^office$",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_FORKS": "16",
        "ANSIBLE_TIMEOUT": "10",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
        "ANSIBLE_NOCOLOR": "True",
    }
