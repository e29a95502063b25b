"""What on a host may shut out somebody who comes as a search engine and is none, with all his other connections. Pure."""

from __future__ import annotations

from auditor.facts import HostFacts

_PLUGINS = ("wordfence", "better-wp-security", "all-in-one-wp-security", "stop-bad-bots", "stopbadbots", "blackhole-bad-bots", "cleantalk", "ninjafirewall", "crowdsec", "sucuri-scanner", "wp-cerber", "shield-security", "wp-simple-firewall")  # fmt: skip
"""WordPress plugins, by what their folders begin with."""


def may_be_engine(facts: HostFacts | None) -> bool:
    """Whether its sites may be visited as a search engine from here: only when the host tells that nothing is on guard there."""
    if facts is None:
        return False
    data = facts.context()
    on_guard = data.get("services", {}).get("crawler_guards")
    if on_guard is None or on_guard:
        return False
    if "wordpress" not in data:
        return False
    plugins = (plugin for instance in data["wordpress"]["instances"] for plugin in instance["plugins"])
    return not any(plugin["slug"].startswith(_PLUGINS) and plugin["active"] is not False for plugin in plugins)
