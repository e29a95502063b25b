"""What could shut out whoever asks for it.

Undone by a unit of the host's own unless it is confirmed, also over a reboot.

The unit is there and runs before anything is changed, and is gone when nothing is on trial. A trial counts from the
host's start, so that no clock that is set ends it late, and is over with that start.
"""

import contextlib
import os
import socket
import time

from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units

TRIAL_SECONDS = 60
"""Seconds: more than the answer to one question takes (``action_runner.SECONDS``)."""
UNIT_TEXT = """\
[Unit]
Description=Lũy Tre: what is contained and not confirmed is undone
RequiresMountsFor={home}
ConditionPathExists={program}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={python} -I -B {program}
Restart=on-failure
RestartSec=5
"""


class ContainmentTrials:
    """The actions of one means.

    ``undo`` is given the record of one, and may be called again when it did not come to its end; it may return why
    something of it stays. ``seen`` is given the name of one that is contained, and answers how it is now. Either raises
    ActionRefusal."""

    def __init__(self, home, unit, undo, get_state):
        self.record, self.unit, self.undo, self.seen = action_runner.ActionRecord(home), unit, undo, get_state
        self.program = os.path.join(home, "undo.zip")

    def build_systemd_units_that_undo_trials(self):
        """Return what undoes them."""
        text = UNIT_TEXT.format(home=self.record.home, program=self.program, python=systemd_units.PYTHON)
        return systemd_units.SystemdUnitSet({self.unit: text}, (("multi-user.target", self.unit),))

    def record_trial_and_start_undo_unit(self, action_id, record, loader):
        """Have an action on trial; what it changes may be changed from now on. Raises ActionRefusal."""
        self.record.save_record_of_action(action_id, dict(record, confirmed=False, trial=read_uptime() + TRIAL_SECONDS))
        atomic_file.write_file_atomically(self.program, action_runner.read_own_archive(loader))
        self.build_systemd_units_that_undo_trials().install_all_units_and_start_one(
            self.unit, "restart"
        )  # one that is about to end would be taken for running

    def make_action_last_if_on_trial(self, name):
        """Have an action last; return whether it is on trial still, or lasts already."""
        record = self.record.read_all_records_by_action_id().get(name)
        if record is None or is_trial_of_action_over(record):
            return False
        self.record.save_record_of_action(name, dict(record, confirmed=True))
        self.remove_undo_unit_if_no_trial_is_left()
        return True

    def undo_action_and_delete_its_record(self, action_id):
        """Undo an action. Return why something of it stays, "" where nothing does. Raises what ``undo`` raises."""
        record, why = self.record.read_all_records_by_action_id().get(action_id), ""
        if record is not None:
            why = self.undo(record) or ""
            self.record.delete_record_of_action(action_id)
        self.remove_undo_unit_if_no_trial_is_left()
        return why

    def confirm_requested_action(self, request, _connection):
        """Let the action last until it is released. Raises ActionRefusal."""
        with self.record.hold_lock():
            if not self.make_action_last_if_on_trial(request["id"]):
                self.undo_action_and_delete_its_record(request["id"])
                return {"state": "none"}
            return self.seen(request["id"])

    def release_requested_action(self, request, _connection):
        """Undo the action. Raises ActionRefusal."""
        with self.record.hold_lock():
            if action_runner.is_record_of_another_action(
                self.record.read_all_records_by_action_id().get(request["id"]), request
            ):
                return action_runner.NONE_KEPT
            why = self.undo_action_and_delete_its_record(request["id"])
            return {"state": "none", "why": why} if why else {"state": "none"}

    def report_state_of_requested_action(self, request, _connection):
        """Return what there is of the action. Raises ActionRefusal."""
        return (
            self.seen(request["id"])
            if request["id"] in self.record.read_all_records_by_action_id()
            else {"state": "none"}
        )

    def answer_question_or_watch_trials(self, arguments, plan, contain):
        """Answer what is asked; without a question, undo what is not confirmed."""
        if arguments:
            own = {
                "confirm": self.confirm_requested_action,
                "release": self.release_requested_action,
                "look": self.report_state_of_requested_action,
            }
            action_runner.answer_question({"plan": plan, "contain": contain, **own}, arguments)
        else:
            self.undo_unconfirmed_actions_in_time()

    def remove_undo_unit_if_no_trial_is_left(self):
        """Have no unit when nothing is on trial."""
        if all(record["confirmed"] for record in self.record.read_all_records_by_action_id().values()):
            self.build_systemd_units_that_undo_trials().remove_all_units_and_stop_one(self.unit)
            self._delete_kept_program()

    def list_planned_steps_of_trial_start(self):
        """Return what ``record_trial_and_start_undo_unit`` does beside what is changed.

        Each step is a command, or what it does and with what.
        """
        return [
            ["write", self.record.path],
            ["write", self.program],
            *self.build_systemd_units_that_undo_trials().list_planned_steps_of_installation(self.unit, "restart"),
        ]

    def list_planned_steps_of_confirmation(self):
        """Return the steps of ``make_action_last_if_on_trial``: each a command, or what it does and with what."""
        return [
            ["write", self.record.path],
            *self.build_systemd_units_that_undo_trials().list_planned_steps_of_removal(self.unit),
            ["remove", self.program],
        ]

    def undo_unconfirmed_actions_in_time(self):
        """Undo what is not confirmed when its time is over, until nothing is on trial.

        So the unit runs this, and starts it again when it raises ActionRefusal.
        """
        notify_systemd_that_unit_is_ready()  # whoever began a trial waits for this, and holds the record
        while True:
            refusals = []
            for name in [
                name
                for name, record in self.record.read_all_records_by_action_id().items()
                if is_trial_of_action_over(record)
            ]:
                try:
                    self._undo_action_if_trial_is_over(name)
                except action_runner.ActionRefusal as refusal:  # who keeps one from being undone keeps no other from it
                    refusals.append(refusal)
            if refusals:
                raise refusals[0]  # it is tried again
            if all(record["confirmed"] for record in self.record.read_all_records_by_action_id().values()):
                with self.record.hold_lock():
                    if all(record["confirmed"] for record in self.record.read_all_records_by_action_id().values()):
                        self.build_systemd_units_that_undo_trials().remove_all_units_and_stop_one()
                        self._delete_kept_program()
                        return
            time.sleep(1)

    def _undo_action_if_trial_is_over(self, name):
        """Undo an action whose time is over; nothing of one that is gone or was confirmed meanwhile.

        Raises ActionRefusal.
        """
        with self.record.hold_lock():
            record = self.record.read_all_records_by_action_id().get(name)
            if record is not None and is_trial_of_action_over(record):
                self.undo(record)
                self.record.delete_record_of_action(name)

    def _delete_kept_program(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.program)


def read_uptime():
    """Return seconds since the host's start, also those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_trial_of_action_over(record):
    """Return whether an action is to be undone: its time is over, or the host has started anew since."""
    return not record["confirmed"] and not 0 < record["trial"] - read_uptime() <= TRIAL_SECONDS


def notify_systemd_that_unit_is_ready():
    """Tell systemd that the unit is at work."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.sendto(b"READY=1", "\0" + place[1:] if place.startswith("@") else place)
