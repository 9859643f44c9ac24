#!/usr/bin/python3
"""Floods: 100 sessions chat on while hostile connections are cut, each within its time.

    td_run floods.py --bench GCHAT-BENCH --flood H2-FLOOD

gchat-bench keeps 100 members of one room talking, 100 messages a second, and afterwards says what
they got. Meanwhile every kind of flood runs against the same daemon, from connections that have not
signed in and from some that have. Wants the configuration in CONFIG, which td_run is given by -c.
Runs under td_run, which sets TD_PORT, TD_PID and TD_FOLDER; --config prints CONFIG.
"""
import argparse
import os
import subprocess
import sys
import time

CONFIG = "limits: { handshake_timeout_s = 3; sign_in_timeout_s = 3; };"
FAST = ["rapid-reset", "continuation", "huge-hpack", "streams", "ping", "settings",
        "window-update", "priority", "empty-data", "garbage", "not-tls"]
SIGNED_IN = ["rapid-reset", "continuation", "huge-hpack", "streams", "empty-data"]
SLOW = ["idle", "half-headers", "slow-preface", "no-preface", "no-tls", "half-hello"]
FAST_S = 1.0  # a flood of bytes is cut within this
SIGNED_IN_S = 2.0  # and one that has signed in
SLOW_S = 8.0  # one that holds a connection and says nothing: the two timeouts above, and some
LATENCY_MS = 5000  # p99 of the 100 sessions under attack; that little on a busy machine, too
PEAK_MB = 400  # the daemon's peak memory; without a guard a flood takes gigabytes


def fail(sentence):
    sys.exit(f"not ok - {sentence}")


def result_of(line):
    return dict(word.split("=", 1) for word in line.split()[1:])


def flood(options, kind, secs, token=None):
    """Starts one flood."""
    more = ["--token", token] if token else []
    command = [options.flood, "--secs", str(secs * 3), *more, kind, os.environ["TD_PORT"]]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check(process, kind, secs, who):
    out, _ = process.communicate(timeout=secs * 3 + 10)
    if process.returncode == 2:
        fail(f"{kind} ({who}) could not begin")
    got = result_of(out)
    if got["cut"] != "1" or float(got["secs"]) > secs:
        fail(f"{kind} ({who}) was not cut within {secs} s: {out.strip()}")
    print(f"ok - {kind} ({who}): cut after {got['secs']} s and {got['bytes']} bytes", flush=True)


def wait_line(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line
    fail(f"gchat-bench ended without saying {word}")
    return ""


def peak_mb():
    with open(f"/proc/{os.environ['TD_PID']}/status", encoding="utf-8") as f:
        kb = next(line.split()[1] for line in f if line.startswith("VmHWM:"))
    return int(kb) / 1024


def attack(options, token):
    slow = [(kind, flood(options, kind, SLOW_S)) for kind in SLOW]
    for kind in FAST:
        check(flood(options, kind, FAST_S), kind, FAST_S, "not signed in")
    for kind in SIGNED_IN:
        check(flood(options, kind, SIGNED_IN_S, token), kind, SIGNED_IN_S, "signed in")
    for kind, process in slow:
        check(process, kind, SLOW_S, "silent")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", help="gchat-bench")
    parser.add_argument("--flood", help="h2-flood")
    parser.add_argument("--secs", type=float, default=20, help="of chatting; longer than the floods")
    parser.add_argument("--config", action="store_true", help="print what td_run -c needs")
    options = parser.parse_args()
    if options.config:
        print(CONFIG)
        return
    tokens = os.path.join(os.environ["TD_FOLDER"], "tokens")
    bench = subprocess.Popen(
        [options.bench, "--port", os.environ["TD_PORT"], "--pid", os.environ["TD_PID"], "--wl",
         "W2", "--n", "100", "--secs", str(options.secs), "--token-file", tokens],
        stdout=subprocess.PIPE, text=True)
    try:
        wait_line(bench, "JOINED")
        with open(tokens, encoding="utf-8") as f:
            token = f.read().splitlines()[-1]  # of an account without a session
        start = time.monotonic()
        attack(options, token)
        took = time.monotonic() - start
        if took > options.secs:
            fail(f"the floods took {took:.0f} s, longer than the sessions talked")
        line = wait_line(bench, "RESULT")
        status = bench.wait(60)
    finally:
        bench.kill()
        bench.wait()
    got = result_of(line)
    if status != 0 or got["status"] != "ok" or got["lost"] != "0":
        fail(f"the sessions did not get all there was: {line.strip()}")
    if float(got["p99_us"]) > LATENCY_MS * 1000:
        fail(f"the sessions waited: p99 {float(got['p99_us']) / 1000:.0f} ms")
    if peak_mb() > PEAK_MB:
        fail(f"the daemon took {peak_mb():.0f} MB")
    print(f"ok - 100 sessions talked on through {took:.1f} s of floods: {got['deliv']} deliveries, "
          f"none lost, p50 {float(got['p50_us']) / 1000:.1f} ms, p99 "
          f"{float(got['p99_us']) / 1000:.1f} ms, peak {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
