"""A site in the hands of others, which serves as long as it is looked at before a hardening, and fails on purpose after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor import lab

SITE = "gotre.test"
VETO = r"""
touch /tmp/mark
while [ -z "$(find /etc -maxdepth 3 -newer /tmp/mark 2>/dev/null | head -1)" ]; do sleep 0.1; done
rm -f /var/www/gotre.test/index.html
"""
"""What its owner runs: as soon as root changes anything, its start page is gone."""


def test_a_site_that_fails_on_purpose_has_no_veto_when_it_is_not_to_be_judged(
    fresh: Callable[..., None], auditor: Callable[..., Any], tmp_path: Path
) -> None:
    fresh("web3")
    lab.run_on_machine_as_root(
        "web3", f"cat > /run/veto.sh <<'EOF'\n{VETO}EOF\nchown -R www-data: /var/www/{SITE}; chmod 755 /run/veto.sh"
    )
    lab.run_on_machine_as_root("web3", "systemd-run --quiet --uid=www-data --unit=veto sh /run/veto.sh")
    done = auditor(
        *("harden", "-i", "inventories/lab", "--limit", SITE, "--yes", "--json", "--lang", "en"),
        *("--unjudged", f"www.{SITE}", "--output", str(tmp_path / "out")),
    )
    assert done.code == 0, done.err
    hardening = done.json["hardening"]
    assert [host["state"] for host in hardening["hosts"]] == ["confirmed"]
    assert hardening["by_wish"] == [SITE]
    told = [one["en"] for one in hardening["unjudged"]]
    assert any(one.startswith(f"{SITE}: http://{SITE}/: ") for one in told), told
    assert "not checked, as requested" in (tmp_path / "out/report/index.html").read_text("utf-8")
    logged = lab.run_on_machine_as_root("web3", "cat /var/log/nginx/*access*.log").stdout.decode("utf-8", "replace")
    assert "Firefox/" in logged
    assert "luytre" not in logged.lower()
