//===- Einsum.cpp - Rule of einsum ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/StringExtras.h"

#include <array>

namespace espresso::rules {

namespace {
/// `a,b->c`, taken apart.
struct Equation {
  llvm::SmallVector<llvm::StringRef, 2> terms;
  llvm::StringRef result;
};
} // namespace

static FailureOr<Equation> parseEquation(const Operation &op,
                                         llvm::StringRef text) {
  Equation equation;
  llvm::StringRef left;
  std::tie(left, equation.result) = text.split("->");
  left.split(equation.terms, ',');
  bool isValid = text.contains("->") && equation.terms.size() == 2;
  for (llvm::StringRef term : equation.terms)
    isValid &= llvm::all_of(term, llvm::isAlpha);
  isValid &= llvm::all_of(equation.result, llvm::isAlpha);
  if (!isValid)
    return valueError(op) << "'equation' is '" << text
                          << "', expected the form 'ab,bc->ac'";
  return equation;
}

/// Extent of each letter, 0 for those not seen.
using LetterExtents = std::array<int64_t, 128>;

static LogicalResult bindLetters(const Operation &op, llvm::StringRef term,
                                 llvm::ArrayRef<int64_t> shape,
                                 LetterExtents &extents) {
  if (term.size() != shape.size())
    return shapeError(op) << "'" << term << "' names " << term.size()
                          << " axes of a tensor of shape " << toText(shape);
  for (size_t i = 0; i < term.size(); ++i) {
    int64_t &extent = extents[static_cast<unsigned char>(term[i])];
    if (extent == 0)
      extent = shape[i];
    if (!agree(extent, shape[i]))
      return shapeError(op) << "'" << term[i] << "' stands for both " << extent
                            << " and " << shape[i] << " elements";
    extent = known(extent, shape[i]);
  }
  return success();
}

LogicalResult inferEinsum(const Operation &op, TypeList &results) {
  llvm::SmallVector<TensorType, 4> values = getTensors(op, "values");
  if (values.size() != 2)
    return shapeError(op) << "'values' has " << values.size()
                          << " tensors, expected 2";
  FailureOr<Equation> equation = parseEquation(op, getText(op, "equation"));
  if (failed(equation))
    return failure();
  LetterExtents extents{};
  for (size_t i = 0; i < values.size(); ++i)
    if (failed(
            bindLetters(op, equation->terms[i], values[i].getShape(), extents)))
      return failure();
  Extents shape;
  for (size_t i = 0; i < equation->result.size(); ++i) {
    char letter = equation->result[i];
    int64_t extent = extents[static_cast<unsigned char>(letter)];
    if (extent == 0 || equation->result.find(letter) != i)
      return valueError(op) << "'" << letter << "' in the result of '"
                            << getText(op, "equation") << "' is "
                            << (extent == 0 ? "in no input" : "there twice");
    shape.push_back(extent);
  }
  results.push_back(getTensorType(op, values[0].getElementType(), shape));
  return success();
}

} // namespace espresso::rules
