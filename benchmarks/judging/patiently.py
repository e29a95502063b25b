"""Run the program against a host whose processor is emulated: each of its time limits is that many times as long.

python -m benchmarks.judging.patiently ARGUMENTS
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import auditor.fleet
import auditor.hardening
from auditor.cli import main

TIMES = 10


def lengthen() -> None:
    """Make the time limits of what asks and changes hosts longer, which are their modules' constants."""
    for package in (auditor.fleet, auditor.hardening):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    for name, module in list(sys.modules.items()):
        if name.startswith(("auditor.fleet.", "auditor.hardening.")):
            for constant, value in list(vars(module).items()):
                if constant.endswith("_SECONDS") and isinstance(value, int | float):
                    setattr(module, constant, value * TIMES)


if __name__ == "__main__":
    lengthen()
    main()
