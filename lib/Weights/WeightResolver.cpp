//===- WeightResolver.cpp - From BLOBFILE to bytes ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/WeightResolver.h"

#include "espresso/Weights/BlobFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <mutex>

namespace espresso {

//===----------------------------------------------------------------------===//
// Files that are opened when needed
//===----------------------------------------------------------------------===//

namespace {

/// One weight file below a directory, opened by the first who asks.
/// Thread-safe.
class LazyFile {
public:
  LazyFile(std::string directory, std::string relativePath)
      : directory(std::move(directory)), relativePath(std::move(relativePath)) {
  }

  /// The file, or null; then `problem` says why.
  std::shared_ptr<const BlobFile> get(std::string &problem);
  std::string getPath() const {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, relativePath);
    return path.str().str();
  }

private:
  void open();

  const std::string directory;
  const std::string relativePath;
  std::once_flag opened;
  std::shared_ptr<const BlobFile> file;
  std::string failureText;
};

/// A constant's elements: a record of a file that is opened by the first read.
class LazyBlobSource final : public WeightSource {
public:
  LazyBlobSource(std::shared_ptr<LazyFile> file, uint64_t offset, DataType type,
                 int64_t count)
      : file(std::move(file)), offset(offset), type(type), count(count) {}

  int64_t getNumElements() const override { return count; }
  DataType getElementType() const override { return type; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &diagnostics) const override {
    return readRange(0, count, out, diagnostics);
  }
  LogicalResult readRange(int64_t first, int64_t count,
                          llvm::MutableArrayRef<uint8_t> out,
                          DiagnosticEngine &diagnostics) const override;
  llvm::ArrayRef<uint8_t> getBytesInPlace() const override;
  void releaseMemory() const override {
    std::string problem;
    if (WeightSourceRef resolved = resolve(problem))
      resolved->releaseMemory();
  }
  std::string getKey() const override {
    return llvm::formatv("blob:{0}@{1}:{2}[{3}]", file->getPath(), offset,
                         llvm::StringRef(getName(type)), count);
  }

  /// The source in the file, or null; then `problem` says why.
  WeightSourceRef resolve(std::string &problem) const;

private:
  std::shared_ptr<LazyFile> file;
  uint64_t offset;
  DataType type;
  int64_t count;
};

} // namespace

/// Runs `action` with an engine whose messages go to `text`.
template <typename Action>
static auto collectMessages(std::string &text, const Action &action) {
  DiagnosticEngine engine;
  engine.setHandler([&](const Diagnostic &diagnostic) {
    if (!text.empty())
      text += "; ";
    text += diagnostic.subject + ": " + diagnostic.message;
  });
  return action(engine);
}

void LazyFile::open() {
  std::string path = getPath();
  llvm::SmallString<128> realDirectory, realFile;
  if (std::error_code error =
          llvm::sys::fs::real_path(directory, realDirectory)) {
    failureText = "cannot open '" + directory + "': " + error.message();
    return;
  }
  if (std::error_code error = llvm::sys::fs::real_path(path, realFile)) {
    failureText = "cannot open '" + path + "': " + error.message();
    return;
  }
  llvm::StringRef rest = realFile;
  // The root directory already ends in a separator.
  if (!rest.consume_front(realDirectory) ||
      !(rest.starts_with("/") || realDirectory.str().ends_with("/"))) {
    failureText = "'" + path + "' is a link that leaves '" + directory + "'";
    return;
  }
  auto result = collectMessages(failureText, [&](DiagnosticEngine &engine) {
    return BlobFile::open(realFile, engine);
  });
  if (succeeded(result))
    file = *result;
}

std::shared_ptr<const BlobFile> LazyFile::get(std::string &problem) {
  std::call_once(opened, [this] { open(); });
  if (!file)
    problem = failureText;
  return file;
}

WeightSourceRef LazyBlobSource::resolve(std::string &problem) const {
  std::shared_ptr<const BlobFile> blobs = file->get(problem);
  if (!blobs)
    return nullptr;
  auto record = collectMessages(problem, [&](DiagnosticEngine &engine) {
    return blobs->readRecord(offset, engine);
  });
  if (failed(record))
    return nullptr;
  if (record->type == type && record->numElements == count)
    return blobs->getSource(*record);
  problem = llvm::formatv(
      "{0}, byte {1}: expected {2} elements of {3}, found {4} of {5}",
      file->getPath(), offset, count, llvm::StringRef(getName(type)),
      record->numElements, llvm::StringRef(getName(record->type)));
  return nullptr;
}

LogicalResult LazyBlobSource::readRange(int64_t first, int64_t count,
                                        llvm::MutableArrayRef<uint8_t> out,
                                        DiagnosticEngine &diagnostics) const {
  std::string problem;
  WeightSourceRef resolved = resolve(problem);
  if (!resolved)
    return diagnostics.emitError("weights") << problem;
  return resolved->readRange(first, count, out, diagnostics);
}

llvm::ArrayRef<uint8_t> LazyBlobSource::getBytesInPlace() const {
  std::string problem;
  WeightSourceRef resolved = resolve(problem);
  // The bytes belong to the mapped file, which `file` keeps open.
  return resolved ? resolved->getBytesInPlace() : llvm::ArrayRef<uint8_t>();
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// Why `path`, with `@model_path/` removed, may not be opened; empty if it may.
static std::string findPathProblem(llvm::StringRef path) {
  if (path.empty() || path.contains('\0'))
    return "it is empty or holds a zero byte";
  if (path.starts_with("@"))
    return "only '@model_path/' is known";
  if (llvm::sys::path::is_absolute(path) || path.starts_with("/"))
    return "it is absolute";
  for (llvm::StringRef part : llvm::split(path, '/'))
    if (part == "..")
      return "it contains '..'";
  return {};
}

//===----------------------------------------------------------------------===//
// The walk over the program
//===----------------------------------------------------------------------===//

namespace {

class Resolver {
public:
  Resolver(llvm::StringRef directory, WeightPolicy policy)
      : directory(directory.empty() ? "." : directory.str()), policy(policy) {}

  LogicalResult run(Program &program);

private:
  using Emit = llvm::function_ref<InFlightDiagnostic()>;

  LogicalResult resolveOperation(Operation &op);
  /// Adds a binding to take the place of `binding` if there is a blob in it.
  LogicalResult
  resolveBinding(const Binding &binding, Operation &op,
                 llvm::SmallVectorImpl<std::unique_ptr<Binding>> &replacements);
  LogicalResult resolveList(AttributeList &attributes, Emit emitError);
  /// Replaces `attribute` if there is a blob in it; `changed` says whether.
  LogicalResult resolve(Attribute &attribute, bool &changed, Emit emitError);
  LogicalResult resolveBlob(Attribute &attribute, Emit emitError);
  LogicalResult resolveAll(std::vector<Attribute> &elements, bool &changed,
                           Emit emitError);

  std::string directory;
  WeightPolicy policy;
  llvm::StringMap<std::shared_ptr<LazyFile>> files;
};

} // namespace

LogicalResult Resolver::resolveBlob(Attribute &attribute, Emit emitError) {
  BlobReference reference = *attribute.getBlob();
  llvm::StringRef path = reference.path;
  path.consume_front("@model_path/");
  std::string problem = findPathProblem(path);
  if (!problem.empty())
    return emitError() << "weight file '" << reference.path
                       << "' is refused: " << problem;
  TensorType type = attribute.getType().getAs<TensorType>();
  std::optional<int64_t> count =
      type ? type.getNumElements() : std::optional<int64_t>();
  if (!count)
    return emitError() << "expected a static tensor type for a weight, found '"
                       << attribute.getType() << "'";
  if (!getBlobTypeCode(type.getElementType()))
    return emitError() << "weight files cannot hold elements of '"
                       << llvm::StringRef(getName(type.getElementType()))
                       << "'";
  std::shared_ptr<LazyFile> &file = files[path];
  if (!file)
    file = std::make_shared<LazyFile>(directory, path.str());
  auto source = std::make_shared<LazyBlobSource>(file, reference.offset,
                                                 type.getElementType(), *count);
  if (policy == WeightPolicy::Now && !source->resolve(problem))
    return emitError() << problem;
  reference.source = std::move(source);
  attribute = Attribute::blob(type, std::move(reference));
  return success();
}

LogicalResult Resolver::resolveAll(std::vector<Attribute> &elements,
                                   bool &changed, Emit emitError) {
  for (Attribute &element : elements)
    if (failed(resolve(element, changed, emitError)))
      return failure();
  return success();
}

LogicalResult Resolver::resolve(Attribute &attribute, bool &changed,
                                Emit emitError) {
  if (const BlobReference *blob = attribute.getBlob()) {
    if (blob->source)
      return success();
    changed = true;
    return resolveBlob(attribute, emitError);
  }
  bool inside = false;
  if (const ListElements *list = attribute.getList()) {
    std::vector<Attribute> elements = list->elements;
    if (failed(resolveAll(elements, inside, emitError)))
      return failure();
    if (inside)
      attribute =
          attribute.getType().is<ListType>()
              ? Attribute::list(attribute.getType().castTo<ListType>(),
                                std::move(elements))
              : Attribute::tuple(attribute.getType().castTo<TupleType>(),
                                 std::move(elements));
  } else if (const DictElements *dict = attribute.getDict()) {
    auto entries = dict->entries;
    for (auto &[key, value] : entries)
      if (failed(resolve(value, inside, emitError)))
        return failure();
    if (inside)
      attribute = Attribute::dict(attribute.getType().castTo<DictType>(),
                                  std::move(entries));
  }
  changed |= inside;
  return success();
}

LogicalResult Resolver::resolveList(AttributeList &attributes, Emit emitError) {
  // Replacing a value keeps the entries and their order.
  for (size_t i = 0; i < attributes.getEntries().size(); ++i) {
    llvm::StringRef name = attributes.getEntries()[i].name;
    Attribute value = attributes.getEntries()[i].value;
    bool changed = false;
    if (failed(resolve(value, changed, emitError)))
      return failure();
    if (changed)
      attributes.set(name, std::move(value));
  }
  return success();
}

LogicalResult Resolver::resolveBinding(
    const Binding &binding, Operation &op,
    llvm::SmallVectorImpl<std::unique_ptr<Binding>> &replacements) {
  llvm::SmallVector<Attribute, 1> literals;
  bool changed = false;
  for (size_t i = 0; i < binding.size(); ++i) {
    literals.push_back(binding[i].getLiteral());
    if (literals.back() && failed(resolve(literals.back(), changed,
                                          [&] { return op.emitError(); })))
      return failure();
  }
  if (!changed)
    return success();
  auto copy =
      std::make_unique<Binding>(binding.getName(), binding.isParenthesised());
  for (size_t i = 0; i < binding.size(); ++i) {
    if (Value *value = binding[i].getValue())
      copy->addValue(value, &op);
    else
      copy->addLiteral(literals[i]);
  }
  replacements.push_back(std::move(copy));
  return success();
}

LogicalResult Resolver::resolveOperation(Operation &op) {
  auto emitError = [&] { return op.emitError(); };
  for (size_t i = 0; i < op.getAttributes().getEntries().size(); ++i) {
    NamedAttribute entry = op.getAttributes().getEntries()[i];
    bool changed = false;
    if (failed(resolve(entry.value, changed, emitError)))
      return failure();
    if (changed)
      op.setAttribute(entry.name, std::move(entry.value));
  }
  llvm::SmallVector<std::unique_ptr<Binding>, 2> replacements;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    if (failed(resolveBinding(*binding, op, replacements)))
      return failure();
  for (std::unique_ptr<Binding> &binding : replacements)
    op.setBinding(std::move(binding));
  return success();
}

LogicalResult Resolver::run(Program &program) {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  bool ok = succeeded(resolveList(program.getAttributes(), [&] {
    return diagnostics.emitError(Location());
  }));
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    ok &= succeeded(resolveList(function->getAttributes(), [&] {
      return diagnostics.emitError(function->getLocation());
    }));
    function->walk(
        [&](Operation &op) { ok &= succeeded(resolveOperation(op)); });
  }
  return success(ok);
}

LogicalResult resolveWeights(Program &program, llvm::StringRef modelDirectory,
                             WeightPolicy policy) {
  return Resolver(modelDirectory, policy).run(program);
}

} // namespace espresso
