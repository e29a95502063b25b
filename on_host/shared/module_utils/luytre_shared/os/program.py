"""Start a program of the host's: no shell, the C locale, root's path, nothing on standard input unless it is given."""

import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def run_program_to_end(
    argv, seconds, input_bytes=b"", output=subprocess.PIPE, errors=subprocess.DEVNULL, environment=ENVIRONMENT
):
    """Return the process as it ended. Raises OSError, subprocess.TimeoutExpired."""
    return subprocess.run(
        argv,
        input=input_bytes,
        stdout=output,
        stderr=errors,
        env=environment,
        cwd="/",
        timeout=seconds,
        check=False,
    )
