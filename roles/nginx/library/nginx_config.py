#!/usr/bin/python
"""Put the controls in force into nginx's configuration, all or nothing."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: nginx_config
short_description: Puts the controls in force into nginx's configuration, all or nothing
description:
  - Writes the given files whole, puts marked lines into the vendor's own server blocks, and marks out the vendor's
    lines that would undo a control. Marks that are no longer wanted are taken away again.
  - Tests the result with C(nginx -t). When nginx refuses it, every file is put back and the module fails with
    nginx's own message. Does not reload.
  - Touches only files below /etc/nginx that root alone can change; the vendor's others are named in a warning.
options:
  enforce:
    description: Control id to the domains concerned.
    type: dict
    required: true
  sites:
    description: The sites declared on this host.
    type: list
    elements: dict
    default: []
  settings:
    description: Bounds and values that the controls use.
    type: dict
    default: {}
  files:
    description: Path below /etc/nginx to the text of a file that is written whole.
    type: dict
    default: {}
  tighten:
    description:
      - Take away first what others than root can change below the configuration. A file that others could have written
        is held, with a warning.
      - Goes back, too, when the whole is refused.
    type: bool
    default: false
  aside:
    description: >-
      Whether it was accepted that files that others could have written are moved to F(/var/lib/luytre/aside).
    type: bool
    default: false
  admins:
    description: The declared administrators. Those whom sudo makes root count as root where C(nginx -t) is run.
    type: list
    elements: str
    default: []
  run:
    description: The folder's name there; the date and time by default.
    type: str
    default: ""
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Put the controls in force
  nginx_config:
    enforce: {nginx.server_tokens: []}
    files: {/etc/nginx/conf.d/00-luytre.conf: "server_tokens off;\n"}
  notify: Reload nginx
"""

RETURN = r"""
paths:
  description: The files changed.
  returned: always
  type: list
  elements: str
"""

import difflib
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.web_servers import nginx_trusted_inputs
from ansible.module_utils.luytre_change.transaction import (
    ChangeRefusal,
    FileTransaction,
    check_only_root_influences_daemon_tests,
    run_config_test_and_return_error,
)
from ansible.module_utils.luytre_nginx_edits import apply_edits, restore
from ansible.module_utils.luytre_nginx_host import ARGUMENTS, CONFIG, FOLDER, decision_for, editable, read_bytes
from ansible.module_utils.luytre_shared.os.area_reader import read_text

TEST = ["nginx", "-t", "-q", "-c", CONFIG]


def want(transaction, config, decision, files):
    """Put all that is wanted into the transaction; the vendor's files that may not be touched come back."""
    refused_paths = []
    edits = {}
    for file, places in decision.put_out.items():
        edits.setdefault(os.path.realpath(file), ({}, {}))[0].update(places)
    for file, places in decision.insert.items():
        into = edits.setdefault(os.path.realpath(file), ({}, {}))[1]
        for at, lines in places.items():
            insertions = into.setdefault(at, [])
            insertions += [line for line in lines if line not in insertions]
    for path in sorted({os.path.realpath(file) for file in config.texts}):
        before = read_bytes(path) or ""
        put_out, insert = edits.get(path, ({}, {}))
        if apply_edits(restore(before), put_out, insert) == before:
            continue
        if editable(path):
            transaction.want_file_edited_by_function(
                path, lambda text, put_out=put_out, insert=insert: apply_edits(restore(text), put_out, insert)
            )
        else:
            refused_paths.append(path)
    for path, text in sorted(files.items()):
        transaction.want_file_with_text(path, text)
    for path in decision.disabled:
        transaction.want_nothing_at_path(path)
    return refused_paths


def render_diff(transaction):
    """Return changed lines alone: what stands beside them in a vendor's file may be a secret."""
    diffs = [transaction.corrected.build_ansible_diff()] * bool(transaction.corrected)
    for path, before, after in transaction.path_changes_to_make:
        old, new = _lines(before), _lines(after)
        diffs.append({"prepared": "\n".join(difflib.unified_diff(old, new, path, path, n=0, lineterm="")) + "\n"})
    return diffs


def _lines(state):
    if state is None:
        return []
    return ["-> " + state[1]] if state[0] == "link" else (state[1] or b"").decode("utf-8", "replace").splitlines()


def at_stake():
    """Return what nginx's test believes and writes, by the configuration as it is now."""
    try:
        return nginx_trusted_inputs.list_nginx_test_paths(load_nginx_config(CONFIG, read_text))
    except BadConfig as error:
        raise ChangeRefusal("it is not known what nginx would read: %s" % error)


def refusal_before(admins):
    """Return what nginx says against its configuration now that all is taken back, or None.

    Also when it is not to be asked.
    """
    try:
        check_only_root_influences_daemon_tests([TEST], *at_stake(), admins=admins)
    except ChangeRefusal:
        return None
    return run_config_test_and_return_error(TEST)


def main():
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "files": {"type": "dict", "default": {}},
            "admins": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    transaction = FileTransaction(FOLDER)
    try:
        with transaction:
            refused_paths = make(transaction, module)
    except ChangeRefusal as refusal:
        before = refusal_before(module.params["admins"])
        module.fail_json(msg="nginx refuses its configuration as it is now: %s" % before if before else str(refusal))
    for path in refused_paths:
        module.warn("%s is not root's own below %s: it is left as it is" % (path, FOLDER))
    transaction.corrected.warn_of_paths_held_back(module.warn)
    paths = [path for path, _before, _after in transaction.path_changes_to_make]
    module.exit_json(
        changed=transaction.has_changes_wanted_or_made,
        paths=paths,
        diff=render_diff(transaction),
        **transaction.corrected.build_ansible_module_answer(),
    )


def make(transaction, module):
    """Put all that is wanted into the transaction, and make it; see ``want``. Raises ChangeRefusal."""
    transaction.tighten_permissions_of_part_at_once("nginx", module.params, module.check_mode)
    config, decision = decision_for(module)
    refused_paths = want(transaction, config, decision, module.params["files"])
    if transaction.is_daemon_test_needed and not module.check_mode:
        transaction.commit_changes_or_revert_on_failure([TEST], at_stake, admins=module.params["admins"])
    return refused_paths


if __name__ == "__main__":
    main()
