"""Check names and docstrings: functions are verbs, values are nouns, one class name has one meaning.

Run as ``python -m tools.names [--measure FOLDER…]``. Without arguments it checks the product, names every violation
with its file and line, and ends with 1 where there are more than the limits allow. ``--measure`` counts any Python,
ours or others'.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[1]
PRODUCT = ("auditor", "on_host", "roles", "playbooks", "tools")
LINE_LENGTH = 120
LIMITS: Mapping[str, float] = {"function": 0.01, "variable": 0.02, "docstring": 0.03}
"""The share of each kind that may break its rule: a word may be the field's own after all. Of modules none may."""

MODULES: Mapping[str, str] = {
    "cloaking": "what search engines call pages that they alone are shown",
    "hardening": "the product's noun for a run that changes hosts",
    "logging": "the area's name in facts and controls",
}
"""Gerunds that modules are called by, with the reason."""

PLUGIN_CLASSES: Mapping[str, str] = {
    "CallbackModule": "Ansible looks for it in each callback plugin",
    "FilterModule": "Ansible looks for it in each file of filters",
}
"""Class names that stand for several classes, with the reason."""

RELATIVE_WORDS = frozenset(["how", "what", "when", "where", "whether", "which", "who", "whoever", "whose", "why"])
"""The words that begin a docstring which says what a value is, where it should say what a function does."""

IRREGULAR_PARTICIPLES = frozenset(
    """asked begun bent bitten bled blown borne bought bound broken brought built burnt caught chosen dealt done drawn
    driven eaten fallen fed felt flown forbidden forgotten fought found frozen given gone gotten grown had heard
    held hidden hung kept known laid lain led left lent lit lost made meant met paid ridden risen rung said seen
    sent sewn shaken shone shot shown shrunk slept sold sought spent spoken spun stolen stood struck stuck sung
    sunk swept sworn swum taken taught thought told torn thrown understood woken won worn wound woven written""".split()
)
"""Those whose form is no infinitive as well: ``read``, ``put`` and ``set`` are verbs."""

NO_PARTICIPLES = frozenset(
    """bed breed ceiling during embed evening exceed feed hundred indeed king morning need ping proceed red ring seed
    shed sibling sing speed spring sting string succeed swing thing weed wing""".split()
)
"""Words that end as participles and gerunds do."""

NOUNS = frozenset(
    """binding building drawing encoding ending feeling finding hardening heading listing mapping meaning meeting
    naming opening padding parsing pending ping reading recording setting spelling string timing warning wording
    writing""".split()
)
"""Gerunds that are nouns of the field: a value may be called so, a function may not."""


@dataclass(frozen=True)
class Named:
    """A function, variable, module or docstring, and whether it breaks the rule of its kind."""

    kind: str
    name: str
    path: Path
    line: int
    wrong: bool


def is_participle(name: str) -> bool:
    """Return whether a name is one word alone that is a past participle or a gerund."""
    word = name.strip("_").lower()
    if "_" in word or word in NO_PARTICIPLES or name.startswith("__"):
        return False
    return word in IRREGULAR_PARTICIPLES or (len(word) > 4 and word.endswith(("ed", "ing")))


def begins_relatively(docstring: str) -> bool:
    """Return whether a docstring begins with a word like "What" or "Whether"."""
    first = docstring.split(maxsplit=1)[:1]
    return bool(first) and first[0].strip(",.:").lower() in RELATIVE_WORDS


def read_names(path: Path) -> Iterator[Named]:
    """Yield what one module names, in no order; raises ``SyntaxError``."""
    yield Named("module", path.stem, path, 1, is_participle(path.stem) and path.stem not in MODULES)
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        line = getattr(node, "lineno", 1)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield Named("function", node.name, path, line, is_participle(node.name))
            case ast.ClassDef():
                yield Named("class", node.name, path, line, wrong=False)
            case ast.Name(ctx=ast.Store(), id=name) | ast.arg(arg=name):
                yield Named("variable", name, path, line, is_participle(name) and name.strip("_") not in NOUNS)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            text := ast.get_docstring(node)
        ):
            yield Named("docstring", text.split("\n", 1)[0], path, line, begins_relatively(text))


def find_modules(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the Python files below some folders, tests of packages of others' left out."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            below = path.relative_to(folder).parts
            if "tests" not in below and "molecule" not in below:
                yield path


def find_shared_classes(names: Iterable[Named]) -> dict[str, list[Named]]:
    """Return the public class names that stand for more than one class, each with its places."""
    places: dict[str, list[Named]] = defaultdict(list)
    for named in names:
        if named.kind == "class" and not named.name.startswith("_") and named.name not in PLUGIN_CLASSES:
            places[named.name].append(named)
    return {name: classes for name, classes in places.items() if len(classes) > 1}


def find_long_lines(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """Yield each line that is longer than ``LINE_LENGTH`` characters."""
    for path in paths:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if len(line) > LINE_LENGTH:
                yield path, number


def count_shares(names: Iterable[Named]) -> dict[str, tuple[int, int]]:
    """Return ``{kind: (how many break its rule, how many there are)}``."""
    counts: dict[str, tuple[int, int]] = {}
    for named in names:
        wrong, total = counts.get(named.kind, (0, 0))
        counts[named.kind] = wrong + named.wrong, total + 1
    return counts


def measure(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the lines of the table that compares packages."""
    yield f"{'package':<28}{'functions':>16}{'variables':>16}{'docstrings':>16}{'classes twice':>15}{'long lines':>12}"
    for folder in folders:
        paths = list(find_modules([folder]))
        names = [named for path in paths for named in read_names(path)]
        shares = count_shares(names)
        cells = [_share(*shares.get(kind, (0, 0))) for kind in ("function", "variable", "docstring")]
        twice, long = len(find_shared_classes(names)), sum(1 for _ in find_long_lines(paths))
        yield f"{folder.name:<28}{''.join(f'{cell:>16}' for cell in cells)}{twice:>15}{long:>12}"


def _share(wrong: int, total: int) -> str:
    return f"{wrong}/{total} {wrong / total:.1%}" if total else "none"


def find_violations(names: list[Named]) -> Iterator[str]:
    """Yield a line for each kind that breaks its limit, with every place, and for each class name that stands twice."""
    for kind, (wrong, total) in count_shares(names).items():
        if wrong > LIMITS.get(kind, 0) * total:
            for named in names:
                if named.kind == kind and named.wrong:
                    yield f"{named.path.relative_to(TOP)}:{named.line}: {kind} {named.name!r}"
            yield f"{kind}: {_share(wrong, total)}, at most {LIMITS.get(kind, 0):.0%}"
    for name, classes in find_shared_classes(names).items():
        yield f"class {name}: " + ", ".join(f"{named.path.relative_to(TOP)}:{named.line}" for named in classes)


def main(arguments: list[str]) -> int:
    """Return 0, or 1 where a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs="+", type=Path, metavar="FOLDER", help="only count what is below these")
    options = parser.parse_args(arguments)
    if options.measure:
        print("\n".join(measure(options.measure)))
        return 0
    names = [named for path in find_modules(TOP / name for name in PRODUCT) for named in read_names(path)]
    violations = list(find_violations(names))
    print("\n".join(violations), file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
