//===- HostDevice.cpp - The CPU as a device -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executor.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/Device.h"

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::runtime {

class HostDevice::Impl {
public:
  Impl(std::shared_ptr<const Bundle> bundle, unsigned threads)
      : bundle(std::move(bundle)),
        workspace(std::make_shared<Workspace>(threads)) {}

  std::shared_ptr<const Bundle> bundle;
  std::shared_ptr<Workspace> workspace;
  std::unique_ptr<Executor> executor;
  StateMemory states;
};

HostDevice::HostDevice(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
HostDevice::~HostDevice() = default;

absl::StatusOr<std::unique_ptr<HostDevice>>
HostDevice::create(std::shared_ptr<const Bundle> bundle,
                   const HostOptions &options) {
  const Program &program = bundle->getProgram();
  auto impl = std::make_unique<Impl>(std::move(bundle), options.threads);
  ESPRESSO_ASSIGN_OR_RETURN(
      impl->executor,
      Executor::create(program, impl->workspace, options.programs));
  ESPRESSO_RETURN_IF_ERROR(impl->states.allocate(program.getPlan()));
  return std::unique_ptr<HostDevice>(new HostDevice(std::move(impl)));
}

bool HostDevice::hasProgram(std::string_view program) const {
  return impl->bundle->getProgram().find(program) != nullptr;
}

void HostDevice::reset() { impl->states.zero(); }

uint64_t HostDevice::getMemoryBytes() const {
  return impl->workspace->getArenaBytes() + impl->states.getByteSize();
}

/// Puts the data of `tensors` in the order of `ports`.
template <typename Ports, typename Pointer>
static absl::Status bind(const FunctionInfo &function, const Ports &ports,
                         std::span<const TensorRef> tensors,
                         absl::InlinedVector<Pointer, 16> &pointers) {
  const std::string &owner = function.message->name();
  if (static_cast<int>(tensors.size()) != ports.size())
    return absl::InvalidArgumentError(
        absl::StrCat("'", owner, "' was given ", tensors.size(),
                     " tensors for ", ports.size(), " ports"));
  for (const plan::Port &port : ports) {
    auto found = std::find_if(
        tensors.begin(), tensors.end(),
        [&](const TensorRef &tensor) { return tensor.name == port.name(); });
    if (found == tensors.end())
      return absl::InvalidArgumentError(absl::StrCat(
          "'", owner, "' was given no tensor '", port.name(), "'"));
    const TensorType &type = function.values[port.value()].type;
    TensorType given{.type = found->type};
    if (given.getMemory() != type.getMemory() ||
        !std::equal(found->shape.begin(), found->shape.end(),
                    type.shape.begin(), type.shape.end())) {
      given.shape.assign(found->shape.begin(), found->shape.end());
      return absl::InvalidArgumentError(
          absl::StrCat("tensor '", port.name(), "' of '", owner, "' is ",
                       toString(given), ", expected ", toString(type)));
    }
    pointers.push_back(found->data);
  }
  return absl::OkStatus();
}

absl::Status HostDevice::run(std::string_view program,
                             std::span<const TensorRef> inputs,
                             std::span<const TensorRef> outputs) {
  const Program &all = impl->bundle->getProgram();
  const CompiledFunction *function = all.find(program);
  if (!function)
    return absl::NotFoundError(
        absl::StrCat("the plan has no function '", std::string(program), "'"));
  const FunctionInfo &info = *function->info;
  absl::InlinedVector<const void *, 16> from;
  absl::InlinedVector<void *, 16> to;
  ESPRESSO_RETURN_IF_ERROR(bind(info, info.message->inputs(), inputs, from));
  ESPRESSO_RETURN_IF_ERROR(bind(info, info.message->outputs(), outputs, to));
  return impl->executor->run(all.getIndex(*function), from, to,
                             {.states = impl->states.getStates()});
}

} // namespace espresso::runtime
