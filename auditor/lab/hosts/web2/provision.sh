# Debian 12, Apache + PHP-FPM + MariaDB, a portal that somebody wrote for the ward.
root=/var/www/bennua.test
database_password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')

mkdir -p "$root"
cp -r --no-preserve=mode,ownership machine/portal/. "$root"
rm "$root/du-lieu.sql"
sed -i "s/@DATABASE_PASSWORD@/$database_password/" "$root/config.php"

mariadb_start
mariadb <<END
CREATE DATABASE bennua CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER 'bennua'@'localhost' IDENTIFIED BY '$database_password';
GRANT SELECT, INSERT, UPDATE, DELETE ON bennua.* TO 'bennua'@'localhost';
END
mariadb --default-character-set=utf8mb4 bennua <machine/portal/du-lieu.sql
mariadb-dump bennua >"$root/backup-2024.sql"
mariadb_stop
touch -d '2024-11-30 23:10' "$root/backup-2024.sql"

printf 'config.php\nbackup-*.sql\n' >"$root/.gitignore"
(
    cd "$root"
    git init -q -b main
    git add .
    git -c user.name='Ky thuat' -c user.email=kythuat@bennua.test commit -q -m 'Đưa trang lên máy chủ mới'
)

set_option /etc/apache2/conf-available/security.conf '^ServerTokens .*' 'ServerTokens Full'
set_option /etc/apache2/conf-available/security.conf '^ServerSignature .*' 'ServerSignature On'
set_option /etc/apache2/conf-available/security.conf '^TraceEnable .*' 'TraceEnable On'
install -m 644 tls/bennua.test.crt /etc/ssl/certs/
install -m 640 -g ssl-cert tls/bennua.test.key /etc/ssl/private/ 2>/dev/null ||
    install -m 600 tls/bennua.test.key /etc/ssl/private/
a2enmod -q proxy_fcgi setenvif rewrite ssl headers status userdir autoindex
a2enconf -q php8.2-fpm
a2dissite -q 000-default
a2ensite -q bennua.test
mkdir -p /var/run/apache2
apache2ctl -t

set_option /etc/php/8.2/fpm/php.ini '^expose_php *=.*' 'expose_php = On'
set_option /etc/mysql/mariadb.conf.d/50-server.cnf '^#?local[-_]infile.*' 'local_infile = ON'

set_option /etc/ssh/sshd_config '^#?MaxAuthTries .*' 'MaxAuthTries 10'
set_option /etc/systemd/journald.conf '^#?Storage=.*' 'Storage=volatile'

chmod 440 /etc/sudoers.d/kythuat
useradd --create-home --shell /bin/bash --comment 'Cán bộ kỹ thuật' kythuat
useradd --create-home --shell /bin/bash --groups sudo --comment 'Quản trị cũ, đã chuyển công tác' quantri_cu
useradd --create-home --shell /bin/bash --comment 'Nhập liệu' nhaplieu
head -c 18 /dev/urandom | base64 | sed 's/^/kythuat:/' | chpasswd
head -c 18 /dev/urandom | base64 | sed 's/^/quantri_cu:/' | chpasswd
passwd -q -d nhaplieu
chage -d "$(date -d '-700 days' +%F)" quantri_cu
find /home/quantri_cu -exec touch -h -d '-430 days' {} +
python3 machine/last_login.py quantri_cu 430 kythuat 2 nhaplieu 12

chmod 777 /opt/dong-bo /opt/dong-bo/dong-bo.sh
install -d -m 750 /var/backups/web/bennua.test
gzip -c "$root/backup-2024.sql" >/var/backups/web/bennua.test/bennua-cu.sql.gz
touch -d '-150 days' /var/backups/web/bennua.test/bennua-cu.sql.gz
