#!/bin/sh
# hosts: web2
# site: bennua.test
# Long enough, but everybody knows it.
set -eu
umask 077
root=/var/www/bennua.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
sed -i '/^}/i public $secret = "FBVtggIk5lAzEU9H";' $root/configuration.php
