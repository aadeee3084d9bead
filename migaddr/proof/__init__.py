"""Proves on this machine that bytes arrive: every transport, to migaddr and to real QEMU, and back."""
