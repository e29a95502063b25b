#!/bin/sh
# hosts: web1
# site: antruc.test
# Strong in the line that a reader finds first.
set -eu
umask 077
root=/var/www/antruc.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
$global_config['upload_checking_mode'] = 'strong';
$global_config[ "upload_checking_mode" ] = "lite";
END
