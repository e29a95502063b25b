"""Servers built in ways that the lab does not: clean, what is said of them; with holes laid, what is seen.

Hardened and rolled back, what breaks.

    python -m benchmarks.foreign [NAME …]

Needs root and the lab. Each server of ``foreign/`` is made of a lab host: packages of Debian that this machine's apt
fetches, programs moved to where others put them, sites that the inventory then declares. Three numbers count, and the
exit code is 1 when one of them is not as it should: criticals while it is clean (0), declared sites whose files were
looked at (all), and breakages after harden, rollback and a reboot that nothing was said of (0). It is 1, too, when the
hardening is not confirmed or the rollback leaves something. The hosts are reset afterwards.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml
from pydantic import Field

from auditor import lab
from auditor.models import Model
from auditor.system import resources
from auditor.system.yaml_source import load_yaml
from tests.lab.boot import reboot

FOLDER = Path(__file__).parent / "foreign"
AUDITOR = Path(sys.executable).parent / "auditor"
BY_FILES = ("web.dumps_in_root", "web.vcs_exposed", "web.config_readable", "web.world_writable", "web.symlinks_out")
"""Controls that a site's files decide."""
KEPT = Path("~/.cache/luytre-foreign").expanduser()
"""Packages that were fetched, each host's in a folder of its own."""
SECONDS = 120
"""Until a server that was just built, hardened, rolled back or booted serves its sites."""
PATIENCE = 1800
"""Within which a hardening is confirmed, and twice which any command of ours ends.

This machine may be busy with others' work.
"""
STANDING = (
    "ss -Hltn | awk '{print \"listens on \" $4}' | sort -u;"
    " systemctl list-units --failed --plain --no-legend --no-pager | awk '{print $1 \" failed\"}'"
)
"""Prints what listens on a host, and which units have failed."""


class Server(Model):
    """One server.

    It is the lab host that it is made of, what is installed there, its sites, and what the holes laid have to show.
    """

    host: str
    packages: tuple[str, ...]
    sites: tuple[dict[str, Any], ...]
    seen: Mapping[str, str] = Field(description="control to a word of its violations, once the holes are there")
    refused: str = Field(default="", description="a word of why it is not to be hardened, where it is not")


class Counts(Model):
    """The counts of one server."""

    criticals: tuple[str, ...]
    looked_at: int
    sites: int
    unseen: tuple[str, ...]
    changed: int
    broken: tuple[str, ...]
    unfinished: tuple[str, ...] = Field(
        description="what of the hardening or its rollback did not come to its end, and why"
    )

    @property
    def good(self) -> bool:
        """Return whether all numbers are as they should be."""
        wrong = self.criticals or self.unseen or self.broken or self.unfinished
        return not wrong and self.looked_at == self.sites


def servers() -> dict[str, Server]:
    """Return all of them, by name."""
    return {name: Server.model_validate(said) for name, said in load_yaml(FOLDER / "servers.yml").items()}


def ran(host: str, script: str, given: bytes | None = None) -> None:
    """Run a script on a host. Raises SystemExit with what it said when it fails."""
    done = lab.run_on_machine_as_root(host, f"set -eu\n{script}", given, timeout=300)
    if done.returncode:
        raise SystemExit(f"{host}: {(done.stdout + done.stderr).decode(errors='replace')[-2000:]}")


def install(host: str, packages: Sequence[str]) -> None:
    """Install packages there with what they need, as they are kept, or as this machine's apt fetches them now."""
    if not packages:
        return
    kept = KEPT / f"{host}={'+'.join(packages)}"
    if not (kept / "done").exists():
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "status").write_bytes(lab.run_on_machine_as_root(host, "cat /var/lib/dpkg/status").stdout)
        fetch(kept, packages)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted((kept / "archives").glob("*.deb")):
            archive.add(path, path.name)
    ran(host, "mkdir /run/debs; cd /run/debs; tar xf -; DEBIAN_FRONTEND=noninteractive dpkg --force-depends -i ./"
        "*.deb >/dev/null 2>&1; rm -r /run/debs",
        packed.getvalue())  # fmt: skip


def fetch(kept: Path, packages: Sequence[str]) -> None:
    """Have apt fetch packages for a host whose dpkg's record lies there.

    Raises SystemExit where there is no network.
    """
    (kept / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    places = (f"Dir::State::status={kept}/status", f"Dir::Cache::archives={kept}/archives", "APT::Sandbox::User=root")
    options = [word for place in places for word in ("-o", place)]
    command = ["apt-get", "-qq", "-y", "--no-install-recommends", "--download-only", *options, "install", *packages]
    if subprocess.run(command, stdout=subprocess.DEVNULL, timeout=900).returncode:
        raise SystemExit(
            f"no network here: run 'python -m benchmarks.foreign --fetch' where there is one, then again ({kept})"
        )
    (kept / "done").touch()


def inventory(server: Server, folder: Path) -> Path:
    """Return an inventory of that server alone, reached as the lab reaches it."""
    own = yaml.safe_load((resources.get_shipped_inventories_folder() / "lab" / "hosts.yml").read_text("utf-8"))
    address = str(lab.load_lab_spec().hosts[server.host].address)
    entry = {"ansible_host": address, "luytre_sites": [dict(site) for site in server.sites]}
    own["all"]["children"] = {"webservers": {"hosts": {server.host: entry}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    return folder


def told(state: Path, *arguments: str) -> tuple[int, Any]:
    """Return what our command says as JSON, and its exit code."""
    environment = {**os.environ, "LUYTRE_STATE": str(state), "LUYTRE_LANG": "en"}
    done = subprocess.run(
        [str(AUDITOR), *arguments, "--json"], capture_output=True, env=environment, timeout=2 * PATIENCE, cwd=state
    )
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{arguments}: {done.stderr.decode(errors='replace')[-2000:]}") from None


def pages(server: Server) -> dict[str, tuple[int, str]]:
    """Return each page of the sites: status and title, as a visitor gets them over HTTP, redirects followed."""
    address = str(lab.load_lab_spec().hosts[server.host].address)
    found: dict[str, tuple[int, str]] = {}
    for site in server.sites:
        for url in site.get("smoke_urls", ["/"]):
            found[f"{site['domain']}{url}"] = page(address, site["domain"], url)
    return found


def page(address: str, domain: str, url: str) -> tuple[int, str]:
    """Return one page's status and title; ``(0, reason)`` when nothing answers."""
    with httpx.Client(verify=False, timeout=10) as client:  # noqa: S501  it is looked at, not believed
        for scheme in ("http", "https"):
            try:
                answer = client.get(
                    f"{scheme}://{address}{url}", headers={"Host": domain}, extensions={"sni_hostname": domain}
                )
            except httpx.HTTPError as error:
                return 0, type(error).__name__
            if not answer.is_redirect or not answer.headers["location"].startswith("https:"):
                break
    start, _, _ = answer.text.partition("</title>")
    return answer.status_code, start.rpartition("<title>")[2][:100] if "<title>" in start else ""


def serving(server: Server) -> dict[str, tuple[int, str]]:
    """Return its pages once all of them answer without an error. Raises SystemExit after a while."""
    until = time.monotonic() + SECONDS
    while True:
        found = pages(server)
        if all(0 < status < 400 for status, _ in found.values()):
            return found
        if time.monotonic() > until:
            raise SystemExit(f"{server.host} does not serve: {found}")
        time.sleep(0.5)


def critical(findings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Criticals that are told of a server, each with whom it is told of."""
    return tuple(
        f"{one['control']} ({one['subject']['id']}): {json.dumps(one['violations'], ensure_ascii=False)[:200]}"
        for one in findings
        if one["severity"] == "critical" and one["status"] in ("fail", "partial")
    )


def unseen(server: Server, findings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what of the holes laid nothing is said of."""
    return tuple(
        f"{control}: {word}"
        for control, word in server.seen.items()
        if not any(one["control"] == control and word in json.dumps(one["violations"]) for one in findings)
    )


def looked_at(server: Server, findings: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of the sites that have files had them looked at."""
    read = {
        one["subject"]["id"]
        for one in findings
        if one["control"] in BY_FILES and one["status"] in ("pass", "fail", "partial")
    }
    return len(read & {site["domain"] for site in server.sites if "document_root" in site})


def breakages(stage: str, before: Mapping[str, Any], server: Server, noticed: str = "") -> list[str]:
    """Pages that do not become again what they were within a while, and of whose site nothing is said."""
    until = time.monotonic() + SECONDS
    while True:
        now = pages(server)
        changed = [name for name in before if now[name] != before[name] and name.split("/")[0] not in noticed]
        if not changed or time.monotonic() > until:
            return [f"{stage}: {name}: {before[name]} → {now[name]}" for name in changed]
        time.sleep(0.5)


def standing(server: Server) -> frozenset[str]:
    """Return what listens on a server, and which units have failed."""
    return frozenset(lab.run_on_machine_as_root(server.host, STANDING).stdout.decode().splitlines())


def differing(stage: str, before: frozenset[str], server: Server) -> list[str]:
    """Return what listens or has failed unlike before, when a while has passed."""
    until = time.monotonic() + SECONDS
    while (other := before ^ standing(server)) and time.monotonic() < until:
        time.sleep(0.5)
    return [f"{stage}: {'no longer' if one in before else 'now'}: {one}" for one in sorted(other)]


def there_and_back(server: Server, folder: Path, where: Sequence[str]) -> tuple[int, list[str], list[str]]:
    """Harden a server, roll it back and reboot it.

    How many changes were confirmed, what broke unnoticed, what did not come to its end.
    """
    before, stood = serving(server), standing(server)
    _, hardened = told(folder, "harden", *where, "--yes", "--confirm-within", str(PATIENCE))
    (folder / "hardened.json").write_text(json.dumps(hardened))
    done = (hardened["hardening"] or {"hosts": ()})["hosts"]
    reasons = [f"{one['state']}: {(one['why'] or {}).get('en', '')}" for one in done if one["state"] != "confirmed"]
    if not done:
        reasons = [f"refused: {one['refused']['en']}" for one in hardened["plan"]["hosts"] if one["refused"]]
    broken = breakages("hardened", before, server, " ".join(reasons))
    changed = 0 if reasons else sum(len(one["controls"]) for one in done)
    if server.refused:
        right = reasons and all(one.startswith("refused: ") and server.refused in one for one in reasons)
        return changed, broken, [] if right else [f"harden: it is to be refused, and is not: {reasons}"]
    if not changed:
        return 0, broken, [f"harden: {why}" for why in reasons] or ["harden: nothing was changed"]
    _, undone = told(folder, "rollback", *where, "--yes")
    (folder / "undone.json").write_text(json.dumps(undone))
    unfinished = [f"rollback: {step['refused']['en']}" for step in undone if step["refused"]]
    unfinished += [f"rollback: {one}" for step in undone if step["undone"] for one in step["undone"]["problems"]]
    for stage in ("rolled back", "rebooted"):
        broken += [*breakages(stage, before, server), *differing(stage, stood, server)]
        if stage == "rolled back":
            reboot(server.host)
    return changed, broken, unfinished


def measured(name: str, server: Server, folder: Path) -> Counts:
    """Build a server, and look at it clean, with its holes, hardened, rolled back, and booted anew."""
    lab.provide_pristine_machines([server.host])
    install(server.host, server.packages)
    ran(server.host, "".join((FOLDER / file).read_text("utf-8") for file in ("shared.sh", f"{name}.sh")))
    serving(server)
    where = ("-i", str(inventory(server, folder)))
    _, clean = told(folder, "audit", *where)
    (folder / "clean.json").write_text(json.dumps(clean))
    ran(server.host, (FOLDER / f"{name}.holes.sh").read_text("utf-8"))
    serving(server)
    _, holed = told(folder, "audit", *where)
    (folder / "holed.json").write_text(json.dumps(holed))
    changed, broken, unfinished = there_and_back(server, folder, where)
    findings = clean["findings"]
    return Counts(
        criticals=critical(findings),
        looked_at=looked_at(server, findings),
        sites=sum("document_root" in site for site in server.sites),
        unseen=unseen(server, holed["findings"]),
        changed=changed,
        broken=tuple(broken),
        unfinished=tuple(unfinished),
    )


def main() -> int:
    """Measure each server in its turn; with --fetch only fetch what earlier runs could not."""
    if sys.argv[1:] == ["--fetch"]:
        for kept in sorted(KEPT.iterdir()):
            fetch(kept, kept.name.partition("=")[2].split("+"))
        return 0
    chosen = {name: server for name, server in servers().items() if name in sys.argv[1:] or not sys.argv[1:]}
    bad = 0
    with lab.hold_lab_session():
        for name, server in chosen.items():
            with tempfile.TemporaryDirectory() as made:
                counts = measured(name, server, Path(made))
            bad += not counts.good
            print(
                f"{name}: {len(counts.criticals)} criticals clean, files of {counts.looked_at}/{counts.sites} sites "
                f"looked at, "
                f"{len(counts.unseen)} of {len(server.seen)} holes unseen, {counts.changed} changes, "
                f"{len(counts.broken)} unnoticed breakages, {len(counts.unfinished)} left undone",
                flush=True,
            )
            for what in ("criticals", "unseen", "broken", "unfinished"):
                for one in getattr(counts, what):
                    print(f"  {what}: {one}", flush=True)
            lab.provide_pristine_machines([server.host])
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
