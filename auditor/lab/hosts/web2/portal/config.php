<?php

return [
    'dsn' => 'mysql:unix_socket=/run/mysqld/mysqld.sock;dbname=bennua;charset=utf8mb4',
    'user' => 'bennua',
    'password' => '@DATABASE_PASSWORD@',
    'office' => 'Ủy ban nhân dân phường Bến Nứa',
];
