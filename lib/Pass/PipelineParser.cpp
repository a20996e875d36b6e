//===- PipelineParser.cpp - Pipelines from text ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/Pipeline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

namespace espresso {

namespace {
/// A recursive descent over the grammar in Pipeline.h. Stops at the first
/// error.
class PipelineParser {
public:
  PipelineParser(llvm::StringRef text, DiagnosticEngine &diagnostics,
                 llvm::ArrayRef<PassOptionValue> defaults)
      : rest(text), diagnostics(diagnostics), defaults(defaults) {}

  FailureOr<Pipeline> parse();

private:
  // Characters and words.
  void skipSpace() { rest = rest.ltrim(" \t\r\n"); }
  bool consume(char c);
  LogicalResult expect(char c);
  llvm::StringRef takeWord();
  /// A word that may hold '=': the first one has been taken.
  llvm::StringRef takeValue();
  FailureOr<std::string> parseQuoted();

  // The grammar.
  LogicalResult parsePasses(bool inFunction);
  LogicalResult parseElement(bool inFunction);
  LogicalResult addPass(const PassInfo &info);
  /// Makes the pass, with the defaults for what `values` leaves open.
  std::unique_ptr<Pass> make(const PassInfo &info,
                             llvm::SmallVectorImpl<PassOptionValue> &values);
  LogicalResult addPipeline(const PipelineInfo &info, llvm::StringRef name,
                            bool inFunction);
  LogicalResult parseOptions(const PassInfo &info,
                             llvm::SmallVectorImpl<PassOptionValue> &values);
  FailureOr<PassOptionValue> parseOption(const PassInfo &info);
  FailureOr<PassOptionValue> parseValue(const PassOptionInfo &option,
                                        llvm::StringRef optionWord);

  // Messages.
  Location locate(llvm::StringRef piece) const {
    return Location::range({llvm::SMLoc::getFromPointer(piece.begin()),
                            llvm::SMLoc::getFromPointer(piece.end())});
  }
  InFlightDiagnostic error(llvm::StringRef piece) {
    return diagnostics.emitError(locate(piece));
  }
  LogicalResult reportUnknownName(llvm::StringRef name);
  LogicalResult reportUnknownOption(const PassInfo &info, llvm::StringRef name);

  llvm::StringRef rest;
  DiagnosticEngine &diagnostics;
  llvm::ArrayRef<PassOptionValue> defaults;
  Pipeline pipeline;
};
} // namespace

//===----------------------------------------------------------------------===//
// Characters and words
//===----------------------------------------------------------------------===//

bool PipelineParser::consume(char c) {
  skipSpace();
  if (!rest.starts_with(llvm::StringRef(&c, 1)))
    return false;
  rest = rest.drop_front();
  return true;
}

LogicalResult PipelineParser::expect(char c) {
  if (consume(c))
    return success();
  InFlightDiagnostic diag = error(rest.take_front(1));
  diag << "expected '" << c << "'";
  if (rest.empty())
    diag << " before the end of the pipeline";
  else
    diag << ", found '" << rest.front() << "'";
  return diag;
}

/// The longest run of characters that a bare word may have.
llvm::StringRef PipelineParser::takeWord() {
  skipSpace();
  llvm::StringRef word = rest.take_until(
      [](char c) { return llvm::StringRef(" \t\r\n,{}()=\"").contains(c); });
  rest = rest.drop_front(word.size());
  return word;
}

llvm::StringRef PipelineParser::takeValue() {
  skipSpace();
  llvm::StringRef word = rest.take_until(
      [](char c) { return llvm::StringRef(" \t\r\n,{}()\"").contains(c); });
  rest = rest.drop_front(word.size());
  return word;
}

FailureOr<std::string> PipelineParser::parseQuoted() {
  llvm::StringRef start = rest;
  rest = rest.drop_front();
  std::string text;
  while (!rest.empty() && rest.front() != '"') {
    if (rest.front() == '\\' && rest.size() > 1)
      rest = rest.drop_front();
    text += rest.front();
    rest = rest.drop_front();
  }
  if (rest.empty())
    return error(start.take_front(1)) << "quoted value is not closed";
  rest = rest.drop_front();
  return text;
}

//===----------------------------------------------------------------------===//
// Grammar
//===----------------------------------------------------------------------===//

/// pipeline := element (',' element)*
FailureOr<Pipeline> PipelineParser::parse() {
  skipSpace();
  if (rest.empty())
    return std::move(pipeline);
  if (failed(parsePasses(/*inFunction=*/false)))
    return failure();
  skipSpace();
  if (!rest.empty())
    return error(rest.take_front(1))
           << "expected ',' or the end of the pipeline, found '" << rest.front()
           << "'";
  return std::move(pipeline);
}

LogicalResult PipelineParser::parsePasses(bool inFunction) {
  do {
    if (failed(parseElement(inFunction)))
      return failure();
  } while (consume(','));
  return success();
}

/// element := 'function' '(' passes ')' | pass
LogicalResult PipelineParser::parseElement(bool inFunction) {
  llvm::StringRef name = takeWord();
  if (name.empty())
    return error(rest.take_front(1)) << "expected the name of a pass";
  if (name == "function") {
    if (inFunction)
      return error(name) << "'function' cannot be nested";
    if (failed(expect('(')) || failed(parsePasses(/*inFunction=*/true)))
      return failure();
    return expect(')');
  }
  PassRegistry &registry = PassRegistry::get();
  if (const PipelineInfo *info = registry.findPipeline(name))
    return addPipeline(*info, name, inFunction);
  const PassInfo *info = registry.findPass(name);
  if (!info)
    return reportUnknownName(name);
  if (inFunction && info->scope != PassScope::Function)
    return error(name) << "'" << name
                       << "' is a program pass and cannot stand in 'function'";
  return addPass(*info);
}

LogicalResult PipelineParser::addPipeline(const PipelineInfo &info,
                                          llvm::StringRef name,
                                          bool inFunction) {
  Pipeline named;
  info.build(named);
  for (const std::unique_ptr<Pass> &pass : named.getPasses())
    if (inFunction && pass->getScope() != PassScope::Function)
      return error(name) << "pipeline '" << name << "' has the program pass '"
                         << pass->getArgument()
                         << "' and cannot stand in 'function'";
  for (const std::unique_ptr<Pass> &pass : named.getPasses()) {
    llvm::SmallVector<PassOptionValue> values;
    pass->collectChangedOptions(values);
    pipeline.addPass(make(pass->getInfo(), values));
  }
  return success();
}

LogicalResult PipelineParser::addPass(const PassInfo &info) {
  llvm::SmallVector<PassOptionValue> values;
  if (consume('{') && failed(parseOptions(info, values)))
    return failure();
  pipeline.addPass(make(info, values));
  return success();
}

std::unique_ptr<Pass>
PipelineParser::make(const PassInfo &info,
                     llvm::SmallVectorImpl<PassOptionValue> &values) {
  for (const PassOptionValue &value : defaults) {
    const PassOptionInfo *option = info.findOption(value.name);
    bool isGiven = llvm::any_of(values, [&](const PassOptionValue &other) {
      return other.name == value.name;
    });
    if (option && !isGiven)
      values.push_back({option->name, value.value});
  }
  return info.create(values);
}

/// option (',' option)* '}'
LogicalResult
PipelineParser::parseOptions(const PassInfo &info,
                             llvm::SmallVectorImpl<PassOptionValue> &values) {
  if (consume('}'))
    return success();
  do {
    skipSpace();
    llvm::StringRef start = rest;
    FailureOr<PassOptionValue> value = parseOption(info);
    if (failed(value))
      return failure();
    if (llvm::any_of(values, [&](const PassOptionValue &other) {
          return other.name == value->name;
        }))
      return error(start.take_front(value->name.size()))
             << "option '" << value->name << "' is given twice";
    values.push_back(std::move(*value));
  } while (consume(','));
  return expect('}');
}

/// option := name '=' value | name
FailureOr<PassOptionValue> PipelineParser::parseOption(const PassInfo &info) {
  llvm::StringRef name = takeWord();
  if (name.empty())
    return error(rest.take_front(1)) << "expected the name of an option";
  const PassOptionInfo *option = info.findOption(name);
  if (!option)
    return reportUnknownOption(info, name);
  if (consume('='))
    return parseValue(*option, name);
  if (option->kind == PassOptionKind::Bool)
    return PassOptionValue{option->name, true};
  return error(name) << "option '" << name << "' needs a value";
}

FailureOr<PassOptionValue>
PipelineParser::parseValue(const PassOptionInfo &option,
                           llvm::StringRef optionWord) {
  skipSpace();
  llvm::StringRef start = rest;
  std::string text;
  if (rest.starts_with("\"")) {
    FailureOr<std::string> quoted = parseQuoted();
    if (failed(quoted))
      return failure();
    text = std::move(*quoted);
  } else {
    text = takeValue().str();
    if (text.empty())
      return error(optionWord)
             << "option '" << optionWord << "' needs a value after '='";
  }
  llvm::StringRef spelling = start.drop_back(rest.size());
  switch (option.kind) {
  case PassOptionKind::Bool:
    if (text == "true" || text == "false")
      return PassOptionValue{option.name, text == "true"};
    return error(spelling) << "option '" << option.name
                           << "' expects 'true' or 'false', found '" << text
                           << "'";
  case PassOptionKind::Integer: {
    int64_t number;
    if (!llvm::StringRef(text).getAsInteger(10, number))
      return PassOptionValue{option.name, number};
    return error(spelling) << "option '" << option.name
                           << "' expects an integer, found '" << text << "'";
  }
  case PassOptionKind::String:
    break;
  }
  if (option.choices.empty() || llvm::is_contained(option.choices, text))
    return PassOptionValue{option.name, text};
  return error(spelling) << "option '" << option.name << "' expects one of '"
                         << llvm::join(option.choices, "', '") << "', found '"
                         << text << "'";
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

LogicalResult PipelineParser::reportUnknownName(llvm::StringRef name) {
  InFlightDiagnostic diag = error(name);
  diag << "unknown pass '" << name << "'";
  if (std::optional<llvm::StringRef> near = PassRegistry::get().suggest(name)) {
    diag << "; did you mean '" << *near << "'?";
    diag.addFixIt(locate(name).getRange(), *near);
  }
  return diag;
}

LogicalResult PipelineParser::reportUnknownOption(const PassInfo &info,
                                                  llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> names;
  for (const PassOptionInfo &option : info.options)
    names.push_back(option.name);
  InFlightDiagnostic diag = error(name);
  diag << "pass '" << info.argument << "' has no option '" << name << "'";
  if (std::optional<llvm::StringRef> near = findNearMiss(name, names)) {
    diag << "; did you mean '" << *near << "'?";
    diag.addFixIt(locate(name).getRange(), *near);
  } else if (!names.empty()) {
    diag.addHelp("its options are '" + llvm::join(names, "', '") + "'");
  }
  return diag;
}

FailureOr<Pipeline> parsePipeline(llvm::StringRef text, Context &context,
                                  llvm::StringRef bufferName,
                                  llvm::ArrayRef<PassOptionValue> defaults) {
  DiagnosticEngine &diagnostics = context.getDiagnostics();
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      llvm::MemoryBuffer::getMemBufferCopy(text, bufferName);
  llvm::StringRef kept = buffer->getBuffer();
  diagnostics.getSourceMgr().AddNewSourceBuffer(std::move(buffer),
                                                llvm::SMLoc());
  return PipelineParser(kept, diagnostics, defaults).parse();
}

} // namespace espresso
