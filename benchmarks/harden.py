"""What a hardening's way back costs: the safe path beside the bare playbook, and a hardening with nothing to do.

    .venv/bin/python benchmarks/harden.py [HOST] [REPEATS]

On the lab. Each time the same hardened host is loosened in the same way, then mended: once by playing the plan and
auditing, as without a way back; once with looks, snapshot, timer, probes and confirmation. Seconds of wall time.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from auditor import lab
from auditor.audit import controls
from auditor.audit.run import audit_hosts
from auditor.fleet.runner import PlaybookOrder, play
from auditor.hardening import harden
from auditor.hardening import plan as planning
from auditor.hardening.journal import Journal
from auditor.inventory import hosts as inventories
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.system import resources

LOOSEN = "rm -f /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh; chmod 644 /etc/crontab"


def row(what: str, seconds: list[float]) -> str:
    return f"{what:<44} min {min(seconds):6.2f}  median {statistics.median(seconds):6.2f}  n={len(seconds)}"


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "web3"
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    catalogue = controls.load_catalogue()
    known = inventories.load_inventory(resources.get_shipped_inventories_folder() / "lab")
    hosts = [host for host in known.hosts if host.name == name]
    with lab.hold_lab_session(), tempfile.TemporaryDirectory() as folder:
        lab.provide_pristine_machines()
        journal = Journal(Path(folder))

        def planned() -> planning.HardeningPlan:
            run, facts = audit_hosts(known, NOTHING_KNOWN, catalogue, hosts)
            return planning.make_hardening_plan(catalogue, run, facts)

        harden.harden_hosts_in_batches(harden.HardeningOrder(known, hosts, planned(), catalogue, journal, "first"))
        lab.keep_state_of_machines([name])

        def loosened() -> planning.HardeningPlan:
            lab.restore_kept_state_of_machines([name])
            lab.run_on_machine_as_root(name, LOOSEN)
            return planned()

        bare, safe, nothing, audits = [], [], [], []
        for number in range(repeats):
            plan = loosened()
            started = time.monotonic()
            controls_due = plan.build_luytre_plan_variable()
            play(
                PlaybookOrder(
                    "apply.yml",
                    inventory=known.path,
                    limit=[name],
                    variables={"luytre_plan": controls_due},
                    tags=sorted(controls_due[name]),
                )
            )
            audit_hosts(known, NOTHING_KNOWN, catalogue, hosts)
            bare.append(time.monotonic() - started)
            plan = loosened()
            started = time.monotonic()
            done = harden.harden_hosts_in_batches(
                harden.HardeningOrder(known, hosts, plan, catalogue, journal, f"safe-{number}")
            )
            safe.append(time.monotonic() - started)
            if not done.hardening.is_kept_and_fully_in_force:
                raise SystemExit(done.hardening.model_dump_json(indent=1))
            started = time.monotonic()
            if not planned().has_no_changes_to_make:
                raise SystemExit("something is left to do")
            nothing.append(time.monotonic() - started)
            started = time.monotonic()
            audit_hosts(known, NOTHING_KNOWN, catalogue, hosts)
            audits.append(time.monotonic() - started)
        lab.stop_machines()
    print(f"{os.cpu_count()} cores, {name}, {len(plan.build_luytre_plan_variable()[name])} controls to mend")
    print(row("bare: play the plan, audit", bare))
    print(row("safe: look, arm, play, probe, confirm and audit", safe))
    print(row("nothing to do: audit and plan", nothing))
    print(row("audit alone", audits))
    print(f"the way back costs {statistics.median(safe) - statistics.median(bare):.2f} s (medians)")


if __name__ == "__main__":
    main()
