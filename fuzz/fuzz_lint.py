"""The linter: any source text, in any language, gives findings inside of it, and fixing comes to an end."""

from __future__ import annotations

import os
import signal

from fuzz.harness import fuzz, load, text_after

load()

from migaddr import lint  # noqa: E402 -- counted from here on
from migaddr.lint.engine import judge  # noqa: E402
from migaddr.lint.find import grammars  # noqa: E402
from migaddr.lint.find.grammars import LANGUAGES  # noqa: E402
from migaddr.lint.fixing import apply_fixes  # noqa: E402
from migaddr.lint.ignores import apply_ignores  # noqa: E402
from migaddr.lint.rules import RULES  # noqa: E402
from migaddr.lint.targets import parse_targets  # noqa: E402

_LANGUAGES = ["text", *sorted(LANGUAGES)]
_ALL = frozenset(RULES)
_ASKED = [(None, None), (parse_targets("9.0..11.1"), _ALL), (parse_targets("8.0..8.2"), _ALL)]
"""What runs it, and the rules: those on by default, and all, for releases with channels and without."""
_ROUNDS = 20


def law(data: bytes) -> None:
    """Find, fix what is safe until nothing is left to fix, then what is not."""
    choice, text = text_after(data, len(_ASKED) * len(_LANGUAGES))
    asked, language = divmod(choice, len(_LANGUAGES))
    targets, codes = _ASKED[asked]
    judged = None
    for unsafe in (False, True):
        seen = {text}
        for _ in range(_ROUNDS):
            source = text.encode("utf-8", "surrogateescape")
            if judged != text:
                findings = judge(source, _LANGUAGES[language], targets=targets, codes=codes)
                findings = apply_ignores(findings, source, codes).kept
                _check(findings, source)
                judged = text
            fixed = apply_fixes(source, findings, unsafe=unsafe).decode("utf-8", "surrogateescape")
            if fixed == text:
                break
            assert fixed not in seen, f"fixing goes round: {text!r}"
            text = fixed
            seen.add(text)
        else:
            raise AssertionError(f"fixing does not end: {text!r}")


def _is_endless(data: bytes) -> bool:
    """Try the Perl grammar in a fork, where the linter starts a Python: most of the time went there."""
    if b"<<" not in data:
        return False
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, 0.1)
            grammars.parser("perl").parse(data)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] != 0


grammars.is_endless = _is_endless


def _check(findings: tuple[lint.Finding, ...], source: bytes) -> None:
    places = [(finding.start, finding.end) for finding in findings]
    assert places == sorted(places)
    for finding in findings:
        assert 0 <= finding.start <= finding.end <= len(source)
        assert 1 <= finding.line <= finding.end_line
        assert finding.message
        for edit in finding.fix.edits if finding.fix is not None else ():
            assert 0 <= edit.start <= edit.end <= len(source)


if __name__ == "__main__":
    fuzz(law)
