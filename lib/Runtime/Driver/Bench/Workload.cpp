//===- Workload.cpp - What a token costs at least -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Workload.h"

#include "Runtime/Program.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <array>
#include <map>

namespace espresso::runtime::bench {

/// Operations that take one row of a table for each column.
static bool readsRows(std::string_view op) {
  return op == "espresso.embedding" || op == "espresso.position_embedding" ||
         op == "gather";
}

/// Operations that multiply columns by their weights.
static bool isProduct(std::string_view op) {
  static constexpr std::array<std::string_view, 8> kProducts = {
      "conv",
      "linear",
      "matmul",
      "espresso.ffn",
      "espresso.head",
      "espresso.greedy_head",
      "espresso.linear",
      "espresso.router"};
  return std::find(kProducts.begin(), kProducts.end(), op) != kProducts.end();
}

/// A weight as a matrix [rows, columns]; one row or column only is a vector.
static kernels::MatrixView getMatrix(const WeightInfo &weight) {
  const Shape &shape = weight.type.shape;
  const int64_t rows = shape.empty() ? 1 : shape[0];
  if (rows <= 1 || weight.type.count == rows)
    return {};
  return {weight.type.type, weight.data, rows, weight.type.count / rows};
}

/// Bytes of an element as it is stored; floats and bytes are all there is.
static int64_t getStoredSize(DataType type) {
  return static_cast<int64_t>(getBitWidth(type) + 7) / 8;
}

/// Walks the steps of `decode` and of what it calls, in their order.
class Workload::Collector {
public:
  Collector(const Program &program, Workload &workload)
      : plan(program.getPlan()), workload(workload) {}

  void visit(uint32_t function) {
    const FunctionInfo &info = plan.functions[function];
    for (const plan::Step &step : info.message->steps()) {
      if (step.op() == "espresso.call")
        visit(step.callee());
      else
        visit(step, info);
    }
  }

  /// `vocabulary` is how many logits there are.
  void finish(int64_t vocabulary) {
    for (const auto &[data, size] : ranges) {
      workload.weights.emplace_back(data, size);
      workload.weightBytes += size;
    }
    takeHead(vocabulary);
    for (const kernels::MatrixView &product : workload.products)
      workload.productFlops += getFlops(product);
  }

private:
  static double getFlops(const kernels::MatrixView &matrix) {
    return 2.0 * static_cast<double>(matrix.rows) *
           static_cast<double>(matrix.columns);
  }

  /// The last products whose rows together are the logits make them.
  void takeHead(int64_t vocabulary) {
    std::vector<kernels::MatrixView> &products = workload.products;
    int64_t rows = 0;
    double flops = 0;
    size_t first = products.size();
    while (first > 0 && rows < vocabulary) {
      rows += products[--first].rows;
      flops += getFlops(products[first]);
    }
    if (rows != vocabulary)
      return; // all are taken for products of every column
    workload.headFlops = flops;
    products.resize(first);
  }

  void visit(const plan::Step &step, const FunctionInfo &info) {
    for (const plan::Operand &operand : step.operands())
      for (uint32_t value : operand.values())
        if (info.values[value].source == Source::Weight &&
            !readsRows(step.op()))
          addWeight(step, plan.weights[info.values[value].index]);
    addCaches(step, info);
  }

  void addWeight(const plan::Step &step, const WeightInfo &weight) {
    const uint64_t size = static_cast<uint64_t>(weight.type.count) *
                          getStoredSize(weight.type.type);
    ranges[weight.data] = std::max(ranges[weight.data], size);
    if (!isProduct(step.op()))
      return;
    const kernels::MatrixView matrix = getMatrix(weight);
    if (matrix.rows > 0)
      workload.products.push_back(matrix);
  }

  static int64_t getInteger(const plan::Step &step, std::string_view name) {
    for (const plan::Attribute &attribute : step.attributes())
      if (attribute.name() == name)
        return attribute.integer();
    return 0;
  }

  void addCaches(const plan::Step &step, const FunctionInfo &info) {
    if (step.op() == "espresso.cache_write")
      return;
    CacheRead read;
    int64_t queries = 0, rows = 0, taps = 0;
    for (const plan::Operand &operand : step.operands()) {
      if (operand.values_size() != 1)
        continue;
      const ValueInfo &value = info.values[operand.values(0)];
      const Shape &shape = value.type.shape;
      if (operand.name() == "q" && shape.size() > 1)
        queries = shape[1];
      if (operand.name() == "weight" && shape.size() > 1)
        taps = shape[1];
      if (value.source != Source::State || shape.size() != 2)
        continue;
      rows = shape[0];
      read.rowBytes += shape[1] * getStoredSize(value.type.type);
    }
    if (read.rowBytes == 0)
      return;
    // A score and a weighted value for each channel of the queries.
    read.rowFlops = 4.0 * static_cast<double>(queries);
    read.window = getInteger(step, "window");
    if (step.op() == "espresso.cache_read")
      read.fixed = rows;
    if (step.op() == "espresso.short_conv")
      read.window = taps;
    workload.cacheReads.push_back(read);
  }

  const CheckedPlan &plan;
  Workload &workload;
  std::map<const uint8_t *, uint64_t> ranges; ///< in the order of the files
};

absl::StatusOr<Workload> Workload::create(const Bundle &bundle) {
  const Program &program = bundle.getProgram();
  const CompiledFunction *decode = program.find("decode");
  if (!decode)
    return absl::InvalidArgumentError(absl::StrCat(
        bundle.getPath(), "/host.plan: there is no function 'decode'"));
  Workload workload;
  Collector collector(program, workload);
  collector.visit(program.getIndex(*decode));
  collector.finish(bundle.getModel().vocabularySize);
  return workload;
}

int64_t Workload::CacheRead::getRows(int64_t position) const {
  if (fixed > 0)
    return fixed;
  return window > 0 ? std::min(window, position + 1) : position + 1;
}

uint64_t Workload::getCacheBytes(int64_t position) const {
  uint64_t bytes = 0;
  for (const CacheRead &read : cacheReads)
    bytes += read.rowBytes * read.getRows(position);
  return bytes;
}

double Workload::getAttentionFlops(int64_t position) const {
  double flops = 0;
  for (const CacheRead &read : cacheReads)
    flops += read.rowFlops * static_cast<double>(read.getRows(position));
  return flops;
}

} // namespace espresso::runtime::bench
