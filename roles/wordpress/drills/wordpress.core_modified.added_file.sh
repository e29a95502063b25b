#!/bin/sh
# hosts: web1
# site: antruc.test
# A file that WordPress does not have, with a name like its own, deep among hundreds.
set -eu
printf '<?php // khong lam gi\n' > /var/www/antruc.test/wp-includes/Requests/src/Utility/class-wp-cache.php
touch -d '+2 days' /var/www/antruc.test/wp-includes/Requests/src/Utility/class-wp-cache.php
