//===- Template.cpp - Chat templates --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/Template.h"

#include "Text/Template/Evaluator.h"
#include "Text/Template/Parser.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

namespace espresso {

/// Chat templates have a few thousand bytes.
static constexpr size_t kMaxSource = size_t{1} << 20;

struct Template::Tree {
  std::string source;
  std::string name;
  jinja::StmtList body;
};

Template::Template(std::unique_ptr<const Tree> tree) : tree(std::move(tree)) {}
Template::Template(Template &&) noexcept = default;
Template &Template::operator=(Template &&) noexcept = default;
Template::~Template() = default;

absl::StatusOr<Template> Template::parse(std::string source, std::string name) {
  if (source.size() > kMaxSource)
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a template of ", source.size(),
                     " bytes; the limit is ", kMaxSource));
  if (const size_t valid = countValidUtf8(source); valid != source.size())
    return jinja::makeError(name, source, valid, "the template is not UTF-8");
  auto tree = std::make_unique<Tree>();
  tree->source = std::move(source);
  tree->name = std::move(name);
  ESPRESSO_ASSIGN_OR_RETURN(tree->body,
                            jinja::parseTemplate(tree->source, tree->name));
  return Template(std::move(tree));
}

absl::StatusOr<std::string>
Template::render(const TemplateValue &context) const {
  return jinja::Evaluator(tree->source, tree->name, context).run(tree->body);
}

} // namespace espresso
