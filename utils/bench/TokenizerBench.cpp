//===- TokenizerBench.cpp - How long text takes to cut --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// usage: espresso-tokenizer-bench VOCABULARY TEXT_FILE
//
// Prints the milliseconds of processor time that encoding the text and decoding
// the ids took, the best of five runs, and the ids' number and checksum. The
// vocabulary is what readTokenizerFile() takes.

#include "espresso/Export/TokenizerMessage.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Runtime/Tokenizer.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

using namespace espresso;

static constexpr int kRuns = 5;

/// Milliseconds of processor time that `work` takes.
template <typename Work>
static double measure(const Work &work) {
  const std::clock_t start = std::clock();
  work();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

static int fail(llvm::StringRef message) {
  llvm::errs() << message << "\n";
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return fail("usage: espresso-tokenizer-bench VOCABULARY TEXT_FILE");
  DiagnosticEngine diagnostics;
  FailureOr<TokenizerData> data = readTokenizerFile(argv[1], diagnostics);
  auto text = llvm::MemoryBuffer::getFile(argv[2]);
  if (failed(data) || !text)
    return fail("cannot read the vocabulary or the text");
  const std::string bytes = serializeTokenizer(*data);
  absl::StatusOr<runtime::Tokenizer> tokenizer = absl::UnknownError("");
  const double load = measure([&] {
    tokenizer = runtime::Tokenizer::parse(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
        "tokenizer.pb");
  });
  if (!tokenizer.ok())
    return fail(std::string(tokenizer.status().message()));
  double encode = 1e9, decode = 1e9;
  std::vector<int32_t> ids;
  for (int run = 0; run < kRuns; ++run) {
    absl::StatusOr<std::vector<int32_t>> result;
    encode = std::min(encode, measure([&] {
                        result = tokenizer->encode((*text)->getBuffer(),
                                                   {.addSpecial = false});
                      }));
    if (!result.ok())
      return fail(std::string(result.status().message()));
    ids = *std::move(result);
    decode = std::min(decode, measure([&] { (void)tokenizer->decode(ids); }));
  }
  uint32_t sum = 0;
  for (int32_t id : ids)
    sum = sum * 31 + static_cast<uint32_t>(id);
  std::printf("espresso   load %7.1f ms  encode %7.1f ms  decode %7.1f ms  "
              "%zu ids, checksum %08x\n",
              load, encode, decode, ids.size(), sum);
  return 0;
}
