"""Take the README's picture of the map: open OUT/coverage_map.html in headless Chromium with the network off.

Use: ``python docs/make_picture.py out/coverage_map.html docs/coverage_map.png``
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def take_picture(page: Path, picture: Path) -> None:
    """Save the page as a palette PNG, which is a third of the size and looks the same."""
    options = webdriver.ChromeOptions()
    with tempfile.TemporaryDirectory() as profile:
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1500,950",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            browser.get(page.resolve().as_uri())
            shot = Image.open(BytesIO(browser.get_screenshot_as_png()))
        finally:
            browser.quit()
    shot.convert("RGB").quantize(128).save(picture, optimize=True)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
