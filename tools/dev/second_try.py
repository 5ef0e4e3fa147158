"""Says which failed tests may be run once more: ctest's regular expression of their names, or nothing.

A test that starts Kafka, Redis, workers and strangers' clients can fail because the machine stood still for longer than
a group's session timeout. Such a one gets a second try, which the closing report names, so that it is looked at. A unit
test gets none, nor does anything whose output holds a sanitizer's report: those are no matter of timing.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

PROCESSES = re.compile(r"peers_|strangers_|\w+_kafkatest$|\w+_redistest$")
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")
# More than these at once is no stall, and a second try would only take the time that is left.
MOST = 4


def names(report):
    failed = [case for case in xml.parse(report).getroot().iter("testcase") if case.find("failure") is not None]
    if len(failed) > MOST:
        return []
    return [
        case.get("name")
        for case in failed
        if PROCESSES.match(case.get("name")) and not SANITIZER.search(case.findtext("system-out") or "")
    ]


if __name__ == "__main__":
    found = names(pathlib.Path(sys.argv[1]))
    if found:
        print("^(" + "|".join(re.escape(name) for name in found) + ")$")
