"""What CMSs, their extensions, and the packages of Composer are called here. Pure."""

from auditor.models.applications.registry import CMSS

CMS_CORES = {cms.core_component: cms.kind for cms in CMSS if cms.core_component}
"""Components that are a CMS itself, and what package URLs call them."""
EXTENSIONS = {kind: f"{cms.kind}-{kind}" for cms in CMSS for kind in cms.extension_kinds.values()}
"""Kinds of components that are extensions of a CMS, and what package URLs call them."""
COMPOSER = "composer/"
"""What the names of Composer's packages begin with."""


def make_component_name(kind: str, slug: str) -> str:
    """Return the name of a ``plugin``, ``theme`` or ``composer`` package: ``plugin/akismet``."""
    return f"{kind}/{slug}"
