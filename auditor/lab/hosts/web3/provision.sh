# Debian 13, nginx, two static sites of neighbouring communes that one vendor runs.
python3 machine/portal.py machine/dongvau.json /var/www/dongvau.test
python3 machine/portal.py machine/gotre.json /var/www/gotre.test
cat >/var/www/dongvau.test/.env <<'END'
# Cau hinh thu nghiem, khong dung nua
APP_ENV=local
APP_KEY=gia-tri-thu-nghiem
END
printf 'Bieu mau dang ky khai sinh (ban mau)\n' >/var/www/gotre.test/tai-lieu/mau-khai-sinh.txt
printf 'Danh sach ho khau 2021 (ban nhap, khong co du lieu)\n' >/var/www/gotre.test/tai-lieu/ban-nhap-2021.txt

install -d -m 755 /etc/nginx/ssl
install -m 644 tls/dongvau.test.crt tls/dongvau.test.key /etc/nginx/ssl/
sed -i 's/server_tokens off;.*/server_tokens on;/' /etc/nginx/nginx.conf
for site in dongvau.test gotre.test cu.dongvau.test; do
    ln -s ../sites-available/$site /etc/nginx/sites-enabled/$site
done
nginx -t

set_option /etc/ssh/sshd_config '^#?PermitRootLogin .*' 'PermitRootLogin yes'
set_option /etc/ssh/sshd_config '^#?PasswordAuthentication .*' 'PasswordAuthentication no'
chmod 777 /etc/cron.daily/don-tep-tam
chmod 666 /etc/cron.d/don-nhat-ky
systemctl enable --quiet rpcbind.socket rpcbind.service

# shellcheck disable=SC2016  $target is the backup's own
backup_nightly dongvau.test 'tar -C /var/www -czf "$target.tar.gz" dongvau.test'
install -d -m 750 /var/backups/web/gotre.test
