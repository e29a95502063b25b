"""Folders of root's alone in which programs that contain keep what they took away, an action a folder, until it goes
back.
"""

import contextlib
import json
import os
import re
import shutil

from ansible.module_utils.luytre_shared import action_runner
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
"""Of an action."""
RECORD = "record.json"


class QuarantineStore:
    """The quarantine of one means.

    Its methods raise Refused for a name that no action has.
    """

    def __init__(self, home):
        self.home = home

    def hold_lock(self):
        """Hold the lock, so that nobody else is at work in it.

        It is gone when nothing is kept there afterwards. Raises Refused.
        """
        return action_runner.ActionRecord(self.home).hold_lock()

    def folder(self, name):
        """Return the folder of one action."""
        if not NAME.match(name):
            raise ActionRefusal("not_ours", name)
        return os.path.join(self.home, name.replace("/", "_"))

    def device(self):
        """Return the device of the file system that the folder is on, or would be."""
        there = self.home
        while not os.path.lexists(there):
            there = os.path.dirname(there)
        return os.stat(there).st_dev

    def record(self, name):
        """Return what is on record of it, or None."""
        try:
            with open(os.path.join(self.folder(name), RECORD), "rb") as file:
                return json.loads(file.read().decode("ascii"))
        except FileNotFoundError:
            return None

    def find_before_start(self, request):
        """Return what is on record of the action that is to be begun, or None.

        Raises Refused where its number is taken.
        """
        record = self.record(request["id"])
        if record is not None:
            action_runner.refuse_taken(record, request, [name.replace("_", "/") for name in os.listdir(self.home)])
        return record

    def find(self, request):
        """Return what is on record of an action, or None, also where its number is of another one."""
        record = self.record(request["id"])
        return None if action_runner.is_of_another(record, request) else record

    def has(self, name, item):
        """Return whether the thing of that name is kept of it."""
        return os.path.lexists(os.path.join(self.folder(name), item))

    def keep(self, name, record):
        """Have this on record, whole or not at all."""
        os.makedirs(self.folder(name), 0o700, exist_ok=True)
        try:
            action_runner.write(
                os.path.join(self.folder(name), RECORD), json.dumps(record, sort_keys=True).encode("ascii")
            )
        except BaseException:
            with contextlib.suppress(OSError):  # it holds what an earlier record is of
                os.rmdir(self.folder(name))
            raise

    def forget(self, name):
        """Have nothing of it."""
        shutil.rmtree(self.folder(name))
