"""The newest pages that a site's application publishes, by its own tables, asked as the site's own account.

Addresses are those that the application itself writes where its settings tell them, else the form that every one of its
kind knows.
"""

from ansible.module_utils.luytre import _applications, _site_database, _site_login

MAX_POSTS, MAX_REDIRECTED = 400, 100
"""Of one application; and of those whose address leads on to another, so that each costs two requests."""
MAX_PARENTS = 10
_WORDPRESS = {
    "option": (
        """SELECT 'option', option_name, LEFT(option_value, 300) FROM `{db}`.`{p}options`
  WHERE option_name IN ('permalink_structure', 'home')""",
        2,
    ),
    "post": (
        """SELECT * FROM (SELECT 'post', ID, LEFT(post_name, 400), post_type, post_parent,
  DATE_FORMAT(post_date, '%Y-%m-%d-%H-%i-%s') FROM `{db}`.`{p}posts`
  WHERE post_status = 'publish' AND post_password = '' AND post_type IN ('post', 'page')
  ORDER BY ID DESC LIMIT {most}) AS latest""",
        MAX_POSTS,
    ),
}
_JOOMLA = {
    "post": (
        "SELECT * FROM (SELECT 'post', id FROM `{db}`.`{p}content` WHERE state = 1 ORDER BY id DESC LIMIT {most}) AS "
        "latest",
        MAX_REDIRECTED,
    )
}
_JOOMLA_IN_POSTGRESQL = {
    "post": (
        "SELECT json_build_array('post', id) FROM (SELECT id FROM \"{p}content\" WHERE state = 1 ORDER BY id DESC "
        "LIMIT {most}) AS latest",
        MAX_REDIRECTED,
    )
}
_NUKEVIET = {
    "post": (
        """SELECT * FROM (SELECT 'post', r.id, LEFT(r.alias, 250) AS alias, LEFT(c.alias, 100) AS category
  FROM `{db}`.`{p}_vi_news_rows` r JOIN `{db}`.`{p}_vi_news_cat` c ON c.catid = r.catid
  WHERE r.status = 1 ORDER BY r.id DESC LIMIT {most}) AS latest""",
        MAX_REDIRECTED,
    )
}


def collect_recent_post_addresses(root, reader):
    """Return ``(addresses below the root's own, why an application was not asked or None)``."""
    addresses, unread = [], None
    applications, _ = _applications.search_roots_for_applications(
        [root], reader.make_walk_time_budget(_applications.SEARCH_SECONDS, 2), 1
    )
    for number, each in enumerate(applications):
        ask = {
            "wordpress": list_wordpress_post_addresses,
            "joomla": list_joomla_post_addresses,
            "nukeviet": list_nukeviet_post_addresses,
        }.get(each.kind)
        if ask is None:
            continue
        home = "/" + each.relative if each.relative else ""
        try:
            addresses += ask(
                each.path, home, reader.make_part_reader(reader.get_seconds_left() / (len(applications) - number))
            )
        except _site_database.DatabaseUnanswered as not_asked:
            unread = not_asked.why
    return addresses, unread


def _fetch_post_rows(reader, login_and_prefix, statements):
    login, prefix = login_and_prefix
    words = {"{db}": login.database, "{p}": prefix}
    most = {word: (sql.replace("{most}", str(limit)), limit) for word, (sql, limit) in statements.items()}
    return _site_database.fetch_rows(reader, login, _site_database.fill_statement_placeholders(most, words))


def list_wordpress_post_addresses(path, home, reader):
    own = _site_login.get_wordpress_login(path)
    return build_wordpress_post_addresses(_fetch_post_rows(reader, own, _WORDPRESS), home) if own else []


def list_joomla_post_addresses(path, home, reader):
    own = _site_login.get_joomla_login(path)
    in_postgresql = own is not None and own[0].engine == _site_database.POSTGRESQL
    rows = _fetch_post_rows(reader, own, _JOOMLA_IN_POSTGRESQL if in_postgresql else _JOOMLA) if own else []
    return ["%s/index.php?option=com_content&view=article&id=%s" % (home, row[1]) for row in rows]


def list_nukeviet_post_addresses(path, home, reader):
    own = _site_login.get_nukeviet_login(path)
    rows = _fetch_post_rows(reader, own, _NUKEVIET) if own else []
    form = "%s/index.php?language=vi&nv=news&op=%s/%s-%s.html"
    return [form % (home, category, alias, number) for _, number, alias, category in rows if alias and category]


# --- WordPress's addresses ---------------------------------------------------------------------------------


def build_wordpress_post_addresses(rows, home):
    """Return what the rows of its statements come to; ``home``: where it lies below the site's root."""
    structure = next((row[2] or "" for row in rows if row[:2] == ["option", "permalink_structure"]), "")
    posts = {row[1]: row for row in rows if row[0] == "post"}
    addresses, others = [], 0
    for number in posts:
        address = _build_permalink(number, posts, structure)
        if address is None:
            others += 1
            address = "/?%s=%s" % ("page_id" if posts[number][3] == "page" else "p", number)
            if structure and others > MAX_REDIRECTED:
                continue
        addresses.append(home + address)
    return addresses


def _build_permalink(post_id, posts, structure):
    """Return the address as the application itself writes it; None where that takes more than is known."""
    _, _, name, kind, _, moment = posts[post_id]
    if not structure or not name or not moment or moment.count("-") != 5:
        return None
    if kind == "page":
        names = _list_names_of_page_and_parents(post_id, posts)
        index = "/index.php" if structure.startswith("/index.php/") else ""
        return names and index + "/" + "/".join(names) + ("/" if structure.endswith("/") else "")
    date_parts = dict(zip(("%year%", "%monthnum%", "%day%", "%hour%", "%minute%", "%second%"), moment.split("-")))
    for tag, value in {**date_parts, "%post_id%": post_id, "%postname%": name}.items():
        structure = structure.replace(tag, value)
    return None if any(tag in structure for tag in ("%category%", "%author%", "%tag%")) else structure


def _list_names_of_page_and_parents(post_id, posts):
    """Return names of a page and of those above it, the highest first; None where one of them is not known."""
    names = []
    for _ in range(MAX_PARENTS):
        if post_id not in posts or not posts[post_id][2]:
            return None
        names.insert(0, posts[post_id][2])
        post_id = posts[post_id][4]
        if post_id == "0":
            return names
    return None
