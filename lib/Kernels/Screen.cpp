//===- Screen.cpp - The best row, by a copy in int8 -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Screen.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/HeadBounds.h"
#include "Kernels/Screen-inl.h"
#include "hwy/highway.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

static float largestOf(const MatrixView &row) {
  float largest = 0;
  withElements(row, [&](const auto *elements) HWY_ATTR {
    largest = findLargest(elements, row.columns);
  });
  return largest;
}

static float sumSquaresOf(const MatrixView &row, float inverse) {
  float sum = 0;
  withElements(row, [&](const auto *elements) HWY_ATTR {
    sum = sumSquares(elements, row.columns, inverse);
  });
  return sum;
}

static RowSums copyElements(const MatrixView &row, float inverse, int8_t *out) {
  RowSums sums;
  withElements(row, [&](const auto *elements) HWY_ATTR {
    sums = copyRow(elements, row.columns, inverse, out);
  });
  return sums;
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(largestOf);
HWY_EXPORT(sumSquaresOf);
HWY_EXPORT(copyElements);
HWY_EXPORT(multiplyCopies);

/// Rows are padded to cache lines of int8.
static constexpr int64_t kLine = 64;
static constexpr std::align_val_t kAlignment{kLine};
static constexpr float kMostSteps = 127; ///< of int8, either side of zero
/// Columns up to which sums of int8 times int16 can be kept below 2^31, and
/// sums of as many squares are right to a quarter.
static constexpr int64_t kMostColumns = int64_t{1} << 22;
/// Rows whose products a thread has at once.
static constexpr int64_t kRowsTogether = 256;
/// Magnitudes below which an inverse would overflow.
static constexpr float kLeastLargest = 0x1p-100f;

void ScreenedRows::Free::operator()(int8_t *memory) const {
  ::operator delete(memory, kAlignment);
}

/// Has every thread `run` some rows [begin, end), which returns the first bad
/// one of them or -1. Returns the first of all.
template <typename Run>
static int64_t forRows(int64_t rows, ThreadPool &pool, Run run) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  std::atomic<int64_t> first{kNone};
  pool.parallelFor(rows, kRowsTogether,
                   [&](int64_t begin, int64_t end, unsigned) {
                     const int64_t bad = run(begin, end);
                     int64_t seen = first.load();
                     while (bad >= 0 && bad < seen &&
                            !first.compare_exchange_weak(seen, bad)) {
                     }
                   });
  return first.load() == kNone ? -1 : first.load();
}

static bool isBad(float largest, std::span<const float> bias, int64_t row) {
  return !std::isfinite(largest) ||
         (!bias.empty() && !std::isfinite(bias[row]));
}

/// Sums of n squares in fp32 are off by less than n 2^-24 of themselves.
static double getSquareSlack(int64_t n) {
  return 1 + static_cast<double>(n + 8) * 0x1p-23;
}

int64_t getRowNorms(const MatrixView &w, std::span<const float> bias,
                    std::span<double> norms, ThreadPool &pool) {
  const double n = static_cast<double>(w.columns);
  return forRows(w.rows, pool, [&](int64_t begin, int64_t end) -> int64_t {
    for (int64_t r = begin; r < end; ++r) {
      const MatrixView row = w.getRows(r, 1);
      const float largest = HWY_DYNAMIC_DISPATCH(largestOf)(row);
      if (isBad(largest, bias, r))
        return r;
      // Quotients by the largest neither overflow nor, if they matter,
      // underflow; two roundings each.
      norms[r] = std::sqrt(n) * largest;
      if (largest >= kLeastLargest)
        norms[r] =
            largest *
            std::sqrt(HWY_DYNAMIC_DISPATCH(sumSquaresOf)(row, 1 / largest) *
                      getSquareSlack(w.columns)) *
            (1 + 0x1p-20);
    }
    return -1;
  });
}

static float roundUp(double value) {
  const float rounded = static_cast<float>(value);
  return rounded < value
             ? std::nextafter(rounded, std::numeric_limits<float>::infinity())
             : rounded;
}

std::unique_ptr<ScreenedRows> ScreenedRows::create(const MatrixView &w,
                                                   std::span<const float> bias,
                                                   ThreadPool &pool,
                                                   int64_t *firstBadRow) {
  *firstBadRow = -1;
  if (w.columns > kMostColumns)
    return nullptr;
  auto made = std::unique_ptr<ScreenedRows>(new ScreenedRows());
  ScreenedRows &copy = *made;
  copy.w = w;
  copy.bias.assign(bias.begin(), bias.end());
  copy.stride = (w.columns + kLine - 1) / kLine * kLine;
  copy.rows.reset(static_cast<int8_t *>(::operator new(
      static_cast<size_t>(w.rows * copy.stride), kAlignment, std::nothrow)));
  if (!copy.rows)
    return nullptr;
  copy.scales.resize(w.rows);
  copy.norms.resize(w.rows);
  copy.errors.resize(w.rows);
  std::vector<float> steps(w.rows);
  *firstBadRow =
      forRows(w.rows, pool, [&](int64_t begin, int64_t end) -> int64_t {
        for (int64_t r = begin; r < end; ++r)
          if (!copy.copyRow(r, steps[r]))
            return r;
        return -1;
      });
  if (*firstBadRow >= 0)
    return nullptr;
  for (int64_t r = 0; r < w.rows; ++r) {
    copy.largestNorm =
        std::max(copy.largestNorm, double{copy.norms[r]} + copy.errors[r]);
    copy.mostSteps = std::max(copy.mostSteps, double{steps[r]});
  }
  for (float value : bias)
    copy.largestBias = std::max(copy.largestBias, std::abs(double{value}));
  return made;
}

bool ScreenedRows::copyRow(int64_t r, float &steps) {
  const MatrixView row = w.getRows(r, 1);
  const double n = static_cast<double>(w.columns);
  int8_t *out = rows.get() + r * stride;
  std::fill(out + w.columns, out + stride, int8_t{0});
  const float largest = HWY_DYNAMIC_DISPATCH(largestOf)(row);
  if (isBad(largest, bias, r))
    return false;
  if (largest < kLeastLargest) {
    // Nothing is copied, all is missing.
    std::fill_n(out, w.columns, int8_t{0});
    scales[r] = norms[r] = steps = 0;
    errors[r] = roundUp(std::sqrt(n) * largest);
    return true;
  }
  scales[r] = largest / kMostSteps;
  const RowSums sums =
      HWY_DYNAMIC_DISPATCH(copyElements)(row, 1 / scales[r], out);
  // A quotient of up to 127.5 is off by two roundings, that of the inverse and
  // its own: by less than 1.6e-5.
  constexpr double kQuotientError = 1.6e-5;
  const double slack = getSquareSlack(w.columns);
  const double norm = std::sqrt(sums.copied * slack);
  const double missing =
      std::sqrt(sums.missing * slack) + std::sqrt(n) * kQuotientError;
  steps = roundUp(norm);
  norms[r] = roundUp(scales[r] * norm);
  errors[r] = roundUp(scales[r] * missing);
  return true;
}

int64_t ScreenedRows::getBytes() const {
  return w.rows * stride + static_cast<int64_t>((scales.size() + norms.size() +
                                                 errors.size() + bias.size()) *
                                                sizeof(float));
}

namespace {

/// x in int16: x[i] is about scale * steps[i], off by a vector of a norm of at
/// most `error`.
struct ShortColumn {
  double scale = 0, error = 0;
};

} // namespace

/// Steps are so long that a sum of steps times a row of the copy, of the norm
/// `mostSteps`, fits 32 bits: no part of it is larger than the product of the
/// norms.
static ShortColumn shorten(std::span<const float> x, double norm,
                           double mostSteps, int64_t stride, int16_t *steps) {
  constexpr double kMost = 32767, kLargestSum = 0x1p31 * 0.999;
  const double n = static_cast<double>(x.size());
  double largest = 0;
  for (float value : x)
    largest = std::max(largest, std::abs(double{value}));
  ShortColumn column;
  column.scale = largest / kMost;
  // The norm of the steps is at most norm / scale + sqrt(n) / 2.
  if (mostSteps > 0)
    column.scale = std::max(
        column.scale, norm / (kLargestSum / mostSteps - std::sqrt(n) / 2));
  std::fill(steps + x.size(), steps + stride, int16_t{0});
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double step =
        column.scale > 0 ? std::nearbyint(x[i] / column.scale) : 0.0;
    steps[i] = static_cast<int16_t>(std::clamp(step, -kMost, kMost));
    const double missing = x[i] - column.scale * steps[i];
    squares += missing * missing;
  }
  // What is missing is off by two roundings of numbers up to `largest`.
  column.error = std::sqrt(squares) * (1 + (n + 4) * 0x1p-52) +
                 std::sqrt(n) * largest * 0x1p-51;
  return column;
}

Best ScreenedRows::search(std::span<const float> x, ThreadPool &pool,
                          SearchCounts &counts) const {
  ++counts.searches;
  x = x.first(w.columns);
  const double norm = getNormBound(x);
  if (!(largestNorm * norm + largestBias < kLargestProduct))
    return searchAll(w, x, bias, pool, counts);
  const int64_t threads = pool.getNumThreads();
  // Doubles first, for their alignment.
  struct Found {
    double floor = -std::numeric_limits<double>::infinity();
    Best best;
    int64_t rescored = 0;
  };
  constexpr int64_t kDouble = sizeof(double) / sizeof(float);
  constexpr int64_t kFound = sizeof(Found) / sizeof(float);
  float *memory =
      pool.getWorkspace(w.rows * kDouble + threads * kFound + stride / 2);
  double *ceilings = reinterpret_cast<double *>(memory);
  Found *found = reinterpret_cast<Found *>(memory + w.rows * kDouble);
  std::fill_n(found, threads, Found());
  int16_t *steps = reinterpret_cast<int16_t *>(found + threads);
  const ShortColumn column = shorten(x, norm, mostSteps, stride, steps);

  // |w x - s| <= |w^| |e_x| + |e_w| |x|, and the product itself rounds by a
  // part of |w| |x| <= (|w^| + |e_w|) |x|; that of s in binary64 is less.
  const ProductErrors product = getProductErrors(w.columns);
  const double relative = product.relative + 0x1p-40;
  const double ofNorm = column.error + relative * norm;
  const double ofError = norm * (1 + relative);
  pool.parallelChunks(
      w.rows, kRowsTogether, [&](int64_t begin, int64_t end, unsigned thread) {
        int32_t products[kRowsTogether];
        double floor = -std::numeric_limits<double>::infinity();
        for (int64_t row = begin; row < end; row += kRowsTogether) {
          const int64_t count = std::min(kRowsTogether, end - row);
          HWY_DYNAMIC_DISPATCH(multiplyCopies)
          (rows.get(), stride, steps, row, row + count, products);
          for (int64_t i = 0; i < count; ++i) {
            const int64_t r = row + i;
            const double shift = bias.empty() ? 0.0 : bias[r];
            const double middle =
                column.scale * scales[r] * products[i] + shift;
            const double bound =
                norms[r] * ofNorm + errors[r] * ofError + product.absolute;
            const double radius = bound * (1 + 2 * kBiasError) +
                                  kBiasError * std::abs(middle) +
                                  0x1p-50 * std::abs(shift);
            ceilings[r] = middle + radius;
            floor = std::max(floor, middle - radius);
          }
        }
        found[thread].floor = std::max(found[thread].floor, floor);
      });
  double floor = -std::numeric_limits<double>::infinity();
  for (int64_t thread = 0; thread < threads; ++thread)
    floor = std::max(floor, found[thread].floor);

  pool.parallelChunks(
      w.rows, 8 * kRowsTogether,
      [&](int64_t begin, int64_t end, unsigned thread) {
        Found &mine = found[thread];
        for (int64_t r = begin; r < end; ++r) {
          if (ceilings[r] < floor)
            continue;
          float logit = 0;
          multiplyRows(w.getRows(r, 1), {.data = x.data(), .count = 1},
                       bias.empty() ? nullptr : &bias[r], &logit, 0, 1, thread);
          mine.best.take({r, logit});
          ++mine.rescored;
        }
      });
  Best best;
  for (int64_t thread = 0; thread < threads; ++thread) {
    best.take(found[thread].best);
    counts.rescored += found[thread].rescored;
  }
  return best;
}

} // namespace espresso::kernels
#endif // HWY_ONCE
