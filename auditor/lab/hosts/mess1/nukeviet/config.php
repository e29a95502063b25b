<?php

/**
 * @Project NUKEVIET
 */
if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$db_config['dbhost'] = 'localhost';
$db_config['dbport'] = '';
$db_config['dbname'] = 'kheluong';
$db_config['dbuname'] = 'kheluong';
$db_config['dbpass'] = '@DATABASE_PASSWORD@';
$db_config['dbtype'] = 'mysql';
$db_config['prefix'] = 'nv4';
$global_config['sitekey'] = '@SITEKEY@';
