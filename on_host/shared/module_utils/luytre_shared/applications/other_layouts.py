"""Applications that are known by their files alone: audits name them, and know what they keep where. Pure."""

from ansible.module_utils.luytre_shared.applications.layouts import VERSION, CmsLayout

LAYOUTS = (
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
