<?php
PHP_SAPI === 'cli' || exit(1);
$p = new Phar(__DIR__ . '/xa-tool.phar', 0, 'xa-tool.phar');
$p->buildFromDirectory(__DIR__ . '/src', '/\.php$/');
$p->setStub("#!/usr/bin/env php\n<?php Phar::mapPhar('xa-tool.phar'); require 'phar://xa-tool.phar/main.php'; __HALT_COMPILER();");
$p->compressFiles(Phar::GZ);
