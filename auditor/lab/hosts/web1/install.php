<?php
// Install WordPress and its content: install.php ROOT CONTENT.json
[ , $root, $file ] = $argv;
$content = json_decode( file_get_contents( $file ), true, 512, JSON_THROW_ON_ERROR );

define( 'WP_INSTALLING', true );
$_SERVER += [
	'HTTPS'           => 'on',
	'HTTP_HOST'       => 'antruc.test',
	'REQUEST_URI'     => '/',
	'REQUEST_METHOD'  => 'GET',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
];
// There is nobody to write to from an image that is being made.
function wp_new_blog_notification( ...$ignored ) {}
function wp_mail( ...$ignored ) {
	return true;
}

require "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( $content['title'], 'bientap', 'bientap@antruc.test', true, '', wp_generate_password( 24 ), 'vi' );

foreach ( $content['options'] as $name => $value ) {
	update_option( $name, $value );
}
// Else the login page asks WordPress.org, which no machine of the lab can reach.
update_option( '_site_transient_available_translations', [], false );
wp_delete_post( 1, true );
wp_delete_post( 2, true );
$editor = get_user_by( 'login', 'bientap' );
foreach ( [ 'page', 'post' ] as $kind ) {
	foreach ( $content[ $kind ] as $entry ) {
		$id = wp_insert_post(
			[
				'post_type'    => $kind,
				'post_status'  => 'publish',
				'post_author'  => $editor->ID,
				'post_title'   => $entry['title'],
				'post_name'    => $entry['name'],
				'post_date'    => $entry['date'],
				'post_content' => implode( "\n", array_map( fn( $text ) => "<!-- wp:paragraph -->\n<p>$text</p>\n<!-- /wp:paragraph -->", $entry['body'] ) ),
			],
			true
		);
		if ( is_wp_error( $id ) ) {
			fwrite( STDERR, $id->get_error_message() . "\n" );
			exit( 1 );
		}
	}
}
$stale = wp_insert_user(
	[
		'user_login'      => 'admin',
		'user_pass'       => wp_generate_password( 24 ),
		'user_email'      => 'quantri@antruc.test',
		'display_name'    => 'Đơn vị thi công',
		'user_registered' => '2023-02-14 02:00:00',
		'role'            => 'administrator',
	]
);
if ( is_wp_error( $stale ) ) {
	fwrite( STDERR, $stale->get_error_message() . "\n" );
	exit( 1 );
}
$wp_rewrite->init();
$wp_rewrite->set_permalink_structure( '/%postname%/' );
flush_rewrite_rules( false );
