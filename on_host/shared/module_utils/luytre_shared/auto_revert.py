"""What could shut out whoever asks for it.

Undone by a unit of the host's own unless it is confirmed, also over a reboot.

The unit is there and runs before anything is changed, and is gone when nothing is on trial. A trial counts from the
host's start, so that no clock that is set ends it late, and is over with that start.
"""

import contextlib
import os
import socket
import time

from ansible.module_utils.luytre_shared import action_runner, systemd_units

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


class Trials:
    """The actions of one means.

    ``undo`` is given the record of one, and may be called again when it did not come to its end; it may return why
    something of it stays. ``seen`` is given the name of one that is contained, and answers how it is now. Either raises
    Refused."""

    def __init__(self, home, unit, undo, get_state):
        self.record, self.unit, self.undo, self.seen = action_runner.ActionRecord(home), unit, undo, get_state
        self.program = os.path.join(home, "undo.zip")

    def units(self):
        """Return what undoes them."""
        text = UNIT_TEXT.format(home=self.record.home, program=self.program, python=systemd_units.PYTHON)
        return systemd_units.Units({self.unit: text}, (("multi-user.target", self.unit),))

    def begin(self, name, record, loader):
        """Have an action on trial; what it changes may be changed from now on. Raises Refused."""
        self.record.keep(name, dict(record, confirmed=False, trial=read_uptime() + TRIAL_SECONDS))
        action_runner.write(self.program, action_runner.read_own_archive(loader))
        self.units().lay(self.unit, "restart")  # one that is about to end would be taken for running

    def confirm_action(self, name):
        """Have an action last. Whether it is on trial still, or lasts already."""
        record = self.record.all().get(name)
        if record is None or is_over(record):
            return False
        self.record.keep(name, dict(record, confirmed=True))
        self.remove_idle_unit()
        return True

    def end(self, name):
        """Undo an action. Return why something of it stays, "" where nothing does. Raises what ``undo`` raises."""
        record, why = self.record.all().get(name), ""
        if record is not None:
            why = self.undo(record) or ""
            self.record.forget(name)
        self.remove_idle_unit()
        return why

    def confirm(self, request, _connection):
        """Let it last until it is released. Raises Refused."""
        with self.record.hold_lock():
            if not self.confirm_action(request["id"]):
                self.end(request["id"])
                return {"state": "none"}
            return self.seen(request["id"])

    def release(self, request, _connection):
        """Have it as it was. Raises Refused."""
        with self.record.hold_lock():
            if action_runner.is_of_another(self.record.all().get(request["id"]), request):
                return action_runner.NONE_KEPT
            why = self.end(request["id"])
            return {"state": "none", "why": why} if why else {"state": "none"}

    def look(self, request, _connection):
        """Return what there is of it. Raises Refused."""
        return self.seen(request["id"]) if request["id"] in self.record.all() else {"state": "none"}

    def main(self, arguments, plan, contain):
        """Answer what is asked; without a question, undo what is not confirmed."""
        if arguments:
            own = {"confirm": self.confirm, "release": self.release, "look": self.look}
            action_runner.answer_question({"plan": plan, "contain": contain, **own}, arguments)
        else:
            self.watch()

    def remove_idle_unit(self):
        """Have no unit when nothing is on trial."""
        if all(record["confirmed"] for record in self.record.all().values()):
            self.units().take_away(self.unit)
            self._forget_program()

    def steps(self):
        """Return what ``begin`` and ``confirm_action`` do beside what is changed, each as a command, or as what it does
        and with what.
        """
        return [["write", self.record.path], ["write", self.program], *self.units().steps(self.unit, "restart")]

    def last_steps(self):
        """Return likewise those of ``confirm_action``."""
        return [["write", self.record.path], *self.units().last_steps(self.unit), ["remove", self.program]]

    def watch(self):
        """Undo what is not confirmed when its time is over, until nothing is on trial.

        So the unit runs this, and starts it again when it raises Refused.
        """
        notify_ready()  # whoever began a trial waits for this, and holds the record
        while True:
            refusals = []
            for name in [name for name, record in self.record.all().items() if is_over(record)]:
                try:
                    self._undo_late(name)
                except action_runner.ActionRefusal as refusal:  # who keeps one from being undone keeps no other from it
                    refusals.append(refusal)
            if refusals:
                raise refusals[0]  # it is tried again
            if all(record["confirmed"] for record in self.record.all().values()):
                with self.record.hold_lock():
                    if all(record["confirmed"] for record in self.record.all().values()):
                        self.units().take_away()
                        self._forget_program()
                        return
            time.sleep(1)

    def _undo_late(self, name):
        """Undo an action whose time is over; nothing of one that is gone or was confirmed meanwhile. Raises Refused."""
        with self.record.hold_lock():
            record = self.record.all().get(name)
            if record is not None and is_over(record):
                self.undo(record)
                self.record.forget(name)

    def _forget_program(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.program)


def read_uptime():
    """Return seconds since the host's start, also those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_over(record):
    """Return whether an action is to be undone: its time is over, or the host has started anew since."""
    return not record["confirmed"] and not 0 < record["trial"] - read_uptime() <= TRIAL_SECONDS


def notify_ready():
    """Tell systemd that the unit is at work."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.sendto(b"READY=1", "\0" + place[1:] if place.startswith("@") else place)
