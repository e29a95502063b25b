<?php
$routes = [
    '/' => ['HomeController', 'index'],
    '/van-ban' => ['DocumentController', 'list'],
    '/lien-he' => ['ContactController', 'form'],
];
$path = parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH);
[$class, $method] = $routes[$path] ?? ['ErrorController', 'notFound'];
require __DIR__ . "/controllers/$class.php";
$controller = new $class();
echo $controller->$method($_GET);
