"""The walk through one web root, in turns with others'."""

import os
import time

from ansible.module_utils.luytre.sites import site_applications, webroot
from ansible.module_utils.luytre_shared.files import safe_open


def open_web_root(path):
    """Return a descriptor of a root for reading. A link on the way counts only when it is root's own."""
    return safe_open.open_path(path, safe_open.DIRECTORY, safe_open.ROOTS_LINKS)


class RootWalk:
    """A web root being walked, each entry handed to ``add``. Raises OSError when it is not there."""

    def __init__(self, path, time_budget, max_entries, add):
        self.path, self._add = path, add
        self._folder = open_web_root(path)
        homes = site_applications.find_application_folders_below(
            self._folder, time_budget.part(min(site_applications.HOMES_SECONDS, time_budget.seconds_left / 4))
        )
        self._walk = webroot.WebrootWalk(self._folder, time_budget, max_entries, homes)
        self._entries = iter(self._walk)
        self._finished = False
        self.seconds = 0.0
        """Spent on the walk."""

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._entries.close()
        os.close(self._folder)

    def walk_on_within_budget(self, time_budget):
        """Walk on for so long; whether there is more."""
        began = time.monotonic()
        for entry in self._entries:
            self._add(entry)
            if time_budget.is_used_up:
                break
        else:
            self._finished = True
        self.seconds += time.monotonic() - began
        return not self._finished

    @property
    def status(self):
        """Return the root's own, as ``os.fstat`` gives it."""
        return os.fstat(self._folder)

    @property
    def entry_count(self):
        """Return how many have been met."""
        return self._walk.entries

    @property
    def cut_short(self):
        """Return whether there was more than could be looked at."""
        return self._walk.cut_short or not self._finished
