<?php

namespace Zend\Fake {
    /** @param callable $callback */
    function ob_hook($callback): void {}
    /** @return resource|false */
    function proc_run(string $command) { return false; }
    function assert_code(string $php): mixed { return null; }
}
