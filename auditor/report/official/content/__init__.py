"""The sentences and tables of an official report, a module per part. Pure: figures in, one document out."""

from auditor.report.official.content.given import ReportContext
from auditor.report.official.content.whole import build_document

__all__ = ["ReportContext", "build_document"]
