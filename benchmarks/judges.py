"""A fresh Debian 12 host of the lab before judges that we did not write, before a hardening and after it.

    .venv/bin/python -m benchmarks.judges [--fetch] [--keep FOLDER]

Everything that ours can mend is accepted. Prints a table, and ends with 1 when a rule that fails afterwards has no
reason in ``docs/judges.md``, or a reason there does not hold. ``--fetch`` only fetches the judges (Debian 13, apt's
lists up to date); ``--keep`` writes what each of them said, and the rules that fail, into a folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor import lab
from auditor.audit import controls
from benchmarks.judging import lynis, openscap, reasons, services, ssh_audit, tools
from benchmarks.judging.verdict import Verdict

HOST = "web2"
AUDITOR = Path(sys.executable).parent / "auditor"


@dataclass(frozen=True)
class Row:
    """A line of the table: what is counted, what dev-sec's roles came to on such a host, and what ours is to reach."""

    judge: str
    what: str
    dev_sec: str
    target: str


ROWS = (
    Row("openscap", "OpenSCAP, ANSSI BP-028 enhanced: fails", "44", "at most 30"),
    Row("openscap-vm", "the same, counted as a virtual machine", "88", "at most 55"),
    Row("lynis", "Lynis: hardening index", "70", "at least 82"),
    Row("cis", "OpenSCAP, CIS Ubuntu 24.04 level 2: passes", "not known", "none"),
    Row("ssh-audit", "ssh-audit: fails", "1", "0"),
    Row("systemd", "systemd-analyze: the web stack's highest", "9.6", "at most 5.0"),
)


def said(folder: Path) -> Iterator[tuple[str, str]]:
    """What each judge says of the host as it stands."""
    with tools.lent(HOST, folder):
        for judge, profile in openscap.PROFILES.items():
            yield judge, on_host(openscap.script(judge, profile))
        yield "lynis", on_host(lynis.SCRIPT)
        yield "systemd", on_host(services.SCRIPT)
    asked = [sys.executable, "-m", "ssh_audit", "--json", str(lab.spec().hosts[HOST].address)]
    here = {**os.environ, "PYTHONPATH": str(folder / "here")}
    yield "ssh-audit", subprocess.run(asked, env=here, capture_output=True, text=True, check=False).stdout


def on_host(script: str) -> str:
    done = lab.run(HOST, f"cd {tools.ON_HOST}\n{script}\n", timeout=400)
    return done.stdout.decode("utf-8", "replace")


def parsed(judge: str, text: str) -> Verdict:
    if judge in openscap.PROFILES:
        return openscap.parse(text, counts_passes=openscap.PROFILES[judge].counts_passes)
    return {"lynis": lynis.parse, "systemd": services.parse, "ssh-audit": ssh_audit.parse}[judge](text)


def judged(folder: Path, keep: Path | None) -> dict[str, Verdict]:
    found = {}
    for judge, text in said(folder):
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{judge}.said").write_text(text, "utf-8")
        found[judge] = parsed(judge, text)
        if keep is not None:
            (keep / f"{judge}.fails").write_text("".join(f"{rule}\n" for rule in sorted(found[judge].fails)), "utf-8")
    return found


def harden() -> None:
    catalogue = controls.load()
    accepted = ",".join(name for name in catalogue.by_id if catalogue.mends(name))
    with tempfile.TemporaryDirectory() as state:
        done = subprocess.run(
            [
                *(AUDITOR, "harden", "-i", "inventories/lab", "--limit", HOST, "--yes"),
                *("--accept", accepted, "--output", f"{state}/output"),
            ],
            env={**os.environ, "LUYTRE_STATE": f"{state}/state"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"the hardening ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}")


def not_shown(known: reasons.Reasons) -> Iterator[str]:
    """Commands of the page that do not show, on the host as it stands, that a judge is wrong."""
    for command, rules in reasons.commands(known).items():
        if lab.run(HOST, command).returncode:
            yield f"{', '.join(rules)}: not shown by {command}"


def table(before: Mapping[str, Verdict], after: Mapping[str, Verdict]) -> Iterator[str]:
    yield f"{'':<44} {'before':>11} {'ours':>11} {'dev-sec':>10}  target"
    for row in ROWS:
        ours = str(after[row.judge])
        yield f"{row.what:<44} {before[row.judge]!s:>11} {ours:>11} {row.dev_sec:>10}  {row.target}"
    versions = {**tools.DEBIAN, **tools.PYPI}
    yield "judges: " + ", ".join(f"{name} {version}" for name, version in versions.items())


def why(after: Mapping[str, Verdict], known: reasons.Reasons) -> Iterator[str]:
    for row in ROWS:
        counted = reasons.by_kind(row.judge, after[row.judge].fails, known)
        if counted:
            yield f"{row.judge}: " + ", ".join(f"{kind} {times}" for kind, times in counted.items())


def main() -> None:
    given = argparse.ArgumentParser(description="Before judges that we did not write.")
    given.add_argument("--fetch", action="store_true", help="only fetch the judges")
    given.add_argument("--keep", type=Path, help="write what they said into this folder")
    options = given.parse_args()
    folder = tools.fetch()
    if options.fetch:
        return
    keep: Path | None = options.keep
    known = reasons.read(reasons.PAGE.read_text("utf-8"))
    with lab.session():
        lab.pristine([HOST])
        before = judged(folder, keep and keep / "before")
        harden()
        after = judged(folder, keep and keep / "after")
        wrong = list(not_shown(known))
        lab.down([HOST])
    print("\n".join([*table(before, after), *why(after, known)]))
    wrong += reasons.unfounded(known, {each.id: bool(each.container) for each in controls.load().controls})
    wrong += reasons.complaints({judge: verdict.fails for judge, verdict in after.items()}, known)
    print("\n".join(wrong) or "every rule that still fails has its reason")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
