"""Ways of writing a secret, each with § for it, and lines that only look like one. Told apart by ``auditor.text.redact``."""

from __future__ import annotations

ON_ONE_LINE = r"""
DB_PASSWORD=§
export DB_PASSWORD="§"
DB_PASS='§'
JWT_KEY=§
STRIPE_KEY=§
STRIPE_SECRET_KEY=§
APP_KEY=base64:§
MAILGUN_SECRET=§
SECRET_KEY_BASE=§
AWS_SECRET_ACCESS_KEY=§
SENTRY_TOKEN: §
env DB_PWD=§ php artisan
SetEnv DB_KEY §
SetEnv DB_PASSWORD "§"
SetEnv STRIPE_KEY '§'
fastcgi_param DB_KEY §;
fastcgi_param DB_PASSWORD "§";
env[JWT_KEY] = §
env[MAT_KHAU] = "§"
php_value[mysqli.default_pw] = §
php_admin_value mysqli.default_pw §
mysqli.default_pw = §
mysqli.default_pw="§"
pdo.pass = §
mat_khau_db = §
mat_khau: §
matkhau=§
MatKhau = "§"
mật_khẩu = §
mật khẩu: §
Mật khẩu = "§"
mật_khẩu = §
mật khẩu: §
$mat_khau = '§';
$matKhauCsdl = "§";
khoa_bi_mat = §
khóa_bí_mật: §
mã_pin = §
mk_db = §
db_mk=§
$config['mat_khau'] = '§';
define('MAT_KHAU', '§');
define('DB_PASSWORD', '§');
define( "DB_PASSWORD" , "§" );
define('JWT_AUTH_SECRET_KEY', '§');
define('AUTH_KEY', '§');
const DB_PASS = '§';
public $password = '§';
var $smtppass = '§';
$cfg['blowfish_secret'] = '§';
$config['db']['password'] = '§';
$db_config['dbpass'] = "§";
'password' => '§',
'password'=>env('X', '§'),
"secret" => "§",
{"password": "§"}
{"dbPassword":"§","x":1}
{"clientSecret": "§"}
{"private_key_id": "§"}
{"auth": {"token": "§"}}
{'api_key': '§'}
password: §
password: "§"
  password : '§'
- password: §
{user: a, password: §}
ansible_become_password: §
password = "§"
passwd = §
pwd=§
password := §
password == §
psk=§
psk="§"
	psk="§"
wpa_passphrase=§
wpa-psk §
wep_key0=§
PrivateKey = §
PresharedKey = §
: PSK "§"
%any 192.0.2.1 : PSK "§"
user : EAP "§"
user * "§" *
userPassword: §
userPassword:: §
bindpw §
rootpw §
olcRootPW: §
bind_pw = §
ldap_default_authtok = §
secret "§";
secret §
rocommunity §
createUser admin SHA "§" AES
requirepass §
masterauth §
user default on >§ ~* +@all
masteruser-password §
machine mail.test login me password §
default login me password "§"
password §
AuthLDAPBindPassword "§"
AuthLDAPBindPassword §
DBDParams "host=h user=u pass=§ dbname=d"
SetEnvIf X Y TOKEN=§
RequestHeader set Authorization "Bearer §"
RequestHeader set X-Api-Key "§"
Header set X-Auth-Token §
proxy_set_header Authorization "Basic §";
proxy_set_header X-Api-Key §;
add_header Set-Cookie "session=§";
if ($http_authorization != "Bearer §") {
if ($arg_token = "§") {
secure_link_md5 "$expires$uri §";
auth_basic_secret §;
Authorization: Bearer §
Authorization: Basic §
authorization: token §
Proxy-Authorization: Basic §
X-Auth-Token: §
X-API-Key: §
Cookie: PHPSESSID=§; a=b
Set-Cookie: sid=§; Path=/
curl -H 'Authorization: Bearer §' http://x
curl -H "X-Token: §" http://x
curl -u admin:§ http://x
curl -uadmin:§ http://x
curl --user admin:§ http://x
curl --user=admin:§ http://x
curl --proxy-user a:§ http://x
wget --password=§ http://x
wget --http-password §
mysql -u root -p§ db
mysql -uroot -p'§' db
mysqldump -p"§" --all-databases
mariadb-dump --password=§ x
mysqladmin --password §
0 3 * * * root mysqldump -uroot -p§ wp | gzip
mysql --user=root --password='§' -e x
sshpass -p § ssh a@b
sshpass -p§ ssh a@b
redis-cli -a § info
ldapsearch -x -w § -D cn=a
ldapsearch -w§ -D cn=a
smbclient //h/s -U user%§
mount -t cifs -o user=u,password=§ //h/s /m
mount -o username=u,pass=§ //h /m
openssl enc -k § -in x
openssl rsa -passin pass:§ -in x
7z a -p§ x.7z /y
zip -P § x.zip y
unzip -P§ x.zip
htpasswd -b /etc/x user §
htpasswd -bc /etc/x user §
mosquitto_pub -u a -P § -t x
lftp -u user,§ ftp.x
docker login -u a -p § reg
mongo -u a -p § db
mongodump --password § db
PGPASSWORD=§ psql
MYSQL_PWD=§ mysql
RESTIC_PASSWORD=§
echo 'root:§' | chpasswd
echo "§" | passwd --stdin root
echo § | sudo -S ls
chpasswd <<< "root:§"
sudo -S apt update <<< §
su - root <<< "§"
openssl passwd -6 §
openssl passwd -apr1 -quiet §
rclone obscure §
az login -u an -p §
mysql <<< "SET PASSWORD = '§'"
useradd -p '§' x
gpg --passphrase § -c x
rclone --token §
new PDO($dsn, 'root', '§')
new PDO('mysql:host=x;dbname=y', "root", "§", $opt);
new PDO("mysql:host=h;password=§");
new \PDO($dsn, $u, '§');
new mysqli('localhost', 'u', '§', 'db');
mysqli_connect("h", "u", "§");
$c = mysql_connect('h','u','§') or die();
mysql_pconnect('h', 'u', "§");
mysqli_real_connect($l, 'h', 'u', '§');
pg_connect("host=h user=u password=§ dbname=x");
pg_connect("host=h password='§'");
ftp_login($c, 'u', '§');
ldap_bind($c, 'cn=a', '§');
imap_open('{h}', 'u', '§');
ssh2_auth_password($c, 'u', '§');
oci_connect('u', '§', '//h');
$redis->auth('§');
$redis->auth(['u', '§']);
$mail->Password = '§';
$m->setPassword('§');
->setPassword("§")
putenv('DB_PASSWORD=§');
hash_hmac('sha256', $d, '§');
JWT::encode($p, '§', 'HS256');
JWT::decode($p, new Key('§', 'HS256'));
openssl_encrypt($d, 'aes-256-cbc', '§');
password_hash('§', PASSWORD_DEFAULT)
if (md5($_POST['p']) == '§')
if ($_POST['pass'] == '§') {
if ($password === '§') {
SELECT PASSWORD('§')
SET PASSWORD FOR 'a'@'b' = PASSWORD('§');
CREATE USER a@b IDENTIFIED BY '§';
ALTER USER a IDENTIFIED WITH mysql_native_password BY '§';
GRANT ALL ON *.* TO a IDENTIFIED BY "§"
IDENTIFIED BY PASSWORD '§'
CREATE ROLE x WITH LOGIN PASSWORD '§';
ALTER USER x WITH ENCRYPTED PASSWORD '§';
CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='§';
mysql://user:§@db/x
mysql://user:pa/§@db/x
postgres://u:§/x@h:5432/d
redis://:§@h:6379/0
amqp://u:§@h
https://§@github.com/x
https://user:§@host/path
smtp://u:§?x@h
ftp://u:a@§@h/
http://h/x?token=§
http://h/x?a=1&api_key=§&b=2
http://h/x?password=§#f
https://hooks.slack.com/services/§
jdbc:mysql://h/d?user=u&password=§
jdbc:oracle:thin:u/§@h:1521:x
Server=h;Database=d;User Id=u;Password=§;
Server=h;Uid=u;Pwd=§
mysql:host=h;dbname=d;user=u;password=§
host=h user=u password=§ dbname=x
dsn: "host=h password='§'"
<password>§</password>
<db password="§"/>
<user username="a" password="§" roles="x"/>
<add key="DbPassword" value="§"/>
<param name="password" value="§"/>
<property name="password">§</property>
<connectionStrings><add connectionString="Server=h;Password=§"/>
localhost:5432:db:user:§
[smtp.x.test]:587 me@x.test:§
smtp.x.test me@x.test:§
me:{PLAIN}§:::
Cleartext-Password := "§"
enable secret 5 §
username a password 7 §
snmp-server community § ro
tls-crypt-key: §
encryption.key=§
spring.datasource.password=§
security.oauth2.client.client-secret=§
quarkus.datasource.password = §
hibernate.connection.password §
xdebug.cloud_id_token=§
session.save_path = "tcp://h:6379?auth=§"
smtp_sasl_password_maps = static:u:§
password_query = SELECT '§'
default_pass = §
Environment=DB_PASSWORD=§
Environment="DB_PASSWORD=§" "X=y"
ExecStart=/usr/bin/x --token=§ --port 1
ExecStart=/usr/bin/x --api-key § --port 1
ExecStart=/x --secret "§"
PassEnvironment=X DB_TOKEN=§
SetCredential=x:§
password sufficient pam_mysql.so user=u passwd=§ db=x
admin_password §
let password = "§";
const apiKey = `§`;
var secretKey='§'
password ?= §
set -x PASSWORD §
setenv PASSWORD §
set password=§
$env:PASSWORD = "§"
$ENV{PASSWORD} = '§';
--password=§
--password §
--db-pass=§
--auth-token '§'
-Dspring.datasource.password=§
password	§
password="a b §"
password='it\'s §'
"password" : "a \" §"
password=a#§
DATABASE_URL=postgresql://app:§@db:5432/app
REDIS_URL="redis://default:§@h:6379"
MONGO_URI=mongodb+srv://u:§@c.mongodb.net/x
ConnectionStrings__Default=Server=h;User=u;Password=§
spring.redis.password: §
SMTP_PASSWORD = "§"
mail_pass: §
MYSQL_ROOT_PASSWORD: "§"
      - MYSQL_PASSWORD=§
      MYSQL_PASSWORD: §
--requirepass §
redis-server --requirepass §
args: ["--password", "§"]
command: ["mysqld", "--password=§"]
curl -X POST -d '{"password":"§"}' http://x
curl -d "user=a&password=§" http://x
curl --data 'token=§' http://x
http POST x password=§
wget --user=a --password='§' http://x
aws_secret_access_key = §
password=§ # comment
$databases['default']['default'] = ['password' => '§'];
$settings['hash_salt'] = '§';
public $secret = '§';
public $smtppass="§";
$db_pass='§';$db_user='x';
define("NV_CONFIG_DBPASS", "§");
$db_config['dbpass'] = '§';
$global_config['sitekey'] = '§';
'nv_sitekey' => '§'
$sitekey = '§';
APP_SECRET=§
MAIL_URL=smtp://u:§@mail:25
OPENAI_API_KEY=§
GITHUB_TOKEN=§
TELEGRAM_BOT_TOKEN=123456:§
recaptcha_secret: §
'auth.password' => "§"
mk = "§"
mat-khau: §
MẬT_KHẨU=§
Mật khẩu CSDL: §
mật khẩu là §
mat khau: §
matkhau_db = "§"
tai_khoan = a; mat_khau = §
khoá_api = "§"
pass: §
pass = §
PASS §
user:pass = a:§
-u root --password=§
mysql -h h -u u -p'§'
mysql -p§
mysqldump --defaults-extra-file=/x -p§ d
/usr/bin/mysqldump -u root -p§ d > /x
sudo mysql -uroot -p§ -e 'x'
PGPASSWORD='§' pg_dump x
pg_dump postgresql://u:§@h/d
rsync --password-file=<(echo §) a b
sshpass -p '§' scp a b:
export SSHPASS=§
SSHPASS=§ sshpass -e ssh x
borg --passphrase §
BORG_PASSPHRASE="§"
unzip -P § x
gpg --batch --passphrase "§" x
openssl enc -pass pass:§ -in x
openssl pkcs12 -passout pass:§
keytool -storepass § -keypass §
java -Djavax.net.ssl.keyStorePassword=§
mount.cifs //h/s /m -o credentials=/x,password=§
//h/s /m cifs username=u,password=§,uid=1 0 0
ipmitool -U a -P § x
snmpwalk -v2c -c § h
nmcli dev wifi connect x password §
wpa_passphrase x §
    psk=§
eap identity="a" password="§"
auth-user-pass §
neighbor 1.2.3.4 password §
username x secret 5 §
<Password>§</Password>
<entry key="db.password">§</entry>
<password value="§"/>
<setting name="ApiKey"><value>§</value></setting>
{"Authorization":"Bearer §"}
headers = {'Authorization': 'Bearer §'}
"x-api-key": "§"
'X-Auth-Token' => '§'
auth: Basic §
ws.auth("u", "§")
requests.get(u, auth=('u', '§'))
pymysql.connect(host="h", user="u", passwd="§")
psycopg2.connect("host=h password=§")
mysql.createConnection({user:'u', password:'§'})
new MongoClient("mongodb://u:§@h")
createPool({ password: `§` })
DB::connect("mysql://u:§@h/d")
$pdo = new PDO("mysql:host=h", "u", "§");
$conn = new mysqli("h","u","§","d");
$link = mysqli_connect('h', 'u', '§', 'd') or die('x');
$ldap->bind('cn=x', '§');
ldap_bind($l, "cn=x", "§");
imap_open("{h:993/imap}", "u", "§");
Crypt::setKey('§');
secret_key_base: §
jwt.secret=§
encryption_key: "§"
cookie_secret: §
DJANGO_SECRET_KEY = '§'
SECRET_KEY = "§"
app.config['SECRET_KEY'] = '§'
config.secret_token = '§'
salt = "§"
kubectl create secret generic x --from-literal=password=§
docker run -e MYSQL_ROOT_PASSWORD=§ mysql
docker run --env=TOKEN=§ x
ENV DB_PASSWORD §
ARG NPM_TOKEN=§
//packages.test.test/:_authToken=§
machine api.x login a password §
ssl_password §;
perl -e '$password="§"'
cyrus: sasl_passwd: §
smtp_auth_password = §
relay_password: §
dkim_private_key: §
turn: static-auth-secret=§
rabbitmq: default_pass = §
vault token: §
VAULT_TOKEN=§
consul_http_token = §
acl token §
bind 'x' secret '§'
IDENTIFIED BY "§"
alter role a password '§'
SET GLOBAL x; SET PASSWORD='§'
AWS_ACCESS_KEY_ID=§
aws_access_key_id = §
export AWS_ACCESS_KEY_ID="§"
"accessKeyId": "§",
accessKeyId: §
-Daws.accessKeyId=§
AWS_SESSION_TOKEN=§
DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§
SharedAccessKey=§
trapcommunity §
trapsink 192.0.2.1 §
trapsink 192.0.2.1 § 162
trap2sink h.test:162 "§"
informsink 192.0.2.1 §
com2sec6 notConfigUser default §
com2sec -Cn ctx notConfigUser 192.0.2.0/24 §
rocommunity6 § ::1
rwcommunity "§" 192.0.2.0/24
authcommunity log,execute §
snmp-server host 192.0.2.1 version 2c §
snmp-server host 192.0.2.1 traps §
set snmp community § authorization read-only
community § {
community: §
snmp_community = §
SNMP_COMMUNITY="§"
"community": "§"
snmpget('192.0.2.1', '§', 'sysDescr.0')
snmp2_real_walk("h", "§", "")
new SNMP(SNMP::VERSION_2C, "h", "§");
snmpget -v 2c -c § h sysDescr.0
masquerade auth §
masquerade auth "§"
auth §
auth = §
auth: "§"
auth_str: §
"auth": "§"
obfs = §
authtok = §
AuthInfo:smtp.x.test "U:me" "P:§" "M:PLAIN"
AuthInfo:smtp.x.test "U:me" "P=§"
key = §
key=§
key: "§"
"key" => "§",
key = '§'
API key: §
"an" pptpd "§" 192.0.2.10
an * § 192.0.2.10
"""

OVER_LINES = (
    "password:\n§\n",
    "Password:\n\n§\n",
    "Mật khẩu:\n§\nTài khoản: a",
    "Mật khẩu\n§\n",
    "mat khau CSDL:\n§\n",
    "password\n§\n",
    "DB_PASSWORD=\n§\n",
    "- API key:\n§\n",
    "AWS_SECRET_ACCESS_KEY\n§\n",
    'secret =\n"§"\n',
    "+Password:\n+§\n",
    "DB_PASSWORD=\\\n§\n",
    "password:\n  §\nuser: x",
    "password: |\n  §\nuser: x",
    "password: >-\n  aa\n  §\nuser: x",
    "'password' =>\n    '§',",
    "define('DB_PASSWORD',\n  '§');",
    '"password":\n   "§"',
    "<password>\n  §\n</password>",
    "password =\n    §\n",
    "$password = <<<EOT\n§\nEOT;",
    "$password = <<<'EOT'\na\n§\nEOT;",
    "PASSWORD=$(cat <<EOF\n§\nEOF\n)",
    "chpasswd <<EOF\nroot:§\nEOF",
    "chpasswd <<'EOF'\na:b\nroot:§\nEOF",
    'password = """\n§\n"""',
    "secret = '''\n§\n'''",
    'password = "\\\n§"',
    "passwords:\n  - §\n  - §\n",
    "tokens:\n- §\n",
    "password\n  §",
    "$password =\n  '§';",
    "new PDO(\n  $dsn,\n  'root',\n  '§'\n);",
    "mysqli_connect(\n  'h',\n  'u',\n  '§'\n);",
    'password="line\n§"\n',
    "cat > /root/.my.cnf <<EOF\n[client]\npassword=§\nEOF",
    "sshpass \\\n  -p § ssh x",
    "mysql \\\n  -p§",
    "+password:\n+  §\n x: y",
    "-DB_PASSWORD=\\\n-§\n",
    "key: -----BEGIN PRIVATE KEY-----\\n§\\n-----END PRIVATE KEY-----\\n",
    '"private_key": "-----BEGIN PRIVATE KEY-----\\n§\\n-----END PRIVATE KEY-----\\n",',
    "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n§\n",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n§\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n§\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----",
    "$k = '-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----';",
    "$k = '-----BEGIN PRIVATE KEY-----'\n . '§'\n . '-----END PRIVATE KEY-----';",
    "k: |\n  -----BEGIN EC PRIVATE KEY-----\n  §\n  -----END EC PRIVATE KEY-----",
    'x "-----BEGIN PRIVATE KEY----- § -----END PRIVATE KEY-----"',
    "+-----BEGIN PRIVATE KEY-----\n+§\n+-----END PRIVATE KEY-----",
    '"-----BEGIN PRIVATE KEY-----\\n" +\n"§\\n" +\n"-----END PRIVATE KEY-----"',
    "-----BEGIN OpenVPN Static key V1-----\n§\n-----END OpenVPN Static key V1-----",
    "-----BEGIN PRIVATE KEY-----\r\n§\r\n-----END PRIVATE KEY-----\r\n",
    "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n§",
)

HARMLESS = r"""
+PasswordAuthentication no
-PermitEmptyPasswords yes
PubkeyAuthentication yes
KbdInteractiveAuthentication no
HostbasedAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2
AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256
MACs hmac-sha2-512-etm@openssh.com,umac-128-etm@openssh.com
RekeyLimit 512M 1h
PubkeyAcceptedKeyTypes ssh-ed25519
IgnoreUserKnownHosts yes
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz luytre
# the password must be long enough
password	[success=1 default=ignore]	pam_unix.so obscure use_authtok try_first_pass yescrypt
password requisite pam_pwquality.so retry=3
password sufficient pam_unix.so
auth required pam_faillock.so preauth silent deny=5 unlock_time=900
@include common-password
PASS_MAX_DAYS	365
PASS_MIN_DAYS	1
PASS_WARN_AGE	7
ENCRYPT_METHOD YESCRYPT
SHA_CRYPT_MIN_ROUNDS 65536
passwd:         files systemd
shadow:         files [NOTFOUND=return] sss
luytre ALL=(ALL:ALL) NOPASSWD: ALL
%sudo ALL=(ALL:ALL) ALL
Defaults passwd_tries=3
Defaults env_reset, secure_path=/usr/sbin:/usr/bin
Defaults timestamp_timeout=5
-w /etc/passwd -p wa -k identity
-w /etc/security/opasswd -p wa
-w /etc/shadow -p wa -k identity
-a always,exit -F arch=b64 -S adjtimex,settimeofday -k time-change
-a always,exit -F path=/usr/bin/passwd -F perm=x -F auid>=1000 -k privileged
proxy_pass http://127.0.0.1:8080;
proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr;
proxy_cookie_path / "/; HttpOnly; Secure";
fastcgi_pass unix:/run/php/php8.4-fpm.sock;
fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
fastcgi_cache_bypass $cookie;
fastcgi_cache_key "$scheme$request_method$host$request_uri";
proxy_cache_key $scheme$host$request_uri;
limit_req_zone $binary_remote_addr zone=one:10m rate=10r/s;
proxy_cache_path /var/cache/nginx keys_zone=one:10m;
server_tokens off;
ServerTokens Prod
ServerSignature Off
TraceEnable Off
ssl_certificate /etc/ssl/certs/a.pem;
ssl_certificate_key /etc/ssl/private/a.key;
SSLCertificateKeyFile /etc/ssl/private/a.key
SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_tickets off;
ssl_session_ticket_key /etc/nginx/ticket.key;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
ssl_password_file /etc/keys/global.pass;
auth_basic "Khu vuc quan tri";
auth_basic_user_file /etc/nginx/.htpasswd;
AuthType Basic
AuthName "Restricted"
AuthUserFile /etc/apache2/.htpasswd
Require valid-user
location ~ /\.(?!well-known) { deny all; }
add_header Content-Security-Policy "default-src 'self'" always;
add_header Strict-Transport-Security "max-age=31536000" always;
rewrite ^/(.*)$ /$1$2/index.php?q=$3 last;
return 301 https://$host$request_uri;
default_password_lifetime = 90
validate_password.policy = MEDIUM
plugin_load_add = simple_password_check
simple_password_check_minimal_length = 12
strict_password_validation = ON
old_passwords=0
secure_file_priv = /var/lib/mysql-files
bind-address = 127.0.0.1
ssl-key = /etc/mysql/server-key.pem
ssl_key=/etc/mysql/server-key.pem
key_buffer_size = 16M
unix_socket = ON
disable_functions = exec,passthru,system
session.use_trans_sid = 0
session.cookie_httponly = 1
session.cookie_secure = On
session.cookie_samesite = "Strict"
session.use_only_cookies = 1
session.sid_length = 48
mysqli.default_pw =
mysqli.default_pw = ""
expose_php = Off
open_basedir = /var/www/a.test:/tmp
env[PATH] = /usr/bin:/bin
pm.max_children = 5
listen = /run/php/a.sock
$password = '';
define('WP_DEBUG', false);
define( 'DISALLOW_FILE_EDIT', true );
define('DB_NAME', 'wordpress');
define( 'DB_HOST', 'localhost' );
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
git ssh://git@host/x and http://host:80/a@b
see https://example.org/path?page=2&lang=vi
net.ipv4.conf.all.accept_redirects = 0
kernel.randomize_va_space = 2
kernel.keys.maxkeys = 200
tcp dport { 22, 80, 443 } accept
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
ssh -p 2222 host
mkdir -p /var/www/a.test
ps -u www-data -o pid
find / -xdev -perm -4000
0 3 * * * root /usr/local/bin/backup
17 * * * * root cd / && run-parts --report /etc/cron.hourly
APT::Periodic::Unattended-Upgrade "1";
deb [signed-by=/usr/share/keyrings/x.gpg] https://mirror.a1.test/debian trixie main
keyfile /etc/chrony/chrony.keys
pool 2.debian.pool.ntp.org iburst
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
PrivateTmp=yes
User=www-data
UMask=0027
nginx: [emerg] unknown directive "foo" in /etc/nginx/nginx.conf:12
Job for nginx.service failed because the control process exited with error code.
nginx: configuration file /etc/nginx/nginx.conf test failed
/etc/ssh/sshd_config line 12: Bad configuration option: foo
AH00526: Syntax error on line 3 of /etc/apache2/apache2.conf:
fatal: unable to access: Could not resolve host: mirror.a1.test
Permission denied (publickey,password).
mode: 0640
owner: root
state: directory
path: /etc/nginx/conf.d
+++ after
--- before: /etc/ssh/sshd_config.d/00-luytre.conf
@@ -1,3 +1,4 @@
docker run -p 8080:80 nginx
Tài khoản phải đổi mật khẩu mỗi 90 ngày
minlen = 12
dictcheck = 1
primary_key = id
cache_key = page
tokenizer = standard
secretary: Nguyen Van A
compass 1.0
key SHA256:n2Kc0S0mO3pQ9yWkqfYl4j7VQk3l1t5m6a7b8c9d0e1
key = /etc/stunnel/stunnel.pem
key: identity
auth SHA512
auth: cram-md5
auth sufficient pam_x509.so
auth = pam
community edition
ubuntu-community 24.04
push "route 10.8.0.0 255.255.255.0"
push route 10.8.0.0 255.255.255.0
route add default 192.0.2.1
trap2sink 192.0.2.1 162
key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz luytre
passive_ports 50000 51000
"""
