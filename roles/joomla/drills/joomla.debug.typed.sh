#!/bin/sh
# hosts: web1
# site: antruc.test
# With a type and another spelling, as an editor's formatter leaves it.
set -eu
umask 077
root=/var/www/antruc.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
sed -i '/^}/i public bool $debug=TRUE;' $root/configuration.php
