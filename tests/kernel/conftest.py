"""The lab's web3 with a kernel of its own, under QEMU, for what a container cannot show. By hand: ``make test-kernel``."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor import lab
from auditor.lab import apt, images, machine
from auditor.lab.ssh import as_root

HOST = "web3"
TAP = f"lt-{HOST}-vm"


@dataclass(frozen=True)
class Machine:
    """The running machine."""

    def run(self, command: str) -> str:
        """What a command says there, over SSH and as root. Raises CalledProcessError."""
        ssh = lab.ssh_command(HOST, remote=as_root(command))
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
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pass
        assert time.monotonic() < deadline, "the machine does not answer"
        time.sleep(1)


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Takes the place of the lab's own web3: same image, address and host keys."""
    place = tmp_path_factory.mktemp("kernel")
    with lab.session():
        lab.up()
        own, spec = lab.state(), lab.spec()
        machine.stop(HOST, own)
        top = images.image(spec, HOST, own)
        release = str(top.stack[-1].inputs["release"])
        (place / "sources").write_text("".join(f"{source.line(release)}\n" for source in apt.sources()), "utf-8")
        (place / "apt.conf").write_text(apt.options(), "utf-8")
        (place / "address").write_text(f"{spec.hosts[HOST].address}/{spec.network.prefix}", "ascii")
        lower = ":".join(str(layer.files(own.cache)) for layer in top.stack)
        script = Path(__file__).with_name("disk.sh")
        subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-eu", str(script), str(place), lower], check=True
        )
        tap(spec.network.bridge)
        mac = machine.mac_of(spec.hosts[HOST].address)
        process = subprocess.Popen(qemu(place, mac), stdin=subprocess.DEVNULL)
        try:
            vm = Machine()
            until(lambda: vm.run("uname -s") == "Linux\n")
            yield vm
        finally:
            process.kill()
            process.wait()
            subprocess.run(["ip", "link", "del", TAP], check=False)
            lab.down()


def tap(bridge: str) -> None:
    subprocess.run(["ip", "tuntap", "add", "dev", TAP, "mode", "tap"], check=True)
    subprocess.run(["ip", "link", "set", TAP, "master", bridge, "up"], check=True)


def qemu(place: Path, mac: str) -> list[str]:
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"),
        *("-m", "1024", "-display", "none", "-serial", f"file:{place / 'console.log'}"),
        *("-kernel", str(place / "vmlinuz"), "-initrd", str(place / "initrd")),
        *("-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 apparmor=1 security=apparmor"),
        *("-drive", f"file={place / 'disk.img'},if=virtio,format=raw,cache=unsafe"),
        *("-netdev", f"tap,id=net,ifname={TAP},script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=net,mac={mac}"),
    ]
