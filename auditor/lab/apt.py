"""The Debian mirror that this machine itself uses, in the form that an image is made from."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from auditor.errors import InputError

_KEYRING_FILE = "/usr/share/keyrings/debian-archive-keyring.pgp"
_FORMAT = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)"
_RELEASE = re.compile(r"^[a-z]+(?P<part>|-updates|-security)$")
_FETCH_OPTION = re.compile(r"^Acquire::(https?|Check-|Retries|ForceIPv4|Max-FutureTime|Queue-Mode)")


@dataclass(frozen=True)
class AptSource:
    """One source of packages; ``part`` is empty for a release itself, else ``-updates`` or ``-security``."""

    uri: str
    part: str
    signed_by: str = _KEYRING_FILE

    def format_sources_list_line(self, release: str) -> str:
        """Return the line of a sources.list for ``release``."""
        return f"deb [signed-by={self.signed_by}] {self.uri} {release}{self.part} main"


def parse_sources(indextargets_output: str) -> list[AptSource]:
    """Return the Debian sources in the output of ``apt-get indextargets`` with ``_FORMAT``, each once."""
    unique_sources: dict[AptSource, None] = {}
    for line in indextargets_output.splitlines():
        uri, release, component, signed_by = line.split("|")
        match = _RELEASE.match(release)
        if component == "main" and match:
            unique_sources[AptSource(uri, match["part"], signed_by if signed_by.startswith("/") else _KEYRING_FILE)] = (
                None
            )
    return list(unique_sources)


def list_sources() -> list[AptSource]:
    """Return the Debian sources of this machine. Raises InputError when it has none for a release itself."""
    command = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    source_list = parse_sources(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if not any(source.part == "" for source in source_list):
        raise InputError(
            "apt on this machine has no Debian mirror configured", mend="add one in /etc/apt/sources.list.d"
        )
    return source_list


def parse_apt_fetch_options(apt_config_dump: str) -> str:
    """Return the lines of ``apt-config dump`` that say how to fetch (proxies, timeouts, checks)."""
    return "".join(f"{line}\n" for line in apt_config_dump.splitlines() if _FETCH_OPTION.match(line))


def read_apt_fetch_options() -> str:
    """Return how this machine's apt fetches, as apt.conf text."""
    return parse_apt_fetch_options(
        subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    )
