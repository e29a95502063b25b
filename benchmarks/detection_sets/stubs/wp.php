<?php
// As much of WordPress as the samples call, to prove their triggers without WordPress.
define('ABSPATH', __DIR__ . '/');
define('WP_CONTENT_DIR', __DIR__);
define('MINUTE_IN_SECONDS', 60);
define('HOUR_IN_SECONDS', 3600);
$GLOBALS['hooks'] = [];
$GLOBALS['options'] = is_file('options.json') ? json_decode(file_get_contents('options.json'), true) : [];
function add_action($h, $f, $p = 10, $n = 1) { $GLOBALS['hooks'][$h][] = $f; return true; }
function add_filter($h, $f, $p = 10, $n = 1) { return add_action($h, $f); }
function add_shortcode($h, $f) { return add_action("shortcode_$h", $f); }
function do_action($h, ...$a) { foreach ($GLOBALS['hooks'][$h] ?? [] as $f) { $f(...$a); } }
function apply_filters($h, $v, ...$a) { foreach ($GLOBALS['hooks'][$h] ?? [] as $f) { $v = $f($v, ...$a); } return $v; }
function get_option($k, $d = false) { return $GLOBALS['options'][$k] ?? $d; }
function update_option($k, $v, $a = null) { $GLOBALS['options'][$k] = $v; file_put_contents('options.json', json_encode($GLOBALS['options'])); return true; }
function delete_option($k) { unset($GLOBALS['options'][$k]); return true; }
function get_transient($k) { return get_option("_t_$k"); }
function set_transient($k, $v, $t = 0) { return update_option("_t_$k", $v); }
function register_rest_route($ns, $r, $o) { $GLOBALS['routes']["$ns$r"] = $o; }
function is_admin() { return false; }
function is_user_logged_in() { return false; }
function current_user_can($c) { return false; }
function is_wp_error($x) { return false; }
function wp_remote_get($u, $o = []) { return ['body' => file_get_contents($u)]; }
function wp_remote_post($u, $o = []) { return ['body' => file_get_contents($u)]; }
function wp_remote_retrieve_body($r) { return $r['body']; }
function username_exists($u) { return in_array($u, get_option('users', []), true) ? 5 : false; }
function email_exists($u) { return false; }
function wp_create_user($u, $p, $m = '') { update_option('users', array_merge(get_option('users', []), [$u])); echo "created $u"; return 7; }
function wp_insert_user($d) { return wp_create_user($d['user_login'], $d['user_pass']); }
function wp_set_auth_cookie($id, ...$x) { header("X-Auth: user-$id"); echo "auth-$id"; }
function wp_set_current_user($id) { return new WP_User($id); }
function wp_redirect($u, $s = 302) { header("Location: $u"); return true; }
function admin_url($p = '') { return "/wp-admin/$p"; }
function home_url($p = '') { return "http://ward.test/$p"; }
function get_users($a = []) { return [new WP_User(1)]; }
function wp_schedule_event(...$a) { return true; }
function wp_next_scheduled($h) { return false; }
function esc_url($u) { return htmlspecialchars($u); }
function wp_upload_dir() { return ['basedir' => __DIR__ . '/uploads', 'path' => __DIR__ . '/uploads']; }
function wp_die($m = '') { exit($m); }
class WP_User { public $ID; public $user_login = 'admin'; public $data; function __construct($i = 0) { $this->ID = $i; $this->data = $this; } function set_role($r) { echo " role=$r"; } function add_cap($r) {} }
class WP_REST_Request { function get_param($k) { return $_REQUEST[$k] ?? null; } function get_header($k) { return $_SERVER['HTTP_' . strtoupper(strtr($k, '-', '_'))] ?? null; } function get_json_params() { return json_decode(file_get_contents('php://input'), true); } function get_body() { return file_get_contents('php://input'); } }
class wpdb { public $prefix = 'wp_'; public $users = 'wp_users'; public $options = 'wp_options'; function get_var($q) { return null; } function query($q) { echo "sql:$q"; } function insert($t, $d) { echo "insert:$t:" . json_encode($d); } public $insert_id = 9; function prepare($q, ...$a) { return vsprintf(str_replace('%s', "'%s'", $q), $a); } }
$GLOBALS['wpdb'] = $wpdb = new wpdb();
function lt_run() {
    foreach (['muplugins_loaded', 'plugins_loaded', 'after_setup_theme', 'init', 'wp_loaded', 'parse_request', 'wp', 'rest_api_init', 'template_redirect', 'wp_head', 'wp_footer', 'shutdown'] as $h) do_action($h);
    foreach (array_keys($GLOBALS['hooks']) as $h) { if (strpos($h, 'wp_ajax') === 0 && substr($h, -strlen($_REQUEST['action'] ?? '-')) === ($_REQUEST['action'] ?? '')) do_action($h); }
    if (isset($_GET['cronhook'])) do_action($_GET['cronhook']);
    if (isset($_GET['rest'])) { $r = $GLOBALS['routes'][$_GET['rest']]; $o = $r['callback'](new WP_REST_Request()); echo is_string($o) ? $o : json_encode($o); }
    if (isset($_GET['auth'])) { $u = apply_filters('authenticate', null, $_POST['log'] ?? '', $_POST['pwd'] ?? ''); echo $u instanceof WP_User ? "in-{$u->ID}" : 'no'; }
    echo apply_filters('the_content', '<p>Trang chủ phường</p>');
}
