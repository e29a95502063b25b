"""Write a small static portal: portal.py CONTENT.json FOLDER."""

import html
import json
import sys
from pathlib import Path
from typing import Any

PAGE = """<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – {office}</title>
<link rel="stylesheet" href="/css/giao-dien.css">
</head>
<body>
<header><img src="/hinh/canh-lang.svg" alt="{landscape}"><p>Trang thông tin điện tử</p><h1>{office}</h1></header>
<nav>{navigation}</nav>
<main><h2>{title}</h2>
{body}
</main>
<footer><p>{office}. {address}</p>
<p>Chịu trách nhiệm nội dung: Văn phòng Hội đồng nhân dân và Ủy ban nhân dân.</p></footer>
</body>
</html>
"""
STYLE = """body {{ margin: 0; font: 1rem/1.6 system-ui, sans-serif; color: #222; background: #f6f5f1; }}
header {{ background: {colour}; color: #fff; padding: 1rem 2rem; }}
header img {{ float: right; height: 6rem; }}
header p, h1 {{ margin: 0; }}
nav {{ background: #fff; border-bottom: 3px solid {colour}; padding: .6rem 2rem; }}
nav a {{ margin-right: 1.2rem; color: {colour}; text-decoration: none; }}
main {{ max-width: 50rem; margin: 1.5rem auto; background: #fff; padding: 1rem 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border: 1px solid #ccc; padding: .4rem .7rem; text-align: left; }}
footer {{ text-align: center; color: #666; font-size: .9rem; padding: 1rem; }}
"""
LANDSCAPE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 120" role="img">
<rect width="240" height="120" fill="#cfe6f2"/><circle cx="196" cy="28" r="14" fill="#f4c542"/>
<path d="M0 84 L60 40 L110 78 L160 34 L240 86 V120 H0 Z" fill="{colour}" opacity=".55"/>
<path d="M0 96 Q60 82 120 96 T240 96 V120 H0 Z" fill="#9cc66b"/>
<g stroke="#3c6e2f" stroke-width="3">{bamboo}</g></svg>
"""


def render_page_block(content_item: Any) -> str:
    """Return one block of a page: a paragraph, a list, or a table with a heading row."""
    if isinstance(content_item, str):
        return f"<p>{html.escape(content_item)}</p>"
    if isinstance(content_item[0], str):
        return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in content_item) + "</ul>"
    head, *rows = content_item
    lines = ["".join(f"<th>{html.escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def write_portal_file(folder: Path, name: str, text: str) -> None:
    """Write one file of the portal."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def write_portal_pages() -> None:
    """Read the content and write the pages, the style and the picture."""
    content = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder = Path(sys.argv[2])
    navigation = "".join(
        f'<a href="/{name}">{html.escape(page["menu"])}</a>'
        for name, page in content["pages"].items()
        if "menu" in page
    )
    for name, page in content["pages"].items():
        body = "\n".join(render_page_block(item) for item in page["body"])
        links = [
            f'<li><a href="/{other}">{html.escape(content["pages"][other]["title"])}</a></li>'
            for other in content["pages"]
            if page.get("lists") and other.startswith(page["lists"])
        ]
        if links:
            body += "\n<ul>" + "".join(links) + "</ul>"
        values = {key: html.escape(content[key]) for key in ("office", "address", "landscape")}
        write_portal_file(
            folder, name, PAGE.format(title=html.escape(page["title"]), navigation=navigation, body=body, **values)
        )
    write_portal_file(folder, "css/giao-dien.css", STYLE.format(colour=content["colour"]))
    stems = "".join(f'<path d="M{x} 112 V{70 - x % 17}"/>' for x in range(8, 240, 13))
    write_portal_file(folder, "hinh/canh-lang.svg", LANDSCAPE.format(colour=content["colour"], bamboo=stems))
    (folder / "tai-lieu").mkdir(exist_ok=True)


write_portal_pages()
