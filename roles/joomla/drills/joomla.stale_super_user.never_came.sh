#!/bin/sh
# hosts: web1
# site: antruc.test
# Made two years ago and never used, beside one who came today; a third is blocked.
set -eu
umask 077
root=/var/www/antruc.test/trang-cu
mkdir -p $root/administrator/manifests/files
[ -e $root/configuration.php ] || printf '<?php\nclass JConfig {\n}\n' >$root/configuration.php
[ -e $root/administrator/manifests/files/joomla.xml ] || printf '<extension><version>5.4.1</version></extension>\n' >$root/administrator/manifests/files/joomla.xml
password=$(sed -n "s/.*'DB_PASSWORD', '\(.*\)'.*/\1/p" /var/www/antruc.test/wp-config.php)
grep -q "dbprefix" $root/configuration.php || sed -i "/^}/i public \$dbtype = 'mysqli'; public \$host = 'localhost'; public \$user = 'antruc'; public \$db = 'antruc_wp'; public \$dbprefix = 'jos_'; public \$password = '$password';" $root/configuration.php
mariadb-admin --silent --wait=30 ping
mariadb antruc_wp -e "
CREATE TABLE IF NOT EXISTS jos_extensions (type VARCHAR(20), element VARCHAR(100), params TEXT);
CREATE TABLE IF NOT EXISTS jos_user_usergroup_map (user_id INT, group_id INT);
CREATE TABLE IF NOT EXISTS jos_users (id INT, username VARCHAR(150), block INT, registerDate DATETIME, lastvisitDate DATETIME);
INSERT INTO jos_users VALUES (41, 'quantri', 0, NOW() - INTERVAL 2 YEAR, NOW()),
(42, 'nhathau', 0, NOW() - INTERVAL 2 YEAR, NULL), (43, 'cu', 1, NOW() - INTERVAL 2 YEAR, NULL);
INSERT INTO jos_user_usergroup_map VALUES (41, 8), (42, 8), (43, 8)"
