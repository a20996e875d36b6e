//===- VerifiedFiles.cpp - What need not be read to be trusted ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A record is a text: a line with the format and the start of the machine, then
// a line for each file: device, inode, size, times of its change, name.
//
//===----------------------------------------------------------------------===//

#include "VerifiedFiles.h"

#include "espresso/Base/Platform.h"
#include "espresso/Base/Sha256.h"

#include "absl/strings/str_cat.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace espresso::runtime {

namespace fs = std::filesystem;

static constexpr const char *kFormat = "espresso-verified-1 ";
/// Times of files are coarser than changes: who is younger may change again and
/// keep its time.
static constexpr int64_t kLeastAgeNs = 2'000'000'000;

VerifiedFiles::VerifiedFiles(const std::string &directory,
                             const std::string &path, const std::string &digest)
    : directory(getBootId().empty() ? std::string() : directory) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (error)
    this->directory.clear();
  if (this->directory.empty())
    return;
  record = sha256Hex(absl::StrCat(whole.string(), "\n", digest));
  std::ifstream in(fs::path(directory) / record);
  std::string line;
  if (!std::getline(in, line) || line != absl::StrCat(kFormat, getBootId()))
    return;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    FileIdentity id;
    std::string file;
    if (fields >> id.device >> id.inode >> id.size >> id.modifiedNs >>
            id.changedNs &&
        fields.get() == ' ' && std::getline(fields, file))
      files[file] = id;
  }
}

bool VerifiedFiles::holds(const std::string &name,
                          const MappedFile &file) const {
  auto found = files.find(name);
  return found != files.end() && found->second == file.getIdentity();
}

void VerifiedFiles::add(const std::string &name, const MappedFile &file) {
  const FileIdentity &id = file.getIdentity();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t nowNs =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  if (directory.empty() || nowNs - id.changedNs < kLeastAgeNs ||
      name.find('\n') != std::string::npos ||
      getFileIdentity(file.getPath()) != id)
    return;
  files[name] = id;
  changed = true;
}

void VerifiedFiles::save() const {
  if (!changed)
    return;
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path path = fs::path(directory) / record;
  const fs::path aside = absl::StrCat(path.string(), ".", ::getpid());
  std::ofstream out(aside);
  out << kFormat << getBootId() << '\n';
  for (const auto &[file, id] : files)
    out << id.device << ' ' << id.inode << ' ' << id.size << ' '
        << id.modifiedNs << ' ' << id.changedNs << ' ' << file << '\n';
  out.close();
  if (out)
    fs::rename(aside, path, error);
  if (!out || error)
    fs::remove(aside, error);
}

} // namespace espresso::runtime
