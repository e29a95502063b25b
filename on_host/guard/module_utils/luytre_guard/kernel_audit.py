"""Whether the kernel records for auditd: a journald that starts may end that, and Debian 12's does by default."""

from . import commands

JOURNALD = "systemd-journald.service"
_ON = b"enabled 1"


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
