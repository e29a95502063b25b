<?php
final class Pipeline
{
    private array $steps = [];
    public function pipe(callable|string ...$s): static { array_push($this->steps, ...$s); return $this; }
    public function process(mixed $x): mixed
    {
        return array_reduce($this->steps, fn ($carry, $s) => is_string($s) && class_exists($s) ? (new $s())($carry) : $s($carry), $x);
    }
    public function __call(string $n, array $a): static { return $this->pipe(fn ($x) => $n($x, ...$a)); }
}
echo (new Pipeline())->pipe('trim', 'strrev', 'str_rot13')->strtoupper()->process(' xin chao ');
