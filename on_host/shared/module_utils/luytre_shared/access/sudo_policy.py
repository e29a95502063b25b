"""Read the policy of sudo in force, and whom it lets do what."""

import json

from ansible.module_utils.luytre_shared.os import account_files, trusted_inputs

MAIN = "/etc/sudoers"
MAX_GRANTS = 2000


def read_sudo_policy(reader):
    """Return the policy in force, with its aliases resolved, as cvtsudoers has it. Raises UnreadableFact."""
    return json.loads(reader.run(["cvtsudoers", "-f", "json", "-e", MAIN], at_stake=list_sudo_trusted_inputs()))


def list_sudo_trusted_inputs():
    return [
        *trusted_inputs.list_file_with_its_includes(MAIN, trusted_inputs.list_includes_in_sudoers_file),
        "/etc/sudo.conf",
        "/etc/cvtsudoers.conf",
    ]


def list_sudo_grants(policy, accounts, groups):
    """Return one entry for each account and rule: ``{account, via, commands, nopasswd}``.

    Account ``ALL`` means everybody.

    A rule needs no password by its tag, or by ``Defaults !authenticate`` for all, the account or its group.
    """
    everybody = [account["name"] for account in accounts]
    free = _list_accounts_freed_from_password(policy, accounts, groups)
    results = []
    for spec in policy.get("User_Specs", []):
        who = resolve_sudoers_members(spec.get("User_List", []), accounts, groups)
        for rule in spec.get("Cmnd_Specs", []):
            options = merge_defaults_options(rule)
            commands = [("!" if c.get("negated") else "") + str(c.get("command", "")) for c in rule.get("Commands", [])]
            for name, via in who:
                by_default = options.get("authenticate") is None and (name in free or "ALL" in free)
                results.append(
                    {
                        "account": name,
                        "via": via,
                        "commands": commands[:20],
                        "runs_as_root": _is_rule_run_as_root(rule),
                        "nopasswd": options.get("authenticate") is False or by_default,
                    }
                )
    roots = {account["name"] for account in accounts if account["uid"] == 0}
    known_names = set(everybody) | {"ALL"}
    return [grant for grant in results if grant["account"] in known_names and grant["account"] not in roots][
        :MAX_GRANTS
    ]


def _is_rule_run_as_root(rule):
    """Return whether a rule runs commands as root; sudo does so when it names nobody."""
    targets = rule.get("runasusers")
    if targets is None:
        return "runasgroups" not in rule
    return any(
        target.get("username") in ("root", "ALL") or target.get("userid") == 0
        for target in targets
        if not target.get("negated")
    )


def _list_accounts_freed_from_password(policy, accounts, groups):
    """Return accounts that ``Defaults`` free from the password; ``ALL`` for everybody."""
    free = set()
    for entry in policy.get("Defaults", []):
        value = merge_defaults_options(entry).get("authenticate")
        if value is None:
            continue
        binding = entry.get("Binding")
        if binding is None:
            names = {"ALL"}
        elif any(key in member for member in binding for key in ("username", "userid", "usergroup", "usergid")):
            names = {name for name, _ in resolve_sudoers_members(binding, accounts, groups)}
        else:
            names = {"ALL"} if value is False else set()
        free = free | names if value is False else free - names
    return free


def resolve_sudoers_members(members, accounts, groups):
    """Return ``(account, how it is named)`` of a sudoers list of users, groups and exclusions."""
    via_by_name = {}
    for member in members:
        names, via = _resolve_sudoers_member(member, accounts, groups)
        for name in names:
            if member.get("negated"):
                via_by_name.pop(name, None)
            else:
                via_by_name.setdefault(name, via)
    return list(via_by_name.items())


def _resolve_sudoers_member(member, accounts, groups):
    if member.get("username") == "ALL":
        return ["ALL"], "ALL"
    if "username" in member:
        return [str(member["username"])], "account"
    if "userid" in member:
        return [a["name"] for a in accounts if a["uid"] == member["userid"]], "uid %s" % member["userid"]
    for key, field in (("usergroup", "name"), ("usergid", "gid")):
        if key in member:
            of = [group for group in groups if group[field] == member[key]]
            return [
                name for group in of for name in account_files.list_group_members(group, accounts)
            ], "group %s" % member[key]
    return [], "other"


def merge_defaults_options(entry):
    options = {}
    for option in entry.get("Options", []):
        options.update(option)
    return options
