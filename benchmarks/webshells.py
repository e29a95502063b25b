"""How much of what intruders leave the judges find, and how much of honest code they take for it; what a file costs.

    .venv/bin/python -m benchmarks.webshells [--malicious FOLDER]... [--benign FOLDER]... [--rules FOLDER] [--each]

Without folders the malicious ones are ``benchmarks/footholds.py``, which are put together in memory. An alarm is
``exact`` or ``strong``, outside upload folders and before anything is known to be good. No sample is run, or written
anywhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auditor.compromise import classifier, confidence
from auditor.compromise.classifier import Judgement
from auditor.compromise.rules import engine
from benchmarks import footholds

SUFFIXES = (".php", ".inc", ".phtml", ".php5", ".php7", ".txt")
MOST = 4_000_000


@dataclass
class Counted:
    """The result of one set of files."""

    stages: Counter[str] = field(default_factory=Counter)
    files: int = 0
    size: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")

    def add(self, name: str, content: bytes, rules: engine.YaraRules, *, each: bool) -> None:
        """Judge one file."""
        began = time.process_time()
        judgement = classifier.judge_content(content, name, rules)
        spent = time.process_time() - began
        found = confidence.weigh_judgement(judgement)
        self.files, self.size, self.seconds = self.files + 1, self.size + len(content), self.seconds + spent
        self.slowest = max(self.slowest, (spent, name))
        self.stages.update(_stages(judgement))
        self.stages[found.certainty if found is not None else "nothing"] += 1
        if each and found is not None:
            print(f"  {found.certainty:7} {name} {' '.join(found.rules)}")


def _stages(judgement: Judgement) -> Iterator[str]:
    if judgement.own:
        yield "our rules"
    if judgement.others:
        yield "rules of others"
    if any(hit.level != "hint" for hit in judgement.hits):
        yield "the tree"
    if judgement.unjudged:
        yield "not judged"


def files(folders: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield all files below some folders that PHP may be in."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file() and not path.is_symlink():
                with path.open("rb") as opened:
                    yield str(path), opened.read(MOST)


def show(title: str, counted: Counted) -> None:
    """One set's figures."""
    if not counted.files:
        return
    share = {name: f"{100 * count / counted.files:.2f} % ({count})" for name, count in counted.stages.items()}
    alarms = counted.stages["exact"] + counted.stages["strong"]
    print(f"{title}: {counted.files} files, {counted.size / 1e6:.1f} MB")
    for name in ("our rules", "the tree", "rules of others", "not judged"):
        print(f"  {name:16} {share.get(name, '0')}")
    print(f"  alarm            {100 * alarms / counted.files:.3f} % ({alarms})")
    print(f"  alarm or weak    {100 * (counted.files - counted.stages['nothing']) / counted.files:.3f} %")
    print(
        f"  {counted.files / max(counted.seconds, 1e-6):.0f} files a second on one core; slowest "
        f"{counted.slowest[0]:.2f} s, {counted.slowest[1]}"
    )


def main() -> None:
    """Count and show."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--malicious", "--benign"):
        asked.add_argument(name, type=Path, action="append", default=[])
    asked.add_argument("--rules", type=Path)
    asked.add_argument("--each", action="store_true")
    given = asked.parse_args()
    rules = engine.load_yara_rules(given.rules)
    for wrong in rules.wrong:
        print(f"left out: {wrong.file}: {wrong.why}", file=sys.stderr)
    malicious = files(given.malicious) if given.malicious else footholds.all_of_them()
    for title, samples in (("malicious", malicious), ("benign", files(given.benign))):
        counted = Counted()
        for name, content in samples:
            counted.add(name, content, rules, each=given.each)
        show(title, counted)


if __name__ == "__main__":
    main()
