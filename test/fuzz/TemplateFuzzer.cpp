//===- TemplateFuzzer.cpp - Chat templates --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuzzSupport.h"

#include "espresso/Text/Template.h"

using namespace espresso;

/// A template, rendered with a conversation.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  absl::StatusOr<Template> parsed = Template::parse(
      std::string(reinterpret_cast<const char *>(data), size), "t");
  if (!parsed.ok()) {
    fuzz::require(!parsed.status().message().empty(), "a refusal has a reason");
    return 0;
  }
  using Dict = TemplateValue::Dict;
  using List = TemplateValue::List;
  auto message = [](const char *role, const char *content) {
    return TemplateValue(Dict{{"role", TemplateValue(role)},
                              {"content", TemplateValue(content)}});
  };
  auto text = parsed->render(TemplateValue(
      Dict{{"messages", TemplateValue(List{message("system", "a"),
                                           message("user", " \xC3\xA9\n")})},
           {"add_generation_prompt", TemplateValue(true)},
           {"bos_token", TemplateValue("<s>")},
           {"eos_token", TemplateValue("</s>")},
           {"n", TemplateValue(int64_t{3})}}));
  if (!text.ok())
    fuzz::require(!text.status().message().empty(), "an error has a reason");
  return 0;
}
