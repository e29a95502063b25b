#!/bin/sh
# hosts: web2
# Modules come with a configuration of their own; that alone is no use of them.
set -eu
a2enmod -q info cgid userdir
systemctl reload apache2
