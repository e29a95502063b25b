"""From the audit of real CMSs to the last trace of an intruder: what is said, and what then is so.

    python -m benchmarks.releases FOLDER [NAME …]

Prints a line for each thing that was looked at; the exit code is 1 when one of them is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor import lab
from auditor.system import resources
from benchmarks.releases.installers import ADMINISTRATOR, INSTALLERS, Installation
from benchmarks.releases.login import PAGES as LOGINS
from benchmarks.releases.login import is_in, log_in
from benchmarks.releases.plants import INTRUDER, NUMBER, PAGES, ROWS, STATEMENTS
from tests.lab.browser import Browser, Page

HERE = Path(__file__).parent
AUDITOR = Path(sys.executable).parent / "auditor"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECONDS = 300
"""Until any page of an installer answers, and a site that was just made serves."""
COMMAND_SECONDS = 1800
AS_POSTGRES = "setpriv --reuid postgres --regid postgres --clear-groups"


@dataclass(frozen=True)
class Trial:
    """A release on a lab host."""

    name: str
    kind: str
    host: str
    engine: str

    @property
    def site(self) -> Installation:
        """Return what its installer is told."""
        return Installation(f"{self.name}.test", self.name, self.engine, f"Thu-{self.name}-2026")

    @property
    def root(self) -> str:
        """Return its folder on the host."""
        return f"/srv/{self.name}/web"

    def open_browser(self) -> Browser:
        """Return somebody else's browser."""
        headers = {"User-Agent": AGENT, "Referer": f"http://{self.site.domain}/"}
        return Browser(str(lab.load_lab_spec().hosts[self.host].address), SECONDS, headers)

    def is_in(self, browser: Browser) -> bool:
        """Return whether the administration shows itself to a browser."""
        return is_in(browser, self.kind, self.site.domain)

    def log_in(self, name: str) -> Browser:
        """Return a browser after somebody has tried to log in with it."""
        return log_in(self.open_browser(), self.kind, self.site.domain, name, self.site.password)

    def visit(self, path: str) -> Page:
        """Return the page that a visitor is shown."""
        return self.open_browser().get(f"http://{self.site.domain}{path}")


TRIALS = (
    Trial("nukeviet", "nukeviet", "web1", "mysql"),
    Trial("joomla", "joomla", "web1", "mysql"),
    Trial("joomlapg", "joomla", "mess2", "postgresql"),
)


class Looks:
    """What was looked at, printed at once; how much of it is not as it should be."""

    def __init__(self) -> None:
        self.wrong = 0

    def add(self, trial: Trial, what: str, good: bool, output: str = "") -> None:
        """Print one thing that was looked at."""
        self.wrong += not good
        why = f": {' '.join(output.split())[:400]}" if output and not good else ""
        print(f"{'ok   ' if good else 'WRONG'} {trial.name} {what}{why}", flush=True)


class Office:
    """An office with an inventory of these sites alone, and a state of its own."""

    def __init__(self, folder: Path, trials: list[Trial]) -> None:
        self.folder = folder
        (folder / "inventory").mkdir()
        (folder / "inventory" / "hosts.yml").write_text(yaml.safe_dump(build_inventory(trials)), "utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours on the inventory."""
        environment = {**os.environ, "LUYTRE_STATE": str(self.folder / "state"), "LUYTRE_LANG": "en"}
        return subprocess.run(
            [str(AUDITOR), *words, "-i", str(self.folder / "inventory")],
            capture_output=True, text=True, env=environment, timeout=COMMAND_SECONDS,
        )  # fmt: skip

    def read(self, *words: str) -> Any:
        """Return what a command says as JSON. Raises SystemExit."""
        result = self.run(*words, "--json")
        try:
            return json.loads(result.stdout)
        except ValueError:
            raise SystemExit(f"{words}: {result.stderr[-2000:]}") from None

    def find(self, *words: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the findings of a command by subject and control."""
        return {(one["subject"]["id"], one["control"]): one for one in self.read(*words)["findings"]}


def build_inventory(trials: list[Trial]) -> dict[str, Any]:
    """Return an inventory of the hosts with these sites, reached as the lab reaches them."""
    inventory: dict[str, Any] = yaml.safe_load(
        (resources.get_shipped_inventories_folder() / "lab" / "hosts.yml").read_text("utf-8")
    )
    hosts = {
        host: {
            "ansible_host": str(lab.load_lab_spec().hosts[host].address),
            "luytre_open_ports": [2222, 8080],
            "luytre_sites": [
                {
                    "domain": trial.site.domain, "server": "nginx", "application": trial.kind,
                    "document_root": trial.root, "smoke_urls": ["/", LOGINS[trial.kind]],
                }
                for trial in trials
                if trial.host == host
            ],
        }
        for host in dict.fromkeys(trial.host for trial in trials)
    }  # fmt: skip
    inventory["all"]["children"] = {"webservers": {"hosts": hosts}}
    return inventory


def install(trial: Trial, folder: Path) -> None:
    """Have a release installed by its own installer. Raises SystemExit."""
    site = trial.site
    words = {"domain": site.domain, "account": site.account, "engine": site.engine, "password": site.password}
    settings = "".join(f"{name}='{word}'\n" for name, word in {**words, "root": trial.root}.items())
    release = lzma.decompress((folder / f"{trial.kind}.tar.xz").read_bytes())
    run_as_root(trial.host, settings + (HERE / "site.sh").read_text("utf-8"), release)
    until = time.monotonic() + SECONDS
    while trial.visit("/").status != 200 or "nginx!" in trial.visit("/").text:
        if time.monotonic() > until:
            raise SystemExit(f"{site.domain} is not served")
        time.sleep(0.5)
    INSTALLERS[trial.kind](trial.open_browser(), site)
    run_as_root(trial.host, f"rm -rf {trial.root}/install")


def plant(trial: Trial) -> None:
    """Leave an administrator and a page in its tables. Raises SystemExit."""
    client = {
        "mysql": f"mariadb --default-character-set=utf8mb4 {trial.name}",
        "postgresql": f"{AS_POSTGRES} psql -q -v ON_ERROR_STOP=1 {trial.name}",
    }[trial.engine]
    run_as_root(trial.host, client, STATEMENTS[trial.kind, trial.engine].encode())
    run_as_root(trial.host, f"find {trial.root}/data/cache -name '*.cache' -delete 2>/dev/null || :")


def run_as_root(host: str, script: str, given: bytes | None = None) -> None:
    """Run a script on a host. Raises SystemExit with what it said when it fails."""
    result = lab.run_on_machine_as_root(host, script, given, timeout=SECONDS)
    if result.returncode:
        raise SystemExit(f"{host}: {(result.stdout + result.stderr).decode(errors='replace')[-2000:]}")


def audit_and_harden(office: Office, trials: list[Trial], looks: Looks) -> None:
    """Audit the sites, harden their hosts, and look whether pages are there that no health check visits."""
    findings = office.find("audit")
    for trial in trials:
        own = {control: one for (subject, control), one in findings.items() if subject == trial.site.domain}
        mine = {name: one["status"] for name, one in own.items() if name.startswith(f"{trial.kind}.")}
        unread = sorted(name for name, status in mine.items() if status == "not_evaluated")
        looks.add(trial, "its own controls are evaluated", bool(mine) and not unread, ", ".join(unread))
    pages = {trial.name: trial.visit(PAGES[trial.kind]).status for trial in trials}
    report = office.read("harden", "--yes")
    for trial in trials:
        looks.add(trial, "the intruder's page is shown before", pages[trial.name] == 200, str(pages[trial.name]))
        host = next(one for one in report["hardening"]["hosts"] if one["host"] == trial.host)
        looks.add(trial, "its host's hardening is confirmed", host["state"] == "confirmed", str(host["why"]))
        looks.add(trial, "an inner page is still shown", "W88" in trial.visit(PAGES[trial.kind]).text)
        looks.add(trial, "its administrator logs in", trial.is_in(trial.log_in(ADMINISTRATOR)))


def find_traces(office: Office, trials: list[Trial], looks: Looks) -> None:
    """Review and hunt, and look whether the page and the administrator are told."""
    review, hunt = office.find("review", "--minutes", "2"), office.find("hunt")
    for trial in trials:
        traces = json.dumps(review.get((trial.site.domain, "content.suspected"), {}), ensure_ascii=False)
        looks.add(trial, "the review tells its page", str(NUMBER) in traces or "W88" in traces, traces)
        ways = json.dumps(hunt.get((trial.host, "compromise.way_in"), {}).get("violations", []))
        looks.add(trial, "the hunt tells its administrator", f"{trial.root} ({INTRUDER})" in ways, ways)


def clean(office: Office, trial: Trial, looks: Looks) -> None:
    """Contain and clean what was planted, and look after each step whether it is so."""
    who, domain = ("--who", "benchmark"), trial.site.domain
    incident = office.run("incident", "open", domain, *who).stdout.split()[0]

    def act(verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        return office.run("incident", verb, incident, *words, *who)

    intruder, editor = trial.log_in(INTRUDER), trial.log_in(ADMINISTRATOR)
    looks.add(trial, "the intruder is in before", trial.is_in(intruder))
    result = act("contain", "administrator", f"{domain}/{INTRUDER}")
    looks.add(trial, "the intruder is locked out", result.returncode == 0, result.stdout + result.stderr)
    looks.add(trial, "the intruder's session has ended", not trial.is_in(intruder))
    looks.add(trial, "the intruder cannot log in", not trial.is_in(trial.log_in(INTRUDER)))
    looks.add(trial, "its administrator is still in", trial.is_in(editor))
    for table in ROWS[trial.kind]:
        result = act("clean", "row", f"{domain}/{table}/{NUMBER}")
        looks.add(trial, f"the row of {table} is taken out", result.returncode == 0, result.stdout + result.stderr)
    looks.add(trial, "the page is gone", trial.visit(PAGES[trial.kind]).status == 404)
    for what, refusal in list_secrets(trial):
        result = act("clean", what, domain)
        good = refusal in result.stdout + result.stderr if refusal else result.returncode == 0
        looks.add(trial, f"{what}: {refusal or 'renewed'}", good, result.stdout + result.stderr)
    looks.add(trial, "its administrator logs in afterwards", trial.is_in(trial.log_in(ADMINISTRATOR)))
    result = act("release", "1")
    looks.add(trial, "the lock-out is released", result.returncode == 0, result.stdout + result.stderr)
    looks.add(trial, "and whoever was locked out logs in", trial.is_in(trial.log_in(INTRUDER)))


def list_secrets(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield what is renewed, each with words of the refusal where it cannot be."""
    yield "salts", "a person has to change it" if trial.kind == "nukeviet" else ""
    yield "database-password", "" if trial.engine == "mysql" else "unchanged"


def main() -> int:
    """Take the releases of a folder through it all; 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="has nukeviet.tar.xz and joomla.tar.xz")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(trial.name for trial in TRIALS)}")
    arguments = parser.parse_args()
    trials = [trial for trial in TRIALS if trial.name in arguments.names or not arguments.names]
    looks = Looks()
    with lab.hold_lab_session(), tempfile.TemporaryDirectory() as state_folder:
        hosts = list(dict.fromkeys(trial.host for trial in trials))
        lab.provide_pristine_machines(hosts)
        for trial in trials:
            install(trial, arguments.folder)
            plant(trial)
        office = Office(Path(state_folder), trials)
        audit_and_harden(office, trials, looks)
        find_traces(office, trials, looks)
        for trial in trials:
            clean(office, trial, looks)
        lab.provide_pristine_machines(hosts)
    print(f"{looks.wrong} not as it should be")
    return int(looks.wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
