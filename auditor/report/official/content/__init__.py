"""The sentences and tables of an official report, a module per part. Pure: figures in, one document out."""

from auditor.report.official.content.given import Given
from auditor.report.official.content.whole import document

__all__ = ["Given", "document"]
