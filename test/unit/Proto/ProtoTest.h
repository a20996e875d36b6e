//===- ProtoTest.h - What tests of messages share ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_PROTO_PROTOTEST_H
#define ESPRESSO_TEST_UNIT_PROTO_PROTOTEST_H

#include "../TestSupport.h"
#include "Wire.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/Proto/Model.h"
#include "espresso/Proto/ProgramImport.h"

#include <gmock/gmock.h>

namespace espresso::test {

inline llvm::ArrayRef<uint8_t> bytesOf(llvm::StringRef text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// A context whose messages are kept as "place: message".
class ProtoTest : public testing::Test {
protected:
  ProtoTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      llvm::StringRef place = diagnostic.subject.empty()
                                  ? diagnostic.location.getName()
                                  : llvm::StringRef(diagnostic.subject);
      messages += (place + ": " + diagnostic.message + "\n").str();
    });
  }

  std::unique_ptr<Program> parse(llvm::StringRef text) {
    std::unique_ptr<Program> program = parseProgramText(context, text);
    EXPECT_TRUE(program) << messages;
    return program;
  }

  /// The bytes of a model of `text`, empty after an error.
  std::string makeModel(llvm::StringRef text) {
    std::unique_ptr<Program> program = parse(text);
    if (!program)
      return {};
    auto bytes = writeModel(ModelDocument(std::move(program)));
    return succeeded(bytes) ? *bytes : std::string();
  }

  std::string serialize(const google::protobuf::MessageLite &message) {
    auto bytes = serializeMessage(message, "test", context.getDiagnostics());
    return succeeded(bytes) ? *bytes : std::string();
  }

  /// Text in, text out.
  std::string throughModel(llvm::StringRef text) {
    std::string bytes = makeModel(text);
    auto model = readModel(context, bytesOf(bytes), "test");
    return succeeded(model) ? printToString(model->getProgram()) : messages;
  }

  std::string messages;
  Context context;
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_PROTO_PROTOTEST_H
