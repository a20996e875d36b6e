//===- ProgramParser.cpp - Parser of programs -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramParser.h"

#include "espresso/AsmText/Parser.h"

#include "llvm/Support/MemoryBuffer.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

std::unique_ptr<Program> ProgramParser::parseProgram() {
  unsigned errorsBefore = getDiagnostics().getNumErrors();
  auto program = std::make_unique<Program>(context);
  LogicalResult result = parseProgramBody(*program);
  // Errors that parsing went on after are only seen in the count.
  if (failed(result) || getDiagnostics().getNumErrors() != errorsBefore)
    return nullptr;
  return program;
}

// program ::= "program" "(" version ")" attributes? "{" function* "}"
LogicalResult ProgramParser::parseProgramBody(Program &program) {
  if (failed(expectWord("program")) ||
      failed(expect(TokenKind::LeftParen, "'('")) ||
      failed(parseVersion(program)) ||
      failed(expect(TokenKind::RightParen, "')'")))
    return failure();
  if (at(TokenKind::LeftBracket)) {
    program.setAttributeBrackets(true);
    if (failed(parseAttributes(program.getAttributes())))
      return failure();
  }
  if (failed(expect(TokenKind::LeftBrace, "'{'")))
    return failure();
  while (!takeIf(TokenKind::RightBrace)) {
    if (!token.isWord("func"))
      return expected("'func' or '}'");
    if (succeeded(parseFunction(program)))
      continue;
    skipToFunction();
    if (at(TokenKind::EndOfFile))
      return failure();
  }
  return expectEnd();
}

// version ::= "1" ("." digits)?
LogicalResult ProgramParser::parseVersion(Program &program) {
  if (!at(TokenKind::Integer) && !at(TokenKind::Real))
    return expected("a version such as 1.3");
  auto [majorText, minorText] = token.spelling.split('.');
  TextVersion version{1, 0};
  if (majorText != "1" ||
      (at(TokenKind::Real) && minorText.getAsInteger(10, version.minorNumber)))
    return emitError(token) << "unknown version " << token.spelling
                            << " of MIL text; expected 1.0 or 1.3";
  take();
  program.setTextVersion(version);
  return success();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Moves to the next `func` that follows a `;`, or to the end of the program.
void ProgramParser::skipToFunction() {
  while (!at(TokenKind::EndOfFile)) {
    bool afterSemicolon = take().is(TokenKind::Semicolon);
    if (afterSemicolon && (token.isWord("func") || at(TokenKind::RightBrace)))
      return;
  }
}

// function ::= "func" name "<" opset ">" "(" parameters? ")" attributes?
//              "{" statements "->" "(" outputs? ")" ";"
LogicalResult ProgramParser::parseFunction(Program &program) {
  take();
  NameScope names(context);
  scope = &names;
  Function *function = parseFunctionName(program);
  if (!function)
    return failure();
  Block &body = function->getBody();
  if (failed(parseParameters(*function, body)) ||
      (at(TokenKind::LeftBracket) &&
       failed(parseAttributes(function->getAttributes()))) ||
      failed(expect(TokenKind::LeftBrace, "'{'")))
    return failure();
  LogicalResult result = success(
      succeeded(parseStatements(body)) &&
      succeeded(expect(TokenKind::Arrow, "'->' and the function's outputs")) &&
      succeeded(parseOutputs(body)) &&
      succeeded(expect(TokenKind::Semicolon, "';' after the function")));
  names.reportUnresolved();
  return result;
}

Function *ProgramParser::parseFunctionName(Program &program) {
  Token name, opset;
  if (failed(expectName(name, "the name of a function")) ||
      failed(expect(TokenKind::Less, "'<'")) ||
      failed(expectName(opset, "an opset")) ||
      failed(expect(TokenKind::Greater, "'>'")))
    return nullptr;
  auto [it, inserted] = functionNames.try_emplace(name.spelling, name);
  // Parsed nevertheless, for the errors inside of it.
  if (!inserted)
    emitError(name).addNote(it->second.getLocation(), "first defined here")
        << "function '" << name.spelling << "' is defined twice";
  return program.addFunction(name.spelling, opset.spelling, name.getLocation());
}

// parameters ::= type name ("," type name)*
LogicalResult ProgramParser::parseParameters(Function &function, Block &body) {
  if (failed(expect(TokenKind::LeftParen, "'('")))
    return failure();
  return parseList(TokenKind::RightParen, "')'", [&]() -> LogicalResult {
    NamedType parameter;
    if (failed(parseNamedType(parameter, "the name of an input")))
      return failure();
    Value *value = body.addInput(context.intern(parameter.name.spelling),
                                 parameter.type, parameter.name.getLocation());
    function.reserveName(value->getName());
    // Parsing goes on, so that one bad name gives one error.
    (void)scope->define(parameter.name, value);
    return success();
  });
}

LogicalResult ProgramParser::parseNamedType(NamedType &result,
                                            const llvm::Twine &what) {
  result.type = parseType();
  return success(result.type && succeeded(expectName(result.name, what)));
}

// outputs ::= name ("," name)*
LogicalResult ProgramParser::parseOutputs(Block &body) {
  if (failed(expect(TokenKind::LeftParen, "'('")))
    return failure();
  return parseList(TokenKind::RightParen, "')'", [&]() -> LogicalResult {
    Token name;
    if (failed(expectName(name, "the name of an output")))
      return failure();
    if (Value *value = scope->lookup(name))
      body.addOutput(value);
    return success();
  });
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

std::unique_ptr<Program> parseProgramPiece(Context &context,
                                           llvm::StringRef text) {
  if (failed(checkEncoding(text, context.getDiagnostics())))
    return nullptr;
  return ProgramParser(context, text).parseProgram();
}

std::unique_ptr<Program> parseProgram(Context &context, unsigned bufferId) {
  const llvm::MemoryBuffer *buffer =
      context.getDiagnostics().getSourceMgr().getMemoryBuffer(bufferId);
  return parseProgramPiece(context, buffer->getBuffer());
}

/// A copy of `text` that lives as long as the context.
static llvm::StringRef addBuffer(Context &context, llvm::StringRef text,
                                 llvm::StringRef name) {
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(text, name);
  llvm::StringRef copy = buffer->getBuffer();
  context.getDiagnostics().getSourceMgr().AddNewSourceBuffer(std::move(buffer),
                                                             llvm::SMLoc());
  return copy;
}

std::unique_ptr<Program> parseProgramText(Context &context,
                                          llvm::StringRef text,
                                          llvm::StringRef bufferName) {
  return parseProgramPiece(context, addBuffer(context, text, bufferName));
}

/// Runs one production on all of `text`; a null result after an error.
template <typename Result>
static Result parseWhole(Context &context, llvm::StringRef text,
                         llvm::StringRef bufferName,
                         llvm::function_ref<Result(ValueParser &)> parse) {
  text = addBuffer(context, text, bufferName);
  if (failed(checkEncoding(text, context.getDiagnostics())))
    return {};
  ValueParser parser(context, text);
  Result result = parse(parser);
  return result && succeeded(parser.expectEnd()) ? result : Result();
}

Attribute parseValue(Context &context, llvm::StringRef text,
                     llvm::StringRef bufferName) {
  return parseWhole<Attribute>(
      context, text, bufferName,
      [](ValueParser &parser) { return parser.parseValue(); });
}

Attribute parseLiteral(Context &context, Type type, llvm::StringRef text,
                       llvm::StringRef bufferName) {
  return parseWhole<Attribute>(
      context, text, bufferName,
      [type](ValueParser &parser) { return parser.parseLiteral(type); });
}

Type parseType(Context &context, llvm::StringRef text,
               llvm::StringRef bufferName) {
  return parseWhole<Type>(context, text, bufferName, [](ValueParser &parser) {
    return parser.parseType();
  });
}

} // namespace espresso
