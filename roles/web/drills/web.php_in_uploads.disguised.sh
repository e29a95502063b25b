#!/bin/sh
# hosts: web2
# site: bennua.test
# Deep in the upload folder, with a picture's name and an ending that PHP also runs, beside an innocent index.php.
set -eu
install -d /var/www/bennua.test/uploads/2026/03
printf '<?php // Silence is golden.\n' > /var/www/bennua.test/uploads/index.php
printf '<?php /* kiem tra */ echo 1;\n' > /var/www/bennua.test/uploads/2026/03/anh-le-hoi.jpg.PhTml
