#!/bin/sh
# hosts: web2 web3
# An MD5 hash taken over from an old server.
set -eu
useradd -r -M -d /nonexistent -s /usr/sbin/nologin -p '$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/' mayin
