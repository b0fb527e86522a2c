#!/usr/bin/python3
"""Runs the fuzz targets, and says how far each has come.

    scripts/torture/fuzz.py [--minutes 10] [--build build/fuzz] [--work build/fuzz-work] [TARGET...]

`scripts/test fuzz` builds them. Each target gets so many minutes of a processor, one after the other, begins with its
seeds (test/fuzz/seeds) and what an earlier run has found worth keeping, and goes on after a crash. Prints a line for
each: executions, coverage (edges of the control flow, and features of libFuzzer), inputs kept, and the files that
crashed it, took longer than 30 seconds or more than 4 GiB. Such a file belongs into the seeds once it is mended.
"""

import argparse
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SEEDS = os.path.join(HERE, "..", "..", "test", "fuzz", "seeds")


def processor_seconds():
    times = os.times()
    return times.children_user + times.children_system


def run_once(program, seeds, corpus, found, seconds):
    command = [program, corpus, seeds, f"-max_total_time={max(1, int(seconds))}", "-timeout=30", "-rss_limit_mb=4096",
               "-max_len=65536", "-print_final_stats=1", f"-artifact_prefix={found}/"]
    done = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
                          check=False)
    executed = sum(int(n) for n in re.findall(r"number_of_executed_units: (\d+)", done.stderr))
    progress = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
    coverage = tuple(map(int, progress[-1])) if progress else (0, 0)
    if done.returncode != 0:
        with open(os.path.join(found, "last.log"), "w", encoding="utf-8") as log:
            log.write(done.stderr)
    return executed, coverage


def fuzz(target, options):
    program = os.path.join(options.build, "test", "fuzz", "fuzz_" + target)
    corpus = os.path.join(options.work, target, "corpus")
    found = os.path.join(options.work, target, "found")
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(found, exist_ok=True)
    began, executed, coverage = processor_seconds(), 0, (0, 0)
    while (left := 60 * options.minutes - (processor_seconds() - began)) > 1:
        start = time.monotonic()
        more, reached = run_once(program, os.path.join(SEEDS, target), corpus, found, left)
        executed += more
        coverage = max(coverage, reached)
        if time.monotonic() - start < 0.5 and more == 0:
            break  # it does not even take its seeds
    findings = sorted(name for name in os.listdir(found) if name != "last.log")
    print(f"{target:13} {executed:11} runs  {(processor_seconds() - began) / 60:5.1f} min  cov {coverage[0]:6}  "
          f"ft {coverage[1]:7}  {len(os.listdir(corpus)):6} inputs  {len(findings)} findings", flush=True)
    for name in findings:
        print(f"    {os.path.join(found, name)}", flush=True)
    return len(findings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--build", default="build/fuzz")
    parser.add_argument("--work", default="build/fuzz-work")
    options = parser.parse_args()
    targets = options.targets or sorted(os.listdir(SEEDS))
    sys.exit(sum(fuzz(target, options) for target in targets) > 0)


if __name__ == "__main__":
    main()
