"""Ansible's own command, by which a playbook is played; a third of the processor's time of a start is spared.

What Ansible loads stays, so that nothing is looked through for garbage before the first play (the callback begins with it). And when
it has ended, with its files closed and its processes ended by itself, nothing is taken down that ends with the process.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

NAME = "ansible-playbook"
"""By which the process is found among others, as ever."""


def main() -> NoReturn:
    """Play what our arguments name, as ``ansible-playbook`` does; ends this process."""
    gc.disable()
    with suppress(OSError):
        Path("/proc/self/comm").write_text(NAME, "ascii")
    from ansible.cli import playbook

    code = 0
    try:
        playbook.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
