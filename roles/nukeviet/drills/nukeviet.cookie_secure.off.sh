#!/bin/sh
# hosts: web2
# site: bennua.test
# HTTPS is there, and the cookie goes without it as well.
set -eu
umask 077
root=/var/www/bennua.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
$global_config['cookie_secure'] = 0;
END
