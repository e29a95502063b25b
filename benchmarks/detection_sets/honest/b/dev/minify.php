<?php
$js = file_get_contents($argv[1] ?? 'php://stdin');
$js = preg_replace(['~/\*.*?\*/~s', '~^\s*//.*$~m', '~\s+~'], ['', '', ' '], $js);
$gz = gzencode($js, 9);
file_put_contents(($argv[2] ?? 'out') . '.js.gz', $gz);
echo strlen($js), ' -> ', strlen($gz), ' (', substr(base64_encode(hash('sha384', $js, true)), 0, 12), ")\n";
