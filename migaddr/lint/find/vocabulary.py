"""The words that tell a migration address from what merely looks like one. Data, and how names are read."""

from __future__ import annotations

import enum
import re
from typing import Final


def names(text: str) -> frozenset[str]:
    """Make a set of the words in a text."""
    return frozenset(text.split())


SCHEMES: Final = ("tcp", "unix", "exec", "fd", "rdma", "x-rdma", "file", "vsock")


class Confidence(enum.IntEnum):
    """How sure the finder is; SILENT is never reported."""

    SILENT = 0
    GUESS = 1
    LIKELY = 2
    CERTAIN = 3


class Direction(enum.Enum):
    """Which side of a migration an address is for."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    UNKNOWN = "unknown"


# a scheme at the start of a text; HMP's quotes and blanks before it are part of what can be wrong
ADDRESS_START: Final = re.compile(
    r"""(?P<quote>\\?["'])?(?P<blank>[ \t]*)"""
    r"""(?P<scheme>(?i:tcp|unix|exec|fd|rdma|x-rdma|file|vsock)):(?:(?=[^\s])|(?<=exec:)(?= ))"""
)
DEFER: Final = "defer"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# words in the name of a variable, a key or a function that say: this is something else
_OTHER_THINGS: Final = names(
    """
    disk disks nbd qmp monitor mon serial console vnc spice chardev netdev gdb backup dump db
    database ovs ovn ovsdb bridge proxy log logs logger logging probe zmq redis nginx docker
    containerd podman cri agent dbus syslog audio image backing snapshot drive blockdev iscsi
    gluster rbd virtiofsd vhost swtpm tpm chroot subscriber publisher broker guest ssh http https
    repo git package endpoint
    """
)
_NO_ADDRESS: Final = names(
    """
    log logs logger logging disk disks nbd dump print
    """
)
_URI_WORDS: Final = names(
    """
    uri uris url address addr dest destination target source src dst socket sock listen connect
    channel
    """
)
_NOT_COMMANDS: Final = names(
    """
    query info cancel status check wait pause continue speed downtime parameter parameters params
    capability capabilities caps cap setup cleanup finish finished completed abort is has can should
    verify assert test fail failed error name state stats start_with get parse convert
    """
)


def words(name: str) -> list[str]:
    """Split an identifier into lower-case words: `migrURI`, `dest_uri`, `--migrate-uri`."""
    return [word.lower() for word in _WORDS.findall(name)]


def is_migration_word(word: str) -> bool:
    """Tell whether a word of an identifier speaks of migration."""
    return word.startswith(("migrat", "incoming", "migr")) or word in ("mig", "migrateuri", "muri")


def speaks_of_migration(name: str) -> bool:
    """Tell whether a name (of a function, a class, a file) speaks of migration."""
    lower = name.lower()
    if "mig" not in lower and "incoming" not in lower and "muri" not in lower:
        return False
    return any(map(is_migration_word, words(name)))


_GUESTS: Final = re.compile(
    rb"(?i)migratetouri|virdomain|\bmonitor\b|cloud.hypervisor|destination_url|receiver_url|qemu|qmp|qtest|kvm"
    rb"|libvirt|virsh|virtio|virt-|virtual.?machine|virtuali|hypervisor|(?<![a-z])vms?(?![a-z])"
)


def speaks_of_guests(data: bytes) -> bool:
    """Tell whether a file speaks of virtual machines: what migrates there is a guest, and not a database."""
    return _GUESTS.search(data) is not None


def judge_name(name: str) -> tuple[Confidence, bool]:
    """Judge the name of a variable or a key that holds an address; and whether the name is a general one.

    A general name (`uri`, `dest`) says nothing alone, and something in a place that speaks of migration.
    """
    parts = words(name)
    if not parts:
        return Confidence.GUESS, False
    if any(part in _OTHER_THINGS for part in parts):
        return Confidence.SILENT, False
    joined = "".join(parts)
    if "migrateuri" in joined or "migrationuri" in joined or joined.endswith("incoming"):
        return Confidence.CERTAIN, True
    general = any(part in _URI_WORDS or part.endswith(("uri", "url")) for part in parts)
    if any(map(is_migration_word, parts)):
        return Confidence.LIKELY, general
    return Confidence.GUESS, general


def judge_callee(name: str) -> tuple[Confidence, Direction]:
    """Judge a function, by its name, that is given an address."""
    parts = words(name)
    if not any(map(is_migration_word, parts)):
        other = any(part in _OTHER_THINGS for part in parts)
        return Confidence.SILENT if other else Confidence.GUESS, Direction.UNKNOWN
    if any(part in _NO_ADDRESS for part in parts):
        return Confidence.SILENT, Direction.UNKNOWN
    direction = Direction.INCOMING if "incoming" in "".join(parts) else Direction.OUTGOING
    if any(part in _NOT_COMMANDS for part in parts) and "set" not in parts:
        return Confidence.LIKELY, direction
    return Confidence.CERTAIN, direction


_LIBVIRT_TEXT = re.compile(r"(?i:tcp|rdma|unix)://")
_CLOUD_HYPERVISOR_KEYS: Final = frozenset(
    {"destination_url", "receiver_url", "destination-url", "receiver-url"}
)


def is_cloud_hypervisor_key(name: str) -> bool:
    """Tell whether a key is one that only Cloud Hypervisor gives a migration address."""
    return name.strip("-") in _CLOUD_HYPERVISOR_KEYS


def looks_like_libvirt(text: str) -> bool:
    """Tell whether an address is written as libvirt wants it."""
    return _LIBVIRT_TEXT.match(text) is not None
