"""A private gchatd for one measurement, and gchat-bench beside it."""
import contextlib
import glob
import grp
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import plans

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_S = 20  # for gchatd to open its port
STOP_S = 20
RUN_S = 900  # for one workload

# Limits out of the way, passwords cheap where they aren't what is measured; all else as shipped.
CONFIG = """
server: {{ name = "bench"; drain_ms = 0; shards = {shards}; }};
listen: {{ addresses = [ "127.0.0.1:{port}" ]; admin_socket = "{folder}/admin.sock";
	admin_group = "{group}"; }};
store: {{ engine = "sqlite"; folder = "{folder}/state"; durability = "{durability}"; }};
accounts: {{ registration = "open"; {passwords} }};
delivery: {{ {delivery} }};
limits: {{
	connections = {connections}; connections_per_address = {connections};
	rooms_per_account = 10000;
	bytes_before_sign_in = 16777216; bytes_per_second = 1073741824; bytes_burst = 1073741824;
	log_ins_per_minute = 100000; registrations_per_hour = 100000; log_in_queue = 65536;
	messages_per_minute = 10000000; messages_burst = 1000000;
	message_bytes_per_minute = 1073741824; message_bytes_burst = 1073741824; requests_in_flight = 4096;
}};
log: {{ level = "warning"; }};
"""


def is_optimized(build):
    """Whether what was built there is what users run: a sanitizer makes anything five times slower."""
    with open(f"{build}/CMakeCache.txt", encoding="utf-8") as cache:
        return any(re.match("CMAKE_BUILD_TYPE:[A-Z]+=Rel", line) for line in cache)


def find(name, given):
    """An executable by option, or the newest optimized one that was built under the checkout."""
    if given:
        return given
    builds = [os.path.dirname(f) for f in glob.glob(f"{ROOT}/.build/*/CMakeCache.txt")]
    found = [f for build in builds if is_optimized(build)
             for f in glob.glob(f"{build}/**/{name}", recursive=True)]
    found = [f for f in found if os.path.isfile(f) and os.access(f, os.X_OK)]
    if not found:
        sys.exit(f"run: {name} isn't built: build the release preset, or say --{name}=PATH")
    return max(found, key=os.path.getmtime)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_open(process, port, log):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    with open(log, encoding="utf-8", errors="replace") as f:
        sys.exit(f"run: gchatd did not start:\n{f.read()[-4000:]}")


def pinned(cpus, command):
    return ["taskset", "-c", cpus, *command] if cpus else command


def write_config(options, workload, folder, port):
    with open(f"{folder}/gchatd.conf", "w", encoding="utf-8") as f:
        f.write(CONFIG.format(
            port=port, folder=folder, delivery=workload.delivery + options.delivery,
            durability=workload.durability, passwords=workload.passwords,
            shards=options.shards or workload.shards, connections=plans.connections_max(),
            group=grp.getgrgid(os.getgid()).gr_name))


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        print("run: gchatd did not stop on SIGTERM", file=sys.stderr)
        process.kill()
        process.wait()


@contextlib.contextmanager
def daemon(options, workload):
    """Gives its process and port. SIGTERM and no leftovers at the end."""
    folder = tempfile.mkdtemp(prefix="gchat-bench-", dir=options.dir)
    os.mkdir(f"{folder}/state", 0o700)
    port, log = free_port(), f"{folder}/log"
    write_config(options, workload, folder, port)
    with open(log, "wb") as err:
        process = subprocess.Popen(
            pinned(workload.server_cpus, [options.gchatd, "--config", f"{folder}/gchatd.conf"]),
            stdout=err, stderr=err, stdin=subprocess.DEVNULL)
    try:
        wait_open(process, port, log)
        yield process, port
    finally:
        stop(process)
        if options.keep:
            print(f"run: kept {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def parse(line):
    return dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)


def load(options, workload, process, port, more=()):
    """Runs gchat-bench against a daemon; its RESULT lines, with what only this side knows."""
    done = subprocess.run(
        pinned(workload.client_cpus,
               [options.gchat_bench, "--port", str(port), "--pid", str(process.pid),
                "--peer", workload.peer(options.peer), *workload.args, *more]),
        stdout=subprocess.PIPE, timeout=RUN_S, check=False, text=True)
    lines = [f"{line} name={workload.name} durability={workload.durability} "
             f"single={int(workload.delivery == plans.ONE)} "
             f"shards={options.shards or workload.shards}"
             for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if process.poll() is not None:
        print(f"run: {workload.name}: gchatd ended by itself, status {process.returncode}",
              file=sys.stderr)
    return lines or [f"RESULT v=1 wl={workload.args[1]} name={workload.name} "
                     f"status=exit_{done.returncode}"]


def measure(options, workload):
    """Yields the RESULT lines of all repetitions of one workload, each as soon as it is there."""
    if not workload.fresh:
        with daemon(options, workload) as (process, port):
            lines = load(options, workload, process, port, ["--reps", str(options.reps)])
        yield from lines
        return
    for rep in range(1, options.reps + 1):
        with daemon(options, workload) as (process, port):
            lines = load(options, workload, process, port)
        yield from (line.replace(" rep=1 ", f" rep={rep} ") for line in lines)
