"""What a way back would bring back: keys, accounts and rights that have been taken away since."""

import hashlib
import os

MAX_SHOWN = 50


def describe_rights_regained_by_earlier_file(path, earlier_content, present_content):
    """Return words on what the earlier bytes of a file give that its present ones do not; nothing secret in them."""
    name = os.path.basename(path)
    old, new = (_split_into_uncommented_lines(content) for content in (earlier_content, present_content))
    if name.startswith("authorized_keys") or "/authorized_keys" in path:
        return ["key %s in %s" % (_compute_short_digest_of_line(line), path) for line in old if line not in new][
            :MAX_SHOWN
        ]
    if path in ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers") or path.startswith("/etc/sudoers.d/"):
        return _READERS.get(path, _describe_sudo_rules_regained)(path, old, new)[:MAX_SHOWN]
    return []


def _split_into_uncommented_lines(content):
    text = content.decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _compute_short_digest_of_line(line):
    return "sha256:" + hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:16]


def _split_lines_into_fields_by_name(lines):
    return {line.split(":")[0]: line.split(":") for line in lines}


def _describe_accounts_regained_in_passwd(_path, old_lines, new_lines):
    before, now = _split_lines_into_fields_by_name(old_lines), _split_lines_into_fields_by_name(new_lines)
    account_words = ["account %s" % name for name in before if name not in now]
    shell_words = [
        "a login shell for %s" % name
        for name, row in before.items()
        if name in now and _has_no_login_shell(now[name]) and not _has_no_login_shell(row)
    ]
    return account_words + shell_words


def _has_no_login_shell(passwd_fields):
    return passwd_fields[-1].endswith(("/nologin", "/false"))


def _describe_passwords_regained_in_shadow(_path, old_lines, new_lines):
    before, now = _split_lines_into_fields_by_name(old_lines), _split_lines_into_fields_by_name(new_lines)
    return [
        ("a password for %s" if then else "an empty password for %s") % name
        for name, then, present in (
            (name, _get_password_field_or_none(row), _get_password_field_or_none(now.get(name, ())))
            for name, row in before.items()
        )
        if None not in (then, present)
        and not _is_password_field_locked(then)
        and (_is_password_field_locked(present) or (present and not then))
    ]


def _get_password_field_or_none(shadow_fields):
    return shadow_fields[1] if len(shadow_fields) > 1 else None


def _is_password_field_locked(password):
    return password.startswith(("!", "*"))


def _describe_members_regained_in_group(_path, old_lines, new_lines):
    before, now = _split_lines_into_fields_by_name(old_lines), _split_lines_into_fields_by_name(new_lines)
    return [
        "%s in the group %s" % (member, name)
        for name, row in before.items()
        for member in row[-1].split(",")
        if member and member not in (now[name][-1].split(",") if name in now else [])
    ]


def _describe_sudo_rules_regained(path, old_lines, new_lines):
    return ["a rule of sudo in %s" % path] if [line for line in old_lines if line not in new_lines] else []


_READERS = {
    "/etc/passwd": _describe_accounts_regained_in_passwd,
    "/etc/shadow": _describe_passwords_regained_in_shadow,
    "/etc/group": _describe_members_regained_in_group,
}
