#!/bin/sh
# hosts: web2
# site: bennua.test
# An old Joomla in a folder of somebody's own portal, as vendors leave what they replaced.
set -eu
umask 077
root=/var/www/bennua.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
printf '<extension><version>3.10.12</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
