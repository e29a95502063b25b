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

import contextlib
import grp
import os
import pwd
import re
import stat

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.luytre.sites import site_applications, webroot
from ansible.module_utils.luytre_change import attributes
from ansible.module_utils.luytre_shared.applications import php_constants, registry
from ansible.module_utils.luytre_shared.files import file_replacement, ownership, safe_open
from ansible.module_utils.luytre_shared.files.names import group_name, user_name
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget
from ansible.module_utils.luytre_shared.parsers import php_source
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

MAX_SHOWN = 200
MAX_EDIT = 200_000
MAX_ENTRIES = 1_000_000


class PathRefusal(Exception):
    """This path is left alone; the message says why."""


class AttributeChange:
    """The wanted attributes of a file: owner and group ids (None: as they are) and a function from mode to mode."""

    def __init__(self, uid=None, gid=None, mode=lambda present: present):
        self.uid, self.gid, self.mode = uid, gid, mode


def open_web_root_without_following_links(root, base="/", trusted_uid=0, served_mounts=None):
    """Return a descriptor of ``root``, reached from ``base`` on without following a link.

    The folders above are ``trusted_uid``'s up to some point, and theirs or one other account's from there on: that one
    can swap what lies there for nothing but what it could move there itself. ``served_mounts``: see
    ``ownership.PathTrust``.
    """
    if not os.path.isabs(root) or ".." in root.split("/"):
        raise PathRefusal("root must be an absolute path without '..'")
    relative = os.path.relpath(os.path.normpath(root), base)
    if relative == "." or relative.startswith("../"):
        raise PathRefusal("root must lie below %s" % base)
    _check_root_not_on_user_served_mount(
        os.path.normpath(root), ownership.read_uids_of_user_served_mounts() if served_mounts is None else served_mounts
    )
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    parent_path, owner = base.rstrip("/"), trusted_uid
    try:
        for part in relative.split("/"):
            owner = _check_and_find_owner_of_way_to_root(os.fstat(folder), parent_path or "/", owner, trusted_uid)
            with _turn_open_errors_into_path_refusals("root"):
                inner = safe_open.open_folder_in_open_folder(folder, part)
            os.close(folder)
            folder = inner
            parent_path += "/" + part
        return os.dup(folder)
    finally:
        os.close(folder)


def _check_and_find_owner_of_way_to_root(status, folder_handle, owner, trusted_uid):
    """Return whose the way is from this folder on."""
    if ownership.find_untrusted_changer_of_file(status, ownership.ANYBODY):
        raise PathRefusal("%s above the root can be changed by everybody" % folder_handle)
    if status.st_uid in (owner, trusted_uid):
        return owner
    if owner != trusted_uid:
        raise PathRefusal(
            "%s above the root is %s's, in a folder of %s's" % (folder_handle, *map(user_name, (status.st_uid, owner)))
        )
    return status.st_uid


def _check_root_not_on_user_served_mount(root, served_mounts):
    """Raise an error for a file system that a user's program serves: it need never answer."""
    for mount, uid in served_mounts.items():
        if (root + "/").startswith(mount.rstrip("/") + "/") or mount.startswith(root + "/"):
            raise PathRefusal("%s is served by a program of %s's" % (mount, user_name(uid)))


def open_parent(root, path):
    """Return ``(descriptor of the folder, name in it)`` of a path below the root's descriptor."""
    if path.startswith("/") or ".." in path.split("/"):
        raise PathRefusal("must be relative to the root, without '..'")
    with _turn_open_errors_into_path_refusals(path):
        return safe_open.open_parent_folder_of_path(path, base=root)


def open_regular_file_or_folder_in_folder(folder_handle, name, kind):
    """Return a descriptor of a regular file with one name, or of a folder. Nothing else is ever opened for long."""
    with _turn_open_errors_into_path_refusals():
        handle = safe_open.open_name_in_open_folder(
            folder_handle, name, safe_open.DIRECTORY if kind == "directory" else safe_open.REGULAR
        )
    links = os.fstat(handle).st_nlink
    if kind == "file" and links != 1:
        os.close(handle)
        raise PathRefusal("has %d hard links" % links)
    return handle


@contextlib.contextmanager
def _turn_open_errors_into_path_refusals(label=None):
    """Turn what the system, or ``safe_open``, says against opening something into why it is left alone."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PathRefusal(error.strerror if label is None else "%s: %s" % (label, error.strerror))


def put_owner_group_and_mode_if_different(handle, change, check):
    """Return ``(before, after)`` of an open file when owner, group or mode differ from what is wanted, else None."""
    status = os.fstat(handle)
    present = stat.S_IMODE(status.st_mode)
    uid = status.st_uid if change.uid is None else change.uid
    gid = status.st_gid if change.gid is None else change.gid
    mode = attributes.drop_setid_bits_if_owner_changes(status, uid, gid, change.mode(present))
    if (uid, gid, mode) == (status.st_uid, status.st_gid, present):
        return None
    if not check:
        attributes.put_attributes_without_widening_access(handle, status, uid, gid, mode)
    return _describe_attributes(status.st_uid, status.st_gid, present), _describe_attributes(uid, gid, mode)


def _describe_attributes(uid, gid, mode):
    return {"owner": user_name(uid), "group": group_name(gid), "mode": "%04o" % mode}


def define_php_constant_in_file(folder_handle, name, definition, check):
    """Define a PHP constant in a file of an open folder; ``(before, after)`` as statements, or None when it is so."""
    constant, beside = definition["name"], definition.get("only_beside")
    if beside and not _is_owned_by_web(folder_handle, beside):
        return None

    def edit(source):
        is_kept = definition.get("keep") and php_source.is_constant_defined(source, constant)
        return source if is_kept else php_constants.define_constant_in_php_source(source, constant, definition["value"])

    return rewrite_file_by_edit_function(
        folder_handle, name, edit, lambda text: {constant: php_constants.describe_definitions(text, constant)}, check
    )


def change_php_setting_in_file(folder_handle, name, assignment, check):
    """Change a setting in a PHP file of an open folder; as ``define_php_constant_in_file``."""
    place = assignment["form"], assignment["name"]
    return rewrite_file_by_edit_function(
        *(
            folder_handle,
            name,
            lambda source: php_constants.change_assigned_setting_in_php_source(source, *place, assignment["value"]),
        ),
        *(lambda text: {assignment["name"]: php_constants.describe_assignments(text, *place)}, check),
    )


def rewrite_file_by_edit_function(folder_handle, name, edit_content, describe, check):
    """Edit a file of an open folder by ``edit_content``, which makes bytes of bytes.

    Return ``(before, after)`` as ``describe`` has them, or None. Raises PathRefusal.
    """
    handle = open_regular_file_or_folder_in_folder(folder_handle, name, "file")
    try:
        status = os.fstat(handle)
        source = _read_all(handle)
        try:
            new_source = edit_content(source)
        except ValueError as error:
            raise PathRefusal(str(error))
        if new_source == source:
            return None
        if not check:
            try:
                file_replacement.replace_file_if_still_the_same(folder_handle, name, handle, status, new_source)
            except file_replacement.FileSwapped as swap_error:
                raise PathRefusal(swap_error.strerror)
        return describe(source), describe(new_source)
    finally:
        os.close(handle)


def _is_owned_by_web(folder_handle, name):
    """Return whether a file of an open folder belongs to an account that web requests run as."""
    try:
        status = os.stat(name, dir_fd=folder_handle, follow_symlinks=False)
    except OSError:
        return False
    return webroot.find_web_server_accounts().is_owner_of_file(status)


def _read_all(handle):
    """Return the bytes of an open file, which may be growing while they are read.

    Raises PathRefusal for more than MAX_EDIT.
    """
    content = b""
    while len(content) <= MAX_EDIT:
        part = os.read(handle, 65_536)
        if not part:
            return content
        content += part
    raise PathRefusal("too large to edit")


def protect_site_files_by_kind(root_handle, kinds, web_user, seconds, check, application=None):
    """Return ``(items, refused, cut_short)`` of taking away what the web server does not need, by kind of file.

    ``application``: the kind of the CMS at the root.
    """
    cms = registry.CMS_BY_KIND[application] if application else None
    if cms and not site_applications.has_marks_in_open_folder(root_handle, cms.layout):
        raise PathRefusal("no %s lies there" % application)
    items, refusals = [], []
    web = webroot.find_web_server_accounts()
    account = pwd.getpwnam(web_user) if web_user else None
    effort = TimeBudget(seconds)
    homes = site_applications.find_application_folders_below(root_handle, effort.part(site_applications.HOMES_SECONDS))
    walk = webroot.WebrootWalk(root_handle, effort, MAX_ENTRIES, homes)
    if "own_code" in kinds:
        try:
            difference = put_owner_group_and_mode_if_different(
                root_handle, _make_change_to_root_owned_and_readable(os.fstat(root_handle), web), check
            )
            items += [] if difference is None else [{"path": ".", "before": difference[0], "after": difference[1]}]
        except PathRefusal as reason:
            refusals.append({"path": ".", "reason": str(reason)})
    for entry in walk:
        label = os.fsencode(entry.path).decode("utf-8", "replace")
        try:
            if _choose_attribute_change_for_entry(entry, kinds, web, account, cms) is None:
                continue
            handle = open_regular_file_or_folder_in_folder(
                entry.folder, entry.name, "directory" if entry.is_dir else "file"
            )
            try:
                # Another file may have the name by now: what is wanted of the one that was opened counts.
                change = _choose_attribute_change_for_entry(entry.copy_with_handle(handle), kinds, web, account, cms)
                difference = None if change is None else put_owner_group_and_mode_if_different(handle, change, check)
            finally:
                os.close(handle)
        except FileNotFoundError:
            continue
        except (PathRefusal, OSError) as reason:
            refusals.append({"path": label, "reason": str(reason)})
            continue
        if difference is not None:
            items.append({"path": label, "before": difference[0], "after": difference[1]})
    return items, refusals, walk.cut_short


def _choose_attribute_change_for_entry(entry, kinds, web_accounts, site_account, cms):
    if "vcs" in kinds and webroot.is_version_control_folder(entry):
        return AttributeChange(
            0 if web_accounts.is_owner_of_file(entry.status) else None, None, lambda mode: mode & 0o7700
        )
    if "dumps" in kinds and webroot.is_downloadable_dump(entry):
        return AttributeChange(0, 0, lambda mode: mode & 0o600)
    world_writable = "world_writable" in kinds and webroot.is_world_writable(entry)
    secret = "secrets" in kinds and entry.status.st_mode & 0o007 and webroot.is_configuration_with_secrets(entry)
    if world_writable or secret:
        return _make_change_to_close_entry_to_others(entry, site_account, 0o007 if secret else 0o002)
    if "logs" in kinds and webroot.is_log_readable_by_others(entry):
        return AttributeChange(None, None, lambda mode: mode & ~0o007)
    if "wordpress_config" in kinds and entry.path == "wp-config.php" and entry.status.st_mode & 0o027:
        return _make_change_to_owner_and_account_only(entry, site_account)
    return cms and _choose_attribute_change_in_application(entry, kinds, web_accounts, cms)


def _choose_attribute_change_in_application(entry, kinds, web_accounts, cms):
    if "own_code" in kinds and webroot.is_own_code_of_application(entry, cms.own_code):
        return _make_change_to_root_owned_and_readable(entry.status, web_accounts)
    if "uploads" in kinds and entry.path.startswith(cms.layout.uploads) and webroot.is_php_script(entry):
        return AttributeChange(0, 0, lambda mode: mode & 0o600)
    return None


def _make_change_to_owner_and_account_only(entry, site_account):
    """Return the mode closed to all but its owner and the account that runs the site, which goes on reading it."""
    status = entry.status
    if site_account is None:
        raise PathRefusal("which account runs this site's PHP is not known")
    if entry.acl_readers:
        return _make_change_to_close_file_with_acl(entry, site_account, 0o007)
    if site_account.pw_uid == status.st_uid:
        return AttributeChange(None, None, lambda mode: mode & ~0o027)
    if status.st_gid in os.getgrouplist(site_account.pw_name, site_account.pw_gid) and status.st_mode & 0o040:
        return AttributeChange(None, None, lambda mode: mode & ~0o027)
    return AttributeChange(None, site_account.pw_gid, lambda mode: mode & ~0o027 | (mode & 0o004) << 3)


def _make_change_to_root_owned_and_readable(status, web_accounts):
    """Return root's to write, and readable for whoever of the web accounts reads it now."""
    if not web_accounts.can_write_file(status):
        return AttributeChange()
    group_and_mode = web_accounts.compute_group_and_mode_closed_to_writing(status)
    if group_and_mode is None:
        raise PathRefusal("no one group lets every web account that reads it go on reading")
    return AttributeChange(0, group_and_mode[0], lambda _mode: group_and_mode[1])


def _make_change_to_close_entry_to_others(entry, site_account, forbidden_bits):
    """Close a file to others. The site's own account keeps what it had as one of them, but for writing code."""
    status = entry.status
    if entry.acl_readers:
        return _make_change_to_close_file_with_acl(entry, site_account, forbidden_bits)
    if (
        site_account is None
        or site_account.pw_uid == status.st_uid
        or status.st_gid in os.getgrouplist(site_account.pw_name, site_account.pw_gid)
    ):
        return AttributeChange(None, None, lambda mode: mode & ~forbidden_bits)
    kept_bits = status.st_mode & (0o007 if entry.is_dir or webroot.is_in_upload_or_cache_folder(entry) else 0o005)
    return AttributeChange(None, site_account.pw_gid, lambda mode: (mode & ~(forbidden_bits | 0o070)) | kept_bits << 3)


def _make_change_to_close_file_with_acl(entry, site_account, forbidden_bits):
    """Close a file with an access list to others, and leave those whom it names what it gives them.

    What shows as its group's right is the most that the list gives anybody, and a group that it is given may be given
    more than others had. Raises PathRefusal where the site's own account reads it as one of the others.
    """
    if site_account is not None and site_account.pw_uid != entry.status.st_uid:
        groups = os.getgrouplist(site_account.pw_name, site_account.pw_gid)
        by_group = entry.status.st_gid in groups and ("group", None) in entry.acl_readers
        if not by_group and not ownership.is_account_named_in_access_list(
            entry.acl_readers, site_account.pw_uid, groups
        ):
            name = site_account.pw_name
            raise PathRefusal(
                "its access list does not name %s, which reads it: setfacl -m u:%s:r first" % (name, name)
            )
    return AttributeChange(None, None, lambda mode: mode & ~forbidden_bits)


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
    homes = site_applications.find_application_folders_below(root, TimeBudget(site_applications.HOMES_SECONDS))
    return [
        os.path.join(home, path)
        for home, layout in sorted(homes.items())
        if layout.kind == params["application"]
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
            "application": {"type": "str", "choices": list(registry.KINDS)},
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
