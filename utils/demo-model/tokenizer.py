#===- tokenizer.py - A SentencePiece-style BPE vocabulary ---*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Trains and applies byte-pair encoding the way SentencePiece does.

The vocabulary is <unk>, <s>, </s>, the 256 bytes as <0xNN>, the merged pieces
in the order of their merges (scores 0, -1, -2, ...), then single characters.
Blanks are U+2581. Pieces never reach across the beginning of a word, nor do
they contain punctuation beside other characters.
"""

import collections
import re

BLANK = "\u2581"
UNK, BOS, EOS = 0, 1, 2
FIRST_BYTE = 3
# Never merged with what stands before or after, so that pieces are word parts.
PUNCTUATION = frozenset('.,!?"')
SPECIALS = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]

# Values of tokenizer.ggml.token_type.
TYPE_NORMAL, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_BYTE = 1, 2, 3, 6


def normalize(text):
    """`text` with the dummy prefix and visible blanks; empty stays empty."""
    return (BLANK + text.replace(" ", BLANK)) if text else ""


def split_words(text):
    """Normalized words, each with the blank before it."""
    return re.findall(f"{BLANK}?[^{BLANK}]+|{BLANK}", normalize(text))


def merge_pair(symbols, pair):
    """`symbols` with each occurrence of `pair` joined, from the left."""
    merged, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == pair:
            merged.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            merged.append(symbols[i])
            i += 1
    return merged


def count_pairs(words):
    counts = collections.Counter()
    for symbols, frequency in words:
        for pair in zip(symbols, symbols[1:]):
            if not PUNCTUATION & set(pair):
                counts[pair] += frequency
    return counts


class Tokenizer:
    """A vocabulary with scores. Immutable once made."""

    def __init__(self, learned):
        """`learned`: the pieces after the bytes, best first."""
        self.pieces = SPECIALS + BYTES + list(learned)
        self.scores = [0.0] * (FIRST_BYTE + 256) + [
            -float(rank) for rank in range(len(learned))]
        self.types = ([TYPE_UNKNOWN, TYPE_CONTROL, TYPE_CONTROL] +
                      [TYPE_BYTE] * 256 + [TYPE_NORMAL] * len(learned))
        first = FIRST_BYTE + 256
        self._ids = {p: first + i for i, p in enumerate(learned)}
        self._cache = {}

    @classmethod
    def train(cls, texts, size):
        """Learns a vocabulary of `size` pieces."""
        frequencies = collections.Counter()
        for text in texts:
            frequencies.update(split_words(text))
        characters = collections.Counter()
        for word, frequency in frequencies.items():
            for character in word:
                characters[character] += frequency
        # Ties are broken by the text, never by the order of a hash table.
        singles = sorted(characters, key=lambda c: (-characters[c], c))
        merge_count = size - FIRST_BYTE - 256 - len(singles)
        if merge_count < 0:
            raise ValueError(f"{size} pieces cannot hold {len(singles)} "
                             "characters")
        words = [(list(w), n) for w, n in sorted(frequencies.items())]
        merges = []
        while len(merges) < merge_count:
            counts = count_pairs(words)
            pair = min(counts, key=lambda p: (-counts[p], p))
            # Two pairs may spell the same piece; it is listed once.
            if pair[0] + pair[1] not in merges:
                merges.append(pair[0] + pair[1])
            words = [(merge_pair(s, pair), n) for s, n in words]
        return cls(merges + singles)

    def encode(self, text):
        """Ids of `text`, without BOS and EOS."""
        ids = []
        for word in split_words(text):
            if word not in self._cache:
                self._cache[word] = self._encode_symbols(list(word))
            ids.extend(self._cache[word])
        return ids

    def encode_whole(self, text):
        """As encode(), without the shortcut of going word by word."""
        return self._encode_symbols(list(normalize(text)))

    def _encode_symbols(self, symbols):
        """Joins the neighbours with the best score until none is a piece."""
        while True:
            candidates = [
                (self._ids[a + b], i)
                for i, (a, b) in enumerate(zip(symbols, symbols[1:]))
                if a + b in self._ids]
            if not candidates:
                break
            # A smaller id is a better score; then the leftmost.
            _, i = min(candidates)
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        ids = []
        for symbol in symbols:
            if symbol in self._ids:
                ids.append(self._ids[symbol])
            else:
                ids.extend(FIRST_BYTE + b for b in symbol.encode("utf-8"))
        return ids

    def decode(self, ids):
        """Text of `ids`; special pieces are silent, one blank is dropped."""
        data = bytearray()
        for token in ids:
            kind = self.types[token]
            if kind == TYPE_BYTE:
                data.append(token - FIRST_BYTE)
            elif kind == TYPE_NORMAL:
                data += self.pieces[token].replace(BLANK, " ").encode("utf-8")
        text = data.decode("utf-8", errors="replace")
        return text[1:] if text.startswith(" ") else text
