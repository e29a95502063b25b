"""The only door to ansible-runner: start a playbook, hand back what each host said. Data in, data out.

Every run has a private folder of its own (mode 0700), removed afterwards. Host keys are strict. A password is handed to
whoever asks for it, ssh or Ansible, and lies in no file: what Ansible would give ssh by itself, it keeps in shared
memory.

Ansible is attended by a thread, and what it says is heard here. A run is over with its last word, the recap: the
0.2 s that its process takes to end are nobody's loss.

What hosts came to is told by a callback of ours (``auditor.fleet.in_ansible``) over a pipe of its own. What Ansible
prints, hosts' words among it, is no more than a complaint when nothing was told. The runner starts, times and ends the
process, which is forked from one that has Ansible loaded (``auditor.fleet.prefork_client``).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import selectors
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from typing import Any, Literal

from auditor.fleet import askpass, prefork_client, remote_workers, ssh_options
from auditor.fleet import payloads as made
from auditor.fleet.in_ansible import EVENTS, bounds, payloads
from auditor.inventory import reach as reaching
from auditor.inventory import variables, vault
from auditor.system import message_framing, resources, runtime_dir

THIS_MACHINE = "localhost"
ANSWER_SECONDS = 10
"""For a connection, and for sudo there."""
ALIVE_SECONDS = 5
"""Between two signs of life of a connection."""
COMMAND_SECONDS = 900
"""For one command on one host, unless told otherwise, and no more than most of what the whole run has: a host that
hangs is cut off, and named, while there is time left for the others.
"""
_MOST = 0.8
_IN_ANSIBLE = Path(__file__).parent / "in_ansible"
MAX_MEMORY = 1_536_000_000
"""Bytes of addresses for each of Ansible's processes."""
_MAX_COMPLAINT = 20_000
_POLL_SECONDS = 0.2
"""How soon the runner sees that its time is over."""
_FOR_SSH, _FOR_SUDO = "ansible_password", "ansible_become_password"
_PASSWORDS = {_FOR_SSH, _FOR_SUDO}
"""Variables that are passwords."""
_OWN = frozenset(
    {
        *("ANSIBLE_HOME", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_CACHE_PLUGIN_CONNECTION", "AWX_ISOLATED_DATA_DIR"),
        *(
            "ANSIBLE_SSH_ARGS",
            "ANSIBLE_SSH_CONTROL_PATH_DIR",
            "ANSIBLE_SSH_EXECUTABLE",
            EVENTS,
            payloads.CACHE_VARIABLE,
        ),
        *(ssh_options.AGENT, *askpass.VARIABLES),
    }
)
"""Variables of the environment that are another for each run."""
_DECIDES = re.compile(f"_?ANSIBLE_.*|{payloads.CACHE_VARIABLE}|{ssh_options.AGENT}")
"""Variables by which the environment of who runs us would decide for Ansible, such as to leave out what arms a host."""

CUT_SHORT = "cut short"
"""The status of a run that somebody or something ended before its last word: no host has come to its end for
certain.
"""

_MESSAGE_KEYS = ("msg", "module_stderr", "module_stdout", "stderr")
_ITEMS = 5

Outcome = Literal["ok", "changed", "skipped", "failed", "unreachable"]


@dataclass(frozen=True)
class AnsibleTask:
    """The result of one task on one host."""

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
        """Return Ansible's own words about a failure.

        Of a task that is done for several items, those about the items come first.
        """
        items = self.result.get("results")
        results = [result for result in items if isinstance(result, Mapping)] if isinstance(items, list | tuple) else []
        failures = [result for result in results if result.get("failed") or "exception" in result]
        parts = [result.get(key) for result in (*failures[:_ITEMS], self.result) for key in _MESSAGE_KEYS]
        return "\n".join(str(part) for part in parts if part)


@dataclass(frozen=True)
class PlaybookRun:
    """One run of a playbook."""

    status: str
    tasks: tuple[AnsibleTask, ...]
    complaint: str = ""

    def list_tasks(self, host: str) -> tuple[AnsibleTask, ...]:
        """Return the tasks of one host, in order."""
        return tuple(task for task in self.tasks if task.host == host)

    def find_failure(self, host: str) -> AnsibleTask | None:
        """Return the task that ended the host's run, if one did."""
        return next((task for task in self.list_tasks(host) if task.outcome in ("failed", "unreachable")), None)

    def list_changed(self, host: str) -> tuple[AnsibleTask, ...]:
        """Return the tasks that changed something."""
        return tuple(task for task in self.list_tasks(host) if task.outcome == "changed")


@dataclass
class _RunState:
    """The events of a run so far."""

    watch: Callable[[AnsibleTask], None] | None
    tasks: list[AnsibleTask] = field(default_factory=list)
    status: str | None = None
    complaint: str = ""
    """The first and the last of what Ansible printed."""

    def record_task_or_end_message(self, message: dict[str, Any]) -> None:
        if message.pop("event") == "end":
            self.status = "failed" if message["failed"] else "successful"
            return
        task = AnsibleTask(**{**message, "name": _strip_role(message["name"], message["role"])})
        self.tasks.append(task)
        if self.watch is not None:
            self.watch(task)

    def append_printed_output_to_complaint(self, output: bytes) -> None:
        whole = self.complaint + output.decode("utf-8", "replace")
        half = _MAX_COMPLAINT // 2
        self.complaint = whole if len(whole) <= _MAX_COMPLAINT else whole[:half] + whole[-half:]


def _strip_role(name: str, role: str) -> str:
    """Return the name of a task without that of its role before it.

    The area or control at its beginning is written as it is in the role.

    Ansible puts the role before it, and its style asks for a capital.
    """
    about, bar, what = name.removeprefix(f"{role} : ").partition(" | ")
    return f"{about[:1].lower()}{about[1:]}{bar}{what}" if bar else about


@contextmanager
def _provide_ssh_and_sudo_passwords(variables: Mapping[str, Any], folder: Path) -> Iterator[None]:
    """Hand out the passwords that there are, each in a folder below."""
    with ExitStack() as stack:
        for name in _PASSWORDS & variables.keys():
            if variables[name] is not None:
                (folder / name).mkdir(0o700)
                stack.enter_context(askpass.provide_password_to_askpass_program(str(variables[name]), folder / name))
        yield


@dataclass(frozen=True)
class PlaybookOrder:
    """A run of a playbook as it is asked for."""

    playbook: Path | str
    """A file, or the name of one of ours."""
    _: KW_ONLY
    inventory: Path | str
    """``THIS_MACHINE`` is this machine, without SSH; as root only when we are."""
    limit: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    check: bool = False
    tags: Sequence[str] = ()
    timeout: float | None = None
    """In seconds, for the whole run."""
    patience: float = COMMAND_SECONDS
    """In seconds, for one command on one host."""
    sockets: Path | None = None
    """Playbooks that share this folder share their SSH connections for a minute."""

    @property
    def file(self) -> Path:
        """Return the playbook's file."""
        return resources.get_playbook(self.playbook) if isinstance(self.playbook, str) else self.playbook


class _AnsibleThread(Thread):
    """Ansible, beside us. ``over`` can be read when it has ended; a run that failed to begin has its error."""

    def __init__(self, order: PlaybookOrder) -> None:
        super().__init__()
        self.status = ""
        self.error: BaseException | None = None
        self._order = order
        self._told_to_end = Event()
        self.begun = Event()
        """It runs, or never will."""
        self._folder = tempfile.TemporaryDirectory(
            prefix="luytre-", dir=runtime_dir.find_temporary_folder_that_runs_programs()
        )
        self.events, self.printed = (
            _make_and_open_named_pipe(Path(self._folder.name, name)) for name in (_EVENTS, _OUTPUT)
        )
        self.over, self._ends = os.pipe()

    def run(self) -> None:
        try:
            from ansible_runner.interface import init_runner  # noqa: PLC0415  in the thread, while this one goes on

            with self._folder as folder, _provide_ssh_and_sudo_passwords(self._order.variables, Path(folder)):
                runner_arguments, environment, memory = _build_runner_arguments(Path(folder), self._order)
                runner = init_runner(**runner_arguments, status_handler=self._note_that_run_has_begun)
                # The runner begins with all that our own process has.
                others = os.environ.keys() - runner_arguments["envvars"].keys()
                runner.config.env = {
                    key: value
                    for key, value in runner.config.env.items()
                    if key not in others or not _DECIDES.fullmatch(key)
                } | environment
                runner.config.pexpect_timeout = _POLL_SECONDS
                with (
                    remote_workers.serve_workers(Path(folder), runner.config.env),
                    prefork_client.run_ansible_playbook_in_fork(
                        runner.config.command[1:],
                        runner.config.env,
                        _OWN,
                        prefork_client.PlayProcess(Path(folder), runner.config.cwd, Path(folder, _OUTPUT), memory),
                    ) as line,
                ):
                    runner.config.command = line.command
                    runner.cancel_callback = lambda: self._told_to_end.is_set() or line.has_lost_fork_server()
                    runner.run()
                    self.status = "failed" if line.has_lost_fork_server() else str(runner.status)
        except BaseException as error:  # whatever it is: it belongs to who asked
            self.error = error
        finally:
            self.begun.set()
            os.close(self._ends)

    def _note_that_run_has_begun(self, status_data: Mapping[str, Any], **_: object) -> None:
        if status_data["status"] == "running":
            self.begun.set()

    def end(self) -> None:
        """Tell Ansible to end, and wait until it has."""
        self._told_to_end.set()
        if self.ident is not None:  # it began
            self.join()

    def close(self) -> None:
        """Hear no more."""
        for pipe in (self.events, self.printed, self.over):
            os.close(pipe)


_EVENTS, _OUTPUT = "events", "printed"
_PIECE = 65_536
_ROOM = 1 << 20
"""Bytes that may wait in a pipe until we listen, as far as the system lets us.

Who waits for room asks hosts for nothing more.
"""


def _make_and_open_named_pipe(path: Path) -> int:
    os.mkfifo(path, 0o600)
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ROOM)
    return pipe


def play(
    order: PlaybookOrder,
    *,
    watch: Callable[[AnsibleTask], None] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> PlaybookRun:
    """Run a playbook of ours against an inventory; ``watch`` sees each task's result as it comes.

    ``meanwhile`` is what there is to do here until hosts answer. It is begun when Ansible runs, for whose start a
    thread would otherwise have to wait its turn again and again; what it raises ends the run, and is raised.

    Never raises for what hosts do; a playbook that could not even start has the status "failed", no tasks, and a
    complaint. Raises KeyboardInterrupt on Ctrl-C and, in the main thread, on SIGTERM, once Ansible has ended here; what
    it started on hosts may go on.
    """
    run_state = _RunState(watch)
    ansible = _AnsibleThread(order)
    with interrupt_on_sigterm():
        try:
            ansible.start()
            if meanwhile is not None:
                ansible.begun.wait()
                if ansible.error is None:
                    meanwhile()
            status = _follow_ansible_until_end(ansible, run_state)
        except BaseException:
            ansible.end()
            raise
        finally:
            ansible.close()
    return PlaybookRun(status, tuple(run_state.tasks), "" if run_state.tasks else run_state.complaint)


def _follow_ansible_until_end(ansible: _AnsibleThread, run_state: _RunState) -> str:
    """Hear all that Ansible has to say; how it went."""
    unpacker = message_framing.MessageUnpacker(8 * bounds.MAX_SAID)
    with selectors.DefaultSelector() as ready:
        for pipe in (ansible.events, ansible.printed, ansible.over):
            ready.register(pipe, selectors.EVENT_READ)
        while True:
            sources = {key.fd for key, _ in ready.select()}
            is_over = ansible.over in sources
            for source in (ansible.printed, ansible.events):
                while is_over or source in sources:
                    piece = _read_available_from_pipe(source)
                    if piece is None:
                        break
                    if not piece:
                        with suppress(KeyError):
                            ready.unregister(source)
                        break
                    if source == ansible.printed:
                        run_state.append_printed_output_to_complaint(piece)
                    else:
                        for message in unpacker.iter_messages(piece):
                            run_state.record_task_or_end_message(message)
                    if not is_over:
                        break
            if run_state.status is not None:
                return run_state.status
            if is_over:
                break
    if ansible.error is not None:
        raise ansible.error
    return CUT_SHORT if run_state.tasks and ansible.status != "timeout" else ansible.status


def _read_available_from_pipe(pipe: int) -> bytes | None:
    """Return what is there by now: nothing when its other end is closed, None when there may be more later."""
    try:
        return os.read(pipe, _PIECE)
    except BlockingIOError:
        return None


def _build_runner_arguments(folder: Path, order: PlaybookOrder) -> tuple[dict[str, Any], dict[str, str], int | None]:
    """Return a run as the runner's arguments, its environment and the bytes that Ansible may take.

    The environment holds what the run must not take from this process's own.

    Its files are laid out in ``folder``.
    """
    local = order.inventory == THIS_MACHINE
    where = folder / "hosts.yml" if local else Path(order.inventory)
    if local:
        where.write_text(json.dumps({"all": {"hosts": {THIS_MACHINE: None}}}), "utf-8")
    own = {"ansible_connection": "local", "ansible_become": os.geteuid() == 0} if local else {}
    for_ssh, for_sudo = (
        folder / key if order.variables.get(key) is not None else None for key in (_FOR_SSH, _FOR_SUDO)
    )
    variables_file = folder / "variables.json"
    extra_variables = {key: value for key, value in order.variables.items() if key not in _PASSWORDS}
    variables_file.write_text(json.dumps({**extra_variables, **own}, ensure_ascii=False), "utf-8")
    arguments = ["--extra-vars", f"@{variables_file}"]
    arguments += ["--become-password-file", str(askpass.get_askpass_program_path(for_sudo))] if for_sudo else []
    arguments += ["--limit", ",".join(order.limit)] if order.limit else []
    arguments += ["--tags", ",".join(order.tags)] if order.tags else []
    arguments += ["--check", "--diff"] if order.check else []
    environment = _build_environment(folder, order.sockets, asks=for_ssh)
    patience = min(order.patience, _MOST * order.timeout) if order.timeout else order.patience
    environment |= {"ANSIBLE_SSH_EXECUTABLE": str(remote_workers.write_ssh_wrapper(folder, patience))}
    reach = {} if local else reaching.load_reach(where)
    key_files = [reach[name].key_file for name in (order.limit or reach) if not local]
    runners = {
        "private_data_dir": str(folder),
        "playbook": str(order.file),
        "inventory": str(where.absolute()),
        "cmdline": " ".join(arguments),
        "envvars": ssh_options.select_environment_with_needed_agent(environment, key_files),
        "timeout": order.timeout,
        "quiet": True,
        "suppress_env_files": True,
    }
    cache_folder = made.find_payload_cache_folder() if order.file.parent == resources.get_playbook("") else None
    ours = {
        "ANSIBLE_STDOUT_CALLBACK": "luytre",
        "ANSIBLE_CALLBACK_PLUGINS": str(_IN_ANSIBLE / "callback"),
        EVENTS: str(folder / _EVENTS),
        **({payloads.CACHE_VARIABLE: str(cache_folder)} if cache_folder else {}),
    }
    return runners, ours, None if local else MAX_MEMORY


@contextmanager
def interrupt_on_sigterm() -> Iterator[None]:
    """Have SIGTERM interrupt as Ctrl-C does, so that what goes on is ended in order.

    Works in the main thread, where signals go.
    """
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


def _build_environment(folder: Path, sockets: Path | None, *, asks: Path | None) -> dict[str, str]:
    """Return the environment of a run; ``asks``: the folder by way of which SSH gets a password."""
    inherited_variables = {
        key: os.environ[key] for key in ("HOME", ssh_options.AGENT, "LANG", "USER", "LOGNAME") if key in os.environ
    }
    password = vault.get_vault_password_file()
    return {
        **inherited_variables,
        **(askpass.build_askpass_environment(asks) if asks else {}),
        **({vault.PASSWORD_FILE: str(password)} if password else {}),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "ANSIBLE_CONFIG": str(_IN_ANSIBLE / "ansible.cfg"),
        "ANSIBLE_ROLES_PATH": ":".join(map(str, resources.list_role_folders())),
        "ANSIBLE_HOME": f"{folder}/.ansible",
        "ANSIBLE_LOCAL_TEMP": f"{folder}/local",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets or f"{folder}/cp"),
        "ANSIBLE_SSH_ARGS": f"-o ControlMaster=auto -o ControlPersist={60 if sockets else 15}s "
        f"{' '.join(ssh_options.build_ssh_option_arguments(askpass.OPTIONS if asks else {'BatchMode': 'yes'}))} -o "
        f"ConnectTimeout={ANSWER_SECONDS} -o ServerAliveInterval={ALIVE_SECONDS} -o ServerAliveCountMax=3",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_INVENTORY_IGNORE_REGEX": variables.NOT_READ,
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        "ANSIBLE_FORKS": "16",
        "ANSIBLE_TIMEOUT": str(ANSWER_SECONDS),
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
        "ANSIBLE_NOCOLOR": "True",
    }
