"""The accounts that are as good as root where a daemon's own test is run.

Declared administrators whom sudo lets do all.
"""

from ansible.module_utils.luytre_shared.access import sudo_policy
from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

SECONDS = 5


def make_trust_for_daemon_test(reader, read_paths, write_paths=()):
    """Return the Trust by which what a daemon's test reads and writes is judged.

    It is root's alone while that is enough. Where it is not, declared administrators count whom root's own sudoers make
    root without a limit, and groups in which there is nobody else: what they write there the daemon, which reads it as
    root at its next reload, would do for them anyway.
    """
    names = {name for name in reader.declared.get("admins") or () if isinstance(name, str)}
    enough = not reader.trust.describe_first_changer_on_paths(read_paths) and not any(
        map(reader.trust.describe_who_can_replace_path, write_paths)
    )
    if enough or not names:
        return reader.trust
    try:
        policy = sudo_policy.read_sudo_policy(reader.make_part_reader(SECONDS))
    except (UnreadableFact, ValueError):
        return reader.trust
    uids, gids = find_root_equivalent_accounts(
        policy, names, account_files.read_passwd_rows(), account_files.read_group_rows()
    )
    return PathTrust(uids, gids=gids)


def find_root_equivalent_accounts(policy, names, accounts, groups):
    """Return ``(uids, gids)`` that are as good as root: root's, and those of the named accounts that sudo
    makes root.
    """
    full_names = _find_names_that_sudo_makes_root(policy, names, accounts, groups)
    others = {account["uid"] for account in accounts if account["name"] not in full_names and account["uid"] != 0}
    uids = {0, *(account["uid"] for account in accounts if account["name"] in full_names)} - others
    alone = {account["name"] for account in accounts if account["uid"] in uids}
    members = {group["gid"]: set() for group in groups}
    for group in groups:
        members[group["gid"]].update(account_files.list_group_members(group, accounts))
    return tuple(sorted(uids)), tuple(sorted({0, *(gid for gid, who in members.items() if who and who <= alone)}))


def _find_names_that_sudo_makes_root(policy, names, accounts, groups):
    """Return those of the names that may run everything as root on every host, without an exception."""
    everywhere = [spec for spec in policy.get("User_Specs", []) if {"hostname": "ALL"} in spec.get("Host_List", [])]
    all_grants = sudo_policy.list_sudo_grants({**policy, "User_Specs": everywhere}, accounts, groups)
    full = {grant["account"] for grant in all_grants if grant["runs_as_root"] and grant["commands"] == ["ALL"]}
    limited_accounts = {
        grant["account"]
        for grant in sudo_policy.list_sudo_grants(policy, accounts, groups)
        if any(command.startswith("!") for command in grant["commands"])
    }
    return {name for name in names & full if not limited_accounts & {name, "ALL"}}
