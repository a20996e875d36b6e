//===- OperationTest.h - One operation in a bundle --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_RUNTIME_OPERATIONTEST_H
#define ESPRESSO_TEST_UNIT_RUNTIME_OPERATIONTEST_H

#include "BundleMaker.h"
#include "espresso/Runtime/Device.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace espresso::runtime {

/// One function `f` around one operation, its operands inputs or weights.
class OperationTest : public testing::Test {
protected:
  OperationTest() : f(maker.function("f")) {}

  uint32_t floats(const Shape &shape, const std::vector<float> &values,
                  plan::ElementType type = plan::FLOAT32) {
    return f.weight(maker.weight(type, shape, values));
  }
  uint32_t ints(const Shape &shape, const std::vector<float> &values) {
    return floats(shape, values, plan::INT32);
  }
  /// An input of floats, given when the function runs.
  uint32_t input(const Shape &shape, std::vector<float> values) {
    const std::string name = "in" + std::to_string(given.size());
    given.push_back({name, shape, std::move(values)});
    return f.input(name, plan::FLOAT32, shape);
  }

  absl::Status open() {
    maker.write();
    auto bundle = Bundle::open(maker.getPath(), {.headMethod = headMethod});
    if (!bundle.ok())
      return bundle.status();
    opened = *bundle;
    device = *HostDevice::create(*std::move(bundle), {.threads = 2});
    return absl::OkStatus();
  }

  /// Runs the function; fills `data`, the values of output `name`.
  absl::Status run(const std::string &name, DataType type, const Shape &shape,
                   void *data) {
    if (!device)
      if (absl::Status status = open(); !status.ok())
        return status;
    std::vector<TensorRef> inputs;
    for (Given &input : given)
      inputs.push_back(
          {input.name, DataType::Float32, input.shape, input.values.data()});
    const TensorRef output{name, type, shape, data};
    return device->run("f", inputs, {&output, 1});
  }

  /// The floats that `value`, of `shape`, comes to.
  std::vector<float> result(uint32_t value, const Shape &shape) {
    f.output("out", value);
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    std::vector<float> data(count, NAN);
    absl::Status status = run("out", DataType::Float32, shape, data.data());
    EXPECT_TRUE(status.ok()) << status;
    return data;
  }

  struct Given {
    std::string name;
    Shape shape;
    std::vector<float> values;
  };

  HeadMethod headMethod = HeadMethod::Auto;
  BundleMaker maker;
  FunctionMaker f;
  std::vector<Given> given;
  std::shared_ptr<const Bundle> opened;
  std::unique_ptr<HostDevice> device;
};

inline testing::Matcher<std::vector<float>>
near(const std::vector<float> &values) {
  return testing::Pointwise(testing::FloatNear(1e-5f), values);
}

} // namespace espresso::runtime

#endif // ESPRESSO_TEST_UNIT_RUNTIME_OPERATIONTEST_H
