"""A run as files, for people, spreadsheets and programs. Only ``write`` does more than compute."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from auditor.controls import Catalogue
from auditor.models import USUAL_FORMATS, Format, Lang, Model, Run
from auditor.report import csv_output, html, json_output, junit, oscal, publish, sarif, xlsx
from auditor.report.summary import TrendPoint, fleet, trend_point

_FILES: Mapping[Format, tuple[str, Callable[[Run, Catalogue, Lang], bytes]]] = {
    Format.JSON: ("findings.json", lambda run, _catalogue, _lang: json_output.render(run)),
    Format.JUNIT: ("junit.xml", junit.render),
    Format.CSV: ("findings.csv", csv_output.render),
    Format.XLSX: ("annex.xlsx", xlsx.render),
    Format.SARIF: ("findings.sarif", sarif.render),
    Format.OSCAL: ("oscal-ar.json", oscal.render),
}


class Written(Model):
    """Where everything went."""

    files: dict[Format, Path]
    sites: dict[str, Path]

    @property
    def shown(self) -> tuple[Path, ...]:
        """What to point a person to: the page to begin with, or all files where there is none."""
        index = self.files.get(Format.HTML)
        return (index,) if index else tuple(self.files.values())


def write(
    run: Run,
    catalogue: Catalogue,
    *,
    output: Path,
    lang: Lang,
    before: Run | None = None,
    trend: Sequence[TrendPoint] = (),
    formats: Collection[Format] = USUAL_FORMATS,
) -> Written:
    """Write the files below ``output``, each complete at once: a reader sees the old or the new, never half.

    ``before`` is the run to compare with; ``trend`` earlier runs, oldest first. Raises InputError when
    ``output`` cannot be written or its ``report`` folder is somebody else's.
    """
    report = output / "report"
    publish.check(output)
    files: dict[Format, Path] = {}
    if Format.HTML in formats:
        publish.folder(report, html.pages(run, catalogue, lang, before, trend))
        files[Format.HTML] = report / "index.html"
    for wanted, (name, render) in _FILES.items():
        if wanted in formats:
            files[wanted] = publish.file(output / name, render(run, catalogue, lang))
    sites = [site.domain for host in run.hosts for site in host.sites] if Format.HTML in formats else []
    return Written(files=files, sites={domain: report / html.site_page(domain) for domain in sites})


__all__ = ["TrendPoint", "Written", "fleet", "trend_point", "write"]
