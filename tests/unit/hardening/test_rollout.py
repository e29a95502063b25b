from __future__ import annotations

import pytest

from auditor.errors import InputError
from auditor.hardening import rollout

HOSTS = tuple(f"h{number}" for number in range(10))


@pytest.mark.parametrize(
    ("hosts", "sizes", "expected"),
    [
        (10, "1,5,25%", [1, 5, 2, 2]),
        (10, "1", [1] * 10),
        (10, "100%", [10]),
        (3, "1,5,25%", [1, 2]),
        (3, "10%", [1, 1, 1]),
        (0, "1", []),
        (10, " 2 , 50% ", [2, 5, 3]),
    ],
)
def test_a_canary_and_then_ever_more(hosts: int, sizes: str, expected: list[int]) -> None:
    found = rollout.split_batches(HOSTS[:hosts], sizes)
    assert [len(batch) for batch in found] == expected
    assert tuple(name for batch in found for name in batch) == HOSTS[:hosts]


@pytest.mark.parametrize("sizes", ["", "0", "-1", "1,", "ten", "101%", "1.5", "%"])
def test_sizes_that_are_none(sizes: str) -> None:
    with pytest.raises(InputError, match="--batch"):
        rollout.split_batches(HOSTS, sizes)
