#!/bin/sh
# hosts: web2
# site: bennua.test
# The layer is turned off, the password stayed.
set -eu
umask 077
root=/var/www/bennua.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
sed -i '/^}/i public $ftp_enable = "0";' $root/configuration.php
sed -i '/^}/i public $ftp_pass = "khong-doan-duoc";' $root/configuration.php
