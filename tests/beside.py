"""All tests: those on the lab, and beside them, since the lab mostly waits, the linters and the tests that need none.

What went on beside is printed when it has ended. Exit code 0 when all of it did.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

PYTEST = (sys.executable, "-m", "pytest")


def main() -> int:
    """Run both."""
    with tempfile.TemporaryFile() as said:
        checks = f"make --no-print-directory check && exec nice {' '.join(PYTEST)} -m 'not lab'"
        beside = subprocess.Popen(["sh", "-c", checks], stdout=said, stderr=subprocess.STDOUT)
        on_the_lab = subprocess.run([*PYTEST, "-m", "lab"], check=False).returncode
        without = beside.wait()
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
    return on_the_lab or without


if __name__ == "__main__":
    sys.exit(main())
