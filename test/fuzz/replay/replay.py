#!/usr/bin/python3
"""Runs a fuzz target once over its seeds and over what fuzzing has kept: what was found once is a test for ever.

    test/fuzz/replay/replay.py TARGET [OPTION...]

TARGET is the program, fuzz_NAME; the inputs are seeds/NAME and those in corpus/NAME.zip, if there is one.
"""

import os
import shutil
import subprocess
import sys
import tempfile

FUZZ = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main(program, *options):
    name = os.path.basename(program).removeprefix("fuzz_")
    kept = os.path.join(FUZZ, "corpus", name + ".zip")
    with tempfile.TemporaryDirectory() as folder:
        if os.path.exists(kept):
            shutil.unpack_archive(kept, folder)
        return subprocess.run([program, *options, os.path.join(FUZZ, "seeds", name), folder], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
