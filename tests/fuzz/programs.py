"""Programs under test, each a few lines of Python: one that is right, and such as are wrong in one way."""

from __future__ import annotations

import sys
from pathlib import Path

_HEAD = """
import json, sys
from migaddr.generation import Form, judge
from migaddr import Release

def right(row):
    form = next(form for form in Form if form.value in row)
    verdict = judge(form, row[form.value], Release.parse(row["release"]))
    if verdict is None or verdict.fault is not None:
        return {"error": None if verdict is None else verdict.expect.get("error")}
    return {"expect": verdict.expect}

"""
_LINES = """
for line in sys.stdin:
    row = json.loads(line)
    answer = answered(row)
    print(json.dumps({"id": row["id"], **answer}), flush=True)
"""

ANSWERS = {
    "right": "answered = right",
    # no option is known
    "no-options": """
def answered(row):
    answer = right(row)
    if "expect" in answer and "uri" in row and isinstance(answer["expect"].get("to"), int):
        del answer["expect"]["to"]
    return answer
""",
    # it dies of a comma in a unix path
    "dies": """
import os, signal
def answered(row):
    if row.get("uri", "").startswith("unix:") and "," in row["uri"]:
        sys.stderr.write("comma!")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGSEGV)
    return right(row)
""",
    "exits": """
def answered(row):
    if "fd:" in row.get("uri", ""):
        sys.exit(3)
    return right(row)
""",
    "hangs": """
import time
def answered(row):
    if row.get("uri", "").startswith("fd:"):
        time.sleep(600)
    return right(row)
""",
    "refuses": """
def answered(row):
    answer = right(row)
    if "expect" in answer and answer["expect"].get("transport") == "exec":
        return {"error": "exec 17 is not 'supported'"}
    return answer
""",
    "accepts": """
def answered(row):
    answer = right(row)
    return {"expect": True} if "error" in answer and row.get("uri", "").startswith("vsock:") else answer
""",
    "other-words": """
def answered(row):
    answer = right(row)
    return {"error": "no"} if "error" in answer else answer
""",
    "says-little": """
def answered(row):
    answer = right(row)
    return {"expect": True} if "expect" in answer else {"error": ""}
""",
}


def program(folder: Path, name: str) -> list[str]:
    """Write one of ANSWERS to a file; give its argument vector."""
    path = folder / f"{name}.py"
    path.write_text(_HEAD + ANSWERS[name] + _LINES)
    return [sys.executable, str(path)]


def script(folder: Path, text: str) -> list[str]:
    """Write any other program to a file; give its argument vector."""
    path = folder / "script.py"
    path.write_text(text)
    return [sys.executable, str(path)]
