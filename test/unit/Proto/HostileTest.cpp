//===- HostileTest.cpp - Models that lie ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProtoTest.h"

namespace espresso::test {
namespace {

/// Values of many kinds in little space.
const char kText[] =
    "program(1.3)\n[buildInfo = dict<string, string>({{\"a\", \"b\"}})]\n{\n"
    "    func main<ios18>(state<tensor<fp16, [2]>> s, tensor<fp32, [?]> x) "
    "[FlexibleShapeInformation = tuple<tuple<string, dict<string, "
    "tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, "
    "[2]>, ?>>>>(((\"DefaultShapes\", {{\"x\", [1]}}), (\"RangeDims\", "
    "{{\"x\", [[1, 9]]}})))] {\n"
    "            tensor<uint4, [3]> c = const()[val = tensor<uint4, [3]>([1, "
    "2, 3])];\n"
    "            tensor<fp16, [2]> b = const()[val = tensor<fp16, "
    "[2]>(BLOBFILE(path = string(\"@model_path/w\"), offset = uint64(64)))];\n"
    "            tuple<int32, string> t = const()[val = tuple<int32, "
    "string>((1, \"x\"))];\n"
    "            tensor<fp32, [?]> y = concat(axis = int32(0), interleave = "
    "bool(false), values = (x, x));\n"
    "        } -> (y);\n"
    "}";

class HostileTest : public ProtoTest {
protected:
  /// Reads `bytes` and, if it is a model, writes and prints it: nothing may
  /// crash, and a refusal must have been explained.
  void exercise(const std::string &bytes) {
    Context own;
    unsigned numMessages = 0;
    own.getDiagnostics().setHandler([&](const Diagnostic &) { ++numMessages; });
    auto document = readModel(own, bytesOf(bytes), "test");
    if (failed(document)) {
      EXPECT_NE(numMessages, 0u);
      return;
    }
    ++numRead;
    (void)printToString(document->getProgram());
    if (failed(writeModel(*document))) {
      EXPECT_NE(numMessages, 0u);
    }
  }

  unsigned numRead = 0;
};

TEST_F(HostileTest, EveryTruncation) {
  std::string bytes = makeModel(kText);
  ASSERT_FALSE(bytes.empty()) << messages;
  for (size_t length = 0; length < bytes.size(); ++length)
    exercise(bytes.substr(0, length));
  EXPECT_EQ(numRead, 0u);
  exercise(bytes);
  EXPECT_EQ(numRead, 1u);
}

TEST_F(HostileTest, EveryByteChanged) {
  std::string bytes = makeModel(kText);
  ASSERT_FALSE(bytes.empty()) << messages;
  for (size_t place = 0; place < bytes.size(); ++place)
    for (int change : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
      std::string changed = bytes;
      changed[place] = static_cast<char>(changed[place] ^ change);
      exercise(changed);
    }
  // Names and comments are free.
  EXPECT_GT(numRead, 100u);
}

TEST_F(HostileTest, EveryByteRemovedOrDoubled) {
  std::string bytes = makeModel(kText);
  for (size_t place = 0; place < bytes.size(); ++place) {
    exercise(std::string(bytes).erase(place, 1));
    exercise(std::string(bytes).insert(place, 1, bytes[place]));
  }
}

TEST_F(HostileTest, MessagesWithoutEnd) {
  // Field 4 of Program, Value, Immediate, List, …: each in the one before.
  std::string bytes;
  for (int depth = 0; depth < 20000; ++depth) {
    std::string length;
    for (size_t rest = bytes.size(); rest != 0 || length.empty(); rest >>= 7)
      length += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
    bytes = "\x22" + length + bytes;
    if (bytes.size() > (1 << 20))
      break;
  }
  Context own;
  std::string text;
  own.getDiagnostics().setHandler(
      [&](const Diagnostic &diagnostic) { text = diagnostic.message; });
  EXPECT_FALSE(importProgram(own, bytesOf(bytes), "test"));
  EXPECT_NE(text, "");
}

} // namespace
} // namespace espresso::test
