//===- BlockFormats.cpp - Layouts of block-quantised elements -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The layouts of GGUF's quantised types. q is an element's integer, d and m are
// fp16 numbers of the block.
//
//===----------------------------------------------------------------------===//

#include "BlockFormats.h"

#include "espresso/Base/Half.h"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace espresso {

static float loadHalf(const uint8_t *bytes) {
  return halfToFloat(static_cast<uint16_t>(bytes[0] | bytes[1] << 8));
}

static float toFloat(uint8_t byte) {
  return static_cast<float>(static_cast<int8_t>(byte));
}

//===----------------------------------------------------------------------===//
// Blocks of 32
//===----------------------------------------------------------------------===//

/// Elements of a block of 32. The first half is in the low nibbles, the second
/// in the high ones.
static constexpr int kHalf = 16;

static void decodeQ4_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  const uint8_t *nibbles = block + 2;
  for (int i = 0; i < kHalf; ++i) {
    out[i] = d * static_cast<float>((nibbles[i] & 0xf) - 8);
    out[i + kHalf] = d * static_cast<float>((nibbles[i] >> 4) - 8);
  }
}

static void decodeQ4_1(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  const uint8_t *nibbles = block + 4;
  for (int i = 0; i < kHalf; ++i) {
    out[i] = d * static_cast<float>(nibbles[i] & 0xf) + m;
    out[i + kHalf] = d * static_cast<float>(nibbles[i] >> 4) + m;
  }
}

/// The 32 integers of five bits: the fifth bits come first, from the least
/// significant bit of a 32-bit number on.
static void unpackFiveBits(const uint8_t *bytes, int *out) {
  const uint32_t high = bytes[0] | bytes[1] << 8 | bytes[2] << 16 |
                        static_cast<uint32_t>(bytes[3]) << 24;
  const uint8_t *nibbles = bytes + 4;
  for (int i = 0; i < kHalf; ++i) {
    out[i] = (nibbles[i] & 0xf) | static_cast<int>(high >> i & 1) << 4;
    out[i + kHalf] = nibbles[i] >> 4 | static_cast<int>(high >> (i + kHalf) & 1)
                                           << 4;
  }
}

static void decodeQ5_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  int q[2 * kHalf];
  unpackFiveBits(block + 2, q);
  for (int i = 0; i < 2 * kHalf; ++i)
    out[i] = d * static_cast<float>(q[i] - 16);
}

static void decodeQ5_1(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  int q[2 * kHalf];
  unpackFiveBits(block + 4, q);
  for (int i = 0; i < 2 * kHalf; ++i)
    out[i] = d * static_cast<float>(q[i]) + m;
}

static void decodeQ8_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  for (int i = 0; i < 2 * kHalf; ++i)
    out[i] = d * toFloat(block[2 + i]);
}

/// The values that the nibbles of IQ4_NL and IQ4_XS stand for.
static constexpr float kNonLinear[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/// E2M1, the 4-bit floats of the OCP microscaling formats.
static constexpr float kFloat4[16] = {0,    0.5f,  1,  1.5f,  2,  3,  4,  6,
                                      -0.f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

static void decodeNibbles(const uint8_t *nibbles, float scale,
                          const float *values, float *out) {
  for (int i = 0; i < kHalf; ++i) {
    out[i] = scale * values[nibbles[i] & 0xf];
    out[i + kHalf] = scale * values[nibbles[i] >> 4];
  }
}

static void decodeIQ4_NL(const uint8_t *block, float *out) {
  decodeNibbles(block + 2, loadHalf(block), kNonLinear, out);
}

/// The scale is E8M0: a power of two, or NaN.
static void decodeMXFP4(const uint8_t *block, float *out) {
  constexpr int kBias = 127, kNaN = 255;
  const float scale = block[0] == kNaN ? std::numeric_limits<float>::quiet_NaN()
                                       : std::ldexp(1.0f, block[0] - kBias);
  decodeNibbles(block + 1, scale, kFloat4, out);
}

//===----------------------------------------------------------------------===//
// Blocks of 256
//===----------------------------------------------------------------------===//

static constexpr int kSuper = 256;

/// 16 groups of 16: a nibble of scale and one of minimum each. Two bits an
/// element: of 128 elements, 32 share a bit position.
static void decodeQ2_K(const uint8_t *block, float *out) {
  const uint8_t *scales = block, *bits = block + 16;
  const float d = loadHalf(block + 80), m = loadHalf(block + 82);
  for (int i = 0; i < kSuper; ++i) {
    const int q = bits[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
    const uint8_t scale = scales[i / 16];
    out[i] = d * static_cast<float>(scale & 0xf) * static_cast<float>(q) -
             m * static_cast<float>(scale >> 4);
  }
}

/// The scale of group `group` of Q3_K: four low bits in the first eight bytes,
/// two high ones in the last four.
static int getQ3Scale(const uint8_t *scales, int group) {
  const int low = scales[group % 8] >> (group / 8 * 4) & 0xf;
  const int high = scales[8 + group % 4] >> (group / 4 * 2) & 3;
  return (low | high << 4) - 32;
}

/// As Q2_K with a third bit, which takes 4 off where it is not set, and no
/// minimum.
static void decodeQ3_K(const uint8_t *block, float *out) {
  const uint8_t *high = block, *bits = block + 32, *scales = block + 96;
  const float d = loadHalf(block + 108);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(getQ3Scale(scales, group));
    for (int i = group * 16; i < group * 16 + 16; ++i) {
      const int low = bits[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
      const int isSet = high[i % 32] >> i / 32 & 1;
      out[i] = scale * static_cast<float>(low - (isSet ? 0 : 4));
    }
  }
}

/// Scale and minimum of group `group` of Q4_K and Q5_K, six bits each.
static void getScaleAndMin(const uint8_t *packed, int group, float &scale,
                           float &min) {
  int s, m;
  if (group < 4) {
    s = packed[group] & 63;
    m = packed[group + 4] & 63;
  } else {
    s = (packed[group + 4] & 0xf) | packed[group - 4] >> 6 << 4;
    m = packed[group + 4] >> 4 | packed[group] >> 6 << 4;
  }
  scale = static_cast<float>(s);
  min = static_cast<float>(m);
}

/// 8 groups of 32; two groups share 32 bytes, the first in the low nibbles.
static void decodeQ4_K(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  const uint8_t *nibbles = block + 16;
  for (int group = 0; group < 8; ++group) {
    float scale, min;
    getScaleAndMin(block + 4, group, scale, min);
    scale *= d;
    min *= m;
    for (int i = 0; i < 32; ++i) {
      const int q = nibbles[group / 2 * 32 + i] >> group % 2 * 4 & 0xf;
      out[group * 32 + i] = scale * static_cast<float>(q) - min;
    }
  }
}

/// Q4_K with a fifth bit: group g has bit g of 32 bytes.
static void decodeQ5_K(const uint8_t *block, float *out) {
  const float d = loadHalf(block), m = loadHalf(block + 2);
  const uint8_t *high = block + 16, *nibbles = block + 48;
  for (int group = 0; group < 8; ++group) {
    float scale, min;
    getScaleAndMin(block + 4, group, scale, min);
    scale *= d;
    min *= m;
    for (int i = 0; i < 32; ++i) {
      const int low = nibbles[group / 2 * 32 + i] >> group % 2 * 4 & 0xf;
      const int q = low | (high[i] >> group & 1) << 4;
      out[group * 32 + i] = scale * static_cast<float>(q) - min;
    }
  }
}

/// 16 groups of 16 with int8 scales. Of 128 elements, the first 64 have their
/// low four bits in low nibbles; 32 share a position of the high two bits.
static void decodeQ6_K(const uint8_t *block, float *out) {
  const uint8_t *low = block, *high = block + 128, *scales = block + 192;
  const float d = loadHalf(block + 208);
  for (int i = 0; i < kSuper; ++i) {
    const int part = i / 128, place = i % 128;
    const int q = (low[part * 64 + place % 64] >> place / 64 * 4 & 0xf) |
                  (high[part * 32 + place % 32] >> place / 32 * 2 & 3) << 4;
    out[i] = d * toFloat(scales[i / 16]) * static_cast<float>(q - 32);
  }
}

/// 8 groups of 32 with scales of six bits: four low ones in nibbles, the high
/// two in a 16-bit number.
static void decodeIQ4_XS(const uint8_t *block, float *out) {
  const float d = loadHalf(block);
  const int high = block[2] | block[3] << 8;
  const uint8_t *low = block + 4, *nibbles = block + 8;
  for (int group = 0; group < 8; ++group) {
    const int scale =
        (low[group / 2] >> group % 2 * 4 & 0xf) | (high >> 2 * group & 3) << 4;
    decodeNibbles(nibbles + group * kHalf, d * static_cast<float>(scale - 32),
                  kNonLinear, out + group * 32);
  }
}

/// Digit `digit` of a byte that holds five base-3 digits as a fraction of 256,
/// less one: −1, 0 or 1.
static float getTernary(uint8_t byte, int digit) {
  static constexpr uint8_t kPowers[5] = {1, 3, 9, 27, 81};
  const auto shifted = static_cast<uint8_t>(byte * kPowers[digit]);
  return static_cast<float>((shifted * 3 >> 8) - 1);
}

/// 160 elements in 32 bytes, 80 in 16, 16 in 4: the digits of a byte are
/// elements as many apart as there are bytes.
static void decodeTQ1_0(const uint8_t *block, float *out) {
  struct Run {
    int numBytes, numDigits;
  };
  const float d = loadHalf(block + 52);
  for (const Run &run : {Run{32, 5}, Run{16, 5}, Run{4, 4}}) {
    for (int digit = 0; digit < run.numDigits; ++digit)
      for (int i = 0; i < run.numBytes; ++i)
        *out++ = d * getTernary(block[i], digit);
    block += run.numBytes;
  }
}

/// Two bits an element, placed as in Q2_K.
static void decodeTQ2_0(const uint8_t *block, float *out) {
  const float d = loadHalf(block + 64);
  for (int i = 0; i < kSuper; ++i) {
    const int q = block[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
    out[i] = d * static_cast<float>(q - 1);
  }
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// In the order of the enumeration.
static constexpr BlockFormat kFormats[] = {
    {BlockEncoding::Q4_0, "q4_0", 32, 18, decodeQ4_0, {{0, 2}}},
    {BlockEncoding::Q4_1, "q4_1", 32, 20, decodeQ4_1, {{0, 2}, {2, 2}}},
    {BlockEncoding::Q5_0, "q5_0", 32, 22, decodeQ5_0, {{0, 2}, {2, 4}}},
    {BlockEncoding::Q5_1, "q5_1", 32, 24, decodeQ5_1, {{0, 2}, {2, 2}, {4, 4}}},
    {BlockEncoding::Q8_0, "q8_0", 32, 34, decodeQ8_0, {{0, 2}}},
    {BlockEncoding::Q2_K, "q2_k", 256, 84, decodeQ2_K, {{80, 2}, {82, 2}}},
    {BlockEncoding::Q3_K, "q3_k", 256, 110, decodeQ3_K, {{108, 2}}},
    {BlockEncoding::Q4_K, "q4_k", 256, 144, decodeQ4_K, {{0, 2}, {2, 2}}},
    {BlockEncoding::Q5_K, "q5_k", 256, 176, decodeQ5_K, {{0, 2}, {2, 2}}},
    {BlockEncoding::Q6_K, "q6_k", 256, 210, decodeQ6_K, {{208, 2}}},
    {BlockEncoding::IQ4_NL, "iq4_nl", 32, 18, decodeIQ4_NL, {{0, 2}}},
    {BlockEncoding::IQ4_XS, "iq4_xs", 256, 136, decodeIQ4_XS, {{0, 2}, {2, 2}}},
    {BlockEncoding::TQ1_0, "tq1_0", 256, 54, decodeTQ1_0, {{52, 2}}},
    {BlockEncoding::TQ2_0, "tq2_0", 256, 66, decodeTQ2_0, {{64, 2}}},
    {BlockEncoding::MXFP4, "mxfp4", 32, 17, decodeMXFP4, {}},
};

const BlockFormat &getBlockFormat(BlockEncoding encoding) {
  const BlockFormat &format = kFormats[static_cast<unsigned>(encoding)];
  assert(format.encoding == encoding && "table out of order");
  return format;
}

int64_t getBlockLength(BlockEncoding encoding) {
  return getBlockFormat(encoding).length;
}

uint64_t getBlockByteSize(BlockEncoding encoding) {
  return getBlockFormat(encoding).byteSize;
}

} // namespace espresso
