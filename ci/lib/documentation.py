#!/usr/bin/python3
"""Checks the documentation: the form of the directive reference in README.md, that it has the directives
of the module in their order, and that links between files lead somewhere."""

import pathlib
import re
import sys

SECTION = re.compile(r"""### (?P<name>s3_\w+)

> Syntax: \*\*(?P=name)\*\* .+;<br>
> Default: (—|`(?P=name) .+;`)<br>
> Context: `\w[\w ]*`(, `\w[\w ]*`)*<br>
> Appeared in: \d+\.\d+\.\d+

[^>#\n]""")


def directives(errors):
    """Compares the reference with the table of the module."""
    reference = re.search(r"^## Directives\n.*?^## ", pathlib.Path("README.md").read_text(), re.M | re.S)[0]
    documented = [section["name"] for section in SECTION.finditer(reference)]
    if headings := set(re.findall(r"^### (\w+)", reference, re.M)) - set(documented):
        errors.append(f"README.md: not in the form of a directive: {', '.join(sorted(headings))}")
    table = re.findall(r'ngx_string!\("(s3_\w+)"\)', pathlib.Path("src/conf/commands.rs").read_text())
    if documented != (table := list(dict.fromkeys(table))):
        errors.append(f"README.md has the directives {documented}, and the module {table}")


def anchors(text):
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(errors):
    for file in [*pathlib.Path().glob("*.md"), *pathlib.Path("docs").glob("*.md"), pathlib.Path("t/README.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", file.read_text()):
            path, _, anchor = link.partition("#")
            target = file.parent / path if path else file
            if not target.exists():
                errors.append(f"{file}: no {path}")
            elif anchor and anchor not in anchors(target.read_text()):
                errors.append(f"{file}: no #{anchor} in {target}")


def main():
    errors = []
    directives(errors)
    links(errors)
    for error in errors:
        print(error, file=sys.stderr)
    return bool(errors)


sys.exit(main())
