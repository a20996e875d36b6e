//===- Progress.h - A sign of life ------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_PROGRESS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_PROGRESS_H

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace espresso::runtime {

/// While it lives, and once a second has passed, a line on stderr says what is
/// going on and for how long; it is gone when the object is. Does nothing if
/// stderr is no terminal.
class Progress {
public:
  Progress(bool isWanted, std::string step);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

private:
  void show();

  std::string step;
  std::mutex mutex;
  std::condition_variable changed;
  bool isDone = false;
  std::thread thread;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_PROGRESS_H
