#!/usr/bin/python3
"""An independent client of gchatd: Debian's grpcio and the published .proto files, nothing of ours.

Holds the basic conversation, breaks and resumes it, and checks what bad requests are told. Prints a
line per step; ends with a message and status 1 at the first thing that is not as the contract says.

    independent.py --target 127.0.0.1:7443 --cert cert.pem --proto DIR [--proto DIR]
    td_run independent.py --proto DIR

The daemon must allow registration. Under td_run, target and certificate are those of its daemon.
"""
import argparse
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

import grpc

WAIT_S = 15
PASSWORD = "correct horse battery"
PROTOS = [
    "gchat/v1/event.proto", "gchat/v1/chat.proto", "gchat/v1/auth.proto",
    "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
]


class Failure(Exception):
    """What the contract promises did not happen."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def expect_equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def generate(folders):
    """Runs protoc and makes its output importable; it lives as long as the returned object."""
    out = tempfile.TemporaryDirectory(prefix="gchat-independent-")
    paths = [part for folder in folders for part in ("-I", folder)]
    subprocess.run(["protoc", *paths, f"--python_out={out.name}", *PROTOS], check=True)
    sys.path.insert(0, out.name)
    grpc.__path__.append(os.path.join(out.name, "grpc"))  # grpc/health lies beside grpcio's own
    return out


class Server:
    """A channel, and calls by name."""

    def __init__(self, target, cert, name):
        with open(cert, "rb") as f:
            credentials = grpc.ssl_channel_credentials(f.read())
        options = [("grpc.ssl_target_name_override", name)] if name else []
        options += [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.secure_channel(target, credentials, options)

    def call(self, method, request, response_type, token=None):
        stub = self.channel.unary_unary(
            method, type(request).SerializeToString, response_type.FromString)
        return stub(request, timeout=WAIT_S, metadata=bearer(token), wait_for_ready=True)

    def refusal(self, method, request, response_type, token=None):
        """The reason that a call is refused with."""
        try:
            self.call(method, request, response_type, token)
        except grpc.RpcError as error:
            reason = dict(error.trailing_metadata() or ()).get("gchat-reason", "")
            expect(error.details().startswith(reason + ": "),
                   f"{method}: the message {error.details()!r} does not begin with {reason!r}")
            return error.code(), reason
        raise Failure(f"{method} succeeded and should not have")


def bearer(token):
    return [("authorization", "Bearer " + token)] if token else []


class Stream:
    """One Chat.Connect call: sends frames, keeps what arrives, waits for it with a deadline."""

    def __init__(self, server, token, raw=False):
        self.outgoing = queue.Queue()
        self.changed = threading.Condition()
        self.events, self.replies, self.resets, self.gaps = {}, {}, [], []
        self.welcome = self.status = None
        self.reason = ""
        self.last_request = 0
        serialize = (lambda b: b) if raw else chat.ClientFrame.SerializeToString
        stub = server.channel.stream_stream(
            "/gchat.v1.Chat/Connect", serialize, chat.ServerFrame.FromString)
        self.call = stub(iter(self.outgoing.get, None), metadata=bearer(token), wait_for_ready=True)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        try:
            for frame in self.call:
                with self.changed:
                    self._take(frame)
                    self.changed.notify_all()
        except grpc.RpcError:
            pass  # the status follows
        with self.changed:
            self.status = self.call.code()
            self.reason = dict(self.call.trailing_metadata() or ()).get("gchat-reason", "")
            self.changed.notify_all()

    def _take(self, frame):
        if frame.HasField("welcome"):
            self.welcome = frame.welcome
        self.resets.extend(frame.resets)
        self.gaps.extend(frame.gaps)
        for e in frame.events:
            self.events.setdefault(e.room_id, []).append(e)
        for reply in frame.replies:
            expect(reply.request_id not in self.replies, "a request got two replies")
            self.replies[reply.request_id] = reply

    def wait(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, WAIT_S):
                raise Failure(f"waited {WAIT_S} s for {what} (stream status {self.status}"
                              f" {self.reason})")

    def hello(self, cursors=(), version=1):
        cursors = [chat.Cursor(room_id=r, seq=s) for r, s in cursors]
        self.send(hello=chat.Hello(protocol_version=version, client="independent", cursors=cursors))
        return self

    def open(self, cursors=()):
        self.hello(cursors)
        self.wait(lambda: self.welcome, "the welcome")
        return self

    def send(self, **request):
        self.last_request += 1
        self.outgoing.put(chat.ClientFrame(request_id=self.last_request, **request))
        return self.last_request

    def ask(self, **request):
        """Sends a request and gives its reply."""
        number = self.send(**request)
        self.wait(lambda: number in self.replies, f"the reply to {request}")
        return self.replies[number]

    def commit(self, **request):
        """As ask, for what must be committed."""
        reply = self.ask(**request)
        expect_equal(reply.WhichOneof("result"), "committed", f"{request} -> {reply}")
        return reply.committed

    def refusal(self, **request):
        reply = self.ask(**request)
        expect_equal(reply.WhichOneof("result"), "error", f"{request} -> {reply}")
        expect(reply.error.code != 0 and reply.error.message, f"an incomplete error: {reply}")
        return reply.error.reason

    def seqs(self, room):
        return [e.seq for e in self.events.get(room, ())]

    def wait_seq(self, room, seq):
        self.wait(lambda: seq in self.seqs(room), f"event {seq} of room {room}")

    def event(self, room, seq):
        self.wait_seq(room, seq)
        return next(e for e in self.events[room] if e.seq == seq)

    def wait_end(self):
        self.wait(lambda: self.status is not None, "the end of the stream")
        return self.reason

    def cut(self):
        self.call.cancel()
        self.outgoing.put(None)


class Talk:
    """What the steps share."""

    def __init__(self, args):
        self.args = args
        self.server = Server(args.target, args.cert, args.name)
        self.tag = os.urandom(4).hex()
        self.room_name = "room-" + self.tag
        self.tokens = {}
        self.room = 0

    def user(self, name):
        return f"{name}-{self.tag}"

    def say(self, stream, text, **more):
        return stream.commit(send=chat.Send(
            room_id=self.room, client_msg_id=os.urandom(16), text=text, **more))


def step_health(talk):
    """health answers SERVING"""
    reply = talk.server.call("/grpc.health.v1.Health/Check", health.HealthCheckRequest(),
                             health.HealthCheckResponse)
    expect_equal(reply.status, health.HealthCheckResponse.SERVING, "health")


def step_reflection(talk):
    """reflection lists the services and describes them, in v1 and v1alpha"""
    for version, module in (("v1", reflection_v1), ("v1alpha", reflection_v1alpha)):
        request = module.ServerReflectionRequest
        stub = talk.server.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request.SerializeToString, module.ServerReflectionResponse.FromString)
        asked = [request(list_services=""), request(file_containing_symbol="gchat.v1.Chat")]
        listed, described = stub(iter(asked), timeout=WAIT_S)
        names = {s.name for s in listed.list_services_response.service}
        for name in ("gchat.v1.Auth", "gchat.v1.Chat", "grpc.health.v1.Health"):
            expect(name in names, f"{name} is not among {names}")
        expect("gchat.v1.Admin" not in names, "Admin is listed on the TLS port")
        files = described.file_descriptor_response.file_descriptor_proto
        expect(any(b"ClientFrame" in f for f in files), f"{version}: gchat.v1.Chat not described")


def step_accounts(talk):
    """accounts are made, and a password signs in"""
    server = talk.server
    info = server.call("/gchat.v1.Auth/GetServerInfo", auth.GetServerInfoRequest(),
                       auth.GetServerInfoResponse)
    expect_equal(info.protocol_version, 1, "protocol version")
    for name in ("ann", "ben", "cat"):
        made = server.call("/gchat.v1.Auth/CreateAccount", auth.CreateAccountRequest(
            user=talk.user(name), password=PASSWORD, device="test"), auth.CreateAccountResponse)
        expect_equal(made.account.user, talk.user(name), "the account made")
        talk.tokens[name] = made.token
    signed = server.call("/gchat.v1.Auth/Login", auth.LoginRequest(
        user=talk.user("ann"), password=PASSWORD), auth.LoginResponse)
    expect(signed.token and signed.token != talk.tokens["ann"], "a log-in gives its own token")
    talk.tokens["ann"] = signed.token


def step_accounts_refused(talk):
    """a taken name, a wrong password, a short one and a missing token are refused"""
    code = grpc.StatusCode
    checks = [
        ("/gchat.v1.Auth/CreateAccount", auth.CreateAccountRequest(
            user=talk.user("ann"), password=PASSWORD), auth.CreateAccountResponse, None,
         (code.ALREADY_EXISTS, "USER_EXISTS")),
        ("/gchat.v1.Auth/CreateAccount", auth.CreateAccountRequest(
            user=talk.user("dan"), password="short"), auth.CreateAccountResponse, None,
         (code.INVALID_ARGUMENT, "INVALID_ARGUMENT")),
        ("/gchat.v1.Auth/Login", auth.LoginRequest(
            user=talk.user("ann"), password=PASSWORD + "!"), auth.LoginResponse, None,
         (code.UNAUTHENTICATED, "WRONG_CREDENTIALS")),
        ("/gchat.v1.Chat/ListRooms", chat.ListRoomsRequest(), chat.ListRoomsResponse, None,
         (code.UNAUTHENTICATED, "NOT_SIGNED_IN")),
        ("/gchat.v1.Chat/ListRooms", chat.ListRoomsRequest(), chat.ListRoomsResponse, "A" * 43,
         (code.UNAUTHENTICATED, "TOKEN_INVALID")),
    ]
    for method, request, response, token, wanted in checks:
        expect_equal(talk.server.refusal(method, request, response, token), wanted, method)


def step_room(talk):
    """a room is made and listed"""
    made = talk.server.call("/gchat.v1.Chat/CreateRoom", chat.CreateRoomRequest(
        name=talk.room_name, title="Testing"), chat.CreateRoomResponse, talk.tokens["ann"])
    talk.room = made.room.room_id
    expect(talk.room > 0, "a room has an id")
    listed = talk.server.call("/gchat.v1.Chat/ListRooms", chat.ListRoomsRequest(page_size=500),
                              chat.ListRoomsResponse, talk.tokens["ben"])
    expect(talk.room_name in [r.name for r in listed.rooms], "the room is not listed")


def step_join(talk):
    """two streams open, the second account joins, both see it"""
    talk.ann = Stream(talk.server, talk.tokens["ann"]).open()
    talk.ben = Stream(talk.server, talk.tokens["ben"]).open()
    expect_equal(talk.ann.welcome.account.user, talk.user("ann"), "welcome")
    expect(talk.room in [s.room.room_id for s in talk.ann.welcome.rooms], "ann's room is missing")
    reply = talk.ben.ask(join=chat.Join(room_name=talk.room_name))
    expect_equal(reply.WhichOneof("result"), "joined", str(reply))
    talk.ann.wait(lambda: talk.ann.events.get(talk.room), "the joining event")
    joined = talk.ann.events[talk.room][-1]
    expect_equal((joined.WhichOneof("body"), joined.author), ("joined", talk.user("ben")), "event")
    talk.ben.wait_seq(talk.room, joined.seq)


def step_converse(talk):
    """both talk in turns, and see one order without a gap"""
    first = talk.ann.seqs(talk.room)[-1] + 1
    for i in range(20):
        speaker = (talk.ann, talk.ben)[i % 2]
        done = talk.say(speaker, f"message {i} äöü 漢字 🙂")
        expect_equal((done.seq, done.duplicate), (first + i, False), "committed")
    for stream in (talk.ann, talk.ben):
        stream.wait_seq(talk.room, first + 19)
        seqs = [s for s in stream.seqs(talk.room) if s >= first]
        expect_equal(seqs, list(range(first, first + 20)), "order")
        texts = [e.message.text for e in stream.events[talk.room] if e.seq >= first]
        expect_equal(texts, [f"message {i} äöü 漢字 🙂" for i in range(20)], "texts")
    talk.first, talk.last = first, first + 19


def step_same_id(talk):
    """the same client_msg_id gives the first event, once; with another text an error"""
    send = chat.Send(room_id=talk.room, client_msg_id=os.urandom(16), text="only once")
    one, two = talk.ann.commit(send=send), talk.ann.commit(send=send)
    expect_equal((one.duplicate, two.duplicate), (False, True), "duplicate")
    expect_equal((two.seq, two.time_us), (one.seq, one.time_us), "the first event")
    after = talk.say(talk.ann, "next")
    expect_equal(after.seq, one.seq + 1, "no second event")
    send.text = "other"
    expect_equal(talk.ann.refusal(send=send), "ID_REUSED", "another text")


def step_amend(talk):
    """reply, edit, reaction and deletion arrive as events"""
    room, ann, ben = talk.room, talk.ann, talk.ben
    target = talk.say(ann, "to be changed").seq
    answer = talk.say(ben, "an answer", reply_to=target)
    expect_equal(ann.event(room, answer.seq).message.reply_to, target, "reply_to")
    edit = ann.commit(edit=chat.EditMessage(
        room_id=room, client_msg_id=os.urandom(16), target_seq=target, text="changed"))
    got = ben.event(room, edit.seq).edit
    expect_equal((got.target_seq, got.text), (target, "changed"), "edit")
    for remove in (False, True):
        done = ben.commit(react=chat.React(room_id=room, client_msg_id=os.urandom(16),
                                           target_seq=target, emoji="👍", remove=remove))
        got = ann.event(room, done.seq).reaction
        expect_equal((got.target_seq, got.emoji, got.removed), (target, "👍", remove), "reaction")
    expect_equal(ben.refusal(edit=chat.EditMessage(
        room_id=room, client_msg_id=os.urandom(16), target_seq=target, text="mine")),
        "NOT_AUTHOR", "edit by another")
    gone = ann.commit(delete=chat.DeleteMessage(
        room_id=room, client_msg_id=os.urandom(16), target_seq=target))
    expect_equal(ben.event(room, gone.seq).deletion.target_seq, target, "deletion")
    talk.deleted, talk.edited, talk.last = target, edit.seq, gone.seq


def history(talk, **place):
    return talk.server.call("/gchat.v1.Chat/GetHistory", chat.GetHistoryRequest(
        room_id=talk.room, **place), chat.GetHistoryResponse, talk.tokens["ben"])


def step_history(talk):
    """history pages both ways without a gap, and holds nothing of what was deleted"""
    seqs, events = [], {}
    while not seqs or seqs[-1] < talk.last:
        page = history(talk, after_seq=seqs[-1] if seqs else 0, page_size=7)
        expect(page.events, "an empty page before the head")
        seqs += [e.seq for e in page.events]
        events.update((e.seq, e) for e in page.events)
    expect_equal(seqs, list(range(1, talk.last + 1)), "pages after")
    for seq in (talk.deleted, talk.edited):
        expect_equal(events[seq].WhichOneof("body"), "erased", f"content of {seq}")
    page = history(talk, before_seq=talk.last + 1, page_size=5)
    expect_equal([e.seq for e in page.events], list(range(talk.last - 4, talk.last + 1)), "before")
    expect_equal(page.head_seq, talk.last, "head")
    middle = talk.first + 5
    page = history(talk, around_seq=middle, page_size=5)
    expect(middle in [e.seq for e in page.events], "around")


def step_resume(talk):
    """a cut stream resumes from its cursor: nothing lost, nothing twice"""
    cursor = talk.last
    talk.ben.wait_seq(talk.room, cursor)
    talk.ben.cut()
    talk.ben.wait_end()
    sent = [talk.say(talk.ann, f"while away {i}").seq for i in range(30)]
    talk.ben = Stream(talk.server, talk.tokens["ben"]).open([(talk.room, cursor)])
    sent += [talk.say(talk.ann, f"back again {i}").seq for i in range(5)]
    talk.ben.wait_seq(talk.room, sent[-1])
    expect_equal(talk.ben.seqs(talk.room), list(range(cursor + 1, sent[-1] + 1)), "after resume")
    talk.last = sent[-1]


def step_from_start(talk):
    """a second device with cursor 0 gets the whole log, and then what is new"""
    device = Stream(talk.server, talk.tokens["ben"]).open([(talk.room, 0)])
    device.wait_seq(talk.room, talk.last)
    new = talk.say(talk.ben, "for all devices")
    device.wait_seq(talk.room, new.seq)
    expect_equal(device.seqs(talk.room), list(range(1, new.seq + 1)), "the whole log")
    device.cut()
    talk.last = new.seq


def step_cursor_ahead(talk):
    """a cursor ahead of the head is reset"""
    device = Stream(talk.server, talk.tokens["ben"]).open([(talk.room, talk.last + 1000)])
    device.wait(lambda: device.resets, "a reset")
    got = device.resets[0]
    expect_equal((got.room_id, got.reason), (talk.room, "CURSOR_AHEAD"), "reset")
    new = talk.say(talk.ann, "after the reset")
    device.wait_seq(talk.room, new.seq)
    device.cut()
    talk.last = new.seq


def step_refused(talk):
    """bad requests get their own reason, and the stream goes on"""
    def send(**fields):
        return chat.Send(**{**dict(room_id=talk.room, client_msg_id=os.urandom(16), text="x"),
                            **fields})
    cat = Stream(talk.server, talk.tokens["cat"]).open()
    checks = [
        (talk.ann, dict(send=send(room_id=1 << 60)), "UNKNOWN_ROOM"),
        (talk.ann, dict(send=send(text="")), "INVALID_ARGUMENT"),
        (talk.ann, dict(send=send(text="x" * 16385)), "TEXT_TOO_LONG"),
        (talk.ann, dict(send=send(client_msg_id=b"short")), "INVALID_ARGUMENT"),
        (talk.ann, dict(join=chat.Join(room_name="no-such-room")), "UNKNOWN_ROOM"),
        (talk.ann, dict(edit=chat.EditMessage(
            room_id=talk.room, client_msg_id=os.urandom(16), target_seq=1 << 40, text="x")),
         "UNKNOWN_MESSAGE"),
        (cat, dict(send=send()), "NOT_A_MEMBER"),
    ]
    for stream, request, wanted in checks:
        expect_equal(stream.refusal(**request), wanted, str(request)[:80])
    expect_equal(talk.ann.ask(ping=chat.Ping()).WhichOneof("result"), "ok", "ping")
    cat.cut()


def step_bad_streams(talk):
    """bad streams end, each with its reason: no hello, two, another version, bad bytes"""
    token = talk.tokens["cat"]
    hello = chat.ClientFrame(request_id=1, hello=chat.Hello(protocol_version=1))
    two = chat.ClientFrame(request_id=2, hello=chat.Hello(protocol_version=1))
    other = chat.ClientFrame(request_id=1, hello=chat.Hello(protocol_version=99))
    ping = chat.ClientFrame(request_id=1, ping=chat.Ping())
    nul = chat.ClientFrame(request_id=2, send=chat.Send(
        room_id=talk.room, client_msg_id=os.urandom(16), text="a\0b"))
    not_utf8 = nul.SerializeToString().replace(b"a\0b", b"a\xffb")
    whole = hello.SerializeToString()
    checks = [
        ([ping.SerializeToString()], "NO_HELLO"),
        ([whole, two.SerializeToString()], "SECOND_HELLO"),
        ([other.SerializeToString()], "PROTOCOL_VERSION"),
        ([whole, b"\xff\xff\xff"], "BAD_FRAME"),
        ([whole, nul.SerializeToString()], "BAD_TEXT"),
        ([whole, not_utf8], "BAD_TEXT"),
    ]
    for frames, wanted in checks:
        stream = Stream(talk.server, token, raw=True)
        for frame in frames:
            stream.outgoing.put(frame)
        expect_equal(stream.wait_end(), wanted, "the end of a bad stream")
        stream.outgoing.put(None)
    for wrong, wanted in ((None, "NOT_SIGNED_IN"), ("B" * 43, "TOKEN_INVALID")):
        stream = Stream(talk.server, wrong).hello()
        expect_equal(stream.wait_end(), wanted, "a stream without a good token")
        stream.outgoing.put(None)
    expect_equal(talk.ann.status, None, "the other streams go on")


def step_leave(talk):
    """leaving is an event, and the room's events stop"""
    left = talk.ben.commit(leave=chat.Leave(room_id=talk.room))
    expect_equal(talk.ann.event(talk.room, left.seq).WhichOneof("body"), "left", "the event")
    late = chat.Send(room_id=talk.room, client_msg_id=os.urandom(16), text="x")
    expect_equal(talk.ben.refusal(send=late), "NOT_A_MEMBER", "after leaving")


def step_logout(talk):
    """logging out ends the token and its stream"""
    talk.server.call("/gchat.v1.Auth/Logout", auth.LogoutRequest(), auth.LogoutResponse,
                     talk.tokens["ben"])
    talk.ben.wait_end()
    got = talk.server.refusal("/gchat.v1.Chat/ListRooms", chat.ListRoomsRequest(),
                              chat.ListRoomsResponse, talk.tokens["ben"])
    expect_equal(got[1], "TOKEN_INVALID", "a token after its log-out")
    talk.ann.cut()


STEPS = [step_health, step_reflection, step_accounts, step_accounts_refused, step_room, step_join,
         step_converse, step_same_id, step_amend, step_history, step_resume, step_from_start,
         step_cursor_ahead, step_refused, step_bad_streams, step_leave, step_logout]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    state = os.environ.get("TD_STATE", "")
    parser.add_argument("--target", default=os.environ.get("TD_ADDRESS"), help="address:port")
    parser.add_argument("--cert", default=os.path.join(state, "server.crt"), help="PEM to trust")
    parser.add_argument("--name", default="localhost", help="name in the certificate")
    parser.add_argument("--proto", action="append", required=True, help="folder of .proto files")
    args = parser.parse_args()
    global chat, auth, health, reflection_v1, reflection_v1alpha
    folder = generate(args.proto)  # removed when the program ends
    from gchat.v1 import auth_pb2 as auth, chat_pb2 as chat
    from grpc.health.v1 import health_pb2 as health
    from grpc.reflection.v1 import reflection_pb2 as reflection_v1
    from grpc.reflection.v1alpha import reflection_pb2 as reflection_v1alpha
    talk = Talk(args)
    for number, step in enumerate(STEPS, 1):
        start = time.monotonic()
        try:
            step(talk)
        except (Failure, grpc.RpcError) as error:
            print(f"not ok {number} - {step.__doc__}\n  {error}", file=sys.stderr, flush=True)
            folder.cleanup()
            os._exit(1)  # streams may still be open
        print(f"ok {number} - {step.__doc__} ({time.monotonic() - start:.2f} s)", flush=True)
    folder.cleanup()
    os._exit(0)


if __name__ == "__main__":
    main()
