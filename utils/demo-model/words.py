#===- words.py - The words the demo stories are made of -----*- python -*-===//
#
# Part of the Espresso project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE.txt for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===----------------------------------------------------------------------===//
"""Word lists of the story grammar.

Order matters: earlier entries are drawn more often (see corpus.pick), so that
the model that learns from the stories has clear preferences.
"""

GIRLS = ("Lily Anna Mia Rosa Nina Clara Ella Maya Zoe Ruby Emma Sara Kate Hana "
         "June Ida Vera Olga Wendy Tara").split()
BOYS = ("Tom Ben Max Sam Leo Tim Jack Finn Noah Hugo Ravi Paul Adam Karl Oscar "
        "Peter Yan Felix Ivan Dan").split()
SHE_ANIMALS = ("Dot Hazel Poppy Pearl Bella Coco Daisy Willow Misty "
               "Queenie").split()
HE_ANIMALS = "Pip Bruno Milo Rusty Toby Gus Bobo Otto Barney Biscuit".split()

KINDS = ("fox rabbit bear mouse cat duck dog frog owl squirrel turtle hedgehog "
         "goat otter").split()
CHARACTER_ADJECTIVES = "little young kind clever small quiet cheerful".split()

HOMES = [
    "in a small house", "near the forest", "by the sea", "in a quiet village",
    "on a green hill", "next to a big farm", "at the edge of the town",
    "by the river", "in a house with a red door", "far away in the mountains",
]
# Base form, past tense, form with -ing.
HOBBIES = [
    ("play outside", "played outside", "playing outside"),
    ("sing songs", "sang songs", "singing songs"),
    ("draw pictures", "drew pictures", "drawing pictures"),
    ("read books", "read books", "reading books"),
    ("look at the stars", "looked at the stars", "looking at the stars"),
    ("climb trees", "climbed trees", "climbing trees"),
    ("tell stories", "told stories", "telling stories"),
    ("jump in puddles", "jumped in puddles", "jumping in puddles"),
    ("run in the grass", "ran in the grass", "running in the grass"),
    ("count the clouds", "counted the clouds", "counting the clouds"),
    ("pick flowers", "picked flowers", "picking flowers"),
    ("help in the kitchen", "helped in the kitchen", "helping in the kitchen"),
]
TRAITS = [
    "curious", "gentle", "polite", "helpful", "patient", "friendly", "shy",
    "careful",
]

TOYS = ("ball kite book boat hat drum doll box scarf bell basket train blanket "
        "shell key cup whistle lamp coin flute").split()
MADE = "kite boat hat doll drum basket scarf box flute bell".split()
FRAGILE = "boat kite train drum lamp cup wagon clock chair flute".split()
COLORS = "red blue green yellow white orange".split()
OBJECT_ADJECTIVES = ("red blue little shiny green big old yellow new "
                     "pretty").split()

TIMES = "day morning afternoon evening".split()

# Noun, the way to it, the place at it.
PLACES = [
    ("park", "to the park", "in the park"),
    ("garden", "to the garden", "in the garden"),
    ("forest", "into the forest", "in the forest"),
    ("river", "to the river", "by the river"),
    ("beach", "to the beach", "on the beach"),
    ("hill", "up the hill", "on the hill"),
    ("lake", "to the lake", "by the lake"),
    ("field", "across the field", "in the field"),
    ("farm", "to the farm", "at the farm"),
    ("pond", "down to the pond", "by the pond"),
    ("old bridge", "to the old bridge", "near the old bridge"),
    ("mill", "to the mill", "behind the mill"),
]
INDOOR_SPOTS = [
    "under the bed", "behind the door", "under the table", "on the shelf",
    "in the kitchen", "behind the chair", "in the closet", "under the stairs",
    "next to the window", "inside a shoe",
]
OUTDOOR_SPOTS = [
    "behind a tree", "under a bush", "in the tall grass", "behind a big rock",
    "under a leaf", "next to the fence", "behind the wall", "near the well",
    "under an old log", "between the flowers",
]

HAPPY = "happy glad proud excited".split()
SAD = "sad upset worried unhappy lonely".split()

FAMILY = [
    ("mother", "she"), ("father", "he"), ("grandmother", "she"),
    ("grandfather", "he"), ("sister", "she"), ("brother", "he"),
    ("aunt", "she"), ("uncle", "he"),
]

# With article, bare noun.
FOODS = [
    ("a cake", "cake"), ("an apple pie", "pie"), ("a pot of soup", "soup"),
    ("some bread", "bread"), ("a berry pie", "pie"), ("some jam", "jam"),
    ("a honey cake", "cake"), ("some porridge", "porridge"),
]
INGREDIENTS = "flour milk honey butter sugar salt".split()

# Animal to help, what is wrong, what the hero does, how it ends.
BABY_ANIMALS = ("bird kitten puppy lamb duckling squirrel rabbit butterfly "
                "mouse beetle").split()
AILMENTS = [
    ("cold and wet", "{He} wrapped it in {his} scarf and kept it warm.",
     "Soon the {baby} was warm and dry."),
    ("very hungry", "{He} gave it some food and a little water.",
     "Soon the {baby} was full and strong."),
    ("lost and alone", "{He} helped it look for its mother.",
     "Soon the {baby} was back with its mother."),
    ("stuck in the mud", "{He} pulled it out very gently.",
     "Soon the {baby} was clean and free."),
    ("too weak to move", "{He} took it home and made a soft bed for it.",
     "After a few days, the {baby} was well again."),
    ("afraid of the wind", "{He} sat down and sang to it.",
     "Soon the {baby} was calm and not afraid."),
]

# What is feared, what happens, how the friend helps, what the hero learns.
FEARS = [
    ("the dark", "One night, all the lights in the house went out.",
     "{f} lit a small lamp and sat next to {him}.",
     "the night was full of stars"),
    ("thunder", "One night, there was a loud storm.",
     "{f} held {his} hand and counted to ten.",
     "the storm was only a loud song in the sky"),
    ("deep water", "One day, everybody went to the lake to swim.",
     "{f} stayed close and held {his} hand.",
     "the water was cool and soft"),
    ("big dogs", "One day, a big dog came down the road.",
     "{f} showed {him} how to stand still and be gentle.",
     "the dog only wanted to play"),
    ("school", "It was the first day of school.",
     "{f} sat next to {him} and told {him} a joke.",
     "school was full of songs and new friends"),
    ("high places", "One day, a kite got stuck in a tall tree.",
     "{f} climbed up with {him}, one branch at a time.",
     "the world looked beautiful from above"),
    ("bees", "One day, a bee landed on the table.",
     "{f} told {him} to sit still and watch.",
     "the bee only wanted to smell the flowers"),
]

# Base form, past tense, what goes wrong at first.
SKILLS = [
    ("swim", "swam across the pond",
     "{he} only splashed and got water in {his} nose"),
    ("ride a bike", "rode all the way down the road",
     "{he} fell off again and again"),
    ("whistle", "whistled a happy song", "{he} only made a funny sound"),
    ("dance", "danced around the room", "{he} stepped on {his} own feet"),
    ("skate", "skated in a big circle", "{he} slipped on the ice"),
    ("paint", "painted a bright picture", "the paint went everywhere"),
    ("cook", "cooked dinner for everyone", "the soup was too salty"),
    ("fly a kite", "made the kite fly over the trees",
     "the kite fell to the ground"),
    ("play the flute", "played a soft song", "the flute only squeaked"),
    ("write", "wrote a long letter", "the letters looked like little worms"),
]

# What is seen, what the hero does, what is found, how to speak of it later.
WONDERS = [
    ("a tiny door in a tree", "{He} knocked three times and the door opened.",
     "Inside, a family of mice was having tea.", "the mice"),
    ("a path of white stones", "{He} followed the stones one by one.",
     "At the end there was a quiet pond with silver fish.", "the silver fish"),
    ("an old map under a rock", "{He} followed the map past three tall trees.",
     "There {he} found a box full of shells.", "the box of shells"),
    ("a light between the trees", "{He} walked closer on quiet feet.",
     "A hundred fireflies were dancing in the air.", "the fireflies"),
    ("a boat with nobody in it", "{He} climbed in and held on tight.",
     "The boat took {him} to an island with sweet berries.", "the island"),
    ("a hole in a stone wall", "{He} crawled through it.",
     "Behind the wall there was a secret garden full of roses.",
     "the secret garden"),
    ("a long line of ants", "{He} watched where they went.",
     "The ants were carrying a big peach home.", "the ants"),
    ("a bright blue feather", "{He} looked up into the branches.",
     "There sat a bird with a long golden tail.", "the golden bird"),
]

# Plant, what is done with it in the end.
PLANTS = [
    ("sunflower", "sat in its shade and told stories"),
    ("pumpkin", "made soup for everyone"),
    ("rose bush", "smelled the flowers every day"),
    ("apple tree", "ate the sweet apples"),
    ("tomato plant", "picked the red tomatoes"),
    ("bean plant", "cooked the beans for dinner"),
    ("cherry tree", "shared the cherries with the birds"),
]
