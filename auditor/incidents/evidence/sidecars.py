"""What is known of a host's sites already, for its evidence.

The last hunt and looks, rows among their traces, and what visitors were served.
"""

from __future__ import annotations

from auditor.history.hunts import HuntHistory
from auditor.history.scans import ScanHistory
from auditor.models import Host

MAX_CAPTURES = 200
"""Files of one site."""


def collect_scan_and_hunt_records_of_host(
    inventory: str, host: Host, scan_history: ScanHistory, hunt_history: HuntHistory
) -> dict[str, bytes]:
    """Return files by their paths. Raises InputError for what is damaged."""
    hunt = hunt_history.load_latest_hunt_by_host(inventory).get(host.name)
    sidecars = {"hunt.json": hunt.model_dump_json(indent=1).encode()} if hunt is not None else {}
    latest_scans = scan_history.load_latest_look_by_site(inventory)
    for site in host.sites:
        if site.domain in latest_scans:
            sidecars[f"looks/{site.domain}.json"] = latest_scans[site.domain].model_dump_json(indent=1).encode()
        folder = scan_history.get_answers_folder(inventory, site.domain)
        captures = sorted(folder.glob("*.warc.gz")) if folder.is_dir() else []
        sidecars |= {f"captures/{site.domain}/{file.name}": file.read_bytes() for file in captures[-MAX_CAPTURES:]}
    return sidecars
