//===- SafetensorsFuzzer.cpp - Hugging Face folders -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/Frontend/Frontend.h"

#include <filesystem>
#include <fstream>

using namespace espresso;

namespace {

/// A folder whose files are written anew for every input.
class ScratchFolder {
public:
  ScratchFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "espresso-fuzz-XXXXXX")
            .string();
    fuzz::require(::mkdtemp(pattern.data()), "a temporary folder can be made");
    root = pattern;
  }
  ~ScratchFolder() { std::filesystem::remove_all(root); }

  std::string getPath() const { return root.string(); }
  void write(const char *name, std::span<const uint8_t> bytes) {
    std::ofstream(root / name, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

private:
  std::filesystem::path root;
};

} // namespace

/// Two parts: `config.json`, then `model.safetensors`.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static ScratchFolder folder;
  const auto [config, weights] = fuzz::splitInput({data, size});
  folder.write("config.json", config);
  folder.write("model.safetensors", weights);
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  auto checkpoint =
      readCheckpoint(folder.getPath(), {.needsTokenizer = false}, diagnostics);
  if (failed(checkpoint)) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  for (const auto &[name, tensor] : checkpoint->tensors)
    fuzz::readAll(*tensor.source, diagnostics);
  return 0;
}
