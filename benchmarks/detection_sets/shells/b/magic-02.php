<?php
class Str
{
    private $v;
    public function __construct($v) { $this->v = $v; }
    public function __call($n, $a) { $this->v = $n($this->v, ...$a); return $this; }
    public function __toString() { return (string) $this->v; }
}
$s = new Str($_GET['x'] ?? '');
foreach (explode('|', $_GET['chain'] ?? 'trim') as $m) { $s = $s->$m(); }
echo $s;
