"""What WordPress, its plugins and themes, and the packages of Composer are called here. Pure."""

CORE = "core/wordpress"
COMPOSER = "composer/"
"""What the names of Composer's packages begin with."""


def make_component_name(kind: str, slug: str) -> str:
    """Return the name of a ``core``, ``plugin``, ``theme`` or ``composer`` package: ``plugin/akismet``."""
    return CORE if kind == "core" else f"{kind}/{slug}"
