#!/bin/sh
# hosts: web2
# site: bennua.test
# There is a CustomLog, and it goes nowhere.
set -eu
sed -i 's#^CustomLog .*#CustomLog /dev/null combined#' /etc/apache2/sites-available/bennua.test.inc
