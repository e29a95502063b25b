"""A lab host is asked about a list that must not leave this machine, and then searched for every value of it.

    .venv/bin/python -m benchmarks.indicators_on_host [HOST]

On the lab, whose host is brought back afterwards. The list is made up and TLP:RED; the host has met some of its values,
so that they have to be found. All its files are searched afterwards, and its journal. What the host itself wrote of its
visitors is in one file that is left out. Exit code 1 when a value is anywhere else, or nothing is met.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from auditor import lab
from auditor.audit import controls
from auditor.audit.run import audit_hosts
from auditor.indicators.importer import import_indicator_files
from auditor.inventory import hosts as inventories
from auditor.models import clock
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.system import resources

VALUES = 2_000
MET = ("c7.evil.test", "203.0.114.77")
LOG = "var/log/mail.log"
WRITTEN = (
    f"printf '2026-11-27T08:00:00 web postfix/smtp[7]: A1: to=<a@{MET[0]}>, "
    f"relay=mx.other.test[{MET[1]}]:25\\n' > /{LOG}"
)
LARGEST = 50_000_000


def listed() -> list[str]:
    """Return the made-up values."""
    names = (f"c{number}.evil.test" for number in range(VALUES // 2))
    addresses = (f"203.0.{114 + number // 250}.{1 + number % 250}" for number in range(VALUES // 2))
    return [*names, *addresses]


def contents(data: bytes) -> Iterator[bytes]:
    """Yield a file's bytes, and what they unpack to."""
    yield data
    if data[:2] == b"\x1f\x8b":
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(data)


def files(root: Path) -> Iterator[Path]:
    """Yield every plain file of the host, its memory's folders too."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            if (
                path.is_file()
                and not path.is_symlink()
                and path.relative_to(root).parts[0] not in ("proc", "sys", "dev")
            ):
                yield path


def values_in(data: bytes, sought: re.Pattern[bytes]) -> Iterator[str]:
    """Return the first value in each part of some bytes."""
    found = (sought.search(part) for part in contents(data))
    return (hit[0].decode() for hit in found if hit)


def main() -> int:
    """Return the audit, what it met, and where values are."""
    name = sys.argv[1] if len(sys.argv) > 1 else "web2"
    known = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    catalogue = controls.load_catalogue()
    chosen = controls.Catalogue(controls=(catalogue["firewall.known_bad"],))
    values = listed()
    with tempfile.TemporaryDirectory() as made, lab.hold_lab_session():
        os.environ["LUYTRE_STATE"] = f"{made}/state"
        rows = (f"{value},{clock.today()},TLP:RED" for value in values)
        file = Path(made) / "list.csv"
        file.write_text("\n".join(["value,first seen,tlp", *rows]) + "\n")
        import_indicator_files([file], name=None, default_tlp="RED", today=clock.today())
        lab.provide_pristine_machines([name])
        lab.run_on_machine_as_root(name, WRITTEN)
        run, _ = audit_hosts(known, NOTHING_KNOWN, chosen, [host for host in known.hosts if host.name == name])
        met = sorted({one["indicator"] for finding in run.findings for one in finding.violations})
        root = lab.get_init_process_folder_of_machine(name) / "root"
        sought = re.compile(b"|".join(re.escape(value.encode()) + rb"(?![0-9])" for value in values))
        looked, wrong = 0, []
        for path in files(root):
            try:
                data = path.read_bytes() if path.stat().st_size < LARGEST else b""
            except OSError:
                continue
            looked += 1
            if path.relative_to(root) != Path(LOG):
                wrong += [f"/{path.relative_to(root)}: {hit}" for hit in values_in(data, sought)]
        wrong += [
            f"the journal: {hit}"
            for hit in values_in(lab.run_on_machine_as_root(name, "journalctl --all").stdout, sought)
        ]
        lab.reset_machines_to_pristine_image([name])
    print(f"asked about {len(values)} values, met: {', '.join(met)}")
    print(f"{looked} files of {name} and its journal searched: {len(wrong)} have a value")
    print("\n".join(wrong[:20]))
    return int(bool(wrong) or met != sorted(MET))


if __name__ == "__main__":
    raise SystemExit(main())
