"""``office/sharing.yml``: an office's statements on malware protection, connection and monitoring.

No host can tell these.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from auditor.errors import InputError
from auditor.models import Model, Organisation, Role, UnitId
from auditor.models.base import Printable
from auditor.system.yaml_source import YamlPlace, find_line_of_path_in_yaml_file, load_yaml, validate_yaml_data_as_model

FILE = "sharing.yml"
_MEND = "see docs/en/sharing.md"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Printable]
Matter = Literal["protection", "central", "connection", "monitoring"]
MATTERS: tuple[Matter, ...] = get_args(Matter)


class Declaration(Model):
    """One thing that an office says of itself: whether it is so, who says so, and on which day."""

    in_place: bool = Field(description="whether it is in place")
    what: Line | None = Field(default=None, description="which product, whom it is connected to, or by what means")
    since: date | None = Field(default=None, description="since when it is in place")
    role: Role = Field(description="who says so, as a role")
    dated: date = Field(description="the day on which it was said")

    @model_validator(mode="after")
    def _require_since_only_if_in_place(self) -> Self:
        if self.in_place and self.since is None:
            raise ValueError("since: it is in place, so a day has to say since when")
        if not self.in_place and self.since is not None:
            raise ValueError("since: it is not in place, so there is no day since when it is")
        if self.since is not None and self.since > self.dated:
            raise ValueError(f"since: {self.since} is after {self.dated}, the day on which it was said")
        return self


class SharingDeclarations(Model):
    """The declarations of one office; what is left out is not known."""

    protection: Declaration | None = Field(default=None, description="a product against malware that no host tells of")
    central: Declaration | None = Field(default=None, description="the products are managed centrally")
    connection: Declaration | None = Field(default=None, description="data on malware goes to the authority")
    monitoring: Declaration | None = Field(
        default=None, description="the systems are monitored, and the authority is told"
    )

    def get_declaration(self, matter: Matter) -> Declaration | None:
        """Return what is declared of a matter."""
        declaration: Declaration | None = getattr(self, matter)
        return declaration


class _File(Model):
    units: Mapping[UnitId, SharingDeclarations]


def load_sharing_declarations_by_unit(
    office_folder: Path, organisation: Organisation | None
) -> Mapping[UnitId, SharingDeclarations]:
    """Return what each office declares, by unit; none when there is no file.

    Raises InputError naming file, line and mend.
    """
    file = office_folder / FILE
    if not file.is_file():
        return {}
    document = validate_yaml_data_as_model(_File, load_yaml(file), "{where}: {why}", mend=_MEND, place=YamlPlace(file))
    units = {unit.id for unit in organisation.units} if organisation is not None else set()
    for unit in document.units:
        if unit not in units:
            raise InputError(
                "{unit} is not in office/organisation.yml",
                file=file,
                line=find_line_of_path_in_yaml_file(file, ["units", unit]),
                mend=_MEND,
                unit=unit,
            )
    return document.units
