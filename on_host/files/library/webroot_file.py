#!/usr/bin/python
"""Change modes, owners and one-line settings of files below a web root, without ever following a link."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: webroot_file
short_description: Changes files below a web root without following links
description:
  - Whoever can write a web root can swap any name in it for a link at any moment. This module, unlike the C(file)
    module, opens every folder from the root of the file system on with C(O_NOFOLLOW), and decides and works on
    descriptors alone.
  - The folders above O(root) are root's up to some folder, and those of one account from there on; where everybody may
    write, or a second account has a folder, or a user's own program serves the files, it refuses. Whoever has those
    folders can put there only what they could move there before, and no change gives anybody more than they had.
  - Regular files (and folders, with O(kind)) only. Links, devices, pipes, sockets and files with a second hard link
    are refused.
  - It never deletes and never creates. Edits go to a new file in the same folder that takes over owner, mode and
    extended attributes, and replace the old one only if that is still the file that was read.
options:
  root:
    description: A declared document root, absolute.
    type: str
    required: true
  path:
    description: One path relative to O(root); C(.) is the root itself.
    type: str
  paths:
    description: Several such paths.
    type: list
    elements: str
  missing:
    description: Whether a path that is not there is a failure.
    type: str
    choices: [fail, skip]
    default: fail
  kind:
    description: What the paths must be.
    type: str
    choices: [file, directory]
    default: file
  mode:
    description: The permission bits to set, octal, at most C(0777).
    type: str
  forbid:
    description: Permission bits to clear, octal, for example C(0007).
    type: str
  grant:
    description: Permission bits to add, octal, for example C(0040).
    type: str
  owner:
    description: Owner by name.
    type: str
  group:
    description: Group by name.
    type: str
  define:
    description:
      - A PHP constant to define in a file like C(wp-config.php), before it loads C(wp-settings.php).
      - Every active definition of it in the file gets the value; when none is sure to run, a line is added.
    type: dict
    suboptions:
      name:
        description: The constant.
        type: str
        required: true
      value:
        description: C(true), C(false), a whole number, or plain text of letters, digits, space and C(._:/@-).
        type: str
        required: true
      keep:
        description: Whether a value that the file already gives it stays.
        type: bool
        default: false
      only_beside:
        description: A file in the same folder that must belong to an account of web requests; else nothing is defined.
        type: str
  assign:
    description:
      - A setting to change in a PHP file that gives it a value. Where it has none, nothing is added.
    type: dict
    suboptions:
      form:
        description: C(property) of the file's class, or C(global), a member of an array, named C(array.member).
        type: str
        required: true
        choices: [property, global]
      name:
        description: The setting.
        type: str
        required: true
      value:
        description: As in O(define).
        type: str
        required: true
  application:
    description:
      - O(path) and O(paths) lie below each application of this kind, at the root or near it.
      - For O(protect), the application at the root.
    type: str
  protect:
    description:
      - Finds files below O(root) by what they are and takes away what the web server does not need.
      - C(vcs) version control folders, root's alone from the top. C(dumps) dumps, archives and editors' copies,
        root's alone. C(secrets) configurations that hold passwords, closed to others, and readable for O(web_user).
        C(world_writable) files and folders that everybody may write. C(logs) logs of visitors, accounts and errors
        below F(/var/log), closed to others.
      - Of the O(application) at the root, C(own_code) is its folder and its own code, root's to write and as readable
        as before; C(wordpress_config) its wp-config.php, closed to all but its owner and O(web_user); C(uploads)
        scripts in its upload folder, root's alone.
    type: list
    elements: str
    choices:
      - vcs
      - dumps
      - secrets
      - world_writable
      - logs
      - own_code
      - wordpress_config
      - uploads
  web_user:
    description: The account that the site's own code runs as, for O(protect).
    type: str
  refusal:
    description:
      - Whether a root or path that is refused, or a root that is not there, fails the task or is only warned of.
        What O(protect) finds and refuses is only ever warned of.
    type: str
    choices: [fail, warn]
    default: fail
  seconds:
    description: How long looking for files may take.
    type: int
    default: 60
author: Lũy Tre
"""

EXAMPLES = r"""
- name: Close the configuration to others
  webroot_file:
    root: /var/www/antruc.test
    path: wp-config.php
    forbid: "0007"
    grant: "0040"
    group: www-data

- name: No debug mode in any WordPress below the root
  webroot_file:
    root: /var/www/antruc.test
    application: wordpress
    path: wp-config.php
    define: {name: WP_DEBUG, value: "false"}
    missing: skip

- name: No editing of code from the administration pages
  webroot_file:
    root: /var/www/antruc.test
    path: wp-config.php
    define: {name: DISALLOW_FILE_EDIT, value: "true"}
"""

RETURN = r"""
items:
  description: What was done, C({path, before, after}) for the first 200 files that differ.
  returned: always
  type: list
  elements: dict
count:
  description: How many files differ.
  returned: always
  type: int
refused:
  description: What was left alone and why, C({path, reason}).
  returned: always
  type: list
  elements: dict
cut_short:
  description: Whether looking for files ended before everything was seen.
  returned: always
  type: bool
"""

import grp
import os
import pwd
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_change.site_protection import protect_site_files_by_kind
from ansible.module_utils.luytre_change.web_root_files import (
    AttributeChange,
    change_php_setting_in_file,
    define_php_constant_in_file,
    put_owner_group_and_mode_if_different,
)
from ansible.module_utils.luytre_change.web_root_paths import (
    PathRefusal,
    open_parent,
    open_regular_file_or_folder_in_folder,
    open_web_root_without_following_links,
)
from ansible.module_utils.luytre_shared.applications import known_layouts
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget
from ansible.module_utils.luytre_shared.parsers import php_source
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

MAX_SHOWN = 200


def put_attributes_on_requested_paths(root, params, check):
    """Return ``(items, refused)`` of putting attributes and a definition on named paths."""
    change = AttributeChange(
        pwd.getpwnam(params["owner"]).pw_uid if params["owner"] else None,
        grp.getgrnam(params["group"]).gr_gid if params["group"] else None,
        make_function_from_old_to_wanted_mode(params),
    )
    items, refusals = [], []
    for path in _list_requested_relative_paths(root, params):
        try:
            items += _put_attributes_and_settings_on_path(root, path, change, params, check)
        except FileNotFoundError:
            if params["missing"] == "fail":
                refusals.append({"path": path, "reason": "is not there"})
        except (PathRefusal, OSError) as reason:
            refusals.append({"path": path, "reason": str(reason)})
    return items, refusals


def _list_requested_relative_paths(root, params):
    """Return the paths that are meant, relative to the root."""
    paths = ([params["path"]] if params["path"] else []) + (params["paths"] or [])
    if params["application"] is None:
        return paths
    applications = site_applications.list_applications_below(root, TimeBudget(site_applications.HOMES_SECONDS))
    return [
        os.path.join(each.relative, path)
        for each in applications
        if each.kind == params["application"]
        for path in paths
    ]


def _put_attributes_and_settings_on_path(root, path, change, params, check):
    folder, name = open_parent(root, path)
    try:
        handle = open_regular_file_or_folder_in_folder(folder, name, "directory" if name == "." else params["kind"])
        try:
            differences = [put_owner_group_and_mode_if_different(handle, change, check)]
        finally:
            os.close(handle)
        if params["define"]:
            differences.append(define_php_constant_in_file(folder, name, params["define"], check))
        if params["assign"]:
            differences.append(change_php_setting_in_file(folder, name, params["assign"], check))
    finally:
        os.close(folder)
    return [
        {"path": path, "before": difference[0], "after": difference[1]}
        for difference in differences
        if difference is not None
    ]


def make_function_from_old_to_wanted_mode(params):
    """Make, from the options, a function that gives the wanted mode of a present one."""
    exact, forbid, grant = (_parse_mode(params[name]) for name in ("mode", "forbid", "grant"))
    if exact is not None:
        return lambda present: exact
    return lambda present: (present & ~(forbid or 0)) | (grant or 0)


def _parse_mode(octal_text):
    if octal_text is None:
        return None
    if not re.match(r"\A[0-7]{1,4}\Z", octal_text) or int(octal_text, 8) > 0o777:
        raise PathRefusal("%r is not a mode of at most 0777" % octal_text)
    return int(octal_text, 8)


def main():
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "str", "required": True},
            "path": {"type": "str"},
            "paths": {"type": "list", "elements": "str"},
            "missing": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
            "kind": {"type": "str", "choices": ["file", "directory"], "default": "file"},
            "mode": {"type": "str"},
            "forbid": {"type": "str"},
            "grant": {"type": "str"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "define": {
                "type": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "value": {"type": "str", "required": True},
                    "keep": {"type": "bool", "default": False},
                    "only_beside": {"type": "str"},
                },
            },
            "assign": {
                "type": "dict",
                "options": {
                    "form": {"type": "str", "required": True, "choices": list(php_source.FORMS)},
                    "name": {"type": "str", "required": True},
                    "value": {"type": "str", "required": True},
                },
            },
            "application": {"type": "str", "choices": list(known_layouts.KINDS)},
            "protect": {
                "type": "list",
                "elements": "str",
                "choices": [
                    *("vcs", "dumps", "secrets", "world_writable", "logs"),
                    *("own_code", "wordpress_config", "uploads"),
                ],
            },
            "web_user": {"type": "str"},
            "refusal": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
            "seconds": {"type": "int", "default": 60},
        },
        mutually_exclusive=[
            ("mode", "forbid"),
            ("mode", "grant"),
            ("protect", "path"),
            ("protect", "paths"),
        ],
        required_one_of=[("path", "paths", "protect")],
        supports_check_mode=True,
    )
    params, check = module.params, module.check_mode
    items, refusals, cut_short = [], [], False
    try:
        root = open_web_root_without_following_links(params["root"])
        if params["protect"]:
            items, refusals, cut_short = protect_site_files_by_kind(
                root, params["protect"], params["web_user"], params["seconds"], check, params["application"]
            )
        else:
            items, refusals = put_attributes_on_requested_paths(root, params, check)
    except FileNotFoundError:
        refusals = [{"path": params["root"], "reason": "is not there"}]
    except KeyError as unknown:
        module.fail_json(msg=str(unknown.args[0]))
    except PathRefusal as reason:
        refusals = [{"path": params["root"], "reason": str(reason)}]
    answer = make_json_safe(
        {
            "changed": bool(items),
            "items": items[:MAX_SHOWN],
            "count": len(items),
            "refused": refusals[:MAX_SHOWN],
            "cut_short": cut_short,
            "diff": _make_ansible_diff_of_attributes(items[:MAX_SHOWN]),
        }
    )
    messages = ["left alone: %(path)s: %(reason)s" % item for item in answer["refused"][:20]]
    is_swept = params["protect"] and all(item["path"] != params["root"] for item in refusals)
    if refusals and params["refusal"] == "fail" and not is_swept:
        module.fail_json(msg="; ".join(messages), **answer)
    for line in messages:
        module.warn(line)
    if cut_short:
        module.warn("%s: not everything was looked at" % params["root"])
    module.exit_json(**answer)


def _make_ansible_diff_of_attributes(items):
    def text(side):
        return "".join(
            "%s %s\n" % (item["path"], " ".join("%s=%s" % pair for pair in sorted(item[side].items())))
            for item in items
        )

    return {"before": text("before"), "after": text("after")}


if __name__ == "__main__":
    main()
