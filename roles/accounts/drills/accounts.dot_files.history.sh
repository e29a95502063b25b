#!/bin/sh
# hosts: web2 web1
# A history in a home that has to let the web server through.
set -eu
useradd --create-home --shell /usr/sbin/nologin --password '!' luulich
chmod 0600 /home/luulich/.[a-z]*
printf 'mysql -pbi-mat\n' > /home/luulich/.bash_history
chown luulich: /home/luulich/.bash_history
chmod 0644 /home/luulich/.bash_history
chmod 0750 /home/luulich
