"""Findings of single controls on facts as a hardened Debian 12 web server gives them, with some of them changed."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts._base import Area
from auditor.models import Finding, Host, Site
from auditor.system import resources

HARDENED = json.loads((Path(__file__).parent / "data" / "hardened_web2.json").read_text("utf-8"))
NOW: int = HARDENED["collected_at"]
DAY = 86_400
SITE = Site(
    domain="bennua.test",
    aliases=("www.bennua.test",),
    host="web2",
    document_root="/var/www/bennua.test",
    application="own",
    backup_dir="/var/backups/web/bennua.test",
)


class _Server(Area):
    vhosts: list[dict[str, Any]]
    unread_vhosts: list[dict[str, Any]] = Field(default_factory=list)


def vhost(*names: str, root: str | None = "/var/www/bennua.test", proxies_to: tuple[str, ...] = ()) -> dict[str, Any]:
    """As much of a virtual host as a site's view needs."""
    return {
        "names": list(names),
        "root": root,
        "file": "/etc/apache2/sites-enabled/x.conf",
        "line": 1,
        "php_backends": [],
        "proxies_to": list(proxies_to),
        "tls": None,
        "listens": [],
    }


@cache
def _catalogue(area: str) -> Catalogue:
    return Catalogue(controls=tuple(controls.read_controls_file(resources.get_roles_folder() / area / "controls.yml")))


def facts() -> dict[str, Any]:
    """The areas as plain data, to be changed."""
    return copy.deepcopy(HARDENED["areas"])


def finding(
    control: str,
    changed: dict[str, Any] | None = None,
    site: Site = SITE,
    vhosts: list[dict[str, Any]] | None = None,
) -> Finding:
    """What one control comes to."""
    data = {name: load_fact_area_models()[name].model_validate(value) for name, value in (changed or facts()).items()}
    data["apache"] = _Server(vhosts=[vhost("bennua.test", "www.bennua.test")] if vhosts is None else vhosts)
    data["nginx"] = _Server(vhosts=[])
    host = Host(name="web2", address="10.213.47.12", sites=(site,))
    one = Catalogue(controls=(_catalogue(control.split(".")[0])[control],))
    (found,) = evaluate_host(one, host, HostFacts(NOW, data, {}, {}))
    return found
