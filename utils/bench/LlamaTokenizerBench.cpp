//===- LlamaTokenizerBench.cpp - The same with llama.cpp ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// usage: llama-tokenizer-bench VOCABULARY.gguf TEXT_FILE
//
// What espresso-tokenizer-bench prints, measured with llama.cpp.
// tokenizer-speed.sh compiles it where there is one; it is no part of the
// build.

#include "llama.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

static constexpr int kRuns = 5;

static double getMilliseconds(std::clock_t start) {
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  const std::clock_t start = std::clock();
  llama_model *model = llama_model_load_from_file(argv[1], params);
  const double load = getMilliseconds(start);
  if (!model)
    return 1;
  const llama_vocab *vocabulary = llama_model_get_vocab(model);
  double encode = 1e9, decode = 1e9;
  std::vector<llama_token> ids(text.size() + 16);
  for (int run = 0; run < kRuns; ++run) {
    ids.resize(text.size() + 16);
    const std::clock_t encodeStart = std::clock();
    const int32_t count = llama_tokenize(
        vocabulary, text.data(), static_cast<int32_t>(text.size()), ids.data(),
        static_cast<int32_t>(ids.size()), /*add_special=*/false,
        /*parse_special=*/false);
    encode = std::min(encode, getMilliseconds(encodeStart));
    if (count < 0)
      return 1;
    ids.resize(static_cast<size_t>(count));
    const std::clock_t decodeStart = std::clock();
    std::string decoded;
    char piece[512];
    for (llama_token id : ids) {
      const int32_t size =
          llama_token_to_piece(vocabulary, id, piece, sizeof(piece), 0, false);
      decoded.append(piece, static_cast<size_t>(std::max(size, 0)));
    }
    decode = std::min(decode, getMilliseconds(decodeStart));
  }
  uint32_t sum = 0;
  for (llama_token id : ids)
    sum = sum * 31 + static_cast<uint32_t>(id);
  std::printf("llama.cpp  load %7.1f ms  encode %7.1f ms  decode %7.1f ms  "
              "%zu ids, checksum %08x\n",
              load, encode, decode, ids.size(), sum);
  llama_model_free(model);
  return 0;
}
