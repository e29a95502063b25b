<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

function nv_user_in_groups(string $groups): bool
{
    return $groups === '6';
}
