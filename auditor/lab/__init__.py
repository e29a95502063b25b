"""Run the lab: real Debian machines with real weaknesses, on this machine, for tests and demonstrations.

- ``lab``: the lab as a whole; ``machine``: one machine; ``state``: its keys, images and machines on disk, and the lock.
- ``spec``: what ``spec.yml`` and ``weaknesses.yml`` say; ``hosts/``: the files of each host.
- ``images``, ``layers``, ``apt``, ``bytecode``, ``scripts/``: images, their cached layers and what builds them.
- ``ca``: the certificate authority of the lab; ``ssh``, ``inside``: commands on machines, over SSH and inside them.
- ``compromise``, ``compromised/``: what intruders leave, put on running machines without its harm.
- ``drill``, ``drill_scanner``: break a control, find it, fix it; what drills need besides an audit.
- ``undeclared_changes``: whether a hardening changed only what its controls declare.

Decisions: 18 (servers that others left), 38 (a compromised lab).
"""

from auditor.lab.compromise import PlantedIntrusionTrace, load_planted_intrusion_traces
from auditor.lab.lab import (
    MachineStatus,
    boot_machines_and_await_sites,
    build_machine_images,
    build_ssh_command_of_machine,
    compromise_hosts,
    cut_power,
    get_folder_of_changes_on_machine,
    get_init_process_folder_of_machine,
    get_standard_machines_by_name,
    is_ssh_login_as_root_possible,
    keep_state_of_machines,
    list_status_of_machines,
    plug_or_pull_network_cable_of_machine,
    provide_pristine_machines,
    reset_machines_to_pristine_image,
    restore_kept_state_of_machines,
    run_on_machine_as_root,
    stop_machines,
)
from auditor.lab.spec import Weakness, load_lab_spec, load_planted_weaknesses
from auditor.lab.state import LabState, get_lab_state_in_use, hold_lab_session

__all__ = [
    "LabState",
    "MachineStatus",
    "PlantedIntrusionTrace",
    "Weakness",
    "boot_machines_and_await_sites",
    "build_machine_images",
    "build_ssh_command_of_machine",
    "compromise_hosts",
    "cut_power",
    "get_folder_of_changes_on_machine",
    "get_init_process_folder_of_machine",
    "get_lab_state_in_use",
    "get_standard_machines_by_name",
    "hold_lab_session",
    "is_ssh_login_as_root_possible",
    "keep_state_of_machines",
    "list_status_of_machines",
    "load_lab_spec",
    "load_planted_intrusion_traces",
    "load_planted_weaknesses",
    "plug_or_pull_network_cable_of_machine",
    "provide_pristine_machines",
    "reset_machines_to_pristine_image",
    "restore_kept_state_of_machines",
    "run_on_machine_as_root",
    "stop_machines",
]
