"""A machine of the lab with a kernel of its own, under QEMU, for what a container cannot show."""

from __future__ import annotations

import hashlib
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
from auditor.lab.ssh import as_root

SCRIPT = Path(__file__).with_suffix(".sh")
CLOUD, WHOLE = "linux-image-cloud-amd64", "linux-image-amd64"
"""Debian's kernels: without drivers that virtual machines have no use for, and with them."""


@dataclass(frozen=True)
class Machine:
    """The running machine."""

    host: str

    def run(self, command: str) -> str:
        """Return what a command says there, over SSH and as root. Raises CalledProcessError."""
        program, *words = lab.ssh_command(self.host, remote=as_root(command))
        ssh = [program, "-o", "ConnectTimeout=60", *words]  # an emulated processor's handshake takes long
        return subprocess.run(
            ssh, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True
        ).stdout.decode()

    def reboot(self) -> None:
        """Restart it, and wait until it is another boot that answers."""
        before = self.run("cat /proc/sys/kernel/random/boot_id")
        with suppress(subprocess.CalledProcessError):  # the connection ends under it
            self.run("systemctl reboot")
        until(lambda: self.run("cat /proc/sys/kernel/random/boot_id") != before)


def until(true: Callable[[], bool], seconds: float = 300) -> None:
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


def disk(host: str, folder: Path, kernel: str = CLOUD) -> Path:
    """Return the folder below ``folder`` with a machine's disk, one of Debian's kernels and initrd, made unless there.

    Its packages come from the registry of this machine's apt. Raises CalledProcessError where they are not to be had.
    """
    own, spec = lab.state(), lab.spec()
    lab.build([host])
    top = images.image(spec, host, own)
    # An image that is built anew has other host keys, by which the lab knows its machine.
    keys = sorted((top.files(own.cache) / "etc/ssh").glob("ssh_host_*_key.pub"))
    source = b"".join([top.digest.encode(), SCRIPT.read_bytes(), kernel.encode(), *(key.read_bytes() for key in keys)])
    made = folder / f"{host}-{hashlib.sha256(source).hexdigest()[:20]}"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        place = Path(work) / "disk"
        place.mkdir()
        release = str(top.stack[-1].inputs["release"])
        (place / "sources").write_text("".join(f"{source.line(release)}\n" for source in apt.sources()), "utf-8")
        (place / "apt.conf").write_text(apt.options(), "utf-8")
        (place / "name").write_text(host, "ascii")
        (place / "kernel").write_text(kernel, "ascii")
        (place / "address").write_text(f"{spec.hosts[host].address}/{spec.network.prefix}", "ascii")
        lower = ":".join(str(layer.files(own.cache)) for layer in top.stack)
        script = ["sh", "-eu", str(SCRIPT), str(place), lower]
        subprocess.run(
            ["unshare", "--mount", "--propagation", "private", *script], check=True, stdout=subprocess.DEVNULL
        )
        place.rename(made)
    return made


@contextmanager
def booted(host: str, made: Path) -> Iterator[Machine]:
    """Have a machine take the place of the lab's own: same image, address and host keys, and a disk that forgets."""
    lab.up([host])
    own, spec = lab.state(), lab.spec()
    machine.stop(host, own)
    tap = f"lt-{host}-vm"
    subprocess.run(["ip", "tuntap", "add", "dev", tap, "mode", "tap"], check=True)
    subprocess.run(["ip", "link", "set", tap, "master", spec.network.bridge, "up"], check=True)
    command = qemu(made, tap, machine.mac_of(spec.hosts[host].address))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        one = Machine(host)
        until(lambda: process.poll() is not None or one.run("uname -s") == "Linux\n", 1200)
        if process.poll() is not None:
            raise LabError(f"QEMU ended with {process.returncode} instead of running {host}")
        yield one
    finally:
        process.kill()
        process.wait()
        subprocess.run(["ip", "link", "del", tap], check=False)
        lab.down([host])


def qemu(made: Path, tap: str, mac: str) -> list[str]:
    """Return the command line of a machine, which the processor runs itself where it may, as in minutes it runs else."""
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-smp", "2", "-m", "1536", "-display", "none", "-serial", "none"),
        *("-kernel", str(made / "vmlinuz"), "-initrd", str(made / "initrd")),
        *("-append", "root=/dev/vda rw net.ifnames=0 apparmor=1 security=apparmor"),
        *("-drive", f"file={made / 'disk.img'},if=virtio,format=raw,cache=unsafe,snapshot=on"),
        *("-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=net,mac={mac}"),
    ]
