"""Findings about accounts, sudo, PAM and sshd on the facts of a hardened Debian 13 host, with some of them changed."""

from __future__ import annotations

import copy
import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import Finding, Host
from auditor.system import resources

DATA = Path(__file__).parent / "data"
HARDENED = json.loads((DATA / "access_web3.json").read_text("utf-8"))
NOW: int = HARDENED["collected_at"]
DAY = 86_400
HOST = Host(name="web3", address="10.213.47.13", automation_user="luytre", admins=("quantri",))


@cache
def _catalogue(area: str) -> Catalogue:
    return Catalogue(controls=tuple(controls.read_controls_file(resources.get_roles_folder() / area / "controls.yml")))


def ids(area: str) -> list[str]:
    """An area's controls that a hardened host passes."""
    return [control.id for control in _catalogue(area).controls if control.id != "ssh.allow_groups"]


def facts() -> dict[str, Any]:
    """The areas as plain data, to be changed."""
    areas: dict[str, Any] = copy.deepcopy(HARDENED["areas"])
    areas["ways"] = ways()
    return areas


OFFERED: dict[str, Any] = {
    **{"allowgroups": [], "allowusers": [], "denygroups": [], "denyusers": [], "authenticationmethods": ["any"]},
    **{"passwordauthentication": "yes", "kbdinteractiveauthentication": "no", "pubkeyauthentication": "yes"},
    **{"hostbasedauthentication": "no", "gssapiauthentication": "no", "permitemptypasswords": "no"},
    **{"permitrootlogin": "without-password", "strictmodes": "yes", "trustedusercakeys": "none", "usepam": "yes"},
    **{"allowtcpforwarding": "yes", "disableforwarding": "no", "authorizedprincipalsfile": "none"},
}
"""What Debian's sshd offers everybody as it is installed."""


def ways(
    *seen: dict[str, Any], forwarded: tuple[dict[str, Any], ...] = (), ports: tuple[int, ...] = (22,)
) -> dict[str, Any]:
    """Who came in, and what sshd offers them, root, and both accounts of the lab, from anywhere."""
    pairs = [(name, place) for name in ("luytre", "quantri", "root") for place in ("10.213.47.1", "192.0.2.1")]
    pairs += [(way["account"], way["source"]) for way in (*seen, *forwarded)]
    return {
        "installed": True,
        "recorded": True,
        "since": NOW - 90 * DAY,
        "cut": False,
        "own": None,
        "ports": list(ports),
        "seen": list(seen),
        "forwarded": list(forwarded),
        "accounts": [{"name": name, "groups": [name]} for name in sorted({name for name, _ in pairs})],
        "second_factors": [],
        "offers": [
            {"account": account, "source": source, "port": port, "ours": True, "settings": copy.deepcopy(OFFERED)}
            for account, source in dict.fromkeys(pairs)
            for port in ports
        ],
        "unasked": 0,
    }


def way(account: str, *methods: str, source: str = "10.0.0.9", **how: Any) -> dict[str, Any]:
    """Somebody's way in, as the collector tells it."""
    known = {
        "account": account,
        "source": source,
        "methods": list(methods),
        "key": "",
        "certificate": False,
        "claimed": False,
    }
    return {**known, "last": NOW - DAY, "count": 3, **how}


def offered(areas: dict[str, Any], **settings: Any) -> None:
    """Have sshd offer everybody something else."""
    for offer in areas["ways"]["offers"]:
        offer["settings"].update(settings)


def finding(control: str, changed: dict[str, Any] | None = None, host: Host = HOST) -> Finding:
    """What one control comes to."""
    data = {name: load_fact_area_models()[name].model_validate(value) for name, value in (changed or facts()).items()}
    one = Catalogue(controls=(_catalogue(control.split(".")[0])[control],))
    (found,) = evaluate_host(one, host, HostFacts(NOW, data, {}, {}))
    return found


def role(name: str) -> Path:
    """A role's folder."""
    return next(folder / name for folder in resources.list_role_folders() if (folder / name).is_dir())


def filters(area: str) -> ModuleType:
    """A role's filter plugin."""
    path = role(area) / "filter_plugins" / f"{area}.py"
    spec = importlib.util.spec_from_file_location(f"{area}_filters", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
