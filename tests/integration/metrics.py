#!/usr/bin/python3
"""What gchatd exposes as metrics: well-formed by our own reading of OpenMetrics 1.0, by promtool, the
same over HTTP and over Admin, and under load never going back where it may not.

    td_run -c 'metrics: { listen = "127.0.0.1:0" }' metrics.py --bench PROGRAM --ctl PROGRAM
        --tools FOLDER

FOLDER is where tests/integration/promtool puts a promtool that isn't installed. Where none is to be
had, all else is checked, and the status is 77.
"""
import argparse
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

WAIT_S = 60
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
UNITS = ("seconds", "bytes")
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(\{([a-z_]+)="((?:[^"\\]|\\.)*)"\})? (\S+)')
# What an administrator was promised to find, whatever else there is.
PROMISED = """gchat_sessions gchat_connections gchat_rooms gchat_accounts gchat_events_appended
gchat_events_delivered gchat_frames_sent gchat_frames_sent_bytes gchat_batch_events
gchat_store_commit_changes gchat_store_commit_duration_seconds gchat_ack_latency_seconds
gchat_cursor_lag_events gchat_cursor_lag_max_events gchat_queued_bytes gchat_rejections
gchat_guard_cuts gchat_log_ins gchat_log_in_failures gchat_certificate_expiry_timestamp_seconds
gchat_store_size_bytes gchat_store_free_bytes gchat_damaged_rooms gchat_build_info
gchat_uptime_seconds process_resident_memory_bytes process_cpu_seconds process_open_fds
process_start_time_seconds""".split()


class Failure(Exception):
    """Something is not as it should be."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def wait_for(what, find):
    """find() until it gives something."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = find()
        if found:
            return found
        time.sleep(0.05)
    raise Failure(f"{what}: not within {WAIT_S} s")


def endpoint():
    with open(os.environ["TD_LOG"], encoding="utf-8", errors="replace") as log:
        found = re.findall(r"http://\S+/metrics", log.read())
    return found[-1] if found else None


def fetch(url, accept=OPEN_METRICS):
    """(text, content type)"""
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


class Family:
    """One family as it stands in the text."""

    def __init__(self, name):
        self.name, self.type, self.unit, self.help = name, None, "", None
        self.samples = {}  # (suffix, label value) -> value, in order


def parse(text):
    """{name: Family}, or a Failure that names the line."""
    families, current = {}, None
    lines = text.split("\n")
    expect(text.endswith("# EOF\n") and lines.count("# EOF") == 1, "# EOF ends the text, once")
    for number, line in enumerate(lines[:-2], 1):
        def check(condition, sentence, line=line, number=number):
            expect(condition, f"line {number}: {line}: {sentence}")
        if line.startswith("# "):
            _, kind, name, rest = line.split(" ", 3)
            check(kind in ("HELP", "TYPE", "UNIT"), "no such comment")
            if not current or current.name != name:
                check(name not in families, "a family stands in one place")
                current = families[name] = Family(name)
            check(not current.samples, "what describes a family comes first")
            check(getattr(current, kind.lower()) in (None, ""), "said twice")
            setattr(current, kind.lower(), rest)
            continue
        found = SAMPLE.fullmatch(line)
        check(found and current and found[1].startswith(current.name), "no sample of this family")
        suffix = found[1][len(current.name):]
        check(suffix in SUFFIXES.get(current.type, []), "not a suffix of this type")
        check((suffix, found[4]) not in current.samples, "said twice")
        check(suffix != "_bucket" or found[3] == "le", "a bucket has a bound")
        current.samples[suffix, found[4]] = float(found[5])
    return families


def check_histogram(family):
    buckets = [(bound, value) for (suffix, bound), value in family.samples.items()
               if suffix == "_bucket"]
    bounds = [float(bound) for bound, _ in buckets]
    values = [value for _, value in buckets]
    expect(bounds == sorted(bounds) and len(set(bounds)) == len(bounds), f"{family.name}: bounds rise")
    expect(buckets[-1][0] == "+Inf", f"{family.name}: the last bucket has no bound")
    expect(values == sorted(values), f"{family.name}: buckets are cumulative")
    expect(values[-1] == family.samples["_count", None], f"{family.name}: +Inf is the count")
    expect(all("." in bound or "e" in bound or bound == "+Inf" for bound, _ in buckets),
           f"{family.name}: bounds are written as OpenMetrics has them")


def check_form(families):
    for family in families.values():
        expect(family.type in SUFFIXES, f"{family.name}: TYPE")
        expect(family.help and family.help.endswith("."), f"{family.name}: HELP")
        expect(family.samples, f"{family.name}: at least one sample")
        expect(family.name.startswith(("gchat_", "process_")), f"{family.name}: its prefix")
        expect(not family.name.endswith("_total"), f"{family.name}: _total is the samples'")
        for unit in UNITS:
            expect(family.name.endswith("_" + unit) == (family.unit == unit),
                   f"{family.name}: a unit is the end of the name, and said")
        if family.type == "histogram":
            check_histogram(family)
        if family.type != "gauge":
            expect(all(value >= 0 for value in family.samples.values()), f"{family.name}: below 0")
    for name in PROMISED:
        expect(name in families, f"{name} is missing")
    reasons = [label for (_, label) in families["gchat_rejections"].samples]
    expect("RATE_LIMITED" in reasons and len(reasons) > 40, "one rejection counter per reason")


def check_classic(url, promtool):
    text, kind = fetch(url, "text/plain")
    expect(kind == CLASSIC, f"Content-Type is {kind}")
    expect("# EOF" not in text and "# UNIT" not in text, "the older format has neither")
    if promtool == "none":
        return
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True,
                          timeout=WAIT_S, check=False)
    expect(done.returncode == 0 and not done.stdout + done.stderr,
           f"promtool: {done.returncode}: {done.stdout}{done.stderr}")
    print("promtool check metrics: nothing to say")


def expect_status(url, status, **how):
    try:
        urllib.request.urlopen(urllib.request.Request(url, **how), timeout=WAIT_S).close()
    except urllib.error.HTTPError as e:
        expect(e.code == status, f"{url}: {e.code}, not {status}")
        return
    raise Failure(f"{url}: served")


def may_not_fall(families):
    """{(name, sample): value} of all counters and histograms."""
    return {(family.name, sample): value for family in families.values()
            if family.type != "gauge" for sample, value in family.samples.items()}


def check_load(url, bench):
    """Counters under load: each scrape is well-formed, and nothing falls from one to the next."""
    before = parse(fetch(url)[0])
    with subprocess.Popen([bench, "--port", os.environ["TD_PORT"], "--pid", os.environ["TD_PID"],
                           "--wl", "W1", "--n", "20", "--secs", "4", "--warm", "1"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as load:
        last, scrapes, lag = may_not_fall(before), 0, 0
        while load.poll() is None:
            families = parse(fetch(url)[0])
            check_form(families)
            now = may_not_fall(families)
            for key, value in last.items():
                expect(now[key] >= value, f"{key} fell from {value} to {now[key]}")
            last, scrapes = now, scrapes + 1
            lag = max(lag, families["gchat_cursor_lag_max_events"].samples["", None])
        said = load.stderr.read()
    expect(load.returncode == 0, f"the load failed: {said}")
    after = parse(fetch(url)[0])

    def grown(name, sample=("_total", None)):
        return after[name].samples[sample] - before[name].samples[sample]
    events, delivered = grown("gchat_events_appended"), grown("gchat_events_delivered")
    expect(scrapes > 10 and events > 100, f"{scrapes} scrapes, {events} events: no load")
    expect(delivered > 10 * events, f"{delivered} deliveries of {events} events to 20 and more")
    expect(grown("gchat_ack_latency_seconds", ("_count", None)) >= events - 1000, "acks are counted")
    expect(grown("gchat_store_commit_changes", ("_sum", None)) >= events - 1000, "commits hold them")
    expect(grown("gchat_batch_events", ("_sum", None)) > 0, "batches are counted")
    expect(grown("process_cpu_seconds") > 0, "processor time passes")
    print(f"{scrapes} scrapes beside {events:.0f} events and {delivered:.0f} deliveries: "
          f"nothing fell; the slowest was {lag:.0f} events behind at most")
    wait_for("nobody is behind any more", lambda: parse(fetch(url)[0])[
        "gchat_cursor_lag_events"].samples["", None] == 0)


def check_ctl(ctl):
    def run(*words):
        return subprocess.run([ctl, "--socket", os.environ["TD_ADMIN"], "metrics", *words],
                              capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
    plain = parse(run("--output=plain"))
    check_form(plain)
    import json  # pylint: disable=import-outside-toplevel
    told = json.loads(run("--output=json"))
    expect([family["name"] for family in told] == list(plain), "JSON names the same families")
    kinds = {family["name"]: family["type"] for family in told}
    expect(kinds == {name: family.type for name, family in plain.items()}, "of the same types")
    version = told[0]["samples"][0]
    expect(version["value"] == 1 and version["labels"]["version"], "values are numbers")
    expect("gchat_sessions" in run("--output=table"), "the table names them too")
    print("gchatctl metrics: the same families as text, as JSON and as a table")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--ctl", required=True)
    parser.add_argument("--tools", required=True)
    args = parser.parse_args()
    promtool = subprocess.run([os.path.join(os.path.dirname(__file__), "promtool"), args.tools],
                              capture_output=True, text=True, check=True).stdout.strip()
    try:
        url = wait_for("the address of the metrics", endpoint)
        text, kind = fetch(url)
        expect(kind == OPEN_METRICS, f"Content-Type is {kind}")
        check_form(parse(text))
        check_classic(url, promtool)
        expect_status(url, 405, method="POST", data=b"x")
        expect_status(url.replace("/metrics", "/"), 404)
        check_load(url, args.bench)
        check_ctl(args.ctl)
    except Failure as e:
        print(f"metrics.py: {e}", file=sys.stderr)
        return 1
    return 77 if promtool == "none" else 0


sys.exit(main())
