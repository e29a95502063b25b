#!/bin/sh
# hosts: web2
# Not at the top, and not under the usual name.
set -eu
install -d /var/www/bennua.test/kiem-thu
printf '<?php\n// kiem tra may chu\nphpinfo();\n' > /var/www/bennua.test/kiem-thu/x.php
