"""A set of rules that somebody else wrote, compiled: how it is kept, and how it lies ready for a hunt."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import yara_x

from auditor.compromise.rules.compilation import RuleError
from auditor.models.hunts import RuleSetUse

SUFFIX = ".rules"
MAX_HEAD = 2_000_000


@dataclass(frozen=True)
class RuleSet:
    """A set of rules."""

    name: str
    version: str
    digest: str
    """SHA-256 over paths and contents of its files."""
    licence: str
    origin: str
    """The folder that it was read from."""
    rule_count: int
    errors: tuple[RuleError, ...]
    """What is left out, since it does not compile or takes too long."""
    too_broad: tuple[RuleError, ...]
    """What is left out, since it fits legitimate files, too."""
    muted: tuple[str, ...]
    """Namespace and name of those that are too broad."""
    engine: str
    """The version of the library that compiled it."""
    compiled: bytes = field(repr=False)

    @property
    def use(self) -> RuleSetUse:
        """Return what a hunt says of it."""
        return RuleSetUse(name=self.name, version=self.version, licence=self.licence, rules=self.rule_count)

    def dump(self) -> bytes:
        """Return it as children read it: a line about it, and the compiled rules."""
        head = {"label": f"{self.name} {self.version}", "licence": self.licence, "muted": self.muted}
        return json.dumps(head).encode("ascii") + b"\n" + self.compiled


@dataclass(frozen=True)
class LoadedRuleSet:
    """A set that is ready to scan."""

    label: str
    licence: str
    muted: frozenset[str]
    rules: yara_x.Rules


def get_engine_version() -> str:
    """Return the version of the library that compiles: what another one compiled is compiled anew."""
    return metadata.version("yara-x")


def load_rule_set(file: Path) -> LoadedRuleSet:
    """Return a set that ``RuleSet.dump`` wrote. Raises OSError and ValueError."""
    with file.open("rb") as stream:
        head = json.loads(stream.readline(MAX_HEAD))
        rules = yara_x.Rules.deserialize_from(io.BytesIO(stream.read()))
    return LoadedRuleSet(str(head["label"]), str(head["licence"]), frozenset(head["muted"]), rules)


@contextmanager
def lay_out_rule_sets(rule_sets: Sequence[RuleSet]) -> Iterator[Path | None]:
    """Lay sets out in a folder that children can read, for as long as a hunt lasts; None: there are none.

    Rules that anybody may read: children that gave up root's rights are among those who do.
    """
    if not rule_sets:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="luytre-rules-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for number, rule_set in enumerate(rule_sets):
            file = folder / f"{number:03}{SUFFIX}"
            file.write_bytes(rule_set.dump())
            file.chmod(0o644)
        yield folder
