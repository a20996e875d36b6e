//===- TensorFile.h - Tensors in .npy and .npz files ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NumPy's formats: .npy is an array under a header in text, .npz a ZIP archive
// of these, one a name. Formats 1.0 to 3.0 are read; what is written is 1.0,
// little endian, in C order. See numpy/doc/neps/nep-0001-npy-format.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_TENSORFILE_H
#define ESPRESSO_EVAL_TENSORFILE_H

#include "espresso/Eval/Evaluator.h"

#include "absl/status/statusor.h"

namespace espresso {

/// Arrays of more bytes than this are not read.
inline constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 32;

/// The array in `bytes`, which nothing is trusted of. Any order and byte order;
/// bools, integers, and floats of 16, 32 and 64 bits. InvalidArgument says what
/// is wrong.
[[nodiscard]] absl::StatusOr<Tensor> parseNpy(llvm::StringRef bytes);

/// The file as NumPy would write it. Types it has none of take the next wider
/// one: bfloat16 and 8-bit floats fp32, integers of less than 8 bits int8 or
/// uint8. Text has no form here.
[[nodiscard]] absl::StatusOr<std::string> writeNpy(const Tensor &tensor);

/// Every array of an archive under its name, without ".npy", in the order of
/// the archive.
[[nodiscard]] absl::StatusOr<NamedTensors> parseNpz(llvm::StringRef bytes);

/// An archive without compression, the same for the same tensors.
[[nodiscard]] absl::StatusOr<std::string> writeNpz(const NamedTensors &tensors);

/// Elements of `type`, little endian, one after another in its own whole bytes;
/// as many as `shape` has.
[[nodiscard]] absl::StatusOr<Tensor>
parseRaw(llvm::StringRef bytes, DataType type, llvm::ArrayRef<int64_t> shape);

} // namespace espresso

#endif // ESPRESSO_EVAL_TENSORFILE_H
