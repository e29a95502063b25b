"""Change rows and accounts of a site's database, in MariaDB and PostgreSQL."""
