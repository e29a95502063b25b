"""What the kernel records for auditd, and by which rules: both outlive the files, and auditd itself, until a reboot.

A journald that starts may end the recording, and Debian 12's does by default.
"""

from ansible.module_utils.luytre_guard.os import commands

JOURNALD = "systemd-journald.service"
_ON = b"enabled 1"
_LOCKED = b"enabled 2"
FOLDER = "/etc/audit/"


def is_on():
    """Return whether the kernel's audit is on, and not locked; False where there is no auditd."""
    try:
        return (
            commands.find_program("auditctl") is not None
            and _ON in commands.run_program_and_return_output(["auditctl", "-s"]).splitlines()
        )
    except commands.CommandFailure:
        return False


def restore(was_on, problems):
    """Turn the kernel's audit on again where it was, for an auditd that runs. Return what was done, as words."""
    if (
        not was_on
        or is_on()
        or commands.run_program_and_return_error_or_none(["systemctl", "is-active", "--quiet", "auditd.service"])
        is not None
    ):
        return []
    error = commands.run_program_and_return_error_or_none(["auditctl", "-e", "1"])
    problems += [] if error is None else ["the kernel does not record for auditd any more: " + error]
    return ["record for auditd"]


def load_rules_after_change(changed_paths, problems):
    """Have the kernel record by the rules that are in the files, when some of them changed. Return actions, as words.

    Rules without a running auditd are taken away: what they record would fill the kernel's own log.
    """
    if not any(path.startswith(FOLDER) for path in changed_paths) or commands.find_program("auditctl") is None:
        return []
    if commands.run_program_and_return_error_or_none(["systemctl", "is-active", "--quiet", "auditd.service"]) is None:
        return _change_rules([["auditctl", "-D"], ["augenrules", "--load"]], "load the audit rules", problems)
    return clear_rules(problems)


def clear_rules(problems):
    """Have the kernel record nothing more, for an auditd that ends or is to be removed. Return actions, as words."""
    return _change_rules([["auditctl", "-D"], ["auditctl", "-e", "0"]], "clear the audit rules", problems)


def _change_rules(argument_lists, action, problems):
    """Run programs that change rules; a lock, which only a reboot opens, is named in place of each one's failure."""
    if commands.find_program("auditctl") is None:
        return []
    try:
        is_locked = _LOCKED in commands.run_program_and_return_output(["auditctl", "-s"]).splitlines()
    except commands.CommandFailure:
        return []  # a kernel without audit, or a container's: it has none of our rules
    if is_locked:
        problems.append("the kernel keeps its audit rules until the next reboot: somebody has locked them")
        return []
    errors = [commands.run_program_and_return_error_or_none(arguments) for arguments in argument_lists]
    problems += ["could not %s: %s" % (action, error) for error in errors if error is not None]
    return [action]
