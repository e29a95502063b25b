<?php
class Directives
{
    protected static $d = [];
    public static function add($name, callable $f) { static::$d[$name] = $f; }
    public static function __callStatic($n, $a) { return isset(static::$d[$n]) ? call_user_func_array(static::$d[$n], $a) : ''; }
    public static function compile($s)
    {
        return preg_replace_callback('/@(\w+)(?:\(([^)]*)\))?/', function ($m) { return static::{$m[1]}($m[2] ?? ''); }, $s);
    }
}
Directives::add('datetime', function ($e) { return "<?php echo ($e)->format('d/m/Y H:i'); ?>"; });
Directives::add('csrf', function () { return '<input type="hidden" name="_t" value="<?= $_SESSION[\'t\'] ?>">'; });
