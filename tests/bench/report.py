"""Tables of RESULT lines: a row for each workload, each figure the median of its repetitions."""
import statistics

COUNTS = ("lost", "gaps", "dup", "disc", "others_lost")  # summed: one is too many
BUSY_MACHINE_PCT = 15


def value(text):
    try:
        return float(text)
    except ValueError:
        return text


def merge(repetitions):
    """One dictionary of medians, sums and, where it isn't a number, the last word."""
    merged = {"reps": len(repetitions)}
    for key in dict.fromkeys(key for r in repetitions for key in r):
        values = [value(r[key]) for r in repetitions if key in r]
        if any(isinstance(v, str) for v in values):
            merged[key] = values[-1]
        elif key in COUNTS:
            merged[key] = sum(values)
        else:
            merged[key] = statistics.median(values)
    merged["status"] = next((r["status"] for r in repetitions if r["status"] != "ok"), "ok")
    return merged


def rows(results):
    names = dict.fromkeys(r.get("name", r["wl"] + "-" + r.get("n", "")) for r in results)
    return {name: merge([r for r in results if
                         r.get("name", r["wl"] + "-" + r.get("n", "")) == name])
            for name in names}


def is_bad(row):
    return row["status"] != "ok" or any(row.get(key, 0) for key in COUNTS)


def number(form, key, scale=1.0):
    def cell(row):
        return form.format(row[key] * scale) if row[key] >= 0 else "-"
    return cell


def ms(key):
    return number("{:.2f}", key, 1e-3)


def split_cpu(row):
    both = row["srv_user_s"] + row["srv_sys_s"] or 1
    user = row["srv_us"] * row["srv_user_s"] / both
    return f"{row['srv_us']:.2f} ({user:.2f}+{row['srv_us'] - user:.2f})"


def trouble(row):
    return "/".join(f"{row[key]:.0f}" for key in COUNTS[:4])


def slow_one(row):
    text = f"{row['slow_got']:,.0f} in {row['slow_level_s']:.2f} s"
    return text + (f", cut after {row['slow_cut_s']:.1f} s" if row["slow_cut"] else "")


CPU = [("server CPU %", number("{:.0f}", "srv_cpu_pct")),
       ("busiest thread %", number("{:.0f}", "srv_busiest_pct")),
       ("client CPU %", number("{:.0f}", "cli_cpu_pct")),
       ("other CPU %", number("{:.0f}", "other_cpu_pct"))]
ALL_WELL = ("lost/gaps/dup/cut", trouble)
US = ("server us/delivery (user+sys)", split_cpu)
PER_SECOND = ("deliveries/s", number("{:,.0f}", "deliv_s"))
BATCH = ("events/frame", number("{:.1f}", "events_frame"))
P50, P99, P999 = ("p50 ms", ms("p50_us")), ("p99 ms", ms("p99_us")), ("p99.9 ms", ms("p999_us"))
ACK = [("ack p50 ms", ms("ack_p50_us")), ("ack p99 ms", ms("ack_p99_us"))]

COLUMNS = {
    "W1": [US, PER_SECOND, BATCH, *CPU, P50, P99, P999,
           ("join: server ms", lambda r: f"{r['setup_srv_cpu_s'] * 1e3 / r['n']:.2f}"), ALL_WELL],
    "W2": [US, P50, P99, P999, ("max ms", ms("max_us")), *ACK, *CPU,
           ("client late ms", ms("late_max_us")), ALL_WELL],
    "W3": [US, PER_SECOND, *CPU, P50, P99, P999, ALL_WELL],
    "W4": [("KiB/session", number("{:.1f}", "kb_conn")),
           ("RSS MB: start", number("{:.1f}", "rss_empty_kb", 1 / 1024)),
           ("with the accounts", number("{:.1f}", "rss0_kb", 1 / 1024)),
           ("with the sessions", number("{:.1f}", "rss_kb", 1 / 1024)),
           ("idle CPU %", number("{:.1f}", "srv_cpu_pct")),
           ("join: server ms", lambda r: f"{r['setup_srv_cpu_s'] * 1e3 / r['n']:.2f}"), ALL_WELL],
    "W5": [("server ms/connection", number("{:.2f}", "srv_ms_conn")),
           ("joined/s", number("{:,.0f}", "conn_s")),
           ("client ms/connection", number("{:.2f}", "cli_ms_conn")),
           ("server CPU %", number("{:.0f}", "srv_cpu_pct")),
           ("other CPU %", number("{:.0f}", "other_cpu_pct")), P50, P99, ALL_WELL],
    "W6": [("server us/ack", number("{:.2f}", "srv_us")),
           ("acks/s", number("{:,.0f}", "acks_s")), *ACK,
           ("ack p99.9 ms", ms("ack_p999_us")), *CPU, ("unacked", number("{:.0f}", "unacked")),
           ALL_WELL],
    "W7": [US, PER_SECOND, ("messages sent", number("{:,.0f}", "sent")),
           ("the slow one got", slow_one),
           ("RSS MB: before", number("{:.0f}", "rss_before_kb", 1 / 1024)),
           ("peak", number("{:.0f}", "rss_max_kb", 1 / 1024)),
           ("longest silence ms", number("{:.0f}", "max_stall_ms")),
           ("lost by others", number("{:.0f}", "others_lost")), P50, P99, ALL_WELL],
    "W8": [("server ms/client", number("{:.2f}", "srv_ms_conn")),
           ("all level after s", number("{:.2f}", "level_s")),
           ("server CPU %", number("{:.0f}", "srv_cpu_pct")),
           ("client CPU %", number("{:.0f}", "cli_cpu_pct")),
           ("connect to level p50 ms", ms("p50_us")), ("p99 ms", ms("p99_us")),
           ("longest silence ms: clients", number("{:.0f}", "max_stall_ms")),
           ("bystander", number("{:.0f}", "silence_ms")),
           ("bystander p99 ms: calm", ms("by_calm_p99_us")), ("storm", ms("by_p99_us")),
           ("cutting all: server s", number("{:.2f}", "cut_srv_cpu_s")), ALL_WELL],
}


def line(cells):
    return "| " + " | ".join(cells) + " |"


def cell_of(function, row):
    try:
        return function(row)
    except (KeyError, TypeError, ZeroDivisionError):
        return "-"


def print_table(workload, named):
    columns = COLUMNS[workload]
    print(f"\n{workload}\n")
    print(line(["workload", *(title for title, _ in columns), "reps"]))
    print("|" + " --- |" * (len(columns) + 2))
    for name, row in named.items():
        if row["status"] != "ok":
            print(line([name, str(row["status"])]))
            continue
        print(line([name, *(cell_of(f, row) for _, f in columns), str(row["reps"])]))


def print_tables(results):
    merged = rows(results)
    for workload in COLUMNS:
        named = {name: row for name, row in merged.items() if row["wl"] == workload}
        if named:
            print_table(workload, named)
    return [name for name, row in merged.items() if is_bad(row)]


def print_curve(title, head, points):
    """points: (size, figure); each beside the factor since the one before."""
    print(f"\n{title}\n")
    print(line([head[0], head[1], "times the one before", "while the size grew times"]))
    print("|" + " --- |" * 4)
    before = None
    for size, figure in sorted(points):
        grown = ["-", "-"] if not before else [f"{figure / before[1]:.2f}",
                                               f"{size / before[0]:.1f}"]
        print(line([f"{size:,.0f}", f"{figure:.2f}", *grown]))
        before = (size, figure)


def print_curves(results):
    good = [row for row in rows(results).values() if row["status"] == "ok"]
    print_curve("CPU per delivery", ("members of the room", "server us/delivery"),
                [(r["n"], r["srv_us"]) for r in good if r["wl"] == "W1"])
    print_curve("Memory", ("idle TLS sessions", "KiB/session"),
                [(r["n"], r["kb_conn"]) for r in good if r["wl"] == "W4"])


def alone(row):
    """Deliveries a second if nobody else used the server's cores: what it used and what was idle
    is what it had. No more than its busiest thread could do with a whole core. README.md says
    why."""
    had = (row["srv_cpu_pct"] + row["srv_idle_pct"]) / 100
    return min(row["deliv_s"] * row["srv_cores"] / had,
               row["deliv_s"] * 100 / row["srv_busiest_pct"])


def print_scaling(results):
    merged = rows(results)
    one, two = merged["one-shard"], merged["two-shards"]
    print("\n| | deliveries/s as measured | server us/delivery | events/frame | server CPU % | "
          "busiest thread % | client CPU % | other CPU % | idle % of its cores | "
          "deliveries/s, server alone |")
    print("|" + " --- |" * 10)
    for name, row in (("1 shard, 1 core", one), ("2 shards, 2 cores", two)):
        print(line([name, f"{row['deliv_s']:,.0f}", f"{row['srv_us']:.3f}",
                    f"{row['events_frame']:.1f}",
                    *(f"{row[key]:.0f}" for key in ("srv_cpu_pct", "srv_busiest_pct", "cli_cpu_pct",
                                                    "other_cpu_pct", "srv_idle_pct")),
                    f"{alone(row):,.0f}"]))
    print(f"\n- as measured, the generator on the same cores: "
          f"{two['deliv_s'] / one['deliv_s']:.2f} times as many")
    print(f"- server alone: {alone(two) / alone(one):.2f} times as many")
    print(f"- by CPU time per delivery alone, as if nothing ever waited: "
          f"{2 * one['srv_us'] / two['srv_us']:.2f}")
    if max(one["other_cpu_pct"], two["other_cpu_pct"]) > BUSY_MACHINE_PCT:
        print("- the machine was busy with other work: these figures say little")
