//===- Manifest.cpp - The table of contents of a bundle -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"

#include "espresso/Base/Sha256.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

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

static absl::StatusOr<std::shared_ptr<const MappedFile>>
readEntry(const fs::path &root, const std::string &path, const json &entry,
          bool verifyWeights) {
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
  if (!verifyWeights && isWeightFile(path))
    return file;
  const std::string actual = sha256Hex(file->getBytes());
  if (actual != digest)
    return invalid(file->getPath(), "the file was changed: its digest is ",
                   actual, ", the manifest expects ", digest);
  return file;
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
                                     bool verifyWeights) {
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
  FileMap files;
  for (const auto &[name, entry] : manifest["files"].items()) {
    ESPRESSO_ASSIGN_OR_RETURN(files[name],
                              readEntry(root, name, entry, verifyWeights));
  }
  ESPRESSO_RETURN_IF_ERROR(checkNoOthers(root, files));
  return files;
}

} // namespace espresso::runtime
