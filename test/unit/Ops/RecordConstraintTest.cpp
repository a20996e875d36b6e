//===- RecordConstraintTest.cpp - Every constraint of every record --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The accepted examples of test/Ops are broken in every way that a record
// speaks of, one at a time, and each time the verifier must say so by the rule
// in question. So every constraint of every version has a negative test, and a
// version or an input without an accepted example is found.
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Parser.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

#include <map>
#include <set>

using namespace espresso;

namespace {

/// A version of an operation, and what has been seen of it.
struct Coverage {
  std::set<llvm::StringRef> inputs;
};

/// Breaks one operation of an example after another.
class Breaker {
public:
  explicit Breaker(Context &context) : context(context) {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      if (diagnostic.severity == Severity::Error)
        reported.push_back(
            {diagnostic.ruleId, diagnostic.location.getStart().getPointer()});
    });
    context.getDiagnostics().setMaxErrors(0);
  }

  void breakAll(const Program &example);

  std::map<const OpDefinition *, Coverage> coverage;
  int numBroken = 0;

private:
  using Mutation = llvm::function_ref<void(Operation &)>;

  /// Applies `mutation` to a copy of the operation at hand and expects `rule`.
  void expect(llvm::StringRef rule, Mutation mutation);
  void breakOperation(const OpDefinition &definition);
  void breakResults();
  void breakInput(const OpDefinition &definition, const InputDefinition &input);
  void breakElementType(const OpDefinition &definition,
                        const InputDefinition &input, TensorType type);
  void breakOpset(const OpDefinition &definition);
  bool sharesVariable(const OpDefinition &definition,
                      const InputDefinition &input) const;

  Context &context;
  std::vector<std::pair<std::string, const char *>> reported;
  const Program *program = nullptr;
  const Operation *original = nullptr;
  size_t functionIndex = 0;
  size_t opIndex = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

static void clearInput(Operation &op, llvm::StringRef input) {
  op.removeBinding(input);
  op.removeAttribute(input);
}

/// Binds `input` to a new input of the function.
static void bindToInput(Operation &op, llvm::StringRef input, Type type) {
  clearInput(op, input);
  Function &function = *op.getFunction();
  Value *value =
      function.getBody().addInput(function.makeUniqueName("mutant"), type, {});
  op.setOperand(function.getContext().intern(input), value);
}

/// Binds `input` to a constant of `type`, all zero; unknown extents are 1.
static void bindToConstant(Operation &op, llvm::StringRef input,
                           TensorType type) {
  DenseElements elements;
  size_t count = 1;
  for (int64_t extent : type.getShape()) {
    elements.shape.push_back(extent == kDynamic ? 1 : extent);
    count *= elements.shape.back();
  }
  if (type.getElementType() == DataType::String)
    elements.strings.resize(count);
  else
    elements.bytes.resize(count * getStorageByteWidth(type.getElementType()));
  Context &context = op.getFunction()->getContext();
  TensorType known =
      TensorType::get(context, type.getElementType(), elements.shape);
  clearInput(op, input);
  op.setLiteral(context.intern(input),
                Attribute::dense(known, std::move(elements)));
}

/// The type of the first argument of `input`; null if there is none.
static Type getFirstType(const Operation &op, llvm::StringRef input) {
  if (const Binding *binding = op.findBinding(input)) {
    const Argument &argument = (*binding)[0];
    return argument.getValue() ? argument.getValue()->getType()
                               : argument.getLiteral().getType();
  }
  Attribute attribute = op.getAttribute(input);
  return attribute ? attribute.getType() : Type();
}

static Type wrap(Context &context, Type like, TensorType tensor) {
  return like.is<StateType>() ? Type(StateType::get(context, tensor)) : tensor;
}

static TensorType unwrap(Type type) {
  if (auto state = type.getAs<StateType>())
    return state.getWrappedType().getAs<TensorType>();
  return type.getAs<TensorType>();
}

/// The first type in, or not in, `types`, other than `than`.
static std::optional<DataType> findType(DataTypeSet types, bool isIn,
                                        DataType than) {
  for (unsigned i = 0; i < kNumDataTypes; ++i) {
    auto type = static_cast<DataType>(i);
    if (type != than && types.contains(type) == isIn)
      return type;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Mutations
//===----------------------------------------------------------------------===//

void Breaker::expect(llvm::StringRef rule, Mutation mutation) {
  std::unique_ptr<Program> copy = cloneProgram(*program);
  Function &function = *copy->getFunctions()[functionIndex];
  Operation &op = *std::next(function.getBody().begin(), opIndex);
  mutation(op);
  reported.clear();
  LogicalResult result = verify(function, {.strict = true});
  EXPECT_TRUE(failed(result)) << "expected " << rule.str();
  bool isReported = llvm::any_of(reported, [&](const auto &message) {
    return message.first == rule &&
           message.second == op.getLocation().getStart().getPointer();
  });
  EXPECT_TRUE(isReported) << "expected " << rule.str();
  ++numBroken;
}

bool Breaker::sharesVariable(const OpDefinition &definition,
                             const InputDefinition &input) const {
  if (input.typeVariable < 0)
    return false;
  return llvm::any_of(definition.inputs, [&](const InputDefinition &other) {
    return other.name != input.name &&
           other.typeVariable == input.typeVariable &&
           getFirstType(*original, other.name);
  });
}

void Breaker::breakElementType(const OpDefinition &definition,
                               const InputDefinition &input, TensorType type) {
  DataTypeSet allowed =
      input.typeVariable < 0
          ? input.types
          : definition.typeVariables[input.typeVariable].types;
  auto rebind = [&](Operation &op, DataType element) {
    TensorType other = TensorType::get(context, element, type.getShape());
    if (input.isConst)
      bindToConstant(op, input.name, other);
    else
      bindToInput(op, input.name,
                  wrap(context, getFirstType(*original, input.name), other));
  };
  DataType element = type.getElementType();
  if (!allowed.empty()) {
    std::optional<DataType> wrong = findType(allowed, /*isIn=*/false, element);
    expect("op-type", [&](Operation &op) { rebind(op, *wrong); });
  }
  std::optional<DataType> other = findType(allowed, /*isIn=*/true, element);
  if (other && sharesVariable(definition, input))
    expect("op-typevar", [&](Operation &op) { rebind(op, *other); });
}

void Breaker::breakInput(const OpDefinition &definition,
                         const InputDefinition &input) {
  SCOPED_TRACE("input " + input.name.str());
  Type type = getFirstType(*original, input.name);
  if (!type)
    return;
  coverage[&definition].inputs.insert(input.name);
  if (!input.isOptional)
    expect("op-input-missing",
           [&](Operation &op) { clearInput(op, input.name); });
  if (input.isConst)
    expect("op-const",
           [&](Operation &op) { bindToInput(op, input.name, type); });
  if (!definition.hasTrait(OpTrait_AttributeInputs))
    expect("op-attribute", [&](Operation &op) {
      op.setAttribute(context.intern(input.name),
                      Attribute::boolean(context, true));
    });
  if (input.kind == InputKind::List)
    expect("op-type", [&](Operation &op) {
      bindToInput(op, input.name,
                  TensorType::getScalar(context, DataType::Bool));
    });
  TensorType tensor = unwrap(type);
  if (!tensor)
    return;
  if (input.kind == InputKind::Tensor)
    expect("op-type", [&](Operation &op) {
      bindToInput(op, input.name, StateType::get(context, tensor));
    });
  if (input.kind == InputKind::State)
    expect("op-type",
           [&](Operation &op) { bindToInput(op, input.name, tensor); });
  if (input.rank >= 0)
    expect("op-rank", [&](Operation &op) {
      bindToInput(op, input.name,
                  TensorType::get(context, tensor.getElementType(), {1, 1}));
    });
  breakElementType(definition, input, tensor);
}

void Breaker::breakResults() {
  expect("op-result-count", [&](Operation &op) {
    op.addResult(op.getFunction()->makeUniqueName("mutant"),
                 TensorType::getScalar(context, DataType::Bool), {});
  });
  for (unsigned i = 0; i < original->getNumResults(); ++i) {
    expect("op-result-type", [&](Operation &op) {
      op.getResult(i)->setType(
          TensorType::get(context, DataType::UInt64, {7, 7, 7}));
    });
  }
}

/// The first version of an operation must not stand in an older opset, and a
/// composite in none of MIL's.
void Breaker::breakOpset(const OpDefinition &definition) {
  auto moveTo = [](Opset opset) {
    return [opset](Operation &op) { op.getFunction()->setOpset(opset); };
  };
  if (definition.hasTrait(OpTrait_Composite))
    expect("op-composite-in-ios", moveTo(Opset::IOS18));
  else if (definition.since != Opset::IOS15 &&
           definition.since == getFirstOpset(definition.name))
    expect("op-opset", moveTo(Opset::IOS15));
}

void Breaker::breakOperation(const OpDefinition &definition) {
  SCOPED_TRACE(definition.name.str() + " since " +
               getName(definition.since).str());
  coverage[&definition];
  for (const InputDefinition &input : definition.inputs)
    breakInput(definition, input);
  if (!definition.hasTrait(OpTrait_OpenInputs))
    expect("op-input-unknown", [&](Operation &op) {
      bindToInput(op, "no_such_input",
                  TensorType::getScalar(context, DataType::Bool));
    });
  breakResults();
  breakOpset(definition);
}

void Breaker::breakAll(const Program &example) {
  program = &example;
  ASSERT_TRUE(succeeded(verify(example, {.strict = true})));
  for (auto [i, function] : llvm::enumerate(example.getFunctions())) {
    functionIndex = i;
    for (auto [j, op] : llvm::enumerate(function->getBody().getOperations())) {
      opIndex = j;
      original = &op;
      breakOperation(*lookupOp(op));
    }
  }
}

//===----------------------------------------------------------------------===//
// The test
//===----------------------------------------------------------------------===//

/// Accepted examples in order of name.
static std::vector<std::string> getExamples() {
  std::vector<std::string> paths;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator file(ESPRESSO_OPS_EXAMPLES, error),
       end;
       file != end && !error; file.increment(error))
    if (llvm::StringRef(file->path()).ends_with(".mil") &&
        !llvm::StringRef(file->path()).ends_with("-errors.mil"))
      paths.push_back(file->path());
  llvm::sort(paths);
  return paths;
}

TEST(RecordConstraintTest, EveryConstraintIsChecked) {
  Context context;
  Breaker breaker(context);
  for (const std::string &path : getExamples()) {
    SCOPED_TRACE(path);
    auto buffer = llvm::MemoryBuffer::getFile(path);
    ASSERT_TRUE(buffer);
    std::unique_ptr<Program> program =
        parseProgramText(context, (*buffer)->getBuffer());
    ASSERT_TRUE(program);
    breaker.breakAll(*program);
  }
  EXPECT_GT(breaker.numBroken, 0);
  for (const OpDefinition &row : getAllOpDefinitions()) {
    std::string version = row.name.str() + " since " + getName(row.since).str();
    auto seen = breaker.coverage.find(&row);
    if (seen == breaker.coverage.end()) {
      ADD_FAILURE() << "test/Ops has no accepted example of " << version;
      continue;
    }
    for (const InputDefinition &input : row.inputs)
      EXPECT_TRUE(seen->second.inputs.count(input.name))
          << "no accepted example gives '" << input.name.str() << "' of "
          << version;
  }
}
