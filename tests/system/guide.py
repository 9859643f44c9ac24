#!/usr/bin/python3
"""Executes a guide: every command that the document shows is run, in its order, on a booted system,
and what the document shows beneath it must be what the system says.

    guide.py DOCUMENT... -- ENTER...       ENTER WORD... runs words as root in that system
    guide.py --list DOCUMENT...            prints the commands, and runs none
The last document is a guide, of which everything is run; of those before it, console blocks alone.

What the reader sees is all there is: a ```console block in which "# " is root's prompt and "$ " that
of ann, a user of her own machine. Lines without a prompt are what the command prints; where there are
none, nothing is compared. "..." stands for any text, on a line of its own for any lines. Times, sizes,
versions and process numbers differ each time and are matched by their form. A fingerprint, a code or a
dated file name that is shown stands for the one that came in its place: later commands get that one.
Passwords that are asked for are given; a question with an answer in brackets gets Enter.

After the block's language may stand, unseen by readers:
    fails              the last command is to fail
    watched            the last command goes on until Ctrl-C, which it gets once it has shown something
    elsewhere: WHY     not run here; what all of these are is printed at the end
Commands within a line of text or a table, like `gchatctl status`, are run where they stand unless
a block has them too. In other blocks there must be no commands: ```console is the only way."""
import os
import pty
import re
import select
import signal
import sys
import time

PASSWORD = "correct horse battery staple"
DEADLINE_S = 60
PROGRAMS = ("gchatctl", "gchatd", "gchat-client", "systemctl", "systemd-analyze", "journalctl", "apt",
            "dnf", "curl", "openssl", "certbot", "ss")
ROOT, PERSON = "# ", "$ "

# What differs each time, by its form. Those with a name are kept for later commands.
KEPT = (("print", r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}|[0-9a-f]{64}"),
        ("code", r"[0-9a-z]{4}(?:-[0-9a-z]{4}){5}"),
        ("stamp", r"\d{8}T\d{6}Z"))
LOOSE = (r"[0-9a-f]{16}\.\.\.",
         r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z",
         r"(?:[A-Z][a-z][a-z] )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
         r"[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d",
         r"\b\d+\.\d+\.\d+(?:[-+~][\w.+~-]+)?\b(?!\.)",
         r"\[\d+\](?=:)",
         r"\d+(?:\.\d+)? ?(?:[KMGT]i?B|B|bytes|years?|days?|hours|min|ms|us|s)\b(?: \d+(?:h|min|ms|s|days)\b)*",
         r"(?<=PID: )\d+")
VARYING = re.compile("|".join([f"(?P<{name}>{form})" for name, form in KEPT] +
                              [f"(?P<loose{i}>{form})" for i, form in enumerate(LOOSE)]))


class Command:
    def __init__(self, line, user, text):
        self.line, self.user, self.text = line, user, text
        self.shown = []
        self.fails = False
        self.watched = False
        self.elsewhere = None


# ---- reading the document ----

def read_block(lines, first, info):
    """Commands of one console block; `first` is the document's line before lines[0]."""
    found, i = [], 0
    while i < len(lines):
        line = lines[i]
        i += 1
        if not line.startswith((ROOT, PERSON)):
            if not found:
                raise ValueError(f"line {first + i}: a console block begins with a prompt: {line}")
            found[-1].shown.append(line)
            continue
        command = Command(first + i, line[:2], line[2:])
        here = re.search(r"<<'?(\w+)'?", command.text)
        while i < len(lines) and (command.text.endswith("\\") or
                                  here and not command.text.endswith("\n" + here[1])):
            command.text += "\n" + lines[i]
            i += 1
        found.append(command)
    if info.startswith("elsewhere:"):
        for command in found:
            command.elsewhere = info.split(":", 1)[1].strip()
    elif info == "fails":
        found[-1].fails = True
    elif info == "watched":
        found[-1].watched = True
    elif info:
        raise ValueError(f"line {first}: what is '{info}' after console?")
    return found


def spans(text, line):
    """Commands in backticks within running text."""
    for span in re.findall(r"`([^`]+)`", text):
        words = span.split()
        if words[0] in PROGRAMS and len(words) > 1:
            yield Command(line, ROOT, span)


def read_document(path, is_guide):
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    found, inline, i = [], [], 0
    while i < len(lines):
        fence = re.fullmatch(r"```(\w*) ?(.*)", lines[i])
        if not fence:
            mine = list(spans(lines[i], i + 1)) if is_guide else []
            found += mine
            inline += mine
            i += 1
            continue
        end = lines.index("```", i + 1)
        block = lines[i + 1:end]
        if fence[1] == "console":
            found += read_block(block, i + 1, fence[2])
        elif is_guide and any(line.startswith((ROOT, PERSON)) or line.split()[:1] and line.split()[0] in PROGRAMS
                 for line in block):
            raise ValueError(f"line {i + 1}: commands belong in a console block")
        i = end + 1
    in_blocks = {command.text for command in found if command not in inline}
    return [c for c in found if c not in inline or c.text not in in_blocks]


# ---- what was shown and what came ----

def pattern(shown, kept):
    """A regular expression for the lines shown; the names of its groups lead to the kept values."""
    out, names = [], {}
    for line in shown:
        if line.strip() == "...":
            out.append(r"(?:.*\n)*?")
            continue
        out.append(line_pattern(line.strip(), kept, names) + r"[ ]*\n")
    return re.compile("".join(out)), names


def line_pattern(line, kept, names):
    out, at = [], 0
    for match in VARYING.finditer(line):
        out.append(literal(line[at:match.start()]))
        at = match.end()
        kind, text = match.lastgroup, match[0]
        if kind.startswith("loose"):
            out.append("(?:" + LOOSE[int(kind[5:])] + ")")
        elif text in kept:
            out.append(re.escape(kept[text]))
        else:
            name = f"k{len(names)}"
            names[name] = text
            out.append(f"(?P<{name}>{dict(KEPT)[kind]})")
    out.append(literal(line[at:]))
    return "[ ]*" + "".join(out)


def literal(text):
    """Exact, but for "..." and for how many blanks stand in a row."""
    parts = [re.sub(r"(?:\\ )+", "[ ]+", re.escape(part)) for part in text.split("...")]
    return ".*".join(parts)


def plain(raw):
    """What a terminal would show: no escape sequences, no carriage returns."""
    text = re.sub(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|\][^\x07]*\x07|.)", "", raw)
    return text.replace("\r", "").replace("\t", " ")


def compare(command, said, kept):
    """What is wrong with it, or None; notes what shown values stand for."""
    if not command.shown:
        return None
    # A value that was shown twice in one output has two groups; the first one counts.
    expression, names = pattern(command.shown, kept)
    match = expression.fullmatch(said if said.endswith("\n") else said + "\n")
    if not match:
        return "it says something else than the guide shows"
    for name, text in names.items():
        kept.setdefault(text, match[name])
    return None


# ---- running ----

def words_of(command, enter, text):
    shell = ["bash", "-c", text]
    if command.user == ROOT:
        return enter + ["env", "-C", "/root", "HOME=/root"] + shell
    return enter + ["runuser", "-u", "ann", "--", "env", "-C", "/home/ann", "HOME=/home/ann"] + shell


def answer_to(said):
    """What is typed at the question that stands at the end, or None."""
    question = re.search(rb"(?:(assword|gain)[^\n]*: ?|\[\w+\]: ?|\[Y/n\] ?)$", said)
    if not question:
        return None
    return (PASSWORD.encode() if question[1] else b"") + b"\n"


def run(words, watched):
    """Runs words on a terminal of their own; its status, and what the terminal shows."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", NO_COLOR="1", SYSTEMD_COLORS="0", SYSTEMD_PAGER="", COLUMNS="160",
                          LC_ALL="C.UTF-8", LINES="200")
        os.execvp(words[0], words)
    said, asked, stopped, end = b"", 0, False, time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.3)[0]:
            if watched and said and not stopped:
                stopped = True
                os.write(terminal, b"\x03")
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            piece = b""
        if not piece:
            break
        said += piece
        answer = answer_to(said[asked:])
        if answer:
            asked = len(said)
            os.write(terminal, answer)
    else:
        os.kill(pid, 9)
        said += b"\n(no end within the time)"
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if stopped and status == -signal.SIGINT:
        status = 0  # what enters the system gets the signal, too, and ends by it
    os.close(terminal)
    return status, plain(said.decode("utf-8", "replace"))


def execute(command, enter, kept):
    text = command.text
    for shown, real in kept.items():
        text = text.replace(shown, real)
    start = time.monotonic()
    status, said = run(words_of(command, enter, text), command.watched)
    if os.environ.get("GUIDE_TIMES"):
        print(f"{time.monotonic() - start:6.2f} s  line {command.line}: {command.text.splitlines()[0]}")
    wrong = compare(command, said, kept)
    if (status != 0) != command.fails:
        wrong = f"it ends with status {status}"
    if not wrong:
        return True
    print(f"line {command.line}: {command.user}{command.text}\n  {wrong}. It says:")
    print("".join(f"  | {line}\n" for line in said.splitlines()), end="")
    if command.shown:
        print("  The guide shows:")
        print("".join(f"  | {line}\n" for line in command.shown), end="")
    return False


def main():
    words = sys.argv[1:]
    listing = words[:1] == ["--list"]
    enter = words[words.index("--") + 1:] if "--" in words else None
    documents = words[listing:words.index("--") if enter else None]
    if not documents or not listing and not enter or "-h" in words or "--help" in words:
        print(__doc__)
        return 2
    try:
        commands = [command for path in documents
                    for command in read_document(path, path == documents[-1])]
    except ValueError as error:
        print(f"guide: {error}")
        return 1
    here = [c for c in commands if not c.elsewhere]
    if listing:
        print("".join(f"{c.line}: {c.user}{c.text}\n" for c in here), end="")
    kept, failed = {}, 0
    for command in [] if listing else here:
        failed += not execute(command, enter, kept)
    for command in commands:
        if command.elsewhere:
            print(f"line {command.line}: not run here ({command.elsewhere}): {command.text.splitlines()[0]}")
    compared = sum(1 for c in here if c.shown)
    print(f"{len(here)} commands, {compared} with their output, {failed} wrong, "
          f"{len(commands) - len(here)} not run here")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
