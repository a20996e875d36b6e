#===- test_demo_model.py - Tests of the demo model's tools --*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""python3 -m unittest discover -s utils/demo-model (needs numpy; the test
that compares with the trained model's definition needs torch)."""

import itertools
import json
import os
import re
import tempfile
import types
import unittest

import numpy as np

import corpus
import gguf
import plots
import reference
import tokenizer as tokenization

try:
    import torch
    import model as torch_model
except ImportError:
    torch = None

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "test", "models")


def small_config():
    return types.SimpleNamespace(
        vocabulary=384, context=64, width=32, layers=2, feed_forward=64,
        heads=4, kv_heads=2, epsilon=1e-5, theta=10000.0, head_width=8)


class CorpusTest(unittest.TestCase):
    def setUp(self):
        self.stories = list(corpus.stories(3, 3000))

    def test_same_seed_gives_same_stories(self):
        self.assertEqual(self.stories[:50], list(corpus.stories(3, 50)))
        self.assertNotEqual(self.stories[:50], list(corpus.stories(4, 50)))

    def test_stories_differ(self):
        self.assertGreater(len(set(self.stories)), 2990)

    def test_no_template_is_left_open(self):
        for story in self.stories:
            self.assertNotRegex(story, r"[{}]|  ")

    def test_sentences_begin_with_capitals_and_end(self):
        for story in self.stories:
            for beginning in re.findall(r'(?:^|\."? )(\S+)', story):
                self.assertRegex(beginning, r'^"?[A-Z]')
            self.assertRegex(story, r'[.!?]"?$')

    def test_articles_agree(self):
        for story in self.stories:
            self.assertNotRegex(story, r"\b[Aa] [aeio]|\b[Aa]n [^aeiou]")

    def test_length(self):
        for story in self.stories:
            self.assertIn(len(re.findall(r'[.!?]"?(?: [A-Z"]|$)', story)),
                          range(6, 13))

    def test_every_plot_keeps_its_fixed_parts(self):
        rng = corpus.random.Random(1)
        for plot in plots.ALL:
            fixed = [t for kind, t in plot if kind == "once"]
            self.assertLessEqual(len(fixed), corpus.MAX_SLOTS)
            chosen = corpus.choose_slots(rng, plot)
            self.assertEqual([t for t in chosen if t in fixed], fixed)
            self.assertLessEqual(len(chosen), corpus.MAX_SLOTS)


class TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stories = list(corpus.stories(5, 300))
        cls.tokenizer = tokenization.Tokenizer.train(cls.stories, 384)

    def test_layout(self):
        pieces = self.tokenizer.pieces
        self.assertEqual(len(pieces), 384)
        self.assertEqual(len(set(pieces)), 384)
        self.assertEqual(pieces[:4], ["<unk>", "<s>", "</s>", "<0x00>"])
        self.assertEqual(pieces[258], "<0xFF>")
        learned = self.tokenizer.scores[259:]
        self.assertEqual(learned, sorted(learned, reverse=True))

    def test_round_trip(self):
        odd = ["", "a", " a", "a  b", "caf\u00e9 \u2615", "x\ny", "#1"]
        for text in self.stories + odd:
            self.assertEqual(
                self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_word_by_word_equals_whole(self):
        for text in self.stories + ["  two  blanks ", " ", "12 caf\u00e9"]:
            self.assertEqual(self.tokenizer.encode(text),
                             self.tokenizer.encode_whole(text))

    def test_pieces_hold_no_inner_blank_or_punctuation(self):
        for piece in self.tokenizer.pieces[259:]:
            self.assertNotIn(tokenization.BLANK, piece[1:])
            if len(piece) > 1:
                self.assertFalse(tokenization.PUNCTUATION & set(piece))

    def test_too_small_vocabulary_is_refused(self):
        with self.assertRaises(ValueError):
            tokenization.Tokenizer.train(self.stories, 280)


class GGUFTest(unittest.TestCase):
    def write_and_read(self, metadata, tensors):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "t.gguf")
            gguf.write_gguf(path, metadata, tensors)
            return reference.read_gguf(path)

    def test_round_trip(self):
        tokenizer = tokenization.Tokenizer.train(corpus.stories(5, 50), 384)
        a = np.arange(6, dtype=np.float16).reshape(2, 3)
        b = np.array([0.1, -2.5], dtype=np.float32)
        metadata = gguf.model_metadata("n", "d", small_config(), tokenizer)
        read, tensors = self.write_and_read(metadata, [("a", a), ("b", b)])
        self.assertEqual(list(read), [key for key, _, _ in metadata])
        self.assertEqual(read["tokenizer.ggml.tokens"], tokenizer.pieces)
        self.assertEqual(read["llama.attention.head_count_kv"], 2)
        self.assertIs(read["tokenizer.ggml.add_bos_token"], True)
        np.testing.assert_array_equal(tensors["a"], a)
        np.testing.assert_array_equal(tensors["b"], b)

    def test_both_tokenizers_agree(self):
        tokenizer = tokenization.Tokenizer.train(corpus.stories(5, 50), 384)
        read, _ = self.write_and_read(
            gguf.model_metadata("n", "d", small_config(), tokenizer), [])
        vocabulary = reference.Vocabulary(read)
        texts = itertools.chain(corpus.stories(9, 20), reference.ENCODINGS)
        for text in texts:
            ids = vocabulary.encode(text)
            self.assertEqual(ids, [tokenization.BOS, *tokenizer.encode(text)])
            self.assertEqual(vocabulary.decode(ids), text)


@unittest.skipIf(torch is None, "torch is not installed")
class ReferenceTest(unittest.TestCase):
    def test_agrees_with_the_trained_definition(self):
        fields = vars(small_config()).copy()
        del fields["head_width"]
        config = torch_model.Config(**fields)
        torch.manual_seed(1)
        trained = torch_model.Model(config).double()
        for parameter in trained.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        tensors = {name: p.detach().numpy()
                   for name, p in trained.named_parameters()}
        metadata = {"llama.block_count": 2, "llama.attention.head_count": 4,
                    "llama.attention.head_count_kv": 2,
                    "llama.attention.layer_norm_rms_epsilon": 1e-5}
        ids = [1, 300, 7, 259, 383, 12, 45, 45, 2]
        with torch.no_grad():
            expected = trained(torch.tensor([ids]))[0, -1].numpy()
        logits = reference.Decoder(metadata, tensors).logits(ids)
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)


class CommittedModelTest(unittest.TestCase):
    def test_expected_outputs_are_those_of_the_file(self):
        path = os.path.join(MODELS, "fable.gguf")
        with open(os.path.join(MODELS, "fable.expected.json"),
                  encoding="utf-8") as file:
            expected = json.load(file)
        metadata, tensors = reference.read_gguf(path)
        vocabulary = reference.Vocabulary(metadata)
        decoder = reference.Decoder(metadata, tensors)
        self.assertLessEqual(os.path.getsize(path), 1500000)
        for case in expected["encodings"]:
            self.assertEqual(vocabulary.encode(case["text"]), case["ids"])
        for case in expected["prompts"]:
            logits = decoder.logits(case["prompt_ids"])
            np.testing.assert_allclose(logits, case["logits_after_prompt"],
                                       atol=2e-6)
            ids = case["greedy_ids"]
            following = int(np.argmax(decoder.logits(ids[:-1])))
            self.assertEqual(following, ids[-1])


if __name__ == "__main__":
    unittest.main()
