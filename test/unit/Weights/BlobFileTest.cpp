//===- BlobFileTest.cpp - Tests of weight files ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Weights/BlobFile.h"

#include "../TestSupport.h"

#include "llvm/ADT/SmallString.h"

#include <gtest/gtest.h>

#include <random>

using namespace espresso;
using namespace espresso::test;

static WeightSourceRef makeRandomSource(DataType type, int64_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  uint64_t size = *getPackedByteSize(type, count);
  std::vector<uint8_t> bytes(size);
  for (uint8_t &byte : bytes)
    byte = static_cast<uint8_t>(random());
  // Bits after the last element are zero.
  if (uint64_t unused = 8 * size - count * getBitWidth(type))
    bytes.back() &= 0xff >> unused;
  return makeMemorySource(type, count, std::move(bytes));
}

/// The bytes of a weight file that holds `sources`.
static std::string writeAll(llvm::ArrayRef<WeightSourceRef> sources,
                            std::vector<uint64_t> *offsets = nullptr) {
  Messages messages;
  llvm::SmallString<256> buffer;
  llvm::raw_svector_ostream stream(buffer);
  BlobWriter writer(stream);
  for (const WeightSourceRef &source : sources) {
    FailureOr<uint64_t> offset = writer.add(*source, messages);
    EXPECT_TRUE(succeeded(offset)) << messages.str();
    if (offsets)
      offsets->push_back(*offset);
  }
  writer.finish();
  return buffer.str().str();
}

class BlobTypeTest : public ::testing::TestWithParam<DataType> {};

TEST_P(BlobTypeTest, WhatIsWrittenIsReadBack) {
  DataType type = GetParam();
  // Counts that leave every number of padding bits.
  for (int64_t count : {1, 2, 3, 5, 7, 8, 31, 1000}) {
    WeightSourceRef source = makeRandomSource(type, count);
    TemporaryDirectory directory;
    std::string path = directory.write("w.bin", writeAll({source}));
    Messages messages;
    auto file = BlobFile::open(path, messages);
    ASSERT_TRUE(succeeded(file)) << messages.str();
    EXPECT_EQ((*file)->getNumRecords(), 1u);
    auto record = (*file)->readRecord(kFirstBlobOffset, messages);
    ASSERT_TRUE(succeeded(record)) << messages.str();
    EXPECT_EQ(record->type, type);
    EXPECT_EQ(record->numElements, count);
    EXPECT_EQ(record->dataOffset, 128u);
    EXPECT_EQ((*file)->getSource(*record)->getBytesInPlace(),
              source->getBytesInPlace());
  }
}

INSTANTIATE_TEST_SUITE_P(
    AllTypes, BlobTypeTest,
    ::testing::Values(DataType::Float16, DataType::Float32, DataType::UInt8,
                      DataType::Int8, DataType::BFloat16, DataType::Int16,
                      DataType::UInt16, DataType::Int4, DataType::UInt1,
                      DataType::UInt2, DataType::UInt4, DataType::UInt3,
                      DataType::UInt6, DataType::Int32, DataType::UInt32,
                      DataType::Float8E4M3FN, DataType::Float8E5M2),
    [](const auto &info) { return std::string(getName(info.param)); });

TEST(BlobFileTest, LayoutByteForByte) {
  // Elements 1 … 5 of three bits each: 0b…101'100'011'010'001.
  WeightSourceRef source =
      makeMemorySource(DataType::UInt3, 5, {0b11010001, 0b01011000});
  std::string expected(130, '\0');
  expected[0] = 1; // one record
  expected[4] = 2; // version
  expected[64] = '\xef';
  expected[65] = '\xbe';
  expected[66] = '\xad';
  expected[67] = '\xde';
  expected[68] = 12;     // uint3
  expected[72] = 2;      // bytes
  expected[80] = '\x80'; // data at 128
  expected[88] = 1;      // padding bits
  expected[128] = '\xd1';
  expected[129] = '\x58';
  EXPECT_EQ(writeAll({source}), expected);
}

TEST(BlobFileTest, TypeCodesAreThoseOfTheFormat) {
  EXPECT_EQ(getBlobTypeCode(DataType::Float16), 1u);
  EXPECT_EQ(getBlobTypeCode(DataType::Float32), 2u);
  EXPECT_EQ(getBlobTypeCode(DataType::Int4), 8u);
  EXPECT_EQ(getBlobTypeCode(DataType::UInt4), 11u);
  EXPECT_EQ(getBlobTypeCode(DataType::UInt3), 12u);
  EXPECT_EQ(getBlobTypeCode(DataType::Float8E5M2), 17u);
  for (DataType type : {DataType::Bool, DataType::String, DataType::Int64,
                        DataType::UInt64, DataType::Float64})
    EXPECT_FALSE(getBlobTypeCode(type));
}

TEST(BlobFileTest, RecordsAreAlignedAndSharedByKey) {
  WeightSourceRef a = makeRandomSource(DataType::Float16, 3);
  WeightSourceRef b = makeRandomSource(DataType::Int8, 65);
  std::vector<uint64_t> offsets;
  std::string bytes = writeAll({a, b, a}, &offsets);
  EXPECT_EQ(offsets, (std::vector<uint64_t>{64, 192, 64}));
  EXPECT_EQ(bytes[0], 2);
  EXPECT_EQ(bytes.size(), 192u + 64 + 65); // nothing after the last element
}

TEST(BlobFileTest, LargeTensorsAreWrittenInPieces) {
  // Converted, so that the writer cannot take the bytes in place.
  int64_t count = (1 << 18) + 77;
  WeightSourceRef halves = makeRandomSource(DataType::BFloat16, count);
  WeightSourceRef floats = convertTo(halves, DataType::Float32);
  std::string bytes = writeAll({floats});
  ASSERT_EQ(bytes.size(), 128 + 4 * static_cast<size_t>(count));
  Messages messages;
  std::vector<uint8_t> whole(4 * count);
  ASSERT_TRUE(succeeded(floats->read(whole, messages)));
  EXPECT_EQ(0, std::memcmp(bytes.data() + 128, whole.data(), whole.size()));
}

TEST(BlobFileTest, WriterRefusesTypesWithoutACode) {
  Messages messages;
  llvm::SmallString<256> buffer;
  llvm::raw_svector_ostream stream(buffer);
  BlobWriter writer(stream);
  WeightSourceRef source = makeRandomSource(DataType::Int64, 2);
  EXPECT_TRUE(failed(writer.add(*source, messages)));
  EXPECT_NE(messages.str().find("found 'int64'"), std::string::npos);
}

TEST(BlobFileTest, OneTensorOneFile) {
  TemporaryDirectory directory;
  Messages messages;
  WeightSourceRef source = makeRandomSource(DataType::Float16, 10);
  std::string path = directory.getPath("w.bin");
  ASSERT_TRUE(succeeded(writeBlobFile(path, *source, messages)));
  EXPECT_EQ(readFile(path), writeAll({source}));
  EXPECT_TRUE(
      failed(writeBlobFile(directory.getPath("no/w.bin"), *source, messages)));
  EXPECT_NE(messages.str().find("cannot write"), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Hostile files
//===----------------------------------------------------------------------===//

/// Reads record 64 of a file of these bytes; true if it is sound.
static bool tryRead(const TemporaryDirectory &directory,
                    const std::string &bytes, std::string *text = nullptr) {
  Messages messages;
  std::string path = directory.write("w.bin", bytes);
  auto file = BlobFile::open(path, messages);
  bool ok = false;
  if (succeeded(file)) {
    auto record = (*file)->readRecord(kFirstBlobOffset, messages);
    if (succeeded(record)) {
      WeightSourceRef source = (*file)->getSource(*record);
      std::vector<uint8_t> all(record->byteSize);
      ok = succeeded(source->read(all, messages));
    }
  }
  EXPECT_EQ(ok, messages.empty());
  if (text)
    *text = messages.str();
  return ok;
}

TEST(BlobFileTest, EveryTruncationIsReported) {
  TemporaryDirectory directory;
  std::string bytes = writeAll({makeRandomSource(DataType::UInt6, 21)});
  EXPECT_TRUE(tryRead(directory, bytes));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(tryRead(directory, bytes.substr(0, size))) << size;
}

TEST(BlobFileTest, CorruptionNeverReadsOutside) {
  TemporaryDirectory directory;
  std::string bytes = writeAll({makeRandomSource(DataType::UInt6, 21)});
  for (size_t place = 0; place < bytes.size(); ++place)
    for (char value : {'\x00', '\x01', '\x7f', '\xff'}) {
      std::string corrupt = bytes;
      corrupt[place] = value;
      bool ok = tryRead(directory, corrupt);
      // The sentinel and the version admit no change.
      bool vital = (place >= 4 && place < 8) || (place >= 64 && place < 68);
      EXPECT_TRUE(!vital || ok == (corrupt == bytes)) << place;
    }
}

TEST(BlobFileTest, MessagesNameTheByte) {
  TemporaryDirectory directory;
  std::string bytes = writeAll({makeRandomSource(DataType::Float16, 4)});
  std::string text, corrupt = bytes;
  corrupt[4] = 1;
  EXPECT_FALSE(tryRead(directory, corrupt, &text));
  EXPECT_NE(text.find("w.bin, byte 4: expected a weight file of version 2, "
                      "found version 1"),
            std::string::npos)
      << text;
  corrupt = bytes;
  corrupt[68] = 18;
  EXPECT_FALSE(tryRead(directory, corrupt, &text));
  EXPECT_NE(text.find("byte 68: expected an element type from 1 to 17"),
            std::string::npos)
      << text;
  corrupt = bytes;
  corrupt[72] = 7; // not whole fp16 elements
  EXPECT_FALSE(tryRead(directory, corrupt, &text));
  EXPECT_NE(text.find("whole number of fp16"), std::string::npos) << text;
  corrupt[72] = 100;
  EXPECT_FALSE(tryRead(directory, corrupt, &text));
  EXPECT_NE(text.find("found 100 bytes at 128"), std::string::npos) << text;
}

TEST(BlobFileTest, OldGarbageInPaddingOfWholeBytesIsIgnored) {
  TemporaryDirectory directory;
  std::string bytes = writeAll({makeRandomSource(DataType::Float16, 4)});
  for (size_t place = 88; place < 128; ++place)
    bytes[place] = '\xa5';
  EXPECT_TRUE(tryRead(directory, bytes));
}
