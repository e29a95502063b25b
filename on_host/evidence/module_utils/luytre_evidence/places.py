"""Name what evidence takes along of this host: settings, folders, files of homes, packages."""

SETTINGS = (
    *(
        "passwd",
        "group",
        "hosts",
        "hostname",
        "os-release",
        "debian_version",
        "timezone",
        "crontab",
        "anacrontab",
        "environment",
    ),
    *(
        "ld.so.preload",
        "ld.so.conf",
        "profile",
        "bash.bashrc",
        "rc.local",
        "nsswitch.conf",
        "resolv.conf",
        "shells",
        "sudoers",
    ),
    *(
        "fstab",
        "nftables.conf",
        "machine-id",
        "login.defs",
        "modules",
        "sysctl.conf",
        "hosts.allow",
        "hosts.deny",
        "locale.conf",
    ),
)
SETTING_FOLDERS = (
    *(
        "cron.d",
        "cron.hourly",
        "cron.daily",
        "cron.weekly",
        "cron.monthly",
        "systemd/system",
        "systemd/user",
        "systemd/network",
        "ssh",
    ),
    *(
        "sudoers.d",
        "pam.d",
        "profile.d",
        "ld.so.conf.d",
        "modules-load.d",
        "modprobe.d",
        "sysctl.d",
        "apt",
        "nginx",
        "apache2",
        "php",
    ),
    *("mysql", "logrotate.d", "network", "udev/rules.d", "xdg/autostart", "init.d", "rsyslog.d", "fail2ban"),
)
OTHER_FOLDERS = (
    "/var/spool/cron",
    "/usr/local/lib/systemd",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/usr/local/bin",
    "/usr/local/sbin",
)
OF_HOMES = (
    *(
        ".bash_history",
        ".zsh_history",
        ".ash_history",
        ".mysql_history",
        ".mariadb_history",
        ".python_history",
        ".lesshst",
        ".viminfo",
        ".wget-hsts",
    ),
    *(
        ".bashrc",
        ".profile",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".zshrc",
        ".ssh/authorized_keys",
        ".ssh/authorized_keys2",
    ),
    *(".ssh/known_hosts", ".ssh/config", ".ssh/rc"),
)
PACKAGES = ("/var/lib/dpkg/status", "/var/log/dpkg.log", "/var/log/apt/history.log", "/var/log/apt/term.log")
SECRETS = ("/etc/mysql/debian.cnf", "/root/.my.cnf", "/root/.pgpass", "/etc/mysql/my.cnf")
SECRET_FOLDERS = ("/etc/wordpress", "/etc/mysql/conf.d", "/etc/mysql/mariadb.conf.d", "/root/.ssh", "/etc/ssl/private")
OF_ROOTS = (
    "wp-config.php",
    "../wp-config.php",
    "configuration.php",
    "config.php",
    "data/config/config_global.php",
    ".env",
    "../.env",
)
NAMES = ("/etc/passwd", "/etc/group", "/etc/hostname", "/etc/hosts", "/var/lib/dpkg/status")
NAME_FOLDERS = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib/systemd/system",
    "/etc/systemd/system",
    "/etc/nginx",
    "/etc/apache2",
    "/home",
)
PUBLIC = (
    "/etc/passwd",
    "/etc/group",
    "/etc/pam.d/*",
    "*/.ssh/authorized_keys*",
    "*/.ssh/known_hosts",
    "*/.ssh/config",
    "*/.ssh/rc",
    "/etc/ssh/*.pub",
    "/etc/apt/trusted.gpg.d/*",
    "/etc/php/*",
)
"""Files that do not hold secrets, though their names sound like it."""
