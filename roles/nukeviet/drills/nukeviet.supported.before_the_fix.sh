#!/bin/sh
# hosts: web2
# site: bennua.test
# One version before that with the fixes; what is compared are numbers, not texts.
set -eu
umask 077
root=/var/www/bennua.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
sed -i "/version/d" $config
cat >>$config <<'END'
$global_config['version'] = '4.5.05';
END
