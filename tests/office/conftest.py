"""LibreOffice without a window, in a profile of its own. `make test` installs it."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def convert(tmp_path_factory):
    """``convert(files, "fods")``: the files as LibreOffice sees them, in another format; all in one start of it."""
    home = tmp_path_factory.mktemp("libreoffice")

    def run(files, to):
        folder = tmp_path_factory.mktemp(to.partition(":")[0])
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        done = subprocess.run(
            ["soffice", profile, "--headless", "--norestore", "--convert-to", to, "--outdir", folder, *files],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        converted = [folder / f"{Path(file).stem}.{to.partition(':')[0]}" for file in files]
        assert all(path.is_file() for path in converted), done.stdout + done.stderr
        return converted

    return run
