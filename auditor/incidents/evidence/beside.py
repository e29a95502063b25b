"""What is known of a host's sites already, for its evidence: the last hunt and looks, rows among their traces, and what visitors were served."""

from __future__ import annotations

from auditor.history.hunts import Hunts
from auditor.history.looks import Looks
from auditor.models import Host

MOST_CAPTURES = 200
"""Files of one site."""


def beside(inventory: str, host: Host, looks: Looks, hunts: Hunts) -> dict[str, bytes]:
    """Files by their paths. Raises InputError for what is damaged."""
    hunt = hunts.latest(inventory).get(host.name)
    found = {"hunt.json": hunt.model_dump_json(indent=1).encode()} if hunt is not None else {}
    seen = looks.latest(inventory)
    for site in host.sites:
        if site.domain in seen:
            found[f"looks/{site.domain}.json"] = seen[site.domain].model_dump_json(indent=1).encode()
        folder = looks.answers(inventory, site.domain)
        captures = sorted(folder.glob("*.warc.gz")) if folder.is_dir() else []
        found |= {f"captures/{site.domain}/{file.name}": file.read_bytes() for file in captures[-MOST_CAPTURES:]}
    return found
