<?php

namespace Xa;

use Closure;
use ReflectionClass;
use ReflectionNamedType;

final class Container
{
    /** @var array<string, Closure> */
    private array $made = [];

    public function bind(string $id, callable $how): void
    {
        $this->made[$id] = Closure::fromCallable($how);
    }

    public function get(string $id): object
    {
        return isset($this->made[$id]) ? ($this->made[$id])($this) : $this->build($id);
    }

    private function build(string $class): object
    {
        $r = new ReflectionClass($class);
        $args = [];
        foreach ($r->getConstructor()?->getParameters() ?? [] as $p) {
            $t = $p->getType();
            $args[] = $t instanceof ReflectionNamedType && !$t->isBuiltin() ? $this->get($t->getName()) : $p->getDefaultValue();
        }

        return $r->newInstanceArgs($args);
    }

    public function call(callable|string $what, array $args = []): mixed
    {
        return call_user_func_array(is_string($what) && str_contains($what, '@') ? explode('@', $what) : $what, $args);
    }
}
