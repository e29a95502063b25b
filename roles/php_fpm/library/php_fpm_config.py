#!/usr/bin/python
"""Write PHP-FPM's configuration as one change that PHP-FPM itself has tested."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: php_fpm_config
short_description: Changes files below /etc/php as one change that PHP-FPM has tested
description:
  - Writes the files and the marked lines in pool files, lets every version concerned test its configuration, and takes
    all back when one refuses.
options:
  files:
    description: Path below C(/etc/php) to text. An empty text removes the file.
    type: dict
    required: true
  pools:
    description:
      - Pool file below C(/etc/php) to the names of its pools to C({first, last}), lines that the pool is to begin and
        end with. Marked lines of earlier runs go.
    type: dict
    default: {}
  versions:
    description: The PHP versions whose configuration is tested, as in C(8.4).
    type: list
    elements: str
    required: true
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Hide the version
  php_fpm_config:
    files: {/etc/php/8.4/fpm/conf.d/99-luytre.ini: "expose_php = Off\n"}
    versions: ["8.4"]
"""

RETURN = r"""
listening:
  description: Whether an address or a socket's mode changes, which takes a restart.
  returned: always
  type: bool
inside_apache:
  description: Whether a setting of Apache's own PHP changes.
  returned: always
  type: bool
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.os import php_daemons
from ansible.module_utils.luytre.web.php_fpm import BEGIN, END, parse_marked_lines_by_pool
from ansible.module_utils.luytre.web_servers import php_trusted_inputs
from ansible.module_utils.luytre_change.transaction import ChangeRefusal, FileTransaction
from ansible.module_utils.luytre_shared.os.area_reader import read_text


def main():
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "dict", "required": True},
            "pools": {"type": "dict", "default": {}},
            "versions": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    change = FileTransaction("/etc/php")
    listen_changed = False
    try:
        for path, text in sorted(module.params["files"].items()):
            if text:
                change.want_file_with_text(path, text)
            else:
                change.want_nothing_at_path(path)
        for path, pools in sorted(module.params["pools"].items()):
            before = read_text(path) or ""
            change.want_file_edited_by_function(path, lambda text, pools=pools: _edit(text, pools))
            listen_changed = listen_changed or listens(before) != listens(_edit(before, pools))
        if change.has_changes_wanted_or_made and not module.check_mode:
            versions = module.params["versions"]
            tests = [["php-fpm" + version, *php_trusted_inputs.WITHOUT, "-t"] for version in versions]
            change.commit_changes_or_revert_on_failure(tests, lambda: at_stake(versions))
    except ChangeRefusal as error:
        module.fail_json(msg=str(error))
    inside_apache = any("/apache2/" in path for path, _, _ in change.path_changes_to_make)
    module.exit_json(
        changed=change.has_changes_wanted_or_made,
        diff=change.ansible_diff,
        listening=listen_changed,
        inside_apache=inside_apache,
    )


def at_stake(versions):
    """Return what PHP-FPM's tests believe and write, by the configuration as it is now."""
    stakes = [
        php_trusted_inputs.list_fpm_test_paths(php_daemons.make_packaged_fpm("php-fpm" + version, version))
        for version in versions
    ]
    return [path for read, _ in stakes for path in read], [
        path for _, written_paths in stakes for path in written_paths
    ]


def _edit(text, pools):
    has_lines = any(lines for places in pools.values() for lines in places.values())
    return with_lines(text, pools) if has_lines or parse_marked_lines_by_pool(text) else text


def listens(text):
    """Return our own lines of a pool file that say where its pools listen, and for whom."""
    return [line for lines in parse_marked_lines_by_pool(text).values() for line in lines if line.startswith("listen")]


def with_lines(text, pools):
    """Return a pool file with Lũy Tre's lines in it: per pool ``{first, last}``, other pools without any.

    FPM takes the first php_admin_value of a name, and the last word for its own directives: hence the two places.
    """
    foreign_lines, inside = [], False
    for line in text.splitlines():
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif not inside:
            foreign_lines.append(line)
    result_lines, name = [], None
    for line in [*foreign_lines, None]:
        heading = None if line is None else re.match(r"\s*\[([^\]]+)\]", line)
        if (line is None or heading) and name in pools:
            result_lines += _block(pools[name]["last"])
        if line is not None:
            result_lines.append(line)
        if heading:
            first_time = heading.group(1) not in (name, None)
            name = heading.group(1)
            if name in pools and first_time:
                result_lines += _block(pools[name]["first"])
    return "\n".join(result_lines) + "\n"


def _block(lines):
    return [BEGIN, *lines, END] if lines else []


if __name__ == "__main__":
    main()
