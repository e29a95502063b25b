#!/bin/sh
# hosts: web2
# last: Apache has to be restarted for it
# prefork, as mod_php brings it.
set -eu
rm /etc/apache2/mods-enabled/mpm_event.load /etc/apache2/mods-enabled/mpm_event.conf
ln -s ../mods-available/mpm_prefork.load ../mods-available/mpm_prefork.conf /etc/apache2/mods-enabled/
