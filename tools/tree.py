"""Writes the trees of README and architecture, from each file's own first sentence."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- tree: python tools/tree.py -->\n", "<!-- end of tree -->\n"
_FOLDERS = ("packages", "experiments", "tools", "benchmarks")
# Pages with a tree, and whether it has a line a file, or folders only.
_PAGES = {"README.md": False, "docs/architecture.md": True}
_WITH_ROOMS = ("colorunet", "dataprep", "trainer")  # packages whose rooms stand in the short tree
_WORDS = {
    "experiments": "the poster's experiments, the encoder study's plan, how the networks were made",
    "tools": "set-up, tests, demo, a Flickr-like server",
    "benchmarks": "what backs every claim of speed; RESULTS.md names machine and command",
}
_OTHERS = {
    "tests/": "mirrors packages/, plus contract/ (one writes, one reads), rules/, faults/, fuzz/",
    "docs/": "architecture, shard format, experiments, and how each source and the training work",
}


def main() -> None:
    """Rewrite the trees; with ``--check`` only report stale ones."""
    for name, with_files in _PAGES.items():
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        wanted = with_tree(text, with_files=with_files)
        if "--check" not in sys.argv[1:]:
            page.write_text(wanted, encoding="utf-8")
        elif text != wanted:
            sys.exit(f"{name}: stale tree; run python tools/tree.py")


def with_tree(text: str, *, with_files: bool) -> str:
    """Return a page's text with the tree between its marks renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [line for folder in _FOLDERS for line in _lines(ROOT / folder, 0, with_files)]
    lines += [f"{name:<28} {words}" for name, words in _OTHERS.items()]
    return f"{before}{BEGIN}```\n" + "\n".join(lines) + f"\n```\n{END}{after}"


def _lines(folder: Path, depth: int, with_files: bool) -> list[str]:
    indent = "  " * depth
    words = _sentence(folder / "__init__.py") or _WORDS.get(folder.name, "")
    lines = [_line(f"{indent}{folder.name}/", words)]
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir():
            is_room = folder.name in _WITH_ROOMS and path.name != "cli"
            is_shown = with_files or folder.name == "packages" or is_room
            if is_shown and any(_is_shown(inner) for inner in path.rglob("*")):
                lines += _lines(path, depth + 1, with_files)
        elif with_files and _is_shown(path):
            words = _sentence(path) if path.suffix == ".py" else _first_comment(path)
            lines.append(_line(f"{indent}  {path.name}", words))
    return lines


def _is_shown(path: Path) -> bool:
    if path.suffix == ".py":
        return path.name not in ("__init__.py", "__main__.py")
    return path.suffix == ".toml" or (
        path.parent.name in ("tools", "experiments") and path.suffix == ""
    )


def _line(name: str, words: str) -> str:
    return f"{name:<28} {words}".rstrip()


def _sentence(path: Path) -> str:
    if not path.exists():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return _shortened(docstring.split("\n\n")[0])


def _first_comment(path: Path) -> str:
    for line in path.read_text(encoding="utf-8").splitlines()[:4]:
        if line.startswith("about = "):
            return _shortened(line.removeprefix("about = ").strip('"'))
        if line.startswith("# "):
            return _shortened(line.strip("# "))
    return ""


def _shortened(text: str) -> str:
    return " ".join(text.replace("``", "").split()).split(". ")[0].rstrip(".")


if __name__ == "__main__":
    main()
