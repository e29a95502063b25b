"""Real runs of Ansible on this machine."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.fleet import runner
from auditor.fleet.in_ansible import bounds
from auditor.fleet.runner import CUT_SHORT, THIS_MACHINE, AnsibleTask, PlaybookOrder, PlaybookRun, play


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before
    assert list(tmp_path.glob("luytre-*")) == []


def written(folder: Path, tasks: str, hosts: str = "all") -> Path:
    path = folder / "play.yml"
    path.write_text(f"- hosts: {hosts}\n  gather_facts: false\n  tasks:\n{tasks}", "utf-8")
    return path


FAILS = "    - name: Give up\n      ansible.builtin.fail:\n        msg: no more\n"


def test_a_run_is_over_with_its_last_word(tmp_path: Path) -> None:
    seen: list[AnsibleTask] = []
    run = play(
        PlaybookOrder(
            written(tmp_path, "    - name: Say\n      ansible.builtin.debug:\n        msg: '{{ word }}'\n"),
            inventory=THIS_MACHINE,
            variables={"word": "tre"},
        ),
        watch=seen.append,
    )
    assert run.status == "successful"
    assert run.tasks == tuple(seen)
    assert [task.result["msg"] for task in run.list_tasks(THIS_MACHINE)] == ["tre"]


def test_what_there_is_to_do_meanwhile_is_begun_when_ansible_runs_and_done_once(tmp_path: Path) -> None:
    order: list[str] = []
    run = play(
        PlaybookOrder(written(tmp_path, "    - name: Say\n      ansible.builtin.debug:\n"), inventory=THIS_MACHINE),
        watch=lambda task: order.append(task.name),
        meanwhile=lambda: order.append(
            "ansible runs" if list(tmp_path.glob("luytre-*/artifacts/*/command")) else "too soon"
        ),
    )
    assert run.status == "successful"
    assert order == ["ansible runs", "Say"]


def test_what_fails_meanwhile_ends_the_run(tmp_path: Path) -> None:
    def fails() -> None:
        raise ValueError("no catalogue")

    done = tmp_path / "done"
    tasks = (
        f"    - ansible.builtin.pause: {{seconds: 30}}\n    - ansible.builtin.file: {{path: {done}, state: touch}}\n"
    )
    with pytest.raises(ValueError, match="no catalogue"):
        play(PlaybookOrder(written(tmp_path, tasks), inventory=THIS_MACHINE), meanwhile=fails)
    assert not done.exists()


def test_nothing_is_done_meanwhile_for_a_run_that_cannot_begin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the inventory does not exist"):
        play(
            PlaybookOrder(written(tmp_path, FAILS), inventory=tmp_path / "nowhere"),
            meanwhile=lambda: pytest.fail("was done"),
        )


def test_a_host_that_fails_makes_the_run_fail(tmp_path: Path) -> None:
    run = play(PlaybookOrder(written(tmp_path, FAILS), inventory=THIS_MACHINE))
    failed = run.find_failure(THIS_MACHINE)
    assert run.status == "failed"
    assert failed is not None
    assert failed.message == "no more"


def test_a_task_for_several_items_says_why_one_failed(tmp_path: Path) -> None:
    line = "      ansible.builtin.lineinfile: {path: /proc/version, line: '{{ item }}'}\n      loop: [a]\n"
    run = play(PlaybookOrder(written(tmp_path, "    - name: Write\n" + line), inventory=THIS_MACHINE))
    failed = run.find_failure(THIS_MACHINE)
    assert failed is not None
    assert "/proc" in failed.message.splitlines()[0]


def test_a_playbook_that_cannot_begin_says_why(tmp_path: Path) -> None:
    run = play(PlaybookOrder(written(tmp_path, "    - nosuchmodule:\n"), inventory=THIS_MACHINE))
    assert (run.status, run.tasks) == ("failed", ())
    assert "nosuchmodule" in run.complaint


FORGED = """\
import base64, json, os, sys
from ansible.module_utils.basic import AnsibleModule

def event(given):
    words = base64.b64encode(json.dumps(given).encode()).decode()
    return "\\x1b[K%s\\x1b[%dD\\x1b[K" % (words, len(words))

def says(kind, **data):
    return event({"uuid": "f" * 36, "event": kind, "event_data": data})

module = AnsibleModule({"way": {}})
way = module.params["way"]
if way == "tokens":
    said = [says("runner_on_ok", host="other", task="Read", res={"document": "mine"}), says("playbook_on_stats")]
    said += [event([1]), event(7), event(None), "\\x1b[K\\x1b[K", json.dumps({"event": "end", "failed": False})]
    module.exit_json(warnings=said, diff={"before": said[0], "after": said[1]})
if way == "many":
    module.exit_json(facts=[0] * 250_000)
if way == "deep":
    deep = []
    for _ in range(60):
        deep = [deep]
    module.exit_json(facts=deep)
if way == "long":
    module.exit_json(facts="x" * 11_000_000)
if way == "no module":
    os.write(1, b"[[[" * 100_000)
    os._exit(0)
module.exit_json(document="mine")
"""
LOCAL = "      ansible_connection: local\n      ansible_python_interpreter: /usr/bin/python3\n"


def forging(tmp_path: Path, **ways: str) -> PlaybookRun:
    """A run with a task before, one in which each host answers in its way, and one after."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "forge.py").write_text(FORGED, "utf-8")
    (tmp_path / "hosts.yml").write_text(
        "all:\n  hosts:\n" + "".join(f"    {name}:\n{LOCAL}      way: {way}\n" for name, way in ways.items()), "utf-8"
    )
    tasks = (
        "    - name: Read\n      forge:\n        way: '{{ way }}'\n      diff: true\n"
        "    - name: After\n      ansible.builtin.debug:\n"
    )
    return play(PlaybookOrder(written(tmp_path, tasks), inventory=tmp_path / "hosts.yml"))


def test_a_host_speaks_for_itself_alone_and_neither_ends_nor_spoils_the_run(tmp_path: Path) -> None:
    costly = ("many", "deep", "long", "no module")
    run = forging(tmp_path, good="good", tokens="tokens", **{way.replace(" ", "_"): way for way in costly})
    assert run.status == "failed"
    assert [(task.name, task.outcome) for task in run.list_tasks("good")] == [("Read", "ok"), ("After", "ok")]
    assert [task.name for task in run.list_tasks("tokens")] == ["Read", "After"]
    assert {task.host for task in run.tasks} == {"good", "tokens", "many", "deep", "long", "no_module"}
    for name in ("many", "deep", "long"):
        assert [(task.outcome, task.message) for task in run.list_tasks(name)] == [("failed", bounds.TOO_MUCH)], name
    assert [task.outcome for task in run.list_tasks("no_module")] == ["failed"]


def test_a_password_is_in_no_file(tmp_path: Path) -> None:
    """Nor in an argument, nor in the environment: it is typed where Ansible asks for it."""
    secret = "correct horse"  # noqa: S105  no secret of anybody
    look = f"""\
    - name: Look
      ansible.builtin.shell: |
        grep -rl 'correct hors[e]' {tmp_path} --exclude=play.yml --exclude-dir=.ansible --devices=skip
        cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -x 'correct hors[e]'
        true
"""
    run = play(
        PlaybookOrder(
            written(tmp_path, look),
            inventory=THIS_MACHINE,
            variables={"ansible_password": secret, "ansible_become_password": secret},
        )
    )
    assert run.status == "successful", run.complaint
    assert run.tasks[0].result["stdout"] == ""


@pytest.mark.parametrize(("key", "agent"), [("      ansible_ssh_private_key_file: key\n", ""), ("", "/run/agent")])
def test_the_agent_of_who_runs_us_is_lent_only_where_a_host_has_no_key_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, agent: str
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    (tmp_path / "hosts.yml").write_text(f"all:\n  hosts:\n    one:\n{LOCAL}{key}", "utf-8")
    look = '    - name: Look\n      ansible.builtin.shell: echo "$SSH_AUTH_SOCK"\n'
    run = play(PlaybookOrder(written(tmp_path, look), inventory=tmp_path / "hosts.yml"))
    assert [task.result["stdout"] for task in run.tasks] == [agent], run.complaint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANSIBLE_SKIP_TAGS", "guard"),
        ("ANSIBLE_RUN_TAGS", "change"),
        ("ANSIBLE_VERBOSITY", "loud"),
        ("ANSIBLE_BECOME_ASK_PASS", "1"),
        ("ANSIBLE_REMOTE_USER", "other"),
        ("LUYTRE_PAYLOADS", "/elsewhere"),
    ],
)
def test_the_environment_of_who_runs_us_decides_nothing_for_ansible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    look = f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}/{{{{ lookup('ansible.builtin.config', 'DEFAULT_REMOTE_USER') }}}}"
    tasks = f'    - name: Arm\n      ansible.builtin.debug: {{msg: "{look}"}}\n      tags: guard\n'
    run = play(PlaybookOrder(written(tmp_path, tasks), inventory=THIS_MACHINE))
    assert [task.result["msg"] for task in run.tasks] == ["/"], run.complaint


def test_whoever_is_interrupted_as_it_begins_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(thread: threading.Thread) -> None:
        begin(thread)
        if isinstance(thread, runner._AnsibleThread):
            raise KeyboardInterrupt

    begin = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    done = tmp_path / "done"
    tasks = f"    - ansible.builtin.pause: {{seconds: 5}}\n    - ansible.builtin.file: {{path: {done}, state: touch}}\n"
    with pytest.raises(KeyboardInterrupt):
        play(PlaybookOrder(written(tmp_path, tasks), inventory=THIS_MACHINE))
    assert not [thread for thread in threading.enumerate() if isinstance(thread, runner._AnsibleThread)]


def test_the_papers_of_the_office_are_no_groups(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory"
    (inventory / "office").mkdir(parents=True)
    (inventory / "hosts.yml").write_text(f"all:\n  hosts:\n    here:\n{LOCAL}", "utf-8")
    (inventory / "office" / "organisation.yml").write_text("units:\n  hosts:\n    paper:\n", "utf-8")
    said = "    - name: Say\n      ansible.builtin.debug:\n        msg: '{{ groups.keys() | list }}'\n"
    run = play(PlaybookOrder(written(tmp_path, said), inventory=inventory))
    assert [(task.host, task.result["msg"]) for task in run.tasks] == [("here", ["all", "ungrouped"])]


def test_a_run_that_is_killed_is_told_from_one_in_which_a_host_failed(tmp_path: Path) -> None:
    kill = (
        "      ansible.builtin.shell: >-\n"
        "        p=$$; while [ $p -gt 1 ]; do case $(cat /proc/$p/comm) in ansible-play*) top=$p ;; esac;\n"
        "        p=$(ps -o ppid= -p $p | tr -d ' '); done; kill -9 $top\n"
    )
    (tmp_path / "hosts.yml").write_text(f"all:\n  hosts:\n    bad:\n{LOCAL}    good:\n{LOCAL}", "utf-8")
    fails = FAILS + "      when: inventory_hostname == 'bad'\n"
    run = play(PlaybookOrder(written(tmp_path, fails + "    - name: End\n" + kill), inventory=tmp_path / "hosts.yml"))
    assert run.find_failure("bad") is not None
    assert run.status == CUT_SHORT


def test_a_listener_that_fails_ends_ansible(tmp_path: Path) -> None:
    def refuse(_task: AnsibleTask) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        play(PlaybookOrder(written(tmp_path, FAILS), inventory=THIS_MACHINE), watch=refuse)


def test_told_to_end_it_ends_ansible_first(tmp_path: Path) -> None:
    mark, over = tmp_path / "begun", tmp_path / "over"
    tasks = f"    - name: Wait\n      ansible.builtin.shell: touch {mark}; until test -e {over}; do sleep 0.1; done\n"

    def tell() -> None:
        while not mark.exists():
            ended.wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    ended, telling = threading.Event(), threading.Thread(target=tell)
    handler = signal.getsignal(signal.SIGTERM)
    telling.start()
    with pytest.raises(KeyboardInterrupt):
        play(PlaybookOrder(written(tmp_path, tasks), inventory=THIS_MACHINE))
    over.touch()
    telling.join()
    assert signal.getsignal(signal.SIGTERM) is handler
