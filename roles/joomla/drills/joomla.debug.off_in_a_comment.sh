#!/bin/sh
# hosts: web2
# site: bennua.test
# Off in a comment, on in the line that counts, and as text, as Joomla 3 writes it.
set -eu
umask 077
root=/var/www/bennua.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
sed -i '/^}/i // public $debug = false;' $root/configuration.php
sed -i '/^}/i public $debug = "1";' $root/configuration.php
