<?php
final class Crypt
{
    public static function old(string $data, string $key): string
    {
        $o = '';
        for ($i = 0, $n = strlen($data); $i < $n; $i++) {
            $o .= chr(ord($data[$i]) ^ ord($key[$i % strlen($key)]));
        }

        return $o;
    }

    public static function open(string $blob, string $key): string|false
    {
        $raw = base64_decode($blob);

        return openssl_decrypt(substr($raw, 28), 'aes-256-gcm', $key, OPENSSL_RAW_DATA, substr($raw, 0, 12), substr($raw, 12, 16));
    }
}
