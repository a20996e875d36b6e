//===- Formats.h - The formats of espresso-opt ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TOOLS_FORMATS_H
#define ESPRESSO_LIB_TOOLS_FORMATS_H

#include "espresso/Proto/Package.h"

#include "llvm/Support/CommandLine.h"

#include <optional>

namespace espresso {

/// The forms in which a program is read and written.
enum class FileFormat : uint8_t { Mil, MlModel, MlPackage, MlModelC };

/// `--input-format` and `--output-format`. Registers them while it lives.
class FormatOptions {
public:
  explicit FormatOptions(llvm::cl::OptionCategory &category);

  /// As the option says, or else by the extension of `path`; text if that says
  /// nothing either.
  FileFormat getInputFormat(llvm::StringRef path) const;
  FileFormat getOutputFormat(llvm::StringRef path) const;

private:
  llvm::cl::opt<FileFormat> input;
  llvm::cl::opt<FileFormat> output;
};

/// Reads a model of a format other than text; `-` is standard input for those
/// that are one file. Failures have been reported.
[[nodiscard]] FailureOr<ModelDocument> readDocument(Context &context,
                                                    FileFormat format,
                                                    llvm::StringRef path,
                                                    WeightAccess weights);

/// Writes a model in a format other than text, in one step; `-` is standard
/// output for those that are one file, InvalidArgument for the others. See
/// writePackage for the errors. With WeightAccess::None nothing is said about
/// weights that stay behind.
[[nodiscard]] absl::Status writeDocument(const ModelDocument &document,
                                         FileFormat format,
                                         llvm::StringRef path,
                                         WeightAccess weights);

} // namespace espresso

#endif // ESPRESSO_LIB_TOOLS_FORMATS_H
