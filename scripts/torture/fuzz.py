#!/usr/bin/python3
"""Runs the fuzz targets, and says how far each has come.

    scripts/torture/fuzz.py [--minutes 10] [--rounds 1] [--jobs 1] [--build build/fuzz] [--work build/fuzz-work]
                            [--keep] [TARGET...]

`scripts/test fuzz` builds them. In a round each target gets so many minutes of a processor, as many targets at a time
as there are jobs. It begins with its seeds (test/fuzz/seeds) and what earlier runs have found worth keeping, and goes
on after a crash. `--keep` puts that into test/fuzz/corpus, but for inputs of more than 2 KiB and those that reach
nothing new: the tests with sanitizers replay it, and a work folder that is new begins with it, and with how long each
target has run.

The work folder keeps what was found and how long each target has run. A line for each target, and after each round a
table of all, say: executions, minutes of a processor, coverage (edges of the control flow, and features of libFuzzer),
and how many features the last half of all minutes has added: a target without new ones needs no more time. Then come
the files that crashed it, took 10 seconds of a processor or 4 GiB. Such a file belongs into the seeds once it is
mended. `--rounds 0` prints the table alone.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
SEEDS = os.path.join(HERE, "..", "..", "test", "fuzz", "seeds")
KEPT = os.path.join(HERE, "..", "..", "test", "fuzz", "corpus")
HISTORY = os.path.join(KEPT, "history.json")
LARGEST_KEPT = 2048  # bytes of an input; the repository stays small
TICKS = os.sysconf("SC_CLK_TCK")
MOST_CRASHES = 20  # of a target in a round; nothing new comes of more
# Neither filling of new memory nor much of what was freed is missed: the target "catalog" ran 1.3 times as often.
SANITIZER = "max_malloc_fill_size=0:quarantine_size_mb=16:malloc_context_size=12"


def processor_seconds(process):
    """Of a running child and of those that it has waited for."""
    with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
        times = file.read().rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / TICKS


class Target:
    def __init__(self, name, options):
        self.name = name
        self.program = os.path.join(options.build, "test", "fuzz", "fuzz_" + name)
        self.folder = os.path.join(options.work, name)
        self.corpus = os.path.join(self.folder, "corpus")
        self.found = os.path.join(self.folder, "found")
        self.history = os.path.join(self.folder, "history.jsonl")
        self.seeds = os.path.join(SEEDS, name)
        self.kept = os.path.join(KEPT, name + ".zip")
        for folder in (self.corpus, self.found):
            os.makedirs(folder, exist_ok=True)
        if not os.path.exists(self.history) and os.path.exists(self.kept):
            shutil.unpack_archive(self.kept, self.corpus)
            self.write_rounds(kept_history().get(name, []))

    def findings(self):
        return sorted(os.path.join(self.found, name) for name in os.listdir(self.found) if name != "last.log")

    def rounds(self):
        if not os.path.exists(self.history):
            return []
        with open(self.history, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def write_rounds(self, rounds):
        with open(self.history, "a", encoding="utf-8") as file:
            for entry in rounds:
                print(json.dumps(entry), file=file)

    def run_once(self, seconds):
        """Until it crashes or the seconds are over. Returns executions, coverage, seconds, and whether it crashed."""
        command = [self.program, self.corpus, self.seeds, "-timeout=120", "-report_slow_units=60",
                   "-rss_limit_mb=4096", "-max_len=65536", "-print_final_stats=1", f"-artifact_prefix={self.found}/"]
        environment = {"ASAN_OPTIONS": SANITIZER} | os.environ
        with tempfile.TemporaryFile() as out:
            with subprocess.Popen(command, stderr=out, stdout=subprocess.DEVNULL, env=environment) as process:
                used, ended, is_over = 0.0, False, False
                while not ended:
                    # The process stays, as a zombie, until it is waited for: its times can be read at the end, too.
                    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
                    used = processor_seconds(process.pid)
                    if not ended and used >= seconds and not is_over:
                        process.send_signal(signal.SIGINT)
                        is_over = True
                    if not ended:
                        time.sleep(0.2)
            out.seek(0)
            text = out.read().decode(errors="replace")
        executed = sum(int(n) for n in re.findall(r"number_of_executed_units: (\d+)", text))
        progress = re.findall(r"cov: (\d+) ft: (\d+)", text)
        coverage = tuple(map(int, progress[-1])) if progress else (0, 0)
        crashed = process.returncode != 0 and not is_over
        if crashed:
            with open(os.path.join(self.found, "last.log"), "w", encoding="utf-8") as log:
                log.write(text)
        return executed, coverage, used, crashed

    def keep(self):
        """The small inputs that reach what the seeds do not, packed the same way each time."""
        with tempfile.TemporaryDirectory() as folder:
            small, merged = os.path.join(folder, "small"), os.path.join(folder, "merged")
            os.mkdir(small)
            for entry in os.scandir(self.corpus):
                if entry.stat().st_size <= LARGEST_KEPT:
                    shutil.copy(entry.path, small)
            shutil.copytree(self.seeds, merged)
            subprocess.run([self.program, "-set_cover_merge=1", merged, small], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            os.makedirs(KEPT, exist_ok=True)
            with zipfile.ZipFile(self.kept, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in sorted(set(os.listdir(merged)) - set(os.listdir(self.seeds))):
                    with open(os.path.join(merged, name), "rb") as file:
                        archive.writestr(zipfile.ZipInfo(name[:12]), file.read(), zipfile.ZIP_DEFLATED, 9)
            print(f"{self.name:13} {len(archive.namelist()):5} inputs kept, {os.path.getsize(self.kept)} bytes")

    def drop_false_findings(self):
        """What is no finding: libFuzzer looks at the clock, so that what waited for the processor seems slow; and the
        leak checker takes what GLib holds for a thread that is just ending for lost. Neither comes again."""
        for path in self.findings():
            kind = os.path.basename(path).partition("-")[0]
            if kind in ("slow", "timeout", "leak"):
                with subprocess.Popen([self.program, path], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as process:
                    _, status, usage = os.wait4(process.pid, 0)
                    process.returncode = os.waitstatus_to_exitcode(status)
                took = usage.ru_utime + usage.ru_stime
                comes_again = process.returncode != 0 if kind == "leak" else took >= 10
                if not comes_again:
                    os.remove(path)

    def run(self, seconds):
        began, used, executed, coverage, crashes = time.time(), 0.0, 0, (0, 0), 0
        while used < seconds - 1 and crashes < MOST_CRASHES:
            more, reached, took, crashed = self.run_once(seconds - used)
            used += took
            executed += more
            coverage = max(coverage, reached)
            crashes += crashed
            if crashed and more == 0:
                break  # it does not even take its seeds
        self.drop_false_findings()
        self.write_rounds([{"began": int(began), "seconds": round(used, 1), "runs": executed, "edges": coverage[0],
                            "features": coverage[1]}])


def kept_history():
    if not os.path.exists(HISTORY):
        return {}
    with open(HISTORY, encoding="utf-8") as file:
        return json.load(file)


def keep(targets):
    for target in targets:
        target.keep()
    history = kept_history() | {target.name: target.rounds() for target in targets}
    lines = [f"{json.dumps(name)}: [\n  " + ",\n  ".join(map(json.dumps, rounds)) + "]"
             for name, rounds in sorted(history.items())]
    with open(HISTORY, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "}\n")


def table_line(target):
    rounds = target.rounds()
    if not rounds:
        return f"{target.name:13} has not run yet"
    seconds = sum(entry["seconds"] for entry in rounds)
    runs = sum(entry["runs"] for entry in rounds)
    half, passed = 0, 0
    for entry in rounds:  # features at the end of the first half of all minutes
        passed += entry["seconds"]
        if passed > seconds / 2:
            break
        half = entry["features"]
    last = rounds[-1]
    return (f"{target.name:13} {runs:11} runs  {seconds / 60:6.1f} min  {runs / max(seconds, 0.1):8.0f}/s  "
            f"cov {last['edges']:5}  ft {last['features']:6} ({last['features'] - half:+} of late)  "
            f"{len(os.listdir(target.corpus)):5} inputs  {len(target.findings())} findings")


def print_table(targets):
    for target in targets:
        print(table_line(target))
        for path in target.findings():
            print(f"    {path}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--build", default="build/fuzz")
    parser.add_argument("--work", default="build/fuzz-work")
    options = parser.parse_args()
    targets = [Target(name, options) for name in options.targets or sorted(os.listdir(SEEDS))]

    def run(target):
        target.run(60 * options.minutes)
        print(table_line(target), flush=True)

    for number in range(options.rounds):
        with ThreadPoolExecutor(options.jobs) as jobs:
            list(jobs.map(run, targets))  # whose errors come out here
        print(f"After round {number + 1}, {time.strftime('%Y-%m-%d %H:%M')}:")
        print_table(targets)
    if options.rounds == 0:
        print_table(targets)
    if options.keep:
        keep(targets)
    sys.exit(any(target.findings() for target in targets))


if __name__ == "__main__":
    main()
