#!/bin/sh
# hosts: web1
# site: antruc.test
# Turned off while somebody looked for a fault.
set -eu
umask 022
root=/var/www/antruc.test/trang-cu
mkdir -p $root/ecrire $root/config $root/IMG
[ -e $root/spip.php ] || printf '<?php\n' >$root/spip.php
[ -e $root/config/connect.php ] || printf "<?php\nspip_connect_db('localhost','','nobody','x','nothing','mysql','spip','','');\n" >$root/config/connect.php
[ -e $root/config/ecran_securite.php ] || [ -e $root/config/ecran_securite.php.txt ] || printf "<?php\ndefine('_ECRAN_SECURITE', '1.6.7');\n" >$root/config/ecran_securite.php
[ -e $root/config/chmod.php ] || printf "<?php\ndefine('_SPIP_CHMOD', 0755);\n" >$root/config/chmod.php
[ -e $root/ecrire/inc_version.php ] || printf "<?php\n\$spip_version_branche = '4.4.30';\n" >$root/ecrire/inc_version.php
mv $root/config/ecran_securite.php $root/config/ecran_securite.php.txt
