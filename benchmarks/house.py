"""The figures of the house: how many places a change touches, of a checkout or of any commit, side by side.

    .venv/bin/python -m benchmarks.house [COMMIT...] [--json] [--where FIGURE]

Without a commit, the checkout as it lies there. ``--where`` lists the places behind one figure, most first. Product is
what runs at a user's: the Python, YAML and templates of ``auditor``, ``on_host``, ``roles`` and ``playbooks``, except
the lab's hosts and what its sites are filled with. Complexity is counted as radon counts it.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

TOP = Path(__file__).parents[1]
PRODUCT = ("auditor", "on_host", "roles", "playbooks")
LAB = re.compile(r"auditor/lab/(hosts|sites|compromised|apps|images)/")
CMS = ("wordpress", "nukeviet", "joomla", "spip")
MOST_COMPLEX, MOST_PARAMETERS = 20, 6
_CMS_WORDS = frozenset(CMS)
_TEXT = {".py", ".yml", ".j2", ".sh", ".php", ".po"}
_COMMAND = re.compile(r"(command|group|option|argument)$")

type Places = Counter[str]


@dataclass(frozen=True)
class House:
    """A tree of the product: the folder that it lies in."""

    top: Path
    folders: tuple[str, ...] = PRODUCT

    @cached_property
    def files(self) -> dict[str, str]:
        """Return the text of each product file by its path."""
        paths = (
            p
            for name in self.folders
            for p in sorted((self.top / name).rglob("*"))
            if p.is_file() and not p.is_symlink()
        )
        named = ((str(p.relative_to(self.top)), p) for p in paths if p.suffix in _TEXT)
        return {
            name: path.read_text("utf-8", "replace")
            for name, path in named
            if not LAB.match(name) and not name.startswith("playbooks/project/") and "/__pycache__/" not in name
        }

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """Return the syntax tree of each Python module by its path."""
        return {name: ast.parse(text) for name, text in self.files.items() if name.endswith(".py")}

    def list_functions(self) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Yield each function with its module's path."""
        yield from self.list_nodes(ast.FunctionDef)
        yield from self.list_nodes(ast.AsyncFunctionDef)

    def list_nodes[N: ast.AST](self, *kinds: type[N]) -> Iterator[tuple[str, N]]:
        """Yield each syntax node of some kinds with its module's path."""
        for name, tree in self.modules.items():
            yield from ((name, node) for node in ast.walk(tree) if isinstance(node, kinds))


def count_cms_files(cms: str) -> Callable[[House], Places]:
    """Return a count of product files that name a CMS, its own role and the texts of people apart."""

    def count(house: House) -> Places:
        own = re.compile(rf"roles/{cms}/|auditor/(lab|locale)/|(^|/)_?{cms}[^/]*$")
        return Counter(
            {
                name: len(re.findall(cms, text, re.I))
                for name, text in house.files.items()
                if re.search(cms, text, re.I) and not own.search(name)
            }
        )

    return count


def count_cms_tables(house: House) -> Places:
    """Return where code decides by a CMS's name: dictionaries, comparisons and cases, outside of a CMS's own module."""
    own = re.compile(rf"(^|/)_?({'|'.join(CMS)})[^/]*(/|$)|auditor/lab/")
    found: Places = Counter()
    for name, node in house.list_nodes(ast.Dict, ast.Compare, ast.MatchValue):
        if own.search(name):
            continue
        parts = node.keys if isinstance(node, ast.Dict) else ast.walk(node)
        words = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
        if words & _CMS_WORDS and (not isinstance(node, ast.Dict) or len(words & _CMS_WORDS) > 1):
            found[f"{name}:{node.lineno if hasattr(node, 'lineno') else 0}"] += 1
    return found


def count_folder_modules(house: House) -> Places:
    """Return how many modules lie in each folder, ``__init__.py`` apart."""
    return Counter(str(Path(name).parent) for name in house.modules if not name.endswith("__init__.py"))


def count_module_lines(house: House) -> Places:
    """Return the lines of each module."""
    return Counter({name: house.files[name].count("\n") for name in house.modules})


def count_code_lines(house: House) -> Places:
    """Return the lines of each module that hold code: no blank ones, comments and docstrings."""
    found: Places = Counter()
    for name, tree in house.modules.items():
        used: set[int] = set()
        for node in ast.walk(tree):
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)) and not is_docstring:
                first = getattr(node, "lineno", 0)
                children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
                last = children[0].lineno - 1 if children else getattr(node, "end_lineno", first)
                used.update(range(first, max(first, last) + 1))
        lines = house.files[name].split("\n")
        found[name] = sum(
            1 for n in used if 0 < n <= len(lines) and lines[n - 1].strip() and not lines[n - 1].strip().startswith("#")
        )
    return found


def count_imports_in_functions(house: House) -> Places:
    """Return the imports that stand in functions, by module."""
    inside: set[tuple[str, int]] = set()
    for name, node in house.list_functions():
        inside |= {(name, part.lineno) for part in ast.walk(node) if isinstance(part, (ast.Import, ast.ImportFrom))}
    return Counter(name for name, _ in inside)


def count_type_checking_blocks(house: House) -> Places:
    """Return the blocks for type checkers alone, by module."""
    return Counter(name for name, node in house.list_nodes(ast.If) if "TYPE_CHECKING" in ast.dump(node.test))


def count_parameters(house: House) -> Places:
    """Return the parameters of functions that take more than six, the options of a command apart."""
    found: Places = Counter()
    for name, node in house.list_functions():
        decorators = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
        if any(_COMMAND.search(ast.unparse(d)) for d in decorators):
            continue
        number = len(
            [
                p
                for p in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                if p.arg not in {"self", "cls"}
            ]
        )
        if number > MOST_PARAMETERS:
            found[f"{name}:{node.lineno} {node.name}"] = number
    return found


def measure_complexity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's cyclomatic complexity as radon counts it: boolean operators and comprehensions too."""
    number = 1
    for node in ast.walk(function):
        match node:
            case ast.If() | ast.IfExp() | ast.For() | ast.AsyncFor() | ast.While() | ast.ExceptHandler() | ast.Assert():
                number += 1
            case ast.BoolOp():
                number += len(node.values) - 1
            case ast.comprehension():
                number += 1 + len(node.ifs)
            case ast.match_case() if not isinstance(node.pattern, ast.MatchAs) or node.pattern.pattern or node.guard:
                number += 1
    return number


def count_complexity(house: House) -> Places:
    """Return the complexity of each function above 20."""
    found: Places = Counter()
    for name, node in house.list_functions():
        if (number := measure_complexity(node)) > MOST_COMPLEX:
            found[f"{name}:{node.lineno} {node.name}"] = number
    return found


def count_untested_modules(house: House) -> Places:
    """Return the modules of the controller that no test file mirrors."""
    found: Places = Counter()
    for name in house.modules:
        path = Path(name)
        if path.parts[0] != "auditor" or path.name == "__init__.py":
            continue
        mirror = house.top / "tests" / "unit" / Path(*path.parts[1:-1]) / f"test_{path.stem.lstrip('_')}.py"
        if not mirror.exists():
            found[name] = house.files[name].count("\n")
    return found


@dataclass(frozen=True)
class Figure:
    """A figure: what is counted, and whether its sum, its number of places or its highest place is told."""

    label: str
    count: Callable[[House], Places]
    summary: Callable[[Places], int]


def _find_highest(places: Places) -> int:
    return max(places.values(), default=0)


FIGURES = {
    **{cms: Figure(f"files that name {cms}, its role apart", count_cms_files(cms), len) for cms in CMS},
    "tables": Figure("dictionaries and conditions by a CMS's name", count_cms_tables, Counter.total),
    "folder": Figure("most modules in a folder", count_folder_modules, _find_highest),
    "module": Figure("most lines in a module", count_module_lines, _find_highest),
    "imports": Figure("imports in functions", count_imports_in_functions, Counter.total),
    "checking": Figure("blocks for type checkers alone", count_type_checking_blocks, Counter.total),
    "parameters": Figure("functions of more than six parameters", count_parameters, len),
    "complex": Figure("functions of a complexity above 20", count_complexity, len),
    "complexity": Figure("highest complexity", count_complexity, _find_highest),
    "untested": Figure("modules without a test file of their name", count_untested_modules, len),
    "modules": Figure("modules", count_module_lines, len),
    "lines": Figure("lines of Python", count_module_lines, Counter.total),
    "code": Figure("lines of code, without blanks, comments, docstrings", count_code_lines, Counter.total),
}


def unpack_commit(commit: str, folder: Path) -> House:
    """Unpack a commit into an empty folder and return its tree."""
    archive = subprocess.run(["git", "archive", commit], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as file:
        file.extractall(folder, filter="data")
    return House(folder)


def main() -> None:
    """Print the figures of one or more trees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commits", nargs="*", metavar="COMMIT")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--where", choices=list(FIGURES), help="list the places behind one figure")
    choice = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        houses = {"here": House(TOP)} if not choice.commits else {}
        for number, commit in enumerate(choice.commits):
            (where := Path(folder) / str(number)).mkdir()
            houses[commit] = unpack_commit(commit, where)
        if choice.where:
            for name, house in houses.items():
                print(f"{name}:")
                print(
                    *(f"{number:6d}  {place}" for place, number in FIGURES[choice.where].count(house).most_common()),
                    sep="\n",
                )
            return
        table = {
            key: {name: figure.summary(figure.count(house)) for name, house in houses.items()}
            for key, figure in FIGURES.items()
        }
    if choice.json:
        print(json.dumps(table, indent=2))
        return
    print(f"{'':52}", *(f"{name[:10]:>10}" for name in houses))
    for key, row in table.items():
        print(f"{FIGURES[key].label:52}", *(f"{number:10,d}" for number in row.values()))


if __name__ == "__main__":
    main()
