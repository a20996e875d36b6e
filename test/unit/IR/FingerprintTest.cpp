//===- FingerprintTest.cpp - What counts as a change ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Fingerprint.h"

#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

/// c = add(x = a, y = b), twice; d uses the first.
class FingerprintTest : public testing::Test {
protected:
  FingerprintTest() { fill(program); }

  void fill(Program &into) {
    Function *function = into.addFunction("main", Opset::IOS18, {});
    Type type = TensorType::get(context, DataType::Float16, {4});
    Value *a = function->getBody().addInput("a", type, {});
    Value *b = function->getBody().addInput("b", type, {});
    Builder builder(function->getBody());
    Operation *c = builder.create("add", {{"x", a}, {"y", b}}, {type}, "c");
    builder.create("add", {{"x", a}, {"y", b}}, {type}, "d");
    Operation *e = builder.create(
        "mul", {{"x", c->getResult()}, {"y", builder.getInt32(2)}}, {type},
        "e");
    e->setAttribute(context.intern("k"), builder.getBool(true));
    e->setAttribute(context.intern("name"), builder.getString("n"));
    function->getBody().addOutput(e->getResult());
  }

  Function &getMain() { return *program.findFunction("main"); }
  Operation &getOp(int index) {
    return *std::next(getMain().getBody().begin(), index);
  }
  /// Whether `change` changes the fingerprints of function and program.
  template <typename Change>
  bool isSeen(Change change) {
    uint64_t functionBefore = getFingerprint(getMain());
    uint64_t programBefore = getFingerprint(program);
    change();
    bool functionChanged = getFingerprint(getMain()) != functionBefore;
    EXPECT_EQ(functionChanged, getFingerprint(program) != programBefore);
    return functionChanged;
  }

  Context context;
  Program program{context};
};

// The same program built twice, and a copy, have the same fingerprint:
// addresses do not count.
TEST_F(FingerprintTest, EqualProgramsAreEqual) {
  Program again(context);
  fill(again);
  EXPECT_EQ(getFingerprint(program), getFingerprint(again));
  EXPECT_EQ(getFingerprint(program), getFingerprint(*cloneProgram(program)));
}

// The number is part of what reproducers and people compare across machines; it
// changes only when this line does.
TEST_F(FingerprintTest, IsStable) {
  EXPECT_EQ(getFingerprint(program), 8285394662880416918U);
}

TEST_F(FingerprintTest, SeesNames) {
  EXPECT_TRUE(isSeen([&] { getOp(1).getResult()->setName("x"); }));
  uint64_t before = getFingerprint(program);
  getMain().setName("other");
  EXPECT_NE(getFingerprint(program), before);
}

TEST_F(FingerprintTest, SeesWhichValueIsUsed) {
  // Two values of one name, which no valid program has.
  getOp(1).getResult()->setName("c");
  EXPECT_TRUE(isSeen(
      [&] { getOp(0).getResult()->replaceAllUsesWith(getOp(1).getResult()); }));
}

TEST_F(FingerprintTest, SeesTypesLiteralsAttributesAndOutputs) {
  Builder builder(getMain().getBody());
  EXPECT_TRUE(isSeen([&] {
    getOp(1).getResult()->setType(
        TensorType::get(context, DataType::Float32, {4}));
  }));
  EXPECT_TRUE(isSeen(
      [&] { getOp(2).setLiteral(context.intern("y"), builder.getInt32(3)); }));
  EXPECT_TRUE(isSeen([&] {
    getOp(2).setAttribute(context.intern("k"), builder.getBool(false));
  }));
  EXPECT_TRUE(
      isSeen([&] { getMain().getBody().setOutput(0, getOp(1).getResult()); }));
  EXPECT_TRUE(isSeen([&] { getOp(0).setOpsetQualifier("ios17"); }));
  EXPECT_TRUE(isSeen([&] { getOp(1).setName("sub"); }));
}

TEST_F(FingerprintTest, SeesTheOrderOfOperations) {
  EXPECT_TRUE(isSeen([&] { getOp(1).moveBefore(&getOp(0)); }));
}

// Weights outside count by place.
TEST_F(FingerprintTest, SeesBlobReferences) {
  TensorType type = TensorType::get(context, DataType::Float16, {4});
  llvm::StringRef input = context.intern("y");
  getOp(2).setLiteral(input, Attribute::blob(type, {"a.bin", 64, nullptr}));
  EXPECT_TRUE(isSeen([&] {
    getOp(2).setLiteral(input, Attribute::blob(type, {"a.bin", 128, nullptr}));
  }));
  EXPECT_TRUE(isSeen([&] {
    getOp(2).setLiteral(input, Attribute::blob(type, {"b.bin", 128, nullptr}));
  }));
}

// Locations and the order of attributes are no part of the text.
TEST_F(FingerprintTest, IgnoresLocationsAndOrder) {
  Builder builder(getMain().getBody());
  Attribute one = builder.getString("one"), two = builder.getString("two");
  DictType type = DictType::get(context, one.getType(), one.getType());
  auto setDict = [&](std::vector<std::pair<Attribute, Attribute>> entries) {
    getMain().getAttributes().set(context.intern("dict"),
                                  Attribute::dict(type, std::move(entries)));
  };
  EXPECT_TRUE(isSeen([&] { setDict({{one, one}, {two, two}}); }));
  EXPECT_FALSE(isSeen([&] { setDict({{two, two}, {one, one}}); }));
  EXPECT_TRUE(isSeen([&] { setDict({{two, one}, {one, two}}); }));
  EXPECT_FALSE(isSeen([&] { getOp(0).setLocation(Location::name("there")); }));
  EXPECT_FALSE(isSeen([&] {
    getOp(2).removeAttribute("k");
    getOp(2).setAttribute(context.intern("k"), builder.getBool(true));
  }));
}

} // namespace
