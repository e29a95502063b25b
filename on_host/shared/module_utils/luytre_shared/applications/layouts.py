"""Where an application keeps what: how it is told by its files, what visitors fill, what holds secrets. Pure.

Paths are relative to the application's folder; one that ends in ``/`` is a folder. ``*`` stands for one name.
"""

import fnmatch
import re

VERSION = r"([0-9][0-9A-Za-z.+-]{0,20})"


class CmsLayout:
    """One application."""

    def __init__(
        self,
        kind,
        marks,
        versions,
        uploads=(),
        caches=(),
        configuration=(),
        installers=(),
        installer_marks=(),
        private=(),
        program=(),
        schemas=(),
        own_php=None,
        login="",
        login_requests=None,
        own_control_of_configuration=False,
    ):
        self.kind = kind
        self.marks = marks
        """Sets of files: where all of one set lie, the application lies."""
        self.versions = [(file, re.compile(pattern, re.MULTILINE)) for file, pattern in versions]
        self.uploads = uploads
        """Folders that visitors' or editors' files go to."""
        self.caches = caches
        """Folders that the application fills by itself."""
        self.configuration = configuration
        """Files that hold passwords or keys."""
        self.own_control_of_configuration = own_control_of_configuration
        """Whether its role judges them by a control of its own, and what else lies there is judged as anywhere."""
        self.installers = installers
        """What has to go once it is installed."""
        self.installer_marks = installer_marks
        """Files that are in the folder of its installer, whatever that is called by now."""
        self.private = private
        """What no visitor may ever be given: a file, or anything in a folder. Its own makers say so, or ship a rule."""
        self.program = program
        """Folders of its code that have the name of an upload folder."""
        self.schemas = schemas
        """Folders in which its makers ship SQL."""
        self.own_php = re.compile(own_php) if own_php else None
        """Paths of the PHP that the application itself keeps in its uploads and caches."""
        self.login = login
        """The page that a password for the administration is sent to."""
        self.login_requests = login_requests or _build_pattern_of_page(login)
        """A pattern of the URIs of such requests, below any folder, for fail2ban."""

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
        return self.own_php is not None and self.own_php.match(path) is not None

    def holds_secrets(self, path):
        """Return whether a path is of a configuration with passwords."""
        return any(is_path_matched_by_pattern(path, pattern) for pattern in self.configuration)


def _build_pattern_of_page(page):
    """Return a pattern of a page; an index page is its folder's, and has no query where it is asked for a password."""
    below = r'(?:/[^" ?]{0,200})?/'
    if page.endswith("/index.php"):
        return below + re.escape(page[: -len("index.php")]) + r"(?:index\.php)?"
    return below + re.escape(page).replace(r"\-", "-") + r'(?:\?[^" ]{0,500})?'


def is_below_wildcard_folder(path, folder):
    """Return whether a path lies in a folder whose names may be ``*``."""
    pattern_parts = folder.rstrip("/").split("/")
    parts = path.lower().split("/")
    return len(parts) > len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


def is_path_matched_by_pattern(path, pattern):
    """Return whether a path is one of a pattern's, name by name."""
    pattern_parts, parts = pattern.split("/"), path.split("/")
    return len(parts) == len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))
