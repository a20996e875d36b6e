#===- corpus.py - Generate the demo model's stories ---------*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Writes short English stories from the grammar in plots.py and words.py.

    python3 corpus.py [--seed S] [--count N]

A story has six to eight parts, each of one or two short sentences. Names agree
with pronouns, an object keeps its adjective, and places are used with their
own prepositions.
"""

import argparse
import random

import plots
import words

MAX_SLOTS = 8
# Probability of a slot made with plots.maybe.
OPTIONAL = 0.45

PRONOUNS = {"he": ("he", "him", "his"), "she": ("she", "her", "her")}


def pick(rng, options):
    """One of `options`; the i-th with a weight of 1 / (i + 3)."""
    weights = [1.0 / (i + 3) for i in range(len(options))]
    return rng.choices(options, weights)[0]


def pick_distinct(rng, options, count):
    """`count` different members of `options`, in the order drawn."""
    chosen = []
    while len(chosen) < count:
        candidate = pick(rng, options)
        if candidate not in chosen:
            chosen.append(candidate)
    return chosen


def with_article(phrase):
    """`phrase` after the indefinite article that fits its first letter."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def capitalized(phrase):
    return phrase[0].upper() + phrase[1:]


def draw_character(rng, taken):
    """(name, pronoun, noun) of a child or an animal not named `taken`."""
    while True:
        pronoun = rng.choice(("she", "he"))
        if rng.random() < 0.65:
            names = words.GIRLS if pronoun == "she" else words.BOYS
            noun = "girl" if pronoun == "she" else "boy"
        else:
            names = (words.SHE_ANIMALS if pronoun == "she"
                     else words.HE_ANIMALS)
            noun = pick(rng, words.KINDS)
        name = pick(rng, names)
        if name != taken:
            return name, pronoun, noun


class Cast:
    """Everything one story speaks of, as template fields."""

    def __init__(self, rng):
        self.rng = rng
        self.fields = {}
        self._draw_hero()
        self._draw_friend()
        self._draw_things()
        self._draw_places()
        self._draw_events()

    def _draw_hero(self):
        name, pronoun, noun = draw_character(self.rng, taken=None)
        he, him, his = PRONOUNS[pronoun]
        adjective = pick(self.rng, words.CHARACTER_ADJECTIVES)
        hobby, loved = pick_distinct(self.rng, words.HOBBIES, 2)
        trait, trait2 = pick_distinct(self.rng, words.TRAITS, 2)
        relative, relative_pronoun = pick(self.rng, words.FAMILY)
        self.fields.update(
            n=name, he=he, him=him, his=his, He=capitalized(he),
            His=capitalized(his), adesc=with_article(f"{adjective} {noun}"),
            home=pick(self.rng, words.HOMES), hobby=hobby[0],
            hobbied=hobby[1], hobbying=loved[2], trait=trait, trait2=trait2,
            happy=pick(self.rng, words.HAPPY), sad=pick(self.rng, words.SAD),
            fam=f"{his} {relative}", Fam=capitalized(f"{his} {relative}"),
            mhe=relative_pronoun, Mhe=capitalized(relative_pronoun))

    def _draw_friend(self):
        name, pronoun, noun = draw_character(self.rng, taken=self.fields["n"])
        he, him, his = PRONOUNS[pronoun]
        introduction = f"{self.fields['his']} friend {name}"
        if noun not in ("girl", "boy") and self.rng.random() < 0.5:
            introduction = f"{name} the {noun}"
        adjective = pick(self.rng, words.CHARACTER_ADJECTIVES)
        self.fields.update(
            f=name, fhe=he, fhim=him, fhis=his, Fhe=capitalized(he),
            fi=introduction, Fi=capitalized(introduction),
            afriend=with_article(f"{adjective} {noun}"))

    def _draw_things(self):
        for field, nouns in (("obj", words.TOYS), ("made", words.MADE),
                             ("fragile", words.FRAGILE)):
            noun = pick(self.rng, nouns)
            described = f"{pick(self.rng, words.OBJECT_ADJECTIVES)} {noun}"
            self.fields.update({
                field: noun, "adj" + field: described,
                "a" + field: with_article(described)})
        food, food_noun = pick(self.rng, words.FOODS)
        self.fields.update(
            food=food, foodnoun=food_noun,
            ingr=pick(self.rng, words.INGREDIENTS),
            color=pick(self.rng, words.COLORS[:5]),
            tool=pick(self.rng, ["some glue", "some string", "wood and glue"]))

    def _draw_places(self):
        noun, way, location = pick(self.rng, words.PLACES)
        indoor = pick_distinct(self.rng, words.INDOOR_SPOTS, 3)
        outdoor = pick_distinct(self.rng, words.OUTDOOR_SPOTS, 3)
        time = pick(self.rng, words.TIMES)
        self.fields.update(
            noun=noun, to=way, at=location, time=time,
            evening="it was dark" if time == "evening" else "the evening")
        for i in range(3):
            self.fields[f"in{i + 1}"] = indoor[i]
            self.fields[f"out{i + 1}"] = outdoor[i]

    def _draw_events(self):
        """Events are templates themselves, so they come last."""
        rng, fields = self.rng, self.fields
        fields["baby"] = pick(rng, words.BABY_ANIMALS)
        ailment, remedy, recovery = pick(rng, words.AILMENTS)
        fear, fear_event, fear_help, fear_after = pick(rng, words.FEARS)
        skill, skilled, skill_fail = pick(rng, words.SKILLS)
        sight, act, find, wonder = pick(rng, words.WONDERS)
        plant, harvest = pick(rng, words.PLANTS)
        events = dict(
            ailment=ailment, remedy=remedy, recovery=recovery, fear=fear,
            fearevent=fear_event, fearhelp=fear_help, fearafter=fear_after,
            skill=skill, skilled=skilled, skillfail=skill_fail, sight=sight,
            wonderact=act, wonderfind=find, wonder=wonder, plant=plant,
            harvest=harvest)
        fields.update({k: v.format(**fields) for k, v in events.items()})


def choose_slots(rng, slots):
    """The slots a story has: all fixed ones, optional ones as they fit."""
    kept = [i for i, (kind, _) in enumerate(slots)
            if kind == "once" or rng.random() < OPTIONAL]
    optional = [i for i in kept if slots[i][0] == "maybe"]
    while len(kept) > MAX_SLOTS and optional:
        dropped = optional.pop(rng.randrange(len(optional)))
        kept.remove(dropped)
    return [slots[i][1] for i in kept]


def make_story(rng):
    """One story as a single line of text."""
    fields = Cast(rng).fields
    slots = choose_slots(rng, rng.choice(plots.ALL))
    return " ".join(pick(rng, templates).format(**fields)
                    for templates in slots)


def stories(seed, count):
    """`count` stories; the same for the same seed."""
    rng = random.Random(f"stories {seed}")
    for _ in range(count):
        yield make_story(rng)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    for story in stories(options.seed, options.count):
        print(story)


if __name__ == "__main__":
    main()
