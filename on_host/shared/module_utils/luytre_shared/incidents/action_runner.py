"""What programs that contain something on a host have in common: how they refuse, keep a record, run others
and answer.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess

from ansible.module_utils.luytre_shared.files import atomic_file, ownership
from ansible.module_utils.luytre_shared.os.program import run_program_to_end

SECONDS = 25
"""For one question."""
MAX_REASON = 200
MAX_SHOWN = 20
NONE_KEPT = {"state": "none", "why": "none_kept"}
"""What is said to a release of what is not on record: nothing was done, and nothing was looked at."""


class ActionRefusal(Exception):
    """Nothing was done. The first argument is the reason's name, the second what it is about."""


def run_program(argv, input_text="", seconds=SECONDS):
    """Return what a program of root's said; None when it is not there, or did not end well or in time."""
    try:
        if ownership.find_untrusted_changer_of_file(os.stat(argv[0])) is not None:
            return None
        process = run_program_to_end(argv, seconds, input_text.encode("ascii"))
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout.decode("utf-8", "replace") if process.returncode == 0 else None


def is_record_of_another_action(record, request):
    """Return whether what is kept by the number of the action that is asked for is of another one.

    A case log that was restored from a backup gives numbers out again by which a host keeps something since.
    """
    return record is not None and record.get("what", request["what"]) != request["what"]


def refuse_id_taken_by_another_action(record, request, recorded_ids):
    """Raise ActionRefusal where another action has the id.

    The refusal names the highest of the numbers that ``recorded_ids`` have of the same incident.
    """
    if is_record_of_another_action(record, request):
        incident = request["id"].rpartition("/")[0]
        numbers = [name.rpartition("/")[2] for name in recorded_ids if name.rpartition("/")[0] == incident]
        raise ActionRefusal("number_taken", str(max(int(number) for number in numbers if number.isdigit())))


class ActionRecord:
    """The record of the actions of one means.

    It is a folder of root's alone, which is gone when there is none.
    """

    def __init__(self, home):
        self.home = home
        self.path = os.path.join(home, "actions.json")

    @contextlib.contextmanager
    def hold_lock(self):
        """Hold the lock, so that nobody else is at work in it. Raises ActionRefusal."""
        lock = self._open_and_acquire_lock()
        try:
            yield
        finally:
            if os.listdir(self.home) == ["lock"]:
                shutil.rmtree(self.home)
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.dirname(self.home))
            os.close(lock)

    def _open_and_acquire_lock(self):
        while True:
            with contextlib.suppress(FileNotFoundError):  # whoever held it meanwhile has left nothing
                os.makedirs(self.home, 0o700, exist_ok=True)
                status = os.lstat(self.home)
                if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                    raise ActionRefusal("not_ours", self.home)
                os.chmod(self.home, 0o700)
                lock = os.open(os.path.join(self.home, "lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                if os.fstat(lock).st_nlink:
                    return lock
                os.close(lock)

    def read_all_records_by_action_id(self):
        """Return every action's record, by its name."""
        try:
            with open(self.path, "rb") as file:
                return json.loads(file.read().decode("ascii"))
        except FileNotFoundError:
            return {}

    def find_record_before_action_starts(self, request):
        """Return what is on record of the action that is to be begun, or None.

        Raises ActionRefusal where its number is taken.
        """
        records = self.read_all_records_by_action_id()
        refuse_id_taken_by_another_action(records.get(request["id"]), request, records)
        return records.get(request["id"])

    def find_record_of_requested_action(self, request):
        """Return what is on record of an action, or None, also where its number is of another one."""
        record = self.read_all_records_by_action_id().get(request["id"])
        return None if is_record_of_another_action(record, request) else record

    def save_record_of_action(self, action_id, record):
        """Have this on record of an action."""
        self.replace_all_records(dict(self.read_all_records_by_action_id(), **{action_id: record}))

    def delete_record_of_action(self, action_id):
        """Have nothing on record of it."""
        self.replace_all_records(
            {key: record for key, record in self.read_all_records_by_action_id().items() if key != action_id}
        )

    def replace_all_records(self, records):
        """Have these records on disk, and no others."""
        if records:
            atomic_file.write_file_atomically(self.path, json.dumps(records, sort_keys=True).encode("ascii"))
        else:
            self.delete_all_records()

    def delete_all_records(self):
        """Have nothing in the folder."""
        for name in set(os.listdir(self.home)) - {"lock"}:
            os.unlink(os.path.join(self.home, name))


def read_own_archive(loader):
    """Return the program with all that it imports, as it was sent: what Python runs when it is told its path."""
    with open(loader.archive, "rb") as file:
        return file.read()


def raise_refusal_when_time_is_over(_number, _frame):
    raise ActionRefusal("late", "")


def run_in_time(act, seconds=SECONDS):
    """Return what it comes to. Raises ActionRefusal when that takes longer."""
    signal.signal(signal.SIGALRM, raise_refusal_when_time_is_over)
    signal.alarm(seconds)
    try:
        return act()
    finally:
        signal.alarm(0)


def answer_question(actions, arguments, seconds=SECONDS):
    """Answer a question: ``arguments`` are the words of SSH_CONNECTION and the question as JSON, each action
    ``(question, connection)``.

    As daemons stand: where /proc/self/cwd is on the way, what a link leads to is what they find.
    """
    os.chdir("/")
    print(
        json.dumps(
            run_in_time(
                lambda: run_action_and_turn_errors_into_answer(actions, json.loads(arguments[1]), arguments[0].split()),
                seconds,
            )
        )
    )


def run_action_and_turn_errors_into_answer(actions, question, connection):
    """Return what is said to a question, whatever goes wrong."""
    try:
        return actions[question["do"]](question, connection)
    except ActionRefusal as refusal:
        return {"state": "refused", "why": refusal.args[0], "about": str(refusal.args[1])[:MAX_REASON]}
    except BlockingIOError:
        return {"state": "refused", "why": "leased", "about": ""}
    except Exception as error:
        return {"state": "refused", "why": "fault", "about": ("%s: %s" % (type(error).__name__, error))[:MAX_REASON]}
