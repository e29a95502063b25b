<?php

namespace Xa\View;

final class Compiler
{
    private string $cache;

    public function __construct(string $cache)
    {
        $this->cache = rtrim($cache, '/');
    }

    public function compile(string $source): string
    {
        $source = preg_replace('/\{\{\s*(.+?)\s*\}\}/', '<?= htmlspecialchars((string) ($1)) ?>', $source);
        $source = preg_replace('/@if\s*\((.+)\)/', '<?php if ($1): ?>', $source);
        $source = str_replace('@endif', '<?php endif; ?>', $source);
        $source = preg_replace('/@foreach\s*\((.+)\)/', '<?php foreach ($1): ?>', $source);

        return str_replace('@endforeach', '<?php endforeach; ?>', $source);
    }

    public function render(string $file, array $data): string
    {
        $compiled = $this->cache . '/' . sha1($file) . '.php';
        if (!is_file($compiled) || filemtime($compiled) < filemtime($file)) {
            file_put_contents($compiled, $this->compile(file_get_contents($file)));
        }
        extract($data, EXTR_SKIP);
        ob_start();
        include $compiled;

        return ob_get_clean();
    }
}
