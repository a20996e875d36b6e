//===- Printer.cpp - Writes MIL text --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Printer.h"

#include "ValuePrinter.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static constexpr unsigned kFunctionIndent = 4;
static constexpr unsigned kEndIndent = 8;
static constexpr unsigned kOperationIndent = 12;
/// From an operation to its blocks, and from those to their operations.
static constexpr unsigned kBlockIndent = 4;

namespace {

/// Writes operations, functions and programs in one dialect.
class ProgramPrinter {
public:
  ProgramPrinter(llvm::raw_ostream &os, const PrintOptions &options)
      : os(os), values(os, options) {}

  void print(const Program &program);
  void print(const Function &function);
  /// `indent` is that of the line the operation begins on.
  void print(const Operation &op, unsigned indent);

private:
  void printBlocks(const Operation &op, unsigned indent);
  void printOutputs(const Block &block);
  void print(const Binding &binding);
  void print(const Argument &argument);
  /// `fp16 x`.
  void printDeclaration(const Value &value);

  llvm::raw_ostream &os;
  ValuePrinter values;
};

} // namespace

void ProgramPrinter::printDeclaration(const Value &value) {
  values.print(value.getType());
  os << ' ' << value.getName();
}

void ProgramPrinter::print(const Argument &argument) {
  if (const Value *value = argument.getValue())
    os << value->getName();
  else
    values.print(argument.getLiteral());
}

void ProgramPrinter::print(const Binding &binding) {
  os << binding.getName() << " = ";
  // The published format cannot tell a list of one from its element.
  if (binding.size() == 1)
    return print(binding[0]);
  os << '(';
  for (size_t i = 0; i < binding.size(); ++i) {
    if (i != 0)
      os << ", ";
    print(binding[i]);
  }
  os << ')';
}

/// `-> (a, b)`.
void ProgramPrinter::printOutputs(const Block &block) {
  os << "-> (";
  for (size_t i = 0; i < block.getNumOutputs(); ++i)
    os << (i == 0 ? "" : ", ") << block.getOutput(i)->getName();
  os << ")";
}

/// Our own notation; see docs/Language.md.
void ProgramPrinter::printBlocks(const Operation &op, unsigned indent) {
  os << " blocks {\n";
  for (const std::unique_ptr<Block> &block : op.getBlocks()) {
    os.indent(indent + kBlockIndent) << '(';
    // The order of loop variables means something, unlike that of parameters.
    llvm::interleaveComma(
        block->getInputs(), os,
        [&](const std::unique_ptr<Value> &input) { printDeclaration(*input); });
    os << ") {\n";
    for (const Operation &nested : block->getOperations()) {
      os.indent(indent + 2 * kBlockIndent);
      print(nested, indent + 2 * kBlockIndent);
      os << '\n';
    }
    os.indent(indent + kBlockIndent) << "} ";
    printOutputs(*block);
    os << ";\n";
  }
  os.indent(indent) << '}';
}

void ProgramPrinter::print(const Operation &op, unsigned indent) {
  llvm::interleaveComma(
      op.getResults(), os,
      [&](const std::unique_ptr<Value> &result) { printDeclaration(*result); });
  if (op.getNumResults() != 0)
    os << " = ";
  os << op.getName();
  if (!op.getOpsetQualifier().empty())
    os << '<' << op.getOpsetQualifier() << '>';
  llvm::SmallVector<const Binding *, 8> bindings;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    bindings.push_back(binding.get());
  llvm::sort(bindings, [](const Binding *a, const Binding *b) {
    return a->getName() < b->getName();
  });
  os << '(';
  llvm::interleaveComma(bindings, os,
                        [&](const Binding *binding) { print(*binding); });
  os << ')';
  if (!op.getAttributes().empty())
    values.print(op.getAttributes());
  if (!op.getBlocks().empty())
    printBlocks(op, indent);
  os << ';';
}

void ProgramPrinter::print(const Function &function) {
  const Block &body = function.getBody();
  os.indent(kFunctionIndent) << "func " << function.getName() << '<'
                             << function.getOpsetSpelling() << ">(";
  llvm::SmallVector<const Value *, 8> inputs;
  for (const std::unique_ptr<Value> &input : body.getInputs())
    inputs.push_back(input.get());
  llvm::sort(inputs, [](const Value *a, const Value *b) {
    return a->getName() < b->getName();
  });
  llvm::interleaveComma(inputs, os,
                        [&](const Value *input) { printDeclaration(*input); });
  os << ") ";
  if (!function.getAttributes().empty()) {
    values.print(function.getAttributes());
    os << ' ';
  }
  os << "{\n";
  for (const Operation &op : body.getOperations()) {
    os.indent(kOperationIndent);
    print(op, kOperationIndent);
    os << '\n';
  }
  os.indent(kEndIndent) << "} ";
  printOutputs(body);
  os << ";\n";
}

void ProgramPrinter::print(const Program &program) {
  TextVersion version = program.getTextVersion();
  os << "program(" << version.majorNumber << '.' << version.minorNumber
     << ")\n";
  if (!program.getAttributes().empty() || program.hasAttributeBrackets()) {
    values.print(program.getAttributes());
    os << '\n';
  }
  os << "{\n";
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    print(*function);
  os << '}';
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

static PrintOptions getOptions(const Program &program) {
  return {program.getTextVersion().hasTensorScalars()};
}

void print(const Program &program, llvm::raw_ostream &os) {
  ProgramPrinter(os, getOptions(program)).print(program);
}

void print(const Function &function, llvm::raw_ostream &os) {
  ProgramPrinter(os, getOptions(function.getProgram())).print(function);
}

void printOperation(const Operation &op, llvm::raw_ostream &os,
                    const PrintOptions &options) {
  ProgramPrinter(os, options).print(op, /*indent=*/0);
}

std::string printToString(const Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(program, os);
  return text;
}

} // namespace espresso
