"""The few fields of the public contracts (proto/linekeeper/v1) that a run needs, in protobuf's wire format."""


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(number, value):
    data = value.encode()
    return varint(number << 3 | 2) + varint(len(data)) + data


def pair_command(session):
    return text(1, session)


def send_command(session, command_id, to, body):
    return text(1, session) + text(2, command_id) + text(3, to) + text(4, body)


def fields(data):
    """Field number to value: an int or bytes. The last one of a kind wins."""
    found = {}
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = read()
        kind = tag & 7
        if kind == 0:
            found[tag >> 3] = read()
        elif kind == 2:
            size = read()
            found[tag >> 3] = data[at:at + size]
            at += size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
    return found
