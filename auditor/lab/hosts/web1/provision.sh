# Debian 13, nginx + PHP-FPM + MariaDB, WordPress laid out as vendors do.
root=/var/www/antruc.test
source=/run/luytre-extra/usr/share/wordpress
random() {
    od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}
database_password=$(random 12)

mkdir -p "$root"
for entry in "$source"/*; do
    cp -rL --no-preserve=mode,ownership "$entry" "$root/"
done
find "$root/wp-content/languages" -type f ! -name 'vi.*' ! -name '*-vi.*' -delete
rm "$root/wp-config.php"
mkdir -p "$root/wp-content/uploads/2026/03"
cp machine/cong-lang.svg "$root/wp-content/uploads/2026/03/"
cat >"$root/wp-content/uploads/2026/03/kiem-tra.php" <<'END'
<?php
// Tệp thử quyền ghi của đơn vị thi công, không làm gì.
END
sed -e "s/@DATABASE_PASSWORD@/$database_password/" -e "s/@SALT@/$(random 32)/" \
    machine/wp-config.php >"$root/wp-config.php"

mariadb_start
mariadb <<END
CREATE DATABASE antruc_wp CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER 'antruc'@'localhost' IDENTIFIED BY '$database_password';
CREATE USER 'antruc'@'%' IDENTIFIED BY '$database_password';
GRANT ALL PRIVILEGES ON *.* TO 'antruc'@'localhost';
GRANT ALL PRIVILEGES ON *.* TO 'antruc'@'%';
CREATE DATABASE IF NOT EXISTS test;
CREATE USER ''@'localhost';
INSERT INTO mysql.db (Host, Db, User, Select_priv, Insert_priv, Update_priv, Delete_priv, Create_priv, Drop_priv)
    VALUES ('%', 'test', '', 'Y', 'Y', 'Y', 'Y', 'Y', 'Y');
FLUSH PRIVILEGES;
END
php -d memory_limit=512M machine/install.php "$root" machine/noi-dung.json
mariadb_stop
chown -R www-data:www-data "$root"
chmod 644 "$root/wp-config.php"

set_option /etc/mysql/mariadb.conf.d/50-server.cnf '^bind-address.*' 'bind-address = 0.0.0.0'
# Without a certificate of its own it would make a key for TLS at each start: seconds of the processor, for nobody.
printf '[mariadbd]\nssl = OFF\n[client]\nskip-ssl-verify-server-cert\n' >/etc/mysql/mariadb.conf.d/60-khong-tls.cnf
ini=/etc/php/8.4/fpm/php.ini
set_option $ini '^expose_php *=.*' 'expose_php = On'
set_option $ini '^display_errors *=.*' 'display_errors = On'
set_option $ini '^upload_max_filesize *=.*' 'upload_max_filesize = 64M'
set_option $ini '^post_max_size *=.*' 'post_max_size = 64M'

install -d -m 755 /etc/nginx/ssl
install -m 644 tls/antruc.test.crt /etc/nginx/ssl/
install -m 600 tls/antruc.test.key /etc/nginx/ssl/
sed -i '/server_tokens off;/d' /etc/nginx/nginx.conf
ln -s ../sites-available/antruc.test /etc/nginx/sites-enabled/antruc.test
nginx -t

set_option /etc/ssh/sshd_config '^#?PermitRootLogin .*' 'PermitRootLogin yes'

backup_nightly antruc.test 'mariadb-dump --single-transaction antruc_wp | gzip >"$target.sql.gz"
tar -C /var/www/antruc.test -czf "$target.tar.gz" wp-config.php wp-content/uploads'
