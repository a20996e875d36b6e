#!/usr/bin/env python3
"""Writes text to measure tokenizers with: the same bytes for the same size.

usage: make-text.py BYTES

Mostly sentences of frequent English words and invented names, with numbers,
punctuation, code, a few other scripts, emoji and runs of blanks.
"""

import sys

WORDS = """the of and to a in is it you that he was for on are with as I his they be
at one have this from or had by hot but some what there we can out other were all your
when up use word how said an each she which do their time if will way about many then
them would write like so these her long make thing see him two has look more day could
go come did my sound no most number who over know water than call first people may down
side been now find any new work part take get place made live where after back little
only round man year came show every good me give our under name very through just form
much great think say help low line before turn cause same mean differ move right boy old
too does tell sentence set three want air well also play small end put home read hand
port large spell add even land here must big high such follow act why ask men change
went light kind off need house picture try us again animal point mother world near build
self earth father head stand own page should country found answer school grow study still
learn plant cover food sun four thought let keep eye never last door between city tree
cross since hard start might story saw far sea draw left late run while press close night
real life few stop open seem together next white children begin got walk example ease
paper often always music those both mark book letter until mile river car feet care
second group carry took rain eat room friend began idea fish mountain north once base
hear horse cut sure watch color face wood main enough plain girl usual young ready above
ever red list though feel talk bird soon body dog family direct pose leave song measure
state product black short numeral class wind question happen complete ship area half rock
order fire south problem piece told knew pass farm top whole king size heard best hour
better true during hundred remember step early hold west ground interest reach fast five
sing listen six table travel less morning ten simple several vowel toward war lay against
pattern slow center love person money serve appear road map science rule govern pull cold
notice voice fall power town fine certain fly unit lead cry dark machine note wait plan
figure star box noun field rest correct able pound done beauty drive stood contain front
teach week final gave green oh quick develop sleep warm free minute strong special mind
behind clear tail produce fact street inch nothing course stay wheel full force blue""".split()

SYLLABLES = "ka ro min tel sha vor lin du be san qui ter al en mo ra zi pho gre".split()

OTHERS = [
    "Привет, мир! Это короткое предложение.",
    "今天天气很好，我们去公园散步吧。",
    "안녕하세요, 만나서 반갑습니다.",
    "नमस्ते दुनिया",
    "Où est la bibliothèque ? Ça coûte 12,50 €.",
    "Füße, Straße, Übung und Äpfel.",
    "🙂🚀 👩‍👩‍👧 ✅",
]

CODE = [
    "    for (int i = 0; i < n; ++i) {\n        sum += a[i] * b[i];\n    }\n",
    "def area(width, height):\n\treturn width * height  # in metres\n",
    'printf("%d\\n", value);\n',
    "<div class=\"item\"><a href='#top'>top</a></div>\n",
]


class Numbers:
    """A linear congruential generator, the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit


def make_word(numbers):
    kind = numbers.below(100)
    if kind < 88:
        # Frequent words come first in the list, and more often.
        limit = 1 + numbers.below(len(WORDS))
        return WORDS[numbers.below(limit)]
    if kind < 94:
        name = "".join(SYLLABLES[numbers.below(len(SYLLABLES))]
                       for _ in range(2 + numbers.below(3)))
        return name.capitalize()
    if kind < 97:
        return str(numbers.below(10 ** (1 + numbers.below(7))))
    return ["don't", "we'll", "it's", "they've", "I'm"][numbers.below(5)]


def make_line(numbers):
    kind = numbers.below(20)
    if kind == 0:
        return CODE[numbers.below(len(CODE))]
    if kind == 1:
        return OTHERS[numbers.below(len(OTHERS))] + "\n"
    words = [make_word(numbers) for _ in range(4 + numbers.below(16))]
    words[0] = words[0].capitalize()
    separators = [" "] * 18 + [", ", "  "]
    text = words[0]
    for word in words[1:]:
        text += separators[numbers.below(len(separators))] + word
    return text + ".!?"[numbers.below(3)] + (" ", "\n", "\n\n")[numbers.below(3)]


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit(__doc__.strip().split("\n\n")[1])
    size, numbers = int(sys.argv[1]), Numbers(1)
    parts, made = [], 0
    while made < size:
        parts.append(make_line(numbers).encode())
        made += len(parts[-1])
    text = b"".join(parts)[:size]
    # A character may have been cut at the end.
    sys.stdout.buffer.write(text.decode(errors="ignore").encode())


main()
