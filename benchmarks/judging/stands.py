"""Where a host stands while it is judged: as a container of the lab, or as a machine with a kernel of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.errors import LabError
from auditor.lab.ssh import build_remote_command_run_as_root
from benchmarks.judging import certificate, tools
from tests.lab import own_kernel

CONTAINER, MACHINE = "container", "machine"
KINDS = (CONTAINER, MACHINE)


@dataclass(frozen=True)
class Stand:
    """A host of the lab in one of ``KINDS``."""

    host: str
    kind: str

    def __str__(self) -> str:
        return f"{self.host} ({lab.load_lab_spec().hosts[self.host].release}), {self.kind}"

    def run(self, script: str, *, given: bytes | None = None, timeout: float = 3600) -> str:
        """Return what a shell script says, run by root over SSH; how it ends is the script's own to say."""
        program, *words = lab.build_ssh_command_of_machine(self.host, remote=build_remote_command_run_as_root(script))
        ssh = [program, "-o", "ConnectTimeout=60", *words]  # of an emulated processor's handshake
        done = subprocess.run(ssh, input=given or b"", capture_output=True, timeout=timeout, check=False)
        if done.returncode == 255:
            raise LabError(f"{self.host} lets nobody in over SSH: {done.stderr.decode('utf-8', 'replace')[-300:]}")
        return done.stdout.decode("utf-8", "replace")

    def holds(self, commands: list[str]) -> list[bool]:
        """Return which of some commands succeed there."""
        asked = "\n".join(f"( {command}\n) >/dev/null 2>&1 </dev/null; echo $?" for command in commands)
        said = self.run(asked).split()
        if len(said) != len(commands):
            raise LabError(f"{self.host} answered {len(said)} of {len(commands)} commands")
        return [code == "0" for code in said]

    @contextmanager
    def lent(self, folder: Path) -> Iterator[None]:
        """Have the judges in ``tools.ON_HOST`` for as long as they are needed.

        Raises LabError when the host has other packages afterwards.
        """
        before = self.run("dpkg-query --show")
        packed = subprocess.run(["tar", "-C", str(folder / "host"), "-cz", "."], capture_output=True, check=True).stdout
        self.run(f"mkdir -m 700 {tools.ON_HOST} && tar -C {tools.ON_HOST} -xz --no-same-owner", given=packed)
        try:
            yield
        finally:
            self.run(f"rm -rf {tools.ON_HOST}")
        if self.run("dpkg-query --show") != before:
            raise LabError(f"the judges left packages on {self.host}, or took some")


@contextmanager
def standing(stand: Stand) -> Iterator[Stand]:
    """Have the host stand there, fresh, with a certificate that is valid."""
    with ExitStack() as last:
        if stand.kind == MACHINE:
            last.enter_context(own_kernel.booted(stand.host, own_kernel.disk(stand.host, tools.cache())))
        else:
            lab.provide_pristine_machines([stand.host])
            last.callback(lab.stop_machines, [stand.host])
        certificate.renew(stand.host, stand.run)
        yield stand
