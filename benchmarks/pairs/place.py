"""Where a trial takes place: a lab host and a folder of its own."""

from __future__ import annotations

import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from auditor import lab

SOURCE_FOLDERS = "wp-admin wp-includes index.php wp-login.php"


@dataclass(frozen=True)
class Place:
    """A lab host, and the folder of one trial."""

    host: str
    folder: Path
    """For the state of the program, what was printed, and the archive of the release."""

    def sh(self, script: str, timeout: float = 90) -> str:
        """Return what a script prints as root on the host. Raises RuntimeError when it fails."""
        done = lab.run_on_machine_as_root(self.host, script, timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"{script[:80]!r}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
        return done.stdout.decode("utf-8", "replace")

    def release(self) -> Path:
        """Write an archive of the WordPress there as its makers pack it, once: from before anything is planted."""
        file = self.folder / "wordpress-6.zip"
        if not file.exists():
            root = next(iter(lab.load_lab_spec().hosts[self.host].sites.values())).document_root
            script = f"cd {root} && find {SOURCE_FOLDERS} -name '*.php' -print0 | tar -c --null -T -"
            packed = lab.run_on_machine_as_root(self.host, script).stdout
            with tarfile.open(fileobj=io.BytesIO(packed)) as found, zipfile.ZipFile(file, "w") as archive:
                for member in found:
                    content = found.extractfile(member)
                    if content is not None:
                        archive.writestr(f"wordpress/{member.name}", content.read())
        return file
