//===- BlockPacker.cpp - Encodes blocks from their description ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockPacker.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace espresso::test {

int BlockDraw::integer(int most) {
  // xorshift32
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  if (mode != Mode::Random)
    return mode == Mode::Least ? 0 : most;
  return static_cast<int>(state >> 8) % (most + 1);
}

uint16_t BlockDraw::half() {
  if (mode == Mode::Least)
    return 0x8001; // the least subnormal, negative
  if (mode == Mode::Most)
    return 0x7bff; // 65504
  return static_cast<uint16_t>(integer(1) << 15 | integer(30) << 10 |
                               integer(1023));
}

double BlockDraw::decodeHalf(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 0 ? std::ldexp(fraction, -24)
                               : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -value : value;
}

namespace {

class Packer {
public:
  Packer(BlockEncoding encoding, BlockDraw &draw)
      : draw(draw), numElements(static_cast<int>(getBlockLength(encoding))) {
    block.bytes.assign(getBlockByteSize(encoding), '\0');
    block.values.resize(numElements);
    block.magnitudes.resize(numElements);
  }

  /// Sets bits of a byte that were 0.
  void put(size_t byte, int shift, int value) {
    block.bytes[byte] = static_cast<char>(
        static_cast<uint8_t>(block.bytes[byte]) | value << shift);
  }
  double putHalf(size_t byte) {
    uint16_t bits = draw.half();
    put(byte, 0, bits & 255);
    put(byte + 1, 0, bits >> 8);
    block.words.emplace_back(byte, 2);
    return BlockDraw::decodeHalf(bits);
  }
  void set(int index, double product, double minimum = 0) {
    block.values[index] = product - minimum;
    block.magnitudes[index] = std::max(std::fabs(product), std::fabs(minimum));
  }
  BlockDraw &draw;
  int numElements;
  PackedBlock block;
};

} // namespace

//===----------------------------------------------------------------------===//
// Blocks of 32
//===----------------------------------------------------------------------===//

/// Elements 0 … 15 are low nibbles of consecutive bytes, 16 … 31 high ones.
static void putNibble(Packer &p, size_t start, int index, int value) {
  p.put(start + index % 16, index < 16 ? 0 : 4, value);
}

static void packSimple(Packer &p, int bits, bool hasMinimum) {
  double d = p.putHalf(0), m = hasMinimum ? p.putHalf(2) : 0;
  size_t start = hasMinimum ? 4 : 2;
  if (bits == 5) {
    p.block.words.emplace_back(start, 4);
    start += 4;
  }
  int zero = hasMinimum ? 0 : 1 << (bits - 1);
  for (int i = 0; i < 32; ++i) {
    int q = p.draw.integer((1 << bits) - 1);
    putNibble(p, start, i, q & 15);
    if (bits == 5)
      p.put(start - 4 + i / 8, i % 8, q / 16);
    p.set(i, d * (q - zero), -m);
  }
}

static void packQ8_0(Packer &p) {
  double d = p.putHalf(0);
  for (int i = 0; i < 32; ++i) {
    int byte = p.draw.integer(255);
    p.put(2 + i, 0, byte);
    p.set(i, d * (byte < 128 ? byte : byte - 256));
  }
}

static double decodeNonLinear(int nibble) {
  static const int kValues[] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                1,    13,   25,  38,  53,  69,  89,  113};
  return kValues[nibble];
}

static void packIQ4_NL(Packer &p) {
  double d = p.putHalf(0);
  for (int i = 0; i < 32; ++i) {
    int nibble = p.draw.integer(15);
    putNibble(p, 2, i, nibble);
    p.set(i, d * decodeNonLinear(nibble));
  }
}

static void packMXFP4(Packer &p) {
  int exponent = p.draw.integer(254);
  p.put(0, 0, exponent);
  for (int i = 0; i < 32; ++i) {
    // Sign, two bits of exponent with bias 1, one of mantissa.
    int nibble = p.draw.integer(15);
    int e = nibble >> 1 & 3, m = nibble & 1;
    double value = e == 0 ? 0.5 * m : std::ldexp(1 + 0.5 * m, e - 1);
    putNibble(p, 1, i, nibble);
    p.set(i, std::ldexp(nibble & 8 ? -value : value, exponent - 127));
  }
}

//===----------------------------------------------------------------------===//
// Blocks of 256
//===----------------------------------------------------------------------===//

/// Two bits of 256 elements in 64 bytes: element by element as the format's
/// loops have it, 2 halves of 4 shifts of 32 bytes.
static void putPairs(Packer &p, size_t start, const std::vector<int> &q) {
  int index = 0;
  for (int half = 0; half < 2; ++half)
    for (int shift = 0; shift < 8; shift += 2)
      for (int byte = 0; byte < 32; ++byte)
        p.put(start + half * 32 + byte, shift, q[index++] & 3);
}

/// One more bit each in 32 bytes.
static void putBits(Packer &p, size_t start, const std::vector<int> &bits) {
  int index = 0;
  for (int shift = 0; shift < 8; ++shift)
    for (int byte = 0; byte < 32; ++byte)
      p.put(start + byte, shift, bits[index++]);
}

/// The bits of one number are one letter in the layout: where the letter is
/// `low`, its low bits, where it is `high`, those above `numLow`.
static void putLetters(Packer &p, size_t start,
                       const std::vector<const char *> &layout, char low,
                       char high, int numLow, int value) {
  for (size_t byte = 0; byte < layout.size(); ++byte) {
    int lowDone = 0, highDone = numLow;
    for (int bit = 0; bit < 8; ++bit) {
      char letter = layout[byte][7 - bit];
      if (letter == low)
        p.put(start + byte, bit, value >> lowDone++ & 1);
      else if (letter == high)
        p.put(start + byte, bit, value >> highDone++ & 1);
    }
  }
}

static std::vector<int> drawAll(Packer &p, int most) {
  std::vector<int> q(p.numElements);
  for (int &value : q)
    value = p.draw.integer(most);
  return q;
}

static void packQ2_K(Packer &p) {
  double d = p.putHalf(80), m = p.putHalf(82);
  std::vector<int> q = drawAll(p, 3);
  putPairs(p, 16, q);
  for (int group = 0; group < 16; ++group) {
    int scale = p.draw.integer(15), minimum = p.draw.integer(15);
    p.put(group, 0, scale);
    p.put(group, 4, minimum);
    for (int i = group * 16; i < group * 16 + 16; ++i)
      p.set(i, d * scale * q[i], m * minimum);
  }
}

static void packQ3_K(Packer &p) {
  // Letters a … p are the groups; upper case marks their two high bits.
  static const std::vector<const char *> kScales = {
      "iiiiaaaa", "jjjjbbbb", "kkkkcccc", "lllldddd", "mmmmeeee", "nnnnffff",
      "oooogggg", "pppphhhh", "MMIIEEAA", "NNJJFFBB", "OOKKGGCC", "PPLLHHDD"};
  double d = p.putHalf(108);
  std::vector<int> q = drawAll(p, 7), high;
  putPairs(p, 32, q);
  for (int value : q)
    high.push_back(value / 4);
  putBits(p, 0, high);
  for (int group = 0; group < 16; ++group) {
    int scale = p.draw.integer(63);
    putLetters(p, 96, kScales, static_cast<char>('a' + group),
               static_cast<char>('A' + group), 4, scale);
    for (int i = group * 16; i < group * 16 + 16; ++i)
      p.set(i, d * (scale - 32) * (q[i] - 4));
  }
}

/// Groups a … h: lower case for scales, of which groups e … h are split into
/// four low bits (e) and two high ones (E); i … p for minima likewise.
static const std::vector<const char *> kScalesAndMinima = {
    "EEaaaaaa", "FFbbbbbb", "GGcccccc", "HHdddddd", "MMiiiiii", "NNjjjjjj",
    "OOkkkkkk", "PPllllll", "mmmmeeee", "nnnnffff", "oooogggg", "pppphhhh"};

static void packWithMinima(Packer &p, int bits) {
  double d = p.putHalf(0), m = p.putHalf(2);
  std::vector<int> q = drawAll(p, (1 << bits) - 1), high;
  size_t start = bits == 5 ? 48 : 16;
  for (int i = 0; i < 256; ++i) {
    p.put(start + i / 64 * 32 + i % 32, i % 64 < 32 ? 0 : 4, q[i] & 15);
    high.push_back(q[i] / 16);
  }
  if (bits == 5)
    putBits(p, 16, high);
  for (int group = 0; group < 8; ++group) {
    int scale = p.draw.integer(63), minimum = p.draw.integer(63);
    int numLow = group < 4 ? 6 : 4;
    auto letter = [&](char first) { return static_cast<char>(first + group); };
    putLetters(p, 4, kScalesAndMinima, letter('a'), letter('A'), numLow, scale);
    putLetters(p, 4, kScalesAndMinima, letter('i'), letter('I'), numLow,
               minimum);
    for (int i = group * 32; i < group * 32 + 32; ++i)
      p.set(i, d * scale * q[i], m * minimum);
  }
}

static void packQ6_K(Packer &p) {
  double d = p.putHalf(208);
  std::vector<int> q = drawAll(p, 63), high;
  for (int i = 0; i < 256; ++i) {
    p.put(i / 128 * 64 + i % 64, i % 128 < 64 ? 0 : 4, q[i] & 15);
    high.push_back(q[i] / 16);
  }
  putPairs(p, 128, high);
  for (int group = 0; group < 16; ++group) {
    int byte = p.draw.integer(255);
    p.put(192 + group, 0, byte);
    int scale = byte < 128 ? byte : byte - 256;
    for (int i = group * 16; i < group * 16 + 16; ++i)
      p.set(i, d * scale * (q[i] - 32));
  }
}

static void packIQ4_XS(Packer &p) {
  double d = p.putHalf(0);
  p.block.words.emplace_back(2, 2);
  for (int group = 0; group < 8; ++group) {
    int scale = p.draw.integer(63);
    p.put(4 + group / 2, group % 2 * 4, scale % 16);
    p.put(2 + group / 4, group % 4 * 2, scale / 16);
    for (int i = 0; i < 32; ++i) {
      int nibble = p.draw.integer(15);
      putNibble(p, 8 + group * 16, i, nibble);
      p.set(group * 32 + i, d * (scale - 32) * decodeNonLinear(nibble));
    }
  }
}

/// Digits of one byte, the most significant first: value · 256 / 3^5, rounded
/// up, so that multiplying by 3 brings them out one by one.
static int packDigits(const std::vector<int> &digits) {
  int value = 0;
  for (int i = 0; i < 5; ++i)
    value = value * 3 + (i < static_cast<int>(digits.size()) ? digits[i] : 0);
  return (value * 256 + 242) / 243;
}

static void packTQ1_0(Packer &p) {
  double d = p.putHalf(52);
  int index = 0, byte = 0;
  for (auto [numBytes, numDigits] :
       {std::pair(32, 5), std::pair(16, 5), std::pair(4, 4)}) {
    for (int i = 0; i < numBytes; ++i) {
      std::vector<int> digits(numDigits);
      for (int k = 0; k < numDigits; ++k) {
        digits[k] = p.draw.integer(2);
        p.set(index + k * numBytes + i, d * (digits[k] - 1));
      }
      p.put(byte++, 0, packDigits(digits));
    }
    index += numBytes * numDigits;
  }
}

static void packTQ2_0(Packer &p) {
  double d = p.putHalf(64);
  std::vector<int> q = drawAll(p, 3);
  putPairs(p, 0, q);
  for (int i = 0; i < 256; ++i)
    p.set(i, d * (q[i] - 1));
}

PackedBlock packBlock(BlockEncoding encoding, BlockDraw &draw) {
  Packer p(encoding, draw);
  switch (encoding) {
  case BlockEncoding::Q4_0:
    packSimple(p, 4, false);
    break;
  case BlockEncoding::Q4_1:
    packSimple(p, 4, true);
    break;
  case BlockEncoding::Q5_0:
    packSimple(p, 5, false);
    break;
  case BlockEncoding::Q5_1:
    packSimple(p, 5, true);
    break;
  case BlockEncoding::Q8_0:
    packQ8_0(p);
    break;
  case BlockEncoding::Q2_K:
    packQ2_K(p);
    break;
  case BlockEncoding::Q3_K:
    packQ3_K(p);
    break;
  case BlockEncoding::Q4_K:
    packWithMinima(p, 4);
    break;
  case BlockEncoding::Q5_K:
    packWithMinima(p, 5);
    break;
  case BlockEncoding::Q6_K:
    packQ6_K(p);
    break;
  case BlockEncoding::IQ4_NL:
    packIQ4_NL(p);
    break;
  case BlockEncoding::IQ4_XS:
    packIQ4_XS(p);
    break;
  case BlockEncoding::TQ1_0:
    packTQ1_0(p);
    break;
  case BlockEncoding::TQ2_0:
    packTQ2_0(p);
    break;
  case BlockEncoding::MXFP4:
    packMXFP4(p);
    break;
  }
  return std::move(p.block);
}

} // namespace espresso::test
