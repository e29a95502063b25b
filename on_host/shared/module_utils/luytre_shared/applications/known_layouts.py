"""All applications that are known by their files: whoever walks web roots needs no more of them than this. Pure.

Those of ``registry`` first, which are CMSs that audits and incidents ask, too.
"""

from ansible.module_utils.luytre_shared.applications.layouts import VERSION, CmsLayout

LAYOUTS = (
    CmsLayout(
        "wordpress",
        marks=(("wp-includes/version.php",),),
        versions=(("wp-includes/version.php", r"^\s*\$wp_version\s*=\s*'%s'" % VERSION),),
        uploads=("wp-content/uploads/",),
        caches=("wp-content/cache/", "wp-content/upgrade/"),
        configuration=("wp-config.php",),
        login="wp-login.php",
        own_control_of_configuration=True,
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
        "spip",
        marks=(("spip.php", "ecrire/inc_version.php"),),
        versions=(("ecrire/inc_version.php", r"^\s*\$spip_version_branche\s*=\s*['\"]%s['\"]" % VERSION),),
        uploads=("IMG/",),
        caches=("tmp/", "local/"),
        configuration=("config/connect.php", "config/cles.php"),
        private=("config/", "tmp/"),
        own_php=r"tmp/(?:meta_cache\.php|sessions/[0-9]+_[0-9a-f]{32}\.php"
        r"|cache/(?:charger_[a-z_]+|chemin|[a-z_]+|skel/[a-z0-9_]+)\.php)\Z",
        login="spip.php",
        login_requests=r'(?:/[^" ?]{0,200})?/(?:spip\.php)?\?page=login[^" ]{0,500}',
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
LAYOUT_BY_KIND = {layout.kind: layout for layout in LAYOUTS}
KINDS = tuple(LAYOUT_BY_KIND)
