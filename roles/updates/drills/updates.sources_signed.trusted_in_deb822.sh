#!/bin/sh
# hosts: web1 web2
# Not [trusted=yes] in a sources.list, but the field of the newer form, in a paragraph after a harmless one.
set -eu
cat > /etc/apt/sources.list.d/mang-noi-bo.sources <<'SOURCES'
# kho nội bộ
Types: deb
URIs: file:/srv/luytre-repo
Suites: ./
Enabled: no

Types: deb
URIs: http://goi.bennua.test/debian
Suites: ./
trusted: Yes
SOURCES
