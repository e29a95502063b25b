<?php
final class QrNative
{
    private static ?FFI $ffi = null;
    public static function encode(string $text): string
    {
        self::$ffi ??= FFI::cdef('const char *qr_encode_svg(const char *text, int size);', '/usr/lib/x86_64-linux-gnu/libqr-xa.so.1');
        return self::$ffi->qr_encode_svg(mb_substr($text, 0, 300), 4);
    }
}
