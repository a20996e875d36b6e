//===- TokenizerMessage.cpp - Writing tokenizer.pb ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Export/TokenizerMessage.h"

#include "espresso/Plan/tokenizer.pb.h"

namespace espresso {

static void addPieces(const TokenizerData &data, plan::Tokenizer &out) {
  for (const TokenizerData::Piece &piece : data.pieces) {
    plan::Tokenizer::Piece *added = out.add_pieces();
    added->set_text(piece.text);
    added->set_score(piece.score);
    added->set_type(static_cast<plan::Tokenizer::PieceType>(piece.type));
  }
  for (const auto &[left, right] : data.merges) {
    out.add_merges(left);
    out.add_merges(right);
  }
  for (const TokenizerData::AddedToken &token : data.added) {
    plan::Tokenizer::AddedToken *added = out.add_added();
    added->set_id(token.id);
    added->set_strip_left(token.stripLeft);
    added->set_strip_right(token.stripRight);
    added->set_single_word(token.singleWord);
    added->set_normalized(token.normalized);
  }
}

static void addSteps(const TokenizerData &data, plan::Tokenizer &out) {
  for (const TokenizerData::Normalizer &step : data.normalizers) {
    plan::Tokenizer::Normalizer *added = out.add_normalizers();
    added->set_kind(static_cast<plan::Tokenizer::Normalizer::Kind>(step.kind));
    added->set_text(step.text);
    added->set_content(step.content);
  }
  for (const TokenizerData::Split &step : data.splits) {
    plan::Tokenizer::Split *added = out.add_splits();
    added->set_pattern(step.pattern);
    added->set_behavior(
        static_cast<plan::Tokenizer::Split::Behavior>(step.behavior));
    added->set_invert(step.invert);
  }
}

static void addSpecialIds(const TokenizerData &data, plan::Tokenizer &out) {
  if (data.bosId)
    out.set_bos(*data.bosId);
  if (data.eosId)
    out.set_eos(*data.eosId);
  if (data.unknownId)
    out.set_unknown(*data.unknownId);
  for (uint32_t id : data.stopIds)
    out.add_stop(id);
  for (uint32_t id : data.prefixIds)
    out.add_prefix(id);
  for (uint32_t id : data.suffixIds)
    out.add_suffix(id);
  out.set_add_bos(data.addBos);
  out.set_add_eos(data.addEos);
}

std::string serializeTokenizer(const TokenizerData &data) {
  plan::Tokenizer out;
  out.set_model(static_cast<plan::Tokenizer::Model>(data.kind));
  addPieces(data, out);
  addSteps(data, out);
  addSpecialIds(data, out);
  out.set_add_space_prefix(data.addSpacePrefix);
  out.set_space_prefix_rule(
      static_cast<plan::Tokenizer::PrefixRule>(data.spacePrefixRule));
  out.set_space_prefix_at_start_only(data.spacePrefixAtStartOnly);
  out.set_ignore_merges(data.ignoreMerges);
  out.set_fuse_unknown(data.fuseUnknown);
  if (data.blank)
    out.set_blank(*data.blank);
  out.set_chat_template(data.chatTemplate);
  // The message has no maps, so its bytes follow from its fields.
  return out.SerializeAsString();
}

} // namespace espresso
