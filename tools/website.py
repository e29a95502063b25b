"""A hook of mkdocs: the repository's pages as a site, with every link as it stands in the repository (``make site``).

The pages lie in ``docs/``, beside the roles and at the top, and link to each other by relative paths. They are copied
into one folder as they lie, with what they link to that is no page.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
SHIM = Path(__file__).with_name("iframe_worker") / "shim.js"
"""iframe-worker 1.0.4 (MIT): the search from a folder, where browsers start no worker."""
SHIM_ADDRESS = re.compile(rb"https://unpkg\.com/iframe-worker/shim")
"""Where the theme would fetch it from, on a network."""
PAGES = ("*.md", "docs/*.md", "docs/**/*.md", "roles/*/README.md", "docs/images/*")
"""What git keeps that becomes a part of the site, as its pathspecs."""
_LINK = re.compile(r"\]\(([^)#:\s]+)")


def on_config(config: Any) -> Any:
    """Copy the pages and point mkdocs there.

    Lists the pages that ``nav`` names by a pattern, and keeps letters in anchors.
    """
    from pymdownx import slugs  # noqa: PLC0415  the release's packages alone have it

    folder = Path(tempfile.mkdtemp(prefix="luytre-site-"))
    copy_pages(TOP, folder)
    config["docs_dir"] = str(folder)
    config["nav"] = expand_patterns(config["nav"], folder)
    config["mdx_configs"]["toc"]["slugify"] = slugs.slugify(case="lower")
    return config


def on_post_build(config: Any) -> None:
    """Put the shim where the theme would fetch it, and remove the copies."""
    embed_shim(Path(config["site_dir"]))
    shutil.rmtree(config["docs_dir"])


def embed_shim(site: Path) -> None:
    """Replace the shim's address by the shim itself in every page and program of the site."""
    data_url = b"data:text/javascript;base64," + base64.b64encode(SHIM.read_bytes())
    for path in (*site.rglob("*.html"), *site.rglob("*.js")):
        content = path.read_bytes()
        if SHIM_ADDRESS.search(content):
            path.write_bytes(SHIM_ADDRESS.sub(data_url, content))


def copy_pages(top: Path, folder: Path) -> None:
    """Copy the pages that git knows below ``top``, and the files that they link to."""
    process = subprocess.run(
        ["git", "ls-files", "-z", *(f":(glob){pattern}" for pattern in PAGES)],
        cwd=top, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pages = [top / name for name in process.stdout.split("\0") if name]
    linked_files = [file for page in pages if page.suffix == ".md" for file in find_linked_files(page, top)]
    for path in (*pages, *linked_files):
        target = folder / path.relative_to(top)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def find_linked_files(page: Path, top: Path) -> Iterator[Path]:
    """Yield the files below ``top``, other than pages, that a page links to."""
    for target in _LINK.findall(page.read_text("utf-8")):
        path = (page.parent / target).resolve()
        if path.is_file() and path.suffix != ".md" and path.is_relative_to(top):
            yield path


def expand_patterns(nav: Sequence[Any], folder: Path) -> list[Any]:
    """Return a ``nav`` of mkdocs with each pattern replaced by the pages that match it below ``folder``, in order."""
    entries: list[Any] = []
    for item in nav:
        if isinstance(item, dict):
            entries.append({title: _expand(value, folder) for title, value in item.items()})
        else:
            entries += _expand(item, folder) if "*" in item else [item]
    return entries


def _expand(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return expand_patterns(value, folder)
    return [str(path.relative_to(folder)) for path in sorted(folder.glob(value))] if "*" in value else value
