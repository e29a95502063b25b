#!/bin/sh
# hosts: web2
# site: bennua.test
# Two steps are asked of readers, not of administrators.
set -eu
umask 077
root=/var/www/bennua.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
cat >>$config <<'END'
$global_config['two_step_verification'] = 2;
END
