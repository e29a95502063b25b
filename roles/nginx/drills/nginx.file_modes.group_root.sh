#!/bin/sh
# hosts: web1
# All is root's, but the group root, in which there may be others one day, may write too.
set -eu
chmod 0664 /etc/nginx/mime.types
