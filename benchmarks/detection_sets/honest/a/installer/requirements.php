<?php
$need = ['exec', 'shell_exec', 'proc_open', 'mail', 'curl_exec', 'gzinflate', 'base64_decode', 'eval'];
$off = array_map('trim', explode(',', (string) ini_get('disable_functions')));
echo "<table>\n";
foreach ($need as $name) {
    $ok = function_exists($name) && !in_array($name, $off, true);
    printf("<tr><td>%s</td><td>%s</td></tr>\n", $name, $ok ? 'có' : 'không');
}
echo "</table>\n";
foreach (['cache', 'uploads', 'logs'] as $dir) {
    echo $dir, ': ', is_writable(__DIR__ . "/../$dir") ? 'ghi được' : 'không ghi được', "<br>\n";
}
