"""The workloads that tests/bench/run knows: names, sizes, arguments of gchat-bench."""
import dataclasses
import resource

ONE = "batch_events = 1;"  # a gRPC message for each event
SPARE = 200  # descriptors that gchatd keeps for itself
SHIPPED_PASSWORDS = "password_memory_kb = 65536; password_passes = 2; workers = 1;"
CHEAP_PASSWORDS = "password_memory_kb = 8192; password_passes = 1; workers = 2;"


@dataclasses.dataclass
class Workload:
    """One row of the tables. `fresh`: every repetition has a daemon of its own."""
    name: str
    args: list
    fresh: bool = False
    delivery: str = ""
    durability: str = "always"
    passwords: str = CHEAP_PASSWORDS
    shards: int = 0  # as shipped: one for each core
    server_cpus: str = ""  # for taskset(1); empty: any
    client_cpus: str = ""

    def peer(self, server):
        """Its name in tables that tell rows apart by peer, workload and n alone."""
        return "-".join([server, *self.name.split("-")[2:]])


def connections_max():
    """gchatd holds two descriptors for a connection."""
    return (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE) // 2


def largest(wanted):
    """As many sessions as were wanted, or as the descriptors allow, in thousands."""
    return min(wanted, (connections_max() - SPARE) // 1000 * 1000)


def fan_out(n, seconds, **more):
    suffix = "-single" if more.get("delivery") == ONE else ""
    suffix += "-process" if more.get("durability") == "process" else ""
    return Workload(f"W1-{n}{suffix}", ["--wl", "W1", "--n", str(n), *seconds], **more)


def rate(n, per_second, seconds, **more):
    suffix = "-single" if more.get("delivery") == ONE else ""
    return Workload(f"W2-{n}{suffix}", ["--wl", "W2", "--n", str(n), "--rate", str(per_second),
                                        *seconds], **more)


def rounds(rooms, seconds):
    return Workload(f"W3-{rooms}x10", ["--wl", "W3", "--rooms", str(rooms), "--members", "10",
                                       *seconds])


def idle(n):
    return Workload(f"W4-{n}", ["--wl", "W4", "--n", str(n), "--idle", "3"], fresh=True)


def join(n, members=10):
    suffix = f"-room-of-{members}" if members != 10 else ""
    return Workload(f"W5-{n}{suffix}", ["--wl", "W5", "--n", str(n), "--members", str(members)],
                    fresh=True)


def join_with_password(n):
    return Workload(f"W5-{n}-password", ["--wl", "W5", "--n", str(n), "--password"], fresh=True,
                    passwords=SHIPPED_PASSWORDS)


def stored(n, seconds, **more):
    suffix = "-process" if more.get("durability") == "process" else ""
    return Workload(f"W6-{n}{suffix}", ["--wl", "W6", "--n", str(n), *seconds], **more)


def slow_reader(seconds):
    return Workload("W7-20", ["--wl", "W7", "--n", "20", "--payload", "400", "--secs",
                              str(seconds)], fresh=True)


def storm(n, members=100):
    suffix = "-one-room" if members >= n else ""
    return Workload(f"W8-{n}{suffix}", ["--wl", "W8", "--n", str(n), "--members", str(members)],
                    fresh=True)


def quick():
    secs = ["--secs", "2"]
    return [fan_out(100, secs), fan_out(1000, secs), rate(100, 100, secs), rounds(200, secs),
            idle(1000), join(1000), join(1000, 1000), join_with_password(32), stored(10, secs),
            slow_reader(5), storm(1000)]


def full():
    secs = ["--secs", "5"]
    most = largest(10000)
    return [*(fan_out(n, secs) for n in (10, 100, 1000, 5000, most)),
            fan_out(100, secs, delivery=ONE), fan_out(1000, secs, delivery=ONE),
            fan_out(1000, secs, durability="process"),
            rate(100, 100, ["--secs", "10"]), rate(100, 100, secs, delivery=ONE),
            rate(largest(5000), 20, secs), rounds(200, secs),
            *(idle(n) for n in (1000, 5000, largest(20000))),
            join(2000), join(1000, 1000), join_with_password(100),
            stored(10, secs), stored(10, secs, durability="process"),
            slow_reader(20), storm(largest(5000)), storm(largest(5000), largest(5000))]


def curves():
    """How cost grows with members and with sessions."""
    secs = ["--secs", "3"]
    return [*(fan_out(n, secs) for n in (10, 100, 1000, largest(10000))),
            *(idle(n) for n in (1000, 5000, largest(20000)))]


def scaling():
    """One shard on one core, the generator on the other; two shards on both, where it runs too."""
    args = ["--wl", "W1", "--n", "1000", "--secs", "4"]
    return [Workload("one-shard", args, fresh=True, shards=1, server_cpus="0", client_cpus="1"),
            Workload("two-shards", args, fresh=True, shards=2, server_cpus="0,1",
                     client_cpus="0,1")]


def smoke():
    """Each workload for a moment, all against one daemon."""
    secs = ["--secs", "0.3", "--warm", "0.1"]
    tiny = [("W1", ["--n", "10", *secs]), ("W2", ["--n", "10", *secs]),
            ("W3", ["--rooms", "5", "--members", "3", *secs]),
            ("W4", ["--n", "10", "--members", "5", "--idle", "0.1"]), ("W5", ["--n", "10"]),
            ("W5", ["--n", "10", "--password"]), ("W6", ["--n", "5", *secs]),
            ("W7", ["--n", "5", "--payload", "400", *secs]),
            ("W8", ["--n", "20", "--members", "10", "--behind", "20", "--warm", "0.1"])]
    return [Workload(f"smoke-{wl}", ["--wl", wl, *args]) for wl, args in tiny]
