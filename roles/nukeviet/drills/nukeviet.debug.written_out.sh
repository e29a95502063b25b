#!/bin/sh
# hosts: web1
# site: antruc.test
# Not the number that NukeViet itself writes.
set -eu
umask 077
root=/var/www/antruc.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
define( "NV_DEBUG" , TRUE );
END
