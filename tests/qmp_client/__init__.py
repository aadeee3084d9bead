"""Tests of the live peer, with peers that play QEMU."""
