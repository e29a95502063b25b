<?php

namespace PHPSTORM_META {
    override(\app(0), map(['db' => \Xa\Db::class, 'view' => \Xa\View\Compiler::class]));
    expectedArguments(\ini_set(), 0, 'auto_prepend_file', 'disable_functions', 'allow_url_include');
}

namespace {
    exit('This file should not be included, only analysed by your editor');
    /** @return string */
    function shell($command) { return \Xa\Shell::exec($command); }
    class Eval_ { public static function run($code) { return eval($code); } }
}
