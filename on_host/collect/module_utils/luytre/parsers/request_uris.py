"""The URIs that tell, for nginx and Apache alike, what a virtual host would do with a request."""

HIDDEN_URIS = ("/.git/HEAD", "/.env", "/.svn/entries", "/.htpasswd")
BACKUPS = (
    "/backup.sql",
    "/backup.sql.gz",
    "/wp-config.php.bak",
    "/config.php.old",
    "/config.php.orig",
    "/config.php.swp",
    "/config.php.swo",
    "/configuration.php.save",
    "/index.php~",
    "/backup.zip",
    "/www.tar.gz",
)
ACME = "/.well-known/acme-challenge/x"
MISSING_PHP = "/image.jpg/x.php"
SENSITIVE = ("/xmlrpc.php", "/wp-config.php", "/installation/")
LOGINS = ("/wp-login.php", "/xmlrpc.php", "/administrator/index.php")
PAGE = "/"
SECURITY_HEADERS = (
    "content-security-policy",
    "content-security-policy-report-only",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
)
"""Response headers that are facts; the values of others may be anybody's business and stay on the host."""
