#!/usr/bin/python3
"""Uses `facenet serve` in a browser (browser/use.cjs), on the photos of the Johns.

    browser_test.py FACENET NODE use.cjs CHROMIUM MODULES [SCREENSHOTS]

Needs FACENET_TEST_PHOTOS and FACENET_MODELS in the environment. Exit status 1 when something is wrong.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    facenet, node, script, chromium, modules, *screenshots = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        album = Path(folder, "album")
        shutil.copytree(Path(os.environ["FACENET_TEST_PHOTOS"], "johns"), album)
        photo = Path(folder, "asked.jpg")  # of somebody of whom others stay
        one = sorted(max(album.iterdir(), key=lambda person: len(list(person.glob("*.jpg")))).glob("*.jpg"))[0]
        one.rename(photo)
        for name in album.glob("*/*.jpg"):  # names that would be elements of the page
            name.rename(name.with_name(f"<img src=x onerror=alert(1)>{name.name}"))
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "FACENET_CATALOG"):
            os.environ.pop(name, None)
        os.environ |= {"HOME": folder, "FACENET_CONFIG": ""}
        catalog = str(Path(folder, "catalog.db"))
        # A weak model leaves questions to answer.
        subprocess.run([facenet, "cluster", str(album), "--model", "facenet-nn4", "--catalog", catalog, "-q"], check=True,
                       stdout=subprocess.DEVNULL)
        with subprocess.Popen([facenet, "serve", "--port", "0", "--no-browser", "-q", "--catalog", catalog], text=True,
                              stdout=subprocess.PIPE) as server:
            link = server.stdout.readline().strip()
            used = subprocess.run([node, script, chromium, modules, link, facenet, catalog, str(photo), *screenshots], check=False)
            server.send_signal(signal.SIGINT)
            ended = server.wait()
        if ended != 0:
            print(f"facenet serve ended with status {ended}")
        checked = subprocess.run([facenet, "catalog", "check", "-q", "--catalog", catalog], check=False).returncode
        return int(used.returncode != 0 or ended != 0 or checked != 0)


if __name__ == "__main__":
    sys.exit(main())
