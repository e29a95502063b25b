"""What WordPress, its plugins and themes are called here. Pure."""

CORE = "core/wordpress"


def name_of(kind: str, slug: str) -> str:
    """The name of a ``core``, ``plugin`` or ``theme``: ``plugin/akismet``."""
    return CORE if kind == "core" else f"{kind}/{slug}"
