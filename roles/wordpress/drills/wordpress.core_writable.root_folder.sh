#!/bin/sh
# hosts: web1
# site: antruc.test
# No file is writable, but in their folder wp-includes can be renamed and another put in its place.
set -eu
chown www-data /var/www/antruc.test
