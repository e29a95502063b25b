"""A machine of the lab with a kernel of its own, under QEMU, for what a container cannot show."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.errors import LabError
from auditor.lab import apt, images, machine
from auditor.lab.ssh import build_remote_command_run_as_root

SCRIPT = Path(__file__).with_suffix(".sh")
DIGITS = 20
ARGUMENTS = "net.ifnames=0 apparmor=1 security=apparmor"
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


@dataclass(frozen=True)
class Kind:
    """Record of what a machine is.

    Which of Debian's kernels it has, and whether it starts by a boot loader of its own and passes for no virtual one.
    """

    kernel: str
    own_hardware: bool = False


CLOUD = Kind("linux-image-cloud-amd64")
"""Without drivers that virtual machines have no use for, and started by QEMU."""
HARDWARE = Kind("linux-image-amd64", own_hardware=True)


@dataclass(frozen=True)
class Machine:
    """The running machine."""

    host: str
    serial: Path
    """The socket of its serial line, where a boot loader of its own shows its menu."""

    def run(self, command: str) -> str:
        """Return what a command says there, over SSH and as root. Raises CalledProcessError."""
        program, *words = lab.build_ssh_command_of_machine(self.host, remote=build_remote_command_run_as_root(command))
        ssh = [program, "-o", "ConnectTimeout=60", *words]  # an emulated processor's handshake takes long
        return subprocess.run(
            ssh, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONG, check=True
        ).stdout.decode()

    def typed(self, command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Return how a command ends there that a person types into bash, as root."""
        ssh = lab.build_ssh_command_of_machine(
            self.host, remote=build_remote_command_run_as_root(shlex.join(["bash", "-c", command]))
        )
        return subprocess.run(ssh, input=given, capture_output=True, timeout=LONG, check=False)

    def reboot(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Restart it, do something meanwhile, and wait until it is another boot that answers, with all of its units
        started.
        """
        before = self.run(BOOT_ID)
        with suppress(subprocess.CalledProcessError):  # the connection may end under it
            self.run("systemctl --no-block reboot")
        meanwhile()
        until(lambda: self.run(BOOT_ID) != before)
        until(lambda: self.run("systemctl is-system-running --wait || true").strip() in ("running", "degraded"))


LONG = 1200
"""Seconds for what takes one or two where the processor runs the machine itself."""


def until(true: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until something is so. Raises AssertionError when it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pass
        assert time.monotonic() < deadline, "the machine does not answer"
        time.sleep(1)


def disk(host: str, folder: Path, kind: Kind = CLOUD) -> Path:
    """Return the folder below ``folder`` with a machine's disk, its kernel and initrd, made unless there.

    Older ones of the host go.

    Its packages come from the registry of this machine's apt. Raises CalledProcessError where they are not to be had.
    """
    own, spec = lab.get_lab_state_in_use(), lab.load_lab_spec()
    lab.build_machine_images([host])
    top = images.get_top_image_layer_of_machine(spec, host, own)
    # An image that is built anew has other host keys, by which the lab knows its machine.
    keys = sorted((top.files(own.image_layer_cache_folder) / "etc/ssh").glob("ssh_host_*_key.pub"))
    source = b"".join(
        [top.digest.encode(), SCRIPT.read_bytes(), repr(kind).encode(), *(key.read_bytes() for key in keys)]
    )
    made = folder / f"{host}-{kind.kernel}-{hashlib.sha256(source).hexdigest()[:DIGITS]}"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        place = Path(work) / "disk"
        place.mkdir()
        release = str(top.stack[-1].inputs["release"])
        (place / "sources").write_text(
            "".join(f"{source.format_sources_list_line(release)}\n" for source in apt.list_sources()), "utf-8"
        )
        (place / "apt.conf").write_text(apt.read_apt_fetch_options(), "utf-8")
        (place / "name").write_text(host, "ascii")
        (place / "kernel").write_text(kind.kernel, "ascii")
        (place / "arguments").write_text(ARGUMENTS, "ascii")
        if kind.own_hardware:
            (place / "loader").touch()
        (place / "address").write_text(f"{spec.hosts[host].address}/{spec.network.prefix}", "ascii")
        lower = ":".join(str(layer.files(own.image_layer_cache_folder)) for layer in top.stack)
        script = ["sh", "-eu", str(SCRIPT), str(place), lower]
        subprocess.run(
            ["unshare", "--mount", "--propagation", "private", *script], check=True, stdout=subprocess.DEVNULL
        )
        for older in folder.glob(f"{host}-{kind.kernel}-{'?' * DIGITS}"):
            shutil.rmtree(older)
        place.rename(made)
    return made


@contextmanager
def booted(host: str, made: Path) -> Iterator[Machine]:
    """Have a machine take the place of the lab's own: same image, address and host keys, and a disk that forgets."""
    lab.boot_machines_and_await_sites([host])
    own, spec = lab.get_lab_state_in_use(), lab.load_lab_spec()
    machine.stop_machine_and_discard_changes(host, own)
    tap = f"lt-{host}-vm"
    subprocess.run(["ip", "tuntap", "add", "dev", tap, "mode", "tap"], check=True)
    subprocess.run(["ip", "link", "set", tap, "master", spec.network.bridge, "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        one = Machine(host, Path(folder) / "serial")
        command = qemu(made, tap, machine.make_stable_mac_of_address(spec.hosts[host].address), one.serial)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            until(lambda: process.poll() is not None or one.run("uname -s") == "Linux\n")
            if process.poll() is not None:
                raise LabError(f"QEMU ended with {process.returncode} instead of running {host}")
            yield one
        finally:
            process.kill()
            process.wait()
            subprocess.run(["ip", "link", "del", tap], check=False)
            lab.stop_machines([host])


def qemu(made: Path, tap: str, mac: str, serial: Path) -> list[str]:
    """Return the command line of a machine, each of whose instructions QEMU itself carries out.

    A processor that may is not everywhere.
    """
    own_hardware = (made / "loader").exists()  # else the kernel is given, which is what starts first
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi"),
        *("-smp", "2", "-m", "1536", "-display", "none", "-serial", f"unix:{serial},server=on,wait=off"),
        *("-drive", f"file={made / 'disk.img'},if=none,id=disk,format=raw,cache=unsafe,snapshot=on"),
        *("-device", f"virtio-blk-pci,drive=disk{',bootindex=0' if own_hardware else ''}"),
        *("-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=net,mac={mac},romfile="),
        *(_OWN_HARDWARE if own_hardware else _started(made)),
    ]


_OWN_HARDWARE = (
    *("-cpu", "max,hypervisor=off", "-smbios", "type=1,manufacturer=Own,product=Server"),
    *("-device", "qemu-xhci", "-drive", "driver=null-co,size=1M,if=none,id=stick"),
    *("-device", "usb-storage,drive=stick"),
)
"""By which nothing in it tells that it is QEMU's; and a disk that somebody has plugged in."""


def _started(made: Path) -> tuple[str, ...]:
    arguments = f"root=/dev/vda rw {ARGUMENTS}"
    return (
        *("-cpu", "max", "-kernel", str(made / "vmlinuz"), "-initrd", str(made / "initrd")),
        *("-append", arguments),
    )
