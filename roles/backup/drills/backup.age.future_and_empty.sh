#!/bin/sh
# hosts: web1
# site: antruc.test
# The real backups are forty days old; a file dated next year and an empty one of today only look like newer ones.
set -eu
systemctl start sao-luu-antruc.test.service  # the one at boot may not have come to its end
cd /var/backups/web/antruc.test
find . -type f -exec touch -d '40 days ago' {} +
printf 'x' > sao-luu-moi.sql.gz
touch -d '300 days' sao-luu-moi.sql.gz
: > sao-luu-hom-nay.sql.gz
