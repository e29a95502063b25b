#!/bin/sh
# hosts: web1
# site: antruc.test
# The line is there, in a comment and in a text; what runs says otherwise.
set -eu
config=/var/www/antruc.test/wp-config.php
sed -i "/DISALLOW_FILE_EDIT/d" $config
sed -i "s|^require_once ABSPATH|/* define( 'DISALLOW_FILE_EDIT', true ); */\n\$ghi_chu = \"define( 'DISALLOW_FILE_EDIT', true );\";\ndefine( 'DISALLOW_FILE_EDIT', false );\n&|" $config
