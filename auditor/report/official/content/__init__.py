"""The sentences and tables of an official report, a module per part. Pure: figures in, one document out."""

from auditor.report.official.content.assembly import build_document
from auditor.report.official.content.context import ReportContext

__all__ = ["ReportContext", "build_document"]
