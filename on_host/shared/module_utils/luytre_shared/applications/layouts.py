"""Where an application keeps what: how it is told by its files, what visitors fill, what holds secrets. Pure.

Paths are relative to the application's folder; one that ends in ``/`` is a folder. ``*`` stands for one name.
"""

import fnmatch
import re
from dataclasses import dataclass
from typing import Optional

VERSION = r"([0-9][0-9A-Za-z.+-]{0,20})"


@dataclass(frozen=True, eq=False)
class CmsLayout:
    """One application."""

    kind: str
    marks: tuple[tuple[str, ...], ...]
    """Sets of files: where all of one set lie, the application lies."""
    versions: tuple[tuple[str, str], ...]
    """Files, and the pattern of a line with the version in them."""
    uploads: tuple[str, ...] = ()
    """Folders that visitors' or editors' files go to."""
    caches: tuple[str, ...] = ()
    """Folders that the application fills by itself."""
    configuration: tuple[str, ...] = ()
    """Files that hold passwords or keys."""
    installers: tuple[str, ...] = ()
    """What has to go once it is installed."""
    installer_marks: tuple[str, ...] = ()
    """Files that are in the folder of its installer, whatever that is called by now."""
    private: tuple[str, ...] = ()
    """What no visitor may ever be given: a file, or anything in a folder. Its own makers say so, or ship a rule."""
    program: tuple[str, ...] = ()
    """Folders of its code that have the name of an upload folder."""
    schemas: tuple[str, ...] = ()
    """Folders in which its makers ship SQL."""
    own_php: Optional[str] = None
    """A pattern of the paths of the PHP that the application itself keeps in its uploads and caches."""
    login: str = ""
    """The page that a password for the administration is sent to."""
    login_requests: str = ""
    """A pattern of the URIs of such requests where it is another than the page's."""
    own_control_of_configuration: bool = False
    """Whether its role judges them by a control of its own, and what else lies there is judged as anywhere."""

    def make_login_request_pattern(self):
        """Return a pattern of the URIs of requests with a password, below any folder, for fail2ban."""
        return self.login_requests or _build_pattern_of_page(self.login)

    def is_upload(self, path):
        """Return whether a path lies in a folder that visitors' or editors' files go to."""
        return any(is_below_wildcard_folder(path, folder) for folder in self.uploads)

    def is_cache(self, path):
        """Return whether a path lies in a folder that the application fills by itself."""
        return any(is_below_wildcard_folder(path, folder) for folder in self.caches)

    def is_program(self, path):
        """Return whether a path lies in a folder of code that only sounds like one for uploads."""
        return any(is_below_wildcard_folder(path, folder) for folder in self.program)

    def is_in_shipped_sql_folder(self, path):
        """Return whether a path lies where its makers ship SQL."""
        return any(is_below_wildcard_folder(path, folder) for folder in self.schemas)

    def is_own_php(self, path):
        """Return whether the application keeps PHP of its own at this path among what it fills."""
        return self.own_php is not None and re.match(self.own_php, path) is not None

    def holds_secrets(self, path):
        """Return whether a path is of a configuration with passwords."""
        return any(is_path_matched_by_pattern(path, pattern) for pattern in self.configuration)


def _build_pattern_of_page(page):
    """Return a pattern of a page; an index page is its folder's, and has no query where it is asked for a password."""
    below = r'(?:/[^" ?]{0,200})?/'
    if page.endswith("/index.php"):
        return below + re.escape(page[: -len("index.php")]) + r"(?:index\.php)?"
    return below + re.escape(page).replace(r"\-", "-") + r'(?:\?[^" ]{0,500})?'


def search_version(pattern, text):
    """Return the version that a pattern of ``CmsLayout.versions`` finds in a file's text, or None."""
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1) if match else None


def is_below_wildcard_folder(path, folder):
    """Return whether a path lies in a folder whose names may be ``*``."""
    pattern_parts = folder.rstrip("/").split("/")
    parts = path.lower().split("/")
    return len(parts) > len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


def is_path_matched_by_pattern(path, pattern):
    """Return whether a path is one of a pattern's, name by name."""
    pattern_parts, parts = pattern.split("/"), path.split("/")
    return len(parts) == len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))
