//===- JsonFile.cpp - JSON that others wrote ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JsonFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

namespace espresso {

// Settings take kilobytes; an index of a thousand files some megabytes.
static constexpr uint64_t kMaxBytes = 64 << 20;
static constexpr unsigned kMaxDepth = 64;

//===----------------------------------------------------------------------===//
// Whole files
//===----------------------------------------------------------------------===//

/// The parser recurses: where brackets nest too deep, or nothing.
static std::optional<size_t> findTooDeep(llvm::StringRef text) {
  unsigned depth = 0;
  bool isInString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (isInString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        isInString = false;
      continue;
    }
    if (c == '"')
      isInString = true;
    else if ((c == '[' || c == '{') && ++depth > kMaxDepth)
      return i;
    else if ((c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return std::nullopt;
}

FailureOr<JsonFile> JsonFile::read(llvm::StringRef path,
                                   DiagnosticEngine &diagnostics) {
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  std::span<const uint8_t> bytes = (*file)->getBytes();
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()),
                       bytes.size());
  if (text.size() > kMaxBytes)
    return diagnostics.emitError(path)
           << "expected settings of at most " << kMaxBytes << " bytes, found "
           << text.size();
  if (std::optional<size_t> place = findTooDeep(text))
    return diagnostics.emitError(llvm::Twine(path) + ", byte " +
                                 llvm::Twine(*place))
           << "brackets are nested more than " << kMaxDepth << " deep";
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(text);
  if (!parsed)
    return diagnostics.emitError(path)
           << "expected JSON: "
           << quoteUntrusted(llvm::toString(parsed.takeError()));
  if (!parsed->getAsObject())
    return diagnostics.emitError(path) << "expected a JSON object of settings";
  return JsonFile(path.str(), *std::move(parsed));
}

static const llvm::json::Value *findPath(const llvm::json::Object &object,
                                         llvm::StringRef path) {
  auto [head, rest] = path.split('.');
  const llvm::json::Value *value = object.get(head);
  if (rest.empty() || !value)
    return value;
  const llvm::json::Object *inner = value->getAsObject();
  return inner ? findPath(*inner, rest) : nullptr;
}

const llvm::json::Value *JsonFile::find(llvm::StringRef key) const {
  while (!key.empty()) {
    auto [first, others] = key.split('|');
    const llvm::json::Value *found = findPath(getObject(), first);
    if (found && found->kind() != llvm::json::Value::Null)
      return found;
    key = others;
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Piece by piece
//===----------------------------------------------------------------------===//

InFlightDiagnostic JsonCursor::emitError(uint64_t position) const {
  return diagnostics.emitError(path + ", byte " + llvm::Twine(position));
}

void JsonCursor::skipBlanks() {
  while (place < text.size() &&
         llvm::StringRef(" \t\r\n").contains(text[place]))
    ++place;
}

bool JsonCursor::consume(char c) {
  skipBlanks();
  if (place == text.size() || text[place] != c)
    return false;
  ++place;
  return true;
}

LogicalResult JsonCursor::expect(char c, llvm::StringRef what) {
  if (consume(c))
    return success();
  std::string found = place == text.size()
                          ? std::string("the end")
                          : quoteUntrusted(text.substr(place, 1));
  return emitError(getPosition()) << "expected '" << std::string(1, c)
                                  << "' of " << what << ", found " << found;
}

/// What follows a backslash.
LogicalResult JsonCursor::readEscape(std::string &out, llvm::StringRef what) {
  static constexpr llvm::StringLiteral kLetters = "\"\\/bfnrt";
  static constexpr llvm::StringLiteral kMeanings = "\"\\/\b\f\n\r\t";
  uint64_t position = getPosition();
  if (place < text.size()) {
    size_t letter = kLetters.find(text[place]);
    if (letter != llvm::StringRef::npos) {
      out += kMeanings[letter];
      ++place;
      return success();
    }
  }
  unsigned code;
  if (place + 5 > text.size() || text[place] != 'u' ||
      text.substr(place + 1, 4).getAsInteger(16, code))
    return emitError(position) << "expected an escape in " << what;
  place += 5;
  char buffer[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
  char *end = buffer;
  // Halves of pairs, which names do not have, do not convert.
  if (!llvm::ConvertCodePointToUTF8(code, end))
    return emitError(position) << "expected a character in " << what;
  out.append(buffer, end);
  return success();
}

FailureOr<std::string> JsonCursor::readString(llvm::StringRef what) {
  if (failed(expect('"', what)))
    return failure();
  std::string out;
  while (place < text.size() && text[place] != '"') {
    char c = text[place++];
    if (c == '\\') {
      if (failed(readEscape(out, what)))
        return failure();
    } else {
      out += c;
    }
  }
  if (failed(expect('"', what)))
    return failure();
  return out;
}

FailureOr<uint64_t> JsonCursor::readUnsigned(llvm::StringRef what) {
  skipBlanks();
  llvm::StringRef digits = text.substr(place).take_while(llvm::isDigit);
  uint64_t number;
  if (digits.empty() || digits.getAsInteger(10, number))
    return emitError(getPosition())
           << "expected " << what << ": an integer from 0 on below 2^64";
  place += digits.size();
  return number;
}

LogicalResult JsonCursor::readList(llvm::StringRef what,
                                   llvm::function_ref<LogicalResult()> item) {
  if (failed(expect('[', what)))
    return failure();
  if (consume(']'))
    return success();
  do {
    if (failed(item()))
      return failure();
  } while (consume(','));
  return expect(']', what);
}

LogicalResult JsonCursor::readObject(
    llvm::StringRef what,
    llvm::function_ref<LogicalResult(const std::string &key)> member) {
  if (failed(expect('{', what)))
    return failure();
  if (consume('}'))
    return success();
  do {
    FailureOr<std::string> key = readString(what);
    if (failed(key) || failed(expect(':', what)) || failed(member(*key)))
      return failure();
  } while (consume(','));
  return expect('}', what);
}

LogicalResult JsonCursor::expectEnd() {
  skipBlanks();
  if (place == text.size())
    return success();
  return emitError(getPosition()) << "expected nothing after the object, found "
                                  << quoteUntrusted(text.substr(place, 8));
}

} // namespace espresso
