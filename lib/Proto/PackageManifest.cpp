//===- PackageManifest.cpp - Manifests of packages ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackageManifest.h"

#include "espresso/Base/Sha256.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace json = llvm::json;

static constexpr llvm::StringLiteral kFormatVersion = "1.0.0";
static constexpr llvm::StringLiteral kAuthor = "com.apple.CoreML";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The parser of JSON recurses; so deep it may.
static constexpr unsigned kMaxDepth = 32;

/// Whether brackets in `text`, strings apart, are nested deeper than that.
static bool isTooDeep(llvm::StringRef text) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString && c == '\\')
      ++i;
    else if (c == '"')
      inString = !inString;
    else if (!inString && (c == '{' || c == '[') && ++depth > kMaxDepth)
      return true;
    else if (!inString && (c == '}' || c == ']') && depth != 0)
      --depth;
  }
  return false;
}

/// Why a path of an item may not be followed; empty if it may.
static llvm::StringRef findPathProblem(llvm::StringRef path) {
  if (path.empty() || path.contains('\0'))
    return "it is empty or holds a zero byte";
  if (llvm::sys::path::is_absolute(path) || path.starts_with("/"))
    return "it is absolute";
  for (llvm::StringRef part : llvm::split(path, '/'))
    if (part == "..")
      return "it contains '..'";
  return "";
}

namespace {

/// Reads one manifest.
class ManifestReader {
public:
  ManifestReader(llvm::StringRef subject, DiagnosticEngine &diagnostics)
      : subject(subject), diagnostics(diagnostics) {}

  FailureOr<PackageManifest> run(llvm::StringRef text);

private:
  FailureOr<PackageManifest::Item> readItem(llvm::StringRef identifier,
                                            const json::Value &value);
  InFlightDiagnostic emitError() { return diagnostics.emitError(subject); }

  llvm::StringRef subject;
  DiagnosticEngine &diagnostics;
};

} // namespace

FailureOr<PackageManifest::Item>
ManifestReader::readItem(llvm::StringRef identifier, const json::Value &value) {
  const json::Object *entry = value.getAsObject();
  std::optional<llvm::StringRef> path =
      entry ? entry->getString("path") : std::nullopt;
  if (!path)
    return emitError() << "expected an object with a 'path' for item '"
                       << identifier << "'";
  llvm::StringRef problem = findPathProblem(*path);
  if (!problem.empty())
    return emitError() << "path '" << *path << "' is refused: " << problem;
  auto get = [&](llvm::StringRef key) {
    return entry->getString(key).value_or("").str();
  };
  return PackageManifest::Item{identifier.str(), get("author"),
                               get("description"), get("name"), path->str()};
}

FailureOr<PackageManifest> ManifestReader::run(llvm::StringRef text) {
  if (isTooDeep(text))
    return emitError() << "nested deeper than " << kMaxDepth;
  llvm::Expected<json::Value> parsed = json::parse(text);
  if (!parsed)
    return emitError() << "not JSON: " << llvm::toString(parsed.takeError());
  const json::Object *top = parsed->getAsObject();
  if (!top)
    return emitError() << "expected an object";
  std::optional<llvm::StringRef> version = top->getString("fileFormatVersion");
  if (!version || !version->starts_with("1."))
    return emitError() << "expected 'fileFormatVersion' \"" << kFormatVersion
                       << "\", found "
                       << (version ? "\"" + version->str() + "\"" : "none");
  const json::Object *entries = top->getObject("itemInfoEntries");
  std::optional<llvm::StringRef> root = top->getString("rootModelIdentifier");
  if (!entries || !root)
    return emitError()
           << "expected 'itemInfoEntries' and 'rootModelIdentifier'";
  PackageManifest manifest;
  bool found = false;
  for (const auto &[key, value] : *entries) {
    FailureOr<PackageManifest::Item> item = readItem(key, value);
    if (failed(item))
      return failure();
    if (item->identifier == *root) {
      manifest.root = manifest.items.size();
      found = true;
    }
    manifest.items.push_back(std::move(*item));
  }
  if (!found)
    return emitError() << "'rootModelIdentifier' is \"" << *root
                       << "\", which is no item";
  return manifest;
}

FailureOr<PackageManifest> parseManifest(llvm::StringRef text,
                                         llvm::StringRef subject,
                                         DiagnosticEngine &diagnostics) {
  return ManifestReader(subject, diagnostics).run(text);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// A UUID of version 8 (RFC 9562) made of a digest.
static std::string makeIdentifier(llvm::StringRef what,
                                  llvm::StringRef digest) {
  std::string hex = sha256Hex((what + ":" + digest).str());
  hex[12] = '8';
  // The two top bits of this digit are 10.
  hex[16] = "89ab"[llvm::hexDigitValue(hex[16]) & 3];
  std::string upper = llvm::StringRef(hex).upper();
  llvm::StringRef digits = upper;
  return (digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" +
          digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" +
          digits.substr(20, 12))
      .str();
}

std::string makeManifest(llvm::StringRef model, bool hasWeights) {
  std::string digest = sha256Hex(std::string_view(model.data(), model.size()));
  std::vector<PackageManifest::Item> items = {
      {makeIdentifier("model", digest), kAuthor.str(),
       "CoreML Model Specification", "model.mlmodel",
       "com.apple.CoreML/model.mlmodel"}};
  std::string root = items.front().identifier;
  if (hasWeights)
    items.push_back({makeIdentifier("weights", digest), kAuthor.str(),
                     "CoreML Model Weights", "weights",
                     "com.apple.CoreML/weights"});
  llvm::sort(items, [](const auto &a, const auto &b) {
    return a.identifier < b.identifier;
  });
  std::string text;
  llvm::raw_string_ostream os(text);
  constexpr unsigned kIndent = 4;
  json::OStream out(os, kIndent);
  out.object([&] {
    out.attribute("fileFormatVersion", kFormatVersion);
    out.attributeObject("itemInfoEntries", [&] {
      for (const PackageManifest::Item &item : items)
        out.attributeObject(item.identifier, [&] {
          out.attribute("author", item.author);
          out.attribute("description", item.description);
          out.attribute("name", item.name);
          out.attribute("path", item.path);
        });
    });
    out.attribute("rootModelIdentifier", root);
  });
  os << '\n';
  return text;
}

} // namespace espresso
