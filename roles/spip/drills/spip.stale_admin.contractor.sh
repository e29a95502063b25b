#!/bin/sh
# hosts: web1
# site: antruc.test
# A contractor who left, beside one who came today and an author who may not administer.
set -eu
umask 022
root=/var/www/antruc.test/trang-cu
mkdir -p $root/ecrire $root/config $root/IMG
[ -e $root/spip.php ] || printf '<?php\n' >$root/spip.php
[ -e $root/config/connect.php ] || printf "<?php\nspip_connect_db('localhost','','nobody','x','nothing','mysql','spip','','');\n" >$root/config/connect.php
[ -e $root/config/ecran_securite.php ] || [ -e $root/config/ecran_securite.php.txt ] || printf "<?php\ndefine('_ECRAN_SECURITE', '1.6.7');\n" >$root/config/ecran_securite.php
[ -e $root/config/chmod.php ] || printf "<?php\ndefine('_SPIP_CHMOD', 0755);\n" >$root/config/chmod.php
[ -e $root/ecrire/inc_version.php ] || printf "<?php\n\$spip_version_branche = '4.4.30';\n" >$root/ecrire/inc_version.php
password=$(sed -n "s/.*'DB_PASSWORD', '\(.*\)'.*/\1/p" /var/www/antruc.test/wp-config.php)
printf "<?php\nspip_connect_db('localhost','','antruc','%s','antruc_wp','mysql','spip','','');\n" "$password" >$root/config/connect.php
mariadb-admin --silent --wait=30 ping
mariadb antruc_wp -e "
CREATE TABLE IF NOT EXISTS spip_meta (nom VARCHAR(255) PRIMARY KEY, valeur TEXT);
CREATE TABLE IF NOT EXISTS spip_auteurs (id_auteur INT PRIMARY KEY, login VARCHAR(255), pass TEXT, statut VARCHAR(20), webmestre VARCHAR(3), en_ligne DATETIME);
REPLACE INTO spip_auteurs VALUES (1, 'quantri', 'x', '0minirezo', 'oui', NOW());
REPLACE INTO spip_auteurs VALUES (2, 'nhathau', 'x', '0minirezo', 'non', NOW() - INTERVAL 2 YEAR), (3, 'congtac', 'x', '1comite', 'non', NOW() - INTERVAL 2 YEAR)"
