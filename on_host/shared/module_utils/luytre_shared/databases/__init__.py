"""Ask a site's tables in MariaDB and PostgreSQL as the site's own account, and MariaDB as root."""
