"""Checks that the rows of a table in a document are lines of a listing.

usage: check_table.py LISTING DOCUMENT

Looks at rows that have ' x ' in them. Rows that the listing has and the document
lacks are not counted: whoever adds a model need not write it down at once.
"""

import sys


def main():
    with open(sys.argv[1]) as listing, open(sys.argv[2]) as document:
        known = set(listing.read().splitlines())
        rows = [line for line in document.read().splitlines()
                if line.startswith("|") and " x " in line]
    wrong = [row for row in rows if row not in known]
    for row in wrong:
        print("not in the listing: " + row)
    if wrong or not rows:
        sys.exit(1)


main()
