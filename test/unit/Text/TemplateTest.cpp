//===- TemplateTest.cpp - Chat templates ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../TestSupport.h"

#include "espresso/Text/Template.h"

#include "gmock/gmock.h"

using namespace espresso;
using testing::HasSubstr;

namespace {

using Dict = TemplateValue::Dict;
using List = TemplateValue::List;

TemplateValue makeMessage(const char *role, const char *content) {
  return TemplateValue(
      Dict{{"role", TemplateValue(role)}, {"content", TemplateValue(content)}});
}

/// What the templates of Inputs/templates.txt are rendered with.
TemplateValue makeContext() {
  const TemplateValue tool(Dict{
      {"type", TemplateValue("function")},
      {"function",
       TemplateValue(Dict{
           {"name", TemplateValue("f")},
           {"parameters",
            TemplateValue(Dict{
                {"a", TemplateValue(int64_t{1})},
                {"b",
                 TemplateValue(List{TemplateValue(true), TemplateValue::none(),
                                    TemplateValue(1.5)})}})}})}});
  List numbers;
  for (int64_t number : {3, 1, 2})
    numbers.emplace_back(number);
  return TemplateValue(Dict{
      {"messages", TemplateValue(List{makeMessage("system", "You are helpful."),
                                      makeMessage("user", " Hi <there> \n"),
                                      makeMessage("assistant", "H\xC3\xA9llo"),
                                      makeMessage("user", "2+2?")})},
      {"add_generation_prompt", TemplateValue(true)},
      {"bos_token", TemplateValue("<s>")},
      {"eos_token", TemplateValue("</s>")},
      {"tools", TemplateValue(List{tool})},
      {"x", TemplateValue(int64_t{5})},
      {"s", TemplateValue("Hello World")},
      {"l", TemplateValue(std::move(numbers))},
      {"d", TemplateValue(Dict{{"b", TemplateValue(int64_t{1})},
                               {"a", TemplateValue(int64_t{2})}})},
      {"e", TemplateValue("")},
      {"n", TemplateValue::none()},
      {"f", TemplateValue(2.5)}});
}

absl::StatusOr<std::string> render(const std::string &source) {
  absl::StatusOr<Template> parsed = Template::parse(source, "t");
  if (!parsed.ok())
    return parsed.status();
  return parsed->render(makeContext());
}

std::string getError(const std::string &source) {
  absl::StatusOr<std::string> text = render(source);
  EXPECT_FALSE(text.ok()) << source.substr(0, 100);
  return std::string(text.status().message());
}

// The expected texts are those of Python's Jinja 3.1 (trim_blocks,
// lstrip_blocks, loop controls) for the same templates.
TEST(Template, RendersAsJinjaDoes) {
  const std::string cases = test::readFile(
      (test::getSourceDirectory() / "test/unit/Text/Inputs/templates.txt")
          .string());
  const std::string middle = "\n----- gives\n", end = "\n===== ";
  size_t count = 0;
  for (size_t at = 0; at < cases.size(); ++count) {
    const size_t split = cases.find(middle, at);
    ASSERT_NE(split, std::string::npos);
    const size_t stop = cases.find(end, split);
    const std::string source = cases.substr(at, split - at);
    const size_t start = split + middle.size();
    absl::StatusOr<std::string> text = render(source);
    ASSERT_TRUE(text.ok()) << source << "\n" << text.status();
    EXPECT_EQ(*text, cases.substr(start, stop - start)) << source;
    at = cases.find('\n', stop + end.size()) + 1;
  }
  EXPECT_GE(count, 40u);
}

TEST(Template, ErrorsHaveAPlace) {
  EXPECT_EQ(getError("a\n{{ x + }}"),
            "t:2:8: expected an expression, found '}}'");
  EXPECT_EQ(getError("{% if x %}a"),
            "t:1:12: expected '{% endif %}', found the end");
  EXPECT_EQ(getError("{% for i in l %}{% endif %}"),
            "t:1:17: expected '{% endfor %}', found '{% endif %}'");
  EXPECT_THAT(getError("x{% endif %}"), HasSubstr("ends nothing"));
  EXPECT_THAT(getError("\n\n  {{ 'abc }}"),
              HasSubstr("t:3:6: the text has no"));
  EXPECT_THAT(getError("{{ x"), HasSubstr("t:1:1: the tag has no end"));
  EXPECT_THAT(getError("{{ zz.y.x }}"), HasSubstr("'zz' is undefined"));
  EXPECT_THAT(getError("{{ 1 / 0 }}"), HasSubstr("t:1:6: division by zero"));
  EXPECT_THAT(getError("{{ s + 1 }}"),
              HasSubstr("'+' has no meaning for string and integer"));
  EXPECT_THAT(getError("{{ raise_exception('no!') }}"),
              HasSubstr("the template says: no!"));
  EXPECT_THAT(getError("{{ '\xFF' }}"), HasSubstr("not UTF-8"));
}

TEST(Template, WhatIsNotSupportedIsNamed) {
  EXPECT_THAT(getError("{% include 'a' %}"),
              HasSubstr("the statement 'include' is not supported; known are"));
  EXPECT_THAT(getError("{{ s | wordwrap }}"),
              HasSubstr("the filter 'wordwrap' is not supported"));
  EXPECT_THAT(getError("{{ s is filter }}"), HasSubstr("the test 'filter'"));
  EXPECT_THAT(getError("{{ s.format(1) }}"), HasSubstr("the method 'format'"));
  EXPECT_THAT(getError("{% for a in l recursive %}{% endfor %}"),
              HasSubstr("recursive loops"));
  EXPECT_THAT(getError("{{ dict(*l) }}"), HasSubstr("unpacked arguments"));
  EXPECT_THAT(getError("{{ l.append(1) }}"), HasSubstr("is undefined"));
}

TEST(Template, HostileTemplatesEnd) {
  EXPECT_THAT(getError("{% for a in range(100000000) %}{% endfor %}"),
              HasSubstr("steps"));
  EXPECT_THAT(getError("{% for a in range(9999) %}{% for b in range(9999) %}x"
                       "{% endfor %}{% endfor %}"),
              HasSubstr("steps"));
  EXPECT_THAT(getError("{{ 'x' * 999999999999 }}"), HasSubstr("steps"));
  EXPECT_THAT(getError("{% set ns = namespace(s='xxxxxxxx') %}"
                       "{% for a in range(60) %}{% set ns.s = ns.s ~ ns.s %}"
                       "{% endfor %}"),
              HasSubstr("steps"));
  // A value that is huge only when walked.
  const std::string shared = "{% set ns = namespace(s=[]) %}"
                             "{% for a in range(60) %}"
                             "{% set ns.s = [ns.s, ns.s] %}{% endfor %}";
  EXPECT_THAT(getError(shared + "{{ ns.s }}"), HasSubstr("steps"));
  EXPECT_THAT(getError(shared + "{{ ns.s|tojson }}"), HasSubstr("steps"));
  EXPECT_THAT(getError("{% set ns = namespace(s=[]) %}"
                       "{% for a in range(99) %}"
                       "{% set ns.s = [ns.s] %}{% endfor %}"),
              HasSubstr("nested too deep"));
  EXPECT_THAT(getError("{% set n = namespace() %}{% set n.n = n %}"),
              HasSubstr("a namespace cannot be put"));
  EXPECT_THAT(getError("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
              HasSubstr("nested deeper"));
  EXPECT_THAT(getError("{{ " + std::string(100000, '(') + "1" +
                       std::string(100000, ')') + " }}"),
              HasSubstr("nested"));
  EXPECT_THAT(getError("{{ " + std::string(100000, '-') + "1 }}"),
              HasSubstr("nested"));
  std::string sum = "{{ 1", ifs;
  for (int i = 0; i < 100000; ++i)
    sum += "+1";
  EXPECT_THAT(getError(sum + " }}"), HasSubstr("levels"));
  for (int i = 0; i < 20000; ++i)
    ifs += "{% if x %}";
  EXPECT_THAT(getError(ifs), HasSubstr("nested"));
  EXPECT_THAT(getError(std::string(2 << 20, 'x')), HasSubstr("the limit is"));
  EXPECT_THAT(getError("{{ 9223372036854775807 + 1 }}"), HasSubstr("64 bits"));
  EXPECT_THAT(getError("{{ (-9223372036854775807 - 1) // -1 }}"),
              HasSubstr("64 bits"));
  EXPECT_THAT(getError("{{ 10 ** 100 }}"), HasSubstr("64 bits"));
  EXPECT_THAT(getError("{{ l[::0] }}"), HasSubstr("step of a slice is zero"));
  // Extreme bounds are clamped.
  EXPECT_EQ(*render("{{ l[-9223372036854775807:9223372036854775807] }}"),
            "[3, 1, 2]");
  EXPECT_EQ(*render("{{ l[::9223372036854775807] }}"), "[3]");
}

} // namespace
