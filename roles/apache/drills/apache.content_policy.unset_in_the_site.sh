#!/bin/sh
# hosts: web2
# site: bennua.test
# The rules of the site were edited, and the policy is no longer among them.
set -eu
sed -i '/Content-Security-Policy/d' /etc/apache2/luytre/bennua.test.conf
systemctl reload apache2
