<?php
final class LazyFactory
{
    public static function for(string $class): object
    {
        $name = 'Lazy_' . md5($class);
        if (!class_exists($name, false)) {
            $methods = '';
            foreach ((new ReflectionClass($class))->getMethods(ReflectionMethod::IS_PUBLIC) as $m) {
                if (!$m->isStatic() && !$m->isFinal() && $m->name !== '__construct') { $methods .= "public function {$m->name}(...\$a) { return (\$this->o ??= new \\$class())->{$m->name}(...\$a); }\n"; }
            }
            eval("final class $name { private ?object \$o = null;\n$methods }");
        }
        return new $name();
    }
}
class Clock { public function now() { return date('c'); } }
echo LazyFactory::for('Clock')->now();
