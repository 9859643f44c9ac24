#!/usr/bin/python3
"""Admin beside a crowd: thousands of sessions are listed again and again while thousands of them
talk. The list is whole each time, the daemon's memory stays where it is, and those who talk feel
nothing of it. Prints the figures.

    td_run -c "$(admin_load.py --config)" admin_load.py --bench PROGRAM --ctl PROGRAM

Fewer sessions by GCHAT_ADMIN_SESSIONS (9000), of which GCHAT_ADMIN_TALKERS (5000) talk; lists may add
GCHAT_ADMIN_MEMORY_MB (32: more where a sanitizer keeps what was freed). The daemon
holds two descriptors for each: with a lower limit the test is skipped (77).
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import threading
import time

CONFIG = ("limits: { sessions_per_account = 10000, connections = 20000, requests_in_flight = 1024, "
          "bytes_per_second = 1073741824, bytes_burst = 1073741824 }, "
          "delivery: { snapshot_members = 0 }, log: { level = \"info\" }")
SESSIONS = int(os.environ.get("GCHAT_ADMIN_SESSIONS", "9000"))
TALKERS = int(os.environ.get("GCHAT_ADMIN_TALKERS", "5000"))
RATE = 5  # messages a second, each to all who talk
SECS = 12
MEMORY_MB_MAX = int(os.environ.get("GCHAT_ADMIN_MEMORY_MB", "32"))  # what listing may add at its peak
# p99 with lists over p99 without, and how little is never held against it: two processors are shared
# by the daemon, gchatctl and 5,000 clients.
LATENCY_TIMES_MAX = 3
LATENCY_MS_FREE = 250
WAIT_S = 240
SPARE_FDS = 300


def fail(sentence):
    print(f"admin_load: {sentence}", file=sys.stderr)
    sys.exit(1)


def memory_mb(key):
    with open(f"/proc/{os.environ['TD_PID']}/status", encoding="utf-8") as f:
        return int(next(line.split()[1] for line in f if line.startswith(key))) / 1024


def forget_peak():
    with open(f"/proc/{os.environ['TD_PID']}/clear_refs", "w", encoding="utf-8") as f:
        f.write("5")


class Bench:
    """A gchat-bench, its lines taken as they come."""

    def __init__(self, program, *words):
        self.process = subprocess.Popen(
            [program, "--port", os.environ["TD_PORT"], "--pid", os.environ["TD_PID"], *words],
            stdout=subprocess.PIPE, text=True)

    def line(self, word):
        timer = threading.Timer(WAIT_S, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if line.startswith(word):
                    return line
        finally:
            timer.cancel()
        fail(f"gchat-bench ended without saying {word}")

    def end(self):
        self.process.kill()
        self.process.wait()


def result_of(line):
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


class Lister(threading.Thread):
    """gchatctl list-sessions, again and again until told to stop."""

    def __init__(self, ctl):
        super().__init__()
        self.ctl, self.stop, self.times, self.wrong = ctl, threading.Event(), [], None

    def run(self):
        while not self.stop.is_set() and not self.wrong:
            start = time.monotonic()
            done = subprocess.run([self.ctl, "--socket", os.environ["TD_ADMIN"], "--output=jsonl",
                                   "--timeout=60", "list-sessions"], capture_output=True, text=True,
                                  check=False)
            self.times.append(time.monotonic() - start)
            rows = [json.loads(line) for line in done.stdout.splitlines()]
            ids = {row["session"] for row in rows}
            if done.returncode != 0:
                self.wrong = f"gchatctl: {done.returncode}: {done.stderr}"
            elif len(rows) != SESSIONS or len(ids) != SESSIONS:
                self.wrong = f"{len(rows)} rows, {len(ids)} sessions: not {SESSIONS}"


def check(before, beside, lister, base_mb, peak_mb):
    times = sorted(lister.times)
    print(f"{SESSIONS} sessions, {TALKERS} in one room that hears {RATE} messages a second, "
          f"{RATE * TALKERS} deliveries a second")
    print(f"lists: {len(times)} of {SESSIONS} rows, {times[0]:.2f} s at least, "
          f"{times[len(times) // 2]:.2f} s the middle one, {times[-1]:.2f} s at most")
    print(f"memory: {base_mb:.0f} MB before, {peak_mb:.0f} MB at the peak: {peak_mb - base_mb:+.1f} MB")
    for name, got in (("without", before), ("with", beside)):
        print(f"latency {name} lists: p50 {float(got['p50_us']) / 1000:.1f} ms, "
              f"p99 {float(got['p99_us']) / 1000:.1f} ms, lost {got['lost']}")
    if peak_mb - base_mb > MEMORY_MB_MAX:
        fail(f"listing took more than {MEMORY_MB_MAX} MB")
    if before["lost"] != "0" or beside["lost"] != "0":
        fail("messages were lost")
    p99, was = float(beside["p99_us"]) / 1000, float(before["p99_us"]) / 1000
    if p99 > max(LATENCY_TIMES_MAX * was, LATENCY_MS_FREE):
        fail("those who talk feel the lists")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench")
    parser.add_argument("--ctl")
    parser.add_argument("--config", action="store_true", help="print what td_run -c needs")
    args = parser.parse_args()
    if args.config:
        print(CONFIG)
        return 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 2 * SESSIONS + SPARE_FDS:
        print(f"only {hard} descriptors allowed, {SESSIONS} sessions take two each")
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = talk = None
    try:
        idle = Bench(args.bench, "--wl", "W4", "--n", str(SESSIONS - TALKERS), "--members", "100",
                     "--idle", str(10 * WAIT_S))
        idle.line("JOINED")
        talk = Bench(args.bench, "--wl", "W2", "--n", str(TALKERS), "--rate", str(RATE), "--secs",
                     str(SECS), "--warm", "3", "--reps", "3")  # the third is for the last list to end in
        talk.line("JOINED")
        before = result_of(talk.line("RESULT"))
        base = memory_mb("VmRSS:")
        forget_peak()
        lister = Lister(args.ctl)
        lister.start()
        beside = result_of(talk.line("RESULT"))
        lister.stop.set()
        lister.join()
        peak = memory_mb("VmHWM:")
    finally:
        for bench in (idle, talk):
            if bench:
                bench.end()
    if lister.wrong:
        fail(lister.wrong)
    check(before, beside, lister, base, peak)
    return 0


sys.exit(main())
