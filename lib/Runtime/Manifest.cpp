//===- Manifest.cpp - The table of contents of a bundle -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"

#include "VerifiedFiles.h"
#include "espresso/Base/Sha256.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace espresso::runtime {

namespace fs = std::filesystem;
using nlohmann::json;

static constexpr int64_t kFormatVersion = 1;
static constexpr size_t kDigestDigits = 64;
static constexpr std::string_view kManifest = "manifest.json";

template <typename... Args>
static absl::Status invalid(const std::string &file, const Args &...args) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", args...));
}

static bool isDigest(const std::string &text) {
  return text.size() == kDigestDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The string under `key`, or nothing.
static std::string getString(const json &object, const char *key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return std::string();
  return found->get<std::string>();
}

/// Checks the manifest's digest of itself, for which its digits read 0.
static absl::Status checkSelf(const std::string &file, std::string text,
                              const json &manifest) {
  const std::string digest = getString(manifest, "self_sha256");
  if (!isDigest(digest))
    return invalid(file, "'self_sha256' is missing or no digest");
  const size_t at = text.find(digest);
  if (at == std::string::npos || text.find(digest, at + 1) != std::string::npos)
    return invalid(file, "'self_sha256' must be written once, in plain digits");
  text.replace(at, kDigestDigits, kDigestDigits, '0');
  const std::string actual = sha256Hex(std::string_view(text));
  if (actual != digest)
    return invalid(file, "the file was changed: its digest is ", actual,
                   ", 'self_sha256' says ", digest);
  return absl::OkStatus();
}

/// Maps a file of the bundle that is no link; `path` is relative.
static absl::StatusOr<std::shared_ptr<const MappedFile>>
openInside(const fs::path &root, const std::string &path) {
  fs::path walked = root;
  for (const fs::path &part : fs::path(path)) {
    walked /= part;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(walked, error);
    if (fs::is_symlink(status))
      return invalid(walked.string(),
                     "symbolic links are not allowed in a bundle");
  }
  return MappedFile::open(walked.string());
}

/// True for a relative path in plain form: no empty part, no '.' and '..'.
static bool isPlainPath(const std::string &path) {
  if (path.empty() || path.find('\0') != std::string::npos ||
      path.find('\\') != std::string::npos)
    return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return false;
    begin = end + 1;
  }
  return true;
}

static bool isWeightFile(const std::string &path) {
  constexpr std::string_view kSuffix = ".bin";
  return path.size() >= kSuffix.size() &&
         path.compare(path.size() - kSuffix.size(), kSuffix.size(), kSuffix) ==
             0;
}

namespace {

/// A file of the manifest, opened.
struct Entry {
  std::shared_ptr<const MappedFile> file;
  std::string digest; ///< as the manifest says
};

} // namespace

static absl::StatusOr<Entry>
readEntry(const fs::path &root, const std::string &path, const json &entry) {
  const std::string manifest = (root / kManifest).string();
  if (!isPlainPath(path) || path == kManifest)
    return invalid(manifest, "'", path, "' is no path inside the bundle");
  const std::string digest =
      entry.is_object() ? getString(entry, "sha256") : std::string();
  if (!isDigest(digest) || !entry.contains("bytes") ||
      !entry["bytes"].is_number_unsigned())
    return invalid(manifest, "the entry of '", path,
                   "' must have 'bytes' and 'sha256'");
  ESPRESSO_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file,
                            openInside(root, path));
  const uint64_t bytes = entry["bytes"].get<uint64_t>();
  if (file->getSize() != bytes)
    return invalid(file->getPath(), "has ", file->getSize(),
                   " bytes, the manifest expects ", bytes);
  return Entry{file, digest};
}

/// Checks digests with all threads of the machine, a file each.
static absl::Status checkDigests(const std::vector<const Entry *> &entries) {
  std::vector<std::string> actual(entries.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < entries.size();)
      actual[i] = sha256Hex(entries[i]->file->getBytes());
  };
  uint64_t bytes = 0;
  for (const Entry *entry : entries)
    bytes += entry->file->getSize();
  // Less is read sooner than a thread has started.
  constexpr uint64_t kBytesPerThread = 1 << 20;
  const uint64_t threads =
      std::min<uint64_t>({std::thread::hardware_concurrency(),
                          bytes / kBytesPerThread, entries.size()});
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < threads; ++i)
    others.emplace_back(work);
  work();
  for (std::thread &thread : others)
    thread.join();
  for (size_t i = 0; i < entries.size(); ++i)
    if (actual[i] != entries[i]->digest)
      return invalid(entries[i]->file->getPath(),
                     "the file was changed: its digest is ", actual[i],
                     ", the manifest expects ", entries[i]->digest);
  return absl::OkStatus();
}

/// Opens all files and checks what the options call for.
static absl::StatusOr<FileMap> readFiles(const std::string &path,
                                         const json &manifest,
                                         const BundleOptions &options) {
  const fs::path root(path);
  VerifiedFiles verified(options.verifyWeights ? options.verifiedFiles
                                               : std::string(),
                         path, getString(manifest, "self_sha256"));
  std::map<std::string, Entry> entries;
  std::vector<const Entry *> unchecked;
  for (const auto &[name, entry] : manifest["files"].items()) {
    Entry &opened = entries[name];
    ESPRESSO_ASSIGN_OR_RETURN(opened, readEntry(root, name, entry));
    if (isWeightFile(name) &&
        (!options.verifyWeights || verified.holds(name, *opened.file)))
      continue;
    unchecked.push_back(&opened);
  }
  ESPRESSO_RETURN_IF_ERROR(checkDigests(unchecked));
  FileMap files;
  for (const auto &[name, entry] : entries) {
    files[name] = entry.file;
    if (isWeightFile(name) && options.verifyWeights &&
        !verified.holds(name, *entry.file))
      verified.add(name, *entry.file);
  }
  verified.save();
  return files;
}

/// Checks that the directory holds the listed files and no others.
static absl::Status checkNoOthers(const fs::path &root, const FileMap &files) {
  std::error_code error;
  fs::recursive_directory_iterator it(root, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const fs::file_status status = it->symlink_status(ignored);
    if (fs::is_directory(status))
      continue;
    const std::string name = it->path().lexically_relative(root).string();
    if (name != kManifest && !files.count(name))
      return invalid(it->path().string(),
                     "the file is not listed in manifest.json");
  }
  if (error)
    return absl::InternalError(
        absl::StrCat(root.string(), ": ", error.message()));
  return absl::OkStatus();
}

static absl::Status checkHeader(const std::string &file, const json &manifest) {
  if (!manifest.is_object())
    return invalid(file, "the file is not a JSON object");
  if (getString(manifest, "format") != "espresso-bundle")
    return invalid(file, "'format' is not \"espresso-bundle\"");
  auto version = manifest.find("format_version");
  if (version == manifest.end() || !version->is_number_integer() ||
      *version != kFormatVersion)
    return invalid(file, "'format_version' is not ", kFormatVersion,
                   ", the one this program reads");
  auto files = manifest.find("files");
  if (files == manifest.end() || !files->is_object())
    return invalid(file, "'files' is missing or no object");
  return absl::OkStatus();
}

absl::StatusOr<FileMap> readManifest(const std::string &path,
                                     const BundleOptions &options) {
  const fs::path root(path);
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found)
    return absl::NotFoundError(
        absl::StrCat(path, ": no such file or directory"));
  if (!fs::is_directory(status))
    return invalid(path, "not a bundle, which is a directory");
  if (fs::symlink_status(root / kManifest, error).type() ==
      fs::file_type::not_found)
    return absl::NotFoundError(
        absl::StrCat(path, ": not a bundle: it has no manifest.json"));
  ESPRESSO_ASSIGN_OR_RETURN(std::shared_ptr<const MappedFile> file,
                            openInside(root, std::string(kManifest)));
  std::span<const uint8_t> bytes = file->getBytes();
  const std::string text(bytes.begin(), bytes.end());
  const json manifest = json::parse(text, nullptr, /*allow_exceptions=*/false);
  ESPRESSO_RETURN_IF_ERROR(checkHeader(file->getPath(), manifest));
  ESPRESSO_RETURN_IF_ERROR(checkSelf(file->getPath(), text, manifest));
  ESPRESSO_ASSIGN_OR_RETURN(FileMap files, readFiles(path, manifest, options));
  ESPRESSO_RETURN_IF_ERROR(checkNoOthers(root, files));
  return files;
}

} // namespace espresso::runtime
