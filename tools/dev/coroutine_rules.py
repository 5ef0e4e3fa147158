"""Finds the coroutine forms that g++ 12 miscompiles or rejects: see docs/decisions/0002-coroutines.md.

co_await stands alone in its statement: never inside ?:, &&, ||, a condition, or a call whose arguments are braced.
"""

import re
import sys

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
ALLOWED = re.compile(
    r"""^(?:
        (?:const\s+)?auto(?:&&|&)?\s+(?:\w+|\[[\w\s,]+\])\s*=\s*co_await\b   # auto r = co_await …
      | (?:const\s+)?[\w:<>,\s*&]+\s+\w+\s*=\s*co_await\b                   # Type r = co_await …
      | [\w.\->\[\]()*]+\s*=\s*co_await\b                                  # r = co_await …
      | co_await\b
      | co_return\s+co_await\b
      | \(void\)\s*co_await\b
      | LK_CO_(?:TRY|CHECK)\(.*?co_await\b
    )""",
    re.X | re.S,
)
BRACED_CALL = re.compile(r"co_await\s+[\w:.\->()<>]*\(\s*\{")
BRACED_ARGUMENT = re.compile(r"[(,]\s*(?:[A-Z][\w:]*(?:<[^<>]*>)?)?\{[^}]")


def opens_block(before):
    """Whether a brace after this text begins a body (of a lambda, function, branch) and not an initialiser."""
    return re.search(r"(?:\)|->\s*[\w:<>,\s*&]+|\bmutable|\bnoexcept|\belse|\bdo|\btry)\s*$", before) is not None


def statements(text):
    """Yields (line, statement), split at ; and at the braces of bodies, inside arguments too."""
    start, depth, line, first, outer = 0, 0, 1, 1, []
    for index, char in enumerate(text):
        if char == "\n":
            line += 1
        ends = False
        if char in "([":
            depth += 1
        elif char in ")]":
            depth = max(0, depth - 1)
        elif char == "{":
            body = depth == 0 or opens_block(text[max(0, index - 200) : index])
            outer.append(depth if body else None)
            if body:
                depth, ends = 0, True
        elif char == "}":
            before = outer.pop() if outer else 0
            if before is not None:
                depth, ends = before, True
        elif char == ";":
            ends = depth == 0
        if ends:
            piece = text[start:index]
            blank = piece[: len(piece) - len(piece.lstrip())]
            yield first + blank.count("\n"), piece.strip()
            start, first = index + 1, line


def without_heads(statement):
    """Strips labels, `else` and conditions that themselves hold no co_await from the front of a statement."""
    while True:
        rest = re.sub(r"^(?:else\b|case\s+\w+(?:::\w+)*\s*:(?!:)|default\s*:(?!:)|public:|private:)\s*", "", statement)
        head = re.match(r"(?:if|while|for)\s*\(", rest)
        if head:
            depth, end = 1, head.end()
            while depth and end < len(rest):
                depth += {"(": 1, ")": -1}.get(rest[end], 0)
                end += 1
            if "co_await" not in rest[:end] and depth == 0:
                rest = rest[end:].lstrip()
        if rest == statement:
            return statement
        statement = rest


def check(path):
    text = open(path, encoding="utf-8").read()
    if "co_await" not in text:
        return []
    clean = COMMENT.sub(lambda m: '""' if m.group().startswith('"') else re.sub(r"[^\n]", " ", m.group()), text)
    found = []
    for line, statement in statements(clean):
        if "co_await" not in statement:
            continue
        statement = without_heads(statement)
        if re.match(r"^(?:if|while|for|switch)\b", statement):
            found.append((line, "co_await inside a condition"))
        elif "?" in statement.split("co_await")[0] or re.search(r"&&|\|\|", re.sub(r"auto&&", "auto", statement.split("co_await")[0])):
            found.append((line, "co_await inside ?: && or ||"))
        elif statement.count("co_await") > 1:
            found.append((line, "two co_awaits in one statement"))
        elif not ALLOWED.match(statement):
            found.append((line, "co_await does not stand alone"))
        elif BRACED_CALL.search(statement) or BRACED_ARGUMENT.search(statement.split("co_await", 1)[1]):
            found.append((line, "co_await with a braced argument"))
    return found


def main(paths):
    bad = 0
    for path in paths:
        for line, why in check(path):
            print(f"{path}:{line}: {why}", file=sys.stderr)
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
