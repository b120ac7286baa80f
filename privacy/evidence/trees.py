"""Merkle trees as RFC 6962, section 2.1, has them: leaves and nodes are hashed apart, so that none passes for another.

A tree is built of leaves given one by one, and holds one digest a level. Its nodes over every BLOCK leaves are kept
where inclusion is to be proved: with them a proof takes the leaves of one block, not all of a million.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

BLOCK = 1_024  # leaves; a power of two, so that each block is a node of the tree


def hash_of_leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def hash_of_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Tree:
    """The tree hash over leaves given one by one."""

    peaks: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0

    def add(self, leaf: bytes) -> None:
        self.add_hash(hash_of_leaf(leaf))

    def add_hash(self, digest: bytes) -> None:
        """The same of a leaf, or of a whole block, that is hashed already."""
        size, peaks = 1, self.peaks
        while peaks and peaks[-1][0] == size:
            digest = hashlib.sha256(b"\x01" + peaks.pop()[1] + digest).digest()
            size *= 2
        peaks.append((size, digest))
        self.size += 1

    def digest(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256().digest()
        digest = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            digest = hash_of_node(left, digest)
        return digest

    def root(self) -> str:
        return self.digest().hex()


def tree_of(hashes: Sequence[bytes]) -> Tree:
    tree = Tree()
    for digest in hashes:
        tree.add_hash(digest)
    return tree


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, hashes) of section 2.1.1, the lowest first: what it takes to come from that leaf to the root."""
    if len(hashes) == 1:
        return []
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    if index < middle:
        return [*path(hashes[:middle], index), tree_of(hashes[middle:]).digest()]
    return [*path(hashes[middle:], index - middle), tree_of(hashes[:middle]).digest()]
