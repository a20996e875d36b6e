//===- HeadPlacement.cpp - Where the output head runs ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Transforms/HeadPlacement.h"

#include "espresso/Base/CheckedMath.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

namespace espresso {

using ane::Figure;
using ane::Limit;

std::optional<HeadRequest> parseHeadRequest(llvm::StringRef text) {
  if (text == "auto")
    return HeadRequest();
  if (text == "ane")
    return HeadRequest{HeadPlace::Ane};
  if (text == "cpu")
    return HeadRequest{HeadPlace::Cpu};
  int64_t tiles = 0;
  if (!text.consume_front("ane-tiles=") || text.getAsInteger(10, tiles) ||
      tiles < 1)
    return std::nullopt;
  return HeadRequest{HeadPlace::AneTiles, tiles};
}

static double getBytesPerElement(const HeadShape &shape) {
  return getBitWidth(shape.type) / 8.0;
}

double HeadShape::getBytes() const {
  return static_cast<double>(vocabulary) * static_cast<double>(channels) *
         getBytesPerElement(*this);
}

std::string HeadDecision::getName() const {
  if (place == HeadPlace::Cpu)
    return "cpu";
  return tiles == 1 ? "ane" : "ane-tiles=" + std::to_string(tiles);
}

std::string HeadDecision::describeCost(const HeadOptions &options) const {
  std::string ane = aneMicroseconds
                        ? llvm::formatv("{0:f0} us", *aneMicroseconds).str()
                        : "not known for this target";
  return llvm::formatv("ane {0}, cpu {1:f0} us at an assumed {2} GB/s", ane,
                       cpuMicroseconds, options.hostBandwidth);
}

int64_t getFirstRow(int64_t vocabulary, int64_t tiles, int64_t tile) {
  return vocabulary / tiles * tile + std::min(tile, vocabulary % tiles);
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// One evaluation, the weight streamed or multiplied, whichever takes longer,
/// and the logits brought back. Tiles of one program share the evaluation.
static std::optional<double> getAneMicroseconds(const HeadShape &shape,
                                                const ane::Target &target) {
  if (!target.chip)
    return std::nullopt;
  const ane::FigureValue *dispatch =
      target.chip->findFigure(Figure::DispatchTime);
  const ane::FigureValue *weights =
      target.chip->findFigure(Figure::WeightBandwidth);
  const ane::FigureValue *activations =
      target.chip->findFigure(Figure::ActivationBandwidth);
  const ane::FigureValue *flops =
      target.chip->findFigure(Figure::HalfTeraflops);
  if (!dispatch || !weights || !activations)
    return std::nullopt;
  // GB/s are thousands of bytes a microsecond, TFLOPS millions of operations.
  double product = shape.getBytes() / (weights->value * 1e3);
  if (flops)
    product = std::max(product, 2.0 * static_cast<double>(shape.vocabulary) *
                                    static_cast<double>(shape.channels) /
                                    (flops->value * 1e6));
  double logits = static_cast<double>(shape.vocabulary) *
                  getBytesPerElement(shape) / (activations->value * 1e3);
  return dispatch->value + product + logits;
}

static double getCpuMicroseconds(const HeadShape &shape,
                                 const HeadOptions &options) {
  return shape.getBytes() / (static_cast<double>(options.hostBandwidth) * 1e3);
}

//===----------------------------------------------------------------------===//
// What the engine takes
//===----------------------------------------------------------------------===//

namespace {

/// Limits of the engine on a head, and whether it stays within them.
struct EngineFit {
  /// As few as its channels allow.
  int64_t tiles = 1;
  int64_t maxRows = 0;
  /// Why the engine cannot have it in any number of tiles; empty if it can.
  std::string obstacle;
  llvm::StringRef rule;
};

} // namespace

static EngineFit fitEngine(const HeadShape &shape, const ane::Target &target) {
  EngineFit fit;
  // Both are known for all chips, or taken from the smallest.
  fit.maxRows = *ane::getLimit(Limit::MaxChannels, target);
  int64_t maxColumns = ane::getLimit(Limit::MaxAxis, target)
                           .value_or(ane::getInfo(Limit::MaxAxis).value);
  fit.tiles = (shape.vocabulary + fit.maxRows - 1) / fit.maxRows;
  if (shape.channels > maxColumns) {
    fit.obstacle = llvm::formatv("a product over {0} channels exceeds the {1} "
                                 "that an axis may have",
                                 shape.channels, maxColumns);
    fit.rule = ane::getRule(ane::RuleId::MaxAxis).name;
  } else if (shape.getBytes() >
             static_cast<double>(ane::getProgramBytes(target))) {
    fit.obstacle = llvm::formatv("{0:f0} MB of weights exceed the {1:f0} MB of "
                                 "a program",
                                 shape.getBytes() / 1e6,
                                 ane::getProgramBytes(target) / 1e6);
    fit.rule = ane::getRule(ane::RuleId::ProgramBytes).name;
  }
  return fit;
}

static std::string describeTiles(const HeadShape &shape, const EngineFit &fit) {
  if (fit.tiles == 1)
    return "";
  return llvm::formatv("; in {0} tiles, since {1} channels exceed the {2} that "
                       "an axis may have",
                       fit.tiles, shape.vocabulary, fit.maxRows);
}

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

static void refuse(HeadDecision &decision, std::string error,
                   llvm::StringRef rule) {
  decision.error = std::move(error);
  decision.errorRule = rule;
}

/// Takes what was asked for, if it is possible.
static void decideAsAsked(HeadDecision &decision, const HeadShape &shape,
                          const EngineFit &fit, const HeadRequest &request) {
  decision.place =
      *request.place == HeadPlace::Cpu ? HeadPlace::Cpu : HeadPlace::Ane;
  decision.reason = "as asked";
  if (decision.place == HeadPlace::Cpu)
    return;
  if (!fit.obstacle.empty())
    return refuse(decision, fit.obstacle, fit.rule);
  decision.tiles = fit.tiles;
  decision.reason += describeTiles(shape, fit);
  if (*request.place != HeadPlace::AneTiles)
    return;
  decision.tiles = request.tiles;
  decision.reason = "as asked";
  if (request.tiles > shape.vocabulary)
    refuse(decision,
           llvm::formatv("{0} rows cannot be cut into {1} tiles",
                         shape.vocabulary, request.tiles),
           {});
  else if (getFirstRow(shape.vocabulary, request.tiles, 1) > fit.maxRows)
    refuse(decision,
           llvm::formatv("a tile of {0} channels exceeds the {1} that an axis "
                         "may have; it takes {2} tiles",
                         getFirstRow(shape.vocabulary, request.tiles, 1),
                         fit.maxRows, fit.tiles),
           ane::getRule(ane::RuleId::MaxAxis).name);
}

static void decideByBudget(HeadDecision &decision, const HeadShape &shape,
                           const EngineFit &fit, int64_t budget) {
  // Beyond 2^63, no budget is large enough.
  std::optional<int64_t> elements =
      checkedMul(shape.vocabulary, shape.channels);
  bool fits = elements && *elements <= budget;
  decision.place = fits ? HeadPlace::Ane : HeadPlace::Cpu;
  decision.reason = llvm::formatv(
      "{0} x {1} = {2} elements {3} the budget of {4} ({5:f1} MB of {6})",
      shape.vocabulary, shape.channels,
      elements ? std::to_string(*elements) : "too many",
      fits ? "fit" : "exceed", budget,
      static_cast<double>(budget) * getBytesPerElement(shape) / 1e6,
      llvm::StringRef(getName(shape.type)));
}

static void decideByCost(HeadDecision &decision) {
  bool isFaster = *decision.aneMicroseconds <= decision.cpuMicroseconds;
  decision.place = isFaster ? HeadPlace::Ane : HeadPlace::Cpu;
  decision.reason = isFaster ? "modelled to be no slower than on the CPU"
                             : "modelled to be slower on the engine";
}

HeadDecision decideHead(const HeadShape &shape, const ane::Target &target,
                        const HeadOptions &options) {
  HeadDecision decision;
  decision.aneMicroseconds = getAneMicroseconds(shape, target);
  decision.cpuMicroseconds = getCpuMicroseconds(shape, options);
  EngineFit fit = fitEngine(shape, target);
  if (options.request.place) {
    decideAsAsked(decision, shape, fit, options.request);
    return decision;
  }
  if (options.policy == HeadPolicy::Cost && decision.aneMicroseconds)
    decideByCost(decision);
  else
    decideByBudget(decision, shape, fit,
                   options.budget ? options.budget
                                  : ane::getHeadBudget(target));
  if (decision.place == HeadPlace::Cpu)
    return decision;
  decision.tiles = fit.tiles;
  decision.reason += describeTiles(shape, fit);
  if (!fit.obstacle.empty()) {
    decision.place = HeadPlace::Cpu;
    decision.reason = fit.obstacle;
  }
  return decision;
}

} // namespace espresso
