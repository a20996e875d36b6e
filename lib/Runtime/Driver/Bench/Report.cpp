//===- Report.cpp - Results as a table, JSON or CSV -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "Columns.h"
#include "Statistics.h"
#include "espresso/Base/Version.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "nlohmann/json.hpp"

#include <algorithm>

namespace espresso::runtime::bench {

using Json = nlohmann::ordered_json;

/// Raised when a member changes its meaning or goes.
static constexpr int kSchemaVersion = 1;

//===----------------------------------------------------------------------===//
// What is measured
//===----------------------------------------------------------------------===//

static std::string formatHeading(const Subject &subject) {
  const ModelInfo &model = subject.model;
  std::string text = absl::StrFormat(
      "model:   %s (%s), %d layers, %d parameters, %s, context %d\n"
      "weights: %.1f MB read for a token\n"
      "head:    %s, %s",
      model.name, model.architecture, model.numLayers, model.numParameters,
      model.dataType, model.contextLength,
      static_cast<double>(subject.weightBytes) / 1e6, subject.headKind,
      subject.headPlacement.empty()
          ? "placement unknown"
          : "placed on '" + subject.headPlacement + "'");
  if (!subject.obstacle.empty())
    absl::StrAppend(&text, "\ncolumns: one after another: ", subject.obstacle);
  absl::StrAppendFormat(&text, "\nmachine: %s, %d threads, %s",
                        subject.processor.empty() ? "unknown processor"
                                                  : subject.processor,
                        subject.hardwareThreads, subject.instructionSet);
  if (subject.load >= 0)
    absl::StrAppendFormat(&text, ", load %.2f", subject.load);
  return text + "\n\n";
}

static Json makeJson(const Subject &subject, const BenchOptions &options,
                     const char *kind) {
  const ModelInfo &model = subject.model;
  return {{"format", "espresso-bench"},
          {"schema_version", kSchemaVersion},
          {"producer", kVersionText},
          {"kind", kind},
          {"model",
           {{"source", subject.source},
            {"name", model.name},
            {"architecture", model.architecture},
            {"layers", model.numLayers},
            {"parameters", model.numParameters},
            {"vocabulary_size", model.vocabularySize},
            {"context_length", model.contextLength},
            {"data_type", model.dataType},
            {"weight_bytes_per_token", subject.weightBytes}}},
          {"head",
           {{"kind", subject.headKind},
            {"placement", subject.headPlacement.empty()
                              ? Json(nullptr)
                              : Json(subject.headPlacement)}}},
          {"obstacle",
           subject.obstacle.empty() ? Json(nullptr) : Json(subject.obstacle)},
          {"machine",
           {{"processor", subject.processor.empty() ? Json(nullptr)
                                                    : Json(subject.processor)},
            {"threads", subject.hardwareThreads},
            {"instruction_set", subject.instructionSet},
            {"load", subject.load >= 0 ? Json(subject.load) : Json(nullptr)}}},
          {"repetitions", options.repetitions},
          {"seed", options.seed}};
}

static std::string dump(const Json &json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

/// Seconds and speeds with so many digits behind the point; fractions have 3.
static constexpr int kDigits = 2;
static constexpr int kFractionDigits = 3;

static std::string formatNumber(double value, int digits) {
  return absl::StrFormat("%.*f", digits, value);
}

static std::string formatSpread(const Summary &s, int digits) {
  return absl::StrCat(formatNumber(s.low, digits), "..",
                      formatNumber(s.high, digits));
}

/// Median and spread as two cells; dashes if nothing was measured.
static void addToTable(std::vector<std::string> &row,
                       const std::vector<double> &values, int digits) {
  if (values.empty()) {
    row.insert(row.end(), {"-", "-"});
    return;
  }
  const Summary s = summarize(values);
  row.push_back(formatNumber(s.median, digits));
  row.push_back(formatSpread(s, digits));
}

/// Median, least and most as three cells, empty if nothing was measured.
static void addToCsv(std::vector<std::string> &row,
                     const std::vector<double> &values) {
  if (values.empty()) {
    row.insert(row.end(), {"", "", ""});
    return;
  }
  const Summary s = summarize(values);
  for (double value : {s.median, s.low, s.high})
    row.push_back(absl::StrFormat("%.9g", value));
}

static void addCsvHeading(std::vector<std::string> &row,
                          const std::string &name) {
  for (const char *part : {"", "_min", "_max"})
    row.push_back(name + part);
}

static Json toJson(const std::vector<double> &values) {
  if (values.empty())
    return nullptr;
  const Summary s = summarize(values);
  return {{"median", s.median}, {"min", s.low},          {"max", s.high},
          {"mean", s.mean},     {"stddev", s.deviation}, {"samples", values}};
}

//===----------------------------------------------------------------------===//
// Tokens per second
//===----------------------------------------------------------------------===//

/// The members that llama-bench has bear its names.
static Json toJson(const Measurement &m) {
  std::vector<double> seconds;
  for (const Sample &sample : m.samples)
    seconds.push_back(sample.seconds);
  return {{"test", m.test.getName()},
          {"n_prompt", m.test.promptTokens},
          {"n_gen", m.test.genTokens},
          {"n_depth", m.test.depth},
          {"n_threads", m.test.threads},
          {"n_streams", m.test.streams},
          {"tokens", m.test.getTokens()},
          {"bytes", m.bytes},
          {"flops", m.flops},
          {"seconds", toJson(seconds)},
          {"tokens_per_second", toJson(m.getTokensPerSecond())},
          {"fraction_of_bandwidth", toJson(m.getFractionOfBandwidth())},
          {"fraction_of_peak", toJson(m.getFractionOfPeak())},
          {"products_fraction_of_peak", toJson(m.getProductFractionOfPeak())},
          {"read_gbps", toJson(m.getReadSpeed())},
          {"peak_gflops", toJson(m.getPeak())}};
}

static std::vector<std::string> makeTestCells(const BenchTest &test) {
  return {test.getName(), absl::StrCat(test.threads),
          absl::StrCat(test.streams)};
}

static std::string formatTable(std::span<const Measurement> measurements,
                               bool hasProducts) {
  std::vector<std::string> heading = {"test",     "threads",  "streams",
                                      "tokens/s", "min..max", "of bandwidth",
                                      "min..max", "of peak",  "min..max"};
  if (hasProducts)
    heading.insert(heading.end(), {"products of peak", "min..max"});
  heading.insert(heading.end(), {"GB/s", "GFLOP/s"});
  Columns table(std::move(heading));
  for (const Measurement &m : measurements) {
    std::vector<std::string> row = makeTestCells(m.test);
    addToTable(row, m.getTokensPerSecond(), kDigits);
    addToTable(row, m.getFractionOfBandwidth(), kFractionDigits);
    addToTable(row, m.getFractionOfPeak(), kFractionDigits);
    if (hasProducts)
      addToTable(row, m.getProductFractionOfPeak(), kFractionDigits);
    row.push_back(formatNumber(summarize(m.getReadSpeed()).median, 1));
    row.push_back(formatNumber(summarize(m.getPeak()).median, 1));
    table.add(std::move(row));
  }
  return table.formatTable();
}

static std::string formatCsv(const Subject &subject,
                             std::span<const Measurement> measurements) {
  std::vector<std::string> heading = {
      "model",     "test",      "n_prompt",    "n_gen", "n_depth",
      "n_threads", "n_streams", "repetitions", "bytes", "flops"};
  for (const char *name :
       {"tokens_per_second", "fraction_of_bandwidth", "fraction_of_peak",
        "products_fraction_of_peak", "read_gbps", "peak_gflops"})
    addCsvHeading(heading, name);
  Columns table(std::move(heading));
  for (const Measurement &m : measurements) {
    const BenchTest &test = m.test;
    std::vector<std::string> row = {subject.model.name, test.getName()};
    for (int64_t number : {test.promptTokens, test.genTokens, test.depth,
                           static_cast<int64_t>(test.threads), test.streams,
                           static_cast<int64_t>(m.samples.size())})
      row.push_back(absl::StrCat(number));
    row.push_back(absl::StrFormat("%.0f", m.bytes));
    row.push_back(absl::StrFormat("%.0f", m.flops));
    addToCsv(row, m.getTokensPerSecond());
    addToCsv(row, m.getFractionOfBandwidth());
    addToCsv(row, m.getFractionOfPeak());
    addToCsv(row, m.getProductFractionOfPeak());
    addToCsv(row, m.getReadSpeed());
    addToCsv(row, m.getPeak());
    table.add(std::move(row));
  }
  return table.formatCsv();
}

std::string format(const Subject &subject, const BenchOptions &options,
                   std::span<const Measurement> measurements) {
  if (options.format == Format::Csv)
    return formatCsv(subject, measurements);
  if (options.format == Format::Table)
    return formatHeading(subject) + formatTable(measurements, options.products);
  Json json = makeJson(subject, options, "throughput");
  json["tests"] = Json::array();
  for (const Measurement &m : measurements)
    json["tests"].push_back(toJson(m));
  return dump(json);
}

//===----------------------------------------------------------------------===//
// Beside a busy core
//===----------------------------------------------------------------------===//

std::string format(const Subject &subject, const BenchOptions &options,
                   std::span<const BusyMeasurement> measurements) {
  if (options.format == Format::Json) {
    Json json = makeJson(subject, options, "busy-core");
    json["tests"] = Json::array();
    for (const BusyMeasurement &m : measurements)
      json["tests"].push_back({{"quiet", toJson(m.quiet)},
                               {"busy", toJson(m.busy)},
                               {"ratio", toJson(m.getRatio())}});
    return dump(json);
  }
  const bool isCsv = options.format == Format::Csv;
  std::vector<std::string> heading =
      isCsv ? std::vector<std::string>{"model", "test", "n_threads"}
            : std::vector<std::string>{"test",           "busy threads",
                                       "quiet tokens/s", "min..max",
                                       "busy tokens/s",  "min..max",
                                       "busy/quiet",     "min..max"};
  if (isCsv)
    for (const char *name :
         {"quiet_tokens_per_second", "busy_tokens_per_second", "busy_to_quiet"})
      addCsvHeading(heading, name);
  Columns table(std::move(heading));
  for (const BusyMeasurement &m : measurements) {
    std::vector<std::string> row = {m.busy.test.getName(),
                                    absl::StrCat(m.busy.test.threads)};
    if (isCsv)
      row.insert(row.begin(), subject.model.name);
    const std::vector<double> numbers[] = {m.quiet.getTokensPerSecond(),
                                           m.busy.getTokensPerSecond(),
                                           m.getRatio()};
    for (const std::vector<double> &values : numbers)
      isCsv ? addToCsv(row, values)
            : addToTable(row, values,
                         &values == &numbers[2] ? kFractionDigits : kDigits);
    table.add(std::move(row));
  }
  if (isCsv)
    return table.formatCsv();
  return formatHeading(subject) + table.formatTable() +
         "\nbusy: another process keeps one core busy; quiet: one thread, and "
         "no such process\n";
}

//===----------------------------------------------------------------------===//
// The first token
//===----------------------------------------------------------------------===//

namespace {

/// One member of all samples, and what is derived from it.
struct StartValues {
  std::vector<double> firstToken, opening, firstPass, ratio;

  explicit StartValues(const std::vector<StartSample> &samples) {
    for (const StartSample &sample : samples) {
      firstToken.push_back(sample.firstToken);
      opening.push_back(sample.opening);
      firstPass.push_back(sample.firstPass);
      ratio.push_back(sample.firstPass / sample.firstToken);
    }
  }
  Json toJson() const {
    return {{"first_token_seconds", bench::toJson(firstToken)},
            {"opening_seconds", bench::toJson(opening)},
            {"first_pass_seconds", bench::toJson(firstPass)},
            {"first_pass_to_first_token", bench::toJson(ratio)}};
  }
};

} // namespace

static std::string formatStartsAsJson(const Subject &subject,
                                      const BenchOptions &options,
                                      std::span<const ColdStart> starts) {
  Json json = makeJson(subject, options, "first-token");
  json["verified"] = !options.noVerify;
  json["tests"] = Json::array();
  for (const ColdStart &start : starts)
    json["tests"].push_back(
        {{"n_prompt", start.promptTokens},
         {"n_threads", start.threads},
         {"left_in_memory", start.left >= 0 ? Json(start.left) : Json(nullptr)},
         {"cold", StartValues(start.cold).toJson()},
         {"warm", StartValues(start.warm).toJson()}});
  return dump(json);
}

std::string format(const Subject &subject, const BenchOptions &options,
                   std::span<const ColdStart> starts) {
  if (options.format == Format::Json)
    return formatStartsAsJson(subject, options, starts);
  const bool isCsv = options.format == Format::Csv;
  std::vector<std::string> heading =
      isCsv
          ? std::vector<std::string>{"model", "n_prompt", "n_threads", "files"}
          : std::vector<std::string>{"prompt",     "threads",  "files",
                                     "seconds",    "min..max", "opening",
                                     "min..max",   "a pass",   "min..max",
                                     "pass/first", "min..max"};
  if (isCsv)
    for (const char *name : {"first_token_seconds", "opening_seconds",
                             "first_pass_seconds", "first_pass_to_first_token"})
      addCsvHeading(heading, name);
  Columns table(std::move(heading));
  for (const ColdStart &start : starts)
    for (const bool isCold : {true, false}) {
      const StartValues values(isCold ? start.cold : start.warm);
      std::vector<std::string> row = {absl::StrCat(start.promptTokens),
                                      absl::StrCat(start.threads),
                                      isCold ? "cold" : "warm"};
      if (isCsv)
        row.insert(row.begin(), subject.model.name);
      for (const std::vector<double> *v : {&values.firstToken, &values.opening,
                                           &values.firstPass, &values.ratio})
        isCsv ? addToCsv(row, *v) : addToTable(row, *v, kFractionDigits);
      table.add(std::move(row));
    }
  if (isCsv)
    return table.formatCsv();
  return formatHeading(subject) + table.formatTable() +
         "\nseconds: from the start of a process to its first token, opening "
         "the bundle among\nthem; a pass: reading all weights for the first "
         "time, in a process of its own\n";
}

} // namespace espresso::runtime::bench
