#!/bin/sh
# hosts: web1
# last: it starts nginx anew
# An upgrade put another library in place, and nginx runs the one before it.
set -eu
systemctl restart nginx
lib=$(grep -o '/usr/lib/[^ ]*libpcre2-8[^ ]*' "/proc/$(cat /run/nginx.pid)/maps" | head -n 1)
cp -p "$lib" "$lib.new"
mv "$lib.new" "$lib"
