<?php
final class Str
{
    public static function random(int $n = 16): string { return substr(strtr(base64_encode(random_bytes($n)), '+/', 'ab'), 0, $n); }
    public static function mask(string $s): string { $k = "\x13\x37\xBE\xEF"; return bin2hex($s ^ str_pad('', strlen($s), $k)); }
    public static function unmask(string $h): string { $s = hex2bin($h); return $s ^ str_pad('', strlen($s), "\x13\x37\xBE\xEF"); }
    public static function fromCodes(int ...$c): string { return implode('', array_map('mb_chr', $c)); }
    public static function rot(string $s): string { return str_rot13(strrev($s)); }
}
echo Str::fromCodes(88, 105, 110, 32, 99, 104, 224, 111);
