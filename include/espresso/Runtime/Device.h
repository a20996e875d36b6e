//===- Device.h - Where programs run ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_DEVICE_H
#define ESPRESSO_RUNTIME_DEVICE_H

#include "espresso/Base/DataType.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/status.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace espresso::runtime {

/// A named tensor at the boundary of a program: row-major elements, not owned,
/// of type Float32, Int32 or Bool (one byte). Floats have this form whatever
/// the program declares.
struct TensorRef {
  std::string_view name;
  DataType type = DataType::Float32;
  std::span<const int64_t> shape;
  void *data = nullptr;
};

/// Runs the programs of one bundle. Thread-compatible.
class Device {
public:
  virtual ~Device() = default;
  /// For people: "host", "ane".
  virtual std::string_view getName() const = 0;
  virtual bool hasProgram(std::string_view program) const = 0;
  /// Reads the inputs and fills the outputs. Both are bound by name, never by
  /// position; every port of the program must be there once.
  virtual absl::Status run(std::string_view program,
                           std::span<const TensorRef> inputs,
                           std::span<const TensorRef> outputs) = 0;
};

struct HostOptions {
  /// Threads to compute with, the caller included; 0: all the machine has.
  unsigned threads = 0;
  /// Programs this device has run there, the rest on the CPU; may be null.
  /// Not owned; must outlive the host device.
  Device *programs = nullptr;
};

/// The CPU. Runs every function of a bundle, host functions included, and
/// holds the states they share, zeroed at first.
class HostDevice : public Device {
public:
  /// Errors: ResourceExhausted if there is not the memory.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<HostDevice>>
  create(std::shared_ptr<const Bundle> bundle, const HostOptions &options = {});
  ~HostDevice() override;

  std::string_view getName() const override { return "host"; }
  bool hasProgram(std::string_view program) const override;
  absl::Status run(std::string_view program, std::span<const TensorRef> inputs,
                   std::span<const TensorRef> outputs) override;

  /// Zeroes the states.
  void reset();
  /// Bytes of activations and states held.
  uint64_t getMemoryBytes() const;

private:
  class Impl;
  explicit HostDevice(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_DEVICE_H
