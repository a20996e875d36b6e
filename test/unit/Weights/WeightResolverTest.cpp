//===- WeightResolverTest.cpp - Tests of weight resolution ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/WeightResolver.h"

#include "../TestSupport.h"

#include "espresso/IR/Builder.h"
#include "espresso/Weights/BlobFile.h"

#include <gtest/gtest.h>

#include <filesystem>

using namespace espresso;
using namespace espresso::test;

namespace {

/// A program with one constant in `weights/w.bin`, and that file: fp16 [3].
class WeightResolverTest : public ::testing::Test {
protected:
  WeightResolverTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      text += diagnostic.message + "\n";
    });
    std::filesystem::create_directories(directory.getPath("model/weights"));
    Messages messages;
    source = makeMemorySource(DataType::Float16, 3, {1, 2, 3, 4, 5, 6});
    EXPECT_TRUE(succeeded(writeBlobFile(
        directory.getPath("model/weights/w.bin"), *source, messages)));
    function = program.addFunction("main", Opset::IOS18, Location());
  }

  Attribute makeBlob(llvm::StringRef path, uint64_t offset = 64,
                     DataType type = DataType::Float16, int64_t count = 3) {
    BlobReference reference;
    reference.path = path.str();
    reference.offset = offset;
    return Attribute::blob(TensorType::get(context, type, {count}),
                           std::move(reference));
  }

  Value *addConstant(llvm::StringRef path, uint64_t offset = 64,
                     DataType type = DataType::Float16, int64_t count = 3) {
    return Builder(function->getBody())
        .createConstant(makeBlob(path, offset, type, count), "w");
  }

  bool resolve(WeightPolicy policy) {
    return succeeded(
        resolveWeights(program, directory.getPath("model"), policy));
  }

  static const BlobReference &getBlob(Value *value) {
    return *value->getDefiningOp()->getAttribute("val").getBlob();
  }

  /// Resolves one constant and returns what was said.
  std::string getProblem(llvm::StringRef path, uint64_t offset = 64,
                         DataType type = DataType::Float16, int64_t count = 3) {
    addConstant(path, offset, type, count);
    EXPECT_FALSE(resolve(WeightPolicy::Now)) << path.str();
    return text;
  }

  TemporaryDirectory directory;
  Context context;
  Program program{context};
  Function *function;
  WeightSourceRef source;
  std::string text;
};

} // namespace

TEST_F(WeightResolverTest, GivesConstantsTheirBytes) {
  Value *a = addConstant("@model_path/weights/w.bin");
  Value *b = addConstant("weights/w.bin");
  ASSERT_TRUE(resolve(WeightPolicy::Now)) << text;
  for (Value *value : {a, b}) {
    const BlobReference &blob = getBlob(value);
    ASSERT_TRUE(blob.source);
    EXPECT_EQ(blob.source->getBytesInPlace(), source->getBytesInPlace());
    EXPECT_EQ(blob.source->getElementType(), DataType::Float16);
  }
  EXPECT_EQ(getBlob(a).path, "@model_path/weights/w.bin");
  EXPECT_EQ(getBlob(a).offset, 64u);
}

TEST_F(WeightResolverTest, FindsBlobsInArgumentsAndLists) {
  Builder builder(function->getBody());
  TensorType type = TensorType::get(context, DataType::Float16, {3});
  Attribute blob = makeBlob("@model_path/weights/w.bin");
  Operation *op = builder.create("constexpr_blockwise_shift_scale",
                                 {NamedArgument("data", blob)}, {type}, "c");
  op->setAttribute(
      context.intern("all"),
      Attribute::list(ListType::get(context, type, 2), {blob, blob}));
  ASSERT_TRUE(resolve(WeightPolicy::Now)) << text;
  const Attribute &literal = op->findBinding("data")->getSingle().getLiteral();
  EXPECT_TRUE(literal.getBlob()->source);
  for (const Attribute &element : op->getAttribute("all").getList()->elements)
    EXPECT_TRUE(element.getBlob()->source);
}

TEST_F(WeightResolverTest, AbsentFilesMatterWhenNeeded) {
  Value *value = addConstant("@model_path/weights/absent.bin");
  ASSERT_TRUE(resolve(WeightPolicy::OnUse)) << text;
  const WeightSource &lazy = *getBlob(value).source;
  EXPECT_EQ(lazy.getNumElements(), 3);
  EXPECT_TRUE(lazy.getBytesInPlace().empty());
  Messages messages;
  std::vector<uint8_t> bytes(6);
  EXPECT_TRUE(failed(lazy.read(bytes, messages)));
  EXPECT_NE(messages.str().find("absent.bin': No such file"), std::string::npos)
      << messages.str();
}

TEST_F(WeightResolverTest, AbsentFilesMatterNowIfAsked) {
  EXPECT_NE(getProblem("@model_path/weights/absent.bin").find("No such file"),
            std::string::npos);
}

TEST_F(WeightResolverTest, ReadsLazilyWhatIsThere) {
  Value *value = addConstant("@model_path/weights/w.bin");
  ASSERT_TRUE(resolve(WeightPolicy::OnUse)) << text;
  Messages messages;
  std::vector<uint8_t> bytes(2);
  EXPECT_TRUE(
      succeeded(getBlob(value).source->readRange(1, 1, bytes, messages)));
  EXPECT_EQ(bytes, (std::vector<uint8_t>{3, 4}));
}

TEST_F(WeightResolverTest, RefusesPathsThatLeave) {
  for (llvm::StringRef path :
       {"/etc/passwd", "@model_path//etc/passwd", "@model_path/../w.bin",
        "weights/../../w.bin", "@other/w.bin", "", "@model_path/"}) {
    text.clear();
    EXPECT_NE(getProblem(path).find("is refused"), std::string::npos)
        << path.str();
    // The name of the file alone condemns it: no need to read.
    EXPECT_FALSE(resolve(WeightPolicy::OnUse));
    program.eraseFunction(function);
    function = program.addFunction("main", Opset::IOS18, Location());
  }
}

TEST_F(WeightResolverTest, RefusesLinksThatLeave) {
  std::filesystem::copy_file(directory.getPath("model/weights/w.bin"),
                             directory.getPath("outside.bin"));
  std::filesystem::create_symlink(directory.getPath("outside.bin"),
                                  directory.getPath("model/weights/out.bin"));
  std::filesystem::create_symlink("w.bin",
                                  directory.getPath("model/weights/in.bin"));
  addConstant("@model_path/weights/in.bin");
  EXPECT_TRUE(resolve(WeightPolicy::Now)) << text;
  EXPECT_NE(getProblem("@model_path/weights/out.bin").find("link that leaves"),
            std::string::npos);
}

TEST_F(WeightResolverTest, RefusesSiblingDirectoriesOfLikeName) {
  // "model-2" begins with "model", yet is not inside it.
  std::filesystem::create_directories(directory.getPath("model-2"));
  std::filesystem::copy_file(directory.getPath("model/weights/w.bin"),
                             directory.getPath("model-2/w.bin"));
  std::filesystem::create_symlink(directory.getPath("model-2/w.bin"),
                                  directory.getPath("model/s.bin"));
  EXPECT_NE(getProblem("@model_path/s.bin").find("link that leaves"),
            std::string::npos);
}

TEST_F(WeightResolverTest, ChecksTheRecordAgainstTheConstant) {
  EXPECT_NE(getProblem("weights/w.bin", 64, DataType::Float16, 4)
                .find("expected 4 elements of fp16, found 3 of fp16"),
            std::string::npos)
      << text;
}

TEST_F(WeightResolverTest, ChecksTheTypeOfTheRecord) {
  EXPECT_NE(getProblem("weights/w.bin", 64, DataType::Int16, 3)
                .find("expected 3 elements of int16, found 3 of fp16"),
            std::string::npos)
      << text;
}

TEST_F(WeightResolverTest, RefusesTypesThatFilesCannotHold) {
  EXPECT_NE(getProblem("weights/w.bin", 64, DataType::Bool, 6)
                .find("cannot hold elements of 'bool'"),
            std::string::npos)
      << text;
}

TEST_F(WeightResolverTest, ReportsBadOffsets) {
  EXPECT_NE(getProblem("weights/w.bin", 128).find("found the end"),
            std::string::npos)
      << text;
}
