"""Write the sentences and tables of an official report: figures in, one document out. Pure.

- ``assembly``: the report as a whole; ``context``: what it is made of.
- ``form``: head and foot; ``body``: the text part by part; ``blocks``, ``phrases``: marks and shared sentences.
- ``situation``, ``results``: what was audited, and what it came to; ``work``: what was fixed in the month.
- ``incidents``, ``intrusions``: the month's incidents, and what intruders did.
- ``proposals``: shortcomings, causes, and who does what by when; ``annexes``: the tables.
"""

from auditor.report.official.content.assembly import build_official_document
from auditor.report.official.content.context import ReportContext

__all__ = ["ReportContext", "build_official_document"]
