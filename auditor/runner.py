"""The only door to ansible-runner: start a playbook, hand back what each host said. Data in, data out.

Every run has a private folder of its own (mode 0700), removed afterwards. Host keys are strict. A result larger
than the runner carries arrives empty, which callers see as ``Task.result == {}``.

Ansible runs in a thread of its own, and what it says is heard here. A run is over with its last word, the recap: the
0.2 s that its process takes to end are nobody's loss.

The runner finds events in what Ansible prints, and Ansible prints what hosts say: a host can put there an event about
another one, or a recap. So each run has a secret that only Ansible's own process writes into its events. What comes
without it is text.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread, current_thread, main_thread
from typing import Any, Literal

from auditor import resources, variables, vault

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

    def hear(self, event: Mapping[str, Any]) -> None:
        outcome = _OUTCOMES.get(event.get("event", ""))
        if outcome is None:
            if event.get("event") in ("error", "verbose") and event.get("stdout"):
                self.complaint.append(str(event["stdout"])[:2000])
            return
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


class _Ansible(Thread):
    """Ansible, beside us. ``heard`` gives its events, then None; a run that failed to begin has its error."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.heard: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self.status = ""
        self.error: BaseException | None = None
        self._arguments = arguments
        self._secret = secrets.randbits(128)
        self._told_to_end = Event()

    def run(self) -> None:
        import ansible_runner

        try:
            with tempfile.TemporaryDirectory(prefix="luytre-") as folder:
                ended = ansible_runner.run(
                    **_given(Path(folder), secret=self._secret, **self._arguments),
                    event_handler=self._hear,
                    cancel_callback=self._told_to_end.is_set,
                    quiet=True,
                    suppress_env_files=True,
                )
                self.status = str(ended.status)
        except BaseException as error:  # whatever it is: it belongs to who asked
            self.error = error
        finally:
            self.heard.put(None)

    def _hear(self, event: Mapping[str, Any]) -> bool:
        """The runner asks whether to write the event to a file: no."""
        is_ansibles = event.get("job_id") == self._secret
        self.heard.put(event if is_ansibles else {"event": "verbose", "stdout": event.get("stdout")})
        return False

    def end(self) -> None:
        """Tell Ansible to end, and wait until it has."""
        self._told_to_end.set()
        self.join()


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
    has the status "failed", no tasks, and a complaint. Raises KeyboardInterrupt on Ctrl-C and, in the main thread, on
    SIGTERM, once Ansible has ended here; what it started on hosts may go on.
    """
    listener = _Listener(watch)
    ansible = _Ansible(
        playbook=resources.playbook(playbook) if isinstance(playbook, str) else playbook,
        inventory=inventory,
        limit=limit,
        variables=variables or {},
        check=check,
        tags=tags,
        timeout=timeout,
        sockets=sockets,
    )
    with interruptible():
        ansible.start()
        try:
            status = _listen(ansible, listener)
        except BaseException:
            ansible.end()
            raise
    return Playbook(status, tuple(listener.tasks), "\n".join(listener.complaint) if not listener.tasks else "")


def _listen(ansible: _Ansible, listener: _Listener) -> str:
    """Hear all that Ansible has to say; how it went."""
    while (event := ansible.heard.get()) is not None:
        if event.get("event") == "playbook_on_stats":
            data = event["event_data"]
            return "failed" if data.get("failures") or data.get("dark") else "successful"
        listener.hear(event)
    if ansible.error is not None:
        raise ansible.error
    return ansible.status


def _given(
    folder: Path,
    *,
    secret: int,
    playbook: Path,
    inventory: Path | str,
    limit: Sequence[str],
    variables: Mapping[str, Any],
    check: bool,
    tags: Sequence[str],
    timeout: float | None,
    sockets: Path | None,
) -> dict[str, Any]:
    """A run in the runner's own terms, with its files laid out in ``folder``."""
    (folder / "ansible.cfg").touch()
    local = inventory == THIS_MACHINE
    where = folder / "hosts.yml" if local else Path(inventory)
    if local:
        where.write_text(json.dumps({"all": {"hosts": {THIS_MACHINE: None}}}), "utf-8")
    own = {"ansible_connection": "local", "ansible_become": os.geteuid() == 0} if local else {}
    given = folder / "variables.json"
    given.write_text(json.dumps({**variables, **own}, ensure_ascii=False), "utf-8")
    arguments = ["--extra-vars", f"@{given}"]
    arguments += ["--limit", ",".join(limit)] if limit else []
    arguments += ["--tags", ",".join(tags)] if tags else []
    arguments += ["--check", "--diff"] if check else []
    return {
        "private_data_dir": str(folder),
        "playbook": str(playbook),
        "inventory": str(where.absolute()),
        "cmdline": " ".join(arguments),
        "envvars": _environment(str(folder), sockets, asks="ansible_password" in variables) | {"JOB_ID": str(secret)},
        "timeout": timeout,
    }


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM interrupts as Ctrl-C does, so that what goes on is ended in order; in the main thread, where signals go."""
    if current_thread() is not main_thread():
        yield
        return

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _environment(folder: str, sockets: Path | None, *, asks: bool) -> dict[str, str]:
    """``asks``: SSH gets a password from Ansible, so it must not be told that nobody answers."""
    kept = {key: os.environ[key] for key in ("HOME", "SSH_AUTH_SOCK", "LANG", "USER", "LOGNAME") if key in os.environ}
    password = vault.password_file()
    return {
        **kept,
        **({vault.PASSWORD_FILE: str(password)} if password else {}),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "MAX_EVENT_RES": str(MAX_RESULT_CHARS),
        "ANSIBLE_CONFIG": f"{folder}/ansible.cfg",
        "ANSIBLE_ROLES_PATH": str(resources.roles()),
        "ANSIBLE_HOME": f"{folder}/.ansible",
        "ANSIBLE_LOCAL_TEMP": f"{folder}/local",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets or f"{folder}/cp"),
        "ANSIBLE_SSH_ARGS": f"-o ControlMaster=auto -o ControlPersist={60 if sockets else 15}s "
        f"-o BatchMode={'no' if asks else 'yes'} -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_INVENTORY_IGNORE_REGEX": variables.NOT_READ,
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
