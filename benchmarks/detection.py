"""What the judges of code say of the sets that were written before them, a line for each family.

    .venv/bin/python -m benchmarks.detection [--sets FOLDER] [--half a] [--rules FOLDER] [--each]

Shells and the settings that go with them count as alarm (``exact`` or ``strong``), sign (``weak``) or nothing; honest
files that are an alarm or a sign are named. Each file is judged for itself, in no upload folder and with nothing known
to be good: a foothold of several files counts by its loudest. No sample is run.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import yaml

from auditor.compromise import classifier, confidence
from auditor.compromise.rules import engine

SETS = Path(__file__).parent / "detection_sets"
Answer = Literal["alarm", "sign", "nothing"]


def judge_file(path: Path, rules: engine.YaraRules) -> tuple[Answer, str]:
    """Return what a file comes to, and the rules that say so."""
    found = confidence.weigh_judgement(classifier.judge_content(path.read_bytes(), path.name, rules))
    if found is None:
        return "nothing", ""
    answer: Answer = "sign" if found.certainty == "weak" else "alarm"
    return answer, f"{found.certainty} {' '.join(found.rules)}"


def iter_shells(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each file of a half's shells with its family."""
    for sample in yaml.safe_load((folder / "shells.yml").read_text("utf-8")):
        yield sample["family"], folder / sample["file"]


def show_families(answers: Mapping[str, Counter[Answer]]) -> None:
    """Print a line for each family, and one for all."""
    total: Counter[Answer] = Counter()
    for family, counts in answers.items():
        total.update(counts)
        print(f"{family:14} {counts['alarm']:3} alarm {counts['sign']:3} sign {counts['nothing']:3} nothing")
    files = total.total()
    seen = files - total["nothing"]
    print(
        f"{'all':14} {total['alarm']:3} alarm {total['sign']:3} sign {total['nothing']:3} nothing: "
        f"alarm {100 * total['alarm'] / files:.1f} %, seen {100 * seen / files:.1f} %"
    )


def main() -> None:
    """Judge both sets and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, default=SETS, help="where shells/HALF and honest/HALF lie")
    parser.add_argument("--half", default="a")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--each", action="store_true", help="name what each shell comes to")
    choice = parser.parse_args()
    rules = engine.load_yara_rules(choice.rules)
    answers: defaultdict[str, Counter[Answer]] = defaultdict(Counter)
    for family, path in iter_shells(choice.sets / "shells" / choice.half):
        answer, why = judge_file(path, rules)
        answers[family][answer] += 1
        if choice.each:
            print(f"  {answer:8} {path.relative_to(choice.sets)} {why}")
    show_families(answers)
    honest = [path for path in sorted((choice.sets / "honest" / choice.half).rglob("*")) if path.is_file()]
    counts: Counter[Answer] = Counter()
    for path in (path for path in honest if path.suffix != ".yml"):
        answer, why = judge_file(path, rules)
        counts[answer] += 1
        if answer != "nothing":
            print(f"  honest {answer:8} {path.relative_to(choice.sets)} {why}")
    print(f"honest: {counts['alarm']} alarm, {counts['sign']} sign, {counts['nothing']} nothing")


if __name__ == "__main__":
    main()
