"""A hardened host's sites stay whole for those who work there, in a real browser. NukeViet and Joomla: ``test_messy``."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab import wordpress
from tests.lab.beside import Stage, act
from tests.lab.browser import Browser
from tests.lab.fixtures import as_hardened_first

ADDRESS = "10.213.47.11"


@act("web1")
def worked_at_wordpress(stage: Stage) -> tuple[wordpress.Done, dict[str, tuple[int, str]]]:
    """What came of an editor's work, and what a visitor then gets of it."""
    as_hardened_first(stage.host)
    done = wordpress.work()
    pages = {url: Browser(ADDRESS).get(url) for url in (done.article, *done.uploads)}
    return done, {url: (page.status, page.headers.get("content-type", "")) for url, page in pages.items()}


def test_wordpress_is_whole__worked_at_wordpress(
    acted: Callable[[str], tuple[wordpress.Done, dict[str, tuple[int, str]]]],
) -> None:
    done, seen = acted("worked_at_wordpress")
    assert done.plugin == ("chao-1.0", "chao-1.1")
    assert done.refused == ()
    kinds = {url.rpartition(".")[2]: (status, kind) for url, (status, kind) in seen.items()}
    assert kinds["png"] == (200, "image/png") and kinds["pdf"] == (200, "application/pdf")
    status, kind = seen[done.article]
    assert status == 200 and kind.startswith("text/html")
