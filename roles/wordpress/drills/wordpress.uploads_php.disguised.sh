#!/bin/sh
# hosts: web1
# site: antruc.test
# Looks like a picture, ends in something that PHP may run too, and is called index.
set -eu
folder=/var/www/antruc.test/wp-content/uploads/2026/03
printf '<?php echo 1;\n' > $folder/anh-hoi-nghi.jpg.PHTML
printf '<?php echo 2;\n' > $folder/index.php
chown www-data:www-data $folder/anh-hoi-nghi.jpg.PHTML $folder/index.php
