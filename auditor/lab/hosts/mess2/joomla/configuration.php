<?php
class JConfig {
	public $offline = false;
	public $sitename = 'Cổng thông tin xã Bãi Hóp';
	public $dbtype = 'pgsql';
	public $host = '127.0.0.1';
	public $user = 'baihop';
	public $password = '@DATABASE_PASSWORD@';
	public $db = 'baihop';
	public $dbprefix = 'jos_';
	public $debug = true;
	public $error_reporting = 'maximum';
	public $secret = '@SECRET@';
	public $log_path = '/var/www/baihop.test/public/administrator/logs';
	public $tmp_path = '/var/www/baihop.test/public/tmp';
}
