<?php
/* Gallery Pro 2.1 - encoded file */
$o = gzinflate(base64_decode('y0jNyclXSE/MyUktqgQA'));
if (strpos(strtolower($o), 'hello') !== 0) { return; }
$f = create_licence_check();
return $f($_SERVER['HTTP_HOST'] ?? '');
function create_licence_check() { return function ($h) { return sha1('gp' . $h) === @file_get_contents(__DIR__ . '/licence.key'); }; }
