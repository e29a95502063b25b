"""Take away from files of a site, by their kind, what the web server does not need."""

import os
import pwd

from ansible.module_utils.luytre.sites import site_applications, webroot
from ansible.module_utils.luytre_change.web_root_files import AttributeChange, put_owner_group_and_mode_if_different
from ansible.module_utils.luytre_change.web_root_paths import PathRefusal, open_regular_file_or_folder_in_folder
from ansible.module_utils.luytre_shared.applications import registry
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

MAX_ENTRIES = 1_000_000


def protect_site_files_by_kind(root_handle, kinds, web_user, seconds, check, application=None):
    """Return ``(items, refused, cut_short)`` of taking away what the web server does not need, by kind of file.

    ``application``: the kind of the CMS at the root.
    """
    cms = registry.CMS_BY_KIND[application] if application else None
    if cms and not site_applications.has_marks_in_folder(root_handle, cms.layout):
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
