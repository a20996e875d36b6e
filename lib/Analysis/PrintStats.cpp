//===- PrintStats.cpp - Statistics as text and JSON -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/ProgramStats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Format.h"

namespace espresso {

using OperationCount = std::pair<llvm::StringRef, uint64_t>;

/// The most frequent first, then by name.
static llvm::SmallVector<OperationCount>
sortByCount(const std::map<llvm::StringRef, uint64_t> &operations) {
  llvm::SmallVector<OperationCount> sorted(operations.begin(),
                                           operations.end());
  llvm::stable_sort(
      sorted, [](const auto &a, const auto &b) { return a.second > b.second; });
  return sorted;
}

static llvm::StringRef getTypeName(DataType type) {
  std::string_view name = getName(type);
  return {name.data(), name.size()};
}

/// "1 operation", "2 operations".
static void printCount(uint64_t count, llvm::StringRef noun,
                       llvm::raw_ostream &os) {
  os << count << ' ' << noun << (count == 1 ? "" : "s");
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printTensors(const TensorTallies &tallies, llvm::StringRef title,
                         llvm::raw_ostream &os) {
  for (const auto &[type, tally] : tallies) {
    os << "  " << title << ' ' << getTypeName(type) << ": ";
    printCount(tally.tensors, "tensor", os);
    os << ", ";
    printCount(tally.elements, "element", os);
    os << ", ";
    printCount(tally.bytes, "byte", os);
    os << '\n';
  }
}

static void printTally(const StatsTally &tally, llvm::raw_ostream &os) {
  for (const auto &[name, count] : sortByCount(tally.operations))
    os << llvm::format("  %8llu  ", static_cast<unsigned long long>(count))
       << name << '\n';
  printTensors(tally.weights, "weights", os);
  printTensors(tally.constants, "constants", os);
}

static void printFlops(const FlopCount &count, llvm::raw_ostream &os) {
  os << (count.isExact() ? "  flops: " : "  flops: at least ") << count.flops;
  if (count.numDynamic != 0) {
    os << "; a dynamic extent counts as 1 in ";
    printCount(count.numDynamic, "operation", os);
  }
  if (count.numUnknown != 0) {
    os << "; not counted: ";
    printCount(count.numUnknown, "unknown operation", os);
  }
  os << '\n';
}

static void printFunction(const FunctionStats &function,
                          llvm::raw_ostream &os) {
  os << "function " << function.name << '<' << function.opset << ">: ";
  printCount(function.tally.numOperations, "operation", os);
  os << ", ";
  printCount(function.numInputs, "input", os);
  os << ", ";
  printCount(function.numStates, "state", os);
  os << ", ";
  printCount(function.numOutputs, "output", os);
  os << '\n';
  printFlops(function.flops, os);
  printTally(function.tally, os);
}

void printStats(const ProgramStats &stats, llvm::raw_ostream &os) {
  os << "program: ";
  printCount(stats.functions.size(), "function", os);
  os << ", ";
  printCount(stats.total.numOperations, "operation", os);
  os << '\n';
  for (const auto &[opset, count] : stats.opsets) {
    os << "  opset " << opset << ": ";
    printCount(count, "function", os);
    os << '\n';
  }
  printTally(stats.total, os);
  for (const FunctionStats &function : stats.functions)
    printFunction(function, os << '\n');
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void printTensorsAsJson(llvm::StringRef key,
                               const TensorTallies &tallies,
                               llvm::json::OStream &json) {
  json.attributeObject(key, [&] {
    for (const auto &[type, tally] : tallies)
      json.attributeObject(getTypeName(type), [&] {
        json.attribute("tensors", tally.tensors);
        json.attribute("elements", tally.elements);
        json.attribute("bytes", tally.bytes);
      });
  });
}

static void printTallyAsJson(const StatsTally &tally,
                             llvm::json::OStream &json) {
  json.attribute("operations", tally.numOperations);
  json.attributeObject("operations_by_name", [&] {
    for (const auto &[name, count] : tally.operations)
      json.attribute(name, count);
  });
  printTensorsAsJson("weights", tally.weights, json);
  printTensorsAsJson("constants", tally.constants, json);
}

static void printFunctionAsJson(const FunctionStats &function,
                                llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("name", function.name);
    json.attribute("opset", function.opset);
    json.attribute("inputs", function.numInputs);
    json.attribute("states", function.numStates);
    json.attribute("outputs", function.numOutputs);
    json.attribute("flops", function.flops.flops);
    json.attribute("flops_exact", function.flops.isExact());
    json.attribute("dynamic_operations", function.flops.numDynamic);
    json.attribute("unknown_operations", function.flops.numUnknown);
    printTallyAsJson(function.tally, json);
  });
}

void printStatsAsJson(const ProgramStats &stats, llvm::json::OStream &json) {
  json.object([&] {
    json.attributeObject("opsets", [&] {
      for (const auto &[opset, count] : stats.opsets)
        json.attribute(opset, count);
    });
    json.attributeObject("total", [&] { printTallyAsJson(stats.total, json); });
    json.attributeArray("functions", [&] {
      for (const FunctionStats &function : stats.functions)
        printFunctionAsJson(function, json);
    });
  });
}

} // namespace espresso
