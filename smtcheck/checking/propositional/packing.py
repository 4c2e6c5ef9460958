"""Proofs as bytes: small, and read back within bounds, whatever the bytes are.

The arrays of a proof, as 32-bit words one after another, are compressed by LZMA, which is
told that words have four bytes: the same hints follow one another again and again, and
LZMA sees that best in words of one size.
"""

from __future__ import annotations

import lzma
from typing import Any

import numpy as np

from smtcheck.checking.propositional.lrat import Ints, Proof
from smtcheck.checking.refusals import Refusal, Refused

MAX_UNPACKED = 2**26  #: bytes of a proof once it is decompressed: checking it takes below 1 GB
_FILTERS: list[dict[str, Any]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 9 | lzma.PRESET_EXTREME,
        "dict_size": 2**24,
        "lc": 1,
        "lp": 2,
        "pb": 2,
    }
]
_WORD = np.dtype("<i4")
_HEADER = 3  #: words: how many lemmas, literals and hints there are


def packed(proof: Proof) -> bytes:
    """The literals of each lemma are put in order, which changes nothing."""
    sizes = [len(proof), len(proof.literals), len(proof.hints)]
    arrays = [np.array(sizes), proof.lengths, proof.counts, _ordered(proof), proof.hints]
    content = np.concatenate(arrays).astype(_WORD).tobytes()
    return lzma.compress(content, format=lzma.FORMAT_RAW, filters=_FILTERS)


def unpacked(data: bytes) -> Proof:
    """Refused if the bytes are none of `packed`."""
    content = _decompressed(data)
    if len(content) % _WORD.itemsize or len(content) < _HEADER * _WORD.itemsize:
        raise Refused(Refusal.PROOF_BYTES, found=len(content))
    words = np.frombuffer(content, dtype=_WORD).astype(np.int32)
    lemmas, literals, hints = words[:_HEADER].tolist()
    sizes = [_HEADER, lemmas, lemmas, literals, hints]
    if min(sizes) < 0 or sum(sizes) != len(words):
        raise Refused(Refusal.PROOF_PARTS, found=len(words), stated=sizes)
    _, lengths, counts, *rest = np.split(words, np.cumsum(sizes)[:-1])
    return Proof(lengths=lengths, literals=rest[0], counts=counts, hints=rest[1])


def _decompressed(data: bytes) -> bytes:
    """With the memory of one dictionary and no more output than is allowed."""
    decompressor = lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=_FILTERS)
    try:
        content = decompressor.decompress(data, max_length=MAX_UNPACKED + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise Refused(Refusal.PROOF_COMPRESSION, reason=error) from None
    if len(content) > MAX_UNPACKED:
        raise Refused(Refusal.PROOF_SIZE, allowed=MAX_UNPACKED)
    if not decompressor.eof or decompressor.unused_data:
        raise Refused(Refusal.PROOF_END, left=len(decompressor.unused_data))
    return content


def _ordered(proof: Proof) -> Ints:
    """The literals of each lemma by their variables."""
    lemma = np.repeat(np.arange(len(proof)), proof.lengths)
    return proof.literals[np.lexsort((np.abs(proof.literals), lemma))]
