//===- BundleMaker.h - Bundles made by hand ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_RUNTIME_BUNDLEMAKER_H
#define ESPRESSO_TEST_UNIT_RUNTIME_BUNDLEMAKER_H

#include "espresso/Base/DataType.h"
#include "espresso/Plan/plan.pb.h"
#include "espresso/Plan/tokenizer.pb.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace espresso::runtime {

using Shape = std::vector<int64_t>;

/// Adds steps and values to one function of a plan.
class FunctionMaker {
public:
  FunctionMaker(plan::Plan &plan, plan::Function &function)
      : plan(plan), function(function) {}

  uint32_t input(const std::string &name, plan::ElementType type,
                 const Shape &shape);
  void output(const std::string &name, uint32_t value);
  uint32_t weight(uint32_t index);
  uint32_t state(uint32_t index);
  uint32_t value(plan::ElementType type, const Shape &shape);

  /// A step without results.
  plan::Step &step(const std::string &op,
                   const std::vector<std::pair<std::string, uint32_t>> &args);
  /// A step with one result of floats.
  uint32_t add(const std::string &op,
               const std::vector<std::pair<std::string, uint32_t>> &args,
               const Shape &shape, plan::ElementType type = plan::FLOAT32);
  /// The step added last.
  plan::Step &last() { return *function.mutable_steps()->rbegin(); }

private:
  plan::Plan &plan;
  plan::Function &function;
};

void set(plan::Step &step, const std::string &name, int64_t value);
void set(plan::Step &step, const std::string &name, int value);
void set(plan::Step &step, const std::string &name, double value);
void set(plan::Step &step, const std::string &name, bool value);
void set(plan::Step &step, const std::string &name, const char *value);
void set(plan::Step &step, const std::string &name,
         const std::vector<int64_t> &values);

/// Collects the files of a bundle and writes them to a directory of its own,
/// which is removed with it.
class BundleMaker {
public:
  BundleMaker();
  ~BundleMaker();
  BundleMaker(const BundleMaker &) = delete;

  plan::Plan plan;
  plan::Tokenizer tokenizer;

  FunctionMaker function(const std::string &name,
                         plan::Function::Kind kind = plan::Function::HOST);
  /// Adds a weight, rounded to `type`; returns its index.
  uint32_t weight(plan::ElementType type, const Shape &shape,
                  const std::vector<float> &values);
  uint32_t state(plan::ElementType type, const Shape &shape);
  /// The values of a float weight, as stored.
  std::vector<float> getValues(uint32_t weight) const;
  void piece(const std::string &text, float score,
             plan::Tokenizer::PieceType type = plan::Tokenizer::NORMAL);

  const std::string &getPath() const { return path; }
  /// Writes all files and a manifest that fits them.
  void write();
  /// Writes a manifest that fits the files given, by their path.
  void writeManifest(const std::map<std::string, std::string> &files);
  void writeFile(const std::string &name, const std::string &bytes);
  std::string readFile(const std::string &name) const;
  /// What `write` would write, but for the manifest.
  std::map<std::string, std::string> getFiles();

private:
  std::string path;
  std::string weights;
};

/// The weights of a small Llama, as indices: H = 4 heads, G = 2, d = 4, D = 16,
/// F = 24, V = 12, P = 10.
struct TestModel {
  static constexpr int64_t kHeads = 4, kKvHeads = 2, kHeadDim = 4, kWidth = 16,
                           kHidden = 24, kVocabulary = 12, kContext = 10,
                           kPrefill = 4;
  static constexpr double kEpsilon = 1e-5, kTheta = 100.0;
  struct Layer {
    uint32_t norm1, q, k, v, o, norm2, gate, up, down, kCache, vCache;
  };
  uint32_t table, norm, head;
  std::vector<Layer> layers;
};

/// Fills `maker` with one, with a prefill of 4 columns if `prefill`, and a head
/// that chooses rather than giving logits if `greedy`. Its
/// vocabulary: <unk>, <s>, </s>, a to h and the blank.
TestModel makeModel(BundleMaker &maker, plan::ElementType type, bool prefill,
                    int layers = 2, bool greedy = false);

} // namespace espresso::runtime

#endif // ESPRESSO_TEST_UNIT_RUNTIME_BUNDLEMAKER_H
