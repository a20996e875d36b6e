//===- ListFilters.cpp - Filters of templates, of lists -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "espresso/Text/Unicode.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::jinja {

Value Evaluator::getPath(const Value &value, const std::string &path) {
  Value current = value;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('.', start), path.size());
    const std::string part = path.substr(start, end - start);
    int64_t index = 0;
    if (current.isList() && absl::SimpleAtoi(part, &index))
      current = getIndex(current, Value(index), place);
    else if (current.isUndefined())
      return current;
    else
      current = getAttribute(current, part);
    start = end + 1;
  }
  return current;
}

static int64_t countItems(const Value &value) {
  if (value.isList())
    return static_cast<int64_t>(value.getList().size());
  if (value.isDict())
    return static_cast<int64_t>(value.getDict().size());
  int64_t count = 0; // characters
  for (char c : value.getString())
    count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

Value Evaluator::sortValues(const Value &value, const Arguments &arguments,
                            size_t at) {
  const Value *reverse = arguments.find(0, "reverse");
  const Value *isCased = arguments.find(1, "case_sensitive");
  const std::string path = getText(arguments, 2, "attribute", "", at);
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value &item : getItems(value, at)) {
    Value key = path.empty() ? item : getPath(item, path);
    if (key.isString() && !(isCased && isCased->isTrue()))
      key = makeText(lowerUnicode(key.getString()));
    keyed.emplace_back(std::move(key), item);
  }
  // What cannot be compared is reported before sorting: a comparison that
  // failed half way would be no order.
  for (size_t i = 1; i < keyed.size() && !hasFailed(); ++i)
    static_cast<void>(isLess(keyed[0].first, keyed[i].first, at));
  if (hasFailed() || !charge(keyed.size() * 32))
    return Value::none();
  const bool isReverse = reverse && reverse->isTrue();
  std::stable_sort(keyed.begin(), keyed.end(),
                   [&](const auto &a, const auto &b) {
                     return isReverse ? isLess(b.first, a.first, at)
                                      : isLess(a.first, b.first, at);
                   });
  Value::List items;
  for (auto &[key, item] : keyed)
    items.push_back(std::move(item));
  return makeList(std::move(items), at);
}

/// select, reject, selectattr and rejectattr.
Value Evaluator::selectValues(const std::string &filter, const Value &value,
                              const Arguments &arguments, size_t at) {
  const bool byAttribute =
      filter.size() > 4 && filter.substr(filter.size() - 4) == "attr";
  const bool keeps = filter[0] == 's';
  const std::string path =
      byAttribute ? getText(arguments, 0, "attribute", "", at) : "";
  const size_t first = byAttribute ? 1 : 0;
  const std::string test = getText(arguments, first, "test", "", at);
  Arguments rest;
  for (size_t i = first + 1; i < arguments.positional.size(); ++i)
    rest.positional.push_back(arguments.positional[i]);
  Value::List kept;
  for (const Value &item : getItems(value, at)) {
    const Value tested = byAttribute ? getPath(item, path) : item;
    const bool passes =
        test.empty() ? tested.isTrue() : applyTest(test, tested, rest, at);
    if (hasFailed())
      return Value::none();
    if (passes == keeps)
      kept.push_back(item);
  }
  return makeList(std::move(kept), at);
}

Value Evaluator::mapValues(const Value &value, const Arguments &arguments,
                           size_t at) {
  Value::List mapped;
  const Value *attribute = arguments.find(SIZE_MAX, "attribute");
  const Value *other = arguments.find(SIZE_MAX, "default");
  if (!attribute && arguments.positional.empty())
    return fail(at, "'map' needs a filter or an attribute");
  Arguments rest{arguments.positional, arguments.named};
  std::string filter;
  if (!attribute) {
    filter = getText(arguments, 0, "filter", "", at);
    rest.positional.erase(rest.positional.begin());
  }
  for (const Value &item : getItems(value, at)) {
    if (hasFailed())
      return Value::none();
    Value result;
    if (attribute)
      result = getPath(item, toText(*attribute));
    else
      result = applyFilter(filter, item, rest, at);
    if (attribute && other && result.isUndefined())
      result = *other;
    mapped.push_back(std::move(result));
  }
  return makeList(std::move(mapped), at);
}

Value Evaluator::applyListFilter(const std::string &filter, const Value &value,
                                 const Arguments &arguments, size_t at,
                                 bool &known) {
  known = true;
  if (filter == "length" || filter == "count") {
    if (value.isUndefined())
      return Value(int64_t{0});
    if (!value.isList() && !value.isDict() && !value.isString())
      return fail(at, absl::StrCat("a value of kind ", value.getKindName(),
                                   " has no length"));
    return Value(countItems(value));
  }
  if (filter == "join") {
    const std::string separator = getText(arguments, 0, "d", "", at);
    const std::string path = getText(arguments, 1, "attribute", "", at);
    std::string text;
    bool isFirst = true;
    for (const Value &item : getItems(value, at)) {
      if (hasFailed() || !chargeBytes(separator.size()))
        return Value::none();
      text += isFirst ? "" : separator;
      text += toText(path.empty() ? item : getPath(item, path));
      isFirst = false;
    }
    return makeText(std::move(text));
  }
  if (filter == "items" || filter == "dictsort") {
    if (value.isUndefined())
      return makeList({}, at);
    if (!value.isDict())
      return fail(at, absl::StrCat("'", filter, "' needs a dictionary, found ",
                                   value.getKindName()));
    Value::Dict dict = value.getDict();
    if (filter == "dictsort")
      std::stable_sort(dict.begin(), dict.end(),
                       [](const auto &a, const auto &b) {
                         return lowerUnicode(a.first) < lowerUnicode(b.first);
                       });
    Value::List items;
    for (auto &[key, entry] : dict)
      items.push_back(makeList({Value(key), entry}, at));
    return makeList(std::move(items), at);
  }
  if (filter == "keys" && value.isDict())
    return makeList(getItems(value, at), at);
  if (filter == "values" && value.isDict()) {
    Value::List items;
    for (const auto &[key, entry] : value.getDict())
      items.push_back(entry);
    return makeList(std::move(items), at);
  }
  if (filter == "sort")
    return sortValues(value, arguments, at);
  if (filter == "map")
    return mapValues(value, arguments, at);
  if (filter == "select" || filter == "reject" || filter == "selectattr" ||
      filter == "rejectattr")
    return selectValues(filter, value, arguments, at);
  const bool isListFilter = filter == "first" || filter == "last" ||
                            filter == "list" || filter == "reverse" ||
                            filter == "unique" || filter == "min" ||
                            filter == "max" || filter == "sum";
  known = isListFilter;
  if (!known)
    return Value::none();
  Value::List items = getItems(value, at);
  if (filter == "list")
    return makeList(std::move(items), at);
  if (filter == "reverse") {
    std::reverse(items.begin(), items.end());
    Value list = makeList(std::move(items), at);
    return value.isString() ? applyFilter("join", list, {}, at) : list;
  }
  if (filter == "sum") {
    Value sum(int64_t{0});
    for (const Value &item : items)
      sum = hasFailed() ? sum : applyBinary("+", sum, item, at);
    return sum;
  }
  if (filter == "unique") {
    Value::List kept;
    for (const Value &item : items) {
      bool isNew = !hasFailed();
      for (size_t i = 0; isNew && i < kept.size(); ++i)
        isNew = !areEqual(kept[i], item) && !hasFailed();
      if (isNew)
        kept.push_back(item);
    }
    return makeList(std::move(kept), at);
  }
  if (items.empty())
    return Value::undefined(filter + " of nothing");
  if (filter == "first")
    return items.front();
  if (filter == "last")
    return items.back();
  Value best = items[0];
  for (const Value &item : items)
    if (filter == "min" ? isLess(item, best, at) : isLess(best, item, at))
      best = item;
  return best;
}

} // namespace espresso::jinja
