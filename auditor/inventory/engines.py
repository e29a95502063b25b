"""The networks that search engines come from, as they publish them: ``office/engines/*.json`` beside an inventory."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.text import json_shape

FOLDER = "engines"
MAX_BYTES = 1_000_000
MAX_NETWORKS = 5_000
_MEND = "import the list again as Google, Bing or another engine publishes it; see docs/en/review-settings.md"
_KEYS = ("ipv4Prefix", "ipv6Prefix")


def load_search_engine_networks(office: Path) -> tuple[str, ...]:
    """Return all of them, each once; none when there is no such folder.

    Raises InputError for a file that is no such list.
    """
    folder = office / FOLDER
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    unique_networks = dict.fromkeys(network for file in files for network in _read_search_engine_networks_in_file(file))
    return tuple(unique_networks)[:MAX_NETWORKS]


def _read_search_engine_networks_in_file(file: Path) -> list[str]:
    try:
        content = file.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", file=file, mend="check the path and its permissions", why=error.strerror
        ) from error
    try:
        if len(content) > MAX_BYTES or not json_shape.is_json_within_bounds(
            content, max_values=MAX_NETWORKS * 4, max_depth=8
        ):
            raise ValueError
        return [str(ipaddress.ip_network(_get_ip_prefix_of_entry(entry))) for entry in json.loads(content)["prefixes"]]
    except (ValueError, TypeError, KeyError, RecursionError, StopIteration) as error:
        raise InputError("is not a list of the networks of a search engine", file=file, mend=_MEND) from error


def _get_ip_prefix_of_entry(entry: Any) -> str:
    return str(next(entry[key] for key in _KEYS if key in entry))
