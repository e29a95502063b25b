#!/bin/sh
# hosts: web3
# site: dongvau.test
# The newest name is a fresh link to an old file elsewhere.
set -eu
cd /var/backups/web/dongvau.test
find . -type f -exec touch -d '60 days ago' {} +
ln -s /etc/hostname moi-nhat.tar.gz
