#!/usr/bin/python
"""Change Apache's configuration as one change that Apache itself has tested."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: apache_config
short_description: Changes Debian's Apache configuration as one change that Apache has tested
description:
  - Writes files, sets links and modules, and includes a site's rules at the end of each virtual host that claims it.
    Apache tests the whole; when it refuses, everything is taken back and the task fails with Apache's own words.
  - Touches only files below C(/etc/apache2) and C(/var/lib/apache2) in folders that only root can write.
options:
  files:
    description: Path below C(/etc/apache2) to text. An empty text removes the file.
    type: dict
    default: {}
  links:
    description: Path below C(/etc/apache2) to what it links to. An empty text removes the link.
    type: dict
    default: {}
  includes:
    description: File to include last in a virtual host, to the places C(file:line) where such virtual hosts begin.
    type: dict
    default: {}
  include_last:
    description: File to include at the very end of C(apache2.conf), after everything else.
    type: str
    default: ""
  enable:
    description: Modules to enable, as with a2enmod.
    type: list
    elements: str
    default: []
  disable:
    description: Modules to disable, as with a2dismod.
    type: list
    elements: str
    default: []
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
    description: The declared administrators. Those whom sudo makes root count as root where Apache's test is run.
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
- name: Say no more than the name
  apache_config:
    files: {/etc/apache2/conf-available/luytre.conf: "ServerTokens Prod\n"}
    links: {/etc/apache2/conf-enabled/zz-luytre.conf: ../conf-available/luytre.conf}
"""

RETURN = r""" # """

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.parsers.web_servers.apache_config import load_apache_configuration
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web_servers.apache import apache_config_test
from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_change.transaction import ChangeRefusal, FileTransaction
from ansible.module_utils.luytre_shared.files.ownership import PathTrust

ROOT = "/etc/apache2"
STATE = "/var/lib/apache2/module"
MARK = "# Luy Tre: rules rendered by hardening, last so that they count"


def main():
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "dict", "default": {}},
            "links": {"type": "dict", "default": {}},
            "includes": {"type": "dict", "default": {}},
            "include_last": {"type": "str", "default": ""},
            "enable": {"type": "list", "elements": "str", "default": []},
            "disable": {"type": "list", "elements": "str", "default": []},
            "admins": {"type": "list", "elements": "str", "default": []},
            **corrections.TIGHTEN,
        },
        supports_check_mode=True,
    )
    change = FileTransaction(ROOT, STATE)
    try:
        with change:
            make(change, module)
    except ChangeRefusal as error:
        module.fail_json(msg=str(error))
    change.corrected.warn_of_paths_held_back(module.warn)
    module.exit_json(
        changed=change.has_changes_wanted_or_made,
        diff=change.ansible_diff,
        **change.corrected.build_ansible_module_answer(),
    )


def fill_in_patterns(text):
    """Return a file's text with the pattern of URIs at which no PHP may run, which hosts' modules know."""
    return text.replace("@PHP_NEVER@", filled_uris.PHP_NEVER)


def make(change, module):
    """Put all that is wanted into the change, and make it. Raises ChangeRefusal."""
    params = module.params
    change.tighten_permissions_of_part_at_once("apache", params, module.check_mode)
    for path, text in sorted(params["files"].items()):
        change.want_file_with_text(path, fill_in_patterns(text)) if text else change.want_nothing_at_path(path)
    for path, target in sorted(params["links"].items()):
        change.want_link_to_target(path, target) if target else change.want_nothing_at_path(path)
    for name in params["enable"]:
        enable(change, name)
    for name in params["disable"]:
        disable(change, name)
    include_in_vhosts(change, params["includes"], module.warn)
    if params["include_last"]:
        change.want_file_edited_by_function(
            ROOT + "/apache2.conf", lambda text: last_line(text, params["include_last"])
        )
    if change.is_daemon_test_needed and not module.check_mode:
        change.commit_changes_or_revert_on_failure([["apache2ctl", "configtest"]], at_stake, fault, params["admins"])


def at_stake():
    """Return what Apache's test believes, by the configuration as it is now; it writes nothing."""
    return apache_config_test.list_apache_test_paths(load_apache_configuration()), ()


def fault():
    """Return why Apache would not start with the certificates and ciphers as they are now, or None."""
    return apache_config_test.find_certificate_start_fault(load_apache_configuration(), PathTrust())


def enable(change, name):
    """Do what a2enmod does, for a module without dependencies that are off."""
    for kind in ("load", "conf"):
        if os.path.exists("%s/mods-available/%s.%s" % (ROOT, name, kind)):
            change.want_link_to_target(
                "%s/mods-enabled/%s.%s" % (ROOT, name, kind), "../mods-available/%s.%s" % (name, kind)
            )
    for word in ("disabled_by_admin", "disabled_by_maint"):
        change.want_nothing_at_path("%s/%s/%s" % (STATE, word, name))
    if not os.path.exists("%s/enabled_by_maint/%s" % (STATE, name)):
        change.want_file_with_text("%s/enabled_by_admin/%s" % (STATE, name), "")


def disable(change, name):
    """Do what a2dismod does: the links go, the module stays available, and a package's update leaves it off."""
    if not re.match(r"[a-z0-9_]+$", name) or not os.path.islink("%s/mods-enabled/%s.load" % (ROOT, name)):
        return
    for kind in ("load", "conf"):
        change.want_nothing_at_path("%s/mods-enabled/%s.%s" % (ROOT, name, kind))
    for word in ("enabled_by_admin", "enabled_by_maint"):
        change.want_nothing_at_path("%s/%s/%s" % (STATE, word, name))
    change.want_file_with_text("%s/disabled_by_admin/%s" % (STATE, name), "")


def include_in_vhosts(change, includes, warn):
    """Make every virtual host named end with its includes."""
    blocks_by_path = {}
    for include_path, places in sorted(includes.items()):
        for place in places:
            path, _, line = place.rpartition(":")
            blocks_by_path.setdefault(os.path.realpath(path), {}).setdefault(int(line), []).append(include_path)
    for path, blocks in sorted(blocks_by_path.items()):
        try:
            change.want_file_edited_by_function(
                path, lambda text, blocks=blocks, path=path: with_includes(text, blocks, path, warn)
            )
        except ChangeRefusal as error:
            warn("the site's rules could not be included: %s" % error)


def with_includes(text, blocks, path="", warn=lambda _message: None):
    """Return the text with, before the end of the virtual host that begins at each line, the files to include there."""
    lines = text.splitlines(keepends=True)
    for number, include_paths in sorted(blocks.items(), reverse=True):
        begin = number - 1
        if begin >= len(lines) or not re.match(r"\s*<virtualhost\b", lines[begin], re.IGNORECASE):
            warn("%s:%d is no <VirtualHost> line: the site's rules could not be included there" % (path, number))
            continue
        end = next(
            (i for i in range(begin, len(lines)) if re.match(r"\s*</virtualhost", lines[i], re.IGNORECASE)), None
        )
        if end is None:
            warn("%s:%d has no end" % (path, number))
            continue
        indent = "    " if "\t" not in lines[begin + 1][:1] else "\t"
        body = [line for line in lines[begin + 1 : end] if not _is_ours(line)]
        ours = [indent + MARK + "\n"] + ["%sIncludeOptional %s\n" % (indent, file) for file in include_paths]
        lines[begin + 1 : end] = body + ours
    return "".join(lines)


def last_line(text, include_path):
    """Return the text with an include of that file as its last line."""
    lines = [line for line in text.splitlines(keepends=True) if not _is_ours(line)]
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join(lines) + MARK + "\nIncludeOptional %s\n" % include_path


def _is_ours(line):
    return line.strip() == MARK or bool(
        re.match(r"\s*IncludeOptional %s/(luytre/|conf-available/luytre)" % re.escape(ROOT), line)
    )


if __name__ == "__main__":
    main()
