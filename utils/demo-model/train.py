#===- train.py - Train the demo model -----------------------*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Trains the demo model on generated stories and writes it as GGUF.

    python3 train.py --output fable.gguf --work DIR [--seed S] [--steps N]

DIR receives a checkpoint now and then; a run that finds one continues it. The
data of a step depends on the seed alone, and one thread computes, so that the
same command gives the same file on the same machine.
"""

import os

# Before numpy and torch load their BLAS.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import itertools
import time

import numpy as np
import torch
from torch.nn import functional

import corpus
import gguf
import tokenizer as tokenization
from model import Config, Model

NAME = "fable"
DESCRIPTION = "Writes short stories; trained on text from a small grammar"
VOCABULARY_STORIES = 10000
# Ids a row is predicted over, and rows a step.
ROW = 192
BATCH = 16
VALIDATION_ROWS = 96
PEAK_RATE = 3e-3
WARMUP_STEPS = 100
# The rate stays at its peak, then falls to zero in the last part of the run.
DECAY_FRACTION = 0.3
REPORT_STEPS = 50
CHECKPOINT_STEPS = 250


def stories_of(seed):
    """An endless stream of stories."""
    for part in itertools.count():
        yield from corpus.stories(f"{seed} {part}", 1000)


def rows(tokenizer, seed):
    """Rows of ROW + 1 ids. Each begins with a whole story; the story that is
    cut at the end begins the next row. Longer stories are left out."""
    row = []
    for story in stories_of(seed):
        ids = [tokenization.BOS, *tokenizer.encode(story), tokenization.EOS]
        if len(ids) > ROW + 1:
            continue
        row += ids
        if len(row) > ROW:
            yield row[:ROW + 1]
            row = list(ids)


def batches(tokenizer, seed):
    stream = rows(tokenizer, seed)
    while True:
        yield torch.tensor(list(itertools.islice(stream, BATCH)))


def loss_of(model, ids):
    logits = model(ids[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def validation_loss(model, data):
    with torch.no_grad():
        return float(np.mean([loss_of(model, ids).item() for ids in data]))


def learning_rate(step, steps):
    if step < WARMUP_STEPS:
        return PEAK_RATE * (step + 1) / WARMUP_STEPS
    decay_steps = DECAY_FRACTION * steps
    return PEAK_RATE * min(1.0, (steps - step) / decay_steps)


def make_optimizer(model):
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
                              {"params": vectors, "weight_decay": 0.0}],
                             lr=PEAK_RATE, betas=(0.9, 0.98))


class Checkpoint:
    """The state of a run on disk, replaced as a whole."""

    def __init__(self, directory, model, optimizer):
        os.makedirs(directory, exist_ok=True)
        self.path = os.path.join(directory, "checkpoint.pt")
        self.model = model
        self.optimizer = optimizer

    def save(self, step, seconds):
        torch.save({"step": step, "seconds": seconds,
                    "model": self.model.state_dict(),
                    "optimizer": self.optimizer.state_dict()},
                   self.path + ".new")
        os.replace(self.path + ".new", self.path)

    def load(self):
        """(steps done, seconds spent); (0, 0.0) without a checkpoint."""
        if not os.path.exists(self.path):
            return 0, 0.0
        state = torch.load(self.path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["step"], state["seconds"]


def train(model, tokenizer, options):
    """Trains `model` in place; returns (validation loss, seconds)."""
    optimizer = make_optimizer(model)
    checkpoint = Checkpoint(options.work, model, optimizer)
    done, spent = checkpoint.load()
    began = time.monotonic() - spent
    validation = list(itertools.islice(
        batches(tokenizer, f"validation {options.seed}"),
        VALIDATION_ROWS // BATCH))
    data = batches(tokenizer, f"training {options.seed}")
    total, count = 0.0, 0
    for step, ids in zip(range(options.steps), data):
        if step < done:
            continue
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options.steps)
        loss = loss_of(model, ids)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total, count = total + loss.item(), count + 1
        seconds = time.monotonic() - began
        if (step + 1) % REPORT_STEPS == 0:
            print(f"step {step + 1} loss {total / count:.4f} "
                  f"seconds {seconds:.0f}", flush=True)
            total, count = 0.0, 0
        if (step + 1) % CHECKPOINT_STEPS == 0:
            checkpoint.save(step + 1, seconds)
            print(f"validation {validation_loss(model, validation):.4f}",
                  flush=True)
    return validation_loss(model, validation), time.monotonic() - began


def tensors_of(model):
    """(GGUF name, array) of each parameter: matrices in float16, norms in
    float32. The names of the modules are those of the tensors."""
    for name, parameter in model.named_parameters():
        array = parameter.detach().numpy()
        yield name, array.astype(np.float16 if array.ndim > 1 else np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", required=True, help="GGUF file to write")
    parser.add_argument("--work", required=True, help="checkpoint directory")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    config = Config()
    tokenizer = tokenization.Tokenizer.train(
        corpus.stories(f"vocabulary {options.seed}", VOCABULARY_STORIES),
        config.vocabulary)
    model = Model(config)
    print(f"{sum(p.numel() for p in model.parameters())} weights", flush=True)
    loss, seconds = train(model, tokenizer, options)
    gguf.write_gguf(
        options.output,
        gguf.model_metadata(NAME, DESCRIPTION, config, tokenizer),
        list(tensors_of(model)))
    print(f"wrote {options.output}: {options.steps} steps, validation loss "
          f"{loss:.4f}, {seconds:.0f} seconds")


if __name__ == "__main__":
    main()
