"""Findings on kernel, filesystem, services and firewall as a hardened Debian 12 host gave them, with some of it changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from auditor.models import Finding, Host, Site
from tests.unit import access
from tests.unit.access import DATA

HARDENED = json.loads((DATA / "hardened_web2_system.json").read_text("utf-8"))
SITE = Site(domain="bennua.test", host="web2", server="apache")


def facts() -> dict[str, Any]:
    """The areas as plain data, to be changed. The host counts as a machine, so that nothing is out of reach."""
    data: dict[str, Any] = copy.deepcopy(HARDENED["areas"])
    data["system"]["container"] = False
    return data


def finding(control: str, data: dict[str, Any], **declared: Any) -> Finding:
    """What one control comes to on these areas, and on what the inventory declares of the host."""
    host = Host(name="web2", address="10.213.47.12", **{"sites": (SITE,), **declared})
    return access.finding(control, data, host)
