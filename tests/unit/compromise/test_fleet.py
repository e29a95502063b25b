"""What is judged of a file is of what was listed, and no other's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, cast

import pytest

from auditor.compromise import fleet, judge
from auditor.compromise.judge import Asked, Judgement
from auditor.compromise.listing import PHP, File
from auditor.models import Host

LISTED = b"<?php 2;"


@pytest.mark.parametrize(
    ("size", "content", "is_judged"),
    [
        (len(LISTED), LISTED, True),
        (len(LISTED), b"<?php;", False),
        (len(LISTED), LISTED + b" ", False),
        (3 << 20, b"<?php 1;", False),
        (3 << 20, bytes(2 << 20), True),
    ],
    ids=["itself", "a shorter one", "a longer one", "a short one for a large", "parts of a large"],
)
def test_a_file_that_was_swapped_for_another_is_not_judged_by_that(
    monkeypatch: pytest.MonkeyPatch, size: int, content: bytes, is_judged: bool
) -> None:
    def judged(asked: Sequence[Asked], _rules: object) -> list[Judgement]:
        return [Judgement() for _ in asked]

    def fetched(*_: object) -> list[bytes | None]:
        return [content]

    digest = hashlib.sha256(LISTED).hexdigest()
    listed = File("/var/www", "a.php", size, 0, 0, digest, PHP, 0, "0" * 16)
    monkeypatch.setattr(judge, "all_judged", judged)
    monkeypatch.setattr(fleet.Hunting, "_fetched", fetched)
    hunting = fleet.Hunting("inventory", cast(Any, None), ())
    assert set(hunting._judged(cast(Host, None), [listed])) == ({digest} if is_judged else set())
