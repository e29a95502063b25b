#!/bin/sh
# hosts: web1
# site: antruc.test
# Another site on the machine was made from a copy of this one, secret and all.
set -eu
umask 077
root=/var/www/antruc.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
sed -i '/^}/i public $secret = "k7Qn2vXw9ZrT4bLm";' $root/configuration.php
copy=/var/www/ban-sao-joomla.test/public
mkdir -p $copy/administrator/manifests
cp -r $root/administrator/manifests/files $copy/administrator/manifests/
cp $root/configuration.php $copy/
