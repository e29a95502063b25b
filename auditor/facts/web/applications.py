"""Applications found below the web roots: CMSs, and what is known by its files alone."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import GenericAlias
from typing import Any

from pydantic import Field, create_model

from auditor.facts._base import Area
from auditor.facts.web._cms import CmsInstance, OtherApplications
from auditor.models.applications.registry import CMSS


def _get_instance_model(kind: str) -> type[CmsInstance]:
    """Return the one model of an instance that the module ``_<kind>`` defines."""
    try:
        module = importlib.import_module(f"auditor.facts.web._{kind}")
    except ModuleNotFoundError as error:
        raise LookupError(
            f"auditor/facts/web/_{kind}.py: no model of {kind}'s facts, a subclass of CmsInstance"
        ) from error
    (model,) = (
        member
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, CmsInstance) and member.__module__ == module.__name__
    )
    return model


INSTANCE_MODELS: Mapping[str, type[CmsInstance]] = {cms.kind: _get_instance_model(cms.kind) for cms in CMSS}
"""By the kind of CMS."""
_INSTANCE_FIELDS: dict[str, Any] = {
    cms.kind: (GenericAlias(list, (INSTANCE_MODELS[cms.kind],)), Field(default_factory=list)) for cms in CMSS
}
ApplicationsFacts: type[Area] = create_model(
    "ApplicationsFacts",
    __base__=OtherApplications,
    __module__=__name__,
    __doc__="Applications found on the host.",
    **_INSTANCE_FIELDS,
)
