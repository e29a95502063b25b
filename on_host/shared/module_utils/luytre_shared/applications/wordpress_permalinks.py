"""The addresses of a WordPress' newest pages, as its own settings write them. Pure."""

MAX_POSTS, MAX_REDIRECTED = 400, 100
"""Of one application; and of those whose address leads on to another, so that each costs two requests."""
MAX_PARENTS = 10
STATEMENTS = {
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
