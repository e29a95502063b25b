#!/bin/sh
# hosts: web2
# site: bennua.test
# alone: what wants HTTPS of its site does not apply beside it
# The virtual host on 443 is still there, but no longer speaks TLS.
set -eu
sed -i 's/^\( *\)SSLEngine on/\1SSLEngine off/I' /etc/apache2/sites-available/bennua.test.conf
