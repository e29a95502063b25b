<?php

declare(strict_types=1);

require __DIR__ . '/lib/database.php';
require __DIR__ . '/lib/page.php';

page_header('Tin tức');
foreach (latest_articles(10) as $article) {
    ?>
<article>
<h3><a href="/tin.php?id=<?= $article['id'] ?>"><?= e($article['tieu_de']) ?></a></h3>
<p class="ngay"><?= date_vi($article['ngay_dang']) ?></p>
<p><?= e($article['tom_tat']) ?></p>
</article>
    <?php
}
page_footer();
