#===- plots.py - The plots of the demo stories --------------*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Plots: each a list of slots, each slot one sentence of the story.

A slot is a list of alternative templates. `maybe(...)` makes a slot that may
be left out. Fields of the templates (filled by corpus.Cast):

  n he him his He His     the hero's name and pronouns
  adesc home hobbying     "a little fox", where it lives, what it loves to do
  hobby hobbied trait..   more of its habits and its character
  f fhe fhim fhis Fhe     the friend; `fi`/`Fi` introduces the friend
  fam Fam mhe Mhe         a relative of the hero ("her mother") and pronoun
  obj aobj adjobj         an object: "kite", "a red kite", "red kite"
  noun to at              a place; in1..in3, out1..out3: spots in and outside
  time                    day, morning, ...
"""


def maybe(*templates):
    """A sentence that is left out in some of the stories."""
    return ("maybe", templates)


def once(*templates):
    """A sentence that every story of the plot has."""
    return ("once", templates)


OPENING = once(
    "Once upon a time, there was {adesc} named {n}.",
    "{n} was {adesc} who lived {home}.",
    "Once there was {adesc} named {n} who lived {home}.",
    "There was {adesc} called {n}.",
    "{n} was {adesc} who loved {hobbying}.",
)

TRAIT = maybe(
    "{n} loved to {hobby}.",
    "{He} was {trait} and {trait2}.",
    "Every day, {n} {hobbied}.",
    "{He} was always {trait}.",
)

ENDING = maybe(
    "It was the best day ever.",
    "That night, {n} slept very well.",
    "And {n} never forgot that day.",
    "{n} smiled for a long time.",
)

ENDING_WITH_FRIEND = maybe(
    "After that, {n} and {f} {hobbied} together.",
    "{n} was {happy} to have a friend like {f}.",
    "It was the best day ever.",
    "{n} told {fam} all about {f}.",
    "And they were always good friends.",
)

LOST = [
    once("{n} had {aobj} and took it everywhere.",
         "{His} favorite thing was {aobj}.",
         "For {his} birthday, {n} got {aobj}.",
         "{n} loved {his} {adjobj} very much."),
    once("One {time}, {n} could not find the {obj}.",
         "But one {time}, the {adjobj} was gone.",
         "One {time}, the {obj} was not in its place."),
    maybe("{He} felt {sad} and began to cry.", "{n} was very {sad}.",
          "\"Where is my {obj}?\" asked {n}."),
    once("{He} looked {in1} and {in2}, but it was not there.",
         "{He} looked {in1}, but there was nothing.",
         "{n} looked {in1} and {in2}."),
    once("Then {fi} came to help.",
         "\"I will help you,\" said {fi}.",
         "{Fi} saw that {n} was {sad} and wanted to help."),
    once("{f} looked {in3} and found the {adjobj}.",
         "At last, they found the {obj} {in3}.",
         "Together they looked {in3}, and there was the {adjobj}!"),
    once("{n} was so {happy} that {he} hugged {f}.",
         "\"Thank you, {f}!\" said {n} with a big smile.",
         "{n} held the {obj} tight and thanked {f}."),
    maybe("From then on, {n} always kept the {obj} {in1}.",
          "They played with the {obj} until {evening}."),
]

BAKE = [
    once("One {time}, {n} wanted to make {food} for {fam}.",
         "It was the birthday of {fam}, and {n} wanted to make {food}."),
    once("But there was no {ingr} in the kitchen.",
         "{He} looked in the kitchen, but there was no {ingr}.",
         "But {he} had no {ingr}."),
    once("So {he} went to {fi} and asked for some {ingr}.",
         "\"Do you have some {ingr}?\" {he} asked {fi}."),
    once("{f} gave {him} the {ingr} and came along to help.",
         "\"Yes, and I can help you,\" said {f}.",
         "{f} was {happy} to share the {ingr}."),
    maybe("They mixed and stirred until the {foodnoun} was ready.",
          "They worked together and laughed a lot.",
          "Soon the whole house smelled good."),
    once("When {fam} tasted the {foodnoun}, {mhe} smiled.",
         "\"This is the best {foodnoun} in the world,\" said {fam}.",
         "{Fam} ate the {foodnoun} and asked for more."),
    maybe("{n} was very proud.", "{n} gave the last piece to {f}.",
          "\"{f} helped me,\" said {n}."),
]

RAIN = [
    once("One {time}, it rained and rained, and {n} could not go {to}.",
         "One {time}, {n} wanted to go {to}, but it was raining."),
    once("{He} sat by the window and felt {sad}.",
         "{n} looked at the gray sky and was {sad}.",
         "\"What can I do now?\" asked {n}."),
    once("Then {fam} gave {him} {aobj}.",
         "Then {he} found {aobj} {in1}.",
         "Then {fi} came in with {aobj}."),
    once("{n} played with the {obj} and forgot the rain.",
         "{He} played with the {adjobj} for a long time.",
         "{n} and {fam} took turns with the {obj}."),
    maybe("Then the rain stopped and the sun came out.",
          "Soon there was a rainbow over the {noun}."),
    once("{n} took the {adjobj} and ran outside.",
         "{He} showed the {obj} to {fam}, and they both laughed.",
         "{n} put the {obj} {in2} and said, \"I like rain.\""),
]

FEAR = [
    once("{n} was afraid of {fear}.", "But {n} was afraid of {fear}.",
         "There was one thing {n} did not like, and that was {fear}."),
    once("{fearevent}"),
    once("{n} wanted to run away.", "{He} began to shake.",
         "{n} closed {his} eyes and did not move."),
    once("\"Do not be afraid,\" said {fi}.",
         "{Fi} said, \"I am here with you.\"",
         "\"You can do it,\" said {fi}."),
    once("{fearhelp}"),
    once("Then {n} saw that {fearafter}.",
         "{n} took a deep breath and saw that {fearafter}."),
    maybe("From that day on, {n} was not afraid of {fear}.",
          "{n} was {happy} and thanked {f}.",
          "\"I was brave,\" said {n}."),
]

GIFT = [
    once("It was the birthday of {fi}.", "Soon it was the birthday of {fi}."),
    once("{n} wanted to give {f} a gift, but {he} had no money.",
         "\"What can I give to {f}?\" thought {n}."),
    once("So {he} sat down and made {amade}.",
         "So {n} worked all {time} and made {amade}.",
         "{Fam} showed {him} how to make {amade}."),
    maybe("{He} put it in a box with a {color} ribbon.",
          "It was not perfect, but it was made with love."),
    once("When {f} saw the {adjmade}, {fhe} laughed with joy.",
         "{f} opened the gift and saw the {adjmade}.",
         "{f} looked at the {made} for a long time and smiled."),
    once("\"This is the best gift ever,\" said {f}.",
         "\"Thank you, {n}!\" said {f}. \"I love it.\"",
         "{f} took the {made} and hugged {n}."),
]

SHARE = [
    once("One {time}, {n} and {fi} were playing {at}.",
         "One {time}, {n} went {to} with {fi}."),
    once("They found {aobj} {out1}.", "There they saw {aobj} {out1}."),
    once("\"It is mine,\" said {n}. \"No, it is mine,\" said {f}.",
         "Both of them wanted to have the {obj}.",
         "{n} took the {obj} and would not share it."),
    maybe("They pulled and pulled, and the {obj} fell into the mud.",
          "{f} was {sad} and sat down {out2}."),
    once("Then {n} had an idea.", "{n} thought about it and felt sorry."),
    once("\"Let us take turns,\" said {n}.", "\"We can share it,\" {he} said.",
         "\"I am sorry,\" said {n}. \"You can have it first.\""),
    once("First {f} played with the {obj}, and then {n} did.",
         "They played with the {adjobj} until {evening}.",
         "{f} smiled, and they played with the {obj} together."),
]

RESCUE = [
    once("One {time}, {n} went {to}.", "One {time}, {n} was walking {at}."),
    once("{He} heard a small sound {out1}.", "{n} saw something move {out1}."),
    once("It was a little {baby}, and it was {ailment}.",
         "There {he} found a {baby} that was {ailment}."),
    maybe("\"Do not worry, little {baby},\" said {n}.",
          "\"I will help you,\" {he} said softly.",
          "{n} felt sorry for the {baby}."),
    once("{remedy}"),
    once("{recovery}"),
    once("{n} was {happy} that the {baby} felt better.",
         "The {baby} looked at {n} as if to say thank you.",
         "From then on, the {baby} came to see {n} every {time}.",
         "{n} and the {baby} became good friends."),
]

BROKEN = [
    once("{n} had {afragile} that {he} loved.",
         "{Fam} gave {n} {afragile}."),
    once("One {time}, the {fragile} fell down and broke.",
         "One {time}, {n} tripped, and the {fragile} broke in two.",
         "But {fi} stepped on the {fragile}, and it broke."),
    once("{n} was very {sad}.", "\"Oh no!\" cried {n}. \"My {adjfragile}!\"",
         "{n} picked up the pieces and cried."),
    once("\"We can fix it,\" said {fam}.",
         "{Fam} said, \"Do not cry. Let us fix it.\""),
    once("They used {tool} and worked with care.",
         "{Mhe} took {tool} and showed {him} what to do."),
    once("At last, the {fragile} was as good as new.",
         "Soon the {adjfragile} looked like before."),
    maybe("{n} was {happy} and thanked {fam}.",
          "Now {n} loved the {fragile} even more.",
          "{n} showed the {fragile} to everybody."),
]

EXPLORE = [
    once("One {time}, {n} went for a walk {at}.",
         "One {time}, {n} and {fi} walked {to}."),
    once("{He} saw {sight}.", "There {n} found {sight}.",
         "Suddenly, {n} saw {sight}."),
    maybe("\"What is this?\" asked {n}.", "{n} was very curious.",
          "{He} had never seen this before."),
    once("{wonderact}"),
    once("{wonderfind}"),
    once("{n} could not believe {his} eyes.",
         "{n} stayed there until {evening}.",
         "\"How beautiful!\" said {n}."),
    once("At home, {n} told {fam} about {wonder}.",
         "That night, {n} dreamed of {wonder}.",
         "The next day, {n} wanted to see {wonder} again."),
]

GROW = [
    once("One {time}, {fam} gave {n} a tiny seed.",
         "One {time}, {n} found a tiny seed {at}."),
    once("{He} put the seed in the ground and gave it water.",
         "{n} made a small hole and put the seed in it."),
    once("Every day, {he} looked at it, but nothing happened.",
         "{n} waited and waited, but there was nothing to see."),
    once("\"You must be patient,\" said {fi}.",
         "{Fi} said, \"Good things take time.\""),
    once("Then one {time}, a small green leaf came up.",
         "After many days, there was a little green leaf."),
    once("It grew and grew until it was a big {plant}.",
         "In the summer, it was a beautiful {plant}."),
    once("{n} and {f} {harvest}.", "Then {n} and {fam} {harvest}."),
]

LEARN = [
    once("{n} wanted to learn to {skill}.",
         "More than anything, {n} wanted to {skill}."),
    once("At first, {skillfail}.", "It was not easy, and {skillfail}."),
    once("\"I cannot do it,\" said {n}.", "{n} was {sad} and wanted to stop.",
         "{He} sat down {out1} and felt {sad}."),
    once("\"Try again,\" said {fi}.",
         "{Fi} said, \"I could not do it at first, too.\""),
    once("So {n} tried every {time}.", "{n} tried again and again.",
         "{f} showed {him} how to do it, step by step."),
    once("At last, {n} {skilled}.", "Then one {time}, {n} {skilled}."),
    maybe("{f} clapped and cheered.", "{n} was very proud.",
          "\"I can do it!\" cried {n}."),
]

SLEEP = [
    once("It was late at night, but {n} could not sleep.",
         "One night, {n} was in bed, but {he} was not tired."),
    once("{He} looked out of the window and saw the moon.",
         "The wind was loud, and the room was dark.",
         "{He} counted sheep, but it did not help."),
    once("{Fam} came in and sat on the bed.",
         "Then {fam} came in with a cup of warm milk."),
    once("{Mhe} told {him} a story about a {baby} and {aobj}.",
         "{Mhe} sang a song about a {baby} with {aobj}."),
    once("{n} listened and closed {his} eyes.",
         "Soon {his} eyes were heavy.",
         "{n} smiled and held {his} blanket."),
    once("{He} dreamed of the {baby} and the {adjobj}.",
         "In {his} dream, the {baby} gave {him} the {obj}.",
         "Soon {he} was asleep."),
]

HIDE = [
    once("One {time}, {n} played hide and seek with {fi}.",
         "One {time}, {n} and {fi} played hide and seek {at}."),
    once("{f} closed {fhis} eyes and counted to ten.",
         "\"I will find you,\" said {f} and began to count."),
    once("{n} ran away and hid {out1}.", "{n} went to hide {out1}."),
    once("{f} looked {out2}, but {n} was not there.",
         "{f} looked {out2} and {out3}.",
         "{Fhe} looked everywhere."),
    once("Then {n} began to laugh.", "Then {n} had to sneeze.",
         "But {f} saw the {color} hat of {n}."),
    once("\"I found you!\" said {f}.", "{f} looked {out1} and found {n}."),
    once("Now it was {f} who had to hide.",
         "They laughed and played again.",
         "They were {happy} and tired, and they went home."),
]

FRIEND = [
    once("But {n} was {sad}, because {he} had no friends.",
         "{n} often sat {at} alone."),
    once("One {time}, {afriend} named {f} came to live next door.",
         "One {time}, {n} met {afriend} named {f}."),
    once("{f} had {aobj} with {fhim}.", "{f} was playing with {aobj}."),
    once("\"Hello, my name is {f}. Do you want to play?\" {fhe} asked.",
         "\"Do you want to play with me?\" asked {f}."),
    once("{n} was shy, but {he} said yes.",
         "{n} smiled and came closer."),
    once("They played with the {adjobj} {at}.",
         "{f} let {n} hold the {obj}.",
         "They went {to} and played with the {obj}."),
    once("From that day on, {n} and {f} were best friends.",
         "Now {n} was not alone anymore.",
         "When it was time to go, {f} gave the {obj} to {n}."),
]

# Plots that always introduce the friend, and the others.
FRIEND_PLOTS = [LOST, SHARE, BAKE, FRIEND, GIFT, FEAR, LEARN, GROW, HIDE]
SOLO_PLOTS = [RESCUE, EXPLORE, BROKEN, RAIN]


def _whole(plot, *ending):
    return [OPENING, TRAIT, *plot, *ending]


ALL = ([_whole(p, ENDING_WITH_FRIEND) for p in FRIEND_PLOTS] +
       [_whole(p, ENDING) for p in SOLO_PLOTS] + [_whole(SLEEP)])
