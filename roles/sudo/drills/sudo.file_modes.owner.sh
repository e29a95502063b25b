#!/bin/sh
# hosts: web3
# alone: nothing that goes by the rules of sudo can be judged or mended beside it
# held: aside
# The web server's own rules: sudo passes over the file until somebody gives it to root.
set -eu
printf 'www-data ALL=(ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/web
chown www-data:www-data /etc/sudoers.d/web
chmod 0440 /etc/sudoers.d/web
