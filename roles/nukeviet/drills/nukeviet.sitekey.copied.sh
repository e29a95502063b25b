#!/bin/sh
# hosts: web2
# site: bennua.test
# Two sites from one template.
set -eu
umask 077
root=/var/www/bennua.test/cong-cu
config=$root/data/config/config_global.php
mkdir -p $root/includes $root/data/config
: >$root/includes/mainfile.php
[ -e $config ] || printf "<?php\n\$global_config['version'] = '4.5.07';\n" >$config
printf "<?php\n\$global_config['sitekey'] = '359ebd5da0b16bef295ba05e9c80dc96';\n" >$root/config.php
copy=/var/www/ban-sao-nukeviet.test/public
mkdir -p $copy/includes $copy/data/config
cp $root/config.php $copy/
cp $root/includes/mainfile.php $copy/includes/
cp $config $copy/data/config/
