"""Orders of versions: dpkg's, which the collector has too, and PHP's ``version_compare``. Pure."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from auditor.system import resources

_FILE = "on_host/shared/module_utils/luytre_shared/debian_version.py"
_KEPT = 100_000
_NUMBER = "#N#"
_RANKS = {"dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "RC": 3, "rc": 3, "#": 4, "pl": 5, "p": 5}
"""PHP's words of a version, in the order in which it looks for them; any other comes before all."""
_LONGEST = 2**63 - 1


@cache
def _debian() -> Any:
    """The module that runs on hosts, for there is one order."""
    spec = spec_from_file_location("luytre_debian_version", resources.root() / _FILE)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_FILE} is not there")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(_KEPT)
def is_debian(text: str) -> bool:
    """Whether dpkg takes this for a version."""
    return bool(_debian().is_version(text))


@lru_cache(_KEPT)
def debian(text: str) -> tuple[Any, ...]:
    """A key that sorts as dpkg does."""
    key: tuple[Any, ...] = _debian().key(text)
    return key


def php(one: str, other: str) -> int:
    """-1, 0 or 1, as PHP's ``version_compare`` of the two, whose steps these are."""
    if not one or not other:
        return bool(one) - bool(other)
    left, right = (text if text.startswith("#") else _canonical(text) for text in (one, other))
    mine, yours = left.split("."), right.split(".")
    at = 0
    while at < len(mine) and at < len(yours) and ".".join(mine[at:]) and ".".join(yours[at:]):
        compared = _parts(mine[at], yours[at])
        if compared:
            return compared
        at += 1
        if at == len(mine) or at == len(yours):
            break
    if at < len(mine):
        return 1 if mine[at][:1].isdigit() else php(".".join(mine[at:]), _NUMBER)
    if at < len(yours):
        return -1 if yours[at][:1].isdigit() else php(_NUMBER, ".".join(yours[at:]))
    return 0


@lru_cache(_KEPT)
def _canonical(version: str) -> str:
    """Parts that are numbers or words, with a dot between any two."""
    built, last = [version[0]], version[0]
    for char in version[1:]:
        turns = (_is_word(last) and _is_digit(char)) or (_is_digit(last) and _is_word(char))
        kept = char not in "-_+" and (turns or (char.isascii() and char.isalnum()))
        if (turns or not kept) and built[-1] != ".":
            built.append(".")
        if kept:
            built.append(char)
        last = char
    return "".join(built[:-1] if built[-1] == "." else built)


def _is_digit(char: str) -> bool:
    return char.isascii() and char.isdigit()


def _is_word(char: str) -> bool:
    return not _is_digit(char) and char != "."


def _parts(one: str, other: str) -> int:
    left, right = _is_digit(one[:1] or "."), _is_digit(other[:1] or ".")
    if left and right:
        return _sign(_number(one) - _number(other))
    return _sign(_rank(_NUMBER if left else one) - _rank(_NUMBER if right else other))


def _number(text: str) -> int:
    digits = text[: next((place for place, char in enumerate(text) if not _is_digit(char)), len(text))]
    return min(int(digits), _LONGEST)


def _rank(form: str) -> int:
    return next((rank for known, rank in _RANKS.items() if form.startswith(known)), -1)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
