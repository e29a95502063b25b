#!/bin/sh
# hosts: web1
# site: antruc.test
# Others cannot list the folder, but whoever knows or guesses a name gets the file: only x is left for them.
set -eu
chmod 0711 /var/backups/web/antruc.test
