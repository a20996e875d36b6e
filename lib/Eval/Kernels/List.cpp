//===- List.cpp - Lists of tensors ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A list is held as one tensor with an axis more, in front. Elements that were
// not written are zeros. Extents of elements that the type does not say are 0
// until the first is written.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include <algorithm>

namespace espresso {

/// The longest list, in elements: an index far out must not take all memory.
static constexpr int64_t kMaxLength = 1 << 24;

static void makeList(KernelContext &ctx) {
  int64_t length = ctx.getInteger("init_length");
  if (length < 0 || length > kMaxLength)
    return ctx.fail("'init_length' is " + llvm::Twine(length) +
                    ", expected 0 to " + llvm::Twine(kMaxLength));
  Shape shape = {length};
  auto list = ctx.getOp().getResult(0)->getType().castTo<ListType>();
  auto element = list.getElementType().castTo<TensorType>();
  for (int64_t dim : element.getShape())
    shape.push_back(dim == kDynamic ? 0 : dim);
  ctx.setResult(ctx.makeResult(shape));
}

static void listLength(KernelContext &ctx) {
  Tensor result = ctx.makeResult({});
  result.get<int64_t>()[0] = ctx.get("ls").getDim(0);
  ctx.setResult(std::move(result));
}

/// Refuses an index that the list does not have.
static bool refusesIndex(KernelContext &ctx, int64_t index, int64_t length) {
  if (index >= 0 && index < length)
    return false;
  ctx.fail("index " + llvm::Twine(index) + " is not in a list of " +
           llvm::Twine(length));
  return true;
}

/// The elements of the list at `indices`, along the first axis.
static Tensor takeListed(KernelContext &ctx, llvm::ArrayRef<int64_t> indices) {
  const Tensor &list = ctx.get("ls");
  Shape strides = getStrides(list.getShape());
  Shape shape(list.getShape().begin(), list.getShape().end());
  shape[0] = static_cast<int64_t>(indices.size());
  for (int64_t index : indices)
    if (refusesIndex(ctx, index, list.getDim(0)))
      return Tensor();
  return takeElements(list, shape, [&](llvm::ArrayRef<int64_t> index) {
    return getOffset(index, strides) +
           (indices[index[0]] - index[0]) * strides[0];
  });
}

static void listRead(KernelContext &ctx) {
  Tensor taken = takeListed(ctx, {ctx.getInteger("index")});
  if (!ctx.getError())
    ctx.setResult(taken.reshaped(taken.getShape().drop_front()));
}

static void listGather(KernelContext &ctx) {
  ctx.setResult(takeListed(ctx, ctx.getIntegers("indices")));
}

/// The list made long enough for `last`, if its length is not fixed, with
/// elements of `shape`.
static Tensor growList(KernelContext &ctx, int64_t last,
                       llvm::ArrayRef<int64_t> shape) {
  const Tensor &list = ctx.get("ls");
  auto type = ctx.getOp().getResult(0)->getType().castTo<ListType>();
  int64_t length = list.getDim(0);
  if (type.getLength() == kDynamic && last >= length && last < kMaxLength)
    length = last + 1;
  Shape wanted = {length};
  wanted.append(shape.begin(), shape.end());
  bool isEmpty = list.getNumElements() == 0;
  if (!isEmpty && list.getShape().drop_front() != shape) {
    ctx.fail("elements of a list have the same shape");
    return list;
  }
  if (list.getShape() == llvm::ArrayRef<int64_t>(wanted))
    return list;
  // Elements that are there come first.
  Tensor grown(list.getElementType(), wanted);
  std::visit(
      [&](auto &to) {
        const auto &from =
            std::get<std::decay_t<decltype(to)>>(list.getStorage());
        std::copy(from.begin(), from.end(), to.begin());
      },
      grown.getStorage());
  return grown;
}

/// The list with `value`, slices along its first axis, at `indices`, one after
/// another.
static void writeListed(KernelContext &ctx, llvm::ArrayRef<int64_t> indices,
                        llvm::ArrayRef<int64_t> elementShape) {
  const Tensor &value = ctx.get("value");
  int64_t last = -1, size = getNumElements(elementShape);
  for (int64_t index : indices)
    last = std::max(last, index);
  Tensor list = growList(ctx, last, elementShape);
  if (ctx.getError())
    return;
  for (int64_t index : indices)
    if (refusesIndex(ctx, index, list.getDim(0)))
      return;
  std::visit(
      [&](auto &to) {
        const auto &from =
            std::get<std::decay_t<decltype(to)>>(value.getStorage());
        for (size_t i = 0; i < indices.size(); ++i)
          std::copy_n(from.begin() + static_cast<int64_t>(i) * size, size,
                      to.begin() + indices[i] * size);
      },
      list.getStorage());
  ctx.setResult(std::move(list));
}

static void listWrite(KernelContext &ctx) {
  writeListed(ctx, {ctx.getInteger("index")}, ctx.get("value").getShape());
}

static void listScatter(KernelContext &ctx) {
  Shape indices = ctx.getIntegers("indices");
  const Tensor &value = ctx.get("value");
  if (value.getDim(0) != static_cast<int64_t>(indices.size()))
    return ctx.fail("'value' has not as many slices as there are 'indices'");
  writeListed(ctx, indices, value.getShape().drop_front());
}

static constexpr KernelEntry kKernels[] = {
    {"ListGather", listGather}, {"ListLength", listLength},
    {"ListRead", listRead},     {"ListScatter", listScatter},
    {"ListWrite", listWrite},   {"MakeList", makeList},
};

llvm::ArrayRef<KernelEntry> getListKernels() { return kKernels; }

} // namespace espresso
