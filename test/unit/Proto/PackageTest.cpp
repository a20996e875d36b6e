//===- PackageTest.cpp - Tests of packages --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledDescription.h"
#include "PackageManifest.h"
#include "ProtoTest.h"

#include "espresso/Proto/Package.h"

namespace espresso::test {
namespace {

using ::testing::HasSubstr;

class PackageTest : public ProtoTest {
protected:
  void SetUp() override {
    std::unique_ptr<Program> program = parse(
        "program(1.3)\n{\nfunc main<ios18>(tensor<fp16, [10]> x) {\n"
        "tensor<fp16, [10]> w = const()[val = tensor<fp16, [10]>([1, 2, 3, 4, "
        "5, 6, 7, 8, 9, 10])];\n"
        "tensor<fp16, [10]> y = add(x = x, y = w);\n} -> (y);\n}");
    package = directory.getPath("m.mlpackage");
    ASSERT_TRUE(writePackage(ModelDocument(std::move(program)), package).ok());
  }

  /// Replaces the manifest; what reading then says.
  std::string readWithManifest(const std::string &manifest) {
    messages.clear();
    directory.write("m.mlpackage/Manifest.json", manifest);
    auto document = readPackage(context, package, WeightAccess::OnUse);
    return failed(document) ? messages : "read; " + messages;
  }

  std::string makeItem(const std::string &path) {
    return R"({"fileFormatVersion": "1.0.0", "rootModelIdentifier": "R",
               "itemInfoEntries": {"R": {"path": ")" +
           path + R"("}}})";
  }

  TemporaryDirectory directory;
  std::string package;
};

TEST_F(PackageTest, ManifestComesBack) {
  std::string text = makeManifest("model", /*hasWeights=*/true);
  auto manifest = parseManifest(text, "m", context.getDiagnostics());
  ASSERT_TRUE(succeeded(manifest)) << messages;
  ASSERT_EQ(manifest->items.size(), 2u);
  EXPECT_EQ(manifest->items[manifest->root].path,
            "com.apple.CoreML/model.mlmodel");
  EXPECT_EQ(manifest->items[1 - manifest->root].path,
            "com.apple.CoreML/weights");
  // Version 8, variant 10.
  EXPECT_THAT(
      manifest->items[0].identifier,
      testing::MatchesRegex("[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB]"
                            "[0-9A-F]{3}-[0-9A-F]{12}"));
  EXPECT_NE(makeManifest("another", true), text);
}

TEST_F(PackageTest, RefusesPathsThatLeave) {
  directory.write("outside.mlmodel", "");
  std::filesystem::create_symlink(directory.getPath("outside.mlmodel"),
                                  package +
                                      "/Data/com.apple.CoreML/link.mlmodel");
  EXPECT_THAT(readWithManifest(makeItem("../../outside.mlmodel")),
              HasSubstr("is refused: it contains '..'"));
  EXPECT_THAT(readWithManifest(makeItem("/etc/passwd")),
              HasSubstr("is refused: it is absolute"));
  EXPECT_THAT(readWithManifest(makeItem("")), HasSubstr("is refused: it is "));
  EXPECT_THAT(readWithManifest(makeItem("com.apple.CoreML/link.mlmodel")),
              HasSubstr("a link that leaves"));
  EXPECT_THAT(readWithManifest(makeItem("com.apple.CoreML/gone.mlmodel")),
              HasSubstr("cannot open"));
  EXPECT_THAT(readWithManifest(makeItem("com.apple.CoreML")),
              HasSubstr("com.apple.CoreML"));
  EXPECT_EQ(readWithManifest(makeItem("com.apple.CoreML/model.mlmodel")),
            "read; ");
}

TEST_F(PackageTest, ReportsManifestsThatAreNone) {
  EXPECT_THAT(readWithManifest(""), HasSubstr("not JSON"));
  EXPECT_THAT(readWithManifest("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(readWithManifest("{}"),
              HasSubstr("expected 'fileFormatVersion' \"1.0.0\", found none"));
  EXPECT_THAT(readWithManifest(R"({"fileFormatVersion": "2.0"})"),
              HasSubstr("found \"2.0\""));
  EXPECT_THAT(readWithManifest(R"({"fileFormatVersion": "1.0.0"})"),
              HasSubstr("expected 'itemInfoEntries'"));
  EXPECT_THAT(readWithManifest(R"({"fileFormatVersion": "1.0.0",
                "itemInfoEntries": {}, "rootModelIdentifier": "R"})"),
              HasSubstr("\"R\", which is no item"));
  EXPECT_THAT(readWithManifest(R"({"fileFormatVersion": "1.0.0",
                "itemInfoEntries": {"R": 1}, "rootModelIdentifier": "R"})"),
              HasSubstr("expected an object with a 'path' for item 'R'"));
  EXPECT_THAT(readWithManifest(std::string(1 << 20, '[')),
              HasSubstr("nested deeper than 32"));
}

TEST_F(PackageTest, SaysWhatIsNotKept) {
  std::string manifest = R"({"fileFormatVersion": "1.0.0",
      "rootModelIdentifier": "R", "itemInfoEntries": {
        "R": {"path": "com.apple.CoreML/model.mlmodel"},
        "N": {"path": "com.example/notes.txt", "name": "notes.txt"}}})";
  EXPECT_THAT(readWithManifest(manifest),
              HasSubstr("read; " + package +
                        ": 'com.example/notes.txt' is not "
                        "part of an ML program"));
}

TEST_F(PackageTest, AFailedWriteChangesNothing) {
  std::string before = readFile(package + "/Manifest.json");
  std::unique_ptr<Program> program =
      parse("program(1.3)\n{\nfunc main<ios18>(fp16 x) {} -> (x);\n}");
  EXPECT_TRUE(absl::IsAborted(
      writePackage(ModelDocument(std::move(program)), package)));
  EXPECT_EQ(readFile(package + "/Manifest.json"), before);
  for (const auto &entry :
       std::filesystem::directory_iterator(directory.getPath()))
    EXPECT_EQ(entry.path().string(), package);
}

//===----------------------------------------------------------------------===//
// Compiled models
//===----------------------------------------------------------------------===//

TEST_F(PackageTest, CompiledModelsKeepTheDescription) {
  auto document = readPackage(context, package, WeightAccess::OnUse);
  std::string compiled = directory.getPath("m.mlmodelc");
  ASSERT_TRUE(writeCompiledModel(*document, compiled).ok()) << messages;
  EXPECT_THAT(readFile(compiled + "/model.mil"), testing::EndsWith("\n}"));

  std::string data = readFile(compiled + "/coremldata.bin");
  pb::Model model;
  ASSERT_EQ(parseCompiledDescription(bytesOf(data), model), "");
  EXPECT_EQ(model.specification_version(), 9);
  EXPECT_EQ(model.description().input(0).name(), "x");

  // A comment that the text has no place for.
  model.mutable_description()->mutable_metadata()->set_author("somebody");
  model.mutable_ml_program()->mutable_functions()->operator[]("main");
  directory.write("m.mlmodelc/coremldata.bin",
                  *makeCompiledDescription(model, context.getDiagnostics()));
  auto read = readCompiledModel(context, compiled, WeightAccess::OnUse);
  ASSERT_TRUE(succeeded(read)) << messages;
  EXPECT_THAT(*writeModel(*read), HasSubstr("somebody"));
}

TEST_F(PackageTest, CompiledModelsNeedNoDescription) {
  auto document = readPackage(context, package, WeightAccess::OnUse);
  std::string compiled = directory.getPath("m.mlmodelc");
  ASSERT_TRUE(writeCompiledModel(*document, compiled).ok());
  std::string data = readFile(compiled + "/coremldata.bin");
  for (size_t length = 0; length < data.size() - 16; ++length) {
    messages.clear();
    directory.write("m.mlmodelc/coremldata.bin", data.substr(0, length));
    EXPECT_TRUE(
        succeeded(readCompiledModel(context, compiled, WeightAccess::None)));
    EXPECT_THAT(messages, HasSubstr("described anew")) << length;
  }
  std::filesystem::remove(compiled + "/coremldata.bin");
  messages.clear();
  EXPECT_TRUE(
      succeeded(readCompiledModel(context, compiled, WeightAccess::None)));
  EXPECT_EQ(messages, "");
}

} // namespace
} // namespace espresso::test
