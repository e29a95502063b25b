"""Orders of versions: dpkg's, which the collector has too, and PHP's ``version_compare``. Pure."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from auditor.system import resources

_FILE = "on_host/shared/module_utils/luytre_shared/parsers/debian_version.py"
_CACHE_SIZE = 100_000
_NUMBER = "#N#"
_RANKS = {"dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "RC": 3, "rc": 3, "#": 4, "pl": 5, "p": 5}
"""PHP's words of a version, in the order in which it looks for them; any other comes before all."""
_LONGEST = 2**63 - 1


@cache
def _load_debian_version_module() -> Any:
    """Return the module that runs on hosts, for there is one order."""
    spec = spec_from_file_location("luytre_debian_version", resources.get_resources_folder() / _FILE)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_FILE} is not there")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(_CACHE_SIZE)
def is_valid_debian_version(text: str) -> bool:
    """Return whether dpkg takes this for a version."""
    return bool(_load_debian_version_module().is_valid_debian_version(text))


@lru_cache(_CACHE_SIZE)
def make_debian_version_sort_key(text: str) -> tuple[Any, ...]:
    """Return a key that sorts as dpkg does."""
    key: tuple[Any, ...] = _load_debian_version_module().make_sort_key_of_debian_version(text)
    return key


def compare_php_versions(version: str, other: str) -> int:
    """Return -1, 0 or 1, as PHP's ``version_compare`` of the two, whose steps these are."""
    if not version or not other:
        return bool(version) - bool(other)
    left, right = (text if text.startswith("#") else _canonicalize_php_version(text) for text in (version, other))
    mine, yours = left.split("."), right.split(".")
    at = 0
    while at < len(mine) and at < len(yours) and ".".join(mine[at:]) and ".".join(yours[at:]):
        order = _compare_parts(mine[at], yours[at])
        if order:
            return order
        at += 1
        if at == len(mine) or at == len(yours):
            break
    if at < len(mine):
        return 1 if mine[at][:1].isdigit() else compare_php_versions(".".join(mine[at:]), _NUMBER)
    if at < len(yours):
        return -1 if yours[at][:1].isdigit() else compare_php_versions(_NUMBER, ".".join(yours[at:]))
    return 0


@lru_cache(_CACHE_SIZE)
def _canonicalize_php_version(version: str) -> str:
    """Return parts that are numbers or words, with a dot between any two."""
    parts, last = [version[0]], version[0]
    for char in version[1:]:
        turns = (_is_character_of_word(last) and _is_digit(char)) or (_is_digit(last) and _is_character_of_word(char))
        is_part_char = char not in "-_+" and (turns or (char.isascii() and char.isalnum()))
        if (turns or not is_part_char) and parts[-1] != ".":
            parts.append(".")
        if is_part_char:
            parts.append(char)
        last = char
    return "".join(parts[:-1] if parts[-1] == "." else parts)


def _is_digit(char: str) -> bool:
    return char.isascii() and char.isdigit()


def _is_character_of_word(char: str) -> bool:
    return not _is_digit(char) and char != "."


def _compare_parts(part: str, other: str) -> int:
    left, right = _is_digit(part[:1] or "."), _is_digit(other[:1] or ".")
    if left and right:
        return _sign(_parse_leading_digits_bounded(part) - _parse_leading_digits_bounded(other))
    return _sign(
        _get_rank_of_php_version_word(_NUMBER if left else part)
        - _get_rank_of_php_version_word(_NUMBER if right else other)
    )


def _parse_leading_digits_bounded(text: str) -> int:
    digits = text[: next((place for place, char in enumerate(text) if not _is_digit(char)), len(text))]
    return min(int(digits), _LONGEST)


def _get_rank_of_php_version_word(version_word: str) -> int:
    return next((rank for prefix, rank in _RANKS.items() if version_word.startswith(prefix)), -1)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
