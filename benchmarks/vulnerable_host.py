"""A lab host made vulnerable, found, mended, found to wait for a restart, and found fixed.

    .venv/bin/python -m benchmarks.vulnerable_host [HOST]

On the lab, whose host is brought back afterwards. An old library comes from an archive of the host's own, in which the
distribution's security suite has a newer one; a daemon maps it; a tracker and a catalogue of exploited ones that were
made up are imported. Then audits tell what ``updates.known_exploited`` says before ``harden``, after it, and after the
daemon was restarted. Exit code 1 when it says anything else.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor import lab
from auditor.audit import controls
from auditor.audit.run import audit_hosts
from auditor.hardening import harden
from auditor.hardening import plan as planning
from auditor.hardening.journal import Journal
from auditor.inventory import hosts as inventories
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.system import resources
from auditor.vulnerabilities.importer import import_vulnerability_data_files

OLD, NEW, CVE = "1.0-1", "1.0-1+deb13u1", "CVE-2026-31337"
CONTROLS = ("updates.security_pending", "updates.known_exploited")
EXPECTED = [
    ("made vulnerable", "affected", f"installed {OLD}, fixed {NEW}"),
    ("after harden", "restart_owed", f"installed {NEW}, fixed {NEW}, still run by /usr/bin/python3.13"),
    ("after the restart", "none", ""),
]
MADE = rf"""
set -eu
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
lib=/usr/lib/x86_64-linux-gnu
package() {{
    mkdir -p "$work/$1/DEBIAN" "$work/$1$lib"
    printf 'Package: libluytre1\nSource: luytre-made\nVersion: %s\nArchitecture: amd64\nMaintainer: Luy Tre <lab@luytre.test>\nDescription: made up\n' \
        "$1" > "$work/$1/DEBIAN/control"
    cp "$(readlink -f $lib/libz.so.1)" "$work/$1$lib/libluytre.so.1"
    dpkg-deb --build --root-owner-group "$work/$1" "$2" > /dev/null
}}
repository=/srv/luytre-made
mkdir -p "$repository"
package '{OLD}' "$work/old.deb"
package '{NEW}' "$repository/libluytre1.deb"
dpkg -i "$work/old.deb" > /dev/null
cd "$repository"
{{
    dpkg-deb -f libluytre1.deb
    printf 'Filename: ./libluytre1.deb\nSize: %s\nSHA256: %s\n' \
        "$(stat -c %s libluytre1.deb)" "$(sha256sum libluytre1.deb | cut -d' ' -f1)"
}} > Packages
printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: made-security\nDate: %s\nSHA256:\n %s %s Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" > Release
printf 'Types: deb\nURIs: file:%s\nSuites: ./\nTrusted: yes\n' "$repository" > /etc/apt/sources.list.d/luytre-made.sources
apt-get -qq update
systemd-run --quiet --unit luytre-made --property Type=exec /usr/bin/python3 -c \
    'import ctypes, time; ctypes.CDLL("libluytre.so.1"); open("/run/luytre-made", "w").close(); time.sleep(100000)'
for _ in $(seq 100); do test -e /run/luytre-made && exit 0; sleep 0.1; done
exit 1
"""


def data(folder: Path) -> list[Path]:
    """Return what is published of it."""
    release = {"status": "resolved", "repositories": {"trixie-security": NEW}, "fixed_version": NEW, "urgency": "high"}
    tracker = {"luytre-made": {CVE: {"scope": "remote", "description": "made up", "releases": {"trixie": release}}}}
    listed = {"cveID": CVE, "dateAdded": "2026-11-01", "dueDate": "2026-11-22", "vulnerabilityName": "made up"}
    told = {"tracker": tracker, "kev": {"catalogVersion": "1", "vulnerabilities": [listed]}}
    for name, value in told.items():
        (folder / name).write_text(json.dumps(value))
    return [folder / name for name in told]


def said(violations: tuple[Mapping[str, Any], ...]) -> tuple[str, str]:
    """State and evidence of what is found; ``none`` when nothing is."""
    for one in violations:
        if one["vulnerability"] == CVE:
            run_by = f", still run by {', '.join(one['still_run_by'])}" if "still_run_by" in one else ""
            return one["state"], f"installed {one['installed']}, fixed {one['fixed']}{run_by}"
    return "none", ""


def main() -> int:
    """Return each step, and what was found after it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "web3"
    catalogue = controls.load_catalogue()
    chosen = controls.Catalogue(controls=tuple(catalogue[one] for one in CONTROLS))
    known = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    hosts = [host for host in known.hosts if host.name == name]
    differing = 0
    with tempfile.TemporaryDirectory() as made, lab.hold_lab_session():
        os.environ["LUYTRE_STATE"] = f"{made}/state"
        import_vulnerability_data_files(data(Path(made)))
        lab.provide_pristine_machines([name])

        def step(number: int) -> planning.HardeningPlan:
            run, facts = audit_hosts(known, NOTHING_KNOWN, chosen, hosts)
            (found,) = [one for one in run.findings if one.control == "updates.known_exploited"]
            told = (EXPECTED[number][0], *said(found.violations))
            print(f"{told[0]}: {found.status.value}, {told[1]} ({told[2]})", flush=True)
            nonlocal differing
            differing += told != EXPECTED[number]
            return planning.make_hardening_plan(chosen, run, facts)

        if lab.run_on_machine_as_root(name, MADE).returncode:
            raise SystemExit("the host could not be made vulnerable")
        plan = step(0)
        done = harden.harden_hosts_in_batches(
            harden.HardeningOrder(known, hosts, plan, chosen, Journal(Path(made)), "made")
        )
        if not done.hardening.is_kept_and_fully_in_force:
            raise SystemExit(done.hardening.model_dump_json(indent=1))
        step(1)
        lab.run_on_machine_as_root(name, "systemctl restart luytre-made; sleep 1")
        step(2)
        lab.reset_machines_to_pristine_image([name])
    return int(differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
