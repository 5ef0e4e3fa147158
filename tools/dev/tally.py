"""Counts what the test run left behind and prints the closing line.

A folder holds: <preset>.ctest.xml (one entry an executable), <preset>/<executable>.xml (one entry a case, written by
GoogleTest) and <name>.step files (one word). An executable without a case file counts as one test; one that failed though
none of its cases did (a crash, a sanitizer report, a timeout) counts as one failure more. <preset>.again.xml and
<preset>.again/ are second tries: what they say stands, and each is named above the closing line.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(path):
    root = xml.parse(path).getroot()
    total = int(root.get("tests", 0)) - int(root.get("disabled", 0))
    bad = int(root.get("failures", 0)) + int(root.get("errors", 0))
    names = [f"{case.get('classname')}.{case.get('name')}" for case in root.iter("testcase") if case.find("failure") is not None]
    return total - bad, bad, names


def second_tries(report):
    if not report.exists():
        return {}
    return {entry.get("name"): entry for entry in xml.parse(report).getroot().iter("testcase")}


def main(folder):
    passed = failed = 0
    wrong = []
    twice = []
    for report in sorted(folder.glob("*.ctest.xml")):
        preset = report.name.removesuffix(".ctest.xml")
        again = second_tries(folder / f"{preset}.again.xml")
        for entry in xml.parse(report).getroot().iter("testcase"):
            name = entry.get("name")
            detail = folder / preset / f"{name}.xml"
            if name in again:
                twice.append(f"{preset}: {name}")
                entry = again[name]
                detail = folder / f"{preset}.again" / f"{name}.xml"
            broken = entry.find("failure") is not None or entry.get("status") not in ("run", None)
            good = bad = 0
            if detail.exists():
                try:
                    good, bad, names = cases(detail)
                    wrong += [f"{preset}: {name}: {case}" for case in names]
                except xml.ParseError:
                    broken = True
            elif not broken:
                good = 1
            if broken and bad == 0:
                bad = 1
                wrong.append(f"{preset}: {name}")
            passed += good
            failed += bad
    for step in sorted(folder.glob("*.step")):
        if step.read_text().strip() == "ok":
            passed += 1
        else:
            failed += 1
            wrong.append(f"step {step.stem}")
    for line in twice:
        print(f"tried twice: {line}")
    for line in wrong:
        print(f"failed: {line}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
