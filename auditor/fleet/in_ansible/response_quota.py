"""What one host may still say in a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.fleet.in_ansible import bounds


class ResponseQuota:
    """Spent by answers; a host that has none left has failed once, and is not heard again."""

    def __init__(self) -> None:
        self._chars = bounds.MAX_SAID_IN_ALL
        self._answers = bounds.MAX_ANSWERS
        self._over = False

    def pass_result_if_within_quota(
        self, outcome: str, result: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Return outcome and result as they are passed on; None: not at all."""
        if self._over:
            return None
        payload = {key: value for key, value in result.items() if key != "invocation"}
        chars = estimate_text_size_of_value(payload)
        self._answers -= 1
        if chars is None or chars > self._chars or self._answers < 0:
            self._over = True
            return "failed", {"msg": bounds.TOO_MUCH}
        self._chars -= chars
        return outcome, payload


def estimate_text_size_of_value(value: object) -> int | None:
    """Return about how long the value is as text.

    None when it is longer, deeper or of more parts than an answer may be.
    """
    chars = values = 0
    level = [value]
    for _ in range(bounds.MAX_DEPTH):
        values += len(level)
        below: list[object] = []
        for item in level:
            if isinstance(item, str | bytes):
                chars += len(item)
            elif isinstance(item, Mapping):
                chars += sum(len(key) if isinstance(key, str) else 8 for key in item)
                below.extend(item.values())
            elif isinstance(item, list | tuple | set | frozenset):
                below.extend(item)
            else:
                chars += 8
            if values + len(below) > bounds.MAX_VALUES:
                return None
        if chars > bounds.MAX_SAID:
            return None
        if not below:
            return chars + values
        level = below
    return None
