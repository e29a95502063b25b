"""Loads filters before workers are forked."""

from __future__ import annotations

DOCUMENTATION = r"""
name: loaded_once
type: aggregate
short_description: Loads what every task needs once
description:
  - Ansible forks a worker for each task on each host, and a worker whose task has a filter in it loads all filters.
  - Loaded before the first fork they are there in every worker, which spares it 60 ms. They take as long themselves,
    so that a play of a single role loads none ahead.
  - Where a module lies is looked up before the fork, too, or every worker goes through Ansible's folders of modules.
"""

import ansible.executor.module_common
import ansible.plugins.action  # noqa: F401
from ansible.module_utils._internal._datatag import AnsibleDatatagBase, _AnsibleTaggedStr
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import (
    action_loader,
    become_loader,
    connection_loader,
    filter_loader,
    lookup_loader,
    module_loader,
    shell_loader,
    test_loader,
)


def itself(value, _memo):
    """Return the copy of what never changes.

    A look-up of a template copies all variables, to their last text and where each was read.
    """
    return value


for tag_class in (AnsibleDatatagBase, _AnsibleTaggedStr):
    tag_class.__deepcopy__ = itself

PLUGIN_NAMES = {
    action_loader: ("normal",),
    become_loader: ("sudo",),
    connection_loader: ("ssh",),
    lookup_loader: ("file", "template"),
    shell_loader: ("sh",),
}


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "loaded_once"

    def v2_playbook_on_play_start(self, play):
        self._ahead = len(play.roles) != 1
        if not self._ahead:
            return
        for loader, names in PLUGIN_NAMES.items():
            for name in names:
                loader.get(f"ansible.builtin.{name}", class_only=True)

    def v2_playbook_on_task_start(self, task, is_conditional):
        if self._ahead:  # at each task, as a role that is included brings its own, and all are to be loaded again
            for loader in (filter_loader, test_loader):
                next(loader.all(), None)
        action_loader.has_plugin(task.action)
        module_loader.find_plugin_with_context(task.action, ".py")
