"""The URIs that tell, for nginx and Apache alike, what a virtual host would do with a request."""

HIDDEN = ("/.git/HEAD", "/.env", "/.svn/entries", "/.htpasswd")
BACKUPS = ("/backup.sql", "/wp-config.php.bak", "/index.php~", "/site.zip")
ACME = "/.well-known/acme-challenge/x"
UPLOADS = ("/wp-content/uploads/x.php", "/uploads/x.php", "/upload/x.php", "/images/x.php", "/media/x.php", "/files/x.php")
MISSING_PHP = "/image.jpg/x.php"
SENSITIVE = ("/xmlrpc.php", "/wp-config.php", "/installation/")
LOGINS = ("/wp-login.php", "/xmlrpc.php", "/administrator/index.php")
PAGE = "/"
