<?php
class VarStream
{
    private $n; private $p = 0; public $context;
    public function stream_open($path) { $this->n = parse_url($path, PHP_URL_HOST); isset($GLOBALS['var_' . $this->n]) || $GLOBALS['var_' . $this->n] = ''; return true; }
    public function stream_read($c) { $r = substr($GLOBALS['var_' . $this->n], $this->p, $c); $this->p += strlen($r); return $r; }
    public function stream_write($d) { $GLOBALS['var_' . $this->n] .= $d; return strlen($d); }
    public function stream_eof() { return $this->p >= strlen($GLOBALS['var_' . $this->n]); }
    public function stream_stat() { return []; }
}
stream_wrapper_register('var', VarStream::class);
file_put_contents('var://test', 'xin chào');
