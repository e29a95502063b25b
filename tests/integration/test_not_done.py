"""Roots in folders that are not root's: what can be closed there is, and what cannot is not called done."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, findings, quiet

HOST = "web3"
ROOTS = {"congty.test": "/home/xa/public_html", "chung.test": "/srv/chung/web"}
"""The one in its own account's folder, the other where everybody may put things."""
KEPT = "configuration.php.save"
PLANT = """
set -e
useradd --create-home xa
install -d -m 755 /srv/chung
chmod 755 /home/xa
for root in {roots}; do
  mkdir -p $root
  echo '<title>Xã</title>' > $root/index.html
  echo '<?php public $password = "khong-doan-duoc";' > $root/{kept}
  chmod 644 $root/*
  chown -R xa: $root
done
chmod 1777 /srv/chung
""".format(roots=" ".join(ROOTS.values()), kept=KEPT)
SERVED = "server {{ listen 80; server_name {site}; root {root}; }}\n"


def declared(folder: Path) -> Path:
    """An inventory with both sites on the host."""
    known = Path(INVENTORY, "hosts.yml").read_text("utf-8")
    more = "".join(
        f"            - {{domain: {site}, unit: xa-go-tre, server: nginx, application: static,"
        f' document_root: {root}, smoke_urls: ["/"]}}\n'
        for site, root in ROOTS.items()
    )
    place = re.search(r"(?m)^        web3:\n(?:.*\n)*?          luytre_sites:\n", known)
    assert place is not None
    folder.mkdir()
    (folder / "hosts.yml").write_text(known[: place.end()] + more + known[place.end() :], "utf-8")
    return folder


def test_what_could_not_be_done_below_anothers_folder_is_told_and_the_rest_is_done(
    fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    fresh(HOST)
    quiet(HOST)
    for site, root in ROOTS.items():
        PLANT_SITE = SERVED.format(site=site, root=root)
        lab.run_on_machine_as_root(HOST, f"echo '{PLANT_SITE}' > /etc/nginx/sites-enabled/{site}.conf")
    done = lab.run_on_machine_as_root(HOST, PLANT + "systemctl reload nginx\n")
    assert done.returncode == 0, done.stderr
    reach = ("-i", str(declared(tmp_path / "lab")), "--limit", ",".join(ROOTS), "--lang", "en")
    ended = auditor("harden", *reach, "--yes", "--json", "--output", str(tmp_path / "out"))
    (host,) = ended.json["hardening"]["hosts"]
    assert host["state"] == "confirmed", host["why"]
    left = {(one["control"], one["subject"]["id"]): one["why"]["en"] for one in host["not_done"]}
    mode = lab.run_on_machine_as_root(HOST, f"stat -c '%U %a' /home/xa/public_html/{KEPT}").stdout.decode()
    assert mode == "root 600\n"
    assert "web.dumps_in_root" in host["controls"]
    assert ("web.dumps_in_root", "congty.test") not in left
    assert "/srv/chung above the root can be changed by everybody" in left["web.dumps_in_root", "chung.test"]
    assert ended.json["not_done"] == len(left)
    assert ended.code == 1
    still = {
        (one["control"], one["subject"]["id"])
        for one in findings(tmp_path / "out")
        if one["status"] in ("fail", "partial")
    }
    assert set(left) <= still
    page = (tmp_path / "out/report/index.html").read_text("utf-8")
    assert "/srv/chung above the root can be changed by everybody" in page
    undone = auditor("rollback", *reach[:2], "--limit", HOST, "--yes", "--json")
    assert undone.code == 0, undone.err
    assert (
        lab.run_on_machine_as_root(HOST, f"stat -c '%U %a' /home/xa/public_html/{KEPT}").stdout.decode() == "xa 644\n"
    )
