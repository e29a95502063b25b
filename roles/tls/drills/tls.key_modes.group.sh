#!/bin/sh
# hosts: web3
# Readable for a group that is not made for keys.
set -eu
chgrp adm /etc/nginx/ssl/dongvau.test.key
chmod 0640 /etc/nginx/ssl/dongvau.test.key
