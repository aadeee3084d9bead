"""What migaddr says, in full: of every row of the corpora, and of values that are wrong in one place.

The corpora hold what QEMU does; these pages hold our own words beside it, so that nobody changes one without seeing it:
`python -m tests.words` writes them anew, and the difference is what to review.
"""
