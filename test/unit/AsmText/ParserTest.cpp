//===- ParserTest.cpp - Tests of the entry points -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Parser.h"

#include "espresso/AsmText/Printer.h"

#include <gtest/gtest.h>

namespace espresso {
namespace {

/// A context that keeps its messages.
struct Fixture {
  Fixture() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      messages.push_back(diagnostic.message);
    });
  }
  Context context;
  std::vector<std::string> messages;
};

std::string toText(const Attribute &value, PrintOptions options = {}) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printAttribute(value, os, options);
  return text;
}

TEST(Parser, ReadsValues) {
  Fixture f;
  Attribute value = parseValue(f.context, "tensor<int32, [2]>([1, -2])");
  ASSERT_TRUE(value);
  EXPECT_EQ(value.getInteger(1), -2);
  EXPECT_EQ(toText(value), "tensor<int32, [2]>([1, -2])");
  EXPECT_EQ(toText(parseValue(f.context, "int32(3)"), {.tensorScalars = true}),
            "tensor<int32, []>(3)");
  EXPECT_TRUE(f.messages.empty());
  EXPECT_FALSE(parseValue(f.context, "int32(3) x"));
  ASSERT_EQ(f.messages.size(), 1u);
  EXPECT_EQ(f.messages[0], "expected end of file, found 'x'");
}

TEST(Parser, ReadsLiteralsOfAType) {
  Fixture f;
  Type type = parseType(f.context, "tensor<fp16, [?]>");
  ASSERT_TRUE(type);
  Attribute value = parseLiteral(f.context, type, "[0.5, 1]");
  ASSERT_TRUE(value);
  EXPECT_EQ(value.getDense()->shape[0], 2);
  EXPECT_EQ(value.getReal(0), 0.5);
  EXPECT_FALSE(parseLiteral(f.context, type, "0.5"));
  EXPECT_FALSE(parseType(f.context, "tensor<fp16>"));
}

// The pieces of a split file keep the places they have in the whole.
TEST(Parser, PiecesKeepTheirPlaces) {
  Context context;
  llvm::SourceMgr &sources = context.getDiagnostics().getSourceMgr();
  llvm::StringRef text = "ignored\nprogram(1.3)\n{\n}\nignored";
  unsigned id = sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "file"), llvm::SMLoc());
  llvm::StringRef whole = sources.getMemoryBuffer(id)->getBuffer();
  EXPECT_TRUE(parseProgramPiece(context, whole.substr(8, 16)));
  unsigned line = 0;
  context.getDiagnostics().setHandler([&](const Diagnostic &diagnostic) {
    line = sources.getLineAndColumn(diagnostic.location.getStart()).first;
  });
  // Without the closing brace.
  EXPECT_FALSE(parseProgramPiece(context, whole.substr(8, 14)));
  EXPECT_EQ(line, 3u);
}

TEST(Parser, SaysWhereTheTextIsNotText) {
  Fixture f;
  using llvm::StringRef;
  EXPECT_FALSE(parseProgramText(f.context, StringRef("program\0(1.3)", 13)));
  EXPECT_FALSE(parseProgramText(f.context, "program(1.3) // \xc3"));
  EXPECT_FALSE(parseProgramText(f.context, "program(1.3) // \xff {}"));
  EXPECT_FALSE(parseProgramText(f.context, "program(1.3) // \xed\xa0\x80 {}"));
  EXPECT_EQ(f.messages, (std::vector<std::string>{
                            "null byte in the text", "the text is not UTF-8",
                            "the text is not UTF-8", "the text is not UTF-8"}));
}

// Cut anywhere, the text gives a message and no program, never a crash.
TEST(Parser, EveryPrefixIsRefused) {
  llvm::StringRef text =
      "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n"
      "{ func main<ios18>(state<tensor<fp16, [1, ?]>> s, fp16 x) [A = "
      "tuple<int32, list<fp64, ?>>((1, [0x1.8p-3, -inf, nan]))] {\n"
      "tensor<fp16, [2]> c = const()[val = tensor<fp16, [2]>(BLOBFILE(path = "
      "string(\"p\"), offset = uint64(64)))]; // note\n"
      "fp16 a, fp16 b = espresso.f<ios17>(l = (x, fp16(1.5e-3), c), x = x);"
      " } -> (a, b); }";
  Fixture whole;
  ASSERT_TRUE(parseProgramText(whole.context, text));
  for (size_t size = 0; size < text.size(); ++size) {
    Fixture f;
    EXPECT_FALSE(parseProgramText(f.context, text.take_front(size))) << size;
    EXPECT_FALSE(f.messages.empty()) << size;
  }
}

// Any byte changed: a program or a message.
TEST(Parser, EveryBrokenByteIsSurvived) {
  llvm::StringRef text =
      "program(1.3){func f<ios18>(tensor<fp16,[2]> x){list<string,1> y="
      "g(a=(x,x),b=dict<string,fp64>({{\"k\",-0x1p+1}}))[n=bool(true)];"
      "}->(y);}";
  for (size_t i = 0; i < text.size(); ++i) {
    for (char c : llvm::StringRef("\0\n\"\\({[<>]}),;=-?0a.x\x80", 22)) {
      std::string broken = text.str();
      broken[i] = c;
      Fixture f;
      auto program = parseProgramText(f.context, broken);
      ASSERT_EQ(program == nullptr, !f.messages.empty()) << broken;
      if (!program)
        continue;
      std::string printed = printToString(*program);
      auto again = parseProgramText(f.context, printed);
      ASSERT_TRUE(again) << printed;
      ASSERT_EQ(printToString(*again), printed);
    }
  }
}

} // namespace
} // namespace espresso
