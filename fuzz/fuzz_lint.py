"""The linter: any source text, in any language, gives findings inside of it, and fixing comes to an end."""

from __future__ import annotations

from fuzz.harness import fuzz, load, text_after

load()

from migaddr import lint  # noqa: E402 -- counted from here on
from migaddr.lint.find.grammars import LANGUAGES  # noqa: E402
from migaddr.lint.fixing import apply_fixes  # noqa: E402

_LANGUAGES = ["text", *sorted(LANGUAGES)]
_ROUNDS = 20


def law(data: bytes) -> None:
    """Find, fix what is safe until nothing is left to fix, then what is not."""
    choice, text = text_after(data, len(_LANGUAGES))
    language = _LANGUAGES[choice]
    for unsafe in (False, True):
        seen = {text}
        for _ in range(_ROUNDS):
            source = text.encode("utf-8", "surrogateescape")
            findings = lint.check(text, language=language)
            _check(findings, source)
            fixed = apply_fixes(source, findings, unsafe=unsafe).decode("utf-8", "surrogateescape")
            if fixed == text:
                break
            assert fixed not in seen, f"fixing goes round: {text!r}"
            text = fixed
            seen.add(text)
        else:
            raise AssertionError(f"fixing does not end: {text!r}")


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
