"""How long 10,000 indicators take against a million lines of an access log: ``python -m benchmarks.indicators``.

All of it is made up.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from pathlib import Path

from auditor.indicators import importer, logs, store
from auditor.indicators.index import build_index_of_valid_foreign_indicators
from auditor.models import clock

INDICATORS, LINES = 10_000, 1_000_000


def _address(rolls: random.Random) -> str:
    return f"{rolls.randint(11, 99)}.{rolls.randint(0, 255)}.{rolls.randint(0, 255)}.{rolls.randint(1, 254)}"


def main() -> None:
    rolls = random.Random(17)  # noqa: S311  no secret
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *(_address(rolls) for _ in range(INDICATORS * 6 // 10)),
            *(f"c{number}.evil{rolls.randint(0, 99_999)}.test" for number in range(INDICATORS * 3 // 10)),
            *(f"http://drop{number}.test/gate.php?id={number}" for number in range(INDICATORS // 10 - 100)),
            *(f"45.{number}.{number}.0/24" for number in range(100)),
        ]
        (folder / "list.csv").write_text("value\n" + "\n".join(rows) + "\n", "utf-8")
        began = time.process_time()
        importer.import_indicator_files(
            [folder / "list.csv"], name=None, default_tlp="AMBER", today=clock.today(), path=folder / "i.sqlite"
        )
        print(f"import of {len(rows)} indicators: {time.process_time() - began:.1f} s")
        hits = 0
        with (folder / "access.log").open("w") as log:
            for number in range(LINES):
                bad = number % 1_000 == 0
                hits += bad
                who = rolls.choice(rows[: INDICATORS * 6 // 10]) if bad else _address(rolls)
                log.write(
                    f'{who} - - [27/Nov/2026:08:00:00 +0700] "GET /tin-tuc/bai-{number % 5_000}.html HTTP/1.1" 200 '
                    f"{number % 90_000}"
                    f' "https://www.google.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/'
                    f'153.0"\n'
                )
        began = time.process_time()
        held = build_index_of_valid_foreign_indicators(store.load_indicators(folder / "i.sqlite"), clock.today())
        found = logs.count_indicators_in_log(folder / "access.log", held)
        took = time.process_time() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = (folder / "access.log").stat().st_size / 1e6
        print(
            f"{LINES} lines ({size:.0f} MB): {took:.1f} s, {sum(found.values())} places ({hits} put there), "
            f"{memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
