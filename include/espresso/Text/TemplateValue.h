//===- TemplateValue.h - Values in templates --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEXT_TEMPLATEVALUE_H
#define ESPRESSO_TEXT_TEMPLATEVALUE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace espresso {

/// A value of a template: what Python has where a template comes from. Lists,
/// dictionaries and functions are shared, as there.
class TemplateValue {
public:
  using List = std::vector<TemplateValue>;
  /// In the order of insertion; keys are texts.
  using Dict = std::vector<std::pair<std::string, TemplateValue>>;
  /// A macro, a function or a method, by its number and what it is bound to;
  /// of use to the renderer alone.
  struct Function;

  struct Undefined {
    std::string name; ///< what is undefined, for messages
  };
  struct None {};

  TemplateValue() : data(Undefined()) {}
  explicit TemplateValue(bool value) : data(value) {}
  explicit TemplateValue(int64_t value) : data(value) {}
  explicit TemplateValue(double value) : data(value) {}
  explicit TemplateValue(std::string value) : data(std::move(value)) {}
  explicit TemplateValue(std::string_view value) : data(std::string(value)) {}
  explicit TemplateValue(const char *value) : data(std::string(value)) {}
  explicit TemplateValue(List value);
  explicit TemplateValue(Dict value);
  explicit TemplateValue(std::shared_ptr<const Function> value)
      : data(std::move(value)) {}
  /// A dictionary whose entries a template may set. It cannot be put into
  /// another value: whatever holds it is nested too deep.
  static TemplateValue makeNamespace();
  static TemplateValue none() {
    TemplateValue value;
    value.data = None();
    return value;
  }
  static TemplateValue undefined(std::string_view name) {
    TemplateValue value;
    value.data = Undefined{std::string(name)};
    return value;
  }

  bool isUndefined() const { return std::holds_alternative<Undefined>(data); }
  bool isNone() const { return std::holds_alternative<None>(data); }
  bool isBool() const { return std::holds_alternative<bool>(data); }
  bool isInt() const { return std::holds_alternative<int64_t>(data); }
  bool isFloat() const { return std::holds_alternative<double>(data); }
  bool isString() const { return std::holds_alternative<std::string>(data); }
  bool isList() const {
    return std::holds_alternative<std::shared_ptr<Holder<List>>>(data);
  }
  bool isDict() const {
    return std::holds_alternative<std::shared_ptr<Holder<Dict>>>(data);
  }
  bool isFunction() const {
    return std::holds_alternative<std::shared_ptr<const Function>>(data);
  }
  /// Booleans are numbers, as in Python.
  bool isNumber() const { return isInt() || isFloat() || isBool(); }

  // Only for values of the kind.
  bool getBool() const { return std::get<bool>(data); }
  const std::string &getString() const { return std::get<std::string>(data); }
  const List &getList() const {
    return std::get<std::shared_ptr<Holder<List>>>(data)->items;
  }
  const Dict &getDict() const {
    return std::get<std::shared_ptr<Holder<Dict>>>(data)->items;
  }
  bool isNamespace() const { return isDict() && getDepth() == kMaxDepth; }
  const Function &getFunction() const {
    return *std::get<std::shared_ptr<const Function>>(data);
  }
  const std::string &getUndefinedName() const {
    return std::get<Undefined>(data).name;
  }
  /// Of numbers; a fraction is cut off.
  int64_t getInt() const;
  double getFloat() const;

  /// False for nothing, zero and what is empty.
  bool isTrue() const;
  /// "string", "list", ..., for messages.
  const char *getKindName() const;
  /// The entry of a dictionary, or null.
  const TemplateValue *find(std::string_view key) const;
  /// Sets an entry of a namespace.
  void set(std::string_view key, TemplateValue value) const;

  /// How deep lists and dictionaries are nested in it; 0 for others. Values
  /// deeper than this must not be kept: everything that walks them recurses.
  static constexpr uint32_t kMaxDepth = 64;
  uint32_t getDepth() const;

  // Shared values can be far larger when walked than in memory: a list that
  // has the same list twice, and so on, sixty times.

  /// As Python's str() and repr() print it; stops when `to` has more than
  /// `limit` bytes.
  void print(std::string &to, size_t limit) const;
  void printQuoted(std::string &to, size_t limit) const;

  /// Equal by value, as in Python: 1 == 1.0 == True. Counts `steps` down for
  /// each value looked at, and gives up, with false, at 0.
  bool equals(const TemplateValue &other, uint64_t &steps) const;

private:
  template <typename Items>
  struct Holder {
    Items items;
    uint32_t depth = 1;
  };

  std::variant<Undefined, None, bool, int64_t, double, std::string,
               std::shared_ptr<Holder<List>>, std::shared_ptr<Holder<Dict>>,
               std::shared_ptr<const Function>>
      data;
};

} // namespace espresso

#endif // ESPRESSO_TEXT_TEMPLATEVALUE_H
