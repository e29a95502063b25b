<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$cron_result = true;
