#!/bin/sh
# hosts: web2 web3
# Root runs a script below a folder of the web account, through an interpreter and with a redirection.
set -eu
install -d -o www-data /var/www/cong-cu
install -m 0755 /dev/stdin /var/www/cong-cu/sao-luu.sh <<'SCRIPT'
#!/bin/sh
exit 0
SCRIPT
printf '15 2 * * * root cd / && nice -n 10 /bin/sh /var/www/cong-cu/sao-luu.sh > /dev/null 2>&1\n' > /etc/cron.d/sao-luu
