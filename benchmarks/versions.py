"""Whether our orders of versions are apt's and PHP's own, both asked on a lab host.

    .venv/bin/python -m benchmarks.versions [HOST]

20,000 random valid pairs of Debian's versions, half of them a character apart, and 5,000 pairs of what plugins call
versions. The host has to run. Exit code 1 when an answer differs.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial

from auditor import lab
from auditor.vulnerabilities.versions import compare_php_versions, is_valid_debian_version, make_debian_version_sort_key

DEBIAN, PHP = 20_000, 5_000
_WORDS = (
    "dev",
    "alpha",
    "a",
    "beta",
    "b",
    "RC",
    "rc",
    "pl",
    "p",
    "#",
    "x",
    ".",
    "-",
    "_",
    "+",
    "~",
    "0",
    "1",
    "2",
    "10",
    "v",
    "",
)
APT = """
import apt_pkg, json, sys
apt_pkg.init_system()
print(json.dumps([apt_pkg.version_compare(one, other) for one, other in json.load(sys.stdin)]))
"""
PHPS = (
    "echo json_encode(array_map(fn($pair) => version_compare(...$pair), json_decode(stream_get_contents(STDIN), "
    "true)));"
)


def debians(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Pairs of versions that dpkg takes for such."""
    for number in range(DEBIAN):
        one = _valid(partial(_any, rng))
        yield one, _valid(partial(_near, rng, one) if number % 2 else partial(_any, rng))


def _any(rng: random.Random) -> str:
    more = rng.choices("0123456789abcz.+~-:", k=rng.randint(0, 8))
    return "".join((rng.choice(("", "", "1:", "2:")), str(rng.randint(0, 12)), *more))


def _near(rng: random.Random, version: str) -> str:
    at = rng.randrange(len(version) + 1)
    return (
        version[:at]
        + rng.choice((*"0123456789abcz.+~-", "", "~rc", "+b1", "+deb13u1"))
        + version[at + rng.randint(0, 1) :]
    )


def _valid(made: Callable[[], str]) -> str:
    while True:
        version: str = made()
        if is_valid_debian_version(version):
            return version


def phps(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Pairs of texts made of what such versions are made of."""
    for _ in range(PHP):
        one, other = ("".join(rng.choices(_WORDS, k=rng.randint(0, 7))) for _ in range(2))
        yield one, other


def differences(host: str, what: str, program: list[str], pairs: list[tuple[str, str]], ours: list[int]) -> int:
    """Return how often the host's program says something else."""
    done = lab.run_on_machine_as_root(host, program, stdin_data=json.dumps(pairs).encode())
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr.decode(errors='replace')[-300:]}")
    theirs = [(one > 0) - (one < 0) for one in json.loads(done.stdout)]
    wrong = [pair for pair, own, their in zip(pairs, ours, theirs, strict=True) if own != their]
    print(
        f"{what}: {len(pairs)} pairs, {ours.count(-1)} below, {ours.count(0)} equal, {len(wrong)} differences "
        f"{wrong[:3]}"
    )
    return len(wrong)


def main() -> int:
    """Ask both."""
    host, rng = sys.argv[1] if len(sys.argv) > 1 else "web1", random.Random(17)  # noqa: S311  made-up data
    packages, plugins = list(debians(rng)), list(phps(rng))
    order = [
        (make_debian_version_sort_key(one) > make_debian_version_sort_key(other))
        - (make_debian_version_sort_key(one) < make_debian_version_sort_key(other))
        for one, other in packages
    ]
    wrong = differences(host, "apt", ["python3", "-c", APT], packages, order)
    wrong += differences(host, "PHP", ["php", "-r", PHPS], plugins, [compare_php_versions(*pair) for pair in plugins])
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
