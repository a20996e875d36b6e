//===- TableTest.cpp - Records against a table of operations --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// reference/mil-ops.tsv of the shared material lists every version of every
// operation, drawn from Apple's published definitions: inputs with their flags,
// type domains, defaults. Records must say the same, but for the deviations
// below, each of which must be one. Without the material the tests skip.
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <map>
#include <set>

using namespace espresso;
using llvm::StringRef;

namespace {

/// Where a record does not say what the table does, and why. `version` is
/// "name since opset", `what` the input, or empty for the row.
struct Deviation {
  const char *version;
  const char *what;
  const char *reason;
};

const Deviation kDeviations[] = {
    {"_const_symbolic since ios15", "",
     "holds symbols of the converter, which no program can"},
    {"cond since ios15", "_true_fn", "the first nested block"},
    {"cond since ios15", "_false_fn", "the second nested block"},
    {"cond since ios15", "_existing_blocks", "how the converter passes blocks"},
    {"while_loop since ios15", "_cond", "the first nested block"},
    {"while_loop since ios15", "_body", "the second nested block"},
    {"while_loop since ios15", "_existing_blocks",
     "how the converter passes blocks"},
};

/// Operations of ios18 that the table leaves out: those that write states,
/// which are of the dialect of Core ML.
const StringRef kNotInTable[] = {"coreml_update_state", "write_state"};

using TypeNames = std::set<std::string>;

/// One line of the table.
struct TableRow {
  StringRef name;
  Opset since = Opset::Unknown;
  StringRef opset;
  llvm::SmallVector<StringRef, 8> inputs;
  std::map<StringRef, TypeNames> domains;
  std::map<StringRef, StringRef> defaults;

  std::string version() const { return (name + " since " + opset).str(); }
};

struct TableTest : testing::Test {
  void SetUp() override {
    const char *place = std::getenv("ESPRESSO_SHARED");
    std::string path = place ? place : ESPRESSO_SHARED_MATERIAL;
    auto file = llvm::MemoryBuffer::getFile(path + "/reference/mil-ops.tsv");
    if (!file)
      GTEST_SKIP() << "no table of operations in " << path;
    buffer = std::move(*file);
    readRows();
    ASSERT_GT(rows.size(), 0u);
  }

  void readRows();
  void compareRow(const TableRow &row);
  void compareInput(const TableRow &row, const OpDefinition &definition,
                    StringRef input);
  void compareTypes(const TableRow &row, const OpDefinition &definition,
                    const InputDefinition &input, StringRef type);
  void compareDefault(const TableRow &row, const InputDefinition &input);
  /// True, and noted, if the record may deviate here.
  bool deviates(const TableRow &row, StringRef what);

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<TableRow> rows;
  std::set<const Deviation *> seen;
};

} // namespace

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// "{fp16,fp32}" as a set.
static TypeNames parseTypes(StringRef text) {
  TypeNames types;
  llvm::SmallVector<StringRef, 8> names;
  text.trim("{}").split(names, ',', -1, /*KeepEmpty=*/false);
  for (StringRef name : names)
    types.insert(name.str());
  return types;
}

void TableTest::readRows() {
  llvm::SmallVector<StringRef, 256> lines;
  buffer->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : llvm::drop_begin(lines)) {
    llvm::SmallVector<StringRef, 6> cells;
    line.split(cells, '\t');
    ASSERT_GE(cells.size(), 5u) << line.str();
    TableRow row{
        .name = cells[0], .since = parseOpset(cells[1]), .opset = cells[1]};
    cells[2].split(row.inputs, ", ", -1, /*KeepEmpty=*/false);
    llvm::SmallVector<StringRef, 4> entries;
    cells[3].split(entries, "; ", -1, /*KeepEmpty=*/false);
    for (StringRef entry : entries)
      row.domains[entry.split('=').first] = parseTypes(entry.split('=').second);
    entries.clear();
    cells[4].split(entries, "; ", -1, /*KeepEmpty=*/false);
    for (StringRef entry : entries)
      row.defaults[entry.split('=').first] = entry.split('=').second;
    rows.push_back(std::move(row));
  }
}

bool TableTest::deviates(const TableRow &row, StringRef what) {
  for (const Deviation &deviation : kDeviations)
    if (row.version() == deviation.version && what == deviation.what) {
      seen.insert(&deviation);
      return true;
    }
  return false;
}

/// The names of the types in a set.
static TypeNames getNames(DataTypeSet types) {
  TypeNames names;
  for (unsigned i = 0; i < kNumDataTypes; ++i)
    if (types.contains(static_cast<DataType>(i)))
      names.insert(std::string(getName(static_cast<DataType>(i))));
  return names;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

void TableTest::compareTypes(const TableRow &row,
                             const OpDefinition &definition,
                             const InputDefinition &input, StringRef type) {
  auto domain = row.domains.find(type);
  if (domain != row.domains.end()) {
    ASSERT_GE(input.typeVariable, 0)
        << "expected the type variable " << type.str();
    const TypeVariable &variable = definition.typeVariables[input.typeVariable];
    EXPECT_EQ(variable.name.str(), type.str());
    EXPECT_EQ(getNames(variable.types), domain->second);
    return;
  }
  if (type.starts_with("{")) {
    // A variable of its own says the same.
    DataTypeSet types =
        input.typeVariable < 0
            ? input.types
            : definition.typeVariables[input.typeVariable].types;
    EXPECT_EQ(getNames(types), parseTypes(type));
    return;
  }
  EXPECT_EQ(input.isVariadic, type == "variadic");
  InputKind kind = llvm::StringSwitch<InputKind>(type)
                       .Case("list", InputKind::List)
                       .Case("state", InputKind::State)
                       .Default(InputKind::Any);
  if (type != "variadic") {
    EXPECT_EQ(input.kind, kind) << type.str();
  }
}

/// A default of Python as MIL text; nothing if it depends on other inputs.
static std::optional<std::string> translateDefault(StringRef python) {
  if (python == "None")
    return std::string();
  if (python == "True")
    return std::string("true");
  if (python == "False")
    return std::string("false");
  if (python.starts_with("\""))
    return python.str();
  // "nptype_from_builtin(self.x.dtype)(1e-4)": the number at the end.
  python = python.rtrim(')');
  StringRef number = python.drop_front(python.rfind('(') + 1);
  double value = 0;
  if (number.getAsDouble(value))
    return std::nullopt;
  return number.str();
}

void TableTest::compareDefault(const TableRow &row,
                               const InputDefinition &input) {
  auto entry = row.defaults.find(input.name);
  if (entry == row.defaults.end())
    return;
  EXPECT_TRUE(input.isOptional);
  std::optional<std::string> expected = translateDefault(entry->second);
  if (!expected) {
    EXPECT_EQ(input.defaultText.str(), "") << entry->second.str();
    return;
  }
  double wanted = 0;
  double found = 0;
  if (!StringRef(*expected).getAsDouble(wanted) &&
      !input.defaultText.getAsDouble(found)) {
    EXPECT_EQ(found, wanted);
    return;
  }
  EXPECT_EQ(input.defaultText.str(), *expected);
}

/// `input` is "name[?] [const] : type".
void TableTest::compareInput(const TableRow &row,
                             const OpDefinition &definition, StringRef input) {
  auto [head, type] = input.split(" : ");
  bool isConst = head.consume_back(" const");
  bool isOptional = head.consume_back("?");
  SCOPED_TRACE("input " + head.str());
  if (deviates(row, head))
    return;
  const InputDefinition *found = definition.findInput(head);
  ASSERT_NE(found, nullptr);
  // Scalars of a list are constants, which the table does not say.
  EXPECT_TRUE(found->isConst == isConst || type == "variadic");
  EXPECT_EQ(found->isOptional, isOptional);
  compareTypes(row, definition, *found, type);
  compareDefault(row, *found);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

void TableTest::compareRow(const TableRow &row) {
  SCOPED_TRACE(row.version());
  if (deviates(row, ""))
    return;
  const OpDefinition *definition = lookupOp(row.name, row.since);
  ASSERT_NE(definition, nullptr);
  ASSERT_EQ(definition->since, row.since) << "there is no such version";
  llvm::StringSet<> names;
  for (StringRef input : row.inputs) {
    names.insert(input.split(" : ").first.split(' ').first.rtrim('?'));
    compareInput(row, *definition, input);
  }
  for (const InputDefinition &input : definition->inputs)
    EXPECT_TRUE(names.contains(input.name))
        << "the table has no input '" << input.name.str() << "'";
}

TEST_F(TableTest, RecordsAgreeWithTheTable) {
  for (const TableRow &row : rows)
    compareRow(row);
  for (const Deviation &deviation : kDeviations)
    EXPECT_TRUE(seen.count(&deviation))
        << deviation.version << " does not deviate in '" << deviation.what
        << "'";
}

TEST_F(TableTest, RecordsAreInTheTable) {
  std::set<std::pair<StringRef, Opset>> versions;
  for (const TableRow &row : rows)
    versions.insert({row.name, row.since});
  for (const OpDefinition &row : getAllOpDefinitions())
    EXPECT_NE(isIOS(row.since) && !llvm::is_contained(kNotInTable, row.name),
              versions.count({row.name, row.since}) == 0)
        << row.name.str() << " since " << getName(row.since).str();
}
