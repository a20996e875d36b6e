#===- model.py - The demo model: a small Llama --------------*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""A Llama-family decoder in PyTorch, for training only.

RMSNorm before each half of a layer, rotary embedding of interleaved pairs
(2i, 2i+1), grouped-query attention, SwiGLU, head tied to the embedding.
Modules are named as their tensors are in GGUF.
"""

import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of a model. All widths are multiples of 32."""
    vocabulary: int = 512
    width: int = 128
    feed_forward: int = 288
    layers: int = 4
    heads: int = 8
    kv_heads: int = 4
    context: int = 256
    epsilon: float = 1e-5
    theta: float = 10000.0

    @property
    def head_width(self):
        return self.width // self.heads


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return x * scale * self.weight


def rotary_tables(config):
    """Cosines and sines, each [context, head_width / 2]."""
    exponents = torch.arange(0, config.head_width, 2) / config.head_width
    frequencies = config.theta ** -exponents
    angles = torch.outer(torch.arange(config.context).float(), frequencies)
    return angles.cos(), angles.sin()


def rotate(x, cosines, sines):
    """Rotates the pairs (2i, 2i+1) of x, [batch, heads, length, width]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosines - odd * sines,
                        even * sines + odd * cosines), dim=-1).flatten(-2)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        kv_width = config.kv_heads * config.head_width

        def linear(inputs, outputs):
            return nn.Linear(inputs, outputs, bias=False)

        self.attn_norm = RMSNorm(config.width, config.epsilon)
        self.attn_q = linear(config.width, config.width)
        self.attn_k = linear(config.width, kv_width)
        self.attn_v = linear(config.width, kv_width)
        self.attn_output = linear(config.width, config.width)
        self.ffn_norm = RMSNorm(config.width, config.epsilon)
        self.ffn_gate = linear(config.width, config.feed_forward)
        self.ffn_up = linear(config.width, config.feed_forward)
        self.ffn_down = linear(config.feed_forward, config.width)

    def forward(self, x, cosines, sines, mask):
        x = x + self.attention(self.attn_norm(x), cosines, sines, mask)
        y = self.ffn_norm(x)
        gated = functional.silu(self.ffn_gate(y)) * self.ffn_up(y)
        return x + self.ffn_down(gated)

    def attention(self, x, cosines, sines, mask):
        config = self.config
        batch, length, _ = x.shape
        group = config.heads // config.kv_heads

        def heads(y, count):
            return y.view(batch, length, count, -1).transpose(1, 2)

        q = rotate(heads(self.attn_q(x), config.heads), cosines, sines)
        k = rotate(heads(self.attn_k(x), config.kv_heads), cosines, sines)
        v = heads(self.attn_v(x), config.kv_heads)
        # The query heads of a group share one key head: fold them together.
        q = q.reshape(batch, config.kv_heads, group * length, -1)
        scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(config.head_width))
        scores = scores.view(batch, config.kv_heads, group, length, length)
        weights = (scores + mask).softmax(-1)
        y = weights.view(batch, config.kv_heads, group * length, length) @ v
        y = y.view(batch, config.heads, length, -1).transpose(1, 2)
        return self.attn_output(y.reshape(batch, length, -1))


class Model(nn.Module):
    """Ids [batch, length] to logits [batch, length, vocabulary]."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocabulary, config.width)
        self.blk = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.output_norm = RMSNorm(config.width, config.epsilon)
        cosines, sines = rotary_tables(config)
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)
        self._initialize()

    def _initialize(self):
        for name, parameter in self.named_parameters():
            if parameter.dim() == 1:
                continue
            scale = 0.05
            # Both halves of each layer add to the residual.
            if "attn_output" in name or "ffn_down" in name:
                scale /= math.sqrt(2 * self.config.layers)
            nn.init.normal_(parameter, std=scale)

    def forward(self, ids):
        length = ids.shape[1]
        cosines, sines = self.cosines[:length], self.sines[:length]
        mask = torch.full((length, length), -math.inf).triu(1)
        x = self.token_embd(ids)
        for layer in self.blk:
            x = layer(x, cosines, sines, mask)
        return functional.linear(self.output_norm(x), self.token_embd.weight)
