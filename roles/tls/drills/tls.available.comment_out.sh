#!/bin/sh
# hosts: web2
# site: bennua.test
# The virtual host on 443 is still there, but no longer speaks TLS.
set -eu
sed -i 's/^\( *\)SSLEngine on/\1SSLEngine off/I' /etc/apache2/sites-available/bennua.test.conf
