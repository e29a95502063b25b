<?php
final class Arr
{
    public static function map(array $a, callable $f): array { return array_map($f, $a, array_keys($a)); }
    public static function zip(array ...$a): array { return array_map(null, ...$a); }
    public static function pluck(array $a, string $k): array { return array_map(fn ($x) => is_object($x) ? $x->$k : $x[$k], $a); }
    public static function sortBy(array $a, callable|string $by): array { usort($a, fn ($x, $y) => is_callable($by) ? $by($x) <=> $by($y) : $x[$by] <=> $y[$by]); return $a; }
    public static function each(iterable $i, callable $f): int { return iterator_apply($it = new IteratorIterator($i instanceof Traversable ? $i : new ArrayIterator($i)), function () use ($it, $f) { $f($it->current()); return true; }); }
}
