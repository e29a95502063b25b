#!/bin/sh
# hosts: web1
# site: antruc.test
# Only home, and it begins with the site's own name.
set -eu
mariadb antruc_wp -e "UPDATE wp_options SET option_value = 'https://antruc.test.trang-la.test/' WHERE option_name = 'home'"
