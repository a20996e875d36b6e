//===- Template.h - Chat templates ------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEXT_TEMPLATE_H
#define ESPRESSO_TEXT_TEMPLATE_H

#include "espresso/Text/TemplateValue.h"

#include "absl/status/statusor.h"

#include <memory>
#include <string>

namespace espresso {

/// A template in the subset of Jinja that chat templates are written in; see
/// docs/Chat.md. White space is trimmed as trim_blocks and lstrip_blocks say.
/// A template cannot read files, run programs or change what it is given, and
/// its steps and output are bounded. Immutable; thread-safe.
class Template {
public:
  /// `name` is for messages. Errors: InvalidArgument, "name:line:column: ...",
  /// also for what Jinja has and the subset has not.
  [[nodiscard]] static absl::StatusOr<Template> parse(std::string source,
                                                      std::string name);
  Template(Template &&) noexcept;
  Template &operator=(Template &&) noexcept;
  ~Template();

  /// The text of the template with the variables of `context`, a dictionary.
  /// Errors: InvalidArgument with line and column, also for what the template
  /// raises itself; ResourceExhausted if it takes too many steps or makes too
  /// much text.
  [[nodiscard]] absl::StatusOr<std::string>
  render(const TemplateValue &context) const;

private:
  struct Tree;
  explicit Template(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree;
};

} // namespace espresso

#endif // ESPRESSO_TEXT_TEMPLATE_H
