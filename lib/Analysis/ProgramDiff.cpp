//===- ProgramDiff.cpp - In what two programs differ ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/ProgramDiff.h"

#include "AttributeDiff.h"
#include "OperationMatcher.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace espresso {

static std::string quote(llvm::StringRef text) {
  return ("'" + text + "'").str();
}

/// "operation 'relu' of 'y'".
static std::string getSubject(const Operation &op) {
  std::string text = "operation " + quote(op.getName());
  if (op.getNumResults() != 0)
    text += " of " + quote(op.getResult()->getName());
  return text;
}

namespace {

/// Compares two functions of one name.
class FunctionDiffer {
public:
  FunctionDiffer(const Function &before, const Function &after,
                 std::vector<Difference> &differences)
      : before(before), after(after), differences(differences),
        diagnostics(before.getContext().getDiagnostics()) {}

  void run();

private:
  using Details = std::vector<DifferenceDetail>;

  void compareHeads();
  void compareInputs();
  void compareOutputs();
  void compareBlocks(const Block &a, const Block &b);
  void compareOperations(const Operation &a, const Operation &b, bool moved);
  void compareNestedBlocks(const Operation &a, const Operation &b,
                           Details &details);
  void compareBindings(const Operation &a, const Operation &b,
                       Details &details);
  void compareBinding(llvm::StringRef name, const Binding *a, const Binding *b,
                      Details &details);
  void compareResults(const Operation &a, const Operation &b, Details &details);
  bool isSame(const PlainArgument &a, const PlainArgument &b) const;
  void report(DifferenceKind kind, std::string subject, Location inBefore,
              Location inAfter, Details details = {}) {
    differences.push_back({kind, before.getName().str(), std::move(subject),
                           inBefore, inAfter, std::move(details)});
  }

  const Function &before, &after;
  std::vector<Difference> &differences;
  DiagnosticEngine &diagnostics;
  OperationMatcher matcher;
};

} // namespace

//===----------------------------------------------------------------------===//
// Attributes and arguments
//===----------------------------------------------------------------------===//

static void compareAttributes(const AttributeList &a, const AttributeList &b,
                              llvm::StringRef except,
                              DiagnosticEngine &diagnostics,
                              std::vector<DifferenceDetail> &details) {
  llvm::SetVector<llvm::StringRef> names;
  for (const AttributeList *list : {&a, &b})
    for (const NamedAttribute &attribute : *list)
      if (attribute.name != except)
        names.insert(attribute.name);
  for (llvm::StringRef name : names)
    if (!areEqual(a.get(name), b.get(name), diagnostics))
      details.push_back(describeDifference("attribute " + quote(name),
                                           a.get(name), b.get(name)));
}

bool FunctionDiffer::isSame(const PlainArgument &a,
                            const PlainArgument &b) const {
  if (a.value && b.value)
    return matcher.getPartner(a.value) == b.value;
  return !a.value && !b.value && areEqual(a.constant, b.constant, diagnostics);
}

static std::string describe(const PlainArgument &argument) {
  return argument.value ? argument.value->getName().str()
                        : describe(argument.constant);
}

static std::string describe(const Binding *binding) {
  if (!binding)
    return {};
  if (binding->size() == 1)
    return describe(getPlain(binding->getSingle()));
  std::string text;
  for (size_t i = 0; i < binding->size(); ++i)
    text += (i == 0 ? "" : ", ") + describe(getPlain((*binding)[i]));
  return "(" + text + ")";
}

void FunctionDiffer::compareBinding(llvm::StringRef name, const Binding *a,
                                    const Binding *b, Details &details) {
  bool isEqual = a && b && a->size() == b->size();
  for (size_t i = 0; isEqual && i < a->size(); ++i)
    isEqual = isSame(getPlain((*a)[i]), getPlain((*b)[i]));
  if (isEqual)
    return;
  std::string what = "argument " + quote(name);
  if (a && b && a->size() == 1 && b->size() == 1) {
    PlainArgument x = getPlain((*a)[0]), y = getPlain((*b)[0]);
    if (!x.value && !y.value)
      return details.push_back(
          describeDifference(what, x.constant, y.constant));
  }
  DifferenceDetail detail{what, describe(a), describe(b)};
  if (detail.before == detail.after)
    detail.after += " of another operation";
  details.push_back(std::move(detail));
}

void FunctionDiffer::compareBindings(const Operation &a, const Operation &b,
                                     Details &details) {
  for (const std::unique_ptr<Binding> &binding : a.getBindings())
    compareBinding(binding->getName(), binding.get(),
                   b.findBinding(binding->getName()), details);
  for (const std::unique_ptr<Binding> &binding : b.getBindings())
    if (!a.hasBinding(binding->getName()))
      compareBinding(binding->getName(), nullptr, binding.get(), details);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void FunctionDiffer::compareResults(const Operation &a, const Operation &b,
                                    Details &details) {
  if (a.getNumResults() != b.getNumResults())
    return details.push_back({"number of results",
                              std::to_string(a.getNumResults()),
                              std::to_string(b.getNumResults())});
  for (unsigned i = 0; i < a.getNumResults(); ++i) {
    Type typeOfA = a.getResult(i)->getType(),
         typeOfB = b.getResult(i)->getType();
    if (typeOfA != typeOfB)
      details.push_back({"type of " + quote(a.getResult(i)->getName()),
                         typeOfA.str(), typeOfB.str()});
  }
}

void FunctionDiffer::compareNestedBlocks(const Operation &a, const Operation &b,
                                         Details &details) {
  size_t count = a.getBlocks().size();
  if (count != b.getBlocks().size())
    return details.push_back({"number of blocks", std::to_string(count),
                              std::to_string(b.getBlocks().size())});
  for (size_t i = 0; i < count; ++i) {
    const Block &blockOfA = *a.getBlocks()[i], &blockOfB = *b.getBlocks()[i];
    size_t inputs = blockOfA.getInputs().size();
    if (inputs != blockOfB.getInputs().size()) {
      details.push_back({"inputs of block " + std::to_string(i),
                         std::to_string(inputs),
                         std::to_string(blockOfB.getInputs().size())});
      continue;
    }
    // The inputs of an inner block stand for arguments, in their order.
    for (size_t j = 0; j < inputs; ++j)
      matcher.pairValues(blockOfA.getInputs()[j].get(),
                         blockOfB.getInputs()[j].get());
    compareBlocks(blockOfA, blockOfB);
    bool sameOutputs = blockOfA.getNumOutputs() == blockOfB.getNumOutputs();
    for (size_t j = 0; sameOutputs && j < blockOfA.getNumOutputs(); ++j)
      sameOutputs = isSame(getPlain(blockOfA.getOutput(j)),
                           getPlain(blockOfB.getOutput(j)));
    if (!sameOutputs)
      details.push_back({"outputs of block " + std::to_string(i), "", ""});
  }
}

void FunctionDiffer::compareOperations(const Operation &a, const Operation &b,
                                       bool moved) {
  Details details;
  if (a.getName() != b.getName())
    details.push_back({"operation", a.getName().str(), b.getName().str()});
  if (a.getOpsetQualifier() != b.getOpsetQualifier())
    details.push_back(
        {"opset", a.getOpsetQualifier().str(), b.getOpsetQualifier().str()});
  compareBindings(a, b, details);
  compareAttributes(a.getAttributes(), b.getAttributes(), "name", diagnostics,
                    details);
  compareResults(a, b, details);
  compareNestedBlocks(a, b, details);
  if (!details.empty())
    report(DifferenceKind::Changed, getSubject(a), a.getLocation(),
           b.getLocation(), std::move(details));
  else if (moved)
    report(DifferenceKind::Moved, getSubject(a), a.getLocation(),
           b.getLocation());
}

/// Reports in the order of both texts: what was added stands before the next
/// operation that stayed.
void FunctionDiffer::compareBlocks(const Block &a, const Block &b) {
  BlockMatch match = matcher.match(a, b);
  size_t next = 0;
  auto reportAdded = [&](size_t end) {
    for (; next < end; ++next)
      if (match.partnerOfAfter[next] < 0)
        report(DifferenceKind::Added, getSubject(*match.after[next]), {},
               match.after[next]->getLocation());
  };
  for (size_t i = 0; i < match.before.size(); ++i) {
    int64_t partner = match.partnerOfBefore[i];
    if (partner < 0) {
      report(DifferenceKind::Removed, getSubject(*match.before[i]),
             match.before[i]->getLocation(), {});
      continue;
    }
    if (!match.moved[i])
      reportAdded(partner);
    compareOperations(*match.before[i], *match.after[partner], match.moved[i]);
  }
  reportAdded(match.after.size());
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

void FunctionDiffer::compareHeads() {
  Details details;
  if (before.getOpsetSpelling() != after.getOpsetSpelling())
    details.push_back({"opset", before.getOpsetSpelling().str(),
                       after.getOpsetSpelling().str()});
  compareAttributes(before.getAttributes(), after.getAttributes(), "",
                    diagnostics, details);
  if (!details.empty())
    report(DifferenceKind::Changed, "function", before.getLocation(),
           after.getLocation(), std::move(details));
}

void FunctionDiffer::compareInputs() {
  for (const std::unique_ptr<Value> &input : before.getBody().getInputs()) {
    std::string subject = "input " + quote(input->getName());
    const Value *other = after.getBody().findInput(input->getName());
    if (!other) {
      report(DifferenceKind::Removed, subject, input->getLocation(), {});
      continue;
    }
    matcher.pairValues(input.get(), other);
    if (input->getType() != other->getType())
      report(DifferenceKind::Changed, subject, input->getLocation(),
             other->getLocation(),
             {{"type", input->getType().str(), other->getType().str()}});
  }
  for (const std::unique_ptr<Value> &input : after.getBody().getInputs())
    if (!before.getBody().findInput(input->getName()))
      report(DifferenceKind::Added, "input " + quote(input->getName()), {},
             input->getLocation());
}

static llvm::SmallVector<const Value *> getOutputs(const Function &function) {
  llvm::SmallVector<const Value *> outputs;
  for (size_t i = 0; i < function.getBody().getNumOutputs(); ++i)
    outputs.push_back(function.getBody().getOutput(i));
  return outputs;
}

static const Value *findByName(llvm::ArrayRef<const Value *> values,
                               llvm::StringRef name) {
  const auto *found = llvm::find_if(
      values, [&](const Value *value) { return value->getName() == name; });
  return found == values.end() ? nullptr : *found;
}

/// Must come last: which values correspond has been found out by then.
void FunctionDiffer::compareOutputs() {
  llvm::SmallVector<const Value *> outputsBefore = getOutputs(before);
  llvm::SmallVector<const Value *> outputsAfter = getOutputs(after);
  for (const Value *output : outputsBefore) {
    std::string subject = "output " + quote(output->getName());
    const Value *other = findByName(outputsAfter, output->getName());
    if (!other)
      report(DifferenceKind::Removed, subject, output->getLocation(), {});
    else if (!isSame(getPlain(output), getPlain(other)))
      report(DifferenceKind::Changed, subject, output->getLocation(),
             other->getLocation(), {{"it is another value", "", ""}});
  }
  for (const Value *output : outputsAfter)
    if (!findByName(outputsBefore, output->getName()))
      report(DifferenceKind::Added, "output " + quote(output->getName()), {},
             output->getLocation());
}

void FunctionDiffer::run() {
  compareHeads();
  compareInputs();
  compareBlocks(before.getBody(), after.getBody());
  compareOutputs();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

static std::string describe(TextVersion version) {
  return std::to_string(version.majorNumber) + "." +
         std::to_string(version.minorNumber);
}

static void comparePrograms(const Program &before, const Program &after,
                            std::vector<Difference> &differences) {
  Difference difference{.subject = "program"};
  std::string versionBefore = describe(before.getTextVersion());
  std::string versionAfter = describe(after.getTextVersion());
  if (versionBefore != versionAfter)
    difference.details.push_back({"version", versionBefore, versionAfter});
  compareAttributes(before.getAttributes(), after.getAttributes(), "",
                    before.getContext().getDiagnostics(), difference.details);
  if (!difference.details.empty())
    differences.push_back(std::move(difference));
}

std::vector<Difference> diffPrograms(const Program &before,
                                     const Program &after) {
  assert(&before.getContext() == &after.getContext() &&
         "types of one context can be compared");
  std::vector<Difference> differences;
  comparePrograms(before, after, differences);
  llvm::StringMap<const Function *> functionsAfter, functionsBefore;
  for (const std::unique_ptr<Function> &function : after.getFunctions())
    functionsAfter[function->getName()] = function.get();
  for (const std::unique_ptr<Function> &function : before.getFunctions()) {
    functionsBefore[function->getName()] = function.get();
    if (const Function *other = functionsAfter.lookup(function->getName()))
      FunctionDiffer(*function, *other, differences).run();
    else
      differences.push_back({DifferenceKind::Removed,
                             function->getName().str(),
                             "function",
                             function->getLocation(),
                             {},
                             {}});
  }
  for (const std::unique_ptr<Function> &function : after.getFunctions())
    if (!functionsBefore.contains(function->getName()))
      differences.push_back({DifferenceKind::Added,
                             function->getName().str(),
                             "function",
                             {},
                             function->getLocation(),
                             {}});
  return differences;
}

} // namespace espresso
