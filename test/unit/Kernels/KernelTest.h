//===- KernelTest.h - What the tests of kernels share -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_KERNELS_KERNELTEST_H
#define ESPRESSO_TEST_UNIT_KERNELS_KERNELTEST_H

#include "hwy/highway.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace espresso::kernels {

/// A reproducible source of floats in [-1, 1).
class Noise {
public:
  explicit Noise(uint64_t seed) : state(seed * 2 + 1) {}
  float next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<int64_t>(state) >> 40) / 8388608.0f;
  }
  std::vector<float> take(int64_t n) {
    std::vector<float> values(n);
    for (float &value : values)
      value = next();
    return values;
  }

private:
  uint64_t state;
};

/// Every test runs once for each instruction set this machine has.
class KernelTest : public testing::TestWithParam<int64_t> {
protected:
  void SetUp() override {
    if (!(hwy::SupportedTargets() & GetParam()))
      GTEST_SKIP() << "this machine lacks " << hwy::TargetName(GetParam());
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

/// Sums of n products of fp32 numbers in [-1, 1): n roundings of partial sums
/// of about sqrt(n)/3 differ by n/3 * 2^-24; three times that.
inline double getSumTolerance(int64_t n) {
  return 1e-6 + 6e-8 * static_cast<double>(n);
}

#if HWY_ARCH_X86
inline const auto kTargets =
    testing::Values(HWY_STATIC_TARGET, HWY_SSE4, HWY_AVX2, HWY_AVX3);
#else
inline const auto kTargets = testing::Values(HWY_STATIC_TARGET);
#endif

inline std::string getTargetName(const testing::TestParamInfo<int64_t> &info) {
  return hwy::TargetName(info.param);
}

} // namespace espresso::kernels

#endif // ESPRESSO_TEST_UNIT_KERNELS_KERNELTEST_H
