//===- AllocationTest.cpp - Tokens cost no allocation ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpenSession.h"
#include "RandomCheckpoint.h"
#include "TinyArchitectures.h"

#include "espresso/Transforms/Passes.h"

#include "gtest/gtest.h"

#include <atomic>
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define ESPRESSO_COUNTS_ALLOCATIONS
#endif

namespace {

std::atomic<bool> isCounting{false};
std::atomic<int64_t> numAllocations{0};

} // namespace

// Everything that allocates, operator new included, comes here. What frees is
// the C library's still.
#ifdef ESPRESSO_COUNTS_ALLOCATIONS
static void count() {
  if (isCounting.load(std::memory_order_relaxed))
    ++numAllocations;
}

extern "C" {
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}
void *realloc(void *memory, size_t size) {
  count();
  return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
}
#endif

using namespace espresso;
using namespace espresso::test;

namespace {

constexpr const char *kGreedyPipeline =
    "split-at-rope,place-head{head=ane,sampler=greedy},fuse-blocks,"
    "function(lower-composites),cleanup";

class AllocationTest : public testing::TestWithParam<ModelConfig> {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }
  void SetUp() override {
#ifndef ESPRESSO_COUNTS_ALLOCATIONS
    GTEST_SKIP() << "allocations are not counted here";
#endif
  }

  std::unique_ptr<runtime::Session> open(llvm::StringRef pipeline) {
    CompileOptions options;
    options.pipeline = pipeline.str();
    options.build = {DataType::Float16, kTinyContext, /*prefillLength=*/4};
    CompiledModel model;
    EXPECT_EQ(compileModel(context, checkpoint, options, model),
              CompileStatus::Success);
    return openSession(model, makeTokenizer(GetParam()));
  }

  /// Allocations of each of five tokens, after a prompt and two tokens.
  template <typename Append>
  static void expectNone(Append append) {
    const int32_t prompt[] = {1, 5, 2, 7};
    ASSERT_TRUE(append(prompt));
    for (int32_t token = 0; token < 7; ++token) {
      const int32_t ids[] = {token};
      numAllocations = 0;
      isCounting = true;
      const bool isOk = append(ids);
      isCounting = false;
      ASSERT_TRUE(isOk);
      if (token >= 2) {
        EXPECT_EQ(numAllocations, 0) << "token " << token;
      }
    }
  }

  Context context;
  Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 5);
};

// The counter counts: a test that cannot fail shows nothing.
TEST_P(AllocationTest, CountsAllocations) {
  numAllocations = 0;
  isCounting = true;
  std::string *text = new std::string(100, 'x');
  isCounting = false;
  EXPECT_GE(numAllocations, 2) << *text;
  delete text;
}

// A token that is read gives logits without an allocation.
TEST_P(AllocationTest, LogitsTakeNone) {
  std::unique_ptr<runtime::Session> session = open(kDefaultPipeline);
  ASSERT_TRUE(session);
  expectNone(
      [&](std::span<const int32_t> ids) { return session->append(ids).ok(); });
}

// So does one after which the head chooses.
TEST_P(AllocationTest, ChoicesTakeNone) {
  std::unique_ptr<runtime::Session> session = open(kGreedyPipeline);
  ASSERT_TRUE(session);
  ASSERT_TRUE(session->isGreedy());
  expectNone([&](std::span<const int32_t> ids) {
    return session->appendGreedy(ids).ok();
  });
}

INSTANTIATE_TEST_SUITE_P(Families, AllocationTest,
                         testing::ValuesIn(getTinyArchitectures()),
                         [](const testing::TestParamInfo<ModelConfig> &info) {
                           return info.param.name;
                         });

} // namespace
