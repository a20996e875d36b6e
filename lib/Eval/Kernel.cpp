//===- Kernel.cpp - What kernels are given --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Kernel.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static const KernelArgument *
findArgument(llvm::ArrayRef<KernelArgument> arguments, llvm::StringRef name) {
  for (const KernelArgument &argument : arguments)
    if (argument.name == name)
      return &argument;
  return nullptr;
}

const Tensor *KernelContext::find(llvm::StringRef input) const {
  const KernelArgument *argument = findArgument(arguments, input);
  if (!argument || argument->tensors.empty())
    return nullptr;
  return argument->tensors.front().get();
}

const Tensor &KernelContext::get(llvm::StringRef input) const {
  const Tensor *tensor = find(input);
  assert(tensor && "a required input is absent, or its default is missing");
  return *tensor;
}

llvm::ArrayRef<TensorRef> KernelContext::getList(llvm::StringRef input) const {
  const KernelArgument *argument = findArgument(arguments, input);
  return argument ? llvm::ArrayRef<TensorRef>(argument->tensors)
                  : llvm::ArrayRef<TensorRef>();
}

Tensor &KernelContext::getState(llvm::StringRef input) const {
  const KernelArgument *argument = findArgument(arguments, input);
  assert(argument && argument->state && "not bound to a state");
  return *argument->state;
}

Shape KernelContext::getIntegers(llvm::StringRef input) const {
  const Tensor *tensor = find(input);
  if (!tensor)
    return {};
  const std::vector<int64_t> &elements = tensor->get<int64_t>();
  return Shape(elements.begin(), elements.end());
}

Shape KernelContext::getAxes(llvm::StringRef input, int64_t rank) const {
  Shape axes;
  if (!has(input)) {
    for (int64_t axis = 0; axis < rank; ++axis)
      axes.push_back(axis);
    return axes;
  }
  for (int64_t axis : getIntegers(input))
    axes.push_back(normalizeAxis(axis, rank));
  llvm::sort(axes);
  return axes;
}

DataType KernelContext::getResultType(unsigned index) const {
  Type type = op.getResult(index)->getType();
  if (auto list = type.getAs<ListType>())
    type = list.getElementType();
  else if (auto dict = type.getAs<DictType>())
    type = dict.getValueType();
  return numerics.getEffectiveType(type.castTo<TensorType>().getElementType());
}

} // namespace espresso
