#!/bin/sh
# hosts: web3
# site: dongvau.test
# The newest name is a fresh link to an old file elsewhere.
set -eu
systemctl start sao-luu-dongvau.test.service  # the one at boot may not have come to its end
cd /var/backups/web/dongvau.test
find . -type f -exec touch -d '60 days ago' {} +
ln -s /etc/hostname moi-nhat.tar.gz
