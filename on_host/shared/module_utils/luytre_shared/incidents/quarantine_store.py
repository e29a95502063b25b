"""Folders of root's alone in which programs that contain keep what they took away, an action a folder, until it goes
back.
"""

import contextlib
import json
import os
import re
import shutil

from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
"""Of an action."""
RECORD = "record.json"


class QuarantineStore:
    """The quarantine of one means.

    Its methods raise ActionRefusal for a name that no action has.
    """

    def __init__(self, home):
        self.home = home

    def hold_lock(self):
        """Hold the lock, so that nobody else is at work in it.

        It is gone when nothing is kept there afterwards. Raises ActionRefusal.
        """
        return action_runner.ActionRecord(self.home).hold_lock()

    def get_folder_of_action(self, action_id):
        """Return the folder of one action."""
        if not NAME.match(action_id):
            raise ActionRefusal("not_ours", action_id)
        return os.path.join(self.home, action_id.replace("/", "_"))

    def get_device_of_store(self):
        """Return the device of the file system that the folder is on, or would be."""
        there = self.home
        while not os.path.lexists(there):
            there = os.path.dirname(there)
        return os.stat(there).st_dev

    def read_record_of_action(self, action_id):
        """Return what is on record of it, or None."""
        try:
            with open(os.path.join(self.get_folder_of_action(action_id), RECORD), "rb") as file:
                return json.loads(file.read().decode("ascii"))
        except FileNotFoundError:
            return None

    def find_record_before_action_starts(self, request):
        """Return what is on record of the action that is to be begun, or None.

        Raises ActionRefusal where its number is taken.
        """
        record = self.read_record_of_action(request["id"])
        if record is not None:
            action_runner.refuse_id_taken_by_another_action(
                record, request, [name.replace("_", "/") for name in os.listdir(self.home)]
            )
        return record

    def find_record_of_requested_action(self, request):
        """Return what is on record of an action, or None, also where its number is of another one."""
        record = self.read_record_of_action(request["id"])
        return None if action_runner.is_record_of_another_action(record, request) else record

    def has_item_kept_for_action(self, action_id, item_name):
        """Return whether the thing of that name is kept of it."""
        return os.path.lexists(os.path.join(self.get_folder_of_action(action_id), item_name))

    def save_record_of_action(self, action_id, record):
        """Have this on record, whole or not at all."""
        os.makedirs(self.get_folder_of_action(action_id), 0o700, exist_ok=True)
        try:
            atomic_file.write_file_atomically(
                os.path.join(self.get_folder_of_action(action_id), RECORD),
                json.dumps(record, sort_keys=True).encode("ascii"),
            )
        except BaseException:
            with contextlib.suppress(OSError):  # it holds what an earlier record is of
                os.rmdir(self.get_folder_of_action(action_id))
            raise

    def delete_record_of_action(self, action_id):
        """Have nothing of it."""
        shutil.rmtree(self.get_folder_of_action(action_id))
