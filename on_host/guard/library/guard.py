#!/usr/bin/python
"""Commit-confirmed changes: snapshot and dead-man timer before a run, then confirm or revert; rollback later."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: guard
short_description: Keeps a way back for a run that changes the host
description:
  - C(arm) takes a snapshot of F(/etc) and of what the run's fixes touch elsewhere, then starts a timer. Unless the run
    is confirmed in time the host brings itself back to the snapshot, without controller, network or Ansible; after
    a reboot at once, before network, sshd, packet filter and web servers.
  - C(confirm) keeps what the run changed. C(revert) brings the host back now. C(rollback) undoes a confirmed run,
    as far as nobody changed since what it changed. C(drift) tells what that is. C(status) tells how a run ended.
  - Snapshots are root's alone, complete or not there, bounded in number and size.
  - What lesser users shape (web roots, homes, spool) is read and brought back within bounds, in a process that may be
    left, after root's own files, packages, units and settings. It can neither stop C(arm) nor the way back.
options:
  action:
    description: What to do.
    type: str
    required: true
    choices: [arm, confirm, revert, rollback, drift, status]
  run:
    description: The run's name. For C(status) and C(drift) by default the last one.
    type: str
  seconds:
    description: How long until the host brings itself back. Arming the same run again starts anew.
    type: int
    default: 300
  touches:
    description: Everything that the run's fixes declare to touch.
    type: list
    elements: str
    default: []
  roots:
    description: The declared document roots.
    type: list
    elements: str
    default: []
  expect_digest:
    description: For C(rollback), the snapshot's digest as C(arm) gave it.
    type: str
  expect_after:
    description: For C(rollback), the digest of what the run left behind as C(confirm) gave it (C(after)).
    type: str
  only:
    description: >-
      For C(rollback), what to undo of it, in the words of O(touches); C(but:) before one leaves what it means, where no
      other touch is nearer. Without it everything.
    type: list
    elements: str
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Keep a way back for ten minutes
  guard:
    action: arm
    run: 20261124T101500Z-7f3a
    seconds: 600
    touches: [/etc/ssh/sshd_config.d/, "sysctl:net.ipv4.conf.*.rp_filter"]

- name: Keep what the run changed
  guard:
    action: confirm
    run: 20261124T101500Z-7f3a
"""

RETURN = r"""
run:
  description: The run.
  returned: always
  type: str
digest:
  description: The snapshot's digest.
  returned: for arm and confirm
  type: str
interpreter:
  description: >-
    A Python of the run's own, by which all that it changes has to be changed: it is gone as soon as the run is
    confirmed or the host begins to bring itself back, so that a run that is late changes nothing that nobody could
    take back.
  returned: for arm, unless in check mode
  type: str
after:
  description: The digest of what the run left behind.
  returned: for confirm
  type: str
state:
  description: C(armed), C(confirmed), C(reverting), C(reverted), C(rolled_back) or C(none).
  returned: for all but arm and drift
  type: str
notes:
  description: >-
    What the way back does not hold, C({path, why, count}), since lesser users shape it: below C(path) at least C(count)
    entries, because they are C(deep), C(many), C(large), C(late), C(unreadable), C(blocked) or C(broken). What of
    root's own trees cannot be kept fails C(arm) instead, with nothing changed.
  returned: for arm, confirm and drift, and for status once a run was armed
  type: list
  elements: dict
not_back:
  description: >-
    What a try did not bring back, by path or part, and why. The state is C(reverting): the host tries again by itself,
    eight times with growing pauses and again at the next boot. C(revert) answers after the first such try; asked once
    more it begins anew.
  returned: for revert and status
  type: dict
problems:
  description: What could not be brought back, in words.
  returned: for revert and rollback
  type: list
  elements: str
left:
  description: >-
    What was left alone, C({path, reason}): what others changed while the run was open or since, what an incident
    contains, what a daemon would not load, packages that are needed.
  returned: for revert and rollback
  type: list
  elements: dict
aside:
  description: Where somebody's version of what went back is kept, by path.
  returned: for revert
  type: dict
brings_back:
  description: Keys, accounts and rights that a rollback gives back.
  returned: for rollback
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre_guard import actions, service
from ansible.module_utils.luytre_guard.changes import (
    change_attribution,
    database,
    package_dependencies,
    packages,
    recorder,
)
from ansible.module_utils.luytre_guard.daemons import certificates, config_check, daemons, failure_logs, units
from ansible.module_utils.luytre_guard.files import (
    file_writer,
    identity,
    incident,
    scope,
    store,
    tree,
    untrusted_places,
    walk,
)
from ansible.module_utils.luytre_guard.os import (
    accounts,
    child_worker,
    commands,
    disk_reserve,
    kernel_audit,
    mounts,
    own_tmp,
    runtime_state,
)
from ansible.module_utils.luytre_guard.rollback_point import (
    restore,
    restore_plan,
    rollback,
    rollback_selection,
    sessions,
    snapshot,
    steps,
    timer,
    verify,
)
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

SENT_MODULES = (
    *(
        accounts,
        child_worker,
        certificates,
        daemons,
        untrusted_places,
        database,
        identity,
        incident,
        kernel_audit,
        failure_logs,
        runtime_state,
        mounts,
        package_dependencies,
        own_tmp,
        packages,
        recorder,
        restore,
    ),
    *(
        rollback,
        rollback_selection,
        scope,
        service,
        sessions,
        change_attribution,
        snapshot,
        disk_reserve,
        steps,
        timer,
        tree,
        config_check,
        units,
        verify,
        walk,
    ),
    *(restore_plan, file_writer),
)
"""Named here so that Ansible sends them all; the host keeps them for its own use."""


def main():
    module = AnsibleModule(
        argument_spec={
            "action": {
                "type": "str",
                "required": True,
                "choices": ["arm", "confirm", "revert", "rollback", "drift", "status"],
            },
            "run": {"type": "str"},
            "seconds": {"type": "int", "default": 300},
            "touches": {"type": "list", "elements": "str", "default": []},
            "roots": {"type": "list", "elements": "str", "default": []},
            "expect_digest": {"type": "str"},
            "expect_after": {"type": "str"},
            "only": {"type": "list", "elements": "str"},
        },
        required_if=[("action", action, ("run",)) for action in ("arm", "confirm", "revert", "rollback")],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**make_json_safe(run_requested_guard_action(module.params, module.check_mode)))
    except (store.GuardRefusal, commands.CommandFailure) as refusal:
        module.fail_json(msg=make_json_safe(str(refusal)))


def run_requested_guard_action(params, check):
    """Run the action that is asked for; return its answer. Raises store.GuardRefusal, commands.CommandFailure."""
    run = params["run"]
    if params["action"] == "arm":
        return actions.take_snapshot_and_start_revert_timer(
            run, params["seconds"], params["touches"], params["roots"], check
        )
    if params["action"] == "confirm":
        return actions.confirm_run_and_keep_its_changes(run, check)
    if params["action"] == "revert":
        return actions.revert_host_to_before_open_run(run, check)
    if params["action"] == "rollback":
        return actions.roll_back_confirmed_run(
            run, params["expect_digest"], params["expect_after"], params["only"], check
        )
    if params["action"] == "drift":
        return actions.find_drift_since_confirmed_run(run)
    return actions.report_open_run_and_snapshots(run)


if __name__ == "__main__":
    main()
