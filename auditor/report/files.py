"""A run as files in a folder, in the formats that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.models import Finding, Lang, Model, Run
from auditor.report import csv_output, json_output, junit, oscal, sarif, xlsx
from auditor.report.formats import USUAL_FORMATS, Format
from auditor.report.html import pages
from auditor.report.html.addresses import get_site_page_path
from auditor.results.trend import TrendPoint
from auditor.results.verdict import RunVerdict
from auditor.system import files as publish
from auditor.system.memory import freeze_objects_for_garbage_collector
from auditor.system.parallel import run_in_forked_copy_of_process

MANY = 5000
"""From so many findings on the pages and the other files are made by a processor each."""

_NAMES: Mapping[Format, str] = {
    Format.HTML: "report/index.html",
    Format.JSON: "findings.json",
    Format.JUNIT: "junit.xml",
    Format.CSV: "findings.csv",
    Format.XLSX: "annex.xlsx",
    Format.SARIF: "findings.sarif",
    Format.OSCAL: "oscal-ar.json",
}


@dataclass(frozen=True)
class ReportComparison:
    """What a run is compared with and measured by."""

    before: Run | None = None
    """The run before it."""
    trend: Sequence[TrendPoint] = ()
    """Earlier runs, oldest first."""
    verdict: RunVerdict | None = None
    """What it means for the pipeline that asked."""
    baseline: Sequence[Finding] | None = None
    """The findings that it was measured by."""


ALONE = ReportComparison()


class WrittenFiles(Model):
    """The places of all that was written."""

    files: dict[Format, Path]
    sites: dict[str, Path]

    @property
    def main_files(self) -> tuple[Path, ...]:
        """Return what to point a person to: the page to begin with, or all files where there is none."""
        index = self.files.get(Format.HTML)
        return (index,) if index else tuple(self.files.values())


def write_report_files_of_run(
    run: Run,
    catalogue: Catalogue,
    *,
    output: Path,
    lang: Lang,
    formats: Collection[Format] = USUAL_FORMATS,
    comparison: ReportComparison = ALONE,
) -> WrittenFiles:
    """Write the files below ``output``, each complete at once: a reader sees the old or the new, never half.

    Raises InputError when ``output`` cannot be written or its ``report`` folder is somebody else's.
    """
    before, baseline = comparison.before, comparison.baseline
    report = output / "report"
    publish.check_and_make_output_folder(output)
    catalogue = catalogue.add_retired_controls_of_findings(
        chain(run.findings, before.findings if before else (), baseline or ())
    )
    renders: Mapping[Format, Callable[[], bytes]] = {
        Format.JSON: lambda: json_output.render_findings_as_json(run, comparison.verdict),
        Format.JUNIT: lambda: junit.render_findings_as_junit_xml(run, catalogue, lang),
        Format.CSV: lambda: csv_output.render_findings_as_csv(run, catalogue, lang),
        Format.XLSX: lambda: xlsx.render_run_as_xlsx_workbook(run, catalogue, lang, before),
        Format.SARIF: lambda: sarif.render_findings_as_sarif(run, catalogue, lang, baseline),
        Format.OSCAL: lambda: oscal.render_run_as_oscal_assessment_results(run, catalogue, lang),
    }
    files = {kind: output / name for kind, name in _NAMES.items() if kind in formats}

    def write_single_files() -> None:
        for kind, render in renders.items():
            if kind in files:
                publish.write_file(files[kind], render())

    with (
        freeze_objects_for_garbage_collector(),
        run_in_forked_copy_of_process(
            write_single_files, worthwhile=Format.HTML in formats and len(run.findings) >= MANY
        ),
    ):
        if Format.HTML in formats:
            publish.write_folder(report, pages.iter_html_report_pages(run, catalogue, lang, before, comparison.trend))
    sites = [site.domain for host in run.hosts for site in host.sites] if Format.HTML in formats else []
    return WrittenFiles(files=files, sites={domain: report / get_site_page_path(domain) for domain in sites})
