#!/bin/sh
# hosts: web1
# site: antruc.test
# On, and of no use.
set -eu
umask 077
root=/var/www/antruc.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
$global_config['is_login_blocker'] = 1;
$global_config['login_number_tracking'] = '1000';
END
