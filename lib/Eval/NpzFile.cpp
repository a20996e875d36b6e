//===- NpzFile.cpp - Archives of arrays -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/TensorFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/raw_ostream.h"

#include <zip.h>

#include <memory>

namespace espresso {

/// Arrays in an archive, at most.
static constexpr zip_int64_t kMaxEntries = 65536;
/// How much is unpacked at once, so that a size that is not true costs nothing.
static constexpr size_t kChunk = 1 << 16;

static absl::Status invalid(const llvm::Twine &message) {
  return absl::InvalidArgumentError(message.str());
}

static std::string getMessage(zip_error_t &error) {
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return message;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The content of an entry, at most `limit` bytes.
static absl::StatusOr<std::string> unpack(zip_t *archive, zip_uint64_t index,
                                          uint64_t limit) {
  std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
      zip_fopen_index(archive, index, 0), zip_fclose);
  if (!file)
    return invalid(zip_strerror(archive));
  std::string content;
  while (true) {
    size_t before = content.size();
    content.resize(before + kChunk);
    zip_int64_t count = zip_fread(file.get(), content.data() + before, kChunk);
    if (count < 0)
      return invalid(zip_file_strerror(file.get()));
    content.resize(before + count);
    if (count == 0)
      return content;
    if (content.size() > limit)
      return invalid("it is too large");
  }
}

absl::StatusOr<NamedTensors> parseNpz(llvm::StringRef bytes) {
  // To the library, nothing is an archive of nothing.
  if (bytes.empty())
    return invalid("the file is empty");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source =
      zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t *archive =
      source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (!archive) {
    zip_source_free(source);
    return invalid("it is no archive: " + getMessage(error));
  }
  auto close = llvm::make_scope_exit([&] { zip_discard(archive); });
  zip_int64_t count = zip_get_num_entries(archive, 0);
  if (count > kMaxEntries)
    return invalid("it has too many entries");
  NamedTensors tensors;
  uint64_t room = kMaxTensorBytes;
  for (zip_int64_t i = 0; i < count; ++i) {
    const char *name = zip_get_name(archive, i, 0);
    llvm::StringRef key = name ? name : "";
    if (!key.consume_back(".npy"))
      return invalid("entry '" + key + "' is not a .npy file");
    absl::StatusOr<std::string> content = unpack(archive, i, room);
    if (!content.ok())
      return invalid("entry '" + key +
                     "': " + content.status().message().data());
    room -= content->size();
    absl::StatusOr<Tensor> tensor = parseNpy(*content);
    if (!tensor.ok())
      return invalid("entry '" + key +
                     "': " + std::string(tensor.status().message()));
    tensors.emplace_back(key.str(), std::move(*tensor));
  }
  return tensors;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Appends a member without compression. The time is the first that the format
/// has, so that the same tensors give the same bytes.
static absl::Status addEntry(zip_t *archive, const std::string &name,
                             const std::string &content) {
  zip_source_t *source =
      zip_source_buffer(archive, content.data(), content.size(), 0);
  if (!source)
    return absl::InternalError(zip_strerror(archive));
  zip_int64_t index =
      zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return absl::InternalError(zip_strerror(archive));
  }
  constexpr zip_uint16_t kFirstDate = (0 << 9) | (1 << 5) | 1; // 1980-01-01
  if (zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(archive, index, 0, kFirstDate, 0) != 0)
    return absl::InternalError(zip_strerror(archive));
  return absl::OkStatus();
}

/// Everything in `source`, which is closed.
static absl::StatusOr<std::string> readAll(zip_source_t *source) {
  zip_stat_t info;
  if (zip_source_stat(source, &info) != 0 || zip_source_open(source) != 0)
    return absl::InternalError("cannot read the archive back");
  std::string content(info.size, '\0');
  zip_int64_t count = zip_source_read(source, content.data(), content.size());
  zip_source_close(source);
  if (count != static_cast<zip_int64_t>(content.size()))
    return absl::InternalError("cannot read the archive back");
  return content;
}

absl::StatusOr<std::string> writeNpz(const NamedTensors &tensors) {
  // They must live until the archive is closed.
  std::vector<std::string> contents;
  contents.reserve(tensors.size());
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *buffer = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t *archive =
      buffer ? zip_open_from_source(buffer, ZIP_TRUNCATE, &error) : nullptr;
  if (!archive) {
    zip_source_free(buffer);
    return absl::InternalError(getMessage(error));
  }
  // Closing the archive must leave what it has been written to.
  zip_source_keep(buffer);
  auto release = llvm::make_scope_exit([&] { zip_source_free(buffer); });
  for (const auto &[name, tensor] : tensors) {
    absl::StatusOr<std::string> content = writeNpy(tensor);
    absl::Status status = content.status();
    if (status.ok()) {
      contents.push_back(std::move(*content));
      status = addEntry(archive, name, contents.back());
    }
    if (!status.ok()) {
      zip_discard(archive);
      return status;
    }
  }
  if (zip_close(archive) != 0) {
    std::string message = zip_strerror(archive);
    zip_discard(archive);
    return absl::InternalError(message);
  }
  return readAll(buffer);
}

} // namespace espresso
