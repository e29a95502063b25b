<?php
function convert(string $in, string $out): int
{
    $cmd = ['nice', 'ffmpeg', '-i', $in, '-vcodec', 'libx264', '-crf', '28', $out];
    $p = proc_open($cmd, [['file', '/dev/null', 'r'], ['file', '/tmp/ff.log', 'a'], ['file', '/tmp/ff.log', 'a']], $pipes);

    return proc_get_status($p)['pid'];
}
