#!/usr/bin/env python3
"""Write the corpora the fuzzers start from: one folder a fuzzer, one file a seed, all from the golden vectors.

usage: seeds.py VECTORS OUT [FUZZER…]

A fuzzer's seeds are a generator below, registered under the fuzzer's name; it yields (name, bytes).
"""
import json
import pathlib
import re
import sys

FUZZERS = {}


def seeds(fuzzer):
    def register(generator):
        FUZZERS[fuzzer] = generator
        return generator
    return register


def framed(payload):
    return len(payload).to_bytes(3, "big") + payload


def hexed(text):
    return bytes.fromhex(text)


HANDSHAKES = ("xx_login", "xx_registration", "ik_login", "xxfallback_login")


@seeds("frame_fuzzer")
def frames(load):
    """First byte: size of the pieces, less one. Then a stream from the client: intro and frames."""
    noise = load("noise.json")
    for name in HANDSHAKES:
        vector = noise[name]
        hello = vector["client_hello"]
        stream = hexed("57410603") + framed(hexed(hello["protobuf"]))
        if "client_finish" in vector:
            stream += framed(hexed(vector["client_finish"]["protobuf"]))
        for message in vector["transport"]["client_to_server"]:
            stream += hexed(message["frame"])
        for pieces in (1, 3, 64):
            yield f"{name}-{pieces}", bytes([pieces - 1]) + stream
    edge = hexed(noise["edge_routing"]["first_websocket_message"])
    yield "edge_routing", bytes([1]) + edge
    yield "edge_routing_empty", bytes([6]) + hexed("45440001000000") + hexed("57410603") + framed(b"x")
    yield "too_long", bytes([3]) + hexed("57410603ffffff00")


@seeds("node_fuzzer")
def nodes(load):
    """The plaintext of one frame: flag byte and node."""
    for file in ("nodes.json", "nodes-decode.json", "nodes-malformed.json"):
        for vector in load(file):
            yield f"{file[:-5]}-{vector['name']}", hexed(vector["hex"])


@seeds("command_fuzzer")
def commands(load):
    """First byte: topic (pair, reset, line, send) in two bits, then 4 for JSON, 8 for an origin header, 16 for a country."""
    yield "pair-json", bytes([4]) + b'{"sessionId":"shop"}'
    yield "pair-code", bytes([4]) + b'{"sessionId":"shop","method":"PAIR_METHOD_CODE","phoneNumber":"+49 170 1234567"}'
    yield "reset-json", bytes([5]) + b'{"sessionId":"shop","logout":true,"reason":"moved","actor":"ops"}'
    yield "line-json", bytes([6]) + b'{"sessionId":"shop","action":"LINE_ACTION_CHECK_NUMBERS","numbers":["491701234567"]}'
    yield "send-json", bytes([7]) + b'{"sessionId":"shop","to":"491701234567","text":"hello"}'
    yield "send-late", bytes([7]) + b'{"sessionId":"shop","to":"0170","text":"x","notAfter":"2026-01-31T23:59:59.5Z"}'
    # The same as Protobuf: session_id 1, command_id 2, to 3, text 4, not_after 15.
    send = b"\x0a\x04shop\x12\x02c1\x1a\x0c491701234567\x22\x05hello\x7a\x06\x08\x80\x94\xeb\xdc\x03"
    yield "send-proto", bytes([3]) + send
    yield "send-proto-country", bytes([19]) + send
    yield "pair-proto", bytes([0]) + b"\x0a\x04shop\x18\x02\x22\x0c491701234567"
    yield "origin", bytes([12]) + b"linekeeper.commands.send/7/42/1790000000123"


@seeds("handshake_fuzzer")
def handshakes(load):
    """First byte: 0 a client that opened with XX reads, 1 one that opened with IK, 2 a server. Then frames."""
    noise = load("noise.json")
    for name in HANDSHAKES:
        vector = noise[name]
        down = b"".join(hexed(m["frame"]) for m in vector["transport"]["server_to_client"])
        up = b"".join(hexed(m["frame"]) for m in vector["transport"]["client_to_server"])
        reader = 0 if name.startswith("xx_") else 1
        yield f"client-{name}", bytes([reader]) + framed(hexed(vector["server_hello"]["protobuf"])) + down
        said = framed(hexed(vector["client_hello"]["protobuf"]))
        if "client_finish" in vector:
            said += framed(hexed(vector["client_finish"]["protobuf"]))
        yield f"server-{name}", bytes([2]) + said + up
    for case in noise["cert_chain_negative"]:
        yield f"client-{case['name']}", bytes([0]) + framed(hexed(case["server_hello_protobuf"]))


def leb(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + leb(number >> 7)


def zigzag(number):
    return leb(number * 2 if number >= 0 else -number * 2 - 1)


def sized(content):
    return leb(len(content)) + content


@seeds("ledger_record_fuzzer")
def ledger_records(load):
    """The plaintext of one record, field by field as ledger_record.cpp writes it."""
    def record(kind, state, request=b"", outcome=b"", published=0, command_id=b"order-4711"):
        origin = sized(b"linekeeper.commands.send") + zigzag(3) + zigzag(42) + zigzag(1_790_000_000_000)
        times = leb(1) + zigzag(1_790_000_060_000) + zigzag(1_790_000_000_500)
        return (leb(1) + sized(command_id) + leb(kind) + sized(bytes(range(32))) + origin + leb(state) + times
                + sized(b"3EB0123456") + sized(request) + zigzag(-23) + sized(outcome) + leb(published))

    yield "sending", record(4, 2, request=b"\x08\x01\x12\x1449170@s.whatsapp.net\x1a\x05hello")
    yield "succeeded", record(4, 3, outcome=b"\x0a\x0aorder-4711")
    yield "published", record(4, 3, published=1)
    yield "failed-pair", record(1, 4, outcome=b"o")
    yield "unknown", record(4, 5)
    yield "cut-down", record(2, 3, published=1, command_id=b"")
    yield "newer", b"\x02" + record(4, 3)[1:]


@seeds("sealed_fuzzer")
def sealed_values(load):
    """First byte: which way in; see the fuzzer."""
    value = b"\x01\x02k1" + bytes(12) + bytes(40)
    yield "raw", b"\x00" + value
    yield "raw-newer", b"\x00\x02" + value[1:]
    yield "changed", b"\x01\x05\x80" + b"the device's credentials"
    yield "event", b"\x02" + leb(1) + sized(b"e1") + leb(7) + sized(b"payload")
    yield "archive", b"\x03" + leb(1) + leb(2) + sized(b"creds") + sized(b"x") + sized(b"sess/1") + sized(b"y")
    yield "archive-long", b"\x03" + leb(1) + b"\xff\xff\xff\xff\x0f" + sized(b"creds")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    vectors, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    wanted = sys.argv[3:] or sorted(FUZZERS)
    unknown = set(wanted) - set(FUZZERS)
    if unknown:
        sys.exit(f"seeds.py: no seeds for {', '.join(sorted(unknown))}; there are {', '.join(sorted(FUZZERS))}")

    def load(file):
        return json.loads((vectors / file).read_text())

    for fuzzer in wanted:
        folder = out / fuzzer
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for name, content in FUZZERS[fuzzer](load):
            (folder / re.sub(r"[^A-Za-z0-9_.-]", "_", name)).write_bytes(content)
            count += 1
        print(f"{fuzzer}: {count} seeds in {folder}")


if __name__ == "__main__":
    main()
