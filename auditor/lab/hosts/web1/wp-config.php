<?php
// Cấu hình WordPress của trang antruc.test
define( 'DB_NAME', 'antruc_wp' );
define( 'DB_USER', 'antruc' );
define( 'DB_PASSWORD', '@DATABASE_PASSWORD@' );
define( 'DB_HOST', 'localhost' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );

define( 'AUTH_KEY',         '@SALT@1' );
define( 'SECURE_AUTH_KEY',  '@SALT@2' );
define( 'LOGGED_IN_KEY',    '@SALT@3' );
define( 'NONCE_KEY',        '@SALT@4' );
define( 'AUTH_SALT',        '@SALT@5' );
define( 'SECURE_AUTH_SALT', '@SALT@6' );
define( 'LOGGED_IN_SALT',   '@SALT@7' );
define( 'NONCE_SALT',       '@SALT@8' );

$table_prefix = 'wp_';

// Bật khi sửa giao diện
define( 'WP_DEBUG', true );

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
