//===- FamiliesTest.cpp - Tests of families of models ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Each family is written twice, with the names that llama.cpp's converter and
// the Hugging Face library give its tensors and settings, and must come out as
// the same model.
//
// size-exception: one table, the names that fifteen families have in two
// formats.
//
//===----------------------------------------------------------------------===//

#include "FrontendTest.h"
#include "SafetensorsWriter.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <functional>

using namespace espresso;
using namespace espresso::test;

namespace {

/// Tensors are "name rows columns", "*" standing for each of two layers; sizes
/// are those of TinyModel: D 8, F 12, H 4, G 2, d 2, V 5, P 6.
struct FamilyCase {
  const char *name;
  const char *gguf;
  std::function<void(GgufWriter &)> addKeys;
  std::vector<const char *> ggufTensors;
  const char *huggingFace;
  const char *config;
  std::vector<const char *> huggingFaceTensors;
  std::vector<ModelFeature> features;
  std::function<void(const ModelConfig &)> check;
};

class FamiliesTest : public ::testing::TestWithParam<FamilyCase> {
protected:
  FailureOr<Checkpoint> readGgufForm(Messages &messages);
  FailureOr<Checkpoint> readFolderForm(Messages &messages);

  TemporaryDirectory directory;
};

} // namespace

/// The tensor of one line for one layer: name and row-major shape.
static SafetensorsWriter::Tensor makeTensor(llvm::StringRef line, int layer,
                                            int seed) {
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(line, words);
  SafetensorsWriter::Tensor tensor;
  for (char c : words[0])
    tensor.name += c == '*' ? std::string(1, static_cast<char>('0' + layer))
                            : std::string(1, c);
  int count = 1;
  for (llvm::StringRef word : llvm::drop_begin(words)) {
    int64_t extent = 0;
    EXPECT_FALSE(word.getAsInteger(10, extent)) << line.str();
    tensor.shape.push_back(extent);
    count *= static_cast<int>(extent);
  }
  tensor.data = TinyModel::makeFloats(count, static_cast<float>(seed));
  return tensor;
}

static std::vector<SafetensorsWriter::Tensor>
makeTensors(const std::vector<const char *> &lines) {
  std::vector<SafetensorsWriter::Tensor> tensors;
  for (size_t i = 0; i < lines.size(); ++i)
    for (int layer = 0; layer < 2; ++layer)
      if (layer == 0 || llvm::StringRef(lines[i]).contains('*'))
        tensors.push_back(
            makeTensor(lines[i], layer, static_cast<int>(i) * 100 + layer));
  return tensors;
}

FailureOr<Checkpoint> FamiliesTest::readGgufForm(Messages &messages) {
  const FamilyCase &family = GetParam();
  GgufWriter gguf;
  std::string prefix = std::string(family.gguf) + ".";
  gguf.addString("general.architecture", family.gguf);
  gguf.addInteger(prefix + "block_count", 2);
  gguf.addInteger(prefix + "embedding_length", 8);
  gguf.addInteger(prefix + "feed_forward_length", 12);
  gguf.addInteger(prefix + "context_length", 6);
  gguf.addInteger(prefix + "attention.head_count", 4);
  family.addKeys(gguf);
  for (SafetensorsWriter::Tensor &tensor : makeTensors(family.ggufTensors))
    gguf.tensors.push_back(
        {tensor.name,
         std::vector<uint64_t>(tensor.shape.rbegin(), tensor.shape.rend()),
         GgufWriter::F32, tensor.data});
  return readCheckpoint(directory.write("m.gguf", gguf.write()),
                        {.needsTokenizer = false}, messages);
}

FailureOr<Checkpoint> FamiliesTest::readFolderForm(Messages &messages) {
  const FamilyCase &family = GetParam();
  std::string config = std::string("{\"model_type\": \"") + family.huggingFace +
                       "\", \"vocab_size\": 5" + family.config;
  if (config.find("n_embd") == std::string::npos)
    config += R"(, "hidden_size": 8, "intermediate_size": 12,
      "num_hidden_layers": 2, "num_attention_heads": 4,
      "max_position_embeddings": 6)";
  directory.write("folder/config.json", config + "}");
  SafetensorsWriter weights;
  weights.tensors = makeTensors(family.huggingFaceTensors);
  directory.write("folder/model.safetensors", weights.write());
  return readCheckpoint(directory.getPath("folder"), {.needsTokenizer = false},
                        messages);
}

TEST_P(FamiliesTest, IsTheSameInBothFormats) {
  Messages messages;
  auto gguf = readGgufForm(messages);
  auto folder = readFolderForm(messages);
  ASSERT_TRUE(succeeded(gguf) && succeeded(folder)) << messages.str();
  for (const Checkpoint *model : {&*gguf, &*folder}) {
    const ModelConfig &config = model->config;
    EXPECT_EQ(config.architecture, GetParam().name) << model->format;
    EXPECT_EQ(config.numKVHeads, 2) << model->format;
    EXPECT_EQ(config.headSize, 2) << model->format;
    EXPECT_EQ(config.normEpsilon, 0x1p-16) << model->format;
    EXPECT_EQ(getFeatures(config), GetParam().features) << model->format;
    GetParam().check(config);
    EXPECT_EQ(model->tensors.size(), getExpectedTensors(config).size());
  }
  for (const auto &[name, tensor] : gguf->tensors) {
    ASSERT_TRUE(folder->findTensor(name)) << name;
    EXPECT_EQ(tensor.shape, folder->findTensor(name)->shape) << name;
  }
}

//===----------------------------------------------------------------------===//
// What several families have
//===----------------------------------------------------------------------===//

using Lines = std::vector<const char *>;

static Lines join(std::initializer_list<Lines> parts) {
  Lines all;
  for (const Lines &part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

static const Lines kGgufEnds = {"token_embd.weight 5 8",
                                "output_norm.weight 8"};
static const Lines kGgufNorms = {"blk.*.attn_norm.weight 8",
                                 "blk.*.ffn_norm.weight 8"};
static const Lines kGgufAttention = {
    "blk.*.attn_q.weight 8 8", "blk.*.attn_k.weight 4 8",
    "blk.*.attn_v.weight 4 8", "blk.*.attn_output.weight 8 8"};
static const Lines kGgufFfn = {"blk.*.ffn_gate.weight 12 8",
                               "blk.*.ffn_down.weight 8 12",
                               "blk.*.ffn_up.weight 12 8"};
static const Lines kGgufBiases = {"blk.*.attn_q.bias 8", "blk.*.attn_k.bias 4",
                                  "blk.*.attn_v.bias 4"};

static const Lines kHfEnds = {"model.embed_tokens.weight 5 8",
                              "model.norm.weight 8"};
static const Lines kHfNorms = {
    "model.layers.*.input_layernorm.weight 8",
    "model.layers.*.post_attention_layernorm.weight 8"};
static const Lines kHfAttention = {
    "model.layers.*.self_attn.q_proj.weight 8 8",
    "model.layers.*.self_attn.k_proj.weight 4 8",
    "model.layers.*.self_attn.v_proj.weight 4 8",
    "model.layers.*.self_attn.o_proj.weight 8 8"};
static const Lines kHfFfn = {"model.layers.*.mlp.gate_proj.weight 12 8",
                             "model.layers.*.mlp.down_proj.weight 8 12",
                             "model.layers.*.mlp.up_proj.weight 12 8"};
static const Lines kHfBiases = {"model.layers.*.self_attn.q_proj.bias 8",
                                "model.layers.*.self_attn.k_proj.bias 4",
                                "model.layers.*.self_attn.v_proj.bias 4"};

static const Lines kGgufLlama =
    join({kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn});
static const Lines kHfLlama = join({kHfEnds, kHfNorms, kHfAttention, kHfFfn});

#define HF_RMS                                                                 \
  ", \"num_key_value_heads\": 2, \"rms_norm_eps\": 1.52587890625e-05"

/// RMS norms and two key/value heads.
static void addRms(GgufWriter &gguf, const std::string &name) {
  gguf.addInteger(name + ".attention.head_count_kv", 2);
  gguf.addReal(name + ".attention.layer_norm_rms_epsilon", 0x1p-16f);
}

static auto rms(const char *name) {
  return [=](GgufWriter &gguf) { addRms(gguf, name); };
}

static void nothing(const ModelConfig &) {}

//===----------------------------------------------------------------------===//
// The families
//===----------------------------------------------------------------------===//

using F = ModelFeature;

static FamilyCase makeMixtral() {
  return {"llama",
          "llama",
          [](GgufWriter &g) {
            addRms(g, "llama");
            g.addInteger("llama.expert_count", 3);
            g.addInteger("llama.expert_used_count", 2);
          },
          join({kGgufEnds,
                kGgufNorms,
                kGgufAttention,
                {"blk.*.ffn_gate_inp.weight 3 8",
                 "blk.*.ffn_gate_exps.weight 3 12 8",
                 "blk.*.ffn_down_exps.weight 3 8 12",
                 "blk.*.ffn_up_exps.weight 3 12 8"}}),
          "mixtral",
          HF_RMS ", \"num_local_experts\": 3, \"num_experts_per_tok\": 2",
          join({kHfEnds,
                kHfNorms,
                kHfAttention,
                {"model.layers.*.block_sparse_moe.gate.weight 3 8",
                 "model.layers.*.block_sparse_moe.experts.0.w1.weight 12 8",
                 "model.layers.*.block_sparse_moe.experts.0.w2.weight 8 12",
                 "model.layers.*.block_sparse_moe.experts.0.w3.weight 12 8",
                 "model.layers.*.block_sparse_moe.experts.1.w1.weight 12 8",
                 "model.layers.*.block_sparse_moe.experts.1.w2.weight 8 12",
                 "model.layers.*.block_sparse_moe.experts.1.w3.weight 12 8",
                 "model.layers.*.block_sparse_moe.experts.2.w1.weight 12 8",
                 "model.layers.*.block_sparse_moe.experts.2.w2.weight 8 12",
                 "model.layers.*.block_sparse_moe.experts.2.w3.weight 12 8"}}),
          {F::Experts},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.numExperts, 3);
            EXPECT_EQ(c.numExpertsUsed, 2);
            EXPECT_EQ(c.expertHiddenSize, 12);
            EXPECT_TRUE(c.normalizesExperts);
          }};
}

static FamilyCase makeQwen2Moe() {
  return {
      "qwen2moe",
      "qwen2moe",
      [](GgufWriter &g) {
        addRms(g, "qwen2moe");
        g.addInteger("qwen2moe.expert_count", 2);
        g.addInteger("qwen2moe.expert_used_count", 1);
        g.addInteger("qwen2moe.expert_feed_forward_length", 6);
        g.addInteger("qwen2moe.expert_shared_feed_forward_length", 4);
      },
      join(
          {kGgufEnds,
           kGgufNorms,
           kGgufAttention,
           kGgufBiases,
           {"blk.*.ffn_gate_inp.weight 2 8", "blk.*.ffn_gate_exps.weight 2 6 8",
            "blk.*.ffn_down_exps.weight 2 8 6",
            "blk.*.ffn_up_exps.weight 2 6 8", "blk.*.ffn_gate_shexp.weight 4 8",
            "blk.*.ffn_down_shexp.weight 8 4", "blk.*.ffn_up_shexp.weight 4 8",
            "blk.*.ffn_gate_inp_shexp.weight 8"}}),
      "qwen2_moe",
      HF_RMS
      ", \"num_experts\": 2, \"num_experts_per_tok\": 1, "
      "\"moe_intermediate_size\": 6, \"shared_expert_intermediate_size\": 4, "
      "\"norm_topk_prob\": false",
      join({kHfEnds,
            kHfNorms,
            kHfAttention,
            kHfBiases,
            {"model.layers.*.mlp.gate.weight 2 8",
             "model.layers.*.mlp.experts.0.gate_proj.weight 6 8",
             "model.layers.*.mlp.experts.0.down_proj.weight 8 6",
             "model.layers.*.mlp.experts.0.up_proj.weight 6 8",
             "model.layers.*.mlp.experts.1.gate_proj.weight 6 8",
             "model.layers.*.mlp.experts.1.down_proj.weight 8 6",
             "model.layers.*.mlp.experts.1.up_proj.weight 6 8",
             "model.layers.*.mlp.shared_expert.gate_proj.weight 4 8",
             "model.layers.*.mlp.shared_expert.down_proj.weight 8 4",
             "model.layers.*.mlp.shared_expert.up_proj.weight 4 8",
             "model.layers.*.mlp.shared_expert_gate.weight 1 8"}}),
      {F::QkvBias, F::Experts},
      [](const ModelConfig &c) {
        EXPECT_EQ(c.expertHiddenSize, 6);
        EXPECT_EQ(c.sharedExpertHiddenSize, 4);
        EXPECT_TRUE(c.hasSharedExpertGate);
        EXPECT_FALSE(c.normalizesExperts);
      }};
}

static FamilyCase makeGemma2() {
  return {"gemma2",
          "gemma2",
          [](GgufWriter &g) {
            addRms(g, "gemma2");
            g.addInteger("gemma2.attention.key_length", 2);
            g.addInteger("gemma2.attention.value_length", 2);
            g.addInteger("gemma2.attention.sliding_window", 4);
            g.addReal("gemma2.attn_logit_softcapping", 50);
            g.addReal("gemma2.final_logit_softcapping", 30);
          },
          join({kGgufLlama,
                {"blk.*.post_attention_norm.weight 8",
                 "blk.*.post_ffw_norm.weight 8"}}),
          "gemma2",
          HF_RMS ", \"head_dim\": 2, \"query_pre_attn_scalar\": 2, "
                 "\"sliding_window\": 4, \"attn_logit_softcapping\": 50.0, "
                 "\"final_logit_softcapping\": 30.0, "
                 "\"hidden_activation\": \"gelu_pytorch_tanh\"",
          join({kHfLlama,
                {"model.layers.*.pre_feedforward_layernorm.weight 8",
                 "model.layers.*.post_feedforward_layernorm.weight 8"}}),
          {F::PostNorms, F::AttentionSoftCap, F::SlidingWindow,
           F::OtherActivation, F::Multipliers, F::LogitSoftCap},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.embeddingScale, std::sqrt(8.0));
            EXPECT_EQ(c.activation, Activation::GeluTanh);
            EXPECT_EQ(c.slidingWindow, 4);
            EXPECT_TRUE(c.getLayer(0).isSliding);
            EXPECT_FALSE(c.getLayer(1).isSliding);
            EXPECT_EQ(c.attentionSoftCap, 50);
            EXPECT_EQ(c.logitSoftCap, 30);
            EXPECT_TRUE(c.tiedHead);
          }};
}

static FamilyCase makeGemma3() {
  return {"gemma3",
          "gemma3",
          [](GgufWriter &g) {
            addRms(g, "gemma3");
            g.addInteger("gemma3.attention.sliding_window", 4);
            g.addReal("gemma3.rope.freq_base", 1e6f);
            g.addString("gemma3.rope.scaling.type", "linear");
            g.addReal("gemma3.rope.scaling.factor", 8);
          },
          join({kGgufLlama,
                {"blk.*.post_attention_norm.weight 8",
                 "blk.*.post_ffw_norm.weight 8", "blk.*.attn_q_norm.weight 2",
                 "blk.*.attn_k_norm.weight 2"}}),
          "gemma3_text",
          HF_RMS ", \"sliding_window\": 4, \"sliding_window_pattern\": 6, "
                 "\"rope_theta\": 1000000.0, \"rope_local_base_freq\": 10000.0,"
                 "\"rope_scaling\": {\"rope_type\": \"linear\", "
                 "\"factor\": 8.0}",
          join({kHfLlama,
                {"model.layers.*.pre_feedforward_layernorm.weight 8",
                 "model.layers.*.post_feedforward_layernorm.weight 8",
                 "model.layers.*.self_attn.q_norm.weight 2",
                 "model.layers.*.self_attn.k_norm.weight 2"}}),
          {F::RopeScaling, F::LocalRopeTheta, F::PostNorms, F::QueryKeyNorm,
           F::SlidingWindow, F::OtherActivation, F::Multipliers},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.ropeTheta, 1e6);
            EXPECT_EQ(c.localRopeTheta, 10000);
            EXPECT_EQ(c.ropeScaling.factor, 8);
            EXPECT_EQ(c.queryKeyNorm, QueryKeyNorm::Head);
            EXPECT_TRUE(c.getLayer(1).isSliding); // all but each sixth
          }};
}

static FamilyCase makePhi3() {
  return {"phi3",
          "phi3",
          [](GgufWriter &g) {
            addRms(g, "phi3");
            g.addInteger("phi3.attention.sliding_window", 5);
            g.addInteger("phi3.rope.scaling.original_context_length", 3);
            g.addReal("phi3.rope.scaling.attn_factor", 1.25f);
          },
          join({kGgufEnds,
                kGgufNorms,
                {"blk.*.attn_qkv.weight 16 8", "blk.*.attn_output.weight 8 8",
                 "blk.*.ffn_up.weight 24 8", "blk.*.ffn_down.weight 8 12",
                 "rope_factors_long.weight 1", "rope_factors_short.weight 1",
                 "output.weight 5 8"}}),
          "phi3",
          HF_RMS ", \"sliding_window\": 5, "
                 "\"original_max_position_embeddings\": 3, \"rope_scaling\": "
                 "{\"type\": \"longrope\", \"short_factor\": [1.5], "
                 "\"long_factor\": [2.5]}",
          join({kHfEnds,
                kHfNorms,
                {"model.layers.*.self_attn.qkv_proj.weight 16 8",
                 "model.layers.*.self_attn.o_proj.weight 8 8",
                 "model.layers.*.mlp.gate_up_proj.weight 24 8",
                 "model.layers.*.mlp.down_proj.weight 8 12",
                 "lm_head.weight 5 8"}}),
          {F::RopeScaling, F::SlidingWindow},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.ropeScaling.kind, RopeScalingKind::LongRope);
            EXPECT_EQ(c.ropeScaling.longFactors.size(), 1u);
            EXPECT_EQ(c.ropeScaling.originalContextLength, 3);
            EXPECT_TRUE(c.getLayer(0).isSliding);
            EXPECT_FALSE(c.tiedHead);
          }};
}

static FamilyCase makeGpt2() {
  return {"gpt2",
          "gpt2",
          [](GgufWriter &g) {
            g.addInteger("gpt2.attention.head_count_kv", 2);
            g.addReal("gpt2.attention.layer_norm_epsilon", 0x1p-16f);
          },
          join({kGgufEnds,
                kGgufNorms,
                {"position_embd.weight 6 8", "output_norm.bias 8",
                 "blk.*.attn_norm.bias 8", "blk.*.ffn_norm.bias 8",
                 "blk.*.attn_qkv.weight 16 8", "blk.*.attn_qkv.bias 16",
                 "blk.*.attn_output.weight 8 8", "blk.*.attn_output.bias 8",
                 "blk.*.ffn_up.weight 12 8", "blk.*.ffn_up.bias 12",
                 "blk.*.ffn_down.weight 8 12", "blk.*.ffn_down.bias 8"}}),
          "gpt2",
          ", \"n_embd\": 8, \"n_inner\": 12, \"n_layer\": 2, \"n_head\": 4, "
          "\"num_key_value_heads\": 2, \"n_positions\": 6, "
          "\"layer_norm_epsilon\": 1.52587890625e-05, "
          "\"activation_function\": \"gelu_new\"",
          {"wte.weight 5 8", "wpe.weight 6 8", "ln_f.weight 8", "ln_f.bias 8",
           "h.*.ln_1.weight 8", "h.*.ln_1.bias 8", "h.*.ln_2.weight 8",
           "h.*.ln_2.bias 8", "h.*.attn.bias 1 1 6 6",
           "h.*.attn.c_attn.weight 8 16", "h.*.attn.c_attn.bias 16",
           "h.*.attn.c_proj.weight 8 8", "h.*.attn.c_proj.bias 8",
           "h.*.mlp.c_fc.weight 8 12", "h.*.mlp.c_fc.bias 12",
           "h.*.mlp.c_proj.weight 12 8", "h.*.mlp.c_proj.bias 8"},
          {F::PositionTable, F::LayerNorm, F::QkvBias, F::OutputBias,
           F::OtherActivation, F::UngatedFfn, F::FfnBias},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.activation, Activation::GeluTanh);
            EXPECT_EQ(c.getRotarySize(), 0);
          }};
}

static FamilyCase makeLfm2() {
  // The first layer is a convolution, the second attention.
  return {"lfm2",
          "lfm2",
          [](GgufWriter &g) {
            g.addNumbers<int32_t>("lfm2.attention.head_count_kv",
                                  GgufWriter::Int32, {0, 2});
            g.addReal("lfm2.attention.layer_norm_rms_epsilon", 0x1p-16f);
            g.addInteger("lfm2.shortconv.l_cache", 3);
          },
          join({kGgufNorms,
                kGgufFfn,
                {"token_embd.weight 5 8", "token_embd_norm.weight 8",
                 "blk.0.shortconv.in_proj.weight 24 8",
                 "blk.0.shortconv.conv.weight 8 3",
                 "blk.0.shortconv.out_proj.weight 8 8",
                 "blk.1.attn_q.weight 8 8", "blk.1.attn_k.weight 4 8",
                 "blk.1.attn_v.weight 4 8", "blk.1.attn_output.weight 8 8",
                 "blk.1.attn_q_norm.weight 2", "blk.1.attn_k_norm.weight 2"}}),
          "lfm2",
          ", \"num_key_value_heads\": 2, \"norm_eps\": 1.52587890625e-05, "
          "\"conv_L_cache\": 3, \"full_attn_idxs\": [1], "
          "\"tie_embedding\": true",
          {"model.embed_tokens.weight 5 8", "model.embedding_norm.weight 8",
           "model.layers.*.operator_norm.weight 8",
           "model.layers.*.ffn_norm.weight 8",
           "model.layers.*.feed_forward.w1.weight 12 8",
           "model.layers.*.feed_forward.w2.weight 8 12",
           "model.layers.*.feed_forward.w3.weight 12 8",
           "model.layers.0.conv.in_proj.weight 24 8",
           "model.layers.0.conv.conv.weight 8 1 3",
           "model.layers.0.conv.out_proj.weight 8 8",
           "model.layers.1.self_attn.q_proj.weight 8 8",
           "model.layers.1.self_attn.k_proj.weight 4 8",
           "model.layers.1.self_attn.v_proj.weight 4 8",
           "model.layers.1.self_attn.out_proj.weight 8 8",
           "model.layers.1.self_attn.q_layernorm.weight 2",
           "model.layers.1.self_attn.k_layernorm.weight 2"},
          {F::QueryKeyNorm, F::Convolution},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.convolutionSize, 3);
            EXPECT_EQ(c.getLayer(0).kind, LayerConfig::Kind::Convolution);
            EXPECT_EQ(c.getLayer(1).kind, LayerConfig::Kind::Attention);
          }};
}

static FamilyCase makeStableLm() {
  return {
      "stablelm",
      "stablelm",
      [](GgufWriter &g) {
        g.addInteger("stablelm.attention.head_count_kv", 2);
        g.addReal("stablelm.attention.layer_norm_epsilon", 0x1p-16f);
        g.addInteger("stablelm.attention.key_length", 2);
        g.addInteger("stablelm.rope.dimension_count", 2);
      },
      join({kGgufEnds,
            kGgufAttention,
            kGgufFfn,
            kGgufBiases,
            {"output_norm.bias 8", "blk.*.attn_norm.weight 8",
             "blk.*.attn_norm.bias 8", "output.weight 5 8"}}),
      "stablelm",
      ", \"num_key_value_heads\": 2, \"layer_norm_eps\": "
      "1.52587890625e-05, \"use_parallel_residual\": true, "
      "\"partial_rotary_factor\": 1.0",
      join({kHfEnds,
            kHfAttention,
            kHfFfn,
            kHfBiases,
            {"model.norm.bias 8", "model.layers.*.input_layernorm.weight 8",
             "model.layers.*.input_layernorm.bias 8", "lm_head.weight 5 8"}}),
      {F::LayerNorm, F::ParallelResidual, F::QkvBias},
      [](const ModelConfig &c) { EXPECT_FALSE(c.hasFfnNorm); }};
}

static FamilyCase makeGranite() {
  return {"granite",
          "granite",
          [](GgufWriter &g) {
            addRms(g, "granite");
            g.addReal("granite.attention.scale", 0.5f);
            g.addReal("granite.embedding_scale", 12);
            g.addReal("granite.residual_scale", 0.25f);
            g.addReal("granite.logit_scale", 8);
          },
          kGgufLlama,
          "granite",
          HF_RMS ", \"attention_multiplier\": 0.5, \"embedding_multiplier\": "
                 "12.0, \"residual_multiplier\": 0.25, \"logits_scaling\": 8",
          kHfLlama,
          {F::AttentionScale, F::Multipliers},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.attentionScale, 0.5);
            EXPECT_EQ(c.embeddingScale, 12);
            EXPECT_EQ(c.residualScale, 0.25);
            EXPECT_EQ(c.logitScale, 0.125);
          }};
}

static FamilyCase makeOlmo2() {
  const Lines ggufPost = {
      "blk.*.post_attention_norm.weight 8", "blk.*.post_ffw_norm.weight 8",
      "blk.*.attn_q_norm.weight 8", "blk.*.attn_k_norm.weight 4"};
  const Lines hfPost = {"model.layers.*.post_attention_layernorm.weight 8",
                        "model.layers.*.post_feedforward_layernorm.weight 8",
                        "model.layers.*.self_attn.q_norm.weight 8",
                        "model.layers.*.self_attn.k_norm.weight 4"};
  return {"olmo2",
          "olmo2",
          rms("olmo2"),
          join({kGgufEnds, kGgufAttention, kGgufFfn, ggufPost}),
          "olmo2",
          HF_RMS,
          join({kHfEnds, kHfAttention, kHfFfn, hfPost}),
          {F::PostNorms, F::NoPreNorms, F::QueryKeyNorm},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.queryKeyNorm, QueryKeyNorm::Full);
          }};
}

static FamilyCase makeQwen3() {
  const Lines ggufNorms = {"blk.*.attn_q_norm.weight 2",
                           "blk.*.attn_k_norm.weight 2"};
  const Lines hfNorms = {"model.layers.*.self_attn.q_norm.weight 2",
                         "model.layers.*.self_attn.k_norm.weight 2"};
  return {"qwen3",
          "qwen3",
          [](GgufWriter &g) {
            addRms(g, "qwen3");
            g.addReal("qwen3.rope.freq_base", 1e6f);
            g.addString("qwen3.rope.scaling.type", "yarn");
            g.addReal("qwen3.rope.scaling.factor", 4);
            g.addInteger("qwen3.rope.scaling.original_context_length", 3);
          },
          join({kGgufLlama, ggufNorms}),
          "qwen3",
          HF_RMS ", \"rope_parameters\": {\"rope_theta\": 1000000.0, "
                 "\"rope_type\": \"yarn\", \"factor\": 4.0, "
                 "\"original_max_position_embeddings\": 3}, "
                 "\"use_sliding_window\": false, \"sliding_window\": 3",
          join({kHfLlama, hfNorms}),
          {F::RopeScaling, F::QueryKeyNorm},
          [](const ModelConfig &c) {
            EXPECT_EQ(c.ropeTheta, 1e6);
            EXPECT_EQ(c.ropeScaling.kind, RopeScalingKind::Yarn);
            EXPECT_EQ(c.ropeScaling.factor, 4);
            EXPECT_EQ(c.ropeScaling.originalContextLength, 3);
          }};
}

static FamilyCase makeSmolLm3() {
  return {"smollm3",  "smollm3", rms("smollm3"),
          kGgufLlama, "smollm3", HF_RMS ", \"no_rope_layers\": [1, 1]",
          kHfLlama,   {},        nothing};
}

static const FamilyCase kCases[] = {
    {"llama",
     "llama",
     rms("llama"),
     kGgufLlama,
     "mistral",
     HF_RMS ", \"sliding_window\": null",
     kHfLlama,
     {},
     nothing},
    {"qwen2",
     "qwen2",
     rms("qwen2"),
     join({kGgufLlama, kGgufBiases}),
     "qwen2",
     HF_RMS,
     join({kHfLlama, kHfBiases}),
     {F::QkvBias},
     nothing},
    {"gemma",
     "gemma",
     rms("gemma"),
     kGgufLlama,
     "gemma",
     HF_RMS ", \"hidden_act\": \"gelu\"",
     kHfLlama,
     {F::OtherActivation, F::Multipliers},
     nothing},
    makeMixtral(),
    makeQwen2Moe(),
    makeQwen3(),
    makeGemma2(),
    makeGemma3(),
    makePhi3(),
    makeGpt2(),
    makeLfm2(),
    makeStableLm(),
    makeGranite(),
    makeOlmo2(),
    makeSmolLm3(),
};

INSTANTIATE_TEST_SUITE_P(All, FamiliesTest, ::testing::ValuesIn(kCases),
                         [](const auto &info) {
                           return std::to_string(info.index) + "_" +
                                  info.param.huggingFace;
                         });

TEST(StableLmTest, AQuarterOfAHeadRotatesUnlessSettingsSayMore) {
  // One head of eight.
  const std::pair<const char *, int64_t> cases[] = {
      {"", 2},
      {", \"partial_rotary_factor\": 0.5", 4},
      {", \"partial_rotary_factor\": 1.0", 8},
      {", \"rope_pct\": 0.75", 6}};
  for (const auto &[setting, size] : cases) {
    TemporaryDirectory directory;
    directory.write("config.json",
                    std::string(R"({"model_type": "stablelm", "vocab_size": 5,
          "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
          "num_attention_heads": 1, "max_position_embeddings": 6,
          "layer_norm_eps": 1e-5)") +
                        setting + "}");
    SafetensorsWriter weights;
    weights.tensors = makeTensors(
        join({kHfEnds,
              kHfFfn,
              {"model.norm.bias 8", "model.layers.*.input_layernorm.weight 8",
               "model.layers.*.input_layernorm.bias 8",
               "model.layers.*.self_attn.q_proj.weight 8 8",
               "model.layers.*.self_attn.k_proj.weight 8 8",
               "model.layers.*.self_attn.v_proj.weight 8 8",
               "model.layers.*.self_attn.o_proj.weight 8 8"}}));
    directory.write("model.safetensors", weights.write());
    Messages messages;
    auto model = readCheckpoint(directory.getPath(), {.needsTokenizer = false},
                                messages);
    ASSERT_TRUE(succeeded(model)) << messages.str();
    EXPECT_EQ(model->config.getRotarySize(), size) << setting;
  }
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

namespace {

/// Both forms of one family, and their elements.
class FamilyElementsTest : public FamiliesTest {};

} // namespace

TEST_P(FamilyElementsTest, AreTakenFromTheRightPlaces) {
  Messages messages;
  auto gguf = readGgufForm(messages);
  auto folder = readFolderForm(messages);
  ASSERT_TRUE(succeeded(gguf) && succeeded(folder)) << messages.str();
  std::string name = GetParam().name;
  auto first = [](const Checkpoint &model, const char *tensor) {
    return readFloats(model, tensor)[0];
  };
  if (name == "gemma") {
    // The first gain of the file, and one more where the format leaves it out.
    EXPECT_EQ(first(*gguf, "layers.0.rms_att"), 200);
    EXPECT_EQ(first(*folder, "layers.0.rms_att"), 200 + 1);
    EXPECT_EQ(first(*folder, "rms_final"), 100 + 1);
    EXPECT_EQ(first(*folder, "layers.0.wq"), 400);
  } else if (name == "phi3") {
    // Rows of 8 quarters: 2 a row.
    EXPECT_EQ(first(*gguf, "layers.0.wq"), 400);
    EXPECT_EQ(first(*gguf, "layers.0.wk"), 400 + 8 * 2);
    EXPECT_EQ(first(*gguf, "layers.0.wv"), 400 + 12 * 2);
    EXPECT_EQ(first(*gguf, "layers.1.w1"), 601);
    EXPECT_EQ(first(*gguf, "layers.1.w3"), 601 + 12 * 2);
  } else if (name == "gpt2") {
    // Of [8, 16], columns 8 to 11 are keys.
    std::vector<float> wk = readFloats(*folder, "layers.0.wk");
    EXPECT_EQ(wk[0], 900 + 8 * 0.25f);
    EXPECT_EQ(wk[1], 900 + 24 * 0.25f);
    EXPECT_EQ(wk[8], 900 + 9 * 0.25f);
    EXPECT_EQ(first(*folder, "layers.0.bv"), 1000 + 12 * 0.25f);
  } else {
    // Of a stack, the second expert.
    EXPECT_EQ(first(*gguf, "layers.0.experts.1.w1"), 900 + 96 * 0.25f);
    EXPECT_EQ(first(*folder, "layers.0.experts.1.w1"), 1200);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyElementsTest,
                         ::testing::Values(kCases[2], kCases[3], kCases[8],
                                           kCases[9]),
                         [](const auto &info) {
                           return std::string(info.param.huggingFace);
                         });
