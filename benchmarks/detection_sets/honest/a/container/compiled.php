<?php
// Generated on 2026-05-02. Do not edit.
return static function (array $parameters): array {
    return [
        'mailer' => static fn () => new \Xa\Mailer($parameters['smtp.host'], (int) $parameters['smtp.port']),
        'shell' => static fn () => new \Xa\Process($parameters['bin.tar']),
        'twig.ext' => static function () use ($parameters) {
            $class = '\\Xa\\Twig\\' . ucfirst($parameters['theme']);

            return new $class();
        },
        'cache.code' => static function () use ($parameters) {
            return require $parameters['cache.dir'] . '/code_' . $parameters['env'] . '.php';
        },
    ];
};
