#!/bin/sh
# hosts: web1
# The account itself holds nothing global; a role that it was given does.
set -eu
mariadb -e "
CREATE OR REPLACE ROLE toan_quyen;
GRANT ALL PRIVILEGES ON *.* TO toan_quyen;
GRANT toan_quyen TO 'antruc'@'localhost';
SET DEFAULT ROLE toan_quyen FOR 'antruc'@'localhost'"
