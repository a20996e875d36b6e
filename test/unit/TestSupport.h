//===- TestSupport.h - Files and messages in unit tests ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_TESTSUPPORT_H
#define ESPRESSO_TEST_UNIT_TESTSUPPORT_H

#include "espresso/Support/Diagnostics.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace espresso::test {

/// A directory of its own for a test, removed at the end.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "espresso-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      std::abort();
    root = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(root); }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  std::string getPath() const { return root.string(); }
  std::string getPath(std::string_view name) const {
    return (root / name).string();
  }
  /// Writes a file, with the directories it needs, and returns its path.
  std::string write(std::string_view name, std::string_view content) const {
    std::filesystem::path path = root / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path.string();
  }

private:
  std::filesystem::path root;
};

inline std::string readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Overwrites one byte of a file.
inline void writeByte(const std::string &path, size_t place, char value) {
  std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(place));
  stream.put(value);
}

/// A diagnostic engine that keeps messages as "subject: message".
class Messages {
public:
  Messages() {
    engine.setHandler([this](const Diagnostic &diagnostic) {
      texts.push_back(diagnostic.subject + ": " + diagnostic.message);
    });
  }
  operator DiagnosticEngine &() { return engine; }

  bool empty() const { return texts.empty(); }
  /// All of them, one a line.
  std::string str() const {
    std::string all;
    for (const std::string &text : texts)
      all += text + "\n";
    return all;
  }

private:
  DiagnosticEngine engine;
  std::vector<std::string> texts;
};

/// The root of the sources, for files that tests read.
std::filesystem::path getSourceDirectory();

/// The folder of models that are not part of the project, or empty: what the
/// environment names in ESPRESSO_SHARED, or `shared` in one of the directories
/// above the sources.
inline std::filesystem::path findSharedModels() {
  if (const char *shared = std::getenv("ESPRESSO_SHARED"))
    return std::filesystem::path(shared) / "models";
  std::filesystem::path place = getSourceDirectory();
  while (place.has_relative_path()) {
    place = place.parent_path();
    if (std::filesystem::exists(place / "shared" / "models"))
      return place / "shared" / "models";
  }
  return {};
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_TESTSUPPORT_H
