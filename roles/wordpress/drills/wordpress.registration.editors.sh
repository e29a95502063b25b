#!/bin/sh
# hosts: web1
# site: antruc.test
# Not administrators: whoever signs up may publish.
set -eu
mariadb antruc_wp -e "UPDATE wp_options SET option_value = '1' WHERE option_name = 'users_can_register';
UPDATE wp_options SET option_value = 'author' WHERE option_name = 'default_role'"
