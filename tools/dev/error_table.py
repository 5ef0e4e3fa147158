"""Writes docs/errors.md from proto/linekeeper/v1/error.proto, the one list of error codes. `--check` only compares."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = """# Error codes

Every failure has one of these codes, in events, in `commands.rejected` and in answers. Codes are stable; new ones are only added.
The sentence beside a code says what happened and what to do next; `detail` refines it.

"""


def table():
    lines = [HEAD]
    text = (ROOT / "proto/linekeeper/v1/error.proto").read_text()
    body = re.search(r"enum ErrorCode \{(.*?)\n\}", text, re.S).group(1)
    open_table = False
    for line in body.splitlines():
        line = line.strip()
        value = re.match(r"(\w+) = (\d+);\s*// (.*)", line)
        if line.startswith("//"):
            lines.append(f"\n## {line[2:].strip().rstrip('.')}\n\n| code | number | meaning |\n| --- | --- | --- |\n")
            open_table = True
        elif value and value.group(2) != "0":
            if not open_table:
                lines.append("\n## Other\n\n| code | number | meaning |\n| --- | --- | --- |\n")
                open_table = True
            lines.append(f"| `{value.group(1)}` | {value.group(2)} | {value.group(3)} |\n")
        elif not line:
            open_table = False
    return "".join(lines).replace("\n\n\n", "\n\n")


def main():
    target = ROOT / "docs/errors.md"
    fresh = table()
    if "--check" in sys.argv:
        if not target.exists() or target.read_text() != fresh:
            print("docs/errors.md is out of step with error.proto: run python3 tools/dev/error_table.py", file=sys.stderr)
            return 1
        return 0
    target.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
