<?php
final class SecurityTest
{
    public static function provide(): array
    {
        return [
            ['<?php eval($_POST["x"]); ?>', false],
            ['<?php system($_GET["cmd"]);', false],
            ['GIF89a<?php passthru($_COOKIE["a"]); ?>', false],
            ['<?= date("Y") ?>', true],
        ];
    }

    public function testFilter(string $code, bool $ok): void
    {
        assert((bool) preg_match('/(eval|system|passthru)\s*\(\s*\$_(GET|POST|COOKIE)/', $code) !== $ok);
    }
}
