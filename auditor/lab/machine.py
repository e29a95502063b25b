"""Machines: starting, finding and stopping them. A machine lives on when the command that started it ends."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from auditor.errors import LabError
from auditor.lab import bytecode
from auditor.lab.layers import ImageLayer
from auditor.lab.spec import HERE, LabSpec
from auditor.lab.state import LabState

_SCRIPT = HERE / "scripts/machine.sh"
_MARK = "luytre-machine"
_BELOW = "below"
"""A file that names what was kept and lies below a machine, top first; absent where it stands on its image alone."""
_WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
_ENOUGH_WATCHERS = 1024
"""Of files: a machine's programs have some ten, and the kernel lets all of root's together have 128, unless told
otherwise.
"""
_CGROUPS = (Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))


def make_stable_mac_of_address(address: IPv4Address) -> str:
    """Return a locally administered MAC that stays the same when a machine is made anew.

    Neighbours need not relearn it.
    """
    return "02:00:" + address.packed.hex(":")


def boot_machine_on_image(
    spec: LabSpec, name: str, top: ImageLayer, state: LabState, kept_layers: Sequence[Path] = ()
) -> None:
    """Boot a machine on a pristine image, or on the layers ``kept_layers`` over it.

    Nothing of an earlier one may be running.
    """
    place = state.get_folder_of_machine(name)
    _remove_folder_tree(place)
    for folder in ("upper", "work", "root"):
        (place / folder).mkdir(parents=True)
        (place / folder).chmod(0o755)
    if kept_layers:
        (place / _BELOW).write_text("\n".join(map(str, kept_layers)))
    _boot_machine_over_layers(spec, name, top, state)


def keep_changes_of_machine_and_reboot(spec: LabSpec, name: str, top: ImageLayer, state: LabState) -> None:
    """End a machine at once, as a power cut would, put aside a copy of what it changed, and boot it again.

    It goes on in its own files, which a host knows again by their numbers. Who is brought back to the copy has it as a
    layer below: to copy it for each boot took seconds.
    """
    _end_processes_of_machine(name, state)
    place, aside, below = (
        state.get_folder_of_machine(name),
        state.get_kept_folder(name),
        _read_kept_layers_below_machine(state.get_folder_of_machine(name)),
    )
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in set(aside.iterdir()).difference(below):
        _remove_folder_tree(old)
    layer = aside / f"{len(below):03}-{secrets.token_hex(4)}"
    subprocess.run(["cp", "--archive", "--no-target-directory", place / "upper", layer], check=True)
    _boot_machine_over_layers(spec, name, top, state)


def list_kept_layers(name: str, state: LabState) -> list[Path]:
    """Return the layers that a machine was kept in, top first."""
    return sorted(state.get_kept_folder(name).iterdir(), reverse=True)


def cut_power(spec: LabSpec, name: str, top: ImageLayer, state: LabState) -> None:
    """End a machine at once and boot it again with what it changed."""
    _end_processes_of_machine(name, state)
    _boot_machine_over_layers(spec, name, top, state)


def _read_kept_layers_below_machine(machine_folder: Path) -> list[Path]:
    """Return what was kept and lies below a machine, top first."""
    names = machine_folder / _BELOW
    return [Path(line) for line in names.read_text().splitlines()] if names.exists() else []


def _raise_kernel_limit_of_file_watchers() -> None:
    """Have the kernel let all machines watch files side by side: it counts them as root's.

    It stays so until this machine's next boot.
    """
    if int(_WATCHERS.read_text("ascii")) < _ENOUGH_WATCHERS:
        _WATCHERS.write_text(f"{_ENOUGH_WATCHERS}\n", "ascii")


def _boot_machine_over_layers(spec: LabSpec, name: str, top: ImageLayer, state: LabState) -> None:
    _raise_kernel_limit_of_file_watchers()
    place = state.get_folder_of_machine(name)
    layers = [
        *_read_kept_layers_below_machine(place),
        *(layer.files(state.image_layer_cache_folder) for layer in top.stack),
    ]
    lower = ":".join(map(str, layers))
    host, network = spec.hosts[name], spec.network
    addresses = [f"{host.address}/{network.prefix}"]
    if host.address6:
        addresses.append(f"{host.address6}/{network.controller6.network.prefixlen}")
    command = [
        "setsid", "--fork", "sh", "-eu", str(_SCRIPT), name, str(place), lower, " ".join(addresses),
        make_stable_mac_of_address(host.address), network.bridge, _MARK,
    ]  # fmt: skip
    (place / "image").write_text(top.digest)
    with (place / "console.log").open("wb") as console:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
            check=True, cwd="/",
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        )  # fmt: skip


def is_boot_script_of_machine_alive(name: str) -> bool:
    """Return whether what boots a machine, and boots it again after a reboot inside, is still there."""
    return any(_is_boot_script_of_machine(arguments, name) for _, arguments in _iter_process_ids_with_arguments())


def get_digest_of_running_image(name: str, state: LabState) -> str | None:
    """Return the digest of the image that a running machine was booted on, or None when it does not run."""
    if not is_boot_script_of_machine_alive(name) or not _list_inside_processes(name):
        return None
    try:
        return (state.get_folder_of_machine(name) / "image").read_text()
    except OSError:
        return None


def find_init_process(name: str) -> Path:
    """Return a running machine's first process, as its folder in /proc. Raises LabError when there is none."""
    for pid in _list_inside_processes(name):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
            if re.search(r"^NSpid:.*\t1$", status, re.M):
                return Path(f"/proc/{pid}")
    raise LabError(f"{name} does not run")


def stop_machine_and_discard_changes(name: str, state: LabState) -> None:
    """End a machine at once, with everything that belongs to it, and forget what it changed."""
    _end_processes_of_machine(name, state)
    _remove_folder_tree(state.get_folder_of_machine(name))


def _end_processes_of_machine(name: str, state: LabState) -> None:
    """Find its processes by what they are, so it also clears what a killed command left behind."""
    with contextlib.suppress(LabError):
        bytecode.save_bytecode_compiled_on_machine(find_init_process(name), state.bytecode_folder)
    deadline = time.monotonic() + 20
    while pids := _list_outside_processes(name) + _list_inside_processes(name):
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes of {name} do not end: {pids}")
        for pid in pids:
            _kill(pid)
        time.sleep(0.05)
    _run_command_ignoring_failure("ip", "link", "del", f"lt-{name}")
    _run_command_ignoring_failure("ip", "netns", "del", f"luytre-{name}")
    while not _remove_control_groups_if_idle(name) and time.monotonic() < deadline:
        time.sleep(0.05)


def plug_or_pull_network_cable(name: str, *, up: bool) -> None:
    """Plug a machine's network cable in, or pull it."""
    subprocess.run(["ip", "link", "set", f"lt-{name}", "up" if up else "down"], check=True)


def make_network_bridge(spec: LabSpec) -> None:
    """Make the bridge with the controller's address, unless it is there.

    Its MAC is its own: otherwise it is that of some machine's cable, and changes when that one's power is cut.
    """
    bridge = spec.network.bridge
    if subprocess.run(["ip", "link", "show", bridge], capture_output=True, check=False).returncode:
        own = make_stable_mac_of_address(spec.network.controller_interface.ip)
        subprocess.run(["ip", "link", "add", bridge, "address", own, "type", "bridge"], check=True)
    subprocess.run(["ip", "addr", "replace", str(spec.network.controller_interface), "dev", bridge], check=True)
    subprocess.run(["ip", "addr", "replace", str(spec.network.controller6), "dev", bridge, "nodad"], check=True)
    subprocess.run(["ip", "link", "set", bridge, "up"], check=True)


def is_bridge_used(spec: LabSpec) -> bool:
    """Return whether a cable is in the bridge.

    A test's machine with a kernel of its own is none of ours, and has one, too.
    """
    command = ["ip", "-brief", "link", "show", "master", spec.network.bridge]
    return bool(subprocess.run(command, capture_output=True, check=False).stdout.strip())


def remove_network_bridge(spec: LabSpec) -> None:
    """Remove the bridge."""
    _run_command_ignoring_failure("ip", "link", "del", spec.network.bridge)


def _iter_processes_in_network_namespace(network_namespace: str = "/proc/self/ns/net") -> Iterator[int]:
    """Yield every process on a network, this one's by default.

    A lab apart has machines of the same names on its own network.
    """
    try:
        there = os.stat(network_namespace)  # noqa: PTH116  here and below: Path takes four times as long, and hosts wait for it
    except FileNotFoundError:
        return
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            with contextlib.suppress(OSError):
                if os.path.samestat(os.stat(f"/proc/{name}/ns/net"), there):  # noqa: PTH116
                    yield int(name)


def _iter_process_ids_with_arguments() -> Iterator[tuple[int, list[bytes]]]:
    """Yield every process on this side with its arguments."""
    for pid in _iter_processes_in_network_namespace():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            yield pid, file.read().split(b"\0")


def _is_boot_script_of_machine(arguments: list[bytes], name: str) -> bool:
    return _MARK.encode() in arguments and arguments[3:4] == [name.encode()]


def _list_outside_processes(name: str) -> list[int]:
    """Return the processes on this side: the script that started the machine, and systemd-nspawn."""
    nspawn = f"--machine=luytre-{name}".encode()
    return sorted(
        pid
        for pid, arguments in _iter_process_ids_with_arguments()
        if _is_boot_script_of_machine(arguments, name) or nspawn in arguments
    )


def _list_inside_processes(name: str) -> list[int]:
    """Return the processes in the machine's network namespace."""
    return list(_iter_processes_in_network_namespace(f"/run/netns/luytre-{name}"))


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _remove_control_groups_if_idle(name: str) -> bool:
    """Return whether the machine's control groups are gone; a group stays busy for a moment after its last process."""
    try:
        for tree in _CGROUPS:
            for folder, _inner, _files in os.walk(tree / f"luytre-{name}", topdown=False):
                Path(folder).rmdir()
    except OSError:
        return False
    return True


def _remove_folder_tree(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    if place.exists():
        raise RuntimeError(f"{place} cannot be removed")


def _run_command_ignoring_failure(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)
