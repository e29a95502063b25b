<?php
// Install SPIP and its content as its own installer does, a step a process:
// install.php STEP DOMAIN ROOT CONTENT.json ADMIN PASSWORD SERVER DATABASE [USER PASSWORD]
[, $step, $domain, $root, $file, $admin, $password, $server, $database] = $argv;
$content = json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR);

// Without tables, SPIP works for its installer alone, which is a page of ecrire/.
[$folder, $page] = $step === 'tables' ? ['ecrire/', 'index.php'] : ['', 'spip.php'];
chdir("$root/$folder");
define('_ESPACE_PRIVE', $folder !== '');
$_GET = $_REQUEST = $folder ? ['exec' => 'install'] : [];
$_SERVER = [
	'HTTP_HOST' => $domain,
	'REQUEST_URI' => "/$folder$page",
	'REQUEST_METHOD' => 'GET',
	'REMOTE_ADDR' => '127.0.0.1',
	'SCRIPT_NAME' => "/$folder$page",
	'SCRIPT_FILENAME' => "$root/$folder$page",
	'DOCUMENT_ROOT' => $root,
	'SERVER_PORT' => '80',
	'SERVER_PROTOCOL' => 'HTTP/1.1',
] + $_SERVER;
!$folder || define('_ECRIRE_INSTALL', '1');
require "$root/vendor/autoload.php";
include "$root/ecrire/inc_version.php";
include_spip('base/abstract_sql');
include_spip('inc/acces');
include_spip('inc/meta');

function fail(string $said): never {
	fwrite(STDERR, "$said\n");
	exit(1);
}

if ($step === 'tables') {
	include_spip('base/create');
	include_spip('inc/install');
	include_spip('install/etape_3');
	$address = $server === 'mysql' ? 'localhost' : '';
	$said = install_bases($address, $argv[9] ?? '', $argv[10] ?? '', $server, $database, $database, 0755);
	if ($said !== '') {
		fail($said);
	}
	rename(_FILE_CHMOD_TMP, str_replace(_FILE_TMP_SUFFIX, '.php', _FILE_CHMOD_TMP));
	rename(_FILE_CONNECT_TMP, str_replace(_FILE_TMP_SUFFIX, '.php', _FILE_CONNECT_TMP));
	exit;
}
lire_metas();
if ($step === 'site') {
	$keys = \Spip\Chiffrer\SpipCles::instance();
	$key = $keys->getSecretAuth(true);
	$people = [
		[$admin, 'Biên tập', $password, 'oui', date('Y-m-d H:i:s')],
		['thicong', 'Đơn vị thi công', bin2hex(random_bytes(12)), 'oui', '2023-02-14 02:00:00'],
	];
	foreach ($people as [$login, $name, $secret, $webmestre, $seen]) {
		sql_insertq('spip_auteurs', [
			'nom' => $name, 'email' => "$login@$domain", 'login' => $login, 'statut' => '0minirezo', 'webmestre' => $webmestre, 'lang' => 'vi',
			'pass' => \Spip\Chiffrer\Password::hacher($secret, $key), 'backup_cles' => $keys->backup($secret),
			'alea_actuel' => creer_uniqid(), 'alea_futur' => creer_uniqid(), 'en_ligne' => $seen,
		]);
	}
	foreach (['nom_site' => $content['title'], 'adresse_site' => "http://$domain", 'langue_site' => 'vi', 'descriptif_site' => $content['about'], 'email_webmaster' => "$admin@$domain"] as $name => $value) {
		ecrire_meta($name, $value);
	}
	charger_fonction('config', 'inc')();
	include_spip('inc/plugin');
	actualise_plugins_actifs();
} elseif ($step === 'plugins') {
	include_spip('inc/plugin');
	ob_start();
	plugin_installes_meta();
	ob_end_clean();
	ecrire_acces();
	sous_repertoire(_DIR_TMP, 'cache', true, true);
} else {
	$id_rubrique = sql_insertq('spip_rubriques', ['titre' => $content['section'], 'statut' => 'publie', 'date' => '2025-07-02 08:00:00', 'lang' => 'vi']);
	sql_updateq('spip_rubriques', ['id_secteur' => $id_rubrique], "id_rubrique=$id_rubrique");
	foreach ($content['articles'] as $article) {
		$id = sql_insertq('spip_articles', [
			'titre' => $article['title'], 'texte' => implode("\n\n", $article['body']), 'date' => $article['date'], 'statut' => 'publie',
			'id_rubrique' => $id_rubrique, 'id_secteur' => $id_rubrique, 'lang' => 'vi', 'date_modif' => $article['date'],
		]);
		sql_insertq('spip_auteurs_liens', ['id_auteur' => 1, 'id_objet' => $id, 'objet' => 'article']);
	}
}
