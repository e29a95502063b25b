"""Take the pictures of the report that the documentation shows: python docs/images/shoot.py out/report antruc.test"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
SIZES = {"": (1180, 1500), "-phone": (390, 1500)}


def main(report: Path, domain: str) -> None:
    """Write fleet.png, site.png and their -phone sisters beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for name, page_path in (("fleet", "index.html"), ("site", f"sites/{domain}.html")):
            for suffix, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
                page.goto((report / page_path).resolve().as_uri())
                page.screenshot(path=Path(__file__).with_name(f"{name}{suffix}.png"))
                page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
