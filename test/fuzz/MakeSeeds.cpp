//===- MakeSeeds.cpp - What fuzzing starts from ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// usage: MakeSeeds OUTPUT_DIRECTORY MIL_FILE...
//
// Writes OUTPUT_DIRECTORY/<target>/<seed>: well-formed inputs, made by the
// writers that the unit tests use and from the given text.
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include "../unit/Frontend/TinyFolder.h"
#include "../unit/Runtime/BundleMaker.h"
#include "Proto/PackageManifest.h"
#include "espresso/AsmText/Parser.h"
#include "espresso/Proto/Model.h"
#include "espresso/Weights/BlobFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/raw_ostream.h"

#include <fstream>
#include <iterator>

using namespace espresso;

namespace {

class SeedWriter {
public:
  explicit SeedWriter(std::filesystem::path root) : root(std::move(root)) {}

  void write(const char *target, const std::string &name,
             std::string_view bytes) {
    std::filesystem::create_directories(root / target);
    std::ofstream(root / target / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

private:
  std::filesystem::path root;
};

} // namespace

//===----------------------------------------------------------------------===//
// Text and models
//===----------------------------------------------------------------------===//

/// The text, and if it is a program also the model of it.
static void writeProgram(SeedWriter &seeds, const std::string &name,
                         llvm::StringRef text) {
  seeds.write("MilText", name, text);
  Context context;
  context.getDiagnostics().setHandler([](const Diagnostic &) {});
  std::unique_ptr<Program> program = parseProgramText(context, text);
  if (!program)
    return;
  FailureOr<std::string> bytes = writeModel(ModelDocument(std::move(program)));
  if (succeeded(bytes))
    seeds.write("Proto", name, *bytes);
}

/// One seed for each piece of the file.
static void writePieces(SeedWriter &seeds, const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  llvm::SmallVector<llvm::StringRef, 8> pieces;
  llvm::StringRef(text).split(pieces, "\n// -----\n");
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '_');
  for (size_t i = 0; i < pieces.size(); ++i)
    writeProgram(seeds, name + "-" + std::to_string(i), pieces[i]);
}

//===----------------------------------------------------------------------===//
// Weights and checkpoints
//===----------------------------------------------------------------------===//

static void writeBlobs(SeedWriter &seeds) {
  llvm::SmallString<256> bytes;
  llvm::raw_svector_ostream os(bytes);
  BlobWriter writer(os);
  DiagnosticEngine diagnostics;
  for (DataType type :
       {DataType::Float16, DataType::Float32, DataType::Int8, DataType::Int32,
        DataType::UInt4, DataType::UInt1, DataType::BFloat16}) {
    constexpr int64_t kCount = 12;
    if (!getBlobTypeCode(type))
      continue;
    const uint64_t size = *getPackedByteSize(type, kCount);
    auto source =
        makeMemorySource(type, kCount, std::vector<uint8_t>(size, 0x35));
    fuzz::require(succeeded(writer.add(*source, diagnostics)),
                  "blobs can be written");
  }
  writer.finish();
  seeds.write("Blob", "types", bytes.str());
}

static void writeCheckpoints(SeedWriter &seeds) {
  test::TinyModel model;
  model.layers = 1;
  seeds.write("Gguf", "tiny", model.makeGguf().write());
  const std::string vocabulary = model.makeLlama2cTokenizer();
  for (bool untied : {false, true})
    seeds.write("Llama2c", untied ? "untied" : "tied",
                fuzz::joinInput(model.makeLlama2c(untied), vocabulary));
  for (int version : {1, 2})
    seeds.write(
        "Llama2c", "version" + std::to_string(version),
        fuzz::joinInput(model.makeLaterLlama2c(version, false), vocabulary));
  const test::TinyFolder folder{model};
  seeds.write(
      "Safetensors", "tiny",
      fuzz::joinInput(folder.makeConfig(), folder.makeWeights().write()));
  const auto count = static_cast<uint16_t>(model.vocabulary);
  seeds.write("Llama2cTokenizer", "tiny",
              test::GgufWriter::encode(count) + vocabulary);
}

//===----------------------------------------------------------------------===//
// Bundles and packages
//===----------------------------------------------------------------------===//

static void writeBundle(SeedWriter &seeds, const std::string &name,
                        plan::ElementType type, bool prefill) {
  runtime::BundleMaker maker;
  makeModel(maker, type, prefill, /*layers=*/1);
  std::map<std::string, std::string> files = maker.getFiles();
  seeds.write("Plan", name,
              fuzz::joinInput(files["host.plan"], files["weights.bin"]));
  seeds.write("Tokenizer", name,
              fuzz::joinInput(files["tokenizer.pb"], "abc <s> h"));
}

/// Every kind of model and of step.
static void writeTokenizers(SeedWriter &seeds) {
  seeds.write("TokenizerJson", "bytes", R"({"added_tokens": [
{"id": 3, "content": "<s>", "special": true, "rstrip": true}],
"normalizer": {"type": "NFC"},
"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
{"type": "Split", "pattern": {"Regex": "\\p{N}"}, "behavior": "Isolated"},
{"type": "ByteLevel", "use_regex": true}]},
"post_processor": {"type": "TemplateProcessing", "single": [
{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
"special_tokens": {"<s>": {"ids": [3]}}}, "decoder": {"type": "ByteLevel"},
"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2},
"merges": ["a b"]}})");
  seeds.write("TokenizerJson", "unigram", R"({"normalizer": {
"type": "Sequence", "normalizers": [{"type": "Lowercase"},
{"type": "Strip"}, {"type": "Replace", "pattern": {"Regex": " {2,}"},
"content": " "}]}, "pre_tokenizer": {"type": "Metaspace",
"prepend_scheme": "first"}, "model": {"type": "Unigram", "unk_id": 0,
"vocab": [["<unk>", 0], ["a", -1.5], ["ab", -2]]}})");
  seeds.write("Template", "chat",
              "{% for m in messages %}{{ '<|' + m['role'] + '|>' }}"
              "{{ m.content | trim }}{% if not loop.last %}\n{% endif %}"
              "{% endfor %}{% set ns = namespace(a=1) %}{% set ns.a = 2 %}"
              "{% macro f(x, y=1) %}{{ x[1:] ~ y }}{% endmacro %}"
              "{{ f(bos_token) if n is odd else raise_exception('no') }}"
              "{{ messages | map(attribute='role') | join(',') }}"
              "{{ messages | tojson(indent=2) }}{{ range(3) | sort }}");
}

static void writeManifests(SeedWriter &seeds) {
  seeds.write("PackageManifest", "model", makeManifest("bytes", false));
  seeds.write("PackageManifest", "weights", makeManifest("bytes", true));
}

int main(int argc, char **argv) {
  if (argc < 2) {
    llvm::errs() << "usage: MakeSeeds OUTPUT_DIRECTORY MIL_FILE...\n";
    return 2;
  }
  SeedWriter seeds(argv[1]);
  for (int i = 2; i < argc; ++i)
    writePieces(seeds, argv[i]);
  writeBlobs(seeds);
  writeCheckpoints(seeds);
  writeBundle(seeds, "fp32", plan::FLOAT32, /*prefill=*/false);
  writeBundle(seeds, "fp16", plan::FLOAT16, /*prefill=*/true);
  writeManifests(seeds);
  writeTokenizers(seeds);
  return 0;
}
