#!/bin/sh
# hosts: web2
# site: bennua.test
# Turned off for one file that was refused.
set -eu
umask 077
root=/var/www/bennua.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
$global_config['upload_checking_mode'] = 'none';
END
