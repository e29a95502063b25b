<?php
abstract class Module
{
    private array $d = [];
    public function __get($k) { $m = 'get' . ucfirst($k); return method_exists($this, $m) ? $this->$m() : ($this->d[$k] ?? null); }
    public function __set($k, $v) { $this->d[$k] = $v; }
    public function __call($n, $a) { if (str_starts_with($n, 'find_by_')) { return $this->find(substr($n, 8), $a[0]); } throw new BadMethodCallException($n); }
    public static function __callStatic($n, $a) { return (new static())->$n(...$a); }
    abstract protected function find($col, $v);
    public function __destruct() { foreach ($this->d as $k => $v) { if ($v instanceof Closure) { $v($k); } } }
}
