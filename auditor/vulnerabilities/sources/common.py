"""What the readers of all kinds share: the names of vulnerabilities, and what came of an import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

CVE = re.compile(r"CVE-(?:1999|2[0-9]{3})-[0-9]{4,19}\Z")


@dataclass(frozen=True)
class ImportSummary:
    """The summary of an import: the number of records, and the day that the data says it is of."""

    records: int
    data_day: date | None = None
    part: str = ""
