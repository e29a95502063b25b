"""Applications found below the web roots: WordPress and the other CMSs, and what is known by its files alone."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import GenericAlias
from typing import Any

from pydantic import Field, create_model

from auditor.facts._base import Area
from auditor.facts.web._cms import Applications, CmsInstance
from auditor.models.applications.registry import CMSS

INSTANCE_MODELS: Mapping[str, type[CmsInstance]] = {
    cms.kind: importlib.import_module(f"auditor.facts.web._{cms.kind}").Instance for cms in CMSS
}
"""By the kind of CMS: ``_<kind>.Instance``."""


_INSTANCE_FIELDS: dict[str, Any] = {
    cms.facts_field: (GenericAlias(list, (INSTANCE_MODELS[cms.kind],)), Field(default_factory=list)) for cms in CMSS
}
WordpressFacts: type[Area] = create_model(
    "WordpressFacts",
    __base__=Applications,
    __module__=__name__,
    __doc__="Applications found on the host.",
    **_INSTANCE_FIELDS,
)
