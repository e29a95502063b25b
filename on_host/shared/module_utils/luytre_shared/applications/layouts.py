"""What is known of applications by their files: one entry each, and the only place that knows it. Pure.

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


def is_below_wildcard_folder(path, folder):
    """Return whether a path lies in a folder whose names may be ``*``."""
    pattern_parts = folder.rstrip("/").split("/")
    parts = path.lower().split("/")
    return len(parts) > len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


def is_path_matched_by_pattern(path, pattern):
    """Return whether a path is one of a pattern's, name by name."""
    pattern_parts, parts = pattern.split("/"), path.split("/")
    return len(parts) == len(pattern_parts) and all(map(fnmatch.fnmatchcase, parts, pattern_parts))


LAYOUTS = (
    CmsLayout(
        "wordpress",
        marks=(("wp-includes/version.php",),),
        versions=(("wp-includes/version.php", r"^\s*\$wp_version\s*=\s*'%s'" % VERSION),),
        uploads=("wp-content/uploads/",),
        caches=("wp-content/cache/", "wp-content/upgrade/"),
        configuration=("wp-config.php",),
        login="wp-login.php",
    ),
    CmsLayout(
        "joomla",
        marks=(("administrator/manifests/files/joomla.xml",),),
        versions=(("administrator/manifests/files/joomla.xml", r"<version>\s*%s\s*</version>" % VERSION),),
        uploads=("images/",),
        caches=("cache/", "administrator/cache/", "tmp/", "logs/", "administrator/logs/"),
        configuration=("configuration.php",),
        installers=("installation/",),
        installer_marks=("index.php", "configuration.php-dist"),
        private=("administrator/logs/", "logs/"),
        own_php=r"(?:administrator/)?(?:cache|logs)/",
        login="administrator/index.php",
    ),
    CmsLayout(
        "nukeviet",
        marks=(("includes/mainfile.php",),),
        versions=tuple(
            (file, r"^\s*\$global_config\['version'\]\s*=\s*'%s'" % VERSION)
            for file in ("data/config/config_global.php", "includes/ini.php", "install/config.php")
        ),
        uploads=("uploads/",),
        caches=("data/",),
        program=("admin/upload/",),
        configuration=("config.php", "data/config/config_global.php"),
        installers=("install/",),
        installer_marks=("index.php", "action_mysql.php", "data.php"),
        private=("data/config/", "data/logs/", "data/dump/"),
        own_php=r"data/(?:(?:config|ip6?|cache)/|tmp/(?:config|recreatethumb)_[0-9a-f]{32}\.php\Z)",
        login="admin/index.php",
    ),
    CmsLayout(
        "drupal",
        marks=(("core/lib/Drupal.php",), ("includes/bootstrap.inc", "modules/system/system.module")),
        versions=(
            ("core/lib/Drupal.php", r"\bconst\s+VERSION\s*=\s*'%s'" % VERSION),
            ("includes/bootstrap.inc", r"^\s*define\('VERSION',\s*'%s'" % VERSION),
        ),
        uploads=("sites/*/files/",),
        configuration=("sites/*/settings.php", "sites/*/settings.local.php"),
        private=("sites/default/private/", "sites/default/files/private/", "sites/default/files/config_*/", "private/"),
        own_php=r"sites/[^/]+/files/php/twig/",
    ),
    CmsLayout(
        "dokuwiki",
        marks=(("doku.php", "inc/init.php", "lib/exe/fetch.php"),),
        versions=(("VERSION", r"\A(?:Release )?([0-9]{4}-[0-9]{2}-[0-9]{2}[a-z]?)"),),
        uploads=("data/media/", "data/media_attic/"),
        caches=("data/",),
        configuration=("conf/users.auth.php", "conf/local.php", "conf/local.protected.php", "conf/mysql.conf.php"),
        installers=("install.php",),
        private=("conf/users.auth.php", "conf/", "data/pages/", "data/meta/", "data/attic/", "data/", "inc/", "bin/"),
        own_php=r"data/cache/",
    ),
    CmsLayout(
        "mediawiki",
        marks=(("includes/Defines.php", "load.php", "api.php"),),
        versions=(
            ("includes/Defines.php", r"^\s*define\(\s*'MW_VERSION',\s*'%s'" % VERSION),
            ("includes/DefaultSettings.php", r"^\s*\$wgVersion\s*=\s*'%s'" % VERSION),
        ),
        uploads=("images/",),
        caches=("cache/",),
        configuration=("LocalSettings.php",),
        installers=("mw-config/",),
        installer_marks=("index.php", "overrides.php"),
        private=("cache/", "images/deleted/", "maintenance/"),
        schemas=("maintenance/", "sql/", "tests/"),
        own_php=r"cache/",
    ),
    CmsLayout(
        "moodle",
        marks=(("lib/moodlelib.php", "version.php"),),
        versions=(("version.php", r"^\s*\$release\s*=\s*'%s" % VERSION),),
        uploads=("moodledata/",),
        configuration=("config.php",),
        private=("moodledata/",),
        program=("media/",),
        own_php=r"moodledata/(?:localcache|cache|muc)/",
    ),
)
BY_KIND = {layout.kind: layout for layout in LAYOUTS}
KINDS = tuple(BY_KIND)
