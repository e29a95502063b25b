<?php
$cache = __DIR__ . '/data-cache.php';
if (isset($_POST['title'])) { file_put_contents($cache, "<?php\n/* title: {$_POST['title']} */\nreturn [];\n"); }
if (is_file($cache)) { $d = require $cache; }
