"""The lab as a whole: up, down, reset, and what state it is in."""

from __future__ import annotations

import functools
import http.client
import itertools
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from auditor.errors import InputError, LabError
from auditor.lab import bytecode, ca, compromise, images, inside, machine, ssh
from auditor.lab.spec import LabHost, LabSpec, load_lab_spec
from auditor.lab.state import LabState, get_lab_state_in_use, lock_images, lock_lab, record_whose_lab_is_up

Progress = Callable[[str], None]
_PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "openssl": "openssl",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "unshare": "util-linux",
}
_KEYRING_FILE = Path("/usr/share/keyrings/debian-archive-keyring.pgp")
_BOOT_SECONDS = 180


@dataclass(frozen=True)
class MachineStatus:
    """One machine as it is now. ``answers``: SSH and every site of it do. ``current``: its image is the latest.

    ``compromised``: what intruders leave was put on it since it was pristine.
    """

    name: str
    address: str
    release: str
    sites: tuple[str, ...]
    running: bool
    current: bool
    answers: bool
    compromised: bool

    def as_json(self) -> dict[str, object]:
        """Return the data for ``--json``."""
        return asdict(self)


def _ignore_progress(_: str) -> None:
    return


def build_machine_images(hosts: Iterable[str] | None = None, progress: Progress = _ignore_progress) -> None:
    """Have the images of machines (default: all, those of tests too), and boot none."""
    _check_this_computer_can_run_lab()
    own, lab = get_lab_state_in_use(), load_lab_spec()
    names = list(lab.hosts) if hosts is None else _resolve_names(lab, hosts)
    with lock_lab(own):
        _prepare_lab_state(own)
    with lock_images():
        images.make_missing_layers(lab, own, names, progress)


def _prepare_lab_state(own: LabState) -> None:
    own.make_folders_key_and_password()
    ca.make_certificate_authority(own.ca_certificate_file)


def boot_machines_and_await_sites(hosts: Iterable[str] | None = None, progress: Progress = _ignore_progress) -> None:
    """Have machines (default: the standard ones) running and their sites serving; others stay as they are."""
    _check_this_computer_can_run_lab()
    own, lab = get_lab_state_in_use(), load_lab_spec()
    names = _resolve_names(lab, hosts)
    with lock_lab(own):
        _prepare_lab_state(own)
        if images.list_missing_layers(lab, own, names):
            with lock_images():
                images.make_missing_layers(lab, own, names, progress)
        tops = {name: images.get_top_image_layer_of_machine(lab, name, own) for name in lab.hosts}
        stale = [name for name in names if machine.get_digest_of_running_image(name, own) != tops[name].digest]
        if stale:
            record_whose_lab_is_up(own)
            own.known_hosts_file.write_text(ssh.format_known_hosts(lab, tops, own), "ascii")
            machine.make_network_bridge(lab)
        _boot_machines(lab, own, stale, progress)
        _await_machines(lab, own, names)


def compromise_hosts(hosts: Iterable[str] | None = None, progress: Progress = _ignore_progress) -> None:
    """Put traces of intruders on running machines (default: the standard ones).

    Machines that got them since they were pristine are left out.

    Raises InputError when nothing is listed for any of them, LabError when it cannot be put there.
    """
    own, lab = get_lab_state_in_use(), load_lab_spec()
    planted_hosts = {item.host for item in compromise.load_planted_intrusion_traces()}
    names = [name for name in _resolve_names(lab, hosts) if name in planted_hosts]
    if not names:
        raise InputError(
            "there is nothing to plant on these machines", mend="one of {names}", names=", ".join(sorted(planted_hosts))
        )
    with lock_lab(own):
        for name in (name for name in names if not own.get_compromise_mark(name).exists()):
            progress(f"compromising {name}")
            compromise.plant_intrusion_traces_on_machine(
                name, functools.partial(inside.run_inside_machine, name, timeout=120)
            )
            own.get_compromise_mark(name).touch()
        _await_machines(lab, own, names)


def stop_machines(hosts: Iterable[str] | None = None) -> None:
    """End machines (default: all), and remove the bridge after the last one that uses it.

    What they changed is forgotten; images and keys are kept.
    """
    _check_this_computer_can_run_lab()
    own, lab = get_lab_state_in_use(), load_lab_spec()
    with lock_lab(own):
        for name in _list_described_and_left_machines(lab, own) if hosts is None else _resolve_names(lab, hosts):
            machine.stop_machine_and_discard_changes(name, own)
            shutil.rmtree(own.get_kept_folder(name), ignore_errors=True)
        if not any(machine.is_boot_script_of_machine_alive(name) for name in lab.hosts) and not machine.is_bridge_used(
            lab
        ):
            machine.remove_network_bridge(lab)
            shutil.rmtree(own.bytecode_folder, ignore_errors=True)
            record_whose_lab_is_up(None)


def reset_machines_to_pristine_image(hosts: Iterable[str] | None = None, progress: Progress = _ignore_progress) -> None:
    """Bring machines (default: the standard ones) back to their pristine image, and wait until they serve."""
    _check_this_computer_can_run_lab()
    own, lab = get_lab_state_in_use(), load_lab_spec()
    names = _resolve_names(lab, hosts)
    with lock_lab(own):
        if not any(machine.is_boot_script_of_machine_alive(name) for name in lab.hosts):
            raise InputError("the lab is not running", mend="auditor lab up")
        if images.list_missing_layers(lab, own, names):
            raise InputError("the images are out of date", mend="auditor lab up")
        record_whose_lab_is_up(own)
        machine.make_network_bridge(lab)
        _boot_machines(lab, own, names, progress)
    _await_machines(lab, own, names)


def provide_pristine_machines(hosts: Iterable[str] | None = None, progress: Progress = _ignore_progress) -> None:
    """Have machines (default: the standard ones) up on their latest images, unchanged, whatever state they are in."""
    names = _resolve_names(load_lab_spec(), hosts)
    is_built = not images.list_missing_layers(
        load_lab_spec(), get_lab_state_in_use(), names
    )  # another version of the lab sweeps those that it does not use
    if is_built and all(
        machine.running and machine.current for machine in list_status_of_machines() if machine.name in names
    ):
        reset_machines_to_pristine_image(names, progress)
    else:
        stop_machines(names)
        boot_machines_and_await_sites(names, progress)


def keep_state_of_machines(hosts: Sequence[str]) -> None:
    """Put aside the state that machines are in, for ``restore_kept_state_of_machines``; they go on in it."""
    own, lab = get_lab_state_in_use(), load_lab_spec()
    with lock_lab(own):
        for name in hosts:
            machine.keep_changes_of_machine_and_reboot(
                lab, _check_name(lab, name), images.get_top_image_layer_of_machine(lab, name, own), own
            )
        _await_machines(lab, own, hosts)


def restore_kept_state_of_machines(hosts: Sequence[str]) -> None:
    """Bring machines back to the state that ``keep_state_of_machines`` put aside, and wait until they serve."""
    own, lab = get_lab_state_in_use(), load_lab_spec()
    with lock_lab(own):
        _boot_machines(lab, own, [_check_name(lab, name) for name in hosts], _ignore_progress, use_kept=True)
    _await_machines(lab, own, hosts)


def list_status_of_machines() -> list[MachineStatus]:
    """Return every machine as it is now."""
    own, lab = get_lab_state_in_use(), load_lab_spec()
    if not own.private_key_file.exists():
        return [_make_status(lab, name, own, None) for name in lab.hosts]
    with ThreadPoolExecutor(len(lab.hosts)) as pool:
        return list(
            pool.map(
                lambda name: _make_status(lab, name, own, images.get_top_image_layer_of_machine(lab, name, own).digest),
                lab.hosts,
            )
        )


def get_standard_machines_by_name() -> dict[str, LabHost]:
    """Return the standard machines by name."""
    return {name: load_lab_spec().hosts[name] for name in load_lab_spec().standard}


def get_folder_of_changes_on_machine(host: str) -> Path:
    """Return the folder that holds exactly what has changed on a machine since it was pristine, or kept."""
    return get_lab_state_in_use().get_folder_of_machine(_check_name(load_lab_spec(), host)) / "upper"


def get_init_process_folder_of_machine(host: str) -> Path:
    """Return a running machine's first process, as its folder in /proc.

    All files as the machine has them are below ``root`` there.

    Raises LabError when it does not run.
    """
    return machine.find_init_process(_check_name(load_lab_spec(), host))


def cut_power(host: str) -> None:
    """Cut a machine's power and let it boot again; it is not waited for."""
    own, lab = get_lab_state_in_use(), load_lab_spec()
    with lock_lab(own):
        machine.cut_power(lab, _check_name(lab, host), images.get_top_image_layer_of_machine(lab, host, own), own)


def plug_or_pull_network_cable_of_machine(host: str, *, up: bool) -> None:
    """Plug a machine's network cable in, or pull it."""
    machine.plug_or_pull_network_cable(_check_name(load_lab_spec(), host), up=up)


def run_on_machine_as_root(
    host: str, program: str | Sequence[str], stdin_data: bytes | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script (a string) or a program (its arguments) as root inside a machine; 255 when it does not run."""
    return inside.run_inside_machine(_check_name(load_lab_spec(), host), program, stdin_data, timeout=timeout)


def is_ssh_login_as_root_possible(host: str) -> bool:
    """Return whether a machine lets the automation user in over SSH, and become root."""
    lab = load_lab_spec()
    return ssh.is_ssh_login_as_root_possible(lab, _check_name(lab, host), get_lab_state_in_use())


def build_ssh_command_of_machine(host: str, *, remote: str | None = None, terminal: bool = False) -> list[str]:
    """Return the ssh command line that reaches a machine as the automation user."""
    lab = load_lab_spec()
    return ssh.build_ssh_command_of_machine(
        lab, _check_name(lab, host), get_lab_state_in_use(), remote=remote, terminal=terminal
    )


def _resolve_names(lab: LabSpec, names: Iterable[str] | None) -> list[str]:
    return list(lab.standard) if names is None else [_check_name(lab, name) for name in names]


def _check_name(lab: LabSpec, name: str) -> str:
    if name not in lab.hosts:
        raise InputError(
            "the lab has no machine {name}", mend="one of {names}", name=repr(name), names=", ".join(lab.hosts)
        )
    return name


def _list_described_and_left_machines(lab: LabSpec, own: LabState) -> list[str]:
    folder = own.root / "machines"
    return sorted({*lab.hosts, *(entry.name for entry in folder.iterdir())} if folder.is_dir() else lab.hosts)


def _check_this_computer_can_run_lab() -> None:
    if os.geteuid() != 0:
        raise InputError("the lab requires root", mend="sudo auditor lab …")
    missing_packages = {package for program, package in _PACKAGES.items() if shutil.which(program) is None}
    if not _KEYRING_FILE.exists():
        missing_packages.add("debian-archive-keyring")
    if missing_packages:
        raise InputError(
            "the lab requires {packages}",
            mend="apt-get install {missing_packages}",
            packages=", ".join(sorted(missing_packages)),
            missing_packages=" ".join(sorted(missing_packages)),
        )


def _boot_machines(
    lab: LabSpec, own: LabState, names: Sequence[str], progress: Progress, *, use_kept: bool = False
) -> None:
    def boot_machine(name: str) -> None:
        machine.stop_machine_and_discard_changes(name, own)
        machine.boot_machine_on_image(
            lab,
            name,
            images.get_top_image_layer_of_machine(lab, name, own),
            own,
            machine.list_kept_layers(name, own) if use_kept else (),
        )

    for name in names:
        progress(f"booting {name}")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(boot_machine, names))


def _await_machines(lab: LabSpec, own: LabState, names: Iterable[str]) -> None:
    deadline = time.monotonic() + _BOOT_SECONDS

    def await_machine(name: str) -> None:
        log = own.get_folder_of_machine(name) / "console.log"
        for attempt in itertools.count(1):
            if _is_machine_answering_http_and_ssh(lab, name, own):
                bytecode.restore_bytecode_on_booted_machine(machine.find_init_process(name), own.bytecode_folder)
                return
            if attempt % 10 == 0 and not machine.is_boot_script_of_machine_alive(name):
                raise LabError(f"{name} did not boot; the end of {log}:\n{log.read_text('utf-8', 'replace')[-600:]}")
            if time.monotonic() > deadline:
                raise LabError(f"{name} does not serve after {_BOOT_SECONDS} s; see {log}")
            time.sleep(0.1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(await_machine, names))


def _is_machine_answering_http_and_ssh(lab: LabSpec, name: str, own: LabState) -> bool:
    host = lab.hosts[name]
    address = str(host.address)
    # SSH last, and by a login alone: sshd shuts an address out for connections that end without one.
    return all(
        _is_site_serving_at_address(address, domain) for domain in host.sites
    ) and ssh.is_ssh_login_as_root_possible(lab, name, own)


def _is_site_serving_at_address(address: str, domain: str) -> bool:
    """Return whether a site's home page comes; where http only points to https, whether https gives it."""
    status, location = _request_home_page(address, domain)
    if 300 <= status < 400 and location.startswith(f"https://{domain}/"):
        status, _location = _request_home_page(address, domain, https=True)
    return 200 <= status < 400


def _request_home_page(address: str, domain: str, *, https: bool = False) -> tuple[int, str]:
    """Return the status and ``Location`` of a site's home page; 0 when nothing answers.

    Whether a certificate is valid is for the audit: whether the site answers is asked here.
    """
    connection = http.client.HTTPConnection(address, 443 if https else 80, timeout=1)
    try:
        connection.connect()
        connection.sock.settimeout(5)
        if https:
            connection.sock = _make_context_without_verification().wrap_socket(connection.sock, server_hostname=domain)
        connection.request("GET", "/", headers={"Host": domain})
        response = connection.getresponse()
        return response.status, response.getheader("Location", "")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


@functools.cache
def _make_context_without_verification() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _make_status(lab: LabSpec, name: str, own: LabState, latest: str | None) -> MachineStatus:
    host = lab.hosts[name]
    image = machine.get_digest_of_running_image(name, own)
    return MachineStatus(
        name=name,
        address=str(host.address),
        release=host.release,
        sites=tuple(host.sites),
        running=image is not None,
        current=image is not None and image == latest,
        answers=image is not None and _is_machine_answering_http_and_ssh(lab, name, own),
        compromised=image is not None and own.get_compromise_mark(name).exists(),
    )
